// The shop dies on its way through a purchase, a receipt, a refund, a release. Nothing is half done then, and whoever asks the same again,
// of another process, gets what is theirs, once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openDatabase } from '@reprise/database';
import { type Bytes, formatHex, systemRandom } from '@reprise/kit';
import { sat } from '@reprise/ledger';
import { wire } from '../../mint/src/testing/sandbox.ts';
import { pricePlan } from './plans.ts';
import { carryOut, type Job, mortalSettings } from './testing/jobs.ts';
import { keptUntil } from './testing/kept-plans.ts';
import { Buyer, dayMs, seller, Shop } from './testing/shop.ts';

const points = ['opened', 'claimed', 'posting', 'posted', 'done'] as const;
const runs = process.env['REPRISE_LONG'] === '1' ? 20 : 1;

for (let run = 1; run <= runs; run++) describe(runs === 1 ? 'a shop that is killed' : `a shop that is killed, time ${run}`, describeDying);

function describeDying(): void {
  let folder: string;
  let shop: Shop;
  const keys = { seed: systemRandom(32), fileKey: systemRandom(32), agentSeed: systemRandom(32) };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reprise-service-crash-'));
    const { seed, ...rest } = keys;
    shop = await Shop.open(await openDatabase({ path: join(folder, 'shop.sqlite') }), {
      settings: mortalSettings,
      mint: { seed },
      ...rest,
    });
  });
  after(async () => {
    await shop[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Another process does the job and dies; then this one does it. */
  async function dieAndGoOn(point: string, job: Job): Promise<void> {
    const texts = [keys.seed, keys.fileKey, keys.agentSeed].map((key: Bytes) => formatHex(key));
    const script = new URL('./testing/shop.child.ts', import.meta.url).pathname;
    const offset = String(shop.sandbox.clock.now() - Date.now());
    const child = spawn(process.execPath, [script, join(folder, 'shop.sqlite'), ...texts, offset, point], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(JSON.stringify(job, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)));
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    assert.equal(signal, 'SIGKILL', `${point} was not reached`);
    await shop.assertWhole();
    await carryOut(shop.service, shop.cases, job);
    await shop.assertWhole();
  }

  for (const point of ['all-claimed', 'all-posted']) {
    it(`at ${point} sells once to each of many that came together`, async () => {
      const listing = await shop.offer({ price: 21 });
      const bought = [];
      for (let at = 0; at < 8; at++) bought.push({ buyer: new Buyer(), coins: { inputs: await shop.sandbox.coins(21n) } });
      const { offer } = listing;
      await dieAndGoOn(point, { buyAll: bought.map(({ buyer, coins }) => ({ offer, buyerKey: formatHex(buyer.key), coins })) });
      for (const { buyer, coins } of bought) {
        const { release } = await shop.service.buyWithCoins({ offer, buyerKey: buyer.key, quote: null, coins });
        assert.deepEqual(await buyer.open(listing.hash, release), listing.secret);
      }
      assert.equal(await shop.posted(`pending:${offer}#`), 168_000n);
    });
  }

  for (const point of ['all-claimed', 'all-posted']) {
    it(`at ${point} settles once each of many invoices that were paid together`, async () => {
      const listing = await shop.offer({ price: 30, sales: 6 });
      const paid = [];
      for (let at = 0; at < 8; at++) {
        const buyer = new Buyer();
        const { bolt11, paymentHash } = await shop.service.makeInvoice({ offer: listing.offer, buyerKey: buyer.key, quote: null });
        const amount = at === 0 ? 20_000n : at === 1 ? 33_000n : 30_000n;
        assert.ok(shop.sandbox.backend.world.receive(bolt11, amount));
        paid.push({ buyer, hash: paymentHash, amount });
      }
      await dieAndGoOn(point, { receivedAll: paid.map(({ hash, amount }) => ({ hash, amount })) });
      const owed: unknown[] = [];
      for (const { buyer, hash } of paid) {
        const bought = await shop.service.collect(listing.offer, hash).catch(() => undefined);
        if (bought) assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
        const refund = await shop.service.readRefund(hash).catch(() => undefined);
        if (refund) owed.push([refund.reason, refund.amount]);
      }
      assert.deepEqual(owed.toSorted(), [
        ['over-paid', 3n],
        ['sold-out', 30n],
        ['under-paid', 20n],
      ]);
      assert.equal(await shop.posted(`pending:${listing.offer}#`), 180_000n);
    });
  }

  for (const point of points) {
    it(`at ${point} sells once for coins`, async () => {
      const listing = await shop.offer({ price: 21, sales: 1 });
      const buyer = new Buyer();
      const coins = { inputs: await shop.sandbox.coins(21n) };
      await dieAndGoOn(point, { buy: { offer: listing.offer, buyerKey: formatHex(buyer.key), coins } });
      const bought = await shop.service.buyWithCoins({ offer: listing.offer, buyerKey: buyer.key, quote: null, coins });
      assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
      assert.equal(await shop.posted(`pending:${listing.offer}#`), 21_000n);
    });

    it(`at ${point} takes a tip once, and all of it is the maker’s`, async () => {
      const { offer } = await shop.offer({ price: 1, isFloor: true, isJar: true });
      const buyerKey = formatHex(new Buyer().key);
      await dieAndGoOn(point, { buy: { offer, buyerKey, coins: { inputs: await shop.sandbox.coins(1n) } } });
      const [line] = await shop.service.readEarnings(seller, offer);
      assert.deepEqual([line?.kind, line?.sales, line?.net], ['tip', 1, 1_000n]);
    });

    it(`at ${point} sells once for an invoice, and owes back what came above the price`, async () => {
      const listing = await shop.offer({ price: 30 });
      const buyer = new Buyer();
      const { bolt11, paymentHash } = await shop.service.makeInvoice({ offer: listing.offer, buyerKey: buyer.key, quote: null });
      assert.ok(shop.sandbox.backend.world.receive(bolt11, 35_000n));
      await dieAndGoOn(point, { received: { hash: paymentHash, amount: 35_000n } });
      const bought = await shop.service.collect(listing.offer, paymentHash);
      assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
      assert.equal(await shop.posted(`pending:${listing.offer}#`), 30_000n);
      const blanks = shop.sandbox.outputs(5n);
      await dieAndGoOn(point, { refund: { hash: paymentHash, coins: { outputs: wire(blanks) } } });
      const coins = shop.sandbox.unblind(blanks, await shop.service.takeRefund(paymentHash, { outputs: wire(blanks) }));
      await shop.sandbox.mint.swap({ inputs: coins, outputs: wire(shop.sandbox.outputs(5n)) });
    });

    it(`at ${point} gives sellers what matured, once`, async () => {
      const had = await shop.posted(`account:${seller}`);
      const waiting = await shop.posted('pending:');
      shop.sandbox.clock.pass(15 * dayMs);
      const { offer } = await shop.offer({ price: 1_000 });
      await shop.service.buyWithCoins({
        offer,
        buyerKey: new Buyer().key,
        quote: null,
        coins: { inputs: await shop.sandbox.coins(1_000n) },
      });
      shop.sandbox.clock.pass(15 * dayMs);
      await dieAndGoOn(point, { release: true });
      assert.equal(await shop.posted('pending:'), 0n);
      const commission = await shop.posted('commission#');
      const earned = (await shop.posted(`account:${seller}`)) - had;
      assert.ok(commission > 0n && earned < waiting + 1_000_000n && earned >= ((waiting + 1_000_000n) * 975n) / 1_000n);
    });

    it(`at ${point} sells a plan once, and extends it with what was paid`, async () => {
      const { service, sandbox } = shop;
      await pricePlan(sandbox.database, { plan: 'large', price: 20, currency: 'SAT', days: 30 }, sandbox.clock.now());
      const account = formatHex(systemRandom(32));
      const had = async () => [(await service.listBoughtPlans(account)).length, (await service.readBalance(account)).available];
      await service.bringCoins(account, await sandbox.coins(25n));
      await dieAndGoOn(point, { buyPlan: { account, request: 'p', plan: 'large', most: 20n } });
      assert.deepEqual(await had(), [1, 5n]);
      const until = await keptUntil(sandbox.database, account, 'large');
      const { invoice } = await service.orderPlan({ account, request: 'q', plan: 'large', most: sat(20n) });
      const { quote } = await sandbox.mint.makeMeltQuote({ request: invoice, unit: 'sat' });
      await sandbox.mint.melt({ quote, inputs: await sandbox.coins(20n) });
      await dieAndGoOn(point, { orders: true });
      assert.deepEqual(await had(), [2, 5n]);
      assert.equal(await keptUntil(sandbox.database, account, 'large'), until + 30 * dayMs);
    });

    it(`at ${point} freezes what is under notice once, and lets it go where the case was decided to`, async () => {
      const [id, { offer }] = [`N-${point}`, await shop.offer()];
      const { coins } = await shop.sold(offer);
      await shop.sold(offer);
      await dieAndGoOn(point, { openCase: { id, offer, owner: seller } });
      assert.equal(await shop.posted(`escrow:${id}`), 200_000n);
      shop.sandbox.clock.pass(15 * dayMs);
      const had = await shop.posted(`account:${seller}`);
      // Each decision at some of the points: what dies is the same code for all of them.
      const decision = ({ opened: 'dismissed', claimed: 'claim', posting: 'refund', posted: 'claim', done: 'refund' } as const)[point];
      const account = formatHex(systemRandom(32));
      if (decision === 'claim') await carryOut(shop.service, shop.cases, { decide: { id, decision } });
      await dieAndGoOn(point, decision === 'claim' ? { claim: { id, account } } : { decide: { id, decision } });
      assert.equal(await shop.posted(`escrow:${id}`), 0n);
      assert.equal((await shop.posted(`account:${seller}`)) - had, decision === 'dismissed' ? 195_000n : 0n);
      assert.equal(await shop.posted(`account:${account}`), decision === 'claim' ? 195_000n : 0n);
      if (decision !== 'refund') return;
      const payment = await shop.service.paymentWith(offer, coins);
      assert.deepEqual(await shop.service.readRefund(payment), { amount: 100n, reason: 'removed', state: 'owed' });
    });

    it(`at ${point} takes what an account brings, sells it something, and gives it coins, each once`, async () => {
      const { service, sandbox } = shop;
      const account = formatHex(systemRandom(32));
      const balance = async () => (await service.readBalance(account)).balance;
      await dieAndGoOn(point, { coinsIn: { account, inputs: await sandbox.coins(50n) } });
      assert.equal(await balance(), 50_000n);
      const deposit = await service.makeDeposit({ account, request: 'd', amount: sat(30n) });
      assert.ok(sandbox.backend.world.receive(deposit.invoice));
      await dieAndGoOn(point, { received: { hash: deposit.paymentHash, amount: 30_000n } });
      assert.equal(await balance(), 80_000n);
      const listing = await shop.offer({ price: 25 });
      const buyer = new Buyer();
      const purchase = { account, key: 'k', offer: listing.offer, buyerKey: formatHex(buyer.key) };
      await dieAndGoOn(point, { buyFromBalance: purchase });
      const bought = await service.buyFromBalance({ ...purchase, buyerKey: buyer.key, quote: null });
      assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
      assert.equal(await balance(), 55_000n);
      const blanks = sandbox.outputs(40n);
      const coinsOut = { account, request: 'o', coins: { outputs: wire(blanks) } };
      await dieAndGoOn(point, { coinsOut });
      await sandbox.mint.swap({ inputs: sandbox.unblind(blanks, await service.takeCoins(coinsOut)), outputs: wire(sandbox.outputs(40n)) });
      assert.equal(await balance(), 15_000n);
      const invoice = await service.makeInvoice({ offer: listing.offer, buyerKey: new Buyer().key, quote: null });
      await service.withdrawOffer(seller, listing.offer);
      await shop.pay(invoice.bolt11);
      await dieAndGoOn(point, { refundTo: { hash: invoice.paymentHash, account } });
      assert.equal(await balance(), 40_000n);
    });
  }
}
