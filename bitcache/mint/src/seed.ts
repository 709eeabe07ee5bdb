// The seed of all keys of a mint: 32 bytes, kept in the database under a key that is not in the database. spec/mint.md "Seed".
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { type Bytes, concatBytes, encodeUtf8, type RandomBytes } from '@reprise/kit';
import { labels } from './labels.ts';

export const seedBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** 12 bytes of nonce, 32 of the sealed seed, 16 of tag. @param fileKey 32 random bytes that only the operator's disk holds */
export function sealSeed(fileKey: Uint8Array, seed: Uint8Array, random: RandomBytes): Bytes {
  const nonce = random(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(fileKey), nonce);
  return concatBytes(nonce, cipher.update(seed), cipher.final(), cipher.getAuthTag());
}

/** @returns undefined for another key, or bytes that are no sealed seed */
export function openSeed(fileKey: Uint8Array, sealed: Uint8Array): Bytes | undefined {
  if (sealed.length !== nonceBytes + seedBytes + tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(fileKey), sealed.subarray(0, nonceBytes));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return concatBytes(decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final());
  } catch {
    return undefined;
  }
}

/** Tells one seed from another, and nothing about either. */
export function seedPrint(seed: Uint8Array): Bytes {
  return new Uint8Array(createHash('sha256').update(labels.seedPrint).update('\0').update(seed).digest());
}

function sealingKey(fileKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, new Uint8Array(0), concatBytes(encodeUtf8(labels.sealedSeed), Uint8Array.of(0)), 32));
}
