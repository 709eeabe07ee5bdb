// Who signed an invoice: ECDSA on secp256k1 with a public key that is recovered from it. The one file here that touches a curve.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Bytes } from '@reprise/kit';

const compactBytes = 64;

/**
 * @param signature r, s and the recovery number, 65 bytes
 * @param digest SHA-256 of what was signed
 * @returns the compressed public key, or undefined if none can be recovered
 */
export function recoverSigner(signature: Uint8Array, digest: Uint8Array): Uint8Array | undefined {
  const recovery = signature[compactBytes];
  if (recovery === undefined || recovery > 3) return undefined;
  try {
    const recoverable = Uint8Array.of(recovery, ...signature.subarray(0, compactBytes));
    return secp256k1.recoverPublicKey(recoverable, digest, { prehash: false });
  } catch {
    // The library throws for numbers out of range and points that do not exist: nobody signed this.
    return undefined;
  }
}

/** Refuses the second form that every ECDSA signature has (high s). */
export function isSignedBy(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return secp256k1.verify(signature.subarray(0, compactBytes), digest, publicKey, { prehash: false, lowS: true });
  } catch {
    return false;
  }
}

/** @returns r, s and the recovery number */
export function signRecoverable(digest: Uint8Array, secretKey: Uint8Array): Bytes {
  const signed = secp256k1.sign(digest, secretKey, { prehash: false, format: 'recovered' });
  return Uint8Array.of(...signed.subarray(1), signed[0] as number);
}
