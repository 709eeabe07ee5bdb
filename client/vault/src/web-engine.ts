// The engine of browsers, and of any platform with WebCrypto. spec/cae-1.md "Construction".
import type { Bytes } from '@reprise/kit';
import { sha256 } from '@reprise/protocol/formats';
import { type Engine, plainBytesOf, type SegmentKey, segmentSpans } from './engine.ts';

export const webEngine: Engine = { hkdf, sha256, sealSegments, openSegments };

async function hkdf(key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Promise<Bytes> {
  const base = await crypto.subtle.importKey('raw', key as Bytes, 'HKDF', false, ['deriveBits']);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: salt as Bytes, info: info as Bytes };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, base, 8 * length));
}

async function sealSegments(key: SegmentKey, header: Uint8Array, plain: Uint8Array, into?: Bytes): Promise<Bytes> {
  const aes = await importAes(key, 'encrypt');
  const spans = segmentSpans(plain.length, 0, true);
  const sealed = into ?? new Uint8Array(header.length + (spans.at(-1)?.sealedEnd ?? 0));
  sealed.set(header);
  const work = spans.map(async (span) => {
    const segment = plain.subarray(span.plainStart, span.plainEnd) as Bytes;
    sealed.set(new Uint8Array(await crypto.subtle.encrypt(gcm(key, span.nonce), aes, segment)), header.length + span.sealedStart);
  });
  await allDone(work);
  return sealed;
}

async function openSegments(key: SegmentKey, sealed: Uint8Array, first: number, final: boolean, into?: Bytes): Promise<Bytes> {
  const aes = await importAes(key, 'decrypt');
  const plain = into ?? new Uint8Array(plainBytesOf(sealed.length));
  const work = segmentSpans(plain.length, first, final).map(async (span) => {
    const segment = sealed.subarray(span.sealedStart, span.sealedEnd) as Bytes;
    plain.set(new Uint8Array(await crypto.subtle.decrypt(gcm(key, span.nonce), aes, segment)), span.plainStart);
  });
  await allDone(work);
  return plain;
}

/** Waits for all even if one fails, so that nothing is written any more into memory that the caller has given up on. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

function importAes(key: SegmentKey, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', key.encryptionKey, 'AES-GCM', false, [usage]);
}

function gcm(key: SegmentKey, nonce: Bytes): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce, additionalData: key.info };
}
