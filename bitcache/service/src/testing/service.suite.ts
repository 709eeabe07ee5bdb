// What the sale of links must do on either engine: one suite, run by service.test.ts on SQLite and on a real PostgreSQL.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { type Database, sql, violationOf } from '@reprise/database';
import { systemRandom } from '@reprise/kit';
import { wire } from '../../../mint/src/testing/sandbox.ts';
import { decideCase } from '../cases/decide.ts';
import { openCase } from '../cases/escrow.ts';
import type { ServiceCode } from '../failures.ts';
import type { Listing } from '../offers.ts';
import { Buyer, dayMs, draw, seller, Shop } from './shop.ts';

export type ServiceUnderTest = {
  readonly name: string;
  /** A new, empty database. */
  readonly open: (place: string) => Promise<Database>;
};

type Under = () => Shop;

export function describeService({ name, open }: ServiceUnderTest): void {
  describe(name, () => {
    let shop: Shop;
    before(async () => {
      shop = await Shop.open(await open('shop'), { settings: { shards: 3, commission: 250n } });
      shop.rates.set('EUR', { price: 80_000n * 10n ** 8n, ageMs: 0 });
    });
    afterEach(() => shop.assertWhole());
    after(() => shop[Symbol.asyncDispose]());
    const under = () => shop;
    describe('offers', () => describeOffers(under));
    describe('prices', () => describePrices(under));
    describe('purchases with coins', () => describeCoins(under));
    describe('purchases over Lightning', () => describeLightning(under));
    describe('purchases over Lightning that coins of the same mint pay', () => describeInside(under));
    describe('offers with a bound', () => describeBounds(under));
    describe('tip jars', () => describeJars(under));
    describe('raw statements', () => describeLaws(under));
    it('earnings wait for their window and are then the seller’s, less a commission frozen in the sale', async () => {
      await using other = await Shop.open(await open('earnings'), { settings: { commission: 250n } });
      await earns(other);
    });
  });
}

async function refused(code: ServiceCode, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, { code });
}

async function refusedByMint(code: number, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, { code });
}

function describeOffers(under: Under): void {
  it('are listed, changed by who names the version that is there, withdrawn and listed again', async () => {
    const { service } = under();
    const listing = await under().offer();
    const { secret: _, sales: __, ...shown } = listing;
    assert.deepEqual(await service.readOffer(listing.offer), { ...shown, version: 1, state: 'open' });
    assert.equal(await service.listOffer(seller, listing, 0), 1);
    await refused('version-differs', service.listOffer(seller, draw({ offer: listing.offer }), 0));
    await refused('version-differs', service.listOffer(seller, listing, 2));
    await refused('not-yours', service.listOffer('cd'.repeat(32), listing, 1));
    await refused('not-yours', service.withdrawOffer('cd'.repeat(32), listing.offer));
    const dearer = draw({ offer: listing.offer, price: 200 });
    assert.equal(await service.listOffer(seller, dearer, 1), 2);
    await service.withdrawOffer(seller, listing.offer);
    await service.withdrawOffer(seller, listing.offer);
    assert.deepEqual(await service.readOffer(listing.offer).then(({ state, version }) => [state, version]), ['withdrawn', 2]);
    await refused('ended', service.quotePrice(listing.offer));
    assert.equal(await service.listOffer(seller, dearer, 2), 3);
    assert.equal((await service.readOffer(listing.offer)).state, 'open');
    await refused('no-offer', service.readOffer('00'.repeat(16)));
    await refused('no-offer', service.withdrawOffer(seller, '00'.repeat(16)));
  });

  it('are refused when a field is not of its form, or the half does not fit what the seller committed to', async () => {
    const { service, sandbox } = under();
    const wrong: readonly Partial<Listing>[] = [
      { offer: 'AB'.repeat(16) },
      { hash: 'ab' },
      { price: 0 },
      { price: 1.5 },
      { currency: 'GBP' as never },
      { secret: systemRandom(31) },
      { commitment: 'ab'.repeat(32) },
      { notAfter: sandbox.clock.now() },
      { sales: 0 },
    ];
    for (const terms of wrong) await refused('bad-listing', service.listOffer(seller, draw(terms), 0));
    await refused('bad-listing', service.listOffer('a:b', draw(), 0));
    await refused('price-too-high', service.listOffer(seller, draw({ price: 1_000_001 }), 0));
  });

  it('of two that are listed under one id at a time, one is', async () => {
    const { service } = under();
    const offer = draw().offer;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => service.listOffer(at % 2 ? seller : 'cd'.repeat(32), draw({ offer }), 0)),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('keep the half sealed at rest', async () => {
    const { sandbox } = under();
    const { offer, secret } = await under().offer();
    const row = await sandbox.database.db.selectFrom('paid_listings').select('secret').where('offer', '=', offer).executeTakeFirstOrThrow();
    assert.ok(!Buffer.from(row.secret).includes(Buffer.from(secret)));
  });
}

const jar: Partial<Listing> = { price: 1, isFloor: true, isJar: true };

function describeJars(under: Under): void {
  it('take whatever somebody gives from one satoshi, keep no commission, and stand in the statement as tips', async () => {
    const { service, sandbox } = under();
    const listing = await under().offer(jar);
    const { offer } = listing;
    assert.equal((await service.readOffer(offer)).isJar, true);
    await refused('bad-amount', service.quotePrice(offer, 0));
    const buyer = new Buyer();
    const coins = { inputs: await sandbox.coins(40n) };
    const given = { offer, buyerKey: buyer.key, quote: (await service.quotePrice(offer, 40)).text, coins };
    const [first, again] = [await service.buyWithCoins(given), await service.buyWithCoins(given)];
    assert.deepEqual(again.receipt, first.receipt);
    assert.ok(buyer.checkReceipt(listing, first.receipt, service.agentKey) > 0);
    const { bolt11 } = await service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null });
    await under().pay(bolt11);
    const day = new Date(sandbox.clock.now()).toISOString().slice(0, 10);
    const sums = { gross: 41_000n, commission: 0n, net: 41_000n, waiting: 41_000n, held: 0n };
    assert.deepEqual(await service.readEarnings(seller, offer), [{ offer, kind: 'tip', day, sales: 2, ...sums }]);
    assert.match(await service.exportEarnings(seller, offer), new RegExp(`\r\nregtest,${offer},tip,${day},2,41\\.000,0\\.000,`));
  });

  it('are nothing but that: another price, or an offer that becomes one, is refused', async () => {
    const { service, sandbox } = under();
    for (const wrong of [{ price: 2 }, { isFloor: false }, { currency: 'EUR' as const }])
      await refused('bad-listing', service.listOffer(seller, draw({ ...jar, ...wrong }), 0));
    const [{ offer: sold }, { offer }] = [await under().offer(), await under().offer(jar)];
    await refused('bad-listing', service.listOffer(seller, draw({ ...jar, offer: sold }), 1));
    await refused('bad-listing', service.listOffer(seller, draw({ offer }), 1));
    const raw = sandbox.database.db.updateTable('paid_listings').set({ is_jar: 0 }).where('offer', '=', offer);
    await assert.rejects(raw.execute());
  });

  it('take nothing once they are withdrawn, or while a case stands that was upheld', async () => {
    const { service, sandbox } = under();
    const tip = async (offer: string) => ({ offer, buyerKey: new Buyer().key, quote: null, coins: { inputs: await sandbox.coins(1n) } });
    const [{ offer: closed }, { offer: down }] = [await under().offer(jar), await under().offer(jar)];
    await service.withdrawOffer(seller, closed);
    await refused('ended', service.buyWithCoins(await tip(closed)));
    const id = `N-jar-${down.slice(0, 8)}`;
    await openCase(under().cases, id, { offer: down, owner: seller });
    await service.buyWithCoins(await tip(down));
    await decideCase(under().cases, id, 'refund');
    await refused('under-notice', service.buyWithCoins(await tip(down)));
  });
}

