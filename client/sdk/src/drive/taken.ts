// When the picture in a file was taken, as the file's entry says it. spec/thumbnails.md "When it was taken".
import type { DcborMap, DcborValue } from '@reprise/protocol/formats';
import type { Entry } from '@reprise/vault';
import { extKeys } from './marks.ts';

const takenMinS = Date.UTC(1826, 0) / 1000;
const takenMaxS = Date.UTC(2200, 0) / 1000;

/** What the camera's clock showed, in seconds since 1970 as if it stood at UTC; null where the entry does not say. */
export function takenOf(entry: Pick<Entry, 'ext'>): number | null {
  const taken = entry.ext.get(extKeys.taken);
  return typeof taken === 'number' && taken >= takenMinS && taken < takenMaxS ? taken : null;
}

/** The entry's `ext` with this time; everything else in it stays. */
export function withTaken(ext: DcborMap, takenS: number | null): DcborMap {
  const next = new Map<number, DcborValue>(ext);
  if (takenS === null || takenS < takenMinS || takenS >= takenMaxS) next.delete(extKeys.taken);
  else next.set(extKeys.taken, Math.trunc(takenS));
  return next;
}
