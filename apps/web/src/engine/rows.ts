// IndexedDB as rows by key: the few verbs the engine needs, small enough for the service worker.
import { type Bytes, equalBytes } from '@reprise/kit';

export type DatabaseShape = { readonly name: string; readonly stores: readonly string[] };
type RowKey = string | readonly (string | number)[];

const opened = new Map<string, Promise<IDBDatabase>>();

export function openDatabase(shape: DatabaseShape): Promise<IDBDatabase> {
  const known = opened.get(shape.name);
  if (known) return known;
  const opening = new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(shape.name, 1);
    request.onupgradeneeded = () => {
      for (const store of shape.stores) request.result.createObjectStore(store);
    };
    request.onsuccess = () => {
      const db = request.result;
      // Another tab may delete the database or bring a newer shape: let go, and open again when asked.
      db.onversionchange = () => {
        opened.delete(shape.name);
        db.close();
      };
      db.onclose = () => opened.delete(shape.name);
      resolve(db);
    };
    request.onerror = () => reject(request.error);
  });
  opened.set(shape.name, opening);
  opening.catch(() => opened.delete(shape.name));
  return opening;
}

export async function readRow<Row>(db: IDBDatabase, store: string, key: RowKey): Promise<Row | undefined> {
  return (await settle(
    db
      .transaction(store)
      .objectStore(store)
      .get(key as IDBValidKey),
  )) as Row | undefined;
}

/** Rows whose key begins with `prefix`, in key order; all rows without one. */
export async function readRows<Row>(db: IDBDatabase, store: string, prefix?: string): Promise<Row[]> {
  return (await settle(db.transaction(store).objectStore(store).getAll(rangeOf(prefix)))) as Row[];
}

export async function readKeys(db: IDBDatabase, store: string): Promise<string[]> {
  return (await settle(db.transaction(store).objectStore(store).getAllKeys())) as string[];
}

/** Resolves once the row is durable as far as the browser promises. */
export function putRow(db: IDBDatabase, store: string, key: RowKey, row: unknown): Promise<void> {
  return change(db, store, (rows) => rows.put(row, key as IDBValidKey));
}

export function deleteRow(db: IDBDatabase, store: string, key: RowKey): Promise<void> {
  return change(db, store, (rows) => rows.delete(key as IDBValidKey));
}

export function deleteRows(db: IDBDatabase, store: string, prefix: string): Promise<void> {
  return change(db, store, (rows) => rows.delete(rangeOf(prefix) as IDBKeyRange));
}

/** @param durability 'strict' where money hangs on it: on the disk, and not only on its way there, once this resolves */
export function change(
  db: IDBDatabase,
  store: string,
  work: (rows: IDBObjectStore) => void,
  durability: IDBTransactionDurability = 'default',
): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(store, 'readwrite', { durability });
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    work(transaction.objectStore(store));
  });
}

/** Stays as it is where there is a row already: of two tabs that add one at once the first decides. */
export function addRow(
  db: IDBDatabase,
  store: string,
  key: RowKey,
  row: unknown,
  durability: IDBTransactionDurability = 'default',
): Promise<void> {
  const add = (rows: IDBObjectStore): void => {
    rows.add(row, key as IDBValidKey).onerror = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
  };
  return change(db, store, add, durability);
}

export type Replacement<Row> = {
  readonly next: Row;
  /** Whether what stands there now is what `next` was made from; undefined: nothing stands there. */
  readonly isExpected: (there: Row | undefined) => boolean;
  readonly durability?: IDBTransactionDurability;
};

/** One transaction: of two tabs that replace the same row one is told no. */
export async function replaceRow<Row>(
  db: IDBDatabase,
  store: string,
  key: RowKey,
  { next, isExpected, durability }: Replacement<Row>,
): Promise<boolean> {
  let isReplaced = false;
  const replace = (rows: IDBObjectStore): void => {
    const known = rows.get(key as IDBValidKey);
    known.onsuccess = () => {
      isReplaced = isExpected(known.result as Row | undefined);
      if (isReplaced) rows.put(next, key as IDBValidKey);
    };
  };
  await change(db, store, replace, durability);
  return isReplaced;
}

/** For rows of bytes. */
export function isSameRow(a: Bytes | null | undefined, b: Bytes | null | undefined): boolean {
  return a && b ? equalBytes(a, b) : !a && !b;
}

/** Compound keys [prefix, n] sort after [prefix] and before [prefix, []]. */
function rangeOf(prefix: string | undefined): IDBKeyRange | null {
  return prefix === undefined ? null : IDBKeyRange.bound([prefix], [prefix, []]);
}

function settle<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
