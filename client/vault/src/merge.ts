// Joins what two devices did to one tree, entry by entry: the differences of both from their common ancestor become edits of the tree that
// is in the log. Nothing is read here, and no clock decides. spec/merge.md.
import { assert, type Bytes, equalBytes, formatHex, parseHex } from '@reprise/kit';
import type { ConflictLabel } from './conflict-name.ts';
import { type Entry, isSameEntry } from './entry.ts';
import { isSameContent, mergeAttributes } from './merge-entry.ts';
import { type Copy, Naming } from './merge-names.ts';
import { isSamePlace, joinSides, type MergeNode, rootKey, type Stand } from './merge-sides.ts';
import type { TreeDifference } from './tree-diff.ts';
import type { NewDirectory, TreeEdit } from './tree-edit.ts';
import type { Ref } from './tree-node.ts';

export type Merging = {
  /** Of the tree that this device made of the common ancestor. */
  readonly ours: readonly TreeDifference[];
  /** Of the tree that is in the log. */
  readonly theirs: readonly TreeDifference[];
  /** Names the copies that this device, which lost the race, makes. */
  readonly label: ConflictLabel;
  /** 16 random bytes for each copy. */
  readonly newFid: () => Bytes;
  /** Whether two entries with other digests and references hold the same bytes, where somebody has compared them. */
  readonly isSameContent?: (ours: Entry, theirs: Entry) => boolean;
};

/** A name given to an entry in a directory of which the differences do not tell everything. */
export type ChosenName = {
  readonly parent: Bytes;
  readonly name: string;
  /** Top node of the directory; null for a new one, undefined for the log's root. */
  readonly directory: Ref | null | undefined;
};

export type MergeConflict =
  /** Both changed the content of `fid`: ours is `copy` now. */
  | { readonly kind: 'copied'; readonly fid: Bytes; readonly copy: Bytes; readonly parent: Bytes; readonly name: string }
  /** Its name was taken, or had to be given to a folder. */
  | { readonly kind: 'renamed'; readonly fid: Bytes; readonly from: string; readonly parent: Bytes; readonly name: string }
  /** What this device made anew is the log's `by`: the same file, or a folder of the same name. */
  | { readonly kind: 'adopted'; readonly fid: Bytes; readonly by: Bytes }
  /** A move would have put a folder below itself; the folder is where the log has it. */
  | { readonly kind: 'unmoved'; readonly fid: Bytes };

export type Merged = {
  /** Of the tree in the log. */
  readonly edits: readonly TreeEdit[];
  readonly conflicts: readonly MergeConflict[];
  /** To be looked up. What stands there, if the differences do not tell of it, belongs into `theirs` as `changed` from itself to itself; then merge again. */
  readonly chosen: readonly ChosenName[];
  /** Where directories that the edits name stand in the log's tree. */
  readonly locate: (directory: Bytes) => readonly string[] | undefined;
};

export function mergeChanges(merging: Merging): Merged {
  const merge = new Merge(merging);
  merge.decide();
  merge.keepParents();
  merge.breakCycles();
  merge.keepParents();
  return merge.finish();
}

/** Where an entry stands in the end. Of a folder, `origin` says whose nodes it begins with before edits below it. */
export type Outcome = {
  readonly node: MergeNode;
  parent: string;
  name: string;
  readonly entry: Entry;
  readonly origin: 'ours' | 'theirs' | 'empty';
  /** It found no other place than the root, where nobody knows its name to be free. */
  isHomeless?: true;
};

type Side = 'ours' | 'theirs';

class Merge {
  readonly #merging: Merging;
  readonly #nodes: ReadonlyMap<string, MergeNode>;
  readonly #outcomes = new Map<string, Outcome>();
  readonly #copies: Copy[] = [];
  readonly #conflicts: MergeConflict[] = [];
  readonly #carried = { ours: new Map<string, boolean>(), theirs: new Map<string, boolean>() };

  constructor(merging: Merging) {
    this.#merging = merging;
    this.#nodes = joinSides(merging.ours, merging.theirs);
  }