function describePrices(under: Under): void {
  it('in cents become satoshis by a fresh rate, rounded up', async () => {
    const { service, rates } = under();
    const { offer } = await under().offer({ price: 250, currency: 'EUR' });
    const quote = await service.quotePrice(offer);
    // 2.50 € at 80,000 € for a bitcoin: exactly 3,125 satoshis.
    assert.deepEqual([quote.sats, quote.price, quote.currency, quote.rate?.source], [3_125n, 250, 'EUR', 'a test']);
    const odd = await under().offer({ price: 251, currency: 'EUR' });
    assert.equal((await service.quotePrice(odd.offer)).sats, 3_138n);
    rates.set('EUR', { price: 80_000n * 10n ** 8n, ageMs: 16 * 60_000 });
    await refused('no-rate', service.quotePrice(offer));
    rates.set('EUR', { price: 1n, ageMs: 0 });
    await refused('price-too-high', service.quotePrice(offer));
    rates.set('EUR', { price: 80_000n * 10n ** 8n, ageMs: 0 });
    const dollars = await under().offer({ price: 250, currency: 'USD' });
    await refused('no-rate', service.quotePrice(dollars.offer));
  });

  it('are frozen by a quote for ten minutes, whatever the seller and the market do', async () => {
    const { service, sandbox, rates } = under();
    const first = await under().offer({ price: 80, currency: 'EUR' });
    const quote = await service.quotePrice(first.offer);
    assert.equal(quote.sats, 1_000n);
    rates.set('EUR', { price: 40_000n * 10n ** 8n, ageMs: 0 });
    const second = draw({ offer: first.offer, price: 800, currency: 'EUR' });
    await service.listOffer(seller, second, 1);
    const buyer = new Buyer();
    const coins = { inputs: await sandbox.coins(1_000n) };
    const paid = { offer: first.offer, buyerKey: buyer.key, coins };
    await refused('too-little', service.buyWithCoins({ ...paid, quote: null }));
    const bought = await service.buyWithCoins({ ...paid, quote: quote.text });
    // The half of the version that was quoted.
    assert.deepEqual(await buyer.open(first.hash, bought.release), first.secret);
    sandbox.clock.pass(10 * 60_000 + 1_000);
    const late = { ...paid, coins: { inputs: await sandbox.coins(1_000n) }, quote: quote.text };
    await refused('bad-quote', service.buyWithCoins(late));
    rates.set('EUR', { price: 80_000n * 10n ** 8n, ageMs: 0 });
  });

  it('that are a floor are paid with more where the buyer likes, and never with less', async () => {
    const { service, sandbox } = under();
    const listing = await under().offer({ price: 21, isFloor: true });
    const { offer } = listing;
    assert.equal((await service.readOffer(offer)).isFloor, true);
    assert.equal((await service.quotePrice(offer)).sats, 21n);
    const quote = await service.quotePrice(offer, 50);
    assert.deepEqual([quote.sats, quote.price], [50n, 50]);
    for (const amount of [20, 0, -1, 21.5, Number.NaN])
      await assert.rejects(service.quotePrice(offer, amount), { code: 'bad-amount', facts: { min: '21' } });
    await refused('price-too-high', service.quotePrice(offer, 1_000_001));
    const buyer = new Buyer();
    const bought = await service.buyWithCoins({
      ...{ offer, buyerKey: buyer.key, quote: quote.text },
      coins: { inputs: await sandbox.coins(50n) },
    });
    assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
    const other = new Buyer();
    const invoice = await service.makeInvoice({ offer, buyerKey: other.key, quote: (await service.quotePrice(offer, 30)).text });
    assert.equal(invoice.sats, 30n);
    await under().pay(invoice.bolt11);
    assert.deepEqual(await other.open(listing.hash, (await service.collect(offer, invoice.paymentHash)).release), listing.secret);
    assert.equal(await under().posted(`pending:${offer}#`), 80_000n);
    const cents = await under().offer({ price: 100, currency: 'EUR', isFloor: true });
    assert.equal((await service.quotePrice(cents.offer, 250)).sats, 3_125n);
    const fixed = await under().offer({ price: 21 });
    assert.equal((await service.quotePrice(fixed.offer, 21)).sats, 21n);
    await refused('bad-amount', service.quotePrice(fixed.offer, 22));
  });

  it('are paid only by quotes of this shop, for this offer', async () => {
    const { service, sandbox } = under();
    const [{ offer }, other] = [await under().offer(), await under().offer({ price: 1 })];
    const { text } = await service.quotePrice(other.offer);
    const coins = { inputs: await sandbox.coins(100n) };
    const [body = '', mac = ''] = text.split('.');
    const forged = Buffer.from(JSON.stringify([1, offer, 1, '1', 9e15])).toString('base64url');
    for (const quote of [text, `${forged}.${mac}`, body, `${body}.`, `${text}.${mac}`, '', 'x'.repeat(513), `${body}.${mac.slice(0, -2)}`])
      await refused('bad-quote', service.buyWithCoins({ offer, buyerKey: new Buyer().key, quote, coins }));
  });
}

