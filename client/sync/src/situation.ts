// The three trees of one plan, and what in them stays as it is on both sides. spec/sync.md "Stalls".
import type { Policy } from './policy.ts';
import { RelabelledTree } from './relabelled.ts';
import {
  ancestors,
  isSamePlace,
  type LocalNode,
  type NodeId,
  type RemoteNode,
  rootId,
  type StallReason,
  type Tree,
  type TreeNode,
} from './tree.ts';

export type Trees = {
  readonly remote: Tree<RemoteNode>;
  readonly local: Tree<LocalNode>;
  readonly synced: Tree;
};

export type Block = {
  /** `comparing` waits for an answer to the plan; `foreign` is of a kind that no disk here holds. Neither is shown. */
  readonly reason: StallReason | 'comparing' | 'foreign';
  /** Whether all below stays as well. */
  readonly closes: boolean;
};

export class Situation {
  readonly remote: Tree<RemoteNode>;
  readonly local: RelabelledTree;
  readonly synced: Tree;
  readonly policy: Policy;
  readonly ids: readonly NodeId[];
  readonly touched: ReadonlySet<NodeId>;
  readonly #blocks: ReadonlyMap<NodeId, Block>;
  readonly #views: readonly View[];

  /** @param blocks what earlier rounds found to stay */
  constructor(trees: Trees, touched: ReadonlySet<NodeId>, policy: Policy, blocks: ReadonlyMap<NodeId, Block>) {
    this.remote = trees.remote;
    this.local = new RelabelledTree(trees.local);
    this.synced = trees.synced;
    this.policy = policy;
    this.#blocks = blocks;
    const own = (id: NodeId): Block | undefined => this.ownBlock(id);
    this.#views = [
      { tree: this.local, own, closed: new Map() },
      { tree: this.remote, own, closed: new Map() },
      ...[trees.local, trees.remote].map(
        (side): View => ({ tree: this.synced, lacking: side, own: (id) => stallOf(side.get(id)), closed: new Map() }),
      ),
    ];
    this.ids = [...touched].sort();
    this.touched = touched;
  }

  /** A husk counts as absent. */
  here(id: NodeId): LocalNode | undefined {
    const node = this.local.get(id);
    return node?.isHusk ? undefined : node;
  }

  /** After a copy was split off, what is in the log comes as something new. */
  base(id: NodeId): TreeNode | undefined {
    return this.local.isCopied(id) ? undefined : this.synced.get(id);
  }

  blockOf(id: NodeId): Block | undefined {
    return this.ownBlock(id) ?? this.#blockAbove(id);
  }

  ownBlock(id: NodeId): Block | undefined {
    const found = this.#blocks.get(id);
    if (found) return found;
    const stall = stallOf(this.local.get(id)) ?? stallOf(this.remote.get(id));
    if (stall) return stall;
    return this.remote.get(id)?.kind === 'other' ? { reason: 'foreign', closes: false } : undefined;
  }

  /** Of the trees each by itself: what leaves a folder that has to wait need not wait. */
  #blockAbove(id: NodeId): Block | undefined {
    for (const view of this.#views) {
      if (view.lacking?.get(id)) continue;
      const parent = view.tree.get(id)?.parent;
      const block = parent === undefined ? undefined : closing(parent, view);
      if (block) return block;
    }
    return undefined;
  }

  isDeselected(id: NodeId): boolean {
    const { deselected } = this.policy;
    if (deselected.size === 0) return false;
    if (deselected.has(id)) return true;
    return [this.remote, this.local].some((tree) => [...ancestors(tree, id)].some((folder) => deselected.has(folder.id)));
  }

  /** What stands in a folder under exactly this name. */
  namedExactly<Node extends TreeNode>(tree: Tree<Node>, parent: NodeId, name: string): readonly Node[] {
    return tree.named(parent, name).filter((node) => node.name === name);
  }
}

/** One tree in which what is below a block stays. */
type View = {
  readonly tree: Tree;
  /** Only for nodes that this side lacks: what it could not look into it cannot miss. */
  readonly lacking?: Tree;
  readonly own: (id: NodeId) => Block | undefined;
  /** What is known of folders. */
  readonly closed: Map<NodeId, Block | undefined>;
};

/** The block that closes a folder, its own or one above it. */
function closing(folder: NodeId, { tree, own, closed }: View): Block | undefined {
  const path: NodeId[] = [];
  let block: Block | undefined;
  for (let at: NodeId | undefined = folder; at !== undefined && at !== rootId; at = tree.get(at)?.parent) {
    const isKnown = closed.has(at);
    const found: Block | undefined = isKnown ? closed.get(at) : own(at);
    if (found?.closes) block = found;
    if (!isKnown) path.push(at);
    if (block || isKnown) break;
  }
  for (const below of path) closed.set(below, block);
  return block;
}

function stallOf(node: LocalNode | RemoteNode | undefined): Block | undefined {
  return node?.stall && { reason: node.stall, closes: true };
}

/** The ids that a plan has to look at, found by comparing the trees whole; a journal keeps them as they change. */
export function findTouched(
  trees: { readonly [Side in keyof Trees]: Trees[Side] & { nodes(): Iterable<TreeNode> } },
  deselected: ReadonlySet<NodeId> = new Set(),
): Set<NodeId> {
  const ids = new Set<NodeId>();
  for (const tree of [trees.remote, trees.local, trees.synced])
    for (const { id } of tree.nodes()) {
      const isHidden = deselected.has(id) || [...ancestors(tree, id)].some((folder) => deselected.has(folder.id));
      if (isHidden || !isSettled(trees, id)) ids.add(id);
    }
  return ids;
}

function isSettled({ remote, local, synced }: Trees, id: NodeId): boolean {
  const [theirs, ours, base] = [remote.get(id), local.get(id), synced.get(id)];
  if (!theirs || !ours || !base || theirs.stall || ours.stall || ours.isHusk) return false;
  return isSameRow(theirs, base) && isSameRow(ours, base);
}

export function isSameRow(a: TreeNode, b: TreeNode): boolean {
  return isSamePlace(a, b) && a.content === b.content && a.isExecutable === b.isExecutable;
}
