// Search on this device: one string of all names in lower case without marks, scanned with indexOf, and columns beside it for the
// chips. At least one word of the query must be in the name; the others may be in a folder above. spec/web.md, search index.
import { markKind } from '../parts/kinds.ts';
import { idAt, nameAt } from './entry-table.ts';
import { plainOf } from './order.ts';
import { markBits, type EntryId, type NameBatch } from './port.ts';

export type KindChip = 'folder' | 'video' | 'image' | 'document' | 'archive' | 'audio';
export interface Query {
  readonly text: string;
  readonly kinds: ReadonlySet<KindChip>;
  readonly bytesMin: number | null;
  readonly modifiedSince: number | null;
  readonly sharedOnly: boolean;
  readonly starredOnly: boolean;
}
export const emptyQuery: Query = { text: '', kinds: new Set(), bytesMin: null, modifiedSince: null, sharedOnly: false, starredOnly: false };

/** Neither a word nor a chip: nobody wants to see all of a drive in a list. */
export function asksNothing({ text, kinds, bytesMin, modifiedSince, sharedOnly, starredOnly }: Query): boolean {
  return text.trim() === '' && kinds.size === 0 && bytesMin === null && modifiedSince === null && !sharedOnly && !starredOnly;
}

export interface Hit {
  readonly id: EntryId;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly bytes: number;
  readonly modifiedAt: number;
  readonly parentId: EntryId;
  /** Names from the root, this one left out. */
  readonly path: readonly string[];
}
export interface Found {
  readonly hits: readonly Hit[];
  /** All matches; `hits` stops at 500. */
  readonly count: number;
  /** Entries searched. */
  readonly entries: number;
  /** How much of the tree is in the index, 0 to 1. */
  readonly share: number;
}

const hitsMax = 500;
const depthMax = 128;
const kindCodes: readonly KindChip[] = ['folder', 'video', 'image', 'document', 'archive', 'audio'];
/** Stands between names: no name can hold it, and no query may. */
const between = '\n';

export class SearchIndex {
  readonly #slots = new Map<EntryId, number>();
  #ids: EntryId[] = [];
  #parents: number[] = [];
  #parentIds: EntryId[] = [];
  #names: string[] = [];
  #plain: string[] = [];
  #bytes: number[] = [];
  #modifiedAt: number[] = [];
  #marks: number[] = [];
  #kinds: number[] = [];
  /** Which of the letters a to z a name holds, a bit each: one letter is in most names, and looking for it in the text takes longest. */
  #letters: number[] = [];
  #share = 0;
  #text = '';
  #ends = new Uint32Array(0);
  #isFresh = false;

