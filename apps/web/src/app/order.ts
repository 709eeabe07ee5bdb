// The order a folder is shown in, as positions → table indexes. Names sort as a person counts ("2" before "10") and without regard
// to case or marks; 100 000 of them in a fraction of what Intl.Collator takes, by a key for each name, in the worker that makes the
// table. spec/web.md, file browser.
import { extensionOf } from '../parts/kinds.ts';
import { isFolderAt, nameAt } from './entry-table.ts';
import { type EntryTable, markBits } from './port.ts';

export type SortKey = 'name' | 'date' | 'size' | 'kind';
export interface Sort {
  readonly by: SortKey;
  readonly down: boolean;
}
export const defaultSort: Sort = { by: 'name', down: false };

/** Folders first whichever way, then by the chosen column, ties by name. */
export function orderOf(table: EntryTable, sort: Sort): Uint32Array {
  const column = columnOf(table, sort.by);
  if (column === null) return sort.down ? backwards(table) : table.byName;
  const ranks = inverse(table.byName);
  const sign = sort.down ? -1 : 1;
  return table.byName.slice().sort((a, b) => {
    if (isFolderAt(table, a) !== isFolderAt(table, b)) return isFolderAt(table, a) ? -1 : 1;
    const [x, y] = [column[a]!, column[b]!];
    return x === y ? ranks[a]! - ranks[b]! : x < y ? -sign : sign;
  });
}

/** By name, folders first among themselves. */
function backwards({ byName, marks }: EntryTable): Uint32Array {
  let folders = 0;
  while (folders < byName.length && (marks[byName[folders]!]! & markBits.folder) !== 0) folders++;
  const order = byName.slice();
  order.subarray(0, folders).reverse();
  order.subarray(folders).reverse();
  return order;
}

/** Where each index stands in an order. */
export function inverse(order: Uint32Array): Uint32Array {
  const places = new Uint32Array(order.length);
  for (let position = 0; position < order.length; position++) places[order[position]!] = position;
  return places;
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

/** Indexes by name, folders first: made where a table is made, so that where it is shown nothing is done for each of its entries. */
export function orderByName(names: readonly string[], marks: Uint16Array): Uint32Array {
  const keys = names.map(sortKeyOf);
  // The first six units of a key as one number decide often, and numbers compare faster than strings.
  const heads = Float64Array.from(keys, headOf);
  return Uint32Array.from(names.keys()).sort((a, b) => {
    const folder = (marks[b]! & markBits.folder) - (marks[a]! & markBits.folder);
    if (folder !== 0) return folder;
    const difference = heads[a]! - heads[b]!;
    if (difference !== 0) return difference;
    const [x, y] = [keys[a]!, keys[b]!];
    return x < y ? -1 : x > y ? 1 : a - b;
  });
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
