// What this browser remembers of files on their way into the drive, in IndexedDB: their list and the key of their journal, sealed under the key of this
// device, which ends when the person signs out; and handles of the files, where the browser gives them. spec/web.md "Uploads that survive".
import { type Bytes, decodeUtf8, encodeUtf8, systemRandom } from '@reprise/kit';
import type { JournalStore } from '@reprise/sdk';
import { openLocal, sealLocal, webEngine } from '@reprise/vault';
import type { Answers } from '../../engine/drive-calls.ts';
import { change, deleteRow, deleteRows, openDatabase, putRow, readKeys, readRow, readRows } from '../../engine/rows.ts';
import { deviceStore } from './device-rows.ts';

export type SavedTransferFile = { readonly path: string; readonly bytes: number; readonly modifiedAt: number };
export type SavedTransfer = {
  readonly id: string;
  /** Of the drive they go to: another account of this browser does not see them. */
  readonly space: string;
  readonly folderId: string;
  readonly title: string;
  readonly kind: 'file' | 'folder' | 'several';
  readonly createdAt: number;
  /** What the person said about names that were taken. */
  readonly answers: Answers;
  /** In sending order. */
  readonly files: readonly SavedTransferFile[];
  readonly folders: readonly string[];
  /** Of the journal, base64url. */
  readonly journalKey: string;
};

const database = { name: 'reprise-transfers', stores: ['transfers', 'journal', 'handles'] } as const;

export async function saveTransfer(transfer: SavedTransfer): Promise<void> {
  const message = encodeUtf8(JSON.stringify(transfer));
  const sealed = await sealLocal(webEngine, await deviceStore.sealingKey(), placeOf(transfer.id), message, systemRandom);
  await putRow(await openDatabase(database), 'transfers', transfer.id, sealed);
}

export async function readTransfer(id: string): Promise<SavedTransfer | undefined> {
  const sealed = await readRow<Bytes>(await openDatabase(database), 'transfers', id);
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
  return readKeys(await openDatabase(database), 'transfers');
}

export async function dropTransfer(id: string): Promise<void> {
  const db = await openDatabase(database);
  await Promise.all([deleteRow(db, 'transfers', id), deleteRows(db, 'journal', id), deleteRows(db, 'handles', id)]);
}

export async function eraseTransfers(): Promise<void> {
  const db = await openDatabase(database);
  await Promise.all(database.stores.map((store) => change(db, store, (rows) => rows.clear())));
}

/** @param handles by the file's place in `files` */
export async function saveTransferHandles(id: string, handles: ReadonlyMap<number, FileSystemFileHandle>): Promise<void> {
  if (handles.size === 0) return;
  await change(await openDatabase(database), 'handles', (rows) => {
    for (const [index, handle] of handles) rows.put({ index, handle }, [id, index]);
  });
}

export async function readTransferHandles(id: string): Promise<ReadonlyMap<number, FileSystemFileHandle>> {
  const rows = await readRows<{ index: number; handle: FileSystemFileHandle }>(await openDatabase(database), 'handles', id);
  return new Map(rows.map(({ index, handle }) => [index, handle]));
}

/** Its records are sealed by who writes them. */
export function transferJournal(id: string): JournalStore {
  let next: number | undefined;
  const stored = async () => readRows<Bytes>(await openDatabase(database), 'journal', id);
  return {
    name: `transfer ${id}`,
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

function placeOf(id: string) {
  return { table: 'transfer', row: encodeUtf8(id) };
}
