// The trash as directories of the tree: one act of deletion is one wrapper below `.reprise/trash`, which holds what was removed under its
// own names and fids and says where that stood. Pure. spec/drive.md "Trash".
import { type Bytes, formatHex, type RandomBytes } from '@reprise/kit';
import { type Entry } from '@reprise/vault';
import { type TrashedFrom, trashedExt, trashedFrom } from './marks.ts';
import { hiddenName } from './path.ts';

export const trashPath: readonly string[] = [hiddenName, 'trash'];

/** Deleted for good by the next client that looks, this long after it was removed. */
export const trashKeptMs = 30 * 24 * 3_600_000;

/** One act of deletion. */
export type TrashItem = {
  /** Names the wrapper; ascending in time. */
  readonly id: string;
  readonly removedAtMs: number;
  /** Where its contents stood: the path of the folder then, perhaps cut. */
  readonly from: string;
  readonly fromFid: Bytes;
  /** Bytes of everything in it. */
  readonly sizeBytes: number;
  readonly entry: Entry;
};

/** 16 hex digits of the time in ms, 16 of chance: sorted by name they are sorted by time. */
export function wrapperName(atMs: number, random: RandomBytes): string {
  return atMs.toString(16).padStart(16, '0') + formatHex(random(8));
}

/** The entry of a new wrapper, without its content. */
export function wrapperFacts(from: TrashedFrom, random: RandomBytes): Pick<Entry, 'name' | 'fid' | 'mtimeNs' | 'ext'> {
  return {
    name: wrapperName(from.atMs, random),
    fid: random(16),
    mtimeNs: BigInt(from.atMs) * 1_000_000n,
    ext: trashedExt(from),
  };
}

/** @returns null for what no deletion of ours made; it is left alone */
export function trashItem(entry: Entry): TrashItem | null {
  const from = trashedFrom(entry.ext);
  if (!from || entry.content.kind !== 'directory' || !/^[0-9a-f]{32}$/.test(entry.name)) return null;
  return { id: entry.name, removedAtMs: from.atMs, from: from.path, fromFid: from.parentFid, sizeBytes: entry.size, entry };
}

/** Which items are over their time. */
export function expired(items: readonly TrashItem[], nowMs: number): TrashItem[] {
  return items.filter((item) => item.removedAtMs + trashKeptMs <= nowMs);
}
