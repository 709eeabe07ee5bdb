// Purchases of this browser, in IndexedDB: each sealed under a key that is kept beside them and leaves with them. spec/paid-links.md "What a buyer keeps".
import { type Bytes, systemRandom } from '@reprise/kit';
import { type PurchaseStore, Purchases } from '@reprise/sdk/paid';
import { webEngine } from '@reprise/vault';
import { addRow, deleteRow, isSameRow, openDatabase, readKeys, readRow, replaceRow } from '../../engine/rows.ts';

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
  save: async (name, sealed, expected) =>
    replaceRow<Bytes>(await openDatabase(shape), 'purchases', name, {
      next: sealed,
      isExpected: (there) => isSameRow(there, expected),
      durability: 'strict',
    }),
  names: async () => readKeys(await openDatabase(shape), 'purchases'),
  remove: async (name) => deleteRow(await openDatabase(shape), 'purchases', name),
};

async function deviceKey(): Promise<Bytes> {
  const db = await openDatabase(shape);
  const known = await readRow<Bytes>(db, 'keys', keyName);
  if (known) return known;
  await addRow(db, 'keys', keyName, systemRandom(32), 'strict');
  return (await readRow<Bytes>(db, 'keys', keyName)) as Bytes;
}
