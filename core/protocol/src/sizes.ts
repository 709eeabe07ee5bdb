// The arithmetic of sealed lengths and padding: spec/cae-1.md "Sizes", spec/ropes.md "Padding".
import { assert } from '@reprise/kit';
import { chunkBytes, segmentBytes } from './limits.ts';

export const tagBytes = 16;
export const sealedSegmentBytes = segmentBytes + tagBytes;
/** Magic 4 and commitment 32, before the first segment. */
export const headerBytes = 36;
export const nodePaddedBytesMin = 1_024;
export const runPaddedBytesMin = 4_096;
export const thumbnailStepBytes = 16_384;
const wholeStepBytes = 131_072;

/** The number of segments that hold `plainBytes` of padded plaintext. */
export function segmentCount(plainBytes: number): number {
  return Math.ceil(plainBytes / segmentBytes);
}

/** S(P): the length of an object whose padded plaintext has `plainBytes` bytes, 1 to 4,194,304. */
export function sealedLength(plainBytes: number): number {
  assert(Number.isInteger(plainBytes) && plainBytes >= 1 && plainBytes <= chunkBytes, 'a padded plaintext is 1 to 4,194,304 bytes long');
  return headerBytes + plainBytes + tagBytes * segmentCount(plainBytes);
}

/** The inverse of `sealedLength`: undefined if no plaintext has an object of this length. */
export function plainLength(sealedBytes: number): number | undefined {
  if (!Number.isInteger(sealedBytes)) return undefined;
  const segments = Math.ceil((sealedBytes - headerBytes) / sealedSegmentBytes);
  const plainBytes = sealedBytes - headerBytes - tagBytes * segments;
  if (plainBytes < 1 || plainBytes > chunkBytes) return undefined;
  return sealedLength(plainBytes) === sealedBytes ? plainBytes : undefined;
}

/** Whether a server takes an object of this length: 289 lengths in all. */
export function isSealedLength(sealedBytes: number): boolean {
  const plainBytes = plainLength(sealedBytes);
  if (plainBytes === undefined || plainBytes < nodePaddedBytesMin) return false;
  return plainBytes % wholeStepBytes === 0 || padme(plainBytes) === plainBytes;
}

/** The number of binary digits of a whole number below 2⁵³; 0 has none. */
function bits(value: number): number {
  const high = Math.floor(value / 2 ** 32);
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(value);
}

/**
 * Padmé (Nikitin et al. 2019): rounds up so that at most about log log of the length is told; adds under 12 %.
 * @param bytes a whole number, 0 to 2⁴⁸
 */
export function padme(bytes: number): number {
  assert(Number.isInteger(bytes) && bytes >= 0 && bytes <= 2 ** 48, 'a length is a whole number up to 2^48');
  if (bytes < 2) return bytes;
  const exponent = bits(bytes) - 1;
  const step = 2 ** Math.max(0, exponent - bits(exponent));
  return Math.ceil(bytes / step) * step;
}
