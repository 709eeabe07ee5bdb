// What this browser remembers of files on their way into the drive, in IndexedDB: their list and the key of their journal, sealed under the key of this
// device, which ends when the person signs out; and handles of the files, where the browser gives them. spec/web.md "Uploads that survive".
import { type Bytes, decodeUtf8, encodeUtf8, systemRandom } from '@reprise/kit';
import { openLocal, sealLocal, webEngine } from '@reprise/vault';
import type { Answers } from '../../engine/drive-calls.ts';
import { change, deleteRow, deleteRows, openDatabase, putRow, readKeys, readRow } from '../../engine/rows.ts';
import { journalIn, type KeptJournal } from '../uploads/journal.ts';
import type { SavedUpload } from '../uploads/new-upload.ts';
import { deviceStore } from './device-rows.ts';

export type SavedTransfer = SavedUpload & {
  /** Of the drive they go to: another account of this browser does not see them. */
  readonly space: string;
  readonly folderId: string;
  /** What the person said about names that were taken. */
  readonly answers: Answers;
  /** Of a parcel that is copied: nobody has to choose its files again. */
  readonly copied?: CopiedParcel;
};

/** A kept parcel by its id, and the link to it that was made for this copy alone. */
export type CopiedParcel = { readonly parcel: string; readonly link: string };

export const transferRows = { name: 'reprise-transfers', stores: ['transfers', 'journal', 'handles'] } as const;

export async function saveTransfer(transfer: SavedTransfer): Promise<void> {
  const message = encodeUtf8(JSON.stringify(transfer));
  const sealed = await sealLocal(webEngine, await deviceStore.sealingKey(), placeOf(transfer.id), message, systemRandom);
  await putRow(await openDatabase(transferRows), 'transfers', transfer.id, sealed);
}

export async function readTransfer(id: string): Promise<SavedTransfer | undefined> {
  const sealed = await readRow<Bytes>(await openDatabase(transferRows), 'transfers', id);
  if (!sealed) return undefined;
  try {
    return JSON.parse(decodeUtf8(await openLocal(webEngine, await deviceStore.sealingKey(), placeOf(id), sealed))) as SavedTransfer;
  } catch {
    // Of an account that left this browser, or damaged: nothing can be read from it again.
    await dropTransfer(id);
    return undefined;
  }
}

export async function savedTransferIds(): Promise<readonly string[]> {
  return readKeys(await openDatabase(transferRows), 'transfers');
}

export async function dropTransfer(id: string): Promise<void> {
  const db = await openDatabase(transferRows);
  await Promise.all([deleteRow(db, 'transfers', id), deleteRows(db, 'journal', id), deleteRows(db, 'handles', id)]);
}

export async function eraseTransfers(): Promise<void> {
  const db = await openDatabase(transferRows);
  await Promise.all(transferRows.stores.map((store) => change(db, store, (rows) => rows.clear())));
}

export function transferJournal(saved: SavedTransfer): KeptJournal {
  return journalIn(transferRows, 'transfer', saved);
}

function placeOf(id: string) {
  return { table: 'transfer', row: encodeUtf8(id) };
}
