// A seller's half of a key while it waits for buyers: sealed under a key that is not in the database. spec/paid-links.md "Offer".
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { type Bytes, concatBytes, encodeUtf8, parseHex, type RandomBytes } from '@reprise/kit';
import { labels } from './labels.ts';

export const secretBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** @param offer id, in hex */
export function fitsCommitment(offer: string, secret: Bytes, commitment: string): boolean {
  const expected = createHash('sha256')
    .update(labels.secret)
    .update('\0')
    .update(parseHex(offer) ?? '')
    .update(secret)
    .digest('hex');
  return secret.length === secretBytes && expected === commitment;
}

/** 12 bytes of nonce, the sealed half, 16 of tag. */
export function sealSecret(fileKey: Bytes, offer: string, secret: Bytes, random: RandomBytes): Bytes {
  const nonce = random(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(fileKey, labels.sealedSecret), nonce).setAAD(parseHex(offer) ?? new Uint8Array(0));
  return concatBytes(nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag());
}

/** @throws Error for another file key, or bytes that were changed */
export function openSecret(fileKey: Bytes, offer: string, sealed: Bytes): Bytes {
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(fileKey, labels.sealedSecret), sealed.subarray(0, nonceBytes));
  decipher.setAAD(parseHex(offer) ?? new Uint8Array(0)).setAuthTag(sealed.subarray(-tagBytes));
  return concatBytes(decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final());
}

/** 32 bytes for one purpose. */
export function keyFrom(fileKey: Bytes, label: string): Bytes {
  return new Uint8Array(hkdfSync('sha256', fileKey, new Uint8Array(0), concatBytes(encodeUtf8(label), Uint8Array.of(0)), 32));
}

/** 32 bytes, from which the operator's release agent has its key. */
export function agentSeedOf(fileKey: Bytes): Bytes {
  return keyFrom(fileKey, labels.agent);
}

/** Of what was asked, to tell it from something else asked under the same key. */
export function hashOf(...parts: readonly (string | number | bigint)[]): Bytes {
  return new Uint8Array(
    createHash('sha256')
      .update(JSON.stringify(parts.map(String)))
      .digest(),
  );
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
