// SHA-256, plain and under a label, through WebCrypto: spec/conventions.md.
import { type Bytes, concatBytes, encodeUtf8, u8 } from '@reprise/kit';
import type { HashLabel } from './labels.ts';

export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Bytes));
}

/** TH(label, m) = SHA-256(ascii(label) || 00 || m), where m is the parts joined. */
export function taggedHash(label: HashLabel, ...parts: readonly Uint8Array[]): Promise<Bytes> {
  return sha256(concatBytes(encodeUtf8(label), u8(0), ...parts));
}
