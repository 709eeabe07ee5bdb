// What goes in the end, and the folders that would but hold something that stays. spec/sync.md R3, S6, S7.
import type { Outcome } from './decide.ts';
import type { Block, Situation } from './situation.ts';
import { ancestors, type NodeId } from './tree.ts';

export type Leaving = {
  /** Gone from the drive or not wanted here, kept on the disk for what they hold. */
  readonly husks: ReadonlySet<NodeId>;
  /** Nodes that are to go on one side or both. */
  readonly gone: readonly NodeId[];
  /** Nodes that are not wanted here, with no word to the drive. */
  readonly hidden: readonly NodeId[];
  /** Folders whose removal from the drive waits for what is in them there. */
  readonly waiting: ReadonlyMap<NodeId, Block>;
};

export function findLeaving(situation: Situation, outcomes: ReadonlyMap<NodeId, Outcome>): Leaving {
  const { local, remote } = situation;
  const ids = new Set(situation.ids.map((id) => local.idOf(id)));
  const husks = new Set<NodeId>();
  const waiting = new Map<NodeId, Block>();
  const gone: NodeId[] = [];
  const isFree = (id: NodeId): boolean => ids.has(id) && !outcomes.has(id) && !situation.blockOf(id);
  const isGone = (id: NodeId): boolean => isFree(id) && !situation.isDeselected(id);
  const hidden: NodeId[] = [];
  for (const id of ids) {
    const node = local.get(id);
    const block = situation.blockOf(id);
    if (isFree(id)) (isGone(id) ? gone : hidden).push(id);
    if (node && (block || (node.holdsIgnored && isFree(id))))
      for (const folder of [node, ...ancestors(local, id)]) if (isFree(folder.id)) husks.add(folder.id);
    const staysThere = remote.get(id) && (block ?? (situation.isDeselected(id) ? deselected : undefined));
    if (staysThere)
      for (const folder of ancestors(remote, id)) if (isGone(folder.id)) waiting.set(folder.id, { ...staysThere, closes: false });
  }
  return { husks, gone, hidden, waiting };
}

const deselected: Block = { reason: 'foreign', closes: false };
