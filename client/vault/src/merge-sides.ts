// What is known of every entry that either side of a merge touched: where it stood before, and where each side has it. spec/merge.md "Sides".
import { type Bytes, formatHex } from '@reprise/kit';
import { badObject } from '@reprise/protocol/formats';
import { EntryKeys } from './entry-keys.ts';
import type { Entry } from './entry.ts';
import { rootFid } from './tree-change.ts';
import type { Place, TreeDifference } from './tree-diff.ts';

/** The fid of the root directory in hex; all keys of a merge are fids in hex. */
export const rootKey = formatHex(rootFid);

/** Where an entry stands: its directory's key, and the entry with its name. */
export type Stand = { readonly parent: string; readonly entry: Entry };

/** A side without a stand has deleted the entry if there is a base, and never had it otherwise. */
export type MergeNode = {
  readonly key: string;
  readonly fid: Bytes;
  readonly isFolder: boolean;
  readonly base: Stand | undefined;
  readonly ours: Stand | undefined;
  readonly theirs: Stand | undefined;
};

/** @returns every entry that one of the sides tells of, by its key @throws Failure bad-object if a side is no tree */
export function joinSides(ours: readonly TreeDifference[], theirs: readonly TreeDifference[]): ReadonlyMap<string, MergeNode> {
  const [left, right] = [new Side(ours), new Side(theirs)];
  const bases = new Map([...right.befores, ...left.befores]);
  checkAcyclic(bases.keys(), (key) => bases.get(key));
  const nodes = new Map<string, MergeNode>();
  for (const key of new Set([...right.keys(), ...left.keys()])) {
    const base = bases.get(key);
    const t = right.standOf(key, bases);
    let o = left.standOf(key, bases);
    // Kinds never change. Where a writer broke that, the log's entry is the one that stays.
    if (o && t && isFolder(o) !== isFolder(t)) o = undefined;
    const known = (t ?? o ?? base) as Stand;
    nodes.set(key, { key, fid: known.entry.fid, isFolder: isFolder(known), base, ours: o, theirs: t });
  }
  for (const side of ['ours', 'theirs'] as const) checkAcyclic(nodes.keys(), (key) => nodes.get(key)?.[side]);
  return nodes;
}

/**
 * In a tree, whoever goes up comes to the root. Two directories with one fid can make a ring of it.
 * @throws Failure bad-object
 */
function checkAcyclic(keys: Iterable<string>, standOf: (key: string) => Stand | undefined): void {
  const known = new Set<string>([rootKey]);
  for (const key of keys) {
    const way = new Set<string>();
    for (let at: string | undefined = key; at !== undefined && !known.has(at); at = standOf(at)?.parent) {
      if (way.has(at)) throw badObject('directories lie in one another');
      way.add(at);
    }
    for (const at of way) known.add(at);
  }
}

class Side {
  readonly befores = new Map<string, Stand>();
  readonly #afters = new Map<string, Stand>();
  readonly #isThere = new Map<string, boolean>();

  constructor(differences: readonly TreeDifference[]) {
    const keys = new EntryKeys();
    for (const difference of differences) {
      if (difference.kind !== 'added') this.befores.set(formatHex(difference.before.entry.fid), standAt(difference.before));
      if (difference.kind !== 'removed') this.#afters.set(keys.free(difference.after.entry.fid, this.#afters), standAt(difference.after));
    }
  }

  *keys(): Generator<string> {
    yield* this.#afters.keys();
    yield* this.befores.keys();
  }

  /** Where this side has an entry; one it does not tell of is where it was, if all directories above it are there. */
  standOf(key: string, bases: ReadonlyMap<string, Stand>): Stand | undefined {
    const after = this.#afters.get(key);
    if (after || this.befores.has(key)) return after;
    const base = bases.get(key);
    return base && this.#has(base.parent, bases) ? base : undefined;
  }

  #has(key: string, bases: ReadonlyMap<string, Stand>): boolean {
    const known = this.#isThere.get(key);
    if (known !== undefined) return known;
    const isThere = key === rootKey || !bases.has(key) || this.standOf(key, bases) !== undefined;
    this.#isThere.set(key, isThere);
    return isThere;
  }
}

function standAt({ parent, entry }: Place): Stand {
  return { parent: formatHex(parent), entry };
}

function isFolder({ entry }: Stand): boolean {
  return entry.content.kind === 'directory';
}

export function isSamePlace(a: Stand, b: Stand): boolean {
  return a.parent === b.parent && a.entry.name === b.entry.name;
}