function describeCoins(under: Under): void {
  it('give the half, a receipt and the change, and the same bytes whenever the coins are shown again', async () => {
    const { service, sandbox } = under();
    const listing = await under().offer({ price: 100 });
    const buyer = new Buyer();
    const inputs = await sandbox.coins(164n);
    const blanks = sandbox.outputs(127n);
    const purchase = { offer: listing.offer, buyerKey: buyer.key, quote: null, coins: { inputs, outputs: wire(blanks) } };
    const before = sandbox.clock.now();
    const bought = await service.buyWithCoins(purchase);
    assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
    assert.ok(buyer.checkReceipt(listing, bought.receipt, service.agentKey) >= before);
    const change = sandbox.unblind(blanks, bought.change);
    assert.deepEqual(
      change.map(({ amount }) => amount),
      [64n],
    );
    // In another order, without blanks, after the offer was withdrawn: the same coins.
    await service.withdrawOffer(seller, listing.offer);
    const again = await service.buyWithCoins({ ...purchase, coins: { inputs: inputs.toReversed() } });
    assert.deepEqual(again, bought);
    await refused('other-buyer-key', service.buyWithCoins({ ...purchase, buyerKey: new Buyer().key }));
    // The change is worth what it says, and what was paid is spent.
    await sandbox.mint.swap({ inputs: change, outputs: wire(sandbox.outputs(64n)) });
    await refusedByMint(11001, sandbox.mint.swap({ inputs, outputs: wire(sandbox.outputs(164n)) }));
  });

  it('that are shown by many at a time are spent once, and all get the same', async () => {
    const { service, sandbox } = under();
    const { offer } = await under().offer({ price: 7 });
    const buyer = new Buyer();
    const purchase = { offer, buyerKey: buyer.key, quote: null, coins: { inputs: await sandbox.coins(7n) } };
    const answers = await Promise.all(Array.from({ length: 8 }, () => service.buyWithCoins(purchase)));
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
    assert.deepEqual(
      (await service.readEarnings(seller, offer)).map(({ sales, gross }) => [sales, gross]),
      [[1, 7_000n]],
    );
  });

  it('with one token for two offers, or two buyers, buy once', async () => {
    const { service, sandbox } = under();
    const [one, two] = [await under().offer({ price: 8 }), await under().offer({ price: 8 })];
    const coins = { inputs: await sandbox.coins(8n) };
    const asks = [one, two, one, two, one].map(({ offer }) =>
      service.buyWithCoins({ offer, buyerKey: new Buyer().key, quote: null, coins }),
    );
    const outcomes = await Promise.allSettled(asks);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  it('that are wrong are refused, and nothing of it is spent', async () => {
    const { service, sandbox } = under();
    const { offer } = await under().offer({ price: 100 });
    const buyerKey = new Buyer().key;
    const inputs = await sandbox.coins(128n);
    const ask = (coins: Record<string, unknown>, more = {}) => service.buyWithCoins({ offer, buyerKey, quote: null, coins, ...more });
    await assert.rejects(ask({ inputs: inputs.filter(({ amount }) => amount < 100n).concat(await sandbox.coins(99n)) }), {
      code: 'too-little',
      facts: { missing: '1' },
    });
    // What is above the price could not be given back, in whole or in part.
    await refusedByMint(11005, ask({ inputs }));
    await refusedByMint(11005, ask({ inputs, outputs: wire(sandbox.outputs(3n)) }));
    await refusedByMint(
      10001,
      ask({ inputs: inputs.map((proof) => ({ ...proof, secret: 'another' })), outputs: wire(sandbox.outputs(31n)) }),
    );
    await refusedByMint(11007, ask({ inputs: [...inputs, ...inputs] }));
    await refusedByMint(1, ask({}));
    const whole = () => ({ inputs, outputs: wire(sandbox.outputs(31n)) });
    await refused('bad-buyer-key', ask(whole(), { buyerKey: systemRandom(1_215) }));
    await refused('bad-buyer-key', ask(whole(), { buyerKey: new Uint8Array(1_216).fill(255) }));
    await refused('no-offer', ask({ inputs }, { offer: '00'.repeat(16) }));
    assert.deepEqual((await sandbox.mint.swap({ inputs, outputs: wire(sandbox.outputs(128n)) })).signatures.length, 1);
  });

  it('for an offer that was withdrawn or has ended since the quote are refused, and nothing is spent', async () => {
    const { service, sandbox } = under();
    const listings = [await under().offer({ price: 16 }), await under().offer({ price: 16, notAfter: sandbox.clock.now() + 60_000 })];
    const quotes = await Promise.all(listings.map(({ offer }) => service.quotePrice(offer)));
    await service.withdrawOffer(seller, (listings[0] as Listing).offer);
    sandbox.clock.pass(61_000);
    const inputs = await sandbox.coins(16n);
    for (const { offer, text } of quotes) {
      await refused('ended', service.buyWithCoins({ offer, buyerKey: new Buyer().key, quote: text, coins: { inputs } }));
    }
    await sandbox.mint.swap({ inputs, outputs: wire(sandbox.outputs(16n)) });
  });
}

function describeLightning(under: Under): void {
  it('give the half once the invoice is paid, and the same bytes whenever it is asked for', async () => {
    const { service, sandbox } = under();
    const listing = await under().offer({ price: 321 });
    const buyer = new Buyer();
    const request = { offer: listing.offer, buyerKey: buyer.key, quote: null };
    const invoice = await service.makeInvoice(request);
    assert.equal(invoice.sats, 321n);
    assert.deepEqual(await service.makeInvoice(request), invoice);
    await refused('unpaid', service.collect(listing.offer, invoice.paymentHash));
    assert.ok(sandbox.backend.world.receive(invoice.bolt11));
    // Nobody told the shop; asked too soon after the last time, it does not ask the node again.
    await refused('unpaid', service.collect(listing.offer, invoice.paymentHash));
    sandbox.clock.pass(10_000);
    const bought = await service.collect(listing.offer, invoice.paymentHash);
    assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
    buyer.checkReceipt(listing, bought.receipt, service.agentKey);
    await Promise.all(Array.from({ length: 6 }, () => under().tell(invoice.bolt11)));
    await service.withdrawOffer(seller, listing.offer);
    assert.deepEqual(await service.collect(listing.offer, invoice.paymentHash), bought);
    await refused('no-invoice', service.collect('00'.repeat(16), invoice.paymentHash));
    await refused('no-refund', service.readRefund(invoice.paymentHash));
    assert.deepEqual(
      (await service.readEarnings(seller, listing.offer)).map(({ sales, gross }) => [sales, gross]),
      [[1, 321_000n]],
    );
  });

  it('are credited once, however many say so at a time', async () => {
    const { service, sandbox } = under();
    const { offer } = await under().offer({ price: 5 });
    const invoice = await service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null });
    assert.ok(sandbox.backend.world.receive(invoice.bolt11));
    await Promise.all(Array.from({ length: 8 }, () => under().tell(invoice.bolt11)));
    assert.equal(await under().posted(`pending:${offer}#`), 5_000n);
  });

  it('count when they are paid late, at the price that the invoice froze', async () => {
    const { service, sandbox } = under();
    const first = await under().offer({ price: 10 });
    const buyer = new Buyer();
    const request = { offer: first.offer, buyerKey: buyer.key, quote: null };
    const old = await service.makeInvoice(request);
    const second = draw({ offer: first.offer, price: 20 });
    await service.listOffer(seller, second, 1);
    const fresh = await service.makeInvoice(request);
    assert.deepEqual([fresh.sats, fresh.version], [20n, 2]);
    assert.notEqual(fresh.bolt11, old.bolt11);
    sandbox.clock.pass(60_000);
    await under().pay(old.bolt11);
    assert.deepEqual(await buyer.open(first.hash, (await service.collect(first.offer, old.paymentHash)).release), first.secret);
    await under().pay(fresh.bolt11);
    assert.deepEqual(await buyer.open(second.hash, (await service.collect(first.offer, fresh.paymentHash)).release), second.secret);
  });

  it('give back as coins what was paid above the price', async () => {
    const { service } = under();
    const { offer } = await under().offer({ price: 50 });
    const invoice = await service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null });
    await under().pay(invoice.bolt11, 70_500n);
    await service.collect(offer, invoice.paymentHash);
    assert.deepEqual(await service.readRefund(invoice.paymentHash), { amount: 20n, reason: 'over-paid', state: 'owed' });
    await takesRefund(under(), invoice.paymentHash, 20n);
  });

  it('are owed back when less came than the price, or the offer is no more', async () => {
    const { service } = under();
    const [less, gone] = [await under().offer({ price: 50 }), await under().offer({ price: 64 })];
    const small = await service.makeInvoice({ offer: less.offer, buyerKey: new Buyer().key, quote: null });
    const late = await service.makeInvoice({ offer: gone.offer, buyerKey: new Buyer().key, quote: null });
    await service.withdrawOffer(seller, gone.offer);
    await under().pay(small.bolt11, 49_999n);
    await under().pay(late.bolt11);
    await assert.rejects(service.collect(less.offer, small.paymentHash), { code: 'owed-back', facts: { amount: '49' } });
    await refused('owed-back', service.collect(gone.offer, late.paymentHash));
    assert.equal((await service.readRefund(small.paymentHash)).reason, 'under-paid');
    assert.equal((await service.readRefund(late.paymentHash)).reason, 'ended');
    await takesRefund(under(), late.paymentHash, 64n);
    assert.deepEqual(await service.readEarnings(seller, gone.offer), []);
  });

  it('are refused for a key that nothing can be sealed to, before an invoice is made', async () => {
    const { service, sandbox } = under();
    const { offer } = await under().offer();
    const made = sandbox.backend.world.ours.size;
    await refused('bad-buyer-key', service.makeInvoice({ offer, buyerKey: new Uint8Array(1_216).fill(255), quote: null }));
    await refused('bad-quote', service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: 'x.y' }));
    assert.equal(sandbox.backend.world.ours.size, made);
  });

  it('show one invoice to a buyer who asks twice at a time', async () => {
    const { service } = under();
    const { offer } = await under().offer();
    const request = { offer, buyerKey: new Buyer().key, quote: null };
    const invoices = await Promise.all(Array.from({ length: 5 }, () => service.makeInvoice(request)));
    assert.equal(new Set(invoices.map(({ bolt11 }) => bolt11)).size, 1);
  });
}

