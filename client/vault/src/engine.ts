// The primitives under CAE-1 as a port, so that a browser and a program on Node seal the same bytes by different means.
// spec/cae-1.md "Construction".
import { type Bytes, concatBytes, encodeUtf8, u8 } from '@reprise/kit';
import { sealedSegmentBytes, segmentBytes, segmentCount, tagBytes } from '@reprise/protocol/objects';
import type { KdfLabel } from './labels.ts';

/** A value, or the promise of one: the engine of a worker thread answers at once. */
export type Soon<Value> = Value | Promise<Value>;

/** What seals the segments of one message: the derived key, 32 bytes, and the associated data of each. */
export type SegmentKey = { readonly encryptionKey: Bytes; readonly info: Bytes };

export interface Engine {
  /** HKDF-SHA-256. */
  hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Soon<Bytes>;
  sha256(bytes: Uint8Array): Soon<Bytes>;
  /**
   * @param into where to write, exactly as long as the result; otherwise the result is allocated
   * @returns header || every segment sealed, the last with the final flag.
   */
  sealSegments(key: SegmentKey, header: Uint8Array, plain: Uint8Array, into?: Bytes): Soon<Bytes>;
  /**
   * Opens consecutive segments, the first of which has the counter `first`; `final` says that the last of them ends the message.
   * @param into where to write, exactly as long as the result; of no use if this throws
   * @throws anything if one does not open; then nothing of them is returned.
   */
  openSegments(key: SegmentKey, sealed: Uint8Array, first: number, final: boolean, into?: Bytes): Soon<Bytes>;
}

/** KDF(key, label, context, length) = HKDF-SHA-256 with an empty salt and info ascii(label) || 00 || context. */
export function kdf(engine: Engine, key: Uint8Array, label: KdfLabel, context: Uint8Array, length: number): Soon<Bytes> {
  return engine.hkdf(key, noBytes, concatBytes(encodeUtf8(label), u8(0), context), length);
}

export const noBytes: Bytes = new Uint8Array(0);

/** nonce(i) = 00×7 || u32(i) || f: the counter stops reordering, the flag stops truncation and extension. */
function segmentNonce(index: number, final: boolean): Bytes {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, index);
  nonce[11] = final ? 1 : 0;
  return nonce;
}

type SegmentSpan = {
  readonly nonce: Bytes;
  readonly plainStart: number;
  readonly plainEnd: number;
  readonly sealedStart: number;
  readonly sealedEnd: number;
};

/** Where each of the segments lies that hold `plainBytes`, counted from the start of the first of them. */
export function segmentSpans(plainBytes: number, first: number, final: boolean): SegmentSpan[] {
  const count = segmentCount(plainBytes);
  return Array.from({ length: count }, (_, i) => {
    const plainStart = i * segmentBytes;
    const plainEnd = Math.min(plainBytes, plainStart + segmentBytes);
    const sealedStart = i * sealedSegmentBytes;
    const nonce = segmentNonce(first + i, final && i === count - 1);
    return { nonce, plainStart, plainEnd, sealedStart, sealedEnd: sealedStart + plainEnd - plainStart + tagBytes };
  });
}

/** Plaintext bytes in `sealedBytes` of whole segments. */
export function plainBytesOf(sealedBytes: number): number {
  return sealedBytes - tagBytes * Math.ceil(sealedBytes / sealedSegmentBytes);
}
