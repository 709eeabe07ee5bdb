// Changes a directory by rewriting only the nodes that hold the change. The cuts come out as if the directory were made anew from the
// same names, and nodes whose items stay keep their references. spec/directories.md "Editing".
import { equalBytes } from '@reprise/kit';
import { directoryEntriesMax, Failure } from '@reprise/protocol/formats';
import { buildAbove, checkLevel, sealChild } from './directory.ts';
import { compareNames, endsGroup, staysUncut, uncutItemsMax } from './directory-cut.ts';
import type { Child, DirectoryNode, DirectorySealer } from './directory-node.ts';
import { boundOf, DirectoryWalk, type Position } from './directory-walk.ts';
import type { Entry } from './entry.ts';
import { isSamePacked, packEntry, type PackedEntry, unpackEntry } from './packed-entry.ts';
import type { NodeReader, Ref } from './tree-node.ts';

/** A put takes the place of what stands under its name; removing a name that is not there changes nothing. */
export type DirectoryEdit = { readonly kind: 'put'; readonly entry: Entry } | { readonly kind: 'remove'; readonly name: string };

/** A node sealed by an edit. */
export type NewNode = { readonly level: number; readonly firstName: string; readonly ref: Ref };

export type DirectoryEdited = {
  /** The top node; the one given, if nothing changed. */
  readonly ref: Ref;
  /** Sealed below the top node, lower levels first, in the order of the names. */
  readonly nodes: readonly NewNode[];
  /** What stood before under the names of the edits. */
  readonly replaced: ReadonlyMap<string, Entry>;
};

export type DirectoryEditing = {
  /** The key that decides the cuts, the same that the directory was made with. */
  readonly boundaryKey: Uint8Array;
  readonly reader: NodeReader;
  readonly seal: DirectorySealer;
};

/**
 * Reads the nodes in which a name of the edits falls, their ancestors, and as many followers as a moved cut needs.
 * @param top null for a directory that does not exist yet
 * @throws Failure reject, bad-object, bad-name (facts.reason `twice`: two edits of one name) or limit-exceeded
 */
export async function editDirectory(top: Ref | null, edits: readonly DirectoryEdit[], editing: DirectoryEditing): Promise<DirectoryEdited> {
  return new Editor(await DirectoryWalk.open(top, editing.reader), editing).apply(edits);
}

/** What stands under a name of a level from now on. */
type Change<Item> = { readonly name: string; readonly item: Item | null };

/** The nodes that a level lost and gained, how many more it has now, and all nodes that were looked at as they are now. */
type Recut = { readonly changes: readonly Change<Child>[]; readonly growth: number; readonly nodes: readonly Child[] };

type Level<Item extends object> = {
  readonly number: number;
  readonly nameOf: (item: Item) => string;
  /** @param upcoming names that will be looked for next */
  readonly itemsAt: (at: Position, upcoming: Iterable<string>) => Promise<readonly Item[]>;
  readonly nodeOf: (items: readonly Item[]) => DirectoryNode;
  /** Told of each item that stood under the name of a change; answers with the one to keep. */
  readonly replace: (old: Item, item: Item | null) => Item | null;
};

class Editor {
  readonly #walk: DirectoryWalk;
  readonly #editing: DirectoryEditing;
  readonly #nodes: NewNode[] = [];
  readonly #replaced = new Map<string, Entry>();

  constructor(walk: DirectoryWalk, editing: DirectoryEditing) {
    this.#walk = walk;
    this.#editing = editing;
  }

