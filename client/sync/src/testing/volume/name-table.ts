// Which names lead where, now and after a power cut: every change of names waits until a folder that it concerns is synced. A disk with a
// journal keeps both halves of a rename or none.
import { assert } from '@reprise/kit';
import type { Chance } from '../dice.ts';

export type Entry<Node> = { readonly name: string; readonly inode: Node };
export type Change<Node> = readonly { readonly folder: Node; readonly name: string; readonly node: Node | undefined }[];

type Half<Node> = {
  readonly folder: Node;
  readonly key: string;
  readonly before: Entry<Node> | undefined;
  readonly after: Entry<Node> | undefined;
};
type Folder<Node> = { readonly now: Map<string, Entry<Node>>; readonly durable: Map<string, Entry<Node>>; up: Node | undefined };

export class NameTable<Node extends object> {
  readonly #root: Node;
  readonly #keyOf: (name: string) => string;
  readonly #isAtomic: boolean;
  readonly #folders = new Map<Node, Folder<Node>>();
  #pending: (readonly Half<Node>[])[] = [];

  constructor(root: Node, keyOf: (name: string) => string, isAtomic: boolean) {
    this.#root = root;
    this.#keyOf = keyOf;
    this.#isAtomic = isAtomic;
  }

  addFolder(folder: Node): void {
    this.#folders.set(folder, { now: new Map(), durable: new Map(), up: undefined });
  }

  get(folder: Node, name: string): Entry<Node> | undefined {
    return this.#of(folder).now.get(this.#keyOf(name));
  }

  entries(folder: Node): IterableIterator<Entry<Node>> {
    return this.#of(folder).now.values();
  }

  below(folder: Node): Node[] {
    return [...this.entries(folder)].flatMap(({ inode }) => (this.#folders.has(inode) ? [inode, ...this.below(inode)] : [inode]));
  }

  isInside(folder: Node, above: Node): boolean {
    for (let at: Node | undefined = folder; at; at = this.#folders.get(at)?.up) if (at === above) return true;
    return false;
  }

  /** Names from the root, or undefined for what no name leads to any more. */
  pathOf(folder: Node): readonly string[] | undefined {
    const path: string[] = [];
    for (let at = folder; at !== this.#root; ) {
      const up = this.#folders.get(at)?.up;
      const entry = up && [...this.entries(up)].find(({ inode }) => inode === at);
      if (!up || !entry) return undefined;
      path.unshift(entry.name);
      at = up;
    }
    return path;
  }

  change(change: Change<Node>): readonly Half<Node>[] {
    const halves = change.map(({ folder, name, node }): Half<Node> => {
      const { now } = this.#of(folder);
      const key = this.#keyOf(name);
      const half = { folder, key, before: now.get(key), after: node && { name, inode: node } };
      this.#apply(now, half);
      const below = node && this.#folders.get(node);
      if (below) below.up = folder;
      return half;
    });
    this.#pending.push(...(this.#isAtomic ? [halves] : halves.map((half) => [half])));
    return halves;
  }

  /** Without a trace that a power cut could undo. */
  put(folder: Node, name: string, node: Node | undefined): void {
    const { now, durable } = this.#of(folder);
    for (const map of [now, durable]) {
      map.delete(this.#keyOf(name));
      if (node) map.set(this.#keyOf(name), { name, inode: node });
    }
  }

  #apply(names: Map<string, Entry<Node>>, { key, after }: Half<Node>): void {
    names.delete(key);
    if (after) names.set(key, after);
  }

  #of(folder: Node): Folder<Node> {
    const found = this.#folders.get(folder);
    assert(found, 'a folder of this volume');
    return found;
  }

  /** The changes that concern a folder, and what they build on. */
  makeDurable(folder: Node): void {
    const needed = new Map<Node, Set<string>>();
    const isNeeded = (half: Half<Node>): boolean => half.folder === folder || needed.get(half.folder)?.has(half.key) === true;
    const chosen = new Set<readonly Half<Node>[]>();
    for (const halves of this.#pending.toReversed()) {
      if (!halves.some(isNeeded)) continue;
      chosen.add(halves);
      for (const half of halves) needed.set(half.folder, (needed.get(half.folder) ?? new Set()).add(half.key));
    }
    for (const halves of this.#pending) if (chosen.has(halves)) this.#settle(halves);
    this.#pending = this.#pending.filter((halves) => !chosen.has(halves));
  }

  makeAllDurable(): void {
    for (const halves of this.#pending) this.#settle(halves);
    this.#pending = [];
  }

  #settle(halves: readonly Half<Node>[]): void {
    for (const half of halves) this.#apply(this.#of(half.folder).durable, half);
  }

  /** Either all up to a moment stays, as with a journal, or each change by itself that can stand on what stays. */
  loseUnsynced(chance: Chance): void {
    const hasJournal = chance.below(2) === 0;
    const last = chance.below(this.#pending.length + 1);
    for (const [index, halves] of this.#pending.entries()) {
      const isKept = hasJournal ? index < last : chance.below(2) === 0;
      const stands = halves.every(({ folder, key, before }) => this.#of(folder).durable.get(key)?.inode === before?.inode);
      if (isKept && stands) this.#settle(halves);
    }
    this.#pending = [];
    for (const folder of this.#folders.values()) {
      folder.now.clear();
      for (const [key, entry] of folder.durable) folder.now.set(key, entry);
    }
    this.#breakRings();
  }

  /** A folder that two names lead to, or that is below itself, keeps the name that is met first from the root. */
  #breakRings(): void {
    const seen = new Set<Node>([this.#root]);
    const visit = (folder: Node): void => {
      const { now, durable } = this.#of(folder);
      for (const [key, { inode }] of [...now]) {
        const below = this.#folders.get(inode);
        if (!below) continue;
        if (seen.has(inode)) {
          now.delete(key);
          durable.delete(key);
        } else {
          seen.add(inode);
          below.up = folder;
          visit(inode);
        }
      }
    };
    visit(this.#root);
  }

  /** Folders that nothing leads to any more. */
  forget(reached: ReadonlySet<Node>): void {
    for (const folder of [...this.#folders.keys()]) if (!reached.has(folder)) this.#folders.delete(folder);
  }
}