function describeInside(under: Under): void {
  const open = async (price: number) => {
    const { service } = under();
    const listing = await under().offer({ price });
    const buyer = new Buyer();
    const invoice = await service.makeInvoice({ offer: listing.offer, buyerKey: buyer.key, quote: null });
    const { quote, fee_reserve: fee } = await under().sandbox.mint.makeMeltQuote({ request: invoice.bolt11, unit: 'sat' });
    return { listing, buyer, invoice, quote, fee };
  };

  it('are sales in the books, and the node hears of nothing', async () => {
    const { service, sandbox } = under();
    const { listing, buyer, invoice, quote, fee } = await open(48);
    const before = sandbox.backend.handedOver.length;
    const paid = await sandbox.mint.melt({ quote, inputs: await sandbox.coins(48n) });
    assert.deepEqual([fee, paid.state, sandbox.backend.handedOver.length], [0, 'PAID', before]);
    const bought = await service.collect(listing.offer, invoice.paymentHash);
    assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
    assert.equal(await under().posted(`pending:${listing.offer}#`), 48_000n);
    assert.ok(!sandbox.backend.world.receive(invoice.bolt11), 'nobody can pay it any more');
    await refusedByMint(20006, sandbox.mint.makeMeltQuote({ request: invoice.bolt11, unit: 'sat' }));
  });

  it('are owed back when the offer was withdrawn meanwhile', async () => {
    const { service, sandbox } = under();
    const { listing, invoice, quote } = await open(16);
    await service.withdrawOffer(seller, listing.offer);
    await sandbox.mint.melt({ quote, inputs: await sandbox.coins(16n) });
    await refused('owed-back', service.collect(listing.offer, invoice.paymentHash));
    await takesRefund(under(), invoice.paymentHash, 16n);
  });

  it('that fail after the node has closed the invoice leave the buyer another one to pay', async () => {
    const { service, sandbox } = under();
    const { listing, buyer, invoice, quote } = await open(8);
    await sandbox.failInside(quote, await sandbox.coins(8n));
    const next = await service.makeInvoice({ offer: listing.offer, buyerKey: buyer.key, quote: null });
    assert.notEqual(next.bolt11, invoice.bolt11);
    await under().pay(next.bolt11);
    const bought = await service.collect(listing.offer, next.paymentHash);
    assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
  });

  it('give way to money that came from outside first', async () => {
    const { service, sandbox } = under();
    const { listing, invoice, quote } = await open(8);
    assert.ok(sandbox.backend.world.receive(invoice.bolt11));
    const inputs = await sandbox.coins(8n);
    await refusedByMint(20006, sandbox.mint.melt({ quote, inputs }));
    await service.collect(listing.offer, invoice.paymentHash);
    await sandbox.mint.swap({ inputs, outputs: wire(sandbox.outputs(8n)) });
    assert.equal(await under().posted(`pending:${listing.offer}#`), 8_000n);
  });

  it('leave money that comes from outside afterwards to nobody until it is given back', async () => {
    const { service, sandbox } = under();
    const { listing, invoice, quote } = await open(4);
    await sandbox.mint.melt({ quote, inputs: await sandbox.coins(4n) });
    const before = await under().posted('suspense');
    // A node that took money although it had cancelled.
    for (let times = 0; times < 2; times++)
      await service.received(invoice.paymentHash, { state: 'settled', amount: 4_000n as never, kept: 0n as never });
    assert.equal((await under().posted('suspense')) - before, 4_000n);
    assert.equal(await under().posted(`pending:${listing.offer}#`), 4_000n);
  });

  it('happen once, of many that pay one invoice at a time', async () => {
    const { service, sandbox } = under();
    const { listing, invoice } = await open(2);
    const requests = await Promise.all(
      Array.from({ length: 6 }, async () => ({
        quote: (await sandbox.mint.makeMeltQuote({ request: invoice.bolt11, unit: 'sat' })).quote,
        inputs: await sandbox.coins(2n),
      })),
    );
    const tries = await Promise.allSettled(requests.map((request) => sandbox.mint.melt(request)));
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal(await under().posted(`pending:${listing.offer}#`), 2_000n);
    assert.equal((await service.readEarnings(seller, listing.offer))[0]?.sales, 1);
  });
}

