// Versions, moments and going back, as screens show them. spec/drive.md "Versions", "Going back".
import { historyKeptMs } from '@reprise/sdk/drive';
import type { Moment, MomentCounts, RewindPlan, Version } from '../../app/port.ts';
import type { Done } from '../../engine/drive-calls.ts';
import { EngineError } from '../../engine/rpc.ts';
import type { OpenDrive } from './open-drive.ts';
import { done } from './undo.ts';

/** @param labelOf what the account calls a device */
export async function versionsOf(open: OpenDrive, id: string, labelOf: (device: string) => string | null): Promise<readonly Version[]> {
  const versions = await open.drive.versions(await open.places.pathOf(id));
  return versions.map(({ seq, atMs, deviceId, sizeBytes, isCurrent }) => ({
    id: String(seq),
    at: atMs,
    bytes: sizeBytes,
    ownBytes: isCurrent ? 0 : sizeBytes,
    deviceLabel: labelOf(deviceId),
    isCurrent,
    keptUntil: isCurrent ? null : atMs + historyKeptMs,
  }));
}

export async function restoreVersion(open: OpenDrive, id: string, version: string): Promise<Done> {
  const path = await open.places.pathOf(id);
  const [newest] = await open.drive.versions(path);
  await open.act((drive) => drive.restoreVersion(path, Number(version)));
  return done(1, newest ? async () => open.act(async (drive) => drive.restoreVersion(await open.places.pathOf(id), newest.seq)) : null);
}

export async function copyVersion(open: OpenDrive, id: string, version: string): Promise<Done> {
  const path = await open.places.pathOf(id);
  const made = await open.act((drive) => drive.copyVersion(path, Number(version)));
  const { fid } = await open.drive.stat(made);
  return done(1, async () => {
    const path = await open.places.pathOf(fid);
    await open.act((drive) => drive.remove([path]));
  });
}

/** Counted when they come into view. */
const notCounted = { added: null, removed: null, changed: null } as const;

export async function momentsOf(
  open: OpenDrive,
  before: number | null,
  count: number,
  labelOf: (device: string) => string | null,
): Promise<readonly Moment[]> {
  const moments: Moment[] = [];
  for await (const { seq, atMs, deviceId } of open.drive.moments()) {
    if (before !== null && atMs >= before) continue;
    moments.push({ id: String(seq), at: atMs, deviceLabel: labelOf(deviceId), ...notCounted });
    if (moments.length === count) break;
  }
  return moments;
}

const counted = new Map<string, MomentCounts>();

/** What commits added, removed and changed. What a commit did stays as it is: it is counted once. */
export async function momentCountsOf(open: OpenDrive, moments: readonly string[]): Promise<Readonly<Record<string, MomentCounts>>> {
  const keyOf = (moment: string | number) => `${open.drive.spaceId} ${moment}`;
  const missing = moments.filter((moment) => !counted.has(keyOf(moment)));
  if (missing.length > 0) for (const [seq, counts] of await open.drive.momentCounts(missing.map(Number))) counted.set(keyOf(seq), counts);
  return Object.fromEntries(
    moments.flatMap((moment) => {
      const counts = counted.get(keyOf(moment));
      return counts ? [[moment, counts]] : [];
    }),
  );
}

export async function planOf(open: OpenDrive, moment: string): Promise<Omit<RewindPlan, 'apply'>> {
  const { seq, atMs, returning, leaving, older, moved, samples } = await open.drive.rewindPlan(Number(moment));
  const shown: Moment = { id: String(seq), at: atMs, deviceLabel: null, ...notCounted };
  return { moment: shown, returning, leaving, older, moved, samples };
}

export async function rewind(open: OpenDrive, moment: string): Promise<Done> {
  const { committed, seq } = await open.act(async (drive) => ({ committed: await drive.rewind(Number(moment)), seq: drive.seq }));
  if (!committed) return done(0, null);
  return done(1, async () => {
    await open.drive.refresh();
    // Going back takes the whole drive along: what somebody changed since is not to be lost by a click on "undo".
    if (open.drive.seq !== seq) throw new EngineError({ code: 'changed-since', facts: {} });
    for await (const before of open.drive.moments())
      if (before.seq < committed.seq) return void (await open.act((drive) => drive.rewind(before.seq)));
  });
}
