// The three trees that a plan is made of, as far as deciding needs them: nodes by id, and who bears a name in a folder. spec/sync.md "Three trees".
import { type Brand, assert } from '@reprise/kit';

/** The fid of an entry as 32 hex digits. It survives moves, renames and edits. */
export type NodeId = Brand<string, 'NodeId'>;

/** `other` is what this version cannot bring to a disk: mounts and kinds of a later version. */
export type Kind = 'file' | 'link' | 'folder' | 'other';

/** Names bytes of a file, or the target of a link: equal names are equal bytes. Folders have the empty one. */
export type Content = string;

export type TreeNode = {
  readonly id: NodeId;
  readonly parent: NodeId;
  /** In normalization form C, whatever bytes the disk has for it. */
  readonly name: string;
  readonly kind: Kind;
  readonly content: Content;
  readonly isExecutable: boolean;
};

export type StallReason =
  | 'unreadable'
  | 'changing'
  | 'locked'
  | 'name-twin'
  | 'name-clash'
  | 'name-refused'
  | 'name-bytes'
  | 'link-outside'
  | 'special-file'
  | 'disk-damaged'
  | 'disk-full'
  | 'quota-full'
  | 'damaged'
  | 'held';

/** Of a local file: its content was read under the times that its row has. */
export function isOfWhatWasRead(reason: StallReason): boolean {
  return reason === 'quota-full' || reason === 'disk-damaged';
}

export type RemoteNode = TreeNode & {
  /** It could not be verified or opened: nothing below it is written to. */
  readonly stall?: StallReason;
};

export type LocalNode = TreeNode & {
  /** Its state is not known or cannot be kept: nothing below it is changed, nothing below it counts as gone. */
  readonly stall?: StallReason;
  /** As the disk spells the name, where that is not `name`. */
  readonly diskName?: string;
  /** A folder in which something is that is never looked at. */
  readonly holdsIgnored?: boolean;
  /** A folder that the drive no longer has, kept for what it holds. */
  readonly isHusk?: boolean;
};

/** What a planner asks a tree, be it in memory or in a database. The root is no node of it. */
export interface Tree<Node extends TreeNode = TreeNode> {
  get(id: NodeId): Node | undefined;
  /** Nodes of a folder whose names are equal after folding case. */
  named(parent: NodeId, name: string): readonly Node[];
  readonly size: number;
}

export const rootId = '0'.repeat(32) as NodeId;

/** The form in which names are compared on a disk that does not tell cases apart. */
export function foldName(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

export function isSamePlace(a: TreeNode, b: TreeNode): boolean {
  return a.parent === b.parent && a.name === b.name;
}

export class MemoryTree<Node extends TreeNode = TreeNode> implements Tree<Node> {
  readonly #nodes: ReadonlyMap<NodeId, Node>;
  readonly #places = new Map<string, Node[]>();

  constructor(nodes: Iterable<Node> = []) {
    const byId = new Map<NodeId, Node>();
    for (const node of nodes) {
      assert(!byId.has(node.id) && node.id !== rootId, 'one row for each node, and none for the root');
      byId.set(node.id, node);
      const key = placeKey(node.parent, foldName(node.name));
      const there = this.#places.get(key);
      if (there) there.push(node);
      else this.#places.set(key, [node]);
    }
    this.#nodes = byId;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get(id: NodeId): Node | undefined {
    return this.#nodes.get(id);
  }

  named(parent: NodeId, name: string): readonly Node[] {
    return this.#places.get(placeKey(parent, foldName(name))) ?? [];
  }

  nodes(): IterableIterator<Node> {
    return this.#nodes.values();
  }
}

export function placeKey(parent: NodeId, name: string): string {
  return `${parent}/${name}`;
}

/** The folders above a node, nearest first. */
export function* ancestors(tree: Tree, id: NodeId): Generator<TreeNode> {
  for (let node = tree.get(id); node && node.parent !== rootId; ) {
    node = tree.get(node.parent);
    if (node) yield node;
  }
}

export function depthOf(tree: Tree, id: NodeId): number {
  let depth = 0;
  for (const _ of ancestors(tree, id)) depth++;
  return depth;
}

/** A tree of a database while nobody writes to it: a plan asks for the same nodes many times. */
export class RememberedTree<Node extends TreeNode> implements Tree<Node> {
  readonly #tree: Tree<Node>;
  readonly #nodes = new Map<NodeId, Node | undefined>();
  readonly #places = new Map<string, readonly Node[]>();
  #size: number | undefined;

  /** @param known ids of which it is known which nodes there are: these */
  constructor(tree: Tree<Node>, known: Iterable<NodeId> = [], nodes: Iterable<Node> = []) {
    this.#tree = tree;
    for (const id of known) this.#nodes.set(id, undefined);
    for (const node of nodes) this.#nodes.set(node.id, node);
  }

  get size(): number {
    this.#size ??= this.#tree.size;
    return this.#size;
  }

  get(id: NodeId): Node | undefined {
    const known = this.#nodes.get(id);
    if (known !== undefined || this.#nodes.has(id)) return known;
    const node = this.#tree.get(id);
    this.#nodes.set(id, node);
    return node;
  }

  named(parent: NodeId, name: string): readonly Node[] {
    const key = placeKey(parent, foldName(name));
    let found = this.#places.get(key);
    if (!found) {
      found = this.#tree.named(parent, name);
      this.#places.set(key, found);
    }
    return found;
  }
}