async function takesRefund(
  { service, sandbox }: Shop,
  paymentHash: Parameters<Shop['service']['readRefund']>[0],
  amount: bigint,
): Promise<void> {
  await refusedByMint(11005, service.takeRefund(paymentHash, { outputs: wire(sandbox.outputs(amount + 1n)) }));
  const blanks = sandbox.outputs(amount);
  const given = await service.takeRefund(paymentHash, { outputs: wire(blanks) });
  const coins = sandbox.unblind(blanks, given);
  assert.deepEqual(await service.takeRefund(paymentHash, { outputs: wire(blanks) }), given);
  await refused('no-refund', service.takeRefund(paymentHash, { outputs: wire(sandbox.outputs(amount)) }));
  assert.equal((await service.readRefund(paymentHash)).state, 'taken');
  await sandbox.mint.swap({ inputs: coins, outputs: wire(sandbox.outputs(amount)) });
}

function describeBounds(under: Under): void {
  it('sell no more than there is, whoever asks at the same time', async () => {
    const { service, sandbox } = under();
    const { offer } = await under().offer({ price: 4, sales: 3 });
    const tokens = [];
    for (let at = 0; at < 6; at++) tokens.push(await sandbox.coins(4n));
    const asks = tokens.map((inputs) => service.buyWithCoins({ offer, buyerKey: new Buyer().key, quote: null, coins: { inputs } }));
    const outcomes = await Promise.allSettled(asks);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3);
    for (const outcome of outcomes) if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'sold-out');
    assert.equal((await service.readOffer(offer)).state, 'sold-out');
    // Those who got nothing have their coins.
    const unspent = tokens.filter((_, at) => outcomes[at]?.status === 'rejected');
    await sandbox.mint.swap({ inputs: unspent.flat(), outputs: wire(sandbox.outputs(12n)) });
  });

  it('give each of many that come together what is theirs, and one that gets nothing takes nothing from the others', async () => {
    const { service, sandbox } = under();
    const [open, bounded] = [await under().offer({ price: 4 }), await under().offer({ price: 4, sales: 2 })];
    const tokens: Awaited<ReturnType<typeof sandbox.coins>>[] = [];
    for (let at = 0; at < 10; at++) tokens.push(await sandbox.coins(4n));
    const ask = (listing: Listing, inputs: (typeof tokens)[number] | undefined, buyer = new Buyer()) => ({
      buyer,
      listing,
      bought: service.buyWithCoins({ offer: listing.offer, buyerKey: buyer.key, quote: null, coins: { inputs } }),
    });
    const twice = new Buyer();
    const asks = [
      ...tokens.slice(0, 5).map((inputs) => ask(open, inputs)),
      ...tokens.slice(5, 9).map((inputs) => ask(bounded, inputs)),
      ask(open, tokens[9], twice),
      ask(open, tokens[9], twice),
      // Coins that bought, or buy at this moment.
      ask(open, tokens[0]),
      ask(bounded, tokens[1]),
    ];
    const outcomes = await Promise.allSettled(asks.map(({ bought }) => bought));
    for (const [at, { buyer, listing }] of asks.entries()) {
      const outcome = outcomes[at];
      if (outcome?.status !== 'fulfilled') continue;
      assert.deepEqual(await buyer.open(listing.hash, outcome.value.release), listing.secret);
    }
    const [first, second] = outcomes.slice(9, 11);
    assert.ok(first?.status === 'fulfilled' && second?.status === 'fulfilled');
    assert.deepEqual(first.value, second.value);
    const sold = async (listing: Listing) => (await service.listOwnOffers(seller)).find(({ offer }) => offer === listing.offer)?.sold;
    assert.equal(await sold(bounded), 2);
    const fromOne = outcomes[12]?.status === 'fulfilled' ? 1 : 0;
    assert.equal(await sold(open), 6 - fromOne);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 6 - fromOne + 2 + 1);
  });

  it('settle invoices that are paid together, each by itself: sold, told twice, too much, too little, and too late for the last one', async () => {
    const { service, sandbox } = under();
    const [open, bounded] = [await under().offer({ price: 10 }), await under().offer({ price: 10, sales: 2 })];
    const listings = [open, open, open, bounded, bounded, bounded, bounded];
    const invoices = await Promise.all(
      listings.map(async (listing) => {
        const buyer = new Buyer();
        return { listing, buyer, ...(await service.makeInvoice({ offer: listing.offer, buyerKey: buyer.key, quote: null })) };
      }),
    );
    const paid = [10_000n, 15_000n, 4_000n, 10_000n, 10_000n, 10_000n, 10_000n];
    for (const [at, { bolt11 }] of invoices.entries()) assert.ok(sandbox.backend.world.receive(bolt11, paid[at]));
    const withCoins = await sandbox.coins(10n);
    const coinBuyer = new Buyer();
    const [bought] = await Promise.all([
      service.buyWithCoins({ offer: open.offer, buyerKey: coinBuyer.key, quote: null, coins: { inputs: withCoins } }),
      ...[...invoices, ...invoices].map(({ bolt11 }) => under().tell(bolt11)),
    ]);
    assert.deepEqual(await coinBuyer.open(open.hash, bought.release), open.secret);
    const outcomes = await Promise.all(
      invoices.map(async ({ listing, buyer, paymentHash }) => {
        const granted = await service.collect(listing.offer, paymentHash).catch((error: { readonly code: string }) => error.code);
        const opened = typeof granted !== 'string' && Buffer.from(await buyer.open(listing.hash, granted.release)).equals(listing.secret);
        const refund = await service.readRefund(paymentHash).catch(() => undefined);
        return [opened, refund?.reason, refund?.amount];
      }),
    );
    assert.deepEqual(outcomes.slice(0, 3), [
      [true, undefined, undefined],
      [true, 'over-paid', 5n],
      [false, 'under-paid', 4n],
    ]);
    const late = outcomes.slice(3).filter(([opened]) => opened === false);
    assert.deepEqual(late, [
      [false, 'sold-out', 10n],
      [false, 'sold-out', 10n],
    ]);
    assert.equal(await under().posted(`pending:${bounded.offer}#`), 20_000n);
    assert.equal(await under().posted(`pending:${open.offer}#`), 30_000n);
  });

  it('count what was sold before, however often and by which device they are listed', async () => {
    const { service, sandbox } = under();
    const first = await under().offer({ price: 4 });
    const { offer } = first;
    const buy = async () =>
      service.buyWithCoins({ offer, buyerKey: new Buyer().key, quote: null, coins: { inputs: await sandbox.coins(4n) } });
    await buy();
    await buy();
    const of = async () => (await service.listOwnOffers(seller)).find((one) => one.offer === offer);
    assert.equal(await service.listOffer(seller, { ...first, sales: 3 }, 1), 2);
    assert.deepEqual([(await of())?.sold, (await of())?.salesLeft, (await service.quotePrice(offer)).salesLeft], [2, 1, 1]);
    assert.equal(await service.listOffer(seller, { ...first, sales: 3 }, 1), 2, 'an answer that was lost changes nothing');
    await buy();
    // Another device of the seller lists what it knows, and nobody gets a fourth.
    assert.equal(await service.listOffer(seller, draw({ offer, price: 4, sales: 3 }), 2), 3);
    await refused('sold-out', service.quotePrice(offer));
    assert.equal(await service.listOffer(seller, draw({ offer, price: 4, sales: 2 }), 3), 4);
    assert.deepEqual([(await of())?.state, (await of())?.salesLeft], ['sold-out', 0]);
    assert.equal(await service.listOffer(seller, draw({ offer, price: 4 }), 4), 5);
    await buy();
  });

  it('owe back what was paid for an invoice when another was faster', async () => {
    const { service } = under();
    const { offer } = await under().offer({ price: 9, sales: 1 });
    const [one, two] = await Promise.all([1, 2].map(() => service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null })));
    assert.ok(one && two);
    await under().pay(one.bolt11);
    await under().pay(two.bolt11);
    await service.collect(offer, one.paymentHash);
    await refused('owed-back', service.collect(offer, two.paymentHash));
    assert.deepEqual(await service.readRefund(two.paymentHash), { amount: 9n, reason: 'sold-out', state: 'owed' });
  });
}

