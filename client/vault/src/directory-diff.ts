// What differs between two directories, read from the nodes they do not share. spec/merge.md "Differences".
import { formatHex } from '@reprise/kit';
import { compareNames } from './directory-cut.ts';
import { childrenOf, type DirectoryNode, type Expected, openDirectoryNodes } from './directory-node.ts';
import type { Entry } from './entry.ts';
import { isSamePacked, type PackedEntry, unpackEntry } from './packed-entry.ts';
import { type NodeReader, nodesPerFetch, type Ref } from './tree-node.ts';

/** What stood under a name and what stands there; at least one of them. */
export type EntryDifference = { readonly before: Entry | undefined; readonly after: Entry | undefined };

/**
 * In the order of the names. A node that both have is not opened; a pair of directories made by two writers shares none.
 * @param before null: nothing @param after null: nothing
 * @throws Failure reject, bad-object, bad-name or limit-exceeded
 */
export async function* diffDirectories(
  before: Ref | null,
  after: Ref | null,
  reader: NodeReader,
): AsyncGenerator<EntryDifference, void, void> {
  const [old, now] = await differingLeaves(await Row.open(before, reader), await Row.open(after, reader));
  const [olds, nows] = [new Cursor(old.leaves()), new Cursor(now.leaves())];
  for (;;) {
    const [a, b] = [olds.head ?? (await olds.load()), nows.head ?? (await nows.load())];
    if (!a && !b) return;
    const order = !a ? 1 : !b ? -1 : compareNames(a.name, b.name);
    const [left, right] = [order <= 0 ? a : undefined, order >= 0 ? b : undefined];
    if (!left || !right || !isSamePacked(left, right)) yield { before: left && unpackEntry(left), after: right && unpackEntry(right) };
    if (left) olds.advance();
    if (right) nows.advance();
  }
}

/** The entries of leaves one after the other, loaded leaf by leaf. */
class Cursor {
  readonly #leaves: AsyncIterator<readonly PackedEntry[], void>;
  #entries: readonly PackedEntry[] = [];
  #at = 0;

  constructor(leaves: AsyncIterator<readonly PackedEntry[], void>) {
    this.#leaves = leaves;
  }

  /** undefined where the next leaf is to be loaded. */
  get head(): PackedEntry | undefined {
    return this.#entries[this.#at];
  }

  advance(): void {
    this.#at++;
  }

  /** @returns undefined at the end */
  async load(): Promise<PackedEntry | undefined> {
    for (;;) {
      const { value } = await this.#leaves.next();
      if (!value) return undefined;
      [this.#entries, this.#at] = [value, 0];
      if (this.head) return this.head;
    }
  }
}

/** Goes down on both sides, level by level, leaving out what both have. */
async function differingLeaves(a: Row, b: Row): Promise<readonly [Row, Row]> {
  let [old, now] = [a, b];
  for (;;) {
    if (old.level === now.level) [old, now] = [old.without(now), now.without(old)];
    if (old.level === 0 && now.level === 0) return [old, now];
    const level = Math.max(old.level, now.level);
    [old, now] = [old.level === level ? await old.below() : old, now.level === level ? await now.below() : now];
  }
}

/** Nodes of one level in order, not opened yet but for a top. */
class Row {
  readonly level: number;
  readonly #nodes: readonly Expected[];
  readonly #top: DirectoryNode | undefined;
  readonly #reader: NodeReader;

  private constructor(level: number, nodes: readonly Expected[], reader: NodeReader, top?: DirectoryNode) {
    this.level = level;
    this.#nodes = nodes;
    this.#reader = reader;
    this.#top = top;
  }

  static async open(top: Ref | null, reader: NodeReader): Promise<Row> {
    if (!top) return new Row(0, [], reader);
    const [node] = (await openDirectoryNodes([{ ref: top }], reader)) as [DirectoryNode];
    return new Row(node.kind === 'leaf' ? 0 : node.level, [{ ref: top }], reader, node);
  }

  without(other: Row): Row {
    const ids = new Set(other.#nodes.map(({ ref }) => formatHex(ref.id)));
    const nodes = this.#nodes.filter(({ ref }) => !ids.has(formatHex(ref.id)));
    return new Row(this.level, nodes, this.#reader, nodes.length > 0 ? this.#top : undefined);
  }

  async below(): Promise<Row> {
    const children: Expected[] = [];
    for await (const [node, { before }] of this.#open()) if (node.kind === 'inner') children.push(...childrenOf(node, before));
    return new Row(this.level - 1, children, this.#reader);
  }

  async *leaves(): AsyncGenerator<readonly PackedEntry[], void, void> {
    for await (const [node] of this.#open()) if (node.kind === 'leaf') yield node.entries;
  }

  async *#open(): AsyncGenerator<readonly [DirectoryNode, Expected], void, void> {
    if (this.#top) return yield [this.#top, this.#nodes[0] as Expected];
    for (let at = 0; at < this.#nodes.length; at += nodesPerFetch) {
      const group = this.#nodes.slice(at, at + nodesPerFetch);
      const nodes = await openDirectoryNodes(group, this.#reader);
      for (const [i, node] of nodes.entries()) yield [node, group[i] as Expected];
    }
  }
}
