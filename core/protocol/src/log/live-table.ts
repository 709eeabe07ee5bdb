// What remains live, as sums by first byte, so that two sides find where their lists of ids differ: spec/log.md "Live table".
import { type Bytes, concatBytes, formatHex, parseHex, u32 } from '@reprise/kit';
import { taggedHash } from '../hash.ts';
import { hashLabels } from '../labels.ts';
import { liveTableBytes } from '../limits.ts';
import { badObject } from '../shape.ts';

const buckets = 256;
const sumBytes = 32;
const bucketBytes = 4 + sumBytes;
const modulus = 2n ** 256n;

/** Of the ids that begin with one byte: how many, and the sum of their hashes. */
export type Bucket = { readonly count: number; readonly sum: bigint };

/** 256 buckets, by first byte. Sums can be taken in any order, and ids taken away again. */
export type LiveTable = readonly Bucket[];

export const emptyLiveTable: LiveTable = Array.from({ length: buckets }, () => ({ count: 0, sum: 0n }));

/** TH("rp1/hash/live", id) as a number: what an id adds to the sum of its bucket. */
export async function liveWeight(id: Uint8Array): Promise<bigint> {
  return BigInt(`0x${formatHex(await taggedHash(hashLabels.live, id))}`);
}

/** The table of these ids, distinct, 32 bytes each. */
export async function liveTable(ids: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<LiveTable> {
  return withIds(emptyLiveTable, ids, 1);
}

/** The table without these ids, which it must hold. */
export function withoutIds(table: LiveTable, ids: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<LiveTable> {
  return withIds(table, ids, -1);
}

async function withIds(table: LiveTable, ids: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, sign: 1 | -1): Promise<LiveTable> {
  const counts = table.map(({ count }) => count);
  const sums = table.map(({ sum }) => sum);
  for await (const id of ids) {
    const bucket = id[0] as number;
    counts[bucket] = (counts[bucket] as number) + sign;
    sums[bucket] = (sums[bucket] as bigint) + BigInt(sign) * (await liveWeight(id));
  }
  return counts.map((count, b) => ({ count, sum: BigInt.asUintN(256, sums[b] as bigint) }));
}

/** u32 count || sum, for each bucket: 9,216 bytes. */
export function encodeLiveTable(table: LiveTable): Bytes {
  return concatBytes(...table.flatMap(({ count, sum }) => [u32(count), bytesOf(sum)]));
}

function bytesOf(sum: bigint): Bytes {
  return parseHex((sum % modulus).toString(16).padStart(2 * sumBytes, '0')) as Bytes;
}

/** @throws Failure bad-object */
export function decodeLiveTable(bytes: Uint8Array): LiveTable {
  if (bytes.length !== liveTableBytes) throw badObject('a live table has 9,216 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: buckets }, (_, b) => {
    const at = b * bucketBytes;
    return { count: view.getUint32(at), sum: BigInt(`0x${formatHex(bytes.subarray(at + 4, at + bucketBytes))}`) };
  });
}

/** The first bytes of ids whose buckets differ. */
export function differingBuckets(a: LiveTable, b: LiveTable): number[] {
  return a.flatMap((bucket, i) => (bucket.count === b[i]?.count && bucket.sum === b[i]?.sum ? [] : [i]));
}
