// What a power cut may have done to files that the drive has: their bytes were read and sent, and never reached the disk. What it emptied is no
// edit, and what it took is not gone. spec/sync.md "After a power cut".
import { digestOf } from './contents.ts';
import { unsafeNs } from './limits.ts';
import type { Journal } from './node/journal/journal.ts';
import type { LocalRow } from './node/journal/trees.ts';
import type { Disk, DiskPath } from './ports.ts';
import { type Hash, readContent } from './read-file.ts';
import { lookOr, noteKept, safetyPath } from './safety.ts';

export type PowerLossTools = { readonly disk: Disk; readonly journal: Journal; readonly hash: Hash; readonly nowMs: () => number };

/**
 * Looks at what was new when the machine went down. What is not as the drive has it waits in the safety folder and is forgotten here, so that
 * the drive's comes down again. Stopped anywhere, it is done again.
 * @returns how many files were set right
 */
export async function undoPowerLoss(tools: PowerLossTools): Promise<number> {
  const { journal, disk, nowMs } = tools;
  let undone = 0;
  for (const row of journal.filesLookedLately(unsafeNs)) {
    // What the drive has not, is nowhere else: it stays as it is.
    if (row.sizeBytes === 0 || journal.synced.get(row.id)?.content !== row.content) continue;
    const path = journal.pathIn(journal.local, row.id)?.join('/');
    if (path === undefined) continue;
    const harm = await harmTo(row, path, tools);
    if (harm === 'none') continue;
    if (harm === 'emptied') {
      const to = safetyPath(row.id, nowMs(), undone);
      noteKept(tools, to, path, row, false);
      await disk.move(path, to);
    }
    journal.write(() => {
      journal.dropLocal(row.id);
      journal.dropSynced(row.id);
    });
    undone++;
  }
  return undone;
}

async function harmTo(row: LocalRow, path: DiskPath, { disk, hash }: PowerLossTools): Promise<'none' | 'emptied' | 'taken'> {
  const now = await lookOr(disk, path);
  if (!now) return 'taken';
  if (now.kind !== 'file') return 'none';
  if (now.sizeBytes === 0) return 'emptied';
  // Another time: somebody wrote to it, before the cut or since.
  if (now.mtimeNs !== row.mtimeNs) return 'none';
  if (now.sizeBytes !== row.sizeBytes) return 'emptied';
  const whole = [row.content, row.digest].find((content) => content !== null && digestOf(content) !== undefined);
  const read = whole && (await readContent(disk, path, now, hash));
  return read && read.kind === 'content' && read.content !== whole ? 'emptied' : 'none';
}
