// Where this browser keeps changes that wait for the server, in IndexedDB: sealed records, and the sealed nodes of the trees they made. One object store,
// so that a record and its nodes are written together. spec/web.md "Offline shell".
import { type Bytes, formatHex } from '@reprise/kit';
import type { WaitingStore } from '@reprise/sdk/drive';
import { change, openDatabase, readRow, readRows } from '../../engine/rows.ts';

const database = { name: 'reprise-waiting', stores: ['rows'] } as const;
const [store, changes, nodes] = ['rows', 'change', 'node'] as const;
type ChangeRow = { readonly space: string; readonly id: string; readonly sealed: Bytes };

export const waitingRows: WaitingStore = {
  records: async (space) => (await readRows<ChangeRow>(await openDatabase(database), store, changes)).filter((row) => row.space === space),
  node: async (id) => readRow<Bytes>(await openDatabase(database), store, [nodes, formatHex(id)]),
  save: async (space, id, sealed, added) =>
    change(await openDatabase(database), store, (rows) => {
      rows.put({ space, id, sealed } satisfies ChangeRow, [changes, `${space}/${id}`]);
      for (const node of added) rows.put(node.bytes, [nodes, formatHex(node.id)]);
    }),
  drop: async (space, ids) =>
    change(await openDatabase(database), store, (rows) => {
      for (const id of ids) rows.delete([changes, `${space}/${id}`]);
      const left = rows.count(rangeOf(changes));
      left.onsuccess = () => {
        if (left.result === 0) rows.delete(rangeOf(nodes));
      };
    }),
  inTurn: (work) => navigator.locks.request(database.name, work),
};

export async function eraseWaiting(): Promise<void> {
  await change(await openDatabase(database), store, (rows) => rows.clear());
}

function rangeOf(kind: string): IDBKeyRange {
  return IDBKeyRange.bound([kind], [kind, []]);
}
