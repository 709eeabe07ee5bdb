// Reading the columns of a folder: one entry's strings are made when it is drawn, not before. spec/web.md, big lists.
import type { EntryTable } from './port.ts';
import { markBits, type Colour, type EntryId } from './port.ts';

export interface EntryRow {
  readonly id: EntryId;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly bytes: number;
  readonly modifiedAt: number;
  readonly starred: boolean;
  readonly hasLink: boolean;
  readonly hasPassword: boolean;
  readonly hasThumbnail: boolean;
  /** Made here, not yet on the server. */
  readonly waiting: boolean;
  readonly colour: Colour;
}

type Named = Pick<EntryTable, 'names' | 'nameEnds'>;

export function nameAt(table: Named, index: number): string {
  return table.names.slice(index === 0 ? 0 : table.nameEnds[index - 1], table.nameEnds[index]);
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
/** `ids`: 16 bytes an entry. */
export function idAt(ids: Uint8Array, index: number): EntryId {
  let text = '';
  for (let at = index * 16; at < index * 16 + 16; at++) text += hex[ids[at] ?? 0];
  return text;
}

export function isFolderAt(table: EntryTable, index: number): boolean {
  return ((table.marks[index] ?? 0) & markBits.folder) !== 0;
}

export function rowAt(table: EntryTable, index: number): EntryRow {
  const marks = table.marks[index] ?? 0;
  const on = (bit: number): boolean => (marks & bit) !== 0;
  return {
    id: idAt(table.ids, index),
    name: nameAt(table, index),
    kind: on(markBits.folder) ? 'folder' : 'file',
    bytes: table.sizes[index] ?? 0,
    modifiedAt: table.modifiedAt[index] ?? 0,
    starred: on(markBits.starred),
    hasLink: on(markBits.link),
    hasPassword: on(markBits.password),
    hasThumbnail: on(markBits.thumbnail),
    waiting: on(markBits.waiting),
    colour: ((marks >> markBits.colourShift) & 7) as Colour,
  };
}

/** Index of an entry by its id, -1 when it is not here. Reads the first four bytes before it compares all sixteen. */
export function indexOfId(ids: Uint8Array, id: EntryId): number {
  const wanted = Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(id.slice(2 * i, 2 * i + 2), 16));
  for (let at = 0; at < ids.length; at += 16) {
    if (ids[at] !== wanted[0] || ids[at + 1] !== wanted[1] || ids[at + 2] !== wanted[2]) continue;
    let same = true;
    for (let i = 3; i < 16 && same; i++) same = ids[at + i] === wanted[i];
    if (same) return at / 16;
  }
  return -1;
}
