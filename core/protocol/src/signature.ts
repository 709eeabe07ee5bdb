// Ed25519 under labels: signed by the platform, verified by one strict implementation everywhere: spec/conventions.md.
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, concatBytes, encodeUtf8, formatHex, u8 } from '@reprise/kit';
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

/** The same verdict as `verifySignature`, sooner. @param key of `importVerifyKey` */
export function checkSignature(label: SignatureLabel, key: VerifyKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return checkEd25519(key, signed(label, message), signature);
}

/**
 * The same verdict as `verifyEd25519`, sooner: where the platform accepts a signature whose encodings are strict, its equation,
 * with or without the cofactor, implies ours. Where it does not accept, or there is doubt, the one implementation decides.
 * docs/decisions/signatures.md
 */
export async function checkEd25519(key: VerifyKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (key.platformKey && hasStrictEncodings(signature)) {
    const accepted = await crypto.subtle.verify('Ed25519', key.platformKey, signature as Bytes, message as Bytes).catch(() => false);
    if (accepted) return true;
  }
  return verifyEd25519(key.publicKey, message, signature);
}

export type VerifyKey = { readonly publicKey: Bytes; readonly platformKey: CryptoKey | null };

/** A key for `checkSignature`. A key that may not be admitted gets no fast path, so nothing is valid under it. */
export async function importVerifyKey(publicKey: Bytes): Promise<VerifyKey> {
  if (!isAdmissibleKey(publicKey)) return { publicKey, platformKey: null };
  const platformKey = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']).catch(() => null);
  return { publicKey, platformKey };
}

const fieldPrime = 2n ** 255n - 19n;
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Whether R is no second encoding of its point (y below p, no negative zero) and S is below the group order. */
function hasStrictEncodings(signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  const [r, s] = [littleEndian(signature.subarray(0, 32)), littleEndian(signature.subarray(32))];
  const [sign, y] = [r >> 255n, r & (2n ** 255n - 1n)];
  const isZeroX = y === 1n || y === fieldPrime - 1n;
  return y < fieldPrime && !(isZeroX && sign === 1n) && s < groupOrder;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${formatHex(bytes.toReversed())}`);
}

function signed(label: SignatureLabel, message: Uint8Array): Bytes {
  return concatBytes(encodeUtf8(label), u8(0), message);
}
