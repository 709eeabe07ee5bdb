// An entry as its leaf holds it: encoded, but for its name. Who compares or rewrites a leaf looks at few of its entries and carries the
// others as they are, byte for byte. spec/directories.md "Editing".
import { equalBytes } from '@reprise/kit';
import { badObject, decodeDcbor, encodeDcbor, firstOfDcborArray, readText, splitDcborArray } from '@reprise/protocol/formats';
import { decodeEntry, type Entry, encodeEntry } from './entry.ts';
import { checkName } from './names.ts';

export type PackedEntry = { readonly name: string; readonly bytes: Uint8Array };

/** A leaf and its list lie around an entry, and count for how deep it may be nested. */
const arraysAround = 2;

/** @throws Failure bad-name, bad-object or limit-exceeded */
export function packEntry(entry: Entry): PackedEntry {
  return { name: entry.name, bytes: encodeDcbor([[encodeEntry(entry)]]).subarray(arraysAround) };
}

/** @throws Failure bad-name, bad-object or limit-exceeded: nothing but the name was checked before */
export function unpackEntry({ bytes }: PackedEntry): Entry {
  return decodeEntry(decodeDcbor(bytes));
}

/** @param list the encoded list of a leaf @throws Failure bad-name or bad-object */
export function splitEntries(list: Uint8Array, entriesMax: number): PackedEntry[] {
  const items = splitDcborArray(list, 1);
  if (items.length > entriesMax) throw badObject(`at most ${entriesMax} items expected`);
  return items.map((bytes) => ({ name: checkName(readText(firstOfDcborArray(bytes))), bytes }));
}

export function isSamePacked(a: PackedEntry, b: PackedEntry): boolean {
  return a === b || equalBytes(a.bytes, b.bytes);
}
