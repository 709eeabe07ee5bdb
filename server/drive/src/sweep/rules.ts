// When bytes may go (spec/storage.md "Collector"). Pure.
import type { LinkFacts } from '../links/rules.ts';

/** Whether a link's list no longer holds its objects. A link that was taken down still holds them: the removal may be undone. */
export function isReleased(link: LinkFacts, now: number): boolean {
  const expired = link.expires_at !== null && link.expires_at <= now;
  const usedUp = link.downloads_max !== null && link.finished >= link.downloads_max;
  return link.ended_at !== null || expired || usedUp;
}

/** A pack with less than this share of live bytes is written anew. */
export const liveShareMin = 0.6;
/** Younger packs are left alone: their upload may still be adding links. */
export const compactAfterMs = 3_600_000;
/** A pack that no row names may belong to a transaction under way; after a day it does not. */
export const orphanAfterMs = 86_400_000;
/** A reader who learned the old place just before a swap has this long to open it. */
export const retireMs = 600_000;

export function isSparse(liveBytes: number, bytes: number): boolean {
  return liveBytes < bytes * liveShareMin;
}

export function isOrphan(modifiedAt: number, now: number): boolean {
  return now - modifiedAt > orphanAfterMs;
}

/** Where objects come to lie when they are written one after the other, each behind its frame header. */
export function layOut<Item extends { readonly length: number }>(
  items: readonly Item[],
  headerBytes: number,
): readonly (Item & { readonly newOffset: number })[] {
  let at = 0;
  return items.map((item) => {
    const newOffset = at + headerBytes;
    at = newOffset + item.length;
    return { ...item, newOffset };
  });
}