  async apply(edits: readonly DirectoryEdit[]): Promise<DirectoryEdited> {
    const ref = await this.#editLeaves(sortEdits(edits));
    return { ref, nodes: this.#nodes.filter((node) => !equalBytes(node.ref.id, ref.id)), replaced: this.#replaced };
  }

  async #editLeaves(changes: readonly Change<PackedEntry>[]): Promise<Ref> {
    const level: Level<PackedEntry> = {
      number: 0,
      nameOf: (entry) => entry.name,
      itemsAt: (at, upcoming) => this.#walk.entriesAt(at, upcoming),
      nodeOf: (entries) => ({ kind: 'leaf', entries }),
      replace: (old, entry) => {
        this.#replaced.set(old.name, unpackEntry(old));
        return entry && isSamePacked(old, entry) ? old : entry;
      },
    };
    if (await this.#fitsOneLeaf(level, changes)) return this.#sealTop(level, await this.#mergeAll(level, changes));
    return this.#goUp(level, await this.#recut(level, changes));
  }

  async #editChildren(number: number, { changes, growth }: Recut): Promise<Ref> {
    const level: Level<Child> = {
      number,
      nameOf: (child) => child.firstName,
      itemsAt: (at) => this.#walk.childrenAt(at),
      nodeOf: (children) => ({ kind: 'inner', level: number, children }),
      replace: (_, child) => child,
    };
    const most = uncutItemsMax(number);
    if ((await this.#walk.countItems(number, most - growth)) + growth > most) return this.#goUp(level, await this.#recut(level, changes));
    const children = await this.#mergeAll(level, changes);
    return children.length === 1 ? (children[0] as Child).ref : this.#sealTop(level, children);
  }

  async #goUp<Item extends object>(level: Level<Item>, recut: Recut): Promise<Ref> {
    if (recut.changes.length === 0 && this.#walk.topRef) return this.#walk.topRef;
    if (level.number < this.#walk.topLevel) return this.#editChildren(level.number + 1, recut);
    return buildAbove(level.number, recut.nodes, this.#editing.boundaryKey, (node) => this.#seal(node));
  }

  /** Whether few enough entries are left. Their number is known only once every put was held against what is there. */
  async #fitsOneLeaf(level: Level<PackedEntry>, changes: readonly Change<PackedEntry>[]): Promise<boolean> {
    const count = this.#walk.countEntries();
    const puts = changes.filter(({ item }) => item).length;
    const [least, most] = [count - (changes.length - puts), count + puts];
    if (most <= uncutItemsMax(0)) return true;
    if (least > uncutItemsMax(0) && most <= directoryEntriesMax) return false;
    const exact = count + (await this.#growth(level, changes));
    if (exact > directoryEntriesMax) throw new Failure('limit-exceeded', { limit: 'entries per directory' });
    return exact <= uncutItemsMax(0);
  }

  async #growth(level: Level<PackedEntry>, changes: readonly Change<PackedEntry>[]): Promise<number> {
    let growth = 0;
    for (let next = 0; next < changes.length; ) {
      const at = await this.#walk.seek(0, (changes[next] as Change<PackedEntry>).name);
      const entries = await level.itemsAt(at, namesFrom(changes, next));
      const end = endBefore(changes, next, boundOf(at));
      growth += mergeChanges(level, entries, changes.slice(next, end)).length - entries.length;
      next = end;
    }
    return growth;
  }

  async #mergeAll<Item extends object>(level: Level<Item>, changes: readonly Change<Item>[]): Promise<Item[]> {
    const items: Item[] = [];
    for (let at: Position | undefined = await this.#walk.first(level.number); at; at = await this.#walk.next(at))
      items.push(...(await level.itemsAt(at, firstNames(at))));
    return mergeChanges(level, items, changes);
  }

  /** Cuts anew from the node in which a change lies until a cut falls where one fell before; then from the next change on. */
  async #recut<Item extends object>(level: Level<Item>, changes: readonly Change<Item>[]): Promise<Recut> {
    checkLevel(level.number);
    const above: Change<Child>[] = [];
    const nodes: Child[] = [];
    let growth = 0;
    for (let next = 0; next < changes.length; ) {
      const run = new Run<Item>();
      let at: Position | undefined = await this.#walk.seek(level.number, (changes[next] as Change<Item>).name);
      while (at) {
        const items = await level.itemsAt(at, namesFrom(changes, next));
        const end = endBefore(changes, next, boundOf(at));
        run.begin(this.#childAt(level, at, items), items);
        const inside = positionsInside(at, items);
        for (const item of mergeChanges(level, items, changes.slice(next, end))) {
          const [before, now] = [inside.get(item), run.add(item)];
          if (before !== undefined && staysUncut(before, now)) continue;
          if (endsGroup(this.#editing.boundaryKey, level.number, now, level.nameOf(item))) run.cut();
        }
        next = end;
        at = run.isCut ? undefined : await this.#walk.next(at);
      }
      run.cut();
      const now: Child[] = [];
      for (const group of run.groups) now.push(run.keptNode(group) ?? (await sealChild(level.nodeOf(group), (node) => this.#seal(node))));
      above.push(...asChanges(run.nodes, now));
      nodes.push(...now);
      growth += now.length - run.nodes.length;
    }
    return { changes: above, growth, nodes };
  }

  /** A node as its parent names it, or would if it were not the top. */
  #childAt<Item extends object>(level: Level<Item>, at: Position, items: readonly Item[]): Child | undefined {
    const expected = at.siblings[at.index];
    if (!expected || items.length === 0) return undefined;
    return { count: this.#walk.countEntries(), ...expected, firstName: level.nameOf(items[0] as Item) };
  }

  async #sealTop<Item extends object>(level: Level<Item>, items: readonly Item[]): Promise<Ref> {
    if (level.number === this.#walk.topLevel && this.#walk.topRef) {
      const old = await level.itemsAt(await this.#walk.first(level.number), []);
      if (isSameList(old, items)) return this.#walk.topRef;
    }
    return this.#seal(level.nodeOf(items));
  }

  async #seal(node: DirectoryNode): Promise<Ref> {
    const ref = await this.#editing.seal(node);
    const [level, firstName] =
      node.kind === 'leaf' ? [0, node.entries[0]?.name ?? ''] : [node.level, (node.children[0] as Child).firstName];
    this.#nodes.push({ level, firstName, ref });
    return ref;
  }
}

/** Neighbouring nodes of one level while they are cut anew. */
class Run<Item extends object> {
  readonly nodes: Child[] = [];
  readonly groups: Item[][] = [];
  readonly #byFirst = new Map<Item | undefined, { readonly child: Child; readonly items: readonly Item[] }>();
  #open: Item[] = [];

  /** Takes note of a node whose items follow. */
  begin(child: Child | undefined, items: readonly Item[]): void {
    if (!child) return;
    this.nodes.push(child);
    this.#byFirst.set(items[0], { child, items });
  }

  /** @returns the items since the last cut */
  add(item: Item): number {
    return this.#open.push(item);
  }

  cut(): void {
    if (this.#open.length > 0) this.groups.push(this.#open);
    this.#open = [];
  }

  get isCut(): boolean {
    return this.#open.length === 0;
  }

  /** The node that came out as it was. */
  keptNode(group: readonly Item[]): Child | undefined {
    const old = this.#byFirst.get(group[0]);
    return old && isSameList(old.items, group) ? old.child : undefined;
  }
}

/** @throws Failure bad-name if two edits are of one name */
function sortEdits(edits: readonly DirectoryEdit[]): Change<PackedEntry>[] {
  const changes = edits.map(
    (edit): Change<PackedEntry> =>
      edit.kind === 'put' ? { name: edit.entry.name, item: packEntry(edit.entry) } : { name: edit.name, item: null },
  );
  changes.sort((a, b) => compareNames(a.name, b.name));
  changes.forEach(({ name }, i) => {
    if (changes[i - 1]?.name === name) throw new Failure('bad-name', { reason: 'twice' });
  });
  return changes;
}

function mergeChanges<Item extends object>(level: Level<Item>, items: readonly Item[], changes: readonly Change<Item>[]): Item[] {
  const merged: Item[] = [];
  let next = 0;
  for (const { name, item } of changes) {
    while (next < items.length && compareNames(level.nameOf(items[next] as Item), name) < 0) merged.push(items[next++] as Item);
    const old = items[next];
    const isThere = old !== undefined && level.nameOf(old) === name;
    if (isThere) next++;
    const kept = isThere ? level.replace(old, item) : item;
    if (kept) merged.push(kept);
  }
  for (; next < items.length; next++) merged.push(items[next] as Item);
  return merged;
}

/** Which of a node's items each is, from 1, but for its last: those after which the level was not cut. A top was never cut. */
function positionsInside<Item>(at: Position, items: readonly Item[]): ReadonlyMap<Item, number> {
  return new Map(at.parent ? items.slice(0, -1).map((item, i) => [item, i + 1]) : []);
}

/** The end of the changes that lie before a name, counted from `start`; of all of them without a name. */
function endBefore(changes: readonly Change<unknown>[], start: number, before: string | undefined): number {
  if (before === undefined) return changes.length;
  let end = start;
  while (end < changes.length && compareNames((changes[end] as Change<unknown>).name, before) < 0) end++;
  return end;
}

function* firstNames(at: Position): Generator<string> {
  for (const { firstName } of at.siblings) if (firstName !== undefined) yield firstName;
}

function* namesFrom(changes: readonly Change<unknown>[], start: number): Generator<string> {
  for (let i = start; i < changes.length; i++) yield (changes[i] as Change<unknown>).name;
}

/** How the nodes of a run changed, for the level above. */
function asChanges(before: readonly Child[], now: readonly Child[]): Change<Child>[] {
  const olds = new Map(before.map((child) => [child.firstName, child]));
  const gone = before.filter(({ firstName }) => !now.some((child) => child.firstName === firstName));
  const changed = now.filter((child) => olds.get(child.firstName) !== child);
  return [
    ...gone.map(({ firstName }) => ({ name: firstName, item: null })),
    ...changed.map((child) => ({ name: child.firstName, item: child })),
  ].sort((a, b) => compareNames(a.name, b.name));
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
