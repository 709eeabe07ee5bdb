// How one tree became another, told entry by entry and known by fid, so that what moved is told as moved. spec/merge.md "Differences".
import { type Bytes, equalBytes, formatHex } from '@reprise/kit';
import { diffDirectories } from './directory-diff.ts';
import { Failure } from '@reprise/protocol/formats';
import { readDirectory } from './directory.ts';
import { EntryKeys } from './entry-keys.ts';
import type { Entry } from './entry.ts';
import { rootFid } from './tree-change.ts';
import type { NodeReader, Ref } from './tree-node.ts';

/** An entry and the directory it is in. */
export type Place = { readonly parent: Bytes; readonly entry: Entry };

/**
 * `changed` has one fid on both sides: edited, renamed, moved, or a directory with a change below it. With a directory that was removed goes
 * everything below it, except what is told as changed; such a thing's old parents are told as removed too. Below a directory that was added
 * everything is told as added, except what is told as changed.
 */
export type TreeDifference =
  | { readonly kind: 'added'; readonly after: Place }
  | { readonly kind: 'removed'; readonly before: Place }
  | { readonly kind: 'changed'; readonly before: Place; readonly after: Place };

/**
 * Reads the nodes that differ, everything that was added, and of what was removed only as much as it takes to see what was moved out of it.
 * Holds the differences in memory, not the trees.
 * @param gaps goes on without directories that do not open
 * @throws Failure reject, bad-object, bad-name; limit-exceeded also for a tree that was made to be endless: deeper or with more differences than `bounds`
 */
export async function diffTrees(
  before: Ref | null,
  after: Ref | null,
  reader: NodeReader,
  bounds: DiffBounds = diffBounds,
  gaps?: DiffGaps,
): Promise<readonly TreeDifference[]> {
  const comparison = new Comparison(reader, bounds, gaps);
  await comparison.run({ fid: rootFid, before, after, depth: 0 });
  return [...comparison.differences()];
}

/** How several directories are read, where some of them may not open. */
export interface DiffGaps {
  readEach<Item>(group: readonly DiffReading<Item>[], collect: Collect<Item>): Promise<readonly Item[][]>;
}

export type DiffReading<Item> = {
  /** undefined for the two that are compared: nothing can be told without them. */
  readonly fid: Bytes | undefined;
  readonly isLater: boolean;
  readonly read: () => AsyncIterable<Item>;
  /** What is in the later one alone. */
  readonly instead?: () => AsyncIterable<Item>;
};

export type Collect<Item> = (items: AsyncIterable<Item>) => Promise<Item[]>;

export type DiffBounds = {
  /** Directories above one another. Moves may stack folders deeper than paths are typed. */
  readonly depth: number;
  /** Entries read that are not known to be the same on both sides. */
  readonly entries: number;
};

/** Directories above one another that are still read. */
export const treeDepthMax = 1_024;

/** A member can name one sealed directory many times, and again in each of those: a few nodes that unfold without end. */
const diffBounds: DiffBounds = { depth: treeDepthMax, entries: 4_000_000 };

const directoriesAtOnce = 16;
/** Once so many entries of removed folders were seen, no deeper ones are looked for: what came out of them is told as added. */
const removedEntriesMax = 100_000;

type Pair = { readonly fid: Bytes; readonly before: Ref | null; readonly after: Ref | null; readonly depth: number };

/** An entry that only one side is known to have. */
type Single = Place & {
  readonly key: string;
  readonly above: Single | undefined;
  readonly below: Single[];
  /** Directories above it. */
  readonly depth: number;
  isRead: boolean;
  isTold: boolean;
};

class Comparison {
  readonly #reader: NodeReader;
  readonly #changed = new Map<string, { readonly before: Place; readonly after: Place }>();
  readonly #added = new Map<string, Single>();
  readonly #removed = new Map<string, Single>();
  readonly #bounds: DiffBounds;
  readonly #gaps: DiffGaps | undefined;
  readonly #keys = new EntryKeys();
  #pairs: Pair[] = [];
  #entries = 0;

  constructor(reader: NodeReader, bounds: DiffBounds, gaps: DiffGaps | undefined) {
    this.#reader = reader;
    this.#bounds = bounds;
    this.#gaps = gaps;
  }

