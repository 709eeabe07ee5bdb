// The local tree in which some nodes bear another id than the scan gave them: what is adopted, what became a conflict copy. spec/sync.md "Relabelling".
import type { LocalNode, NodeId, Tree } from './tree.ts';

export type Relabel = {
  readonly from: NodeId;
  readonly to: NodeId;
  /** `adopt`: the log's node is this one. `copy`: the bytes become a node of their own, and the base of `from` is forgotten. */
  readonly kind: 'adopt' | 'copy';
};

export class RelabelledTree implements Tree<LocalNode> {
  readonly relabels: Relabel[] = [];
  readonly #tree: Tree<LocalNode>;
  readonly #forward = new Map<NodeId, NodeId>();
  readonly #back = new Map<NodeId, NodeId>();
  readonly #copied = new Set<NodeId>();

  constructor(tree: Tree<LocalNode>) {
    this.#tree = tree;
  }

  relabel(relabel: Relabel): void {
    this.relabels.push(relabel);
    this.#forward.set(relabel.from, relabel.to);
    this.#back.set(relabel.to, relabel.from);
    if (relabel.kind === 'copy') this.#copied.add(relabel.from);
  }

  /** What a node that was scanned is called now. */
  idOf(scanned: NodeId): NodeId {
    return this.#forward.get(scanned) ?? scanned;
  }

  /** Whose bytes a conflict copy holds. */
  copiedFrom(copy: NodeId): NodeId | undefined {
    const from = this.#back.get(copy);
    return from !== undefined && this.#copied.has(from) ? from : undefined;
  }

  isAdopted(id: NodeId): boolean {
    return this.#back.has(id) && this.copiedFrom(id) === undefined;
  }

  isCopied(id: NodeId): boolean {
    return this.#copied.has(id);
  }

  get size(): number {
    return this.#tree.size;
  }

  get(id: NodeId): LocalNode | undefined {
    if (this.#forward.has(id)) return undefined;
    return this.#renamed(this.#tree.get(this.#back.get(id) ?? id));
  }

  named(parent: NodeId, name: string): readonly LocalNode[] {
    if (this.#forward.has(parent)) return [];
    return this.#tree.named(this.#back.get(parent) ?? parent, name).map((node) => this.#renamed(node) as LocalNode);
  }

  #renamed(node: LocalNode | undefined): LocalNode | undefined {
    return node && { ...node, id: this.idOf(node.id), parent: this.idOf(node.parent) };
  }
}
