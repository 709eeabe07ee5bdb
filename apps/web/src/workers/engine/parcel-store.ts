// What this browser remembers of its parcels, in IndexedDB. All that a thief of the profile could use is sealed under a key that
// cannot be exported; file handles and the fact that a parcel exists lie beside it. spec/web.md "Uploads that survive".
import { type Bytes, concatBytes, decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { change, deleteRow, deleteRows, openDatabase, putRow, readKeys, readRow } from '../../engine/rows.ts';
import type { ParcelOptions } from '../../engine/port.ts';
import { journalIn, type KeptJournal } from '../uploads/journal.ts';
import type { SavedUpload } from '../uploads/new-upload.ts';

export type SavedParcel = SavedUpload & {
  readonly linkUrl: string;
  readonly manageUrl: string;
  readonly options: ParcelOptions;
};
/** How far a parcel came, as far as later visits must know. */
export type ParcelEnd = 'unfinished' | 'complete' | 'ended';

type SealedRow = { readonly nonce: Bytes; readonly sealed: Bytes };

export const parcelRows = { name: 'reprise-parcels', stores: ['keys', 'parcels', 'ends', 'journal', 'handles'] } as const;
const deviceKeyName = 'device';
const nonceBytes = 12;

export async function saveParcel(parcel: SavedParcel): Promise<void> {
  const db = await openDatabase(parcelRows);
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const plain = encodeUtf8(JSON.stringify(parcel));
  const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm(parcel.id, nonce), await deviceKey(db), plain));
  await putRow(db, 'parcels', parcel.id, { nonce, sealed } satisfies SealedRow);
}

export async function readParcel(id: string): Promise<SavedParcel | undefined> {
  const db = await openDatabase(parcelRows);
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
  return readKeys(await openDatabase(parcelRows), 'parcels');
}

export async function forgetParcel(id: string): Promise<void> {
  const db = await openDatabase(parcelRows);
  await Promise.all([
    deleteRow(db, 'parcels', id),
    deleteRow(db, 'ends', id),
    deleteRows(db, 'journal', id),
    deleteRows(db, 'handles', id),
  ]);
}

export async function saveEnd(id: string, end: ParcelEnd): Promise<void> {
  const db = await openDatabase(parcelRows);
  await putRow(db, 'ends', id, end);
  // What is complete is not resumed: its chunk keys and handles have no further use.
  if (end !== 'unfinished') await Promise.all([deleteRows(db, 'journal', id), deleteRows(db, 'handles', id)]);
}

export async function readEnd(id: string): Promise<ParcelEnd> {
  return (await readRow<ParcelEnd>(await openDatabase(parcelRows), 'ends', id)) ?? 'unfinished';
}

export function parcelJournal(saved: SavedParcel): KeptJournal {
  return journalIn(parcelRows, 'parcel', saved);
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
