// How many chunks of an archive are fetched at a time for one file of it: nothing far behind the file is asked for.
import type { ArchiveEntry } from '../../engine/port.ts';

const chunkBytes = 4 * 2 ** 20;
const lanesMax = 4;

export function lanesFor({ inside }: ArchiveEntry): number {
  return Math.min(lanesMax, 1 + Math.floor((inside?.packed ?? 0) / chunkBytes));
}