async function earns(shop: Shop): Promise<void> {
  const { service, sandbox } = shop;
  const listing = await shop.offer({ price: 100 });
  const buy = async (amount: bigint) =>
    service.buyWithCoins({ offer: listing.offer, buyerKey: new Buyer().key, quote: null, coins: { inputs: await sandbox.coins(amount) } });
  await buy(100n);
  sandbox.clock.pass(13 * dayMs);
  assert.equal(await service.releaseMatured(), 0);
  const [line] = await service.readEarnings(seller);
  assert.deepEqual([line?.gross, line?.commission, line?.net, line?.waiting], [100_000n, 2_500n, 97_500n, 97_500n]);
  sandbox.clock.pass(dayMs);
  const released = await Promise.all([service.releaseMatured(), service.releaseMatured()]);
  assert.deepEqual(released.toSorted(), [0, 1]);
  assert.deepEqual([await shop.posted(`account:${seller}`), await shop.posted('commission#')], [97_500n, 2_500n]);
  // Known for ninety days: a day is enough.
  sandbox.clock.pass(80 * dayMs);
  await buy(100n);
  sandbox.clock.pass(dayMs);
  assert.equal(await service.releaseMatured(), 1);
  assert.equal(await shop.posted(`account:${seller}`), 195_000n);
  const [head, ...lines] = (await service.exportEarnings(seller, listing.offer)).split('\r\n');
  assert.equal(head, 'network,offer,kind,day,sales,gross_sat,commission_sat,net_sat,waiting_sat,held_sat');
  assert.equal(lines.length, 3);
  for (const text of lines.slice(0, 2))
    assert.match(text, /^regtest,[0-9a-f]{32},sale,\d{4}-\d\d-\d\d,1,100\.000,2\.500,97\.500,0\.000,0\.000$/);
  assert.deepEqual(await service.readEarnings('cd'.repeat(32)), []);
  await shop.assertWhole();
  await spends(shop);
  await shop.assertWhole();
}

