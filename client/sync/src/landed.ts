// A commit whose answer was lost, or that a stop kept from being noted, is in the log all the same: what it brought there was equal on both sides.
// So each is noted before it is made, and what the log shows of it becomes the base. spec/sync.md "After a stop".
import type { Journal } from './node/journal/journal.ts';
import type { Edit } from './plan.ts';
import { isSameRow } from './situation.ts';
import { isSamePlace, type NodeId, type TreeNode } from './tree.ts';

/** A node as it stood here when a commit was made of it. */
export type Sent = TreeNode & {
  /** The drive did not have it: its fid is there by that commit, or not at all. */
  readonly isNew: boolean;
};

/** Before a commit: what of it stands here. */
export function noteSent(journal: Journal, edits: readonly Edit[]): void {
  const sent = edits.flatMap((edit): readonly Sent[] => {
    const ours = edit.kind === 'put' ? journal.local.get(edit.node.id) : undefined;
    return ours ? [{ ...ours, isNew: !journal.remote.get(ours.id) && !journal.synced.get(ours.id) }] : [];
  });
  journal.noteSent(sent);
}

/** Of nodes that the log has anew: where it shows what was sent from here, both sides were equal in that, whatever was done here since. */
export function baseOnLanded(journal: Journal, ids: Iterable<NodeId>): void {
  if (!journal.hasSent) return;
  for (const id of ids) {
    const theirs = journal.remote.get(id);
    for (const sent of theirs ? journal.sentOf(id) : []) {
      const base = baseOf(sent, theirs as TreeNode, journal);
      if (base) journal.putSynced(base);
    }
  }
}

function baseOf(sent: Sent, theirs: TreeNode, journal: Journal): TreeNode | undefined {
  const base = journal.synced.get(sent.id);
  if (!base) {
    const isEqual = sent.isNew ? sent.content === theirs.content : isSameRow(sent, theirs) && journal.local.get(sent.id) !== undefined;
    return isEqual ? sent : undefined;
  }
  const place = isSamePlace(sent, theirs) ? sent : base;
  return {
    ...base,
    parent: place.parent,
    name: place.name,
    content: sent.content === theirs.content ? sent.content : base.content,
    isExecutable: sent.isExecutable === theirs.isExecutable ? sent.isExecutable : base.isExecutable,
  };
}
