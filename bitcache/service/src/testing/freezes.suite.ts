// What an operator's freeze must do to money on either engine: one suite, run by cases/freezes.test.ts on SQLite and on a real PostgreSQL.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { sql, violationOf } from '@reprise/database';
import { formatHex, systemRandom } from '@reprise/kit';
import { sat } from '@reprise/ledger';
import { wire } from '../../../mint/src/testing/sandbox.ts';
import { decideCase, settleCases } from '../cases/decide.ts';
import { openCase } from '../cases/escrow.ts';
import { freezeAccount, liftFreeze, readFrozen, settleFreezes } from '../cases/freezes.ts';
import type { ServiceCode } from '../failures.ts';
import { approvePayout } from '../payout-approval.ts';
import { pricePlan } from '../plans.ts';
import type { CasesUnderTest } from './cases.suite.ts';
import { keptPlans } from './kept-plans.ts';
import { payoutsOf } from './payout-parts.ts';
import { Buyer, dayMs, draw, Shop } from './shop.ts';

type Under = () => Shop;
const drawHex = (bytes: number) => formatHex(systemRandom(bytes));
const newAccount = () => drawHex(32);
const drawId = () => `F-${drawHex(5).toUpperCase()}`;
const ground = 'a payment that was stolen';

export function describeFreezes({ name, open }: CasesUnderTest): void {
  describe(`freezes: ${name}`, { concurrency: false }, () => {
    let shop: Shop;
    before(async () => {
      shop = await Shop.open(await open('freezes'), { settings: { shards: 3, commission: 250n, sellsUnderNotice: true } });
    });
    afterEach(() => shop.assertWhole());
    after(() => shop[Symbol.asyncDispose]());
    describeBalance(() => shop);
    describePayouts(() => shop);
    describeSales(() => shop);
    describeRows(() => shop);
  });
}

async function refused(code: ServiceCode, work: Promise<unknown>, facts?: Readonly<Record<string, string>>): Promise<void> {
  await assert.rejects(work, facts ? { code, facts } : { code });
}

async function accountWith(shop: Shop, sats: bigint): Promise<string> {
  const account = newAccount();
  await shop.service.bringCoins(account, await shop.sandbox.coins(sats));
  return account;
}

/** Of an account of its own. */
async function offerOf(shop: Shop, account: string): Promise<string> {
  const listing = draw();
  await shop.service.listOffer(account, listing, 0);
  return listing.offer;
}

function describeBalance(under: Under): void {
  it('nothing leaves a balance that is frozen, what comes stays on it, and lifted it is free again', async () => {
    const shop = under();
    const { service, sandbox } = shop;
    const account = await accountWith(shop, 500n);
    const { offer } = await shop.offer();
    await pricePlan(sandbox.database, { plan: 'large', price: 100, currency: 'SAT', days: 30 }, sandbox.clock.now());
    const { id, ground: said, frozenAt } = await freezeAccount(shop.cases, { id: drawId(), account, ground });
    assert.deepEqual(await service.readFreeze(account), { id, account, ground: said, frozenAt });
    const takes: readonly (() => Promise<unknown>)[] = [
      async () => service.takeCoins({ account, request: drawHex(16), coins: { outputs: wire(sandbox.outputs(100n)) } }),
      async () => service.buyFromBalance({ account, key: drawHex(16), offer, buyerKey: new Buyer().key, quote: null }),
      async () => service.buyPlan({ account, request: drawHex(16), plan: 'large', most: sat(100n) }),
      async () =>
        payoutsOf(sandbox).order({
          account,
          request: drawHex(16),
          to: sandbox.backend.world.invoice(100_000n),
          amount: null,
          feeMax: null,
        }),
    ];
    for (const take of takes) await refused('frozen', take(), { freeze: id });
    assert.equal(await service.bringCoins(account, await sandbox.coins(20n)), 20n);
    assert.equal((await service.readBalance(account)).available, 520n);
    const other = await accountWith(shop, 100n);
    await service.buyFromBalance({ account: other, key: drawHex(16), offer, buyerKey: new Buyer().key, quote: null });
    assert.equal((await liftFreeze(shop.cases, id))?.account, account);
    assert.equal(await service.readFreeze(account), undefined);
    for (const take of takes) await take();
    const { available } = await service.readBalance(account);
    assert.ok(available > 0n && available < 130n, `${available} are left of 520 after four times about 100`);
  });

  it('what was taken before is answered alike after: a lost answer is no way round, and no loss', async () => {
    const shop = under();
    const { service, sandbox } = shop;
    const account = await accountWith(shop, 300n);
    const { offer } = await shop.offer();
    const purchase = { account, key: drawHex(16), offer, buyerKey: new Buyer().key, quote: null };
    const coins = { account, request: drawHex(16), coins: { outputs: wire(sandbox.outputs(100n)) } };
    const [bought, given] = [await service.buyFromBalance(purchase), await service.takeCoins(coins)];
    await freezeAccount(shop.cases, { id: drawId(), account, ground });
    assert.deepEqual((await service.buyFromBalance(purchase)).release, bought.release);
    assert.deepEqual(await service.takeCoins(coins), given);
    assert.equal((await service.readBalance(account)).available, 100n);
  });

  it('of a freeze and purchases of the same moment, each happened before it or is refused', async () => {
    const shop = under();
    const { service } = shop;
    const account = await accountWith(shop, 1_000n);
    const { offer } = await shop.offer();
    const buy = () => service.buyFromBalance({ account, key: drawHex(16), offer, buyerKey: new Buyer().key, quote: null });
    const [frozen, ...bought] = await Promise.allSettled([
      freezeAccount(shop.cases, { id: drawId(), account, ground }),
      ...Array.from({ length: 6 }, buy),
    ]);
    assert.equal(frozen?.status, 'fulfilled');
    for (const one of bought) if (one.status === 'rejected') await refused('frozen', Promise.reject(one.reason));
    const went = bought.filter(({ status }) => status === 'fulfilled').length;
    assert.equal((await service.readBalance(account)).available, 1_000n - 100n * BigInt(went));
    await refused('frozen', buy());
  });

  it('of a freeze while a plan is being priced: nothing was bought', async (t) => {
    const shop = under();
    const account = await accountWith(shop, 200n);
    await pricePlan(shop.sandbox.database, { plan: 'large', price: 100, currency: 'SAT', days: 30 }, shop.sandbox.clock.now());
    const describePlan = keptPlans.describe;
    const { mock } = t.mock.method(keptPlans, 'describe', async (plan: string) => {
      await freezeAccount(shop.cases, { id: drawId(), account, ground });
      return describePlan(plan);
    });
    await refused('frozen', shop.service.buyPlan({ account, request: drawHex(16), plan: 'large', most: sat(100n) }));
    mock.restore();
    assert.equal((await shop.service.readBalance(account)).available, 200n);
    assert.deepEqual(await shop.service.listBoughtPlans(account), []);
  });
}