/** A seller who has earned 195 satoshis buys from somebody. */
async function spends(shop: Shop): Promise<void> {
  const { service } = shop;
  const listing = await shop.offer({ price: 100, sales: 1 });
  const buyer = new Buyer();
  const purchase = { account: seller, key: 'first', offer: listing.offer, buyerKey: buyer.key, quote: null };
  const answers = await Promise.all(Array.from({ length: 6 }, () => service.buyFromBalance(purchase)));
  assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  assert.deepEqual(await buyer.open(listing.hash, answers[0]?.release ?? new Uint8Array(0)), listing.secret);
  assert.equal(await shop.posted(`account:${seller}`), 95_000n);
  await refused('other-buyer-key', service.buyFromBalance({ ...purchase, buyerKey: new Buyer().key }));
  const other = await shop.offer({ price: 1 });
  await refused('key-reused', service.buyFromBalance({ ...purchase, offer: other.offer }));
  await refused('key-reused', service.buyFromBalance({ ...purchase, key: 'a/b' }));
  const dearer = await shop.offer({ price: 100 });
  const again = { ...purchase, offer: dearer.offer, key: 'second' };
  await assert.rejects(service.buyFromBalance(again), { code: 'balance-too-low', facts: { missing: '5' } });
  await assert.rejects(service.buyFromBalance({ ...again, account: 'nobody' }), { code: 'balance-too-low', facts: { missing: '100' } });
  // Two at a time, and enough for one of them.
  const dear = await shop.offer({ price: 60 });
  const both = ['third', 'fourth'].map((key) => service.buyFromBalance({ ...purchase, offer: dear.offer, key }));
  assert.equal((await Promise.allSettled(both)).filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal(await shop.posted(`account:${seller}`), 35_000n);
}

function describeLaws(under: Under): void {
  it('that would change what was sold are refused', async () => {
    const { service, sandbox } = under();
    const { offer } = await under().offer({ price: 2, sales: 1 });
    const invoice = await service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null });
    await under().pay(invoice.bolt11, 3_000n);
    const sale = (await service.collect(offer, invoice.paymentHash)).sale;
    const statements = [
      `update paid_listings set price = 1 where offer = '${offer}'`,
      `delete from paid_listings where offer = '${offer}'`,
      `update paid_offers set seller = 'me' where id = '${offer}'`,
      `update paid_offers set version = 0 where id = '${offer}'`,
      `update paid_offers set sales_left = -1 where id = '${offer}'`,
      `update paid_invoices set state = 'open' where payment_hash = '${invoice.paymentHash}'`,
      `update paid_invoices set price = 1 where payment_hash = '${invoice.paymentHash}'`,
      `update paid_sales set gross = 1 where id = '${sale}'`,
      `update paid_sales set commission = 0, state = 'released' where id = '${sale}'`,
      `update paid_sales set state = 'pending' where id = '${sale}'`,
      `delete from paid_sales where id = '${sale}'`,
      `update paid_grants set buyer_key_hash = 'x' where sale = '${sale}'`,
      `delete from paid_grants where sale = '${sale}'`,
      `update paid_refunds set amount = 2 where payment_hash = '${invoice.paymentHash}'`,
      `delete from paid_refunds where payment_hash = '${invoice.paymentHash}'`,
    ];
    for (const statement of statements) {
      await assert.rejects(sql.raw(statement).execute(sandbox.database.db), (error) => violationOf(error) === 'check', statement);
    }
  });
}
