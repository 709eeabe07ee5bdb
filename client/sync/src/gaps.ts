// Folders of the drive that do not open, and what left its place while there are any: it may be in one of them, so it is neither removed nor
// written to until the last has opened. spec/sync.md "Stalls", S14.
import type { ReplicaChange } from '@reprise/sdk/drive';
import type { Journal } from './node/journal/journal.ts';
import { ancestors, type NodeId } from './tree.ts';

/** @param put what stands in its place already: also what is told as gone from another */
export function dropGone(changes: readonly ReplicaChange[], put: ReadonlySet<string>, journal: Journal): void {
  const waiting = journal.choices('vanished') as ReadonlySet<string> as ReadonlySet<NodeId>;
  for (const id of waiting) if (put.has(id)) journal.choose('vanished', id, false);
  const gone = new Set([...waiting, ...changes.flatMap((change) => leftBy(change, journal))].filter((id) => !put.has(id)));
  const mayBeElsewhere = hasGaps(journal, gone);
  for (const id of gone) {
    const row = journal.remote.get(id);
    const waits = row !== undefined && mayBeElsewhere && isOnDisk(journal, id);
    if (waits) journal.putRemote({ ...row, stall: 'damaged' });
    else journal.dropRemote(id);
    journal.choose('vanished', id, waits);
  }
}

/** What does not open waits as it is known; of what opens again, nothing is left that was not put. */
function leftBy(change: ReplicaChange, journal: Journal): readonly NodeId[] {
  if (change.kind === 'put') return [];
  const id = change.fid as NodeId;
  const row = journal.remote.get(id);
  if (!row) return [];
  if (change.kind === 'gone') return [id];
  const { stall: _, ...open } = row;
  journal.putRemote(change.kind === 'unread' ? { ...row, stall: 'damaged' } : open);
  return change.kind === 'whole' ? journal.remote.children(id).map((child) => child.id) : [];
}

/** A folder that is itself no more where it was, or stands in such a one, hides nothing that is not gone with it. */
function hasGaps(journal: Journal, gone: ReadonlySet<NodeId>): boolean {
  const isGone = (id: NodeId): boolean => gone.has(id) || [...ancestors(journal.remote, id)].some((folder) => gone.has(folder.id));
  return journal.damagedFolders().some((id) => !isGone(id));
}

/** Whether something of it is here: else there is nothing to lose, and it comes down again from wherever it is found. */
function isOnDisk(journal: Journal, id: NodeId): boolean {
  return journal.local.get(id) !== undefined || journal.remote.children(id).some((child) => isOnDisk(journal, child.id));
}
