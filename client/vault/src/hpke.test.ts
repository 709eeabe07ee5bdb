import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { keySchedule } from '../../../spec/vectors/makers/epochs.ts';
import { draftAnswers } from '../../../spec/vectors/makers/hpke-draft.ts';
import { type HpkeUse, kemPublicOf, openWith, sealTo } from './hpke.ts';
import { hpkeLabels } from './labels.ts';

const random = systemRandom;
const use: HpkeUse = { label: hpkeLabels.epoch, context: random(40), associated: random(32) };
const seed = random(32);

describe('what is sealed to a key', () => {
  test('opens with its seed, for the use it was sealed for', async () => {
    const sealed = await sealTo(kemPublicOf(seed), use, random(0));
    assert.deepEqual([sealed.enc.length, sealed.ciphertext.length], [1_120, 16]);
    const message = random(100);
    assert.deepEqual(await openWith(seed, use, await sealTo(kemPublicOf(seed), use, message)), message);
  });

  test('does not open otherwise, and never says why', async () => {
    const sealed = await sealTo(kemPublicOf(seed), use, random(32));
    const flipped = (bytes: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> =>
      bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
    const attempts = [
      () => openWith(random(32), use, sealed),
      () => openWith(random(31), use, sealed),
      () => openWith(seed, { ...use, context: random(40) }, sealed),
      () => openWith(seed, { ...use, associated: random(32) }, sealed),
      () => openWith(seed, use, { ...sealed, enc: flipped(sealed.enc, 5) }),
      () => openWith(seed, use, { ...sealed, enc: flipped(sealed.enc, 1_100) }),
      () => openWith(seed, use, { ...sealed, enc: sealed.enc.slice(1) }),
      () => openWith(seed, use, { ...sealed, enc: new Uint8Array(1_120) }),
      () => openWith(seed, use, { ...sealed, ciphertext: flipped(sealed.ciphertext, 0) }),
      () => openWith(seed, use, { ...sealed, ciphertext: sealed.ciphertext.slice(0, 15) }),
    ];
    for (const [i, attempt] of attempts.entries())
      await assert.rejects(
        attempt(),
        (error: { code?: string; facts?: object }) => error.code === 'reject' && Object.keys(error.facts ?? {}).length === 0,
        `attempt ${i}`,
      );
  });

  test('is another each time', async () => {
    const [a, b] = [await sealTo(kemPublicOf(seed), use, new Uint8Array(32)), await sealTo(kemPublicOf(seed), use, new Uint8Array(32))];
    assert.notDeepEqual(a.enc, b.enc);
    assert.notDeepEqual(a.ciphertext, b.ciphertext);
  });
});

test('the key schedule that the vectors were made with is the one of others', () => {
  const answer = draftAnswers.find(({ kdf }) => kdf === 1);
  assert.ok(answer);
  const { key, baseNonce } = keySchedule(Buffer.from(answer.sharedSecret, 'hex'), Buffer.from(answer.info, 'hex'), answer.aead);
  assert.equal(Buffer.from(key).toString('hex'), answer.key);
  assert.equal(Buffer.from(baseNonce).toString('hex'), answer.baseNonce);
});
