// What people do with entries: one commit each, and how to take it back. spec/drive.md.
import { equalBytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { DriveEntry } from '@reprise/sdk/drive';
import type { Entry } from '@reprise/vault';
import type { Clash, ClashAnswer, Colour } from '../../app/port.ts';
import type { Answers, Done } from '../../engine/drive-calls.ts';
import { type Changes, type OpenDrive, toDriveFailure } from './open-drive.ts';
import { allOf, done } from './undo.ts';

export async function makeFolder(open: OpenDrive, parent: string, name: string): Promise<Done & { readonly id: string }> {
  const path = join(await open.places.pathOf(parent), name);
  await open.change((changes) => changes.makeFolder(path));
  const made = await open.drive.stat(path, open.network);
  open.places.note(parent, [made]);
  return { ...done(1, () => takeBackFolder(open, made.fid)), id: made.fid };
}

/** What nobody used leaves nothing behind; what somebody filled meanwhile waits in the trash. */
async function takeBackFolder(open: OpenDrive, id: string): Promise<void> {
  const path = await open.places.pathOf(id);
  const { drive } = open;
  const entries = await Array.fromAsync(drive.list(path, open.network));
  const { content } = (await drive.stat(path, open.network)).entry;
  const wrappers = await open.change((changes) => changes.remove([path]));
  if (entries.length > 0) return;
  for await (const item of drive.trash(open.network)) {
    const isAsItWas = item.entries.every(({ entry }) => isSameFolder(entry.content, content));
    // Without a network it stays in the trash.
    if (wrappers.includes(item.id) && isAsItWas) await open.act((reached) => reached.emptyTrash([item.id])).catch(() => undefined);
  }
}

export async function rename(open: OpenDrive, id: string, name: string): Promise<Done> {
  const from = await open.places.pathOf(id);
  const parent = await open.places.parentOf(id);
  const to = join(from.slice(0, from.lastIndexOf('/')) || '/', name);
  await open.change((changes) => changes.move(from, to));
  open.places.note(parent, [await open.drive.stat(to, open.network)]);
  return done(1, async () => {
    // Wherever it stands by now; a name that somebody gave it since is theirs.
    const now = await open.places.pathOf(id);
    if (now.slice(now.lastIndexOf('/') + 1) !== to.slice(to.lastIndexOf('/') + 1)) return;
    const back = join(now.slice(0, now.lastIndexOf('/')) || '/', from.slice(from.lastIndexOf('/') + 1));
    await open.change((changes) => changes.move(now, back, { onTaken: 'both' }));
  });
}

function isSameFolder(a: Entry['content'], b: Entry['content']): boolean {
  return a.kind === 'directory' && b.kind === 'directory' && equalBytes(a.ref.id, b.ref.id);
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

export function move(open: OpenDrive, ids: readonly string[], to: string, answers: Answers): Promise<Done> {
  return eachThatCan(open, ids, (some) => moveAtOnce(open, some, to, answers));
}

async function moveAtOnce(open: OpenDrive, ids: readonly string[], to: string, answers: Answers): Promise<Done> {
  const { transfers, replaced } = await plan(open, ids, to, answers);
  const origins: { readonly id: string; readonly parent: string; readonly name: string }[] = [];
  for (const { id, from } of transfers)
    origins.push({ id, parent: await open.places.parentOf(id), name: from.slice(from.lastIndexOf('/') + 1) });
  const made = await open.change(async (changes) => {
    const wrappers = replaced.length > 0 ? await changes.remove(replaced) : [];
    await changes.moveAll(transfers, { onTaken: 'both' });
    return wrappers;
  });
  return done(transfers.length, async () => {
    const moves: { from: string; to: string }[] = [];
    for (const { id, parent, name } of origins) {
      // What another device has moved on since, or thrown away, stays as they had it.
      const isThere = (await open.places.parentOf(id).catch(() => undefined)) === to;
      if (isThere) moves.push({ from: await open.places.pathOf(id), to: join(await open.places.pathOf(parent), name) });
    }
    await open.change(async (changes) => {
      if (moves.length > 0) await changes.moveAll(moves, { onTaken: 'both' });
      await restoreWhatIsThere(open, changes, made);
    });
  });
}

export async function copy(open: OpenDrive, ids: readonly string[], to: string, answers: Answers): Promise<Done> {
  const { transfers, replaced } = await plan(open, ids, to, answers);
  const { wrappers, copies } = await open.act(async (drive) => ({
    wrappers: replaced.length > 0 ? await drive.remove(replaced) : [],
    copies: await drive.copyAll(transfers, { onTaken: 'both' }),
  }));
  return done(transfers.length, async () => {
    await throwAway(open, copies);
    await open.change((changes) => restoreWhatIsThere(open, changes, wrappers));
  });
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

export function remove(open: OpenDrive, ids: readonly string[]): Promise<Done> {
  return eachThatCan(open, ids, (some) => removeAtOnce(open, some));
}

async function removeAtOnce(open: OpenDrive, ids: readonly string[]): Promise<Done> {
  const paths = await open.places.pathsOf(ids);
  const made = await open.change((changes) => changes.remove(paths));
  return done(ids.length, () => open.change((changes) => restoreWhatIsThere(open, changes, made)));
}

/** What of these acts of deletion somebody restored or emptied meanwhile is no more to be brought back. */
async function restoreWhatIsThere(open: OpenDrive, changes: Changes, wanted: readonly string[]): Promise<void> {
  if (wanted.length === 0) return;
  const there = new Set<string>();
  for await (const { id } of open.drive.trash(open.network)) there.add(id);
  const left = wanted.filter((id) => there.has(id));
  if (left.length > 0) await changes.restore(left);
}

/** Entries by fid, as far as they still stand somewhere. */
async function throwAway(open: OpenDrive, ids: readonly string[]): Promise<void> {
  const paths: string[] = [];
  for (const id of ids) {
    const path = await open.places.pathOf(id).catch(() => undefined);
    if (path !== undefined) paths.push(path);
  }
  if (paths.length > 0) await open.change((changes) => changes.remove(paths));
}

export async function restore(open: OpenDrive, ids: readonly string[]): Promise<Done> {
  const back: string[] = [];
  for await (const item of open.drive.trash(open.network)) if (ids.includes(item.id)) back.push(...item.entries.map((entry) => entry.fid));
  await open.change((changes) => changes.restore(ids));
  return done(back.length, () => throwAway(open, back));
}

export async function star(open: OpenDrive, ids: readonly string[], on: boolean): Promise<Done> {
  return eachThatCan(open, ids, (some) => mark(open, some, { starred: on }));
}

export async function paint(open: OpenDrive, ids: readonly string[], colour: Colour): Promise<Done> {
  return eachThatCan(open, ids, (some) => mark(open, some, { colour }));
}

async function mark(
  open: OpenDrive,
  ids: readonly string[],
  marks: { readonly starred: boolean } | { readonly colour: Colour },
): Promise<Done> {
  const entries: DriveEntry[] = [];
  for (const id of ids) entries.push(await open.entry(id));
  const paths = entries.map((entry) => entry.path);
  await open.change((changes) => changes.mark(paths, marks));
  return done(ids.length, async () => {
    for (const { fid, starred, colour } of entries) {
      const path = await open.places.pathOf(fid);
      await open.change((changes) => changes.mark([path], 'starred' in marks ? { starred } : { colour }));
    }
  });
}

/**
 * All at once; without a network, where a part of the tree may not be kept here, each by itself if that fails: what can is done, the others say why.
 * @throws EngineError where nothing can
 */
async function eachThatCan(open: OpenDrive, ids: readonly string[], work: (ids: readonly string[]) => Promise<Done>): Promise<Done> {
  try {
    return await work(ids);
  } catch (error) {
    if (ids.length < 2 || !open.network.aborted) throw error;
    const made: Done[] = [];
    const refused: NonNullable<Done['refused']>[number][] = [];
    for (const id of ids) {
      try {
        made.push(await work([id]));
      } catch (why) {
        refused.push({ name: open.places.nameOf(id) ?? '', failure: toDriveFailure(why) });
      }
    }
    if (made.length === 0) throw error;
    return { ...allOf(made), refused };
  }
}

export function join(folder: string, name: string): string {
  if (name.includes('/')) throw new Failure('bad-name', { reason: 'slash' });
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}
