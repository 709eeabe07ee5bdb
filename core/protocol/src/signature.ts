// Ed25519 under labels: signed by the platform, verified by one strict implementation everywhere: spec/conventions.md.
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, concatBytes, encodeUtf8, u8 } from '@reprise/kit';
import type { SignatureLabel } from './labels.ts';

export type SigningKey = { readonly publicKey: Bytes; readonly privateKey: CryptoKey };

/** RFC 8410: PrivateKeyInfo of an Ed25519 seed, without the seed. */
const pkcs8Prefix = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/** The key pair of a 32-byte seed; the private half cannot be read back. */
export async function importSigningKey(seed: Uint8Array): Promise<SigningKey> {
  const privateKey = await crypto.subtle.importKey('pkcs8', concatBytes(pkcs8Prefix, seed), 'Ed25519', false, ['sign']);
  return { privateKey, publicKey: ed25519.getPublicKey(seed) as Bytes };
}

/** Sig(label, key, message), 64 bytes. */
export async function sign(label: SignatureLabel, key: SigningKey, message: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key.privateKey, signed(label, message)));
}

/** Answers for any input, also one that is no key or no signature. */
export function verifySignature(label: SignatureLabel, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verifyEd25519(publicKey, signed(label, message), signature);
}

/** The one verdict on a signature: canonical encodings only, no key of small order, cofactored equation (RFC 8032 §5.1.7). */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

/** Whether a public key may be admitted: a canonical point, not of small order. */
export function isAdmissibleKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  try {
    return !ed25519.Point.fromBytes(publicKey, false).isSmallOrder();
  } catch {
    return false;
  }
}

function signed(label: SignatureLabel, message: Uint8Array): Bytes {
  return concatBytes(encodeUtf8(label), u8(0), message);
}
