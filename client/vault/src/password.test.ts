import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { stretchLinkPassword } from './password.ts';

test('a password is stretched as OpenSSL’s Argon2id does it', async () => {
  const salt = systemRandom(16);
  for (const password of ['1234', 'caf\u00e9 \u{1f642}']) {
    const message = Buffer.from(password);
    const expected = argon2Sync('argon2id', { message, nonce: salt, parallelism: 1, tagLength: 32, memory: 65_536, passes: 3 });
    assert.deepEqual(Buffer.from(await stretchLinkPassword(password, salt)), expected);
  }
});

test('two ways to type one password give the same bytes', async () => {
  const salt = systemRandom(16);
  assert.deepEqual(await stretchLinkPassword('e\u0301t\u00e9', salt), await stretchLinkPassword('\u00e9te\u0301', salt));
});
