// What a person types as a password, and what OPAQUE proves of it: spec/accounts.md "Password".
import { type Bytes, encodeUtf8 } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { Passphrase } from './opaque.ts';
import { readPhrase } from './words.ts';

const passwordBytesMax = 1_024;

/**
 * A password of one's own is joined with the secret of the account code. Seven words of the list are strong enough alone: the code is
 * left out, and how they are spaced and capitalised does not matter.
 * @param codeSecret empty if the person did not give the code
 * @throws Failure bad-code with facts.part `secret` and facts.reason `missing` when the code is needed; limit-exceeded
 */
export function passphraseOf(password: string, codeSecret: Bytes): Passphrase {
  if (encodeUtf8(password).length > passwordBytesMax)
    throw new Failure('limit-exceeded', { limit: 'password bytes', max: passwordBytesMax });
  const phrase = readPhrase(password);
  if (phrase !== null) return { password: phrase, codeSecret: new Uint8Array(0) };
  if (codeSecret.length === 0) throw new Failure('bad-code', { part: 'secret', reason: 'missing' });
  return { password, codeSecret };
}
