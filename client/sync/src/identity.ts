// Which node is this? Editors replace files by others of the same name; people move them; file systems hand freed inode numbers to the next file.
// spec/sync.md "Which node is this".
import { assert } from '@reprise/kit';
import { type Kind, type NodeId, placeKey, rootId } from './tree.ts';

export type Stamp = {
  /** Device and number: nothing is inferred across devices. */
  readonly inode: string;
  /** When it was made, in nanoseconds since 1970, or 0 where the disk does not tell. */
  readonly birthNs: bigint;
  readonly mtimeNs: bigint;
  readonly sizeBytes: number;
};

export type KnownItem = {
  readonly id: NodeId;
  readonly parent: NodeId;
  readonly name: string;
  readonly kind: Kind;
  readonly stamp: Stamp;
};

export type SeenItem = {
  /** Index of its folder among what was seen; absent in the root. A folder comes before what is in it. */
  readonly folder?: number;
  readonly name: string;
  readonly kind: Kind;
  readonly stamp: Stamp;
};

export type Verdict = {
  /** Absent for a new node. */
  readonly id?: NodeId;
  readonly row: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7';
  /** Another node's content is what it begins with, as far as the bytes are equal. */
  readonly contentOf?: NodeId;
};

export type Identified = {
  /** One for each item that was seen, in that order. */
  readonly verdicts: readonly Verdict[];
  readonly gone: readonly NodeId[];
};

/** @param seen of folders whose listing was complete, together with what is known of the same folders */
export function identify(known: readonly KnownItem[], seen: readonly SeenItem[]): Identified {
  const identity = new Identity(known, seen);
  identity.nameFolders();
  identity.nameFiles();
  const { verdicts } = identity;
  const found = new Set(verdicts.map(({ id }) => id));
  assert(found.size === verdicts.filter(({ id }) => id !== undefined).length + Number(found.has(undefined)), 'nobody is two items');
  return { verdicts, gone: known.flatMap(({ id }) => (found.has(id) ? [] : [id])) };
}

class Identity {
  readonly verdicts: Verdict[];
  readonly #known: readonly KnownItem[];
  readonly #seen: readonly SeenItem[];
  readonly #knownByPlace: ReadonlyMap<string, KnownItem>;
  readonly #knownByInode: ReadonlyMap<string, KnownItem>;
  readonly #seenByInode: ReadonlyMap<string, number>;
  readonly #seenByPlace = new Map<string, number>();

  constructor(known: readonly KnownItem[], seen: readonly SeenItem[]) {
    this.#known = known;
    this.#seen = seen;
    this.verdicts = seen.map((): Verdict => ({ row: 'I7' }));
    this.#knownByPlace = new Map(known.map((item) => [placeKey(item.parent, item.name), item]));
    this.#knownByInode = onlyOnes(known.map((item) => [item.stamp.inode, item]));
    this.#seenByInode = onlyOnes(seen.map((item, index) => [item.stamp.inode, index]));
  }

  /** Top down, because a place is a folder's id and a name. */
  nameFolders(): void {
    this.#seen.forEach((item, index) => {
      if (item.kind !== 'folder') return;
      const [there, before] = [this.#knownAt(item), this.#knownByInode.get(item.stamp.inode)];
      if (there?.kind === 'folder' && there.stamp.inode === item.stamp.inode) this.#decide(index, { id: there.id, row: 'I1' });
      else if (before?.kind === 'folder' && this.#isOnlyOne(item, index) && this.#isCorroborated(before, index))
        this.#decide(index, { id: before.id, row: there?.kind === 'folder' ? 'I2' : 'I3' });
      else if (there?.kind === 'folder' && !this.#hasMoved(there)) this.#decide(index, { id: there.id, row: 'I6' });
    });
  }

  /** A number that was handed on while the disk was looked at is seen twice, and tells nothing. */
  #isOnlyOne({ stamp }: SeenItem, index: number): boolean {
    return this.#seenByInode.get(stamp.inode) === index;
  }

