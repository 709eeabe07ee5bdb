// Versions, moments and going back, as screens show them. spec/drive.md "Versions", "Going back".
import { historyKeptMs } from '@reprise/sdk/drive';
import type { Moment, RewindPlan, Version } from '../../app/port.ts';
import type { Done } from '../../engine/drive-calls.ts';
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
  return done(1, () => open.act((drive) => drive.remove([made])));
}

/** What a commit changed stands sealed in its delta, which a list of moments does not open. */
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

export async function planOf(open: OpenDrive, moment: string): Promise<Omit<RewindPlan, 'apply'>> {
  const { seq, atMs, returning, leaving, older, moved, samples } = await open.drive.rewindPlan(Number(moment));
  const shown: Moment = { id: String(seq), at: atMs, deviceLabel: null, ...notCounted };
  return { moment: shown, returning, leaving, older, moved, samples };
}

export async function rewind(open: OpenDrive, moment: string): Promise<Done> {
  const before = open.drive.seq;
  const committed = await open.act((drive) => drive.rewind(Number(moment)));
  return done(committed ? 1 : 0, committed ? async () => void (await open.act((drive) => drive.rewind(before))) : null);
}