  decide(): void {
    for (const node of this.#nodes.values()) {
      const { base, ours, theirs } = node;
      if (ours && theirs) this.#join(node, ours, theirs);
      else if (theirs && (!base || this.#survives(node, 'theirs'))) this.#keep(node, theirs, 'theirs');
      else if (ours && (!base || this.#survives(node, 'ours'))) this.#keep(node, ours, 'ours');
    }
  }

  #keep(node: MergeNode, stand: Stand, origin: Outcome['origin']): void {
    this.#outcomes.set(node.key, { node, parent: stand.parent, name: stand.entry.name, entry: stand.entry, origin });
  }

  /** Both sides have it: of two places the log's wins, of two contents both stay. */
  #join(node: MergeNode, ours: Stand, theirs: Stand): void {
    const { base } = node;
    const place = base && isSamePlace(base, theirs) ? ours : theirs;
    const isOursEdited = !node.isFolder && !(base && isSameContent(base.entry, ours.entry));
    const isTheirsEdited = !node.isFolder && !(base && isSameContent(base.entry, theirs.entry));
    const content: Side = isOursEdited && !isTheirsEdited ? 'ours' : 'theirs';
    if (isOursEdited && isTheirsEdited && !this.#isSameContent(ours.entry, theirs.entry))
      this.#copies.push({ of: node.key, entry: ours.entry });
    const entry = mergeAttributes(base?.entry, ours.entry, theirs.entry, content);
    const isUntouched = base !== undefined && isSameFolder(base.entry, theirs.entry);
    const origin = node.isFolder && isUntouched ? 'ours' : 'theirs';
    this.#outcomes.set(node.key, { node, parent: place.parent, name: place.entry.name, entry, origin });
  }

  #isSameContent(ours: Entry, theirs: Entry): boolean {
    return isSameContent(ours, theirs) || (this.#merging.isSameContent?.(ours, theirs) ?? false);
  }

  /** Whether what one side deleted lives on as the other has it: that side changed it, or moved a folder that it went with. */
  #survives(node: MergeNode, side: Side): boolean {
    const [base, stand] = [node.base as Stand, node[side] as Stand];
    if (!isSamePlace(base, stand)) return true;
    if (!node.isFolder && !isSameContent(base.entry, stand.entry)) return true;
    return this.#isCarried(stand.parent, side);
  }

  #isCarried(folder: string, side: Side): boolean {
    const known = this.#carried[side].get(folder);
    if (known !== undefined) return known;
    const node = this.#nodes.get(folder);
    const isDeleted = node?.base && node[side] && !node[side === 'ours' ? 'theirs' : 'ours'];
    const isCarried = Boolean(isDeleted && this.#survives(node, side));
    this.#carried[side].set(folder, isCarried);
    return isCarried;
  }

  /** A folder that was deleted stays for what is in it in the end, and for that alone. */
  keepParents(): void {
    for (const outcome of [...this.#outcomes.values()]) {
      let { parent } = outcome;
      while (parent !== rootKey && !this.#outcomes.has(parent)) {
        const node = this.#nodes.get(parent);
        const stand = node?.theirs ?? node?.ours;
        if (!node?.isFolder || !stand) break;
        this.#keep(node, stand, 'empty');
        parent = stand.parent;
      }
    }
  }

  /** Our moves of folders are done top down; one that would put a folder below itself is not. */
  breakCycles(): void {
    const moved = [...this.#outcomes.values()].filter(({ node, parent }) => node.isFolder && parent !== node.theirs?.parent && node.ours);
    const waiting = new Set(moved.map(({ node }) => node.key));
    const byDepth = moved.map((outcome) => ({ outcome, depth: this.#depthIn('ours', outcome.node.key) }));
    byDepth.sort((a, b) => a.depth - b.depth || (a.outcome.node.key < b.outcome.node.key ? -1 : 1));
    for (const { outcome } of byDepth) {
      if (this.#leadsTo(outcome.parent, outcome.node.key, waiting)) {
        const { node } = outcome;
        if (node.theirs) [outcome.parent, outcome.name] = [node.theirs.parent, node.theirs.entry.name];
        else bringHome(outcome);
        this.#conflicts.push({ kind: 'unmoved', fid: node.fid });
      }
      waiting.delete(outcome.node.key);
    }
  }

  #depthIn(side: Side, key: string): number {
    let depth = 0;
    for (let at = key; at !== rootKey; depth++) {
      const parent = this.#nodes.get(at)?.[side]?.parent;
      if (parent === undefined) break;
      at = parent;
    }
    return depth;
  }

  #leadsTo(from: string, target: string, waiting: ReadonlySet<string>): boolean {
    for (let at: string | undefined = from; at !== undefined && at !== rootKey; at = this.#parentNow(at, waiting))
      if (at === target) return true;
    return false;
  }

  #parentNow(key: string, waiting: ReadonlySet<string>): string | undefined {
    const node = this.#nodes.get(key);
    if (waiting.has(key)) return node?.theirs?.parent;
    return this.#outcomes.get(key)?.parent ?? node?.theirs?.parent ?? node?.ours?.parent;
  }

  finish(): Merged {
    for (const outcome of this.#outcomes.values())
      if (outcome.parent !== rootKey && !this.#outcomes.get(outcome.parent)?.node.isFolder) bringHome(outcome);
    const naming = new Naming(this.#outcomes, this.#merging, (parent) => this.#directoryRef(parent));
    naming.adopt();
    naming.separate();
    const copies = naming.copy(this.#copies);
    const edits = [...this.#edits(), ...copies];
    return {
      edits,
      conflicts: [...this.#conflicts, ...naming.conflicts],
      chosen: naming.chosen,
      locate: (directory) => this.#pathInLog(formatHex(directory)),
    };
  }

  *#edits(): Generator<TreeEdit> {
    const puts = new Map<string, TreeEdit>();
    const touched: string[] = this.#copies.flatMap(({ of }) => this.#outcomes.get(of)?.parent ?? []);
    for (const node of this.#nodes.values()) {
      const outcome = this.#outcomes.get(node.key);
      const wanted = outcome && this.#entryOf(outcome);
      let isDone = false;
      for (const stand of this.#standsIn(node)) {
        const isInPlace = outcome?.parent === stand.parent && outcome.name === stand.entry.name;
        if (!isInPlace) {
          yield { kind: 'remove', parent: fidOf(stand.parent), name: stand.entry.name };
          touched.push(stand.parent);
        } else if (outcome.origin !== 'empty' && isSameEntry(wanted as Entry, stand.entry)) isDone = true;
      }
      if (!outcome || isDone) continue;
      puts.set(node.key, this.#put(outcome));
      touched.push(outcome.parent);
    }
    // A folder that is not the log's is put where anything is changed below it, so that the change comes on top of it.
    for (let key = touched.pop(); key !== undefined; key = touched.pop()) {
      const outcome = this.#outcomes.get(key);
      if (!outcome || outcome.origin === 'theirs' || puts.has(key)) continue;
      puts.set(key, this.#put(outcome));
      touched.push(outcome.parent);
    }
    yield* puts.values();
  }

  /** Where the tree holds an entry before its own edits: where the side has it whose nodes the directory there begins with. */
  *#standsIn(node: MergeNode): Generator<Stand> {
    for (const side of ['theirs', 'ours'] as const) {
      const stand = node[side];
      if (stand && this.#originOf(stand.parent) === side) yield stand;
    }
  }

  #originOf(directory: string): Outcome['origin'] | undefined {
    return directory === rootKey ? 'theirs' : this.#outcomes.get(directory)?.origin;
  }

  #put(outcome: Outcome): TreeEdit {
    return { kind: 'put', parent: fidOf(outcome.parent), entry: this.#entryOf(outcome) };
  }

  #entryOf({ node, name, entry, origin }: Outcome): Entry | NewDirectory {
    if (!node.isFolder) return { ...entry, name };
    const begun = origin === 'empty' ? undefined : node[origin];
    if (!begun) return { ...entry, name, size: 0, content: { kind: 'directory', ref: null } };
    return { ...entry, name, size: begun.entry.size, content: begun.entry.content };
  }

  #directoryRef(key: string): Ref | null | undefined {
    const outcome = this.#outcomes.get(key);
    if (!outcome) return undefined;
    const { content } = this.#entryOf(outcome);
    assert(content.kind === 'directory', 'only folders hold entries');
    return content.ref;
  }

  #pathInLog(key: string): readonly string[] | undefined {
    const path: string[] = [];
    for (let at = key; at !== rootKey; ) {
      const stand = this.#nodes.get(at)?.theirs;
      if (!stand) return undefined;
      path.unshift(stand.entry.name);
      at = stand.parent;
    }
    return path;
  }
}

function bringHome(outcome: Outcome): void {
  outcome.parent = rootKey;
  outcome.isHomeless = true;
}

/** Keys of folders are their fids. */
function fidOf(key: string): Bytes {
  return parseHex(key) as Bytes;
}

function isSameFolder(a: Entry, b: Entry): boolean {
  return a.content.kind === 'directory' && b.content.kind === 'directory' && equalBytes(a.content.ref.id, b.content.ref.id);
}
