// What this browser remembers of its parcels, in IndexedDB. All that a thief of the profile could use is sealed under a key that
// cannot be exported; file handles and the fact that a parcel exists lie beside it. spec/web.md "Uploads that survive".
import { type Bytes, concatBytes, decodeUtf8, encodeUtf8 } from '@reprise/kit';
import type { JournalStore } from '@reprise/sdk';
import { change, deleteRow, deleteRows, openDatabase, putRow, readKeys, readRow, readRows } from '../../engine/rows.ts';
import type { ParcelOptions } from '../../engine/port.ts';

export type SavedFile = { readonly path: string; readonly bytes: number; readonly modifiedAt: number };
export type SavedParcel = {
  readonly id: string;
  readonly title: string;
  readonly kind: 'file' | 'folder' | 'several';
  readonly createdAt: number;
  readonly linkUrl: string;
  readonly manageUrl: string;
  readonly options: ParcelOptions;
  /** In sending order. */
  readonly files: readonly SavedFile[];
  readonly folders: readonly string[];
  /** Of this parcel's journal, base64url. */
  readonly journalKey: string;
};
/** How far a parcel came, as far as later visits must know. */
export type ParcelEnd = 'unfinished' | 'complete' | 'ended';

type SealedRow = { readonly nonce: Bytes; readonly sealed: Bytes };

const database = { name: 'reprise-parcels', stores: ['keys', 'parcels', 'ends', 'journal', 'handles'] } as const;
const deviceKeyName = 'device';
const nonceBytes = 12;

export async function saveParcel(parcel: SavedParcel): Promise<void> {
  const db = await openDatabase(database);
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const plain = encodeUtf8(JSON.stringify(parcel));
  const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm(parcel.id, nonce), await deviceKey(db), plain));
  await putRow(db, 'parcels', parcel.id, { nonce, sealed } satisfies SealedRow);
}

export async function readParcel(id: string): Promise<SavedParcel | undefined> {
  const db = await openDatabase(database);
  const row = await readRow<SealedRow>(db, 'parcels', id);
  if (!row) return undefined;
  try {
    const plain = await crypto.subtle.decrypt(gcm(id, row.nonce), await deviceKey(db), row.sealed);
    return JSON.parse(decodeUtf8(new Uint8Array(plain))) as SavedParcel;
  } catch {
    // The key is gone or the row was damaged: nothing can be read from it again.
    await forgetParcel(id);
    return undefined;
  }
}

export async function savedParcelIds(): Promise<readonly string[]> {
  return readKeys(await openDatabase(database), 'parcels');
}

export async function forgetParcel(id: string): Promise<void> {
  const db = await openDatabase(database);
  await Promise.all([
    deleteRow(db, 'parcels', id),
    deleteRow(db, 'ends', id),
    deleteRows(db, 'journal', id),
    deleteRows(db, 'handles', id),
  ]);
}

export async function saveEnd(id: string, end: ParcelEnd): Promise<void> {
  const db = await openDatabase(database);
  await putRow(db, 'ends', id, end);
  // What is complete is not resumed: its chunk keys and handles have no further use.
  if (end !== 'unfinished') await Promise.all([deleteRows(db, 'journal', id), deleteRows(db, 'handles', id)]);
}

export async function readEnd(id: string): Promise<ParcelEnd> {
  return (await readRow<ParcelEnd>(await openDatabase(database), 'ends', id)) ?? 'unfinished';
}

/** @param handles by the file's place in `files` */
export async function saveHandles(id: string, handles: ReadonlyMap<number, FileSystemFileHandle>): Promise<void> {
  if (handles.size === 0) return;
  const db = await openDatabase(database);
  await change(db, 'handles', (rows) => {
    for (const [index, handle] of handles) rows.put({ index, handle }, [id, index]);
  });
}

export async function readHandles(id: string): Promise<ReadonlyMap<number, FileSystemFileHandle>> {
  const rows = await readRows<{ index: number; handle: FileSystemFileHandle }>(await openDatabase(database), 'handles', id);
  return new Map(rows.map((row) => [row.index, row.handle]));
}

/** The journal of one parcel; its records are sealed by who writes them. */
export function journalStore(id: string): JournalStore {
  let next: number | undefined;
  const stored = async () => readRows<Bytes>(await openDatabase(database), 'journal', id);
  return {
    name: `parcel ${id}`,
    async append(record) {
      next ??= (await stored()).length;
      await putRow(await openDatabase(database), 'journal', [id, next++], record);
    },
    async *records() {
      const records = await stored();
      next = records.length;
      yield* records;
    },
    remove: async () => deleteRows(await openDatabase(database), 'journal', id),
  };
}

async function deviceKey(db: IDBDatabase): Promise<CryptoKey> {
  const known = await readRow<CryptoKey>(db, 'keys', deviceKeyName);
  if (known) return known;
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  // Two tabs may come here at once: the first key stays.
  await change(db, 'keys', (rows) => {
    rows.add(key, deviceKeyName).onerror = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
  });
  return (await readRow<CryptoKey>(db, 'keys', deviceKeyName)) as CryptoKey;
}

function gcm(id: string, nonce: Bytes): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: concatBytes(encodeUtf8('parcel '), encodeUtf8(id)) };
}
