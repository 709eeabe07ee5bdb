// The names of the whole tree, fed to the search index of the page; read again when the tree changes. spec/web.md "Search index".
import { parseHex } from '@reprise/kit';
import type { DriveEntry } from '@reprise/sdk/drive';
import type { NameBatch } from '../../app/port.ts';
import { isShown, tableOf } from './columns.ts';
import type { OpenDrive } from './open-drive.ts';

const batchEntries = 5_000;
const rootFid = new Uint8Array(16);

/** Feeds every name once, parents before their children. */
export async function feedNames(open: OpenDrive): Promise<void> {
  let batch: { readonly entry: DriveEntry; readonly parent: Uint8Array }[] = [];
  const folders = new Map<string, Uint8Array>([['', rootFid]]);
  const total = await sizeHint(open);
  let fed = 0;
  const flush = (share: number) => {
    fed += batch.length;
    void open.tell('namesChanged', batchOf(batch, share));
    batch = [];
  };
  for await (const entry of open.drive.walk('/')) {
    if (!isShown(entry)) continue;
    const parent = folders.get(entry.path.slice(0, entry.path.lastIndexOf('/'))) ?? rootFid;
    if (entry.kind === 'folder') folders.set(entry.path, parseHex(entry.fid) ?? rootFid);
    batch.push({ entry, parent });
    if (batch.length === batchEntries) flush(total > 0 ? Math.min(0.99, (fed + batchEntries) / total) : 0);
  }
  flush(1);
}

function batchOf(rows: readonly { readonly entry: DriveEntry; readonly parent: Uint8Array }[], share: number): NameBatch {
  const parents = new Uint8Array(16 * rows.length);
  for (const [i, { parent }] of rows.entries()) parents.set(parent, 16 * i);
  return {
    removed: [],
    table: tableOf(
      rows.map(({ entry }) => entry),
      new Map(),
    ),
    parents,
    share,
  };
}

/** Entries of the root at least; the tree does not say how many lie below. */
async function sizeHint(open: OpenDrive): Promise<number> {
  return (await open.entriesOf('root')).length;
}
