import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bytes, systemRandom } from '@reprise/kit';
import { epochCommitment, importSigningKey, userIdOf, verifyKemRecord } from '@reprise/protocol/formats';
import { checkEpochKey, makeKemRecord, nextEpoch, openEpochKey, openHistory, sealHistory, wrapEpochKey } from './epoch.ts';
import { homeEpochKey } from './home.ts';
import { kemPublicOf } from './hpke.ts';
import { nodeEngine } from './node.ts';

const random = systemRandom;
const state = { space: random(32), head: random(32), epoch: 4 };

async function person(): Promise<{ userId: Bytes; kemSeed: Bytes; kemPublic: Bytes }> {
  const identity = await importSigningKey(random(32));
  const kemSeed = random(32);
  return { userId: await userIdOf(identity.publicKey), kemSeed, kemPublic: kemPublicOf(kemSeed) };
}

describe('the key of an epoch', () => {
  test('reaches every member it was wrapped for, and nobody else', async () => {
    const [ann, ben, eve] = [await person(), await person(), await person()];
    const key = random(32);
    const place = await nextEpoch(state, key);
    const wraps = await wrapEpochKey([ann, ben], place, key, random);
    assert.deepEqual(await openEpochKey(wraps, ann, place), key);
    assert.deepEqual(await openEpochKey(wraps, ben, place), key);
    await assert.rejects(openEpochKey(wraps, eve, place), { code: 'reject' });
    await assert.rejects(openEpochKey(wraps, { ...ann, kemSeed: eve.kemSeed }, place), { code: 'reject' });
    await assert.rejects(openEpochKey(wraps, { ...eve, userId: ann.userId }, place), { code: 'reject' });
  });

  test('opens in its space, at its entry and for its epoch only', async () => {
    const ann = await person();
    const key = random(32);
    const place = await nextEpoch(state, key);
    const wraps = await wrapEpochKey([ann], place, key, random);
    for (const other of [{ space: random(32) }, { prev: random(32) }, { epoch: 6 }, { commitment: random(32) }])
      await assert.rejects(openEpochKey(wraps, ann, { ...place, ...other }), { code: 'reject' });
  });

  test('is refused if the log committed to another, though the wrap is good', async () => {
    const ann = await person();
    const place = await nextEpoch(state, random(32));
    // The server wraps a key of its own for a member: HPKE proves no origin.
    await assert.rejects(openEpochKey(await wrapEpochKey([ann], place, random(32), random), ann, place), { code: 'reject' });
  });

  test('is checked against the log wherever it comes from', async () => {
    const [space, nonce, key] = [random(32), random(32), random(32)];
    const first = { space, nonce, epoch: 1, epochCommitment: await epochCommitment(nonce, key) };
    const second = { space, nonce, epoch: 2, epochCommitment: await epochCommitment(space, key, 2) };
    await checkEpochKey(first, key);
    await checkEpochKey(second, key);
    await assert.rejects(checkEpochKey(first, random(32)), { code: 'reject' });
    await assert.rejects(checkEpochKey({ ...first, epoch: 2 }, key), { code: 'reject' });
    await assert.rejects(checkEpochKey({ ...second, nonce: space, epoch: 1 }, key), { code: 'reject' });
  });

  test('is not sealed to what is no key', async () => {
    const ann = await person();
    const place = await nextEpoch(state, random(32));
    for (const kemPublic of [random(1_215), new Uint8Array(1_216).fill(255)])
      await assert.rejects(wrapEpochKey([{ ...ann, kemPublic }], place, random(32), random), { code: 'bad-object' });
  });

  test('of a home follows from the master key, another for each epoch', async () => {
    const amk = random(32);
    assert.deepEqual(await homeEpochKey(nodeEngine, amk, 1), await homeEpochKey(nodeEngine, amk, 1));
    assert.notDeepEqual(await homeEpochKey(nodeEngine, amk, 1), await homeEpochKey(nodeEngine, amk, 2));
  });
});

test('history opens with the new key, and holds the key the log committed to before', async () => {
  const [space, nonce, oldKey, newKey] = [random(32), random(32), random(32), random(32)];
  const place = { space, epoch: 2 };
  const sealed = await sealHistory(nodeEngine, newKey, place, oldKey, random);
  assert.equal(sealed.length, 148);
  const before = { commitment: await epochCommitment(nonce, oldKey), before: nonce };
  assert.deepEqual(await openHistory(nodeEngine, newKey, place, sealed, before), oldKey);
  await assert.rejects(openHistory(nodeEngine, oldKey, place, sealed, before), { code: 'reject' });
  await assert.rejects(openHistory(nodeEngine, newKey, { space, epoch: 3 }, sealed, before), { code: 'reject' });
  await assert.rejects(openHistory(nodeEngine, newKey, place, sealed, { ...before, commitment: random(32) }), { code: 'reject' });
});

test('a KEM record holds the public half of a seed and no more', async () => {
  const identity = await importSigningKey(random(32));
  const seed = random(32);
  const record = await makeKemRecord(identity, seed, 3);
  assert.deepEqual(await verifyKemRecord(record, identity.publicKey), {
    userId: await userIdOf(identity.publicKey),
    kemPublic: kemPublicOf(seed),
    number: 3,
  });
  assert.ok(!Buffer.from(record).includes(Buffer.from(seed)));
});
