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
  readonly #closed = new Map<NodeId, Block | undefined>();

  /** @param blocks what earlier rounds found to stay */
  constructor(trees: Trees, touched: ReadonlySet<NodeId>, policy: Policy, blocks: ReadonlyMap<NodeId, Block>) {
    this.remote = trees.remote;
    this.local = new RelabelledTree(trees.local);
    this.synced = trees.synced;
    this.policy = policy;
    this.#blocks = blocks;
    this.ids = [...touched].sort();
    this.touched = touched;
  }

  /** A husk counts as absent, unless the drive has it again. */
  here(id: NodeId): LocalNode | undefined {
    const node = this.local.get(id);
    return node?.isHusk && !this.remote.get(id) ? undefined : node;
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
    const stall = this.local.get(id)?.stall ?? this.remote.get(id)?.stall;
    if (stall) return { reason: stall, closes: true };
    return this.remote.get(id)?.kind === 'other' ? { reason: 'foreign', closes: false } : undefined;
  }

  #blockAbove(id: NodeId): Block | undefined {
    for (const tree of [this.local, this.remote, this.synced]) {
      const parent = tree.get(id)?.parent;
      if (parent === undefined || parent === rootId) continue;
      const block = this.#closing(parent);
      if (block) return block;
    }
    return undefined;
  }

  /** The block of a folder or above it that closes. */
  #closing(folder: NodeId): Block | undefined {
    if (this.#closed.has(folder)) return this.#closed.get(folder);
    this.#closed.set(folder, undefined);
    const own = this.ownBlock(folder);
    const block = own?.closes ? own : this.#blockAbove(folder);
    this.#closed.set(folder, block);
    return block;
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
