// The order a folder is shown in, as positions → table indexes. Names sort as a person counts ("2" before "10") and without regard
// to case or marks; 100 000 of them in a fraction of what Intl.Collator takes, by a key for each name. spec/web.md, file browser.
import { extensionOf } from '../parts/kinds.ts';
import { isFolderAt, nameAt } from './entry-table.ts';
import type { EntryTable } from './port.ts';

export type SortKey = 'name' | 'date' | 'size' | 'kind';
export interface Sort {
  readonly by: SortKey;
  readonly down: boolean;
}
export const defaultSort: Sort = { by: 'name', down: false };

/** Folders first whichever way, then by the chosen column, ties by name. */
export function orderOf(table: EntryTable, sort: Sort): Uint32Array {
  const folders = Uint8Array.from({ length: table.length }, (_, i) => (isFolderAt(table, i) ? 0 : 1));
  const column = columnOf(table, sort.by);
  if (column === null) return byRank(ranksOf(table), folders, sort.down);
  const sign = sort.down ? -1 : 1;
  // Most columns have few ties: names are compared only once there is one.
  const tied = (a: number, b: number): number => ranksOf(table)[a]! - ranksOf(table)[b]!;
  return Uint32Array.from({ length: table.length }, (_, i) => i).sort((a, b) => {
    const folder = folders[a]! - folders[b]!;
    if (folder !== 0) return folder;
    const [x, y] = [column[a]!, column[b]!];
    return x === y ? tied(a, b) : x < y ? -sign : sign;
  });
}

function byRank(ranks: Uint32Array, folders: Uint8Array, down: boolean): Uint32Array {
  const count = ranks.length;
  const named = new Uint32Array(count);
  ranks.forEach((rank, index) => {
    named[down ? count - 1 - rank : rank] = index;
  });
  const order = new Uint32Array(count);
  let at = 0;
  for (const kind of [0, 1]) for (const index of named) if (folders[index] === kind) order[at++] = index;
  return order;
}

function columnOf(table: EntryTable, by: SortKey): ArrayLike<number | string> | null {
  switch (by) {
    case 'name':
      return null;
    case 'date':
      return table.modifiedAt;
    case 'size':
      return table.sizes;
    case 'kind':
      return Array.from({ length: table.length }, (_, i) => extensionOf(nameAt(table, i)).toLowerCase());
  }
}

const known = new WeakMap<EntryTable, Uint32Array>();

/** The place of each entry among all names, worked out once a table. */
function ranksOf(table: EntryTable): Uint32Array {
  const found = known.get(table);
  if (found) return found;
  const keys = Array.from({ length: table.length }, (_, i) => sortKeyOf(nameAt(table, i)));
  // The first six units of a key as one number decide often, and numbers compare faster than strings.
  const heads = Float64Array.from(keys, headOf);
  const named = Uint32Array.from({ length: table.length }, (_, i) => i).sort((a, b) => {
    const difference = heads[a]! - heads[b]!;
    if (difference !== 0) return difference;
    const [x, y] = [keys[a]!, keys[b]!];
    return x < y ? -1 : x > y ? 1 : a - b;
  });
  const ranks = new Uint32Array(table.length);
  named.forEach((index, rank) => {
    ranks[index] = rank;
  });
  known.set(table, ranks);
  return ranks;
}

function headOf(key: string): number {
  let head = 0;
  for (let i = 0; i < 6; i++) head = head * 256 + Math.min(255, i < key.length ? key.charCodeAt(i) : 0);
  return head;
}

/** Punctuation in the order of the Unicode collation, all of it before digits and letters. */
const punctuation = ' _-,;:!?.\'"()[]{}@*/\\&#%`^+<=>|~$';
const low = new Map([...punctuation].map((char, i) => [char, String.fromCharCode(i + 1)]));

/** Two names compare like these keys. */
export function sortKeyOf(name: string): string {
  const plain = plainOf(name);
  let key = '';
  for (let i = 0; i < plain.length; i++) {
    const code = plain.charCodeAt(i);
    if (code < 48 || code > 57) {
      key += code < 97 ? (low.get(plain[i]!) ?? plain[i]!) : code > 122 && code < 127 ? low.get(plain[i]!)! : plain[i]!;
      continue;
    }
    let end = i + 1;
    while (end < plain.length && isDigit(plain.charCodeAt(end))) end++;
    let start = i;
    while (start < end - 1 && plain.charCodeAt(start) === 48) start++;
    // A number sorts by its length, then by its digits.
    key += `0${String.fromCharCode(64 + Math.min(60, end - start))}${plain.slice(start, end)}`;
    i = end - 1;
  }
  return key;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Lower case, marks removed: what search and type-ahead compare. */
export function plainOf(text: string): string {
  const lower = text.toLowerCase();
  return isAscii(lower)
    ? lower
    : lower.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('œ', 'oe').replaceAll('æ', 'ae').replaceAll('ß', 'ss');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
