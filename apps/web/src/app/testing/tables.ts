// Tables of any length for tests, stories and measurements, in the columns of port.ts.
import { orderByName } from '../order.ts';
import { markBits, type EntryTable, type NameBatch } from '../port.ts';

export interface TableRow {
  readonly id: string;
  readonly name: string;
  readonly folder?: boolean;
  readonly bytes?: number;
  readonly modifiedAt?: number;
  /** Bits of `markBits` besides the folder's. */
  readonly marks?: number;
}

export function tableOf(rows: readonly TableRow[]): EntryTable {
  const nameEnds = new Uint32Array(rows.length);
  let end = 0;
  rows.forEach((row, i) => {
    end += row.name.length;
    nameEnds[i] = end;
  });
  const ids = new Uint8Array(rows.length * 16);
  rows.forEach((row, i) => {
    for (let at = 0; at < 16; at++) ids[i * 16 + at] = Number.parseInt(row.id.slice(2 * at, 2 * at + 2), 16);
  });
  const marks = Uint16Array.from(rows, (row) => (row.folder ? markBits.folder : 0) | (row.marks ?? 0));
  return {
    length: rows.length,
    ids,
    names: rows.map((row) => row.name).join(''),
    nameEnds,
    sizes: Float64Array.from(rows, (row) => row.bytes ?? 0),
    modifiedAt: Float64Array.from(rows, (row) => row.modifiedAt ?? 0),
    marks,
    byName: orderByName(
      rows.map((row) => row.name),
      marks,
    ),
  };
}

/** 32 hex digits from a number, the same each time. */
export function idOf(number: number): string {
  return (number + 1).toString(16).padStart(32, '0');
}

const words = 'Captation Répétition Photo Plan Contrat Facture Voix Batterie Archive Lettre Note Devis Scène Concert Voyage Été'.split(' ');
const endings = 'mp4 wav jpg pdf docx zip txt png mkv flac heic csv'.split(' ');

/** `count` files whose names look like those of people, and a folder for each hundred of them. */
export function longTable(count: number): EntryTable {
  return tableOf(
    Array.from({ length: count }, (_, i) => {
      const folder = i % 100 === 0;
      const name = `${words[i % words.length]} ${words[(i * 7) % words.length]} ${(i * 7919) % count}`;
      return {
        id: idOf(i),
        name: folder ? name : `${name}.${endings[(i * 5) % endings.length]}`,
        folder,
        bytes: (i * 48_271) % 900_000_000,
        modifiedAt: Date.UTC(2026, 9, 24) - ((i * 69_621) % 900_000) * 60_000,
      };
    }),
  );
}

export function batchOf(table: EntryTable, share = 1): NameBatch {
  return { begins: true, removed: [], table, parents: new Uint8Array(table.length * 16), share };
}
