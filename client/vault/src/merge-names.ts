// Two entries that a merge gave one name: which keeps it, which are one and the same, and what the other is called. spec/merge.md "Names".
import { type Bytes, parseHex } from '@reprise/kit';
import { conflictName } from './conflict-name.ts';
import type { Entry } from './entry.ts';
import type { ChosenName, MergeConflict, Merging, Outcome } from './merge.ts';
import { isSameContent } from './merge-entry.ts';
import type { TreeEdit } from './tree-edit.ts';
import type { Ref } from './tree-node.ts';

/** The content that lost against another of the same file. */
export type Copy = { readonly of: string; readonly entry: Entry };

export class Naming {
  readonly conflicts: MergeConflict[] = [];
  readonly chosen: ChosenName[] = [];
  readonly #outcomes: Map<string, Outcome>;
  readonly #merging: Merging;
  readonly #directoryRef: (parent: string) => Ref | null | undefined;
  #places = new Map<string, Outcome[]>();

  /** @param outcomes changed in place */
  constructor(outcomes: Map<string, Outcome>, merging: Merging, directoryRef: (parent: string) => Ref | null | undefined) {
    this.#outcomes = outcomes;
    this.#merging = merging;
    this.#directoryRef = directoryRef;
  }

  /** What was made anew on this device and stands in the log already becomes the log's; what is in such a folder goes into the log's. */
  adopt(): void {
    for (let again = true; again; ) {
      again = false;
      this.#places = this.#byPlace();
      for (const group of this.#places.values()) {
        const known = group.find(isInLogHere);
        const fresh = known && group.find((one) => isNewHere(one) && this.#isOne(one, known));
        if (!fresh) continue;
        this.#outcomes.delete(fresh.node.key);
        this.conflicts.push({ kind: 'adopted', fid: fresh.node.fid, by: known.node.fid });
        if (!fresh.node.isFolder) continue;
        again = true;
        for (const outcome of this.#outcomes.values()) if (outcome.parent === fresh.node.key) this.#moveInto(known, outcome);
      }
    }
    this.#places = this.#byPlace();
  }

  /** Of a folder that both knew before, the differences do not tell everything that is in it. */
  #moveInto(known: Outcome, outcome: Outcome): void {
    outcome.parent = known.node.key;
    if (known.node.base) this.#choose(outcome.parent, outcome.name);
  }

  #choose(parent: string, name: string): void {
    this.chosen.push({ parent: fidOf(parent), name, directory: this.#directoryRef(parent) });
  }

  #isOne(fresh: Outcome, known: Outcome): boolean {
    if (fresh.node.isFolder || known.node.isFolder) return fresh.node.isFolder && known.node.isFolder;
    return isSameContent(fresh.entry, known.entry) || (this.#merging.isSameContent?.(fresh.entry, known.entry) ?? false);
  }

  /** The log's entry keeps its name, but a folder takes it from what is none. */
  separate(): void {
    for (const group of [...this.#places.values()]) {
      const others = group.toSorted(byRight).filter((outcome, i) => i > 0 || outcome.isHomeless);
      for (const outcome of others) {
        const { node, name: from, parent } = outcome;
        outcome.name = this.#freeName(parent, from, node.isFolder);
        this.#take(outcome);
        this.conflicts.push({ kind: 'renamed', fid: node.fid, from, parent: fidOf(parent), name: outcome.name });
      }
    }
  }

  copy(copies: readonly Copy[]): TreeEdit[] {
    return copies.flatMap(({ of, entry }) => {
      const outcome = this.#outcomes.get(of);
      if (!outcome) return [];
      const fid = this.#merging.newFid();
      const name = this.#freeName(outcome.parent, outcome.name, false);
      const parent = fidOf(outcome.parent);
      this.#take({ ...outcome, name });
      this.conflicts.push({ kind: 'copied', fid: outcome.node.fid, copy: fid, parent, name });
      return [{ kind: 'put', parent, entry: { ...entry, fid, name } }];
    });
  }

  #freeName(parent: string, from: string, isFolder: boolean): string {
    for (let number = 1; ; number++) {
      const name = conflictName(from, isFolder, this.#merging.label, number);
      if (this.#places.has(placeKey(parent, name))) continue;
      this.#choose(parent, name);
      return name;
    }
  }

  #take(outcome: Outcome): void {
    this.#places.set(placeKey(outcome.parent, outcome.name), [outcome]);
  }

  #byPlace(): Map<string, Outcome[]> {
    const places = new Map<string, Outcome[]>();
    for (const outcome of this.#outcomes.values()) {
      const key = placeKey(outcome.parent, outcome.name);
      places.set(key, [...(places.get(key) ?? []), outcome]);
    }
    return places;
  }
}

function placeKey(parent: string, name: string): string {
  return `${parent}/${name}`;
}

function isInLogHere({ node, parent, name }: Outcome): boolean {
  return node.theirs?.parent === parent && node.theirs.entry.name === name;
}

function isNewHere({ node }: Outcome): boolean {
  return !node.base && !node.theirs;
}

/** Folders first, then what the log has here, then by fid, so that every device decides alike. */
function byRight(a: Outcome, b: Outcome): number {
  return (
    Number(b.node.isFolder) - Number(a.node.isFolder) ||
    Number(isInLogHere(b)) - Number(isInLogHere(a)) ||
    (a.node.key < b.node.key ? -1 : 1)
  );
}

function fidOf(key: string): Bytes {
  return parseHex(key) as Bytes;
}
