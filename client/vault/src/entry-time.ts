// Times of a disk as entries hold them; alone, so that a thread that only reads files loads no more. spec/directories.md.

/** A time of a disk as an entry holds it, in 64 bits: what lies beyond, before 1677 or after 2262, is the first or the last that they hold. */
export function entryTimeNs(timeNs: bigint): bigint {
  const [first, last] = [-(2n ** 63n), 2n ** 63n - 1n];
  return timeNs < first ? first : timeNs > last ? last : timeNs;
}
