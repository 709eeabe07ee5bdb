// The journal of an upload as rows of IndexedDB; its records are sealed by who writes them. spec/web.md "Uploads that survive", spec/ropes.md "Resuming".
import { type Bytes, parseBase64url, systemRandom } from '@reprise/kit';
import { Journal, type JournalStore } from '@reprise/sdk';
import { webEngine } from '@reprise/vault';
import { type DatabaseShape, deleteRows, openDatabase, putRow, readRows } from '../../engine/rows.ts';
import type { SavedUpload } from './new-upload.ts';

export type KeptJournal = { readonly store: JournalStore; readonly key: Bytes };

const table = 'journal';
const chunkBytes = 4_194_304;

/** @param kind begins the name that the records are bound to */
export function journalIn(database: DatabaseShape, kind: string, { id, journalKey }: SavedUpload): KeptJournal {
  let next: number | undefined;
  const stored = async () => readRows<Bytes>(await openDatabase(database), table, id);
  const store: JournalStore = {
    name: `${kind} ${id}`,
    async append(record) {
      next ??= (await stored()).length;
      await putRow(await openDatabase(database), table, [id, next++], record);
    },
    async *records() {
      const records = await stored();
      next = records.length;
      yield* records;
    },
    remove: async () => deleteRows(await openDatabase(database), table, id),
  };
  return { store, key: parseBase64url(journalKey) ?? new Uint8Array(32) };
}

/** @returns how many bytes of each file an earlier visit got onto the server */
export async function durableBytes({ store, key }: KeptJournal, { files }: SavedUpload): Promise<readonly number[]> {
  const state = await new Journal(store, { engine: webEngine, key, random: systemRandom }).load().catch(() => undefined);
  return files.map(({ path, bytes }) => {
    const starts = [...(state?.known.get(path.normalize('NFC'))?.keys() ?? [])];
    return starts.reduce((sum, start) => sum + Math.max(0, Math.min(chunkBytes, bytes - start)), 0);
  });
}
