// The folder where bytes wait that are replaced or removed: what somebody wrote to at the last moment comes back, the rest goes. spec/sync.md
// "The safety folder".
import { conflictName } from '@reprise/vault';
import type { ConflictLabel } from '@reprise/vault';
import { safetyKeptMs, secondLookMs } from './limits.ts';
import { ensureFolder, safetyFolder } from './marker.ts';
import type { Journal, Kept } from './node/journal/journal.ts';
import type { LocalRow } from './node/journal/trees.ts';
import { type Disk, type DiskPath, DiskRefusal, type DiskStamp } from './ports.ts';
import { isSameBytes } from './stamps.ts';
import { ancestors, type NodeId } from './tree.ts';

export type SafetyTools = {
  readonly disk: Disk;
  readonly journal: Journal;
  readonly nowMs: () => number;
  readonly label: () => ConflictLabel;
};

/** The time of what a person wants back: it comes back with the next look. */
export const wantedAtOnce = 0;

/** Where a node's bytes wait. @param number tells apart what one node leaves at one time */
export function safetyPath(id: string, nowMs: number, number: number): DiskPath {
  return `${safetyFolder}/${nowMs}-${number}-${id}`;
}

/** @param row as it was planned on @param isInDrive otherwise it is kept whatever happens */
export function noteKept(
  { journal, nowMs }: Pick<SafetyTools, 'journal' | 'nowMs'>,
  at: DiskPath,
  was: DiskPath,
  row: LocalRow,
  isInDrive: boolean,
): void {
  const stamp = isInDrive ? `${row.sizeBytes} ${row.mtimeNs}` : null;
  const folders = isInDrive ? [] : [...ancestors(journal.local, row.id)].map(({ id }) => id).reverse();
  journal.keep({ path: at, was, stamp, atMs: nowMs(), folders });
}

/** What a person threw away and the drive does not have: it stays as long as what nobody else has, and goes then unless somebody wrote to it. */
export function discard({ journal, nowMs }: Pick<SafetyTools, 'journal' | 'nowMs'>, at: DiskPath, was: DiskPath, stamp: DiskStamp): void {
  journal.keep({ path: at, was, stamp: `${stamp.sizeBytes} ${stamp.mtimeNs}`, atMs: nowMs() + safetyKeptMs - secondLookMs, folders: [] });
}

export type Purged = {
  /** Folders that something came back to. */
  readonly back: readonly DiskPath[];
  /** When the next has to be looked at; null if none has. */
  readonly nextMs: number | null;
};

/** Looks a second time at what was put here: nobody else's bytes are thrown away. @param isRoot whether the root's marker is there */
export async function purgeSafety(tools: SafetyTools & { readonly isRoot: () => Promise<boolean> }): Promise<Purged> {
  const { disk, journal, nowMs } = tools;
  const back: DiskPath[] = [];
  const gone: DiskPath[] = [];
  let nextMs: number | null = null;
  for (const kept of journal.kept()) {
    if (isLeftOut(journal, kept)) continue;
    const dueMs = kept.atMs + (kept.stamp === null ? safetyKeptMs : secondLookMs);
    if (dueMs > nowMs()) {
      if (kept.stamp !== null) nextMs = Math.min(nextMs ?? dueMs, dueMs);
      continue;
    }
    try {
      const folder = await purgeOne(kept, tools);
      if (folder !== null) back.push(folder);
      gone.push(kept.path);
    } catch (error) {
      // It is looked at again the next time.
      if (!(error instanceof DiskRefusal)) throw error;
    }
  }
  // A name that a power cut would bring back is one that the journal still knows; what a folder without its marker lacks is not gone.
  if (gone.length === 0 || !(await tools.isRoot())) return { back, nextMs };
  await disk.sync(safetyFolder);
  for (const path of gone) journal.letGo(path);
  return { back, nextMs };
}

/** It comes back with a folder that somebody left out here, not beside it; unless that is gone from the drive, and nobody can take it back. */
export function isLeftOut(journal: Journal, { folders }: Kept): boolean {
  return folders.some((id) => journal.isChosen('deselected', id) && journal.remote.get(id) !== undefined);
}