  async run(roots: Pair): Promise<void> {
    this.#pairs = [roots];
    for (;;) {
      while (this.#pairs.length > 0) await this.#comparePairs();
      if (![...this.#added.values()].some(({ entry }) => refOf(entry))) return;
      // One level of both sides at a time: what was moved out of a removed folder is found before it is read to its ground.
      const fromRemoved = this.#removed.size < removedEntriesMax && (await this.#readBelow(this.#removed));
      const fromAdded = await this.#readBelow(this.#added);
      if (!fromRemoved && !fromAdded) return;
      this.#match();
    }
  }

  *differences(): Generator<TreeDifference, void, void> {
    for (const { before, after } of this.#changed.values()) yield { kind: 'changed', before, after };
    for (const { parent, entry, isTold } of this.#removed.values()) if (isTold) yield { kind: 'removed', before: { parent, entry } };
    for (const { parent, entry } of this.#added.values()) yield { kind: 'added', after: { parent, entry } };
  }

  async #comparePairs(): Promise<void> {
    const group = this.#pairs.splice(0, directoriesAtOnce);
    const found = await this.#readEach(
      group.map(({ fid, before, after, depth }) => ({
        fid: depth > 0 ? fid : undefined,
        isLater: true,
        read: () => diffDirectories(before, after, this.#reader),
        instead: () => diffDirectories(null, after, this.#reader),
      })),
    );
    for (const [i, differences] of found.entries()) {
      const { fid: parent, depth } = group[i] as Pair;
      for (const { before, after } of differences) {
        if (before && after && equalBytes(before.fid, after.fid)) this.#change({ parent, entry: before }, { parent, entry: after }, depth);
        else {
          if (before) this.#note(this.#removed, { parent, entry: before }, undefined, depth);
          if (after) this.#note(this.#added, { parent, entry: after }, undefined, depth);
        }
      }
    }
    if (this.#pairs.length === 0) this.#match();
  }

  /** @returns whether there was something to read */
  async #readBelow(side: Map<string, Single>): Promise<boolean> {
    const unread = unreadOf(side);
    for (let at = 0; at < unread.length; at += directoriesAtOnce) {
      const group = unread.slice(at, at + directoriesAtOnce);
      const isLater = side === this.#added;
      const found = await this.#readEach(
        group.map(({ entry }) => ({ fid: entry.fid, isLater, read: () => readDirectory(refOf(entry) as Ref, this.#reader) })),
      );
      for (const [i, entries] of found.entries()) {
        const single = group[i] as Single;
        single.isRead = true;
        for (const entry of entries) this.#note(side, { parent: single.entry.fid, entry }, single, single.depth + 1);
      }
    }
    return unread.length > 0;
  }

  #note(side: Map<string, Single>, { parent, entry }: Place, above: Single | undefined, depth: number): void {
    if (depth > this.#bounds.depth) throw new Failure('limit-exceeded', { limit: 'depth of a tree' });
    if (this.#changed.has(formatHex(entry.fid))) return;
    const key = this.#keys.free(entry.fid, side);
    const single: Single = { parent, entry, key, above, below: [], depth, isRead: false, isTold: above === undefined };
    above?.below.push(single);
    side.set(key, single);
  }

  async #readEach<Item>(group: readonly DiffReading<Item>[]): Promise<readonly Item[][]> {
    const collect: Collect<Item> = (items) => this.#collect(items);
    return this.#gaps ? this.#gaps.readEach(group, collect) : Promise.all(group.map(({ read }) => collect(read())));
  }

  async #collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
    const all: Item[] = [];
    for await (const item of items) {
      if (++this.#entries > this.#bounds.entries) throw new Failure('limit-exceeded', { limit: 'entries that differ' });
      all.push(item);
    }
    return all;
  }

  /** Whatever is on both sides has moved. */
  #match(): void {
    for (const [key, added] of this.#added) {
      const removed = this.#removed.get(key);
      if (!removed) continue;
      this.#drop(this.#added, added);
      this.#drop(this.#removed, removed);
      for (let above = removed.above; above; above = above.above) above.isTold = true;
      this.#change(removed, added, added.depth);
    }
  }

  /** What was noted below is told, where it differs, by comparing the two directories. */
  #drop(side: Map<string, Single>, single: Single): void {
    side.delete(single.key);
    for (const below of single.below) if (side.get(below.key) === below) this.#drop(side, below);
  }

  #change(before: Place, after: Place, depth: number): void {
    if (depth > this.#bounds.depth) throw new Failure('limit-exceeded', { limit: 'depth of a tree' });
    const { parent, entry } = after;
    this.#changed.set(formatHex(entry.fid), { before: { parent: before.parent, entry: before.entry }, after: { parent, entry } });
    const [old, now] = [refOf(before.entry), refOf(entry)];
    if (old && now && !equalBytes(old.id, now.id)) this.#pairs.push({ fid: entry.fid, before: old, after: now, depth: depth + 1 });
  }
}

function unreadOf(side: ReadonlyMap<string, Single>): Single[] {
  return [...side.values()].filter((single) => !single.isRead && refOf(single.entry));
}

function refOf({ content }: Entry): Ref | null {
  return content.kind === 'directory' ? content.ref : null;
}
