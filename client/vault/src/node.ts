// The engine of Node: synchronous, for worker threads, the same bytes as every other engine. spec/cae-1.md "Construction".
// Variants were measured: one update per segment, copied into one allocation, then one hash over the whole, was the fastest. Copied by
// Buffer: `set` moves bytes of shared memory one by one where source and target are aligned differently, as here, and halves the cipher's speed.
import { createCipheriv, createDecipheriv, hash, hkdfSync } from 'node:crypto';
import type { Bytes } from '@reprise/kit';
import { tagBytes } from '@reprise/protocol/objects';
import { type Engine, plainBytesOf, type SegmentKey, segmentSpans } from './engine.ts';

export { collectAll, keepFreedMemory } from './node-memory.ts';

export const nodeEngine: Engine = {
  hkdf: (key, salt, info, length) => new Uint8Array(hkdfSync('sha256', key, salt, info, length)),
  sha256: (bytes) => new Uint8Array(hash('sha256', bytes, 'buffer')),
  sealSegments,
  openSegments,
};

const algorithm = 'aes-256-gcm';

/** Not zeroed, every byte is written; not pooled, so that it can be transferred to another thread. */
function allocate(length: number): Bytes {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

function sealSegments(key: SegmentKey, header: Uint8Array, plain: Uint8Array, into?: Bytes): Bytes {
  const spans = segmentSpans(plain.length, 0, true);
  const sealed = into ?? allocate(header.length + (spans.at(-1)?.sealedEnd ?? 0));
  sealed.set(header);
  for (const span of spans) {
    const cipher = createCipheriv(algorithm, key.encryptionKey, span.nonce);
    cipher.setAAD(key.info);
    cipher.update(plain.subarray(span.plainStart, span.plainEnd)).copy(sealed, header.length + span.sealedStart);
    cipher.final();
    cipher.getAuthTag().copy(sealed, header.length + span.sealedEnd - tagBytes);
  }
  return sealed;
}

function openSegments(key: SegmentKey, sealed: Uint8Array, first: number, final: boolean, into?: Bytes): Bytes {
  const plain = into ?? allocate(plainBytesOf(sealed.length));
  for (const span of segmentSpans(plain.length, first, final)) {
    const decipher = createDecipheriv(algorithm, key.encryptionKey, span.nonce, { authTagLength: tagBytes });
    decipher.setAAD(key.info);
    decipher.setAuthTag(sealed.subarray(span.sealedEnd - tagBytes, span.sealedEnd));
    decipher.update(sealed.subarray(span.sealedStart, span.sealedEnd - tagBytes)).copy(plain, span.plainStart);
    decipher.final();
  }
  return plain;
}
