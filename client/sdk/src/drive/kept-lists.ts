// The lists that the account keeps in `.reprise`, read and changed entry by entry: what nobody can read of one is passed over, counted, kept, and
// taken out by the person alone. spec/drive.md "What the account keeps for itself".
import { Failure } from '@reprise/protocol/formats';
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

/** Of each list how many entries nobody can read: they keep no other from being read. null: nobody can read the list at all. */
export type UnreadCounts = {
  readonly links: number | null;
  readonly offers: number | null;
  readonly names: number | null;
  readonly parcels: number | null;
};

/** @throws Failure network … */
export async function countUnread(drive: Drive, signal?: AbortSignal): Promise<UnreadCounts> {
  const view = await drive.parts.space.view(signal);
  return eachList(view, async (format) => {
    try {
      return (await readList(drive, view, format, signal)).unread.length;
    } catch (error) {
      if (error instanceof Failure && error.code === 'bad-object') return null;
      throw error;
    }
  });
}

/**
 * Takes those entries out, for a person who does not want them; a list that nobody can read at all stays as it is.
 * @returns what was taken out of each @throws Failure drive-frozen, role-refused, network …
 */
export async function dropUnread(drive: Drive, signal?: AbortSignal): Promise<UnreadCounts> {
  const [view, counts] = [await drive.parts.space.view(signal), await countUnread(drive, signal)];
  await eachList(view, async (format) => {
    if (counts[format.name as keyof UnreadCounts]) await rewrite(drive, format, ({ items }) => ({ items, unread: [] }), signal);
    return null;
  });
  return counts;
}

async function eachList(view: TreeView, act: <Item>(format: ListFormat<Item>) => Promise<number | null>): Promise<UnreadCounts> {
  return {
    links: await act(linksList),
    // What knows of sales is loaded where there is one.
    offers: (await hiddenFileTime(view, offersFileName)) === null ? 0 : await act((await import('./offers-file.ts')).offersList),
    names: await act(namesList),
    parcels: await act(parcelsList),
  };
}
