// The lists that the account keeps in `.reprise`, read and changed entry by entry: what nobody can read of one is passed over, counted, kept, and
// taken out by the person alone. spec/drive.md "What the account keeps for itself".
import { decodeKeptList, encodeKeptList, type KeptList, type ListFormat, namesList, parcelsList } from '@reprise/vault';
import type { Drive } from './drive.ts';
import { changeHiddenFile, hiddenFileTime, offersFileName, readHiddenFile } from './hidden-file.ts';
import { linksList } from './links-file.ts';
import type { TreeView } from './tree-view.ts';

/** Empty where there is no such file yet. @throws Failure bad-object for what is no such list, reject, network … */
export async function readList<Item>(
  drive: Drive,
  view: TreeView,
  format: ListFormat<Item>,
  signal: AbortSignal | undefined,
): Promise<KeptList<Item>> {
  const bytes = await readHiddenFile(drive, view, format.name, signal);
  return bytes ? decodeKeptList(format, bytes) : empty;
}

const empty = { items: [], unread: [] };

/** Made again when another device was first; what cannot be read stays. @throws Failure limit-exceeded, bad-object, drive-frozen, network … */
export function changeList<Item>(
  drive: Drive,
  format: ListFormat<Item>,
  edit: (items: readonly Item[]) => readonly Item[],
  signal: AbortSignal | undefined,
): Promise<void> {
  return rewrite(drive, format, ({ items, unread }) => ({ items: edit(items), unread }), signal);
}

function rewrite<Item>(
  drive: Drive,
  format: ListFormat<Item>,
  edit: (list: KeptList<Item>) => KeptList<Item>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const change = (bytes: Uint8Array | null) => encodeKeptList(format, edit(bytes ? decodeKeptList(format, bytes) : empty));
  return changeHiddenFile(drive, format.name, change, signal);
}

/** How many entries of all these lists nobody can read. They keep no other from being read. @throws Failure bad-object, network … */
export async function countUnread(drive: Drive, signal?: AbortSignal): Promise<number> {
  const view = await drive.parts.space.view(signal);
  let count = 0;
  await eachList(view, async (format) => {
    count += (await readList(drive, view, format, signal)).unread.length;
  });
  return count;
}

/** Takes them out, for a person who does not want them. @throws Failure drive-frozen, role-refused, network … */
export async function dropUnread(drive: Drive, signal?: AbortSignal): Promise<void> {
  const view = await drive.parts.space.view(signal);
  await eachList(view, async (format) => {
    const { unread } = await readList(drive, view, format, signal);
    if (unread.length > 0) await rewrite(drive, format, ({ items }) => ({ items, unread: [] }), signal);
  });
}

async function eachList(view: TreeView, act: <Item>(format: ListFormat<Item>) => Promise<void>): Promise<void> {
  await act(linksList);
  // What knows of sales is loaded where there is one.
  if ((await hiddenFileTime(view, offersFileName)) !== null) await act((await import('./offers-file.ts')).offersList);
  await act(namesList);
  await act(parcelsList);
}
