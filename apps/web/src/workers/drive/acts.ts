// What people do with entries: one commit each, and how to take it back. spec/drive.md.
import { Failure } from '@reprise/protocol/formats';
import type { Drive, DriveEntry } from '@reprise/sdk/drive';
import type { Clash, ClashAnswer, Colour } from '../../app/port.ts';
import type { Answers, Done } from '../../engine/drive-calls.ts';
import type { OpenDrive } from './open-drive.ts';
import { done } from './undo.ts';

export async function makeFolder(open: OpenDrive, parent: string, name: string): Promise<{ readonly id: string }> {
  const path = join(await open.places.pathOf(parent), name);
  await open.act((drive) => drive.makeFolder(path));
  const made = await open.drive.stat(path);
  open.places.note(parent, [made]);
  return { id: made.fid };
}

export async function rename(open: OpenDrive, id: string, name: string): Promise<Done> {
  const from = await open.places.pathOf(id);
  const parent = await open.places.parentOf(id);
  const to = join(from.slice(0, from.lastIndexOf('/')) || '/', name);
  await open.act((drive) => drive.move(from, to));
  open.places.note(parent, [await open.drive.stat(to)]);
  return done(1, () => open.act((drive) => drive.move(to, from)));
}

/** Which of the entries have a name that stands in the folder already. */
export async function clashesOf(open: OpenDrive, ids: readonly string[], to: string): Promise<readonly Clash[]> {
  const there = new Map((await open.entriesOf(to)).map((entry) => [entry.name, entry]));
  const clashes: Clash[] = [];
  for (const id of ids) {
    const incoming = await open.entry(id);
    const existing = there.get(incoming.name);
    if (existing && existing.fid !== id) clashes.push(clash(existing, incoming));
  }
  return clashes;
}

function clash(existing: DriveEntry, incoming: DriveEntry): Clash {
  const side = ({ kind, sizeBytes, modifiedMs }: DriveEntry) => ({
    kind: kind === 'folder' ? ('folder' as const) : ('file' as const),
    bytes: sizeBytes,
    modifiedAt: modifiedMs,
  });
  return { name: incoming.name, existing: { id: existing.fid, ...side(existing) }, incoming: side(incoming) };
}

type Transfers = readonly { readonly id: string; readonly from: string; readonly to: string }[];

export async function move(open: OpenDrive, ids: readonly string[], to: string, answers: Answers): Promise<Done> {
  const { transfers, replaced } = await plan(open, ids, to, answers);
  await open.act(async (drive) => {
    if (replaced.length > 0) await drive.remove(replaced);
    await drive.moveAll(transfers, { onTaken: 'both' });
  });
  const back = new Map(transfers.map(({ id, from }) => [id, from]));
  return done(transfers.length, async () => {
    const moves: { from: string; to: string }[] = [];
    for (const [id, path] of back) moves.push({ from: await open.places.pathOf(id), to: path });
    await open.act((drive) => drive.moveAll(moves, { onTaken: 'both' }));
  });
}

export async function copy(open: OpenDrive, ids: readonly string[], to: string, answers: Answers): Promise<Done> {
  const { transfers, replaced } = await plan(open, ids, to, answers);
  const before = new Set((await open.entriesOf(to)).map((entry) => entry.fid));
  await open.act(async (drive) => {
    if (replaced.length > 0) await drive.remove(replaced);
    await drive.copyAll(transfers, { onTaken: 'both' });
  });
  const made = (await open.entriesOf(to)).filter((entry) => !before.has(entry.fid)).map((entry) => entry.fid);
  return done(transfers.length, () => removeForGood(open, made));
}

/** A version of what stands there is, for a whole entry, that entry in its place: the other goes to the trash. */
async function plan(
  open: OpenDrive,
  ids: readonly string[],
  to: string,
  answers: Answers,
): Promise<{ readonly transfers: Transfers; readonly replaced: readonly string[] }> {
  const folder = await open.places.pathOf(to);
  const there = new Map((await open.entriesOf(to)).map((entry) => [entry.name, entry]));
  const transfers: { id: string; from: string; to: string }[] = [];
  const replaced: string[] = [];
  for (const id of ids) {
    const from = await open.places.pathOf(id);
    const name = from.slice(from.lastIndexOf('/') + 1);
    const existing = there.get(name);
    const answer: ClashAnswer = answers[name] ?? 'both';
    if (existing && existing.fid !== id && answer === 'skip') continue;
    if (existing && existing.fid !== id && answer === 'version') replaced.push(existing.path);
    transfers.push({ id, from, to: join(folder, name) });
  }
  return { transfers, replaced };
}

export async function remove(open: OpenDrive, ids: readonly string[]): Promise<Done> {
  const paths = await open.places.pathsOf(ids);
  const before = await trashIds(open.drive);
  await open.act((drive) => drive.remove(paths));
  const made = [...(await trashIds(open.drive))].filter((id) => !before.has(id));
  return done(ids.length, () => open.act((drive) => drive.restore(made)));
}

async function removeForGood(open: OpenDrive, ids: readonly string[]): Promise<void> {
  const paths = await open.places.pathsOf(ids);
  await open.act((drive) => drive.remove(paths));
}

async function trashIds(drive: Drive): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { id } of drive.trash()) ids.add(id);
  return ids;
}

export async function restore(open: OpenDrive, ids: readonly string[]): Promise<Done> {
  const back: string[] = [];
  for await (const item of open.drive.trash()) if (ids.includes(item.id)) back.push(...item.entries.map((entry) => entry.fid));
  await open.act((drive) => drive.restore(ids));
  return done(back.length, () => removeForGood(open, back));
}

export async function star(open: OpenDrive, ids: readonly string[], on: boolean): Promise<Done> {
  return mark(open, ids, { starred: on });
}

export async function paint(open: OpenDrive, ids: readonly string[], colour: Colour): Promise<Done> {
  return mark(open, ids, { colour });
}

async function mark(
  open: OpenDrive,
  ids: readonly string[],
  marks: { readonly starred: boolean } | { readonly colour: Colour },
): Promise<Done> {
  const entries: DriveEntry[] = [];
  for (const id of ids) entries.push(await open.entry(id));
  const paths = entries.map((entry) => entry.path);
  await open.act((drive) => drive.mark(paths, marks));
  return done(ids.length, async () => {
    for (const { fid, starred, colour } of entries) {
      const path = await open.places.pathOf(fid);
      await open.act((drive) => drive.mark([path], 'starred' in marks ? { starred } : { colour }));
    }
  });
}

export function join(folder: string, name: string): string {
  if (name.includes('/')) throw new Failure('bad-name', { reason: 'slash' });
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}
