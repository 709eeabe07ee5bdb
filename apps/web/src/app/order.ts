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
  const byName = namesOf(table);
  const order = Uint32Array.from({ length: table.length }, (_, i) => i);
  const sign = sort.down ? -1 : 1;
  const folders = Uint8Array.from({ length: table.length }, (_, i) => (isFolderAt(table, i) ? 0 : 1));
  const first = columnOf(table, sort.by);
  order.sort((a, b) => {
    const folder = folders[a]! - folders[b]!;
    if (folder !== 0) return folder;
    if (first !== null) {
      const [x, y] = [first[a]!, first[b]!];
      if (x !== y) return x < y ? -sign : sign;
      return byName(a, b);
    }
    return sign * byName(a, b);
  });
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

/** Keys are made when the first two names are compared: a column without ties needs none. */
function namesOf(table: EntryTable): (a: number, b: number) => number {
  let keys: readonly string[] | null = null;
  let heads: Float64Array = new Float64Array(0);
  return (a, b) => {
    if (keys === null) {
      keys = Array.from({ length: table.length }, (_, i) => sortKeyOf(nameAt(table, i)));
      // The first six units of a key as one number decide nearly always, and numbers compare faster than strings.
      heads = Float64Array.from(keys, headOf);
    }
    const difference = heads[a]! - heads[b]!;
    if (difference !== 0) return difference;
    const [x, y] = [keys[a]!, keys[b]!];
    return x < y ? -1 : x > y ? 1 : a - b;
  };
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