function describePayouts(under: Under): void {
  it('a payout that no node has heard of waits, whoever approves it, and leaves once the freeze is lifted', async () => {
    const shop = under();
    const { sandbox } = shop;
    const account = await accountWith(shop, 400_000n);
    const payouts = payoutsOf(sandbox);
    const order = (sats: bigint) =>
      payouts.order({ account, request: drawHex(16), to: sandbox.backend.world.invoice(sats * 1_000n), amount: null, feeMax: null });
    const large = await order(200_001n);
    assert.equal(large.state, 'waiting', 'above the limit');
    const { id } = await freezeAccount(shop.cases, { id: drawId(), account, ground });
    assert.ok(await approvePayout(sandbox.database, large.id, sandbox.clock.now()));
    assert.equal(await payouts.resume(), 0);
    assert.deepEqual([(await payouts.read(account, large.id)).state, (await payouts.list(account))[0]?.state], ['waiting', 'waiting']);
    const [frozen] = (await readFrozen(sandbox.database)).filter((one) => one.account === account);
    assert.deepEqual([frozen?.leaving, frozen?.balance], [large.held, 400_000_000n - large.held]);
    await liftFreeze(shop.cases, id);
    await payouts.resume();
    assert.equal((await payouts.read(account, large.id)).state, 'paid');
    await payouts.close();
  });

  it('its owner calls a waiting payout back onto the balance, and no further', async () => {
    const shop = under();
    const { sandbox } = shop;
    const account = await accountWith(shop, 400_000n);
    const payouts = payoutsOf(sandbox);
    const to = sandbox.backend.world.invoice(200_001_000n);
    const { id } = await payouts.order({ account, request: drawHex(16), to, amount: null, feeMax: null });
    await freezeAccount(shop.cases, { id: drawId(), account, ground });
    await payouts.cancel(account, id);
    assert.equal((await shop.service.readBalance(account)).available, 400_000n);
    await payouts.close();
  });
}

