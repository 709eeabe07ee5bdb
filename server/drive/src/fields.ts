// Decodes the contract's text fields where they become bytes.
import { createHash } from 'node:crypto';
import { type Bytes, parseBase64url } from '@reprise/kit';
import { Failure } from '@reprise/protocol';

/** @throws Failure bad-request unless the text is the canonical base64url of some bytes */
export function decodeField(field: string, text: string): Bytes {
  const bytes = parseBase64url(text);
  if (!bytes) throw new Failure('bad-request', { field, reason: 'base64url without padding' });
  return bytes;
}

export function hashOf(bytes: Uint8Array): Bytes {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
