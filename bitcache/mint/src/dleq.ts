// NUT-12: a proof that the key which signed is the one that was published. The nonce comes from the key and what is signed, so that a
// broken source of randomness cannot give the key away.
import { createHash, createHmac } from 'node:crypto';
import { assert, type Bytes, formatHex } from '@reprise/kit';
import type { Points, Scalar, Uncompressed } from './points/points.ts';

export type Dleq = { readonly e: Bytes; readonly s: Bytes };

const domain = 'Cashu_DLEQ_R_v1';

/** @param key a @param publicKey A = a·G @param blinded B_ @param signature C_ = a·B_ */
export function proveDleq(points: Points, key: Scalar, publicKey: Uncompressed, blinded: Uncompressed, signature: Uncompressed): Dleq {
  const nonce = deriveNonce(points, key, [publicKey, blinded, signature]);
  const e = challenge([points.publicKey(nonce), points.multiply(blinded, nonce), publicKey, signature]);
  return { e, s: points.multiplyAdd(nonce, key, e) };
}

/** SHA-256 of the points as they are written in uncompressed hex. */
export function challenge(all: readonly Uncompressed[]): Bytes {
  return new Uint8Array(createHash('sha256').update(all.map(formatHex).join('')).digest());
}

function deriveNonce(points: Points, key: Scalar, over: readonly Uncompressed[]): Scalar {
  for (let counter = 0; counter < 256; counter++) {
    const hmac = createHmac('sha256', key).update(domain);
    for (const point of over) hmac.update(point);
    const nonce = new Uint8Array(hmac.update(Uint8Array.of(counter)).digest());
    if (points.isScalar(nonce)) return nonce;
  }
  assert(false, 'nearly every hash is a scalar');
}
