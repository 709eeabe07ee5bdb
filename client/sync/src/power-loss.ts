// What a power cut may have done to files that the drive has: their bytes were read and sent, and never reached the disk. What it emptied is no
// edit, and what it took is not gone. spec/sync.md "After a power cut".
import { digestOf } from './contents.ts';
import { unsafeNs } from './limits.ts';
import type { Journal } from './node/journal/journal.ts';
import type { LocalRow } from './node/journal/trees.ts';
import { type Disk, type DiskPath, DiskRefusal, type DiskStamp } from './ports.ts';
import { type Hash, readContent } from './read-file.ts';
import { noteKept, safetyPath } from './safety.ts';

export type PowerLossTools = {
  readonly disk: Disk;
  readonly journal: Journal;
  readonly hash: Hash;
  readonly nowMs: () => number;
  /** Whether the program ended by itself before: what is missing since then, somebody removed. */
  readonly isCleanStop: boolean;
};

type Harm = 'none' | 'emptied' | 'taken';

/**
 * Looks at what was new when the machine went down. What is not as the drive has it waits in the safety folder and is forgotten here, so that
 * the drive's comes down again; the journal tells of it. Stopped anywhere, it is done again.
 */
export async function undoPowerLoss(tools: PowerLossTools): Promise<void> {
  const { journal, nowMs } = tools;
  let kept = 0;
  for (const row of journal.filesLookedLately(unsafeNs, BigInt(nowMs()) * 1_000_000n)) {
    // What the drive has not, is nowhere else: it stays as it is.
    if (row.sizeBytes === 0 || journal.synced.get(row.id)?.content !== row.content) continue;
    const path = journal.pathIn(journal.local, row.id)?.join('/');
    if (path === undefined) continue;
    const harm = await harmTo(row, path, tools);
    if (harm === 'none') continue;
    if (harm === 'emptied') await putAway(row, path, kept++, tools);
    journal.write(() => {
      journal.dropLocal(row.id);
      journal.dropSynced(row.id);
      journal.tell([{ atMs: nowMs(), node: row.id, path, row: null, what: `power cut: ${harm}` }]);
    });
  }
}

/** What cannot be moved stays; without a base it takes a conflict name later, when it can. */
async function putAway(row: LocalRow, path: DiskPath, number: number, tools: PowerLossTools): Promise<void> {
  const to = safetyPath(row.id, tools.nowMs(), number);
  noteKept(tools, to, path, row, false);
  try {
    await tools.disk.move(path, to);
  } catch (error) {
    if (!(error instanceof DiskRefusal)) throw error;
    tools.journal.letGo(to);
  }
}

async function harmTo(row: LocalRow, path: DiskPath, { disk, hash, isCleanStop }: PowerLossTools): Promise<Harm> {
  let now: DiskStamp | null;
  try {
    now = await disk.look(path);
  } catch (error) {
    // What cannot be looked at is told by the scan.
    if (error instanceof DiskRefusal) return 'none';
    throw error;
  }
  if (!now) return isCleanStop ? 'none' : 'taken';
  // A later time: somebody wrote to it, before the cut or since.
  if (now.kind !== 'file' || now.mtimeNs > row.mtimeNs) return 'none';
  // So does whoever puts another file there, even one with the same time: it is not told by inodes, which a disk that is repaired hands out anew.
  const isTouched = now.ctimeNs > row.ctimeNs;
  // Who empties a file changes its time; a cut that emptied it may have taken its time back as well.
  if (now.sizeBytes === 0) return now.mtimeNs === row.mtimeNs || !isTouched ? 'emptied' : 'none';
  if (isTouched || now.mtimeNs !== row.mtimeNs) return 'none';
  if (now.sizeBytes !== row.sizeBytes) return 'emptied';
  const whole = [row.content, row.digest].find((content) => content !== null && digestOf(content) !== undefined);
  const read = whole && (await readContent(disk, path, now, hash));
  return read && read.kind === 'content' && read.content !== whole ? 'emptied' : 'none';
}
