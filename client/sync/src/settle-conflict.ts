// A conflict that a person settles: one of two files goes, or both become ordinary ones. It is done to the disk as that person would do it, so that
// the next look finds moves and edits like any other; what goes is in the drive, or waits in the safety folder. spec/sync.md "Settling a conflict".
import { deviceWord, numberedName, readConflictName } from '@reprise/vault';
import { Failure } from '@reprise/protocol/formats';
import { discard, noteKept, safetyPath } from './safety.ts';
import type { Journal } from './node/journal/journal.ts';
import type { LocalRow } from './node/journal/trees.ts';
import { safetyFolder } from './marker.ts';
import { type Disk, type DiskPath, DiskRefusal, type DiskStamp } from './ports.ts';
import { inodeOf, isSameLook } from './stamps.ts';
import { type NodeId, rootId } from './tree.ts';

/** `mine`: what this device had; `theirs`: what another had. */
export type Keep = 'mine' | 'theirs' | 'both';

export type Conflict = {
  readonly id: NodeId;
  /** The file that lost the name. */
  readonly copy: DiskPath;
  /** Where the file that has the name stands, or stood. */
  readonly plain: DiskPath;
  /** As the copy's name says. */
  readonly device: string;
  /** Which of both is this device's. */
  readonly mine: 'copy' | 'plain';
  readonly isPlainThere: boolean;
};

export type Settled = {
  readonly kept: readonly DiskPath[];
  /** What went, and where it is to be found: `trash` and `versions` are the drive's, `safety` is a path here. */
  readonly gone: { readonly path: DiskPath; readonly in: 'trash' | 'versions' | 'safety'; readonly at: DiskPath } | null;
};

export type SettleTools = { readonly disk: Disk; readonly journal: Journal; readonly nowMs: () => number };

const namesMax = 10_000;

/** Those that are left, by name. @param device what this one is called */
export function conflictsIn(journal: Journal, device: string): readonly Conflict[] {
  return journal.conflicts().flatMap((row) => {
    const named = readConflictName(row.diskName, false);
    const names = named && journal.pathIn(journal.local, row.id);
    if (!named || !names) return [];
    const above = names.slice(0, -1);
    const there = journal.local.named(row.parent, named.plain.normalize('NFC'));
    return {
      id: row.id,
      copy: names.join('/'),
      plain: [...above, named.plain].join('/'),
      device: named.device,
      mine: named.device === deviceWord(device) ? ('copy' as const) : ('plain' as const),
      isPlainThere: there.some(({ diskName }) => diskName === named.plain),
    };
  });
}

/** @throws Failure usage, reason `sync-conflict-alone` where the other is no file that is there, `sync-conflict-changed`; DiskRefusal */
export async function settleConflict(conflict: Conflict, keep: Keep, tools: SettleTools): Promise<Settled> {
  const { disk } = tools;
  const { copy, plain } = conflict;
  const stamp = await disk.look(copy);
  if (!stamp) throw new Failure('usage', { reason: 'sync-conflict-changed', value: copy });
  if (keep === 'both') return { kept: [plain, await takeFreeName(copy, plain, disk)], gone: null };
  const there = await disk.look(plain);
  if (there?.kind !== 'file' && there?.kind !== 'link') throw new Failure('usage', { reason: 'sync-conflict-alone', value: plain });
  return (keep === 'mine') === (conflict.mine === 'copy') ? putInPlace(conflict, there, tools) : putAway(conflict, stamp, tools);
}

/** The copy becomes the file: by one rename, as a save is. */
async function putInPlace({ copy, plain }: Conflict, stamp: DiskStamp, tools: SettleTools): Promise<Settled> {
  const { disk } = tools;
  const { at, isInDrive } = note(plain, stamp, tools);
  if (stamp.kind === 'file' && (await isLinked(plain, at, disk))) await disk.replace(copy, plain, inodeOf(stamp));
  else {
    await disk.move(plain, at);
    try {
      await disk.move(copy, plain);
    } catch (error) {
      await disk.move(at, plain);
      throw error;
    }
  }
  await settleNames(plain, disk);
  return { kept: [plain], gone: { path: plain, in: isInDrive ? 'versions' : 'safety', at } };
}

/** A second name, so that there is no moment without the first. @returns whether the disk has those */
async function isLinked(path: DiskPath, at: DiskPath, disk: Disk): Promise<boolean> {
  try {
    await disk.link(path, at);
    return true;
  } catch (error) {
    if (error instanceof DiskRefusal && error.reason === 'unsupported') return false;
    throw error;
  }
}

async function putAway({ copy, plain }: Conflict, stamp: DiskStamp, tools: SettleTools): Promise<Settled> {
  const { at, isInDrive } = note(copy, stamp, tools);
  await tools.disk.move(copy, at);
  await settleNames(copy, tools.disk);
  return { kept: [plain], gone: { path: copy, in: isInDrive ? 'trash' : 'safety', at } };
}

/** Before it is done: what a stop leaves there is known. */
function note(path: DiskPath, stamp: DiskStamp, tools: SettleTools): { readonly at: DiskPath; readonly isInDrive: boolean } {
  const { journal, nowMs } = tools;
  const row = rowAt(journal, path);
  const at = safetyPath(row?.id ?? rootId, nowMs(), 0);
  const isInDrive = row !== undefined && isSameLook(row, stamp) && hasDrive(row, journal);
  if (isInDrive) noteKept(tools, at, path, row, true);
  else discard(tools, at, path, stamp);
  return { at, isInDrive };
}

function hasDrive({ id, content, stall }: LocalRow, { synced, remote }: Journal): boolean {
  return !stall && synced.get(id)?.content === content && remote.get(id)?.content === content;
}

function rowAt(journal: Journal, path: DiskPath): LocalRow | undefined {
  let row: LocalRow | undefined;
  for (const name of path.split('/')) {
    row = journal.local.named(row?.id ?? rootId, name.normalize('NFC')).find(({ diskName }) => diskName === name);
    if (!row) return undefined;
  }
  return row;
}

async function takeFreeName(copy: DiskPath, plain: DiskPath, disk: Disk): Promise<DiskPath> {
  const folder = parentPath(plain);
  const name = plain.slice(folder === '' ? 0 : folder.length + 1);
  for (let number = 2; number < namesMax; number++) {
    const other = numberedName(name, false, number);
    const to = folder === '' ? other : `${folder}/${other}`;
    try {
      await disk.move(copy, to);
      await disk.sync(parentPath(to));
      return to;
    } catch (error) {
      if (!(error instanceof DiskRefusal && error.reason === 'taken')) throw error;
    }
  }
  throw new DiskRefusal('taken', plain);
}

async function settleNames(path: DiskPath, disk: Disk): Promise<void> {
  for (const folder of [safetyFolder, parentPath(path)]) await disk.sync(folder);
}

function parentPath(path: DiskPath): DiskPath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