/** @returns the folder that it came back to, or null if it is gone @throws DiskRefusal if it cannot be told */
async function purgeOne(kept: Kept, tools: SafetyTools): Promise<DiskPath | null> {
  const { path, stamp, atMs } = kept;
  const was = homeOf(kept, tools.journal);
  const now = await tools.disk.look(path);
  if (!now) return null;
  const isWanted = stamp === null ? now.kind !== 'file' || now.sizeBytes > 0 : !isStamp(stamp, now);
  if (isWanted) return atMs === wantedAtOnce ? bringHome(tools, path, was) : bringBack(tools, path, was);
  await tools.disk.remove(path);
  return null;
}

/** Where it was, by the names that its folders have now. */
function homeOf({ was, folders }: Kept, journal: Journal): DiskPath {
  const names = was.split('/');
  for (let depth = folders.length; depth > 0; depth--) {
    const id = folders[depth - 1] as NodeId;
    const folder =
      (journal.local.get(id) && journal.pathIn(journal.local, id)) ?? (journal.remote.get(id) && journal.pathIn(journal.remote, id));
    if (folder) return [...folder, ...names.slice(depth)].join('/');
  }
  return was;
}

/** To where it was, under its own name, unless something else has that by now. @returns its folder */
async function bringHome(tools: SafetyTools, from: DiskPath, was: DiskPath): Promise<DiskPath> {
  const { disk } = tools;
  const folder = was.slice(0, Math.max(0, was.lastIndexOf('/')));
  try {
    const names = folder.split('/').filter(Boolean);
    for (let depth = 1; depth <= names.length; depth++) await ensureFolder(disk, names.slice(0, depth).join('/'));
    await disk.move(from, was);
    return folder;
  } catch (error) {
    if (!(error instanceof DiskRefusal)) throw error;
    return bringBack(tools, from, was);
  }
}

/** What no journal knows of, since that was lost: nobody can say what it was, so people shall see it. @returns folders that something came back to */
export async function bringStraysBack(tools: Pick<SafetyTools, 'disk' | 'label' | 'journal'>): Promise<readonly DiskPath[]> {
  const { disk, journal } = tools;
  const known = new Set(journal.kept().map(({ path }) => path));
  const back: DiskPath[] = [];
  for (const { name, stamp } of await disk.list(safetyFolder)) {
    const isOurs = stamp?.kind === 'file' || stamp?.kind === 'link';
    if (name === null || !isOurs || known.has(`${safetyFolder}/${name}`)) continue;
    const id = /^\d+-\d+-([0-9a-f]{32})$/.exec(name)?.[1] as NodeId | undefined;
    const was = id && (journal.pathIn(journal.local, id) ?? journal.pathIn(journal.remote, id));
    try {
      back.push(await bringBack(tools, `${safetyFolder}/${name}`, was?.join('/') ?? name));
    } catch (error) {
      if (!(error instanceof DiskRefusal)) throw error;
    }
  }
  return back;
}

function isStamp(stamp: string, now: DiskStamp): boolean {
  const [size, mtime] = stamp.split(' ');
  return isSameBytes({ sizeBytes: Number(size), mtimeNs: BigInt(mtime ?? 0) }, now);
}

/** Under a conflict name, in the folder it was in or the nearest that is left. @returns that folder */
export async function bringBack({ disk, label }: Pick<SafetyTools, 'disk' | 'label'>, from: DiskPath, was: DiskPath): Promise<DiskPath> {
  const name = was.slice(was.lastIndexOf('/') + 1);
  let folder = was.slice(0, Math.max(0, was.lastIndexOf('/')));
  while (folder !== '' && (await lookOr(disk, folder))?.kind !== 'folder') folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')));
  for (let number = 1; ; number++) {
    const other = conflictName(name.normalize('NFC'), false, label(), number);
    try {
      await disk.move(from, folder === '' ? other : `${folder}/${other}`);
      return folder;
    } catch (error) {
      if (!(error instanceof DiskRefusal && error.reason === 'taken')) throw error;
    }
  }
}

/** @returns null also where the way there is gone */
export async function lookOr(disk: Disk, path: DiskPath): Promise<DiskStamp | null> {
  try {
    return await disk.look(path);
  } catch (error) {
    if (error instanceof DiskRefusal) return null;
    throw error;
  }
}
