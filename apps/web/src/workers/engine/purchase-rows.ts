// Purchases of this browser, in IndexedDB: each sealed under a key that is kept beside them and leaves with them. spec/paid-links.md "What a buyer keeps".
import { type Bytes, equalBytes, systemRandom } from '@reprise/kit';
import { type PurchaseStore, Purchases } from '@reprise/sdk/paid';
import { webEngine } from '@reprise/vault';
import { change, deleteRow, openDatabase, readKeys, readRow } from '../../engine/rows.ts';

const shape = { name: 'reprise-purchases', stores: ['keys', 'purchases'] } as const;
const keyName = 'device';

let opening: Promise<Purchases> | undefined;

export function purchasesHere(): Promise<Purchases> {
  opening ??= deviceKey().then((key) => new Purchases({ store: rows, key, engine: webEngine, random: systemRandom }));
  opening.catch(() => {
    opening = undefined;
  });
  return opening;
}

const rows: PurchaseStore = {
  load: async (name) => (await readRow<Bytes>(await openDatabase(shape), 'purchases', name)) ?? null,
  async save(name, sealed, expected) {
    let isSaved = false;
    // One transaction: of two tabs that replace the same row one is told no.
    const replace = (all: IDBObjectStore) => {
      const known = all.get(name);
      known.onsuccess = () => {
        const there = (known.result as Bytes | undefined) ?? null;
        isSaved = there && expected ? equalBytes(there, expected) : there === expected;
        if (isSaved) all.put(sealed, name);
      };
    };
    await change(await openDatabase(shape), 'purchases', replace, 'strict');
    return isSaved;
  },
  names: async () => readKeys(await openDatabase(shape), 'purchases'),
  remove: async (name) => deleteRow(await openDatabase(shape), 'purchases', name),
};

async function deviceKey(): Promise<Bytes> {
  const db = await openDatabase(shape);
  const known = await readRow<Bytes>(db, 'keys', keyName);
  if (known) return known;
  // Two tabs may come here at once: the first key stays.
  const keep = (keys: IDBObjectStore) => {
    keys.add(systemRandom(32), keyName).onerror = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
  };
  await change(db, 'keys', keep, 'strict');
  return (await readRow<Bytes>(db, 'keys', keyName)) as Bytes;
}
