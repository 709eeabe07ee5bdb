// The field types of the contract. Wire values stay strings; clients and stores decode them with kit.
import * as z from 'zod/mini';

z.config({ jitless: true });

const base64urlLength = (bytes: number) => Math.ceil((bytes * 4) / 3);

const hexOf = (bytes: number, what: string) =>
  z.string().check(z.regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`)), z.describe(`${what}: ${bytes} bytes in lower-case hex`));

/** Exactly `bytes` bytes in base64url without padding. */
export const secretOf = (bytes: number, what: string) =>
  z.string().check(z.regex(new RegExp(`^[A-Za-z0-9_-]{${base64urlLength(bytes)}}$`)), z.describe(`${what}: ${bytes} bytes in base64url`));

/** Up to `bytesMax` bytes in base64url without padding. */
export const sealedUpTo = (bytesMax: number, what: string) =>
  z
    .string()
    .check(
      z.regex(/^[A-Za-z0-9_-]+$/),
      z.maxLength(base64urlLength(bytesMax)),
      z.describe(`${what}: at most ${bytesMax} bytes in base64url`),
    );

export const objectId = hexOf(32, 'object id');
export const spaceId = hexOf(32, 'space id');
export const linkId = hexOf(16, 'link id');
export const entryId = hexOf(32, 'entry id');
export const userId = hexOf(32, 'user id');
export const deviceId = hexOf(32, 'device id');
export const slotId = hexOf(16, 'slot id');
export const pairingId = hexOf(16, 'pairing id');
export const downloadId = hexOf(16, 'download id');

export const count = z.int().check(z.minimum(0));
export const bytes = z.int().check(z.minimum(0), z.describe('bytes'));
/** Up to the last moment that a Date can hold (ECMA-262 §21.4.1.1). */
export const time = z.int().check(z.minimum(0), z.maximum(8.64e15), z.describe('milliseconds since 1970'));
export const version = z.int().check(z.minimum(1), z.maximum(Number.MAX_SAFE_INTEGER));
export const placeToken = z.string().check(z.regex(/^[A-Za-z0-9_-]{16,512}$/));
