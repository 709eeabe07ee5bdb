// A release and a receipt are kept by buyers for years: their bytes may not drift. Everything random is fixed here.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ml_kem768_x25519 as xWing } from '@noble/post-quantum/hybrid.js';
import { openDatabase } from '@reprise/database';
import { type Bytes, concatBytes, formatHex, type RandomBytes } from '@reprise/kit';
import { kemPublicOf, openWith, sealTo } from '@reprise/vault';
import { sha256Hex } from './held-secret.ts';
import { operatorAgent } from './release.ts';
import { draw, seller, Shop } from './testing/shop.ts';

const filled = (count: number, value: number): Bytes => new Uint8Array(count).fill(value);
const random: RandomBytes = (count) => filled(count, 7);

describe('a release', () => {
  let shop: Shop;
  const fileKey = filled(32, 1);
  const buyerSeed = filled(32, 2);
  const secret = filled(32, 3);
  const listing = draw({ offer: '04'.repeat(16), hash: '05'.repeat(32), secret });
  before(async () => {
    shop = await Shop.open(await openDatabase({ path: ':memory:' }), { fileKey });
    await shop.service.listOffer(seller, listing, 0);
  });
  after(() => shop[Symbol.asyncDispose]());
  const agentOf = (key: Bytes) =>
    operatorAgent({
      database: shop.sandbox.database,
      fileKey: key,
      seed: filled(32, 6),
      encapsulate: (to) => xWing.encapsulate(to, random(64)),
    });
  const request = { offer: listing.offer, version: 1, hash: listing.hash, buyerKey: kemPublicOf(buyerSeed), at: 1_800_000_000_000 };

  it('has the bytes that the format says, and so has its receipt', async () => {
    const { release, receipt } = await agentOf(fileKey).seal(request);
    assert.equal(release.length, 1_120 + 48);
    assert.equal(sha256Hex(release), '224db16ba926a12a2790256032e0efcb906fc773bd4c6178b47f1826a860444e');
    assert.equal(
      formatHex(receipt),
      '82585f84500404040404040404040404040404040458200505050505050505050505050505050505050505050505050505050505050505582001eba7f63ebe3bde984385c499280859aac9a8c403804fe47ebbf31982d743531b000001a3185c50005840086b6d35f38ccbebfdb6b6c5d1411964540adbb756d0cf9b329b88f9acabe9cefba2deed0c6c30b005e7a605878135a12bcfca7a6aacf08fd7e7387a87c2ac0b',
    );
    // What a client would seal with the same randomness, by code of its own.
    const use = { label: 'rp1/hpke/release' as never, context: filled(32, 5), associated: new Uint8Array(0) };
    const { enc, ciphertext } = await sealTo(request.buyerKey, use, secret, random);
    assert.deepEqual(release, concatBytes(enc, ciphertext));
  });

  it('opens with the key of its buyer, for its offer, and with nothing else', async () => {
    const { release } = await agentOf(fileKey).seal(request);
    const message = { enc: release.slice(0, 1_120), ciphertext: release.slice(1_120) };
    const open = (seed: Bytes, context: Bytes, label = 'rp1/hpke/release') =>
      openWith(seed, { label: label as never, context, associated: new Uint8Array(0) }, message);
    assert.deepEqual(await open(buyerSeed, filled(32, 5)), secret);
    await assert.rejects(open(filled(32, 9), filled(32, 5)));
    await assert.rejects(open(buyerSeed, filled(32, 4)));
    await assert.rejects(open(buyerSeed, filled(32, 5), 'rp1/hpke/epoch'));
  });

  it('opens for the library of clients when the runtime sealed it, and is sealed anew each time', async () => {
    const agent = operatorAgent({ database: shop.sandbox.database, fileKey, seed: filled(32, 6) });
    const use = { label: 'rp1/hpke/release' as never, context: filled(32, 5), associated: new Uint8Array(0) };
    const seen = new Set<string>();
    for (let count = 0; count < 20; count++) {
      const { release } = await agent.seal(request);
      seen.add(formatHex(release));
      const message = { enc: release.slice(0, 1_120), ciphertext: release.slice(1_120) };
      assert.deepEqual(await openWith(buyerSeed, use, message), secret);
      await assert.rejects(openWith(filled(32, 9), use, message));
    }
    assert.equal(seen.size, 20);
  });

  it('is sealed to no key of a wrong length, to none beyond the modulus, and to no point of small order', async () => {
    const agent = operatorAgent({ database: shop.sandbox.database, fileKey, seed: filled(32, 6) });
    const { buyerKey } = request;
    const beyond = buyerKey.slice();
    beyond.set([0xff, 0xff, 0xff]);
    const wrong = [buyerKey.slice(1), concatBytes(buyerKey, filled(1, 0)), beyond];
    for (const point of [filled(32, 0), concatBytes(filled(1, 1), filled(31, 0))]) wrong.push(concatBytes(buyerKey.slice(0, 1_184), point));
    for (const key of wrong) {
      assert.equal(await agent.accepts(key), false);
      await assert.rejects(agent.seal({ ...request, buyerKey: key }), { code: 'bad-buyer-key' });
    }
    assert.equal(await agent.accepts(buyerKey), true);
  });

  it('cannot be made with another file key', async () => {
    await assert.rejects(agentOf(filled(32, 8)).seal(request));
  });
});