  /** Undefined in a folder that is new. */
  #knownAt({ folder, name }: SeenItem): KnownItem | undefined {
    const parent = folder === undefined ? rootId : this.verdicts[folder]?.id;
    return parent === undefined ? undefined : this.#knownByPlace.get(placeKey(parent, name));
  }

  #decide(index: number, verdict: Verdict): void {
    this.verdicts[index] = verdict;
  }

  #hasMoved(known: KnownItem): boolean {
    const index = this.#seenByInode.get(known.stamp.inode);
    return index !== undefined && this.#isCorroborated(known, index);
  }

  /** An inode number alone proves nothing. */
  #isCorroborated(known: KnownItem, index: number): boolean {
    const item = this.#seen[index] as SeenItem;
    if (known.kind !== item.kind) return false;
    if (known.stamp.birthNs !== 0n && known.stamp.birthNs === item.stamp.birthNs) return true;
    if (known.kind === 'folder') return this.#sharesChildren(known.id, index);
    return known.stamp.sizeBytes === item.stamp.sizeBytes && known.stamp.mtimeNs === item.stamp.mtimeNs;
  }

  #sharesChildren(folder: NodeId, index: number): boolean {
    const before = this.#childrenKnown().get(folder) ?? [];
    const now = this.#childrenSeen().get(index) ?? new Set();
    return before.length > 0 && 2 * before.filter((inode) => now.has(inode)).length >= before.length;
  }

  #ofKnown: Map<NodeId, string[]> | undefined;
  #childrenKnown(): ReadonlyMap<NodeId, readonly string[]> {
    if (this.#ofKnown) return this.#ofKnown;
    this.#ofKnown = new Map();
    for (const { parent, stamp } of this.#known) {
      const list = this.#ofKnown.get(parent);
      if (list) list.push(stamp.inode);
      else this.#ofKnown.set(parent, [stamp.inode]);
    }
    return this.#ofKnown;
  }

  #ofSeen: Map<number, Set<string>> | undefined;
  #childrenSeen(): ReadonlyMap<number, ReadonlySet<string>> {
    if (this.#ofSeen) return this.#ofSeen;
    this.#ofSeen = new Map();
    for (const { folder, stamp } of this.#seen) {
      if (folder === undefined) continue;
      const set = this.#ofSeen.get(folder);
      if (set) set.add(stamp.inode);
      else this.#ofSeen.set(folder, new Set([stamp.inode]));
    }
    return this.#ofSeen;
  }

  /** Files and links, when it is known which folders they are in. */
  nameFiles(): void {
    this.#seen.forEach((item, index) => {
      const parent = item.folder === undefined ? rootId : this.verdicts[item.folder]?.id;
      if (parent !== undefined) this.#seenByPlace.set(placeKey(parent, item.name), index);
    });
    this.#seen.forEach((item, index) => {
      if (item.kind !== 'folder') this.#decide(index, this.#fileVerdict(item, index));
    });
  }

  #fileVerdict(item: SeenItem, index: number): Verdict {
    const there = this.#knownAt(item);
    const named = there?.kind === item.kind ? there : undefined;
    if (named?.stamp.inode === item.stamp.inode) return { id: named.id, row: 'I1' };
    const found = this.#knownByInode.get(item.stamp.inode);
    const before = found && this.#isOnlyOne(item, index) && this.#isCorroborated(found, index) ? found : undefined;
    if (before && this.#moves(before)) return { id: before.id, row: named ? 'I2' : 'I3' };
    if (named) {
      if (before && this.#holder(before) === undefined) return { id: named.id, row: 'I4', contentOf: before.id };
      const row = this.#hasMoved(named) ? 'I5' : 'I6';
      return before ? { id: named.id, row, contentOf: before.id } : { id: named.id, row };
    }
    return before ? { row: 'I7', contentOf: before.id } : { row: 'I7' };
  }

  readonly #moving = new Map<NodeId, boolean>();
  /** Its place is empty, or held by another that moves: a chain of renames that ends in a gap or where it began. */
  #moves(known: KnownItem): boolean {
    const inChain = new Set<KnownItem>();
    let verdict: boolean | undefined;
    for (let at: KnownItem | undefined = known; verdict === undefined; ) {
      verdict = this.#moving.get(at.id) ?? (inChain.has(at) ? true : undefined);
      if (verdict !== undefined) break;
      inChain.add(at);
      const holder = this.#holder(at);
      const other = holder === undefined ? undefined : this.#knownByInode.get((this.#seen[holder] as SeenItem).stamp.inode);
      if (!this.#findsRoom(at)) verdict = false;
      else if (holder === undefined) verdict = true;
      else if (!other || other === at || this.#seenByInode.get(other.stamp.inode) !== holder) verdict = false;
      else at = other;
    }
    for (const { id } of inChain) this.#moving.set(id, verdict);
    return verdict;
  }

  /** It was seen again, under a name that nobody had or that its owner has left. */
  #findsRoom(known: KnownItem): boolean {
    const index = this.#seenByInode.get(known.stamp.inode);
    if (index === undefined || !this.#isCorroborated(known, index)) return false;
    const there = this.#knownAt(this.#seen[index] as SeenItem);
    return !there || there.kind !== known.kind || this.#hasMoved(there);
  }

  #holder({ parent, name, kind }: KnownItem): number | undefined {
    const index = this.#seenByPlace.get(placeKey(parent, name));
    return index !== undefined && this.#seen[index]?.kind === kind ? index : undefined;
  }
}

/** Inodes that one item alone has: a hard link is nobody's move. */
function onlyOnes<Item>(pairs: readonly (readonly [string, Item])[]): ReadonlyMap<string, Item> {
  const ones = new Map<string, Item>();
  const several = new Set<string>();
  for (const [inode, item] of pairs) {
    if (ones.has(inode)) several.add(inode);
    ones.set(inode, item);
  }
  for (const inode of several) ones.delete(inode);
  return ones;
}
