// HKDF-SHA256 and AES-256-GCM of the runtime, for HPKE as its library takes them. WebCrypto has them too, but sends each of the nine steps of
// one sealing to another thread and back, which takes longer than the steps. RFC 5869, RFC 9180 sections 7.2 and 7.3.
import { createCipheriv, createHmac } from 'node:crypto';
import { assert, concatBytes } from '@reprise/kit';

const [hashBytes, keyBytes, nonceBytes, tagBytes] = [32, 32, 12, 16];

export function hkdfSha256() {
  return {
    id: 0x0001,
    type: 'KDF',
    name: 'HKDF-SHA256',
    Nh: hashBytes,
    stages: 2,
    Extract: async (salt: Uint8Array, secret: Uint8Array) => hmac(salt, secret),
    Expand: async (key: Uint8Array, info: Uint8Array, length: number) => expand(key, info, length),
    Derive: () => Promise.reject(new TypeError('only one-stage functions derive')),
  } as const;
}

/** A salt of no bytes is one of zeros: HMAC fills up its key with them. */
function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const made = createHmac('sha256', key);
  for (const part of parts) made.update(part);
  return new Uint8Array(made.digest());
}

function expand(key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  assert(key.length >= hashBytes && length <= 255 * hashBytes, 'HKDF expands a whole key, 255 times at most');
  const blocks: Uint8Array[] = [];
  for (let count = 1; (count - 1) * hashBytes < length; count++)
    blocks.push(hmac(key, blocks.at(-1) ?? new Uint8Array(0), info, Uint8Array.of(count)));
  return concatBytes(...blocks).slice(0, length);
}

export function aes256Gcm() {
  return {
    id: 0x0002,
    type: 'AEAD',
    name: 'AES-256-GCM',
    Nk: keyBytes,
    Nn: nonceBytes,
    Nt: tagBytes,
    Seal: async (key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, plain: Uint8Array) => {
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated);
      return new Uint8Array(concatBytes(cipher.update(plain), cipher.final(), cipher.getAuthTag()));
    },
    Open: () => Promise.reject(new TypeError('a server seals and opens nothing')),
  } as const;
}
