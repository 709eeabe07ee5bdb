// A third engine, for tests only: noble's AES-GCM, HKDF and SHA-256, with the segments laid out anew from spec/cae-1.md.
import { gcm } from '@noble/ciphers/aes.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Bytes } from '@reprise/kit';
import type { Engine } from '../engine.ts';

export const nobleEngine: Engine = {
  hkdf: (key, salt, info, length) => hkdf(sha256, key, salt, info, length) as Bytes,
  sha256: (bytes) => sha256(bytes) as Bytes,
  sealSegments: ({ encryptionKey, info }, header, plain, into) => {
    const parts: Uint8Array[] = [header];
    for (let i = 0, at = 0; at < plain.length; i++, at += 262_144) {
      const end = at + 262_144 >= plain.length;
      parts.push(gcm(encryptionKey, nonce(i, end), info).encrypt(plain.subarray(at, at + 262_144)));
    }
    return join(parts, into);
  },
  openSegments: ({ encryptionKey, info }, sealed, first, final, into) => {
    const parts: Uint8Array[] = [];
    for (let i = 0, at = 0; at < sealed.length; i++, at += 262_160) {
      const end = final && at + 262_160 >= sealed.length;
      parts.push(gcm(encryptionKey, nonce(first + i, end), info).decrypt(sealed.subarray(at, at + 262_160)));
    }
    return join(parts, into);
  },
};

function join(parts: readonly Uint8Array[], into: Bytes | undefined): Bytes {
  const joined = Buffer.concat(parts);
  const bytes = into ?? new Uint8Array(joined.length);
  bytes.set(joined);
  return bytes;
}

function nonce(counter: number, final: boolean): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, counter >>> 24, (counter >>> 16) & 255, (counter >>> 8) & 255, counter & 255, Number(final));
}
