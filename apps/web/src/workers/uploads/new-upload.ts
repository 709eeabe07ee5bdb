// An upload as it is begun from what a person chose, and as this browser remembers it. spec/web.md "Uploads that survive".
import { formatBase64url, formatHex, systemRandom } from '@reprise/kit';
import type { UploadItem } from '@reprise/sdk';
import type { PickedItem } from '../../engine/port.ts';
import { PickedSlot } from './picked-slot.ts';

export type PickedFileItem = Extract<PickedItem, { kind: 'file' }>;
export type SavedFile = { readonly path: string; readonly bytes: number; readonly modifiedAt: number };

/** What is remembered of any upload, wherever it goes. */
export type SavedUpload = UploadTitle & {
  readonly id: string;
  readonly createdAt: number;
  /** In sending order. */
  readonly files: readonly SavedFile[];
  readonly folders: readonly string[];
  /** Of its journal, base64url. */
  readonly journalKey: string;
};
export type UploadTitle = { readonly title: string; readonly kind: 'file' | 'folder' | 'several' };

/** What is smaller goes first: a person sees many files done early, and the large ones lose nothing by it. */
const smallBytesMax = 4_194_304;

/** @returns `slots` and `picked` in sending order, as `saved.files` */
export function newUpload(
  items: readonly PickedItem[],
  title: UploadTitle = titleOf(items),
): { readonly saved: SavedUpload; readonly slots: readonly PickedSlot[]; readonly picked: readonly PickedFileItem[] } {
  const picked = inSendingOrder(
    items.filter((item) => item.kind === 'file'),
    ({ file }) => file.size,
  );
  const files = picked.map(({ path, file }) => ({ path, bytes: file.size, modifiedAt: file.lastModified }));
  const folders = items.filter((item) => item.kind === 'folder').map(({ path }) => path);
  const saved = savedUpload(title, files, folders);
  return { saved, slots: saved.files.map((facts, i) => new PickedSlot(facts, picked[i])), picked };
}

/** @param files in sending order */
export function savedUpload(title: UploadTitle, files: readonly SavedFile[], folders: readonly string[]): SavedUpload {
  const [id, journalKey] = [formatHex(systemRandom(16)), formatBase64url(systemRandom(32))];
  return { ...title, id, createdAt: Date.now(), files, folders, journalKey };
}

export function inSendingOrder<Item>(items: readonly Item[], bytesOf: (item: Item) => number): readonly Item[] {
  const isSmall = (item: Item) => bytesOf(item) <= smallBytesMax;
  return [...items.filter(isSmall), ...items.filter((item) => !isSmall(item))];
}

/** One folder or one file gives its name; several give the first's. */
export function titleOf(items: readonly { readonly kind: 'file' | 'folder'; readonly path: string }[]): UploadTitle {
  const tops = new Set(items.map(({ path }) => path.split('/')[0] ?? ''));
  const [title = ''] = tops;
  if (tops.size > 1) return { title, kind: 'several' };
  const isFile = items.length === 1 && items[0]?.kind === 'file' && !items[0].path.includes('/');
  return { title, kind: isFile ? 'file' : 'folder' };
}

/** As the SDK takes them: the files, then the empty folders, dated when they were chosen. */
export function itemsOf({ folders, createdAt }: SavedUpload, slots: readonly PickedSlot[]): readonly UploadItem[] {
  const mtimeNs = BigInt(createdAt) * 1_000_000n;
  return [...slots.map((slot) => slot.item()), ...folders.map((path) => ({ kind: 'folder', path, mtimeNs }) as const)];
}