  add(batch: NameBatch): void {
    if (batch.begins) this.#clear();
    if (batch.removed.length > 0) this.#remove(batch.removed);
    const slots = Array.from({ length: batch.table.length }, (_, i) => this.#put(batch, i));
    // A folder may come after what is in it.
    for (const [i, slot] of slots.entries()) this.#parents[slot] = this.#slots.get(idAt(batch.parents, i)) ?? -1;
    this.#share = batch.share;
    this.#isFresh = false;
  }

  #clear(): void {
    this.#slots.clear();
    for (const column of [this.#ids, this.#parents, this.#parentIds, this.#names, this.#plain]) column.length = 0;
    for (const column of [this.#bytes, this.#modifiedAt, this.#marks, this.#kinds, this.#letters]) column.length = 0;
  }

  #put({ table, parents }: NameBatch, i: number): number {
    const id = idAt(table.ids, i);
    const slot = this.#slots.get(id) ?? this.#ids.length;
    this.#slots.set(id, slot);
    const name = nameAt(table, i);
    const marks = table.marks[i] ?? 0;
    const parent = idAt(parents, i);
    this.#ids[slot] = id;
    this.#parentIds[slot] = /^0+$/.test(parent) ? 'root' : parent;
    this.#names[slot] = name;
    const plain = plainOf(name);
    this.#plain[slot] = plain;
    this.#letters[slot] = lettersOf(plain);
    this.#bytes[slot] = table.sizes[i] ?? 0;
    this.#modifiedAt[slot] = table.modifiedAt[i] ?? 0;
    this.#marks[slot] = marks;
    this.#kinds[slot] = (marks & markBits.folder) !== 0 ? 0 : kindCodes.indexOf(markKind(name));
    return slot;
  }

  /** With all below them. Their slots stay empty: no query finds an empty name. */
  #remove(ids: readonly EntryId[]): void {
    const gone = new Set<number>();
    for (const id of ids) {
      const slot = this.#slots.get(id);
      if (slot !== undefined) gone.add(slot);
    }
    if (gone.size === 0) return;
    for (let slot = 0; slot < this.#ids.length; slot++) {
      const chain: number[] = [];
      for (let at = slot; at >= 0 && chain.length < depthMax; at = this.#parents[at] ?? -1) {
        if (gone.has(at)) {
          for (const below of chain) gone.add(below);
          break;
        }
        chain.push(at);
      }
    }
    for (const slot of gone) {
      if (this.#slots.get(this.#ids[slot]!) === slot) this.#slots.delete(this.#ids[slot]!);
      this.#parents[slot] = -1;
      this.#names[slot] = '';
      this.#plain[slot] = '';
      this.#letters[slot] = 0;
    }
  }

  #refresh(): void {
    if (this.#isFresh) return;
    this.#ends = new Uint32Array(this.#plain.length);
    let end = 0;
    for (let slot = 0; slot < this.#plain.length; slot++) {
      end += this.#plain[slot]!.length + 1;
      this.#ends[slot] = end;
    }
    this.#text = this.#plain.join(between) + between;
    this.#isFresh = true;
  }

  search(query: Query): Found {
    if (asksNothing(query)) return { hits: [], count: 0, entries: this.#slots.size, share: this.#share };
    this.#refresh();
    const words = plainOf(query.text)
      .replaceAll(between, ' ')
      .split(' ')
      .filter((word) => word !== '');
    const slots: number[] = [];
    let count = 0;
    const take = (slot: number): void => {
      if (this.#plain[slot] === '' || !this.#passes(slot, query)) return;
      count += 1;
      if (slots.length < hitsMax) slots.push(slot);
    };
    if (words.length === 0) for (let slot = 0; slot < this.#plain.length; slot++) take(slot);
    else if (words.length === 1) this.#scan(words[0]!, take);
    else this.#scanAll(words, take);
    const whole = words.join(' ');
    const rank = (slot: number): number => (this.#plain[slot]!.startsWith(whole) ? 0 : 1);
    slots.sort((a, b) => rank(a) - rank(b) || this.#modifiedAt[b]! - this.#modifiedAt[a]!);
    return { hits: slots.map((slot) => this.#hit(slot)), count, entries: this.#slots.size, share: this.#share };
  }

  /** Calls `take` once for each slot whose name holds the word, rising. */
  #scan(word: string, take: (slot: number) => void): void {
    const letter = word.length === 1 ? lettersOf(word) : 0;
    if (letter !== 0) {
      this.#letters.forEach((letters, slot) => {
        if ((letters & letter) !== 0) take(slot);
      });
      return;
    }
    let slot = 0;
    for (let at = this.#text.indexOf(word); at !== -1; at = this.#text.indexOf(word, this.#ends[slot - 1]!)) {
      slot = this.#slotAt(at, slot);
      take(slot);
      slot += 1;
    }
  }

  /** Every word in the name or above, at least one in the name. */
  #scanAll(words: readonly string[], take: (slot: number) => void): void {
    const seen = new Set<number>();
    for (const word of words)
      this.#scan(word, (slot) => {
        if (seen.has(slot)) return;
        seen.add(slot);
        if (words.every((other) => other === word || this.#plain[slot]!.includes(other) || this.#isAbove(slot, other))) take(slot);
      });
  }

  #isAbove(slot: number, word: string): boolean {
    let above = this.#parents[slot] ?? -1;
    for (let depth = 0; above >= 0 && depth < depthMax; depth++) {
      if (this.#plain[above]!.includes(word)) return true;
      above = this.#parents[above] ?? -1;
    }
    return false;
  }

  #slotAt(at: number, from: number): number {
    // Most hits lie near the last one; a search by halves covers the rest.
    let [low, high] = [from, this.#ends.length - 1];
    for (let step = 1; from + step < high && this.#ends[from + step]! <= at; step *= 2) low = from + step;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #passes(slot: number, query: Query): boolean {
    const marks = this.#marks[slot]!;
    return (
      (query.kinds.size === 0 || query.kinds.has(kindCodes[this.#kinds[slot]!]!)) &&
      (query.bytesMin === null || this.#bytes[slot]! >= query.bytesMin) &&
      (query.modifiedSince === null || this.#modifiedAt[slot]! >= query.modifiedSince) &&
      (!query.sharedOnly || (marks & markBits.link) !== 0) &&
      (!query.starredOnly || (marks & markBits.starred) !== 0)
    );
  }

  #hit(slot: number): Hit {
    const path: string[] = [];
    let above = this.#parents[slot] ?? -1;
    for (let depth = 0; above >= 0 && depth < depthMax; depth++) {
      path.unshift(this.#names[above]!);
      above = this.#parents[above] ?? -1;
    }
    return {
      id: this.#ids[slot]!,
      name: this.#names[slot]!,
      kind: this.#kinds[slot] === 0 ? 'folder' : 'file',
      bytes: this.#bytes[slot]!,
      modifiedAt: this.#modifiedAt[slot]!,
      parentId: this.#parentIds[slot]!,
      path,
    };
  }
}

function lettersOf(plain: string): number {
  let letters = 0;
  for (let i = 0; i < plain.length; i++) {
    const code = plain.charCodeAt(i) - 97;
    if (code >= 0 && code < 26) letters |= 1 << code;
  }
  return letters;
}
