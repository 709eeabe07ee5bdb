// Which bytes of the disk are read together. Pure.
import type { PackName } from '@reprise/chunks';
import type { Found } from './store.ts';

/** A stretch of one pack and the objects in it. */
export type Stretch = {
  readonly pack: PackName;
  readonly start: number;
  readonly endExclusive: number;
  readonly objects: readonly Found[];
};

const gapBytesMax = 16_384;
export const stretchBytesMax = 1_048_576;

/** Joins neighbours on the disk, so that thousands of small objects take few reads. @param found sorted by pack and offset */
export function planReads(found: readonly Found[]): Stretch[] {
  const plan: Stretch[] = [];
  for (const object of found) {
    const last = plan.at(-1);
    const endExclusive = object.offset + object.length;
    const joins =
      last && last.pack === object.pack && object.offset - last.endExclusive <= gapBytesMax && endExclusive - last.start <= stretchBytesMax;
    if (joins) plan[plan.length - 1] = { ...last, endExclusive, objects: [...last.objects, object] };
    else plan.push({ pack: object.pack, start: object.offset, endExclusive, objects: [object] });
  }
  return plan;
}
