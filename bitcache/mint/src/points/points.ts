// The arithmetic of secp256k1 that a mint needs, as a port: which library does it is chosen once, at start. spec/mint.md "Points".
import type { Bytes } from '@reprise/kit';

/** 33 bytes, SEC 1 compressed; 65 bytes, uncompressed; 32 bytes, big-endian and from 1 to n−1. */
export type Compressed = Bytes;
export type Uncompressed = Bytes;
export type Scalar = Bytes;

/**
 * What touches a secret scalar takes the same time whatever its value, or works on a value that random bits have hidden. Everything here
 * runs on the thread that asks.
 */
export interface Points {
  readonly name: 'native' | 'wasm' | 'noble';
  /** @returns the uncompressed form; undefined for 33 or 65 bytes that are no point of the curve, and for any other length */
  parse(point: Uint8Array): Uncompressed | undefined;
  compress(point: Uncompressed): Compressed;
  isScalar(bytes: Uint8Array): boolean;
  /** scalar · G */
  publicKey(scalar: Scalar): Uncompressed;
  /** scalar · point */
  multiply(point: Uncompressed, scalar: Scalar): Uncompressed;
  /** addend + a·b mod n. @throws Error when the sum is 0, which nobody will see */
  multiplyAdd(addend: Scalar, a: Scalar, b: Scalar): Scalar;
}
