// The shop's half of spec/vectors/paid.json: what it seals, signs and refuses, by code of its own, against the file that clients answer to.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ml_kem768_x25519 as xWing } from '@noble/post-quantum/hybrid.js';
import { openDatabase } from '@reprise/database';
import { type Bytes, formatHex, parseHex, systemRandom } from '@reprise/kit';
import { fitsCommitment } from './held-secret.ts';
import { operatorAgent } from './release.ts';
import { draw, seller, Shop } from './testing/shop.ts';

type Case = Readonly<Record<string, string>> & { readonly name: string; readonly verdict: 'accepted' | 'refused'; readonly what: string };

const file = join(import.meta.dirname, '../../../spec/vectors/paid.json');
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };
const of = (what: string): readonly Case[] => {
  const found = cases.filter((one) => one.what === what);
  for (const verdict of ['accepted', 'refused'])
    assert.ok(
      found.some((one) => one.verdict === verdict),
      `${what}: none is ${verdict}`,
    );
  return found;
};
const bytes = (one: Case, field: string): Bytes => parseHex(one[field] ?? '') as Bytes;

describe('the known answers of links that are sold, at the shop', () => {
  let shop: Shop;
  const fileKey = systemRandom(32);
  before(async () => {
    shop = await Shop.open(await openDatabase({ path: ':memory:' }), { fileKey });
  });
  after(() => shop[Symbol.asyncDispose]());
  const agentOf = (seed: Bytes, drawn: Bytes) =>
    operatorAgent({ database: shop.sandbox.database, fileKey, seed, encapsulate: (key) => xWing.encapsulate(key, drawn) });

  test('commitments fit, or are refused with the listing', async () => {
    for (const one of of('commitment')) {
      const { offerId = '', commitment = '' } = one;
      assert.equal(fitsCommitment(offerId, bytes(one, 'half'), commitment), one.verdict === 'accepted', one.name);
      const listing = { ...draw({ offer: offerId, secret: bytes(one, 'half') }), commitment };
      if (one.verdict === 'refused') await assert.rejects(shop.service.listOffer(seller, listing, 0), { code: 'bad-listing' }, one.name);
    }
  });

  test('keys of buyers are taken, or refused before a price is asked', async () => {
    for (const one of of('key')) {
      const asked = shop.service.assertBuyerKey(bytes(one, 'buyerKey'));
      if (one.verdict === 'accepted') await asked;
      else await assert.rejects(asked, { code: 'bad-buyer-key' }, one.name);
    }
  });

  test('releases and receipts are the bytes that clients accept', async () => {
    const [release] = of('release').filter(({ verdict }) => verdict === 'accepted');
    const [receipt] = of('receipt').filter(({ verdict }) => verdict === 'accepted');
    assert.ok(release && receipt);
    const { offerId: offer = '', hash = '', commitment = '' } = release;
    const listing = { ...draw({ offer, secret: bytes(release, 'half') }), hash, commitment };
    await shop.service.listOffer(seller, listing, 0);
    const [drawn] = release['random'] as unknown as readonly string[];
    const agent = agentOf(bytes(receipt, 'agentSeed'), parseHex(drawn ?? '') as Bytes);
    assert.equal(formatHex(agent.publicKey), receipt['agentKey']);
    const at = Number(receipt['at']);
    const given = await agent.seal({ offer, version: 1, hash, buyerKey: bytes(release, 'buyerKey'), at });
    assert.equal(formatHex(given.release), release['release']);
    assert.equal(formatHex(given.receipt), receipt['receipt']);
  });
});