function describeSales(under: Under): void {
  it('what all its links earn is held, those that are listed later too, and is the seller’s again when it is lifted', async () => {
    const shop = under();
    const { service, sandbox } = shop;
    const account = newAccount();
    const [first, second] = [await offerOf(shop, account), await offerOf(shop, account)];
    await shop.sold(first);
    const { id } = await freezeAccount(shop.cases, { id: drawId(), account, ground });
    const third = await offerOf(shop, account);
    for (const offer of [first, second, third]) await shop.sold(offer);
    await settleFreezes(shop.cases);
    sandbox.clock.pass(15 * dayMs);
    await service.releaseMatured();
    const before = await service.readBalance(account);
    assert.deepEqual([before.available, before.held + before.waiting], [0n, 390_000n]);
    const held = await service.readHeldEarnings(account);
    assert.deepEqual(held.map(({ offer }) => offer).sort(), [first, second, third].sort());
    assert.ok(held.every((one) => one.case === id && one.outcome === 'open'));
    assert.equal((await service.readOffer(third)).state, 'open', 'under notice a link goes on selling here');
    await liftFreeze(shop.cases, id);
    await service.releaseMatured();
    const lifted = await service.readBalance(account);
    assert.deepEqual([lifted.balance, lifted.held, lifted.waiting], [390_000n, 0n, 0n]);
  });

  it('where the operator stops sales under notice, none of its links sells, and each says under which reference', async () => {
    const shop = under();
    const stopping = shop.withSettings({ sellsUnderNotice: false });
    const account = newAccount();
    const offer = await offerOf(shop, account);
    const { id } = await freezeAccount(shop.cases, { id: drawId(), account, ground });
    await refused('under-notice', stopping.quotePrice(offer), { case: id });
    const later = draw();
    await stopping.listOffer(account, later, 0);
    await refused('under-notice', stopping.quotePrice(later.offer), { case: id });
    await liftFreeze(shop.cases, id);
    assert.equal((await stopping.quotePrice(later.offer)).sats, 100n);
  });

  it('a case that stands against a link of it takes what the freeze held, and gives it to the buyers', async () => {
    const shop = under();
    const account = newAccount();
    const offer = await offerOf(shop, account);
    const { coins } = await shop.sold(offer);
    const { id } = await freezeAccount(shop.cases, { id: drawId(), account, ground });
    const notice = `N-${drawHex(5).toUpperCase()}`;
    await openCase(shop.cases, notice, { offer, owner: account });
    await decideCase(shop.cases, notice, 'refund');
    await liftFreeze(shop.cases, id);
    await settleCases(shop.cases);
    const payment = await shop.service.paymentWith(offer, coins);
    const { amount, reason } = await shop.service.readRefund(payment);
    assert.deepEqual([amount, reason], [100n, 'removed']);
    assert.equal((await shop.service.readBalance(account)).held, 0n);
  });
}

function describeRows(under: Under): void {
  it('frozen twice is frozen once, lifted twice is lifted once, and an account may be frozen again', async () => {
    const shop = under();
    const account = newAccount();
    const raced = await Promise.all([1, 2, 3].map(() => freezeAccount(shop.cases, { id: drawId(), account, ground })));
    const id = raced[0]?.id as string;
    assert.ok(raced.every((one) => one.id === id));
    assert.ok(await liftFreeze(shop.cases, id));
    assert.equal(await liftFreeze(shop.cases, id), undefined);
    assert.equal(await liftFreeze(shop.cases, 'F-NONE'), undefined);
    const again = await freezeAccount(shop.cases, { id: drawId(), account, ground: 'again' });
    assert.notEqual(again.id, id);
    assert.deepEqual((await shop.service.readFreeze(account))?.ground, 'again');
  });

  it('what dies between its steps is finished by the next pass, either way', async () => {
    const shop = under();
    const { db } = shop.sandbox.database;
    const account = newAccount();
    const offer = await offerOf(shop, account);
    await shop.sold(offer);
    const id = drawId();
    const row = `'${id}', '${account}', 'x', ${shop.sandbox.clock.now()}`;
    await sql.raw(`insert into paid_freezes (id, account, ground, frozen_at) values (${row})`).execute(db);
    await settleFreezes(shop.cases);
    assert.equal((await shop.service.readBalance(account)).held, 97_500n);
    await sql.raw(`update paid_freezes set lifted_at = 1 where id = '${id}'`).execute(db);
    await settleFreezes(shop.cases);
    const { held, waiting } = await shop.service.readBalance(account);
    assert.deepEqual([held, waiting], [0n, 97_500n]);
  });

  it('raw statements neither change, lift twice nor forget a freeze', async () => {
    const shop = under();
    const account = newAccount();
    const { id } = await freezeAccount(shop.cases, { id: drawId(), account, ground });
    const raw = (text: string) => sql.raw(text).execute(shop.sandbox.database.db);
    const isRefused = (error: unknown) => violationOf(error) === 'check';
    for (const text of [
      `update paid_freezes set account = 'x' where id = '${id}'`,
      `update paid_freezes set ground = 'x', lifted_at = 1 where id = '${id}'`,
      `delete from paid_freezes where id = '${id}'`,
    ])
      await assert.rejects(raw(text), isRefused, text);
    const twice = `insert into paid_freezes (id, account, ground, frozen_at) values ('${drawId()}', '${account}', 'x', 1)`;
    await assert.rejects(raw(twice), (error) => violationOf(error) === 'unique');
    await liftFreeze(shop.cases, id);
    await assert.rejects(raw(`update paid_freezes set lifted_at = null where id = '${id}'`), isRefused);
    await assert.rejects(raw(`update paid_freezes set lifted_at = 2 where id = '${id}'`), isRefused);
  });
}
