// Reads files again that nobody wrote to, and tells those whose bytes are not what they were: a disk that forgets says nothing by itself. What is
// found stays as it is on both sides until a person has it repaired. spec/sync.md "Silent damage".
import { Failure } from '@reprise/protocol/formats';
import { digestOf } from './contents.ts';
import { racyNs } from './limits.ts';
import { readMarker } from './marker.ts';
import type { Journal } from './node/journal/journal.ts';
import type { LocalRow } from './node/journal/trees.ts';
import { type Disk, type DiskPath, DiskRefusal } from './ports.ts';
import { type Hash, readContent } from './read-file.ts';
import { discard, safetyPath } from './safety.ts';
import { isSameLook } from './stamps.ts';
import type { NodeId } from './tree.ts';

export type CheckTools = {
  readonly disk: Disk;
  readonly journal: Journal;
  readonly hash: Hash;
  readonly nowMs: () => number;
};

export type CheckWish = {
  /** Where in the journal is noted how far it came: a stop goes on there. */
  readonly cursor: 'checked' | 'rehashed';
  /** It stops after the file with which it has read so much. */
  readonly bytesMax?: number;
  readonly onProgress?: (done: Checked) => void;
  readonly signal?: AbortSignal;
};

export type Checked = {
  readonly files: number;
  readonly bytes: number;
  /** Those that changed since the last look, or cannot be read now: a sync tells of them. */
  readonly passedOver: number;
  /** Whether the last file was reached. */
  readonly isWhole: boolean;
};

const rowsAtOnce = 500;

/** Files in the order of their ids, from where the last one stopped. @throws Failure target-refused (`root-missing`); the signal's reason: what it did is noted */
export async function checkFiles(tools: CheckTools, { cursor, bytesMax = Infinity, onProgress, signal }: CheckWish): Promise<Checked> {
  const { journal, disk } = tools;
  if ((await readMarker(disk))?.root !== journal.fact('root')) throw new Failure('target-refused', { reason: 'root-missing' });
  const done = { files: 0, bytes: 0, passedOver: 0, isWhole: false };
  let after = (journal.fact(cursor) as string | undefined) ?? '';
  while (done.bytes < bytesMax) {
    const rows = journal.filesAfter(after, rowsAtOnce);
    if (rows.length === 0) {
      journal.setFact(cursor, '');
      return { ...done, isWhole: true };
    }
    try {
      for (const row of rows) {
        signal?.throwIfAborted();
        const isRead = await checkOne(row, tools, signal);
        done.files += Number(isRead);
        done.passedOver += Number(!isRead);
        done.bytes += isRead ? row.sizeBytes : 0;
        after = row.id;
        onProgress?.(done);
        if (done.bytes >= bytesMax) break;
      }
    } finally {
      journal.setFact(cursor, after);
    }
  }
  return done;
}

/** @returns whether its bytes were read and compared */
async function checkOne(row: LocalRow, { disk, journal, hash, nowMs }: CheckTools, signal?: AbortSignal): Promise<boolean> {
  const path = journal.pathIn(journal.local, row.id)?.join('/');
  const isKnown = [row.content, row.digest].some((content) => content !== null && digestOf(content) !== undefined);
  // Written to a moment before the look: its times would not tell an edit from damage.
  if (row.mtimeNs + racyNs >= row.lookedNs) return false;
  if (path === undefined || !isKnown || (row.stall && row.stall !== 'disk-damaged')) return false;
  const content = await readAsLooked(row, path, disk, hash, signal);
  if (content === null) return false;
  const isDamaged = content !== row.content && content !== row.digest;
  if (isDamaged === (row.stall === 'disk-damaged')) return true;
  journal.write(() => {
    const now = journal.local.get(row.id);
    // Who moved it or wrote to it meanwhile, in this program or in one that follows, changed the row.
    if (!now || now.ctimeNs !== row.ctimeNs || now.content !== row.content || now.stall !== row.stall) return;
    const { stall: _, ...sound } = now;
    journal.putLocal(isDamaged ? { ...now, stall: 'disk-damaged' } : sound);
    const others = journal.troubles().filter(({ node, reason }) => node !== row.id || reason !== 'disk-damaged');
    journal.setTroubles(isDamaged ? [...others, { node: row.id, path, reason: 'disk-damaged' }] : others, nowMs());
    journal.tell([{ atMs: nowMs(), node: row.id, path, row: null, what: isDamaged ? 'damaged on this disk' : 'sound again' }]);
  });
  return true;
}

/** @returns null where it is not as it was looked at, or cannot be read */
async function readAsLooked(row: LocalRow, path: DiskPath, disk: Disk, hash: Hash, signal?: AbortSignal): Promise<string | null> {
  try {
    const stamp = await disk.look(path);
    if (!stamp || !isSameLook(row, stamp)) return null;
    const read = await readContent(disk, path, stamp, hash, signal);
    return read.kind === 'content' ? read.content : null;
  } catch (error) {
    if (error instanceof DiskRefusal) return null;
    throw error;
  }
}

/** Files of which this disk no longer has the bytes; `isInDrive`: the drive has them, so that they can be brought back. */
export function damagedFiles(journal: Journal): readonly { readonly id: NodeId; readonly path: DiskPath; readonly isInDrive: boolean }[] {
  const found = journal.localStalled('disk-damaged').map((row) => {
    return { id: row.id, path: journal.pathIn(journal.local, row.id)?.join('/') ?? row.diskName, isInDrive: hasDrive(row, journal) };
  });
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function hasDrive({ id, content }: LocalRow, { synced, remote }: Journal): boolean {
  const there = remote.get(id);
  return there !== undefined && !there.stall && synced.get(id)?.content === content;
}

/**
 * Before anything is looked at: what a person wants repaired is put into the safety folder and forgotten, so that the drive's comes down. Stopped
 * anywhere, it is done again. @returns folders to look at
 */
export async function repairDamaged(tools: Pick<CheckTools, 'disk' | 'journal' | 'nowMs'>): Promise<readonly DiskPath[]> {
  const { disk, journal, nowMs } = tools;
  const folders: DiskPath[] = [];
  let number = 0;
  for (const id of journal.choices('repair') as ReadonlySet<string> as ReadonlySet<NodeId>) {
    const row = journal.local.get(id);
    const path = row && journal.pathIn(journal.local, id)?.join('/');
    if (!row || path === undefined || row.stall !== 'disk-damaged' || !hasDrive(row, journal)) {
      journal.choose('repair', id, false);
      continue;
    }
    try {
      const stamp = await disk.look(path);
      // Somebody wrote to it since: that is an edit, and no damage any more.
      if (stamp && !isSameLook(row, stamp)) {
        journal.choose('repair', id, false);
        continue;
      }
      // Moved or removed since, which the next scan sees. Where it was put away before a stop, the safety folder knows of it.
      if (!stamp && !journal.kept().some((kept) => kept.was === path && kept.path.endsWith(`-${id}`))) continue;
      const to = safetyPath(id, nowMs(), number++);
      if (stamp) {
        // The drive has the right ones: these go after a while.
        discard(tools, to, path, stamp);
        await disk.move(path, to);
      }
    } catch (error) {
      // It is tried again with the next run.
      if (!(error instanceof DiskRefusal)) throw error;
      continue;
    }
    journal.write(() => {
      journal.dropLocal(id);
      journal.dropSynced(id);
      journal.choose('repair', id, false);
      journal.tell([{ atMs: nowMs(), node: id, path, row: null, what: 'damaged on this disk: put away, and fetched again' }]);
    });
    folders.push(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
  }
  return folders;
}
