// Purchases whose transaction ended without a word: what a buyer is told is how the coins stand, and what they bought is theirs.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { SilentDatabase } from '../../../storage/database/src/testing/silent-database.ts';
import { Buyer, Shop } from './testing/shop.ts';

describe('a purchase that ended without a word', () => {
  let database: SilentDatabase;
  let shop: Shop;
  let offer: string;
  before(async () => {
    database = new SilentDatabase(await openDatabase({ path: ':memory:' }));
    shop = await Shop.open(database);
    ({ offer } = await shop.offer({ price: 8 }));
    // Accounts of the books are opened in transactions of their own.
    await shop.sold(offer, 8n);
  });
  afterEach(() => shop.assertWhole());
  after(() => shop[Symbol.asyncDispose]());

  const purchaseOf = (inputs: unknown, buyerKey = new Buyer().key) => ({ offer, buyerKey, quote: null, coins: { inputs } });

  it('is told that the coins are spent, where another buyer was faster', async () => {
    const coins = await shop.sandbox.coins(8n);
    // By a counter of its own: what comes to one meanwhile waits for its transaction.
    database.loseAfter(() => shop.withSettings({}).buyWithCoins(purchaseOf(coins)));
    await assert.rejects(shop.service.buyWithCoins(purchaseOf(coins)), { code: 'other-buyer-key' });
    const others = await shop.sandbox.coins(8n);
    database.loseAfter(() => shop.sandbox.mint.swap({ inputs: others, outputs: [shop.sandbox.outputs(8n)[0]?.output] }));
    await assert.rejects(shop.service.buyWithCoins(purchaseOf(others)), { code: 11001 });
  });

  it('gives what was bought, where it was made', async () => {
    const purchase = purchaseOf(await shop.sandbox.coins(8n));
    database.loseAnswer();
    const bought = await shop.service.buyWithCoins(purchase);
    assert.deepEqual(await shop.service.buyWithCoins(purchase), bought);
  });
});
