// A folder's entries in columns, made once for each state of the folder: what screens draw 100 000 rows from. spec/web.md "Big lists".
import { parseHex } from '@reprise/kit';
import type { DriveEntry, DriveLink } from '@reprise/sdk/drive';
import { orderByName } from '../../app/order.ts';
import { type EntryColumns, type EntryTable, markBits } from '../../app/port.ts';

const idBytes = 16;

/** Symbolic links, mounts and kinds of later versions mean nothing in a browser and are left out. */
export function isShown(entry: DriveEntry): boolean {
  return entry.kind === 'file' || entry.kind === 'folder';
}

/** @param waiting fids of what a change that waits has touched */
export function tableOf(entries: readonly DriveEntry[], links: LinksByFid, waiting: ReadonlySet<string>): EntryTable {
  const columns = columnsOf(entries, links, waiting);
  const names = entries.map(({ name }) => name);
  return { ...columns, byName: orderByName(names, columns.marks) };
}

/** By the fid that they were made of. */
export type LinksByFid = ReadonlyMap<string, readonly DriveLink[]>;

export function columnsOf(entries: readonly DriveEntry[], links: LinksByFid, waiting?: ReadonlySet<string>): EntryColumns {
  const { length } = entries;
  const table = {
    length,
    ids: new Uint8Array(idBytes * length),
    nameEnds: new Uint32Array(length),
    sizes: new Float64Array(length),
    modifiedAt: new Float64Array(length),
    marks: new Uint16Array(length),
  };
  const names: string[] = [];
  let end = 0;
  for (const [i, entry] of entries.entries()) {
    table.ids.set(parseHex(entry.fid) ?? new Uint8Array(idBytes), idBytes * i);
    names.push(entry.name);
    end += entry.name.length;
    table.nameEnds[i] = end;
    table.sizes[i] = entry.sizeBytes;
    table.modifiedAt[i] = entry.modifiedMs;
    table.marks[i] = marksOf(entry, links.get(entry.fid) ?? []) | (waiting?.has(entry.fid) ? markBits.waiting : 0);
  }
  return { ...table, names: names.join('') };
}

function marksOf(entry: DriveEntry, links: readonly DriveLink[]): number {
  const live = links.filter((link) => link.isLive);
  return (
    (entry.kind === 'folder' ? markBits.folder : 0) |
    (entry.starred ? markBits.starred : 0) |
    (live.length > 0 ? markBits.link : 0) |
    (live.some((link) => link.hasPassword) ? markBits.password : 0) |
    (entry.entry.thumb ? markBits.thumbnail : 0) |
    (entry.colour << markBits.colourShift)
  );
}

/** The buffers of a table that is handed over for good. */
export function buffersOf(table: EntryTable): ArrayBuffer[] {
  return [table.ids, table.nameEnds, table.sizes, table.modifiedAt, table.marks, table.byName].map(
    (column) => column.buffer as ArrayBuffer,
  );
}
