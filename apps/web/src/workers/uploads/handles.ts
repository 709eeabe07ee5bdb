// Handles of the files of an upload, where the browser gives them: kept in IndexedDB, they open the files again after a reload.
// spec/web.md "Uploads that survive".
import { change, type DatabaseShape, openDatabase, readRows } from '../../engine/rows.ts';
import type { PickedFileItem, SavedFile } from './new-upload.ts';

/** By the file's place in the upload. */
export type Handles = ReadonlyMap<number, FileSystemFileHandle>;

const store = 'handles';

export async function saveHandles(database: DatabaseShape, id: string, picked: Iterable<readonly [number, PickedFileItem]>): Promise<void> {
  const rows = [...picked].flatMap(([index, { handle }]) => (handle ? [{ index, handle }] : []));
  if (rows.length === 0) return;
  await change(await openDatabase(database), store, (kept) => {
    for (const row of rows) kept.put(row, [id, row.index]);
  });
}

export async function readHandles(database: DatabaseShape, id: string): Promise<Handles> {
  const rows = await readRows<{ index: number; handle: FileSystemFileHandle }>(await openDatabase(database), store, id);
  return new Map(rows.map(({ index, handle }) => [index, handle]));
}

/** The files behind the handles; those that cannot be read any more are left out. */
export async function filesBehind(handles: Handles, files: readonly SavedFile[]): Promise<readonly PickedFileItem[]> {
  const found: PickedFileItem[] = [];
  for (const [index, handle] of handles) {
    const path = files[index]?.path;
    const file = path === undefined ? undefined : await handle.getFile().catch(() => undefined);
    if (path !== undefined && file) found.push({ kind: 'file', path, file, handle });
  }
  return found;
}
