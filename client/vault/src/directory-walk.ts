// Finds the nodes of a directory level by level and opens only those that are asked for. spec/directories.md "Leaves and inner nodes".
import { assert, formatHex } from '@reprise/kit';
import { compareNames, cutItemsMin } from './directory-cut.ts';
import { type Child, childrenOf, countEntries, type DirectoryNode, type Expected, openDirectoryNodes } from './directory-node.ts';
import type { PackedEntry } from './packed-entry.ts';
import { type NodeReader, nodesPerFetch, type Ref } from './tree-node.ts';

/** A node of one level, reached from the top; level 0 holds the leaves. */
export type Position = {
  readonly level: number;
  readonly siblings: readonly Expected[];
  readonly index: number;
  readonly parent: Position | undefined;
};

type Leaf = DirectoryNode & { readonly kind: 'leaf' };
type Inner = DirectoryNode & { readonly kind: 'inner' };

/** Inner nodes stay in memory once opened; of the leaves, one fetch of them. */
export class DirectoryWalk {
  readonly #reader: NodeReader;
  readonly #top: Position;
  readonly #topNode: DirectoryNode;
  readonly #inner = new Map<string, Inner>();
  #leaves = new Map<string, Leaf>();
  readonly topRef: Ref | null;

  private constructor(reader: NodeReader, topRef: Ref | null, topNode: DirectoryNode) {
    const level = topNode.kind === 'leaf' ? 0 : topNode.level;
    this.#reader = reader;
    this.#topNode = topNode;
    this.#top = { level, siblings: topRef ? [{ ref: topRef }] : [], index: 0, parent: undefined };
    this.topRef = topRef;
  }

  /** @param top null: a directory of nothing, which no node stands for yet */
  static async open(top: Ref | null, reader: NodeReader): Promise<DirectoryWalk> {
    const nodes = top ? await openDirectoryNodes([{ ref: top }], reader) : [];
    return new DirectoryWalk(reader, top, nodes[0] ?? { kind: 'leaf', entries: [] });
  }

  get topLevel(): number {
    return this.#top.level;
  }

  countEntries(): number {
    return countEntries(this.#topNode);
  }

  /** The node of the level in which the name lies, or would: the last one that does not start after it. */
  async seek(level: number, name: string): Promise<Position> {
    let at = this.#top;
    while (at.level > level) {
      const children = childrenOf(await this.#innerAt(at), boundOf(at));
      at = { level: at.level - 1, siblings: children, index: lastFrom(children, name), parent: at };
    }
    return at;
  }

  first(level: number): Promise<Position> {
    return this.seek(level, '');
  }

  /** The next node of the same level. */
  async next(at: Position): Promise<Position | undefined> {
    if (at.index + 1 < at.siblings.length) return { ...at, index: at.index + 1 };
    const parent = at.parent && (await this.next(at.parent));
    if (!parent) return undefined;
    return { level: at.level, siblings: childrenOf(await this.#innerAt(parent), boundOf(parent)), index: 0, parent };
  }

  async childrenAt(at: Position): Promise<readonly Child[]> {
    return (await this.#innerAt(at)).children;
  }

  /**
   * The entries of a leaf.
   * @param upcoming names looked for from here on, sorted: their leaves are fetched along with this one
   */
  async entriesAt(at: Position, upcoming: Iterable<string> = []): Promise<readonly PackedEntry[]> {
    if (at.parent === undefined) return (this.#topNode as Leaf).entries;
    const key = keyOf(at);
    if (!this.#leaves.has(key)) this.#leaves = await this.#fetchLeaves(at, upcoming);
    return (this.#leaves.get(key) as Leaf).entries;
  }

  /**
   * Items of a level: exact up to `enough`, above that any number between `enough` and the true one.
   * @param level above the leaves
   */
  async countItems(level: number, enough: number): Promise<number> {
    const least = await this.#leastItems(level, enough);
    if (level === this.topLevel || least > enough) return least;
    let count = 0;
    for (let at: Position | undefined = await this.first(level); at; at = await this.next(at)) count += (await this.childrenAt(at)).length;
    return count;
  }

  /** Every node but the last holds at least as many items as come before the first cut. */
  async #leastItems(level: number, enough: number): Promise<number> {
    if (level === this.topLevel) return (this.#topNode as Inner).children.length;
    return cutItemsMin * ((await this.countItems(level + 1, enough)) - 1) + 1;
  }

  async #fetchLeaves(at: Position, upcoming: Iterable<string>): Promise<Map<string, Leaf>> {
    const wanted = new Map([[keyOf(at), expectedAt(at)]]);
    let bound = boundOf(at);
    for (const name of upcoming) {
      if (bound === undefined || wanted.size >= nodesPerFetch) break;
      if (compareNames(name, bound) < 0) continue;
      const leaf = await this.seek(0, name);
      wanted.set(keyOf(leaf), expectedAt(leaf));
      bound = boundOf(leaf);
    }
    const nodes = await openDirectoryNodes([...wanted.values()], this.#reader);
    return new Map([...wanted.keys()].map((key, i) => [key, nodes[i] as Leaf]));
  }

  async #innerAt(at: Position): Promise<Inner> {
    if (at.parent === undefined) return this.#topNode as Inner;
    const key = keyOf(at);
    const known = this.#inner.get(key);
    if (known) return known;
    const [node] = await openDirectoryNodes([expectedAt(at)], this.#reader);
    assert(node?.kind === 'inner', 'a node above the leaves is an inner one');
    this.#inner.set(key, node);
    return node;
  }
}

/** The first name after the node; undefined if it is the last of its level. */
export function boundOf(at: Position): string | undefined {
  return at.siblings[at.index]?.before;
}

function expectedAt(at: Position): Expected {
  return at.siblings[at.index] as Expected;
}

function keyOf(at: Position): string {
  return formatHex(expectedAt(at).ref.id);
}

function lastFrom(children: readonly Child[], name: string): number {
  let [low, high] = [0, children.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (compareNames((children[middle] as Child).firstName, name) <= 0) low = middle;
    else high = middle;
  }
  return low;
}
