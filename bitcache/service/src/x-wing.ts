// X-Wing to a buyer's key with the ML-KEM, X25519 and SHA-3 of the runtime. It seals and opens nothing
// itself. draft-connolly-cfrg-xwing-kem, "Encapsulation".
import { createHash, createPublicKey, diffieHellman, encapsulate, generateKeyPairSync } from 'node:crypto';
import { type Bytes, concatBytes } from '@reprise/kit';

export const buyerKeyBytes = 1_216;
const mlKemKeyBytes = 1_184;
/** `\.//^\` */
const label = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);

/** 1,120 bytes for the buyer, and the 32 that both then have. */
export type Encapsulated = { readonly cipherText: Uint8Array; readonly sharedSecret: Uint8Array };

/** @param key 1,216 bytes @throws Error where they are no key */
export function encapsulateTo(key: Bytes): Encapsulated {
  const [theirMlKem, theirX] = [key.subarray(0, mlKemKeyBytes), key.subarray(mlKemKeyBytes)];
  const mlKem = createPublicKey({ key: Buffer.from(theirMlKem), format: 'raw-public', asymmetricKeyType: 'ml-kem-768' });
  const { sharedKey, ciphertext } = encapsulate(mlKem);
  const ours = generateKeyPairSync('x25519');
  const ourX = ours.publicKey.export({ format: 'raw-public' });
  const publicKey = createPublicKey({ key: Buffer.from(theirX), format: 'raw-public', asymmetricKeyType: 'x25519' });
  // It refuses a point of small order, which gives nothing but zeros.
  const secretX = diffieHellman({ privateKey: ours.privateKey, publicKey });
  const sharedSecret = createHash('sha3-256').update(sharedKey).update(secretX).update(ourX).update(theirX).update(label).digest();
  return { cipherText: concatBytes(ciphertext, ourX), sharedSecret: new Uint8Array(sharedSecret) };
}
