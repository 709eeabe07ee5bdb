// What accounts do with money, on either engine: deposits, coins in and out, refunds, payouts. Run by accounts.test.ts.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { type Database, sql, violationOf } from '@reprise/database';
import { formatHex, systemRandom } from '@reprise/kit';
import { Ledger, msat, sat } from '@reprise/ledger';
import {
  acknowledge,
  LightningFailure,
  parseInvoice,
  type PaymentHash,
  PaymentJournal,
  type PaymentJournalSettings,
} from '@reprise/lightning';
import { ScriptedBackend } from '../../../lightning/src/testing/scripted.ts';
import { wire } from '../../../mint/src/testing/sandbox.ts';
import { endPayout } from '../carry-out.ts';
import { compareBooks } from '../compare-books.ts';
import type { ServiceCode } from '../failures.ts';
import { readHouseEarnings, sweepEarnings } from '../house-earnings.ts';
import { defaultLeavingLimits } from '../leaving.ts';
import type { AddressFetch } from '../lightning-address.ts';
import { approvePayout, listHeldPayouts, rejectPayout } from '../payout-approval.ts';
import { defaultPayoutSettings, type PayoutPorts, type PayoutSettings } from '../payout-ports.ts';
import { openPayouts, type PayoutOrder, type Payouts } from '../payouts.ts';
import { answersWith } from './payout-parts.ts';
import { Buyer, seller, Shop } from './shop.ts';

export type AccountsUnderTest = {
  readonly name: string;
  /** The same place is the same database, opened once more. */
  readonly open: (place: string) => Promise<Database>;
};

type Under = () => Shop;

export function describeAccounts({ name, open }: AccountsUnderTest): void {
  describe(name, () => {
    let shop: Shop;
    before(async () => {
      shop = await Shop.open(await open('accounts'), {
        settings: { shards: 3, openDepositsMax: 30, leaving: { ...defaultLeavingLimits, payoutMax: sat(500n), accountDayMax: sat(900n) } },
      });
    });
    afterEach(() => shop.assertWhole());
    after(() => shop[Symbol.asyncDispose]());
    const under = () => shop;
    it('the books are compared with all that they stand for, and what was written beside them is found', async () => {
      const other = await Shop.open(await open('watched'));
      const { database } = other.sandbox;
      const account = await accountWith(other, 300n);
      const { bolt11 } = await other.service.makeInvoice({ offer: (await other.offer()).offer, buyerKey: new Buyer().key, quote: null });
      await other.pay(bolt11, 110_000n);
      await payoutsOf(other).order(orderOf(account, other.sandbox.backend.world.invoice(100_000n, { end: 'hangs' })));
      const { quote } = await other.sandbox.mint.makeMintQuote({ amount: 5n, unit: 'sat' });
      assert.deepEqual([await compareBooks(database, 'quick'), await compareBooks(database, 'whole')], [[], []]);
      // As no code of ours would: a quote is paid by nobody, and a coin is there that nobody signed for.
      await sql.raw(`update mint_quotes set amount_paid = 5 where id = '${quote}'`).execute(database.db);
      assert.deepEqual(await compareBooks(database, 'quick'), [{ what: 'minting#', books: 0n, rows: 5_000n }]);
      const [coin] = await database.db.selectFrom('mint_outputs').selectAll().limit(1).execute();
      assert.ok(coin);
      await database.db
        .insertInto('mint_outputs')
        .values({ ...coin, b: `02${'ab'.repeat(32)}`, seq: 63 })
        .execute();
      const found = await compareBooks(database, 'whole');
      assert.deepEqual(
        found.map(({ what, books, rows }) => [what, rows - books]),
        [
          ['minting#', 5_000n],
          [`ecash:${coin.keyset.slice(2)}`, BigInt(coin.amount ?? 0) * 1_000n],
          ['quotes that no operation settled', 5_000n],
        ],
      );
      await other[Symbol.asyncDispose]();
    });
    describe('deposits', () => {
      describeDeposits(under);
      describeRoom(under);
    });
    describe('coins', () => describeCoins(under));
    describe('payouts', () => describePayouts(under));
    describe('earnings of the house', () => describeHouse(under));
    describe('while money is stopped', () => describeStopped(under));
    describe('payouts under way', () => describeUnderWay(under, open));
  });
}

const draw = () => formatHex(systemRandom(16));
const newAccount = () => formatHex(systemRandom(32));

async function refused(code: ServiceCode, work: Promise<unknown>, facts: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await assert.rejects(work, (error: { code?: unknown; facts?: Readonly<Record<string, unknown>> }) => {
    assert.equal(error.code, code, String(error));
    for (const [fact, value] of Object.entries(facts)) assert.equal(error.facts?.[fact], value, fact);
    return true;
  });
}

/** An account with so much, brought as coins. */
async function accountWith({ service, sandbox }: Shop, sats: bigint): Promise<string> {
  const account = newAccount();
  await service.bringCoins(account, await sandbox.coins(sats));
  return account;
}

const balanceOf = async ({ service }: Shop, account: string) => (await service.readBalance(account)).balance;

function describeDeposits(under: Under): void {
  it('fill a balance once, however often they are told, and keep parts of a satoshi for the house', async () => {
    const shop = under();
    const order = { account: newAccount(), request: draw(), amount: sat(500n) };
    const deposit = await shop.service.makeDeposit(order);
    assert.deepEqual(await shop.service.makeDeposit(order), deposit);
    await refused('key-reused', shop.service.makeDeposit({ ...order, amount: sat(501n) }));
    assert.deepEqual([deposit.state, deposit.received], ['open', null]);
    await shop.pay(deposit.invoice, 500_700n);
    await shop.tell(deposit.invoice);
    const settled = await shop.service.readDeposit(order.account, deposit.paymentHash);
    assert.deepEqual([settled.state, settled.received], ['settled', 500n]);
    assert.equal(await balanceOf(shop, order.account), 500_000n);
    await refused('no-invoice', shop.service.readDeposit(newAccount(), deposit.paymentHash));
  });

  it('are found by asking, when nobody told, and come late all the same', async () => {
    const shop = under();
    const account = newAccount();
    const { invoice, paymentHash } = await shop.service.makeDeposit({ account, request: draw(), amount: sat(40n) });
    assert.ok(shop.sandbox.backend.world.receive(invoice));
    shop.sandbox.clock.pass(3_600_000);
    assert.equal((await shop.service.readDeposit(account, paymentHash)).state, 'settled');
    assert.equal(await balanceOf(shop, account), 40_000n);
  });

  it('are refused above what an account may hold, and a wallet of the mint pays one in the books', async () => {
    const shop = under();
    const { sandbox, service } = shop;
    const account = await accountWith(shop, 400_000n);
    await refused('amount', service.makeDeposit({ account, request: draw(), amount: sat(100_001n) }), { max: '100000' });
    await refused('amount', service.makeDeposit({ account, request: draw(), amount: sat(0n) }));
    const { invoice, paymentHash } = await service.makeDeposit({ account, request: draw(), amount: sat(100_000n) });
    const quote = await sandbox.mint.makeMeltQuote({ request: invoice, unit: 'sat' });
    await sandbox.mint.melt({ quote: quote.quote, inputs: await sandbox.coins(100_000n), outputs: [] });
    assert.equal((await service.readDeposit(account, paymentHash)).state, 'settled');
    assert.equal(await balanceOf(shop, account), 500_000_000n);
    assert.equal(sandbox.backend.handedOver.length, 0);
  });
}

function describeHouse(under: Under): void {
  it('are taken out onto a balance, once, and no more than there are', async () => {
    const shop = under();
    const { database } = shop.sandbox;
    const account = newAccount();
    const earn = async () => {
      for (let i = 0; i < 4; i++) {
        const { invoice } = await shop.service.makeDeposit({ account: newAccount(), request: draw(), amount: sat(1n) });
        await shop.pay(invoice, 1_900n);
      }
    };
    await earn();
    const { left, taken } = await readHouseEarnings(database.db);
    assert.ok(left >= 3_600n);
    await refused('amount', sweepEarnings(shop.sandbox, { account, amount: sat(left / 1_000n + 1n) }), { max: String(left / 1_000n) });
    assert.equal(await sweepEarnings(shop.sandbox, { account, amount: sat(1n) }), 1n);
    const swept = await sweepEarnings(shop.sandbox, { account, amount: null });
    assert.equal(await balanceOf(shop, account), (swept + 1n) * 1_000n);
    const after = await readHouseEarnings(database.db);
    assert.deepEqual([after.taken - taken, after.left], [(swept + 1n) * 1_000n, left % 1_000n]);
    await refused('amount', sweepEarnings(shop.sandbox, { account, amount: null }), { max: '0' });
    await earn();
    const ends = await Promise.allSettled([1, 2, 3].map(() => sweepEarnings(shop.sandbox, { account, amount: null })));
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.ok((await readHouseEarnings(database.db)).left < 1_000n);
  });
}

function describeRoom(under: Under): void {
  it('are shown as ended once their invoice was to be closed, and hold their room while somebody may still pay it', async () => {
    const shop = under();
    const { sandbox, service } = shop;
    const order = { account: newAccount(), request: draw(), amount: sat(500_000n) };
    const { invoice, paymentHash } = await service.makeDeposit(order);
    const { quote } = await sandbox.mint.makeMeltQuote({ request: invoice, unit: 'sat' });
    sandbox.backend.whileCancelled = () => Promise.reject(new LightningFailure('unavailable'));
    await assert.rejects(sandbox.mint.melt({ quote, inputs: await sandbox.coins(500_000n) }), { code: 2 });
    assert.equal((await service.makeDeposit(order)).state, 'expired');
    await refused('amount', service.makeDeposit({ ...order, request: draw() }), { max: '0' });
    await sandbox.failInside(quote, await sandbox.coins(500_000n));
    await refused('amount', service.makeDeposit({ ...order, request: draw() }), { max: '0' });
    await sandbox.mint.melt({ quote, inputs: await sandbox.coins(500_000n) });
    assert.equal((await service.readDeposit(order.account, paymentHash)).state, 'settled');
    const other = { account: newAccount(), request: draw(), amount: sat(500_000n) };
    await service.makeDeposit(other);
    sandbox.clock.pass(600_001);
    await service.makeDeposit({ ...other, request: draw() });
    assert.equal(await balanceOf(shop, order.account), 500_000_000n);
  });

  it('that coins pay bring no account above what it may hold, and spend nothing then', async () => {
    const shop = under();
    const { sandbox, service } = shop;
    const account = newAccount();
    const { invoice } = await service.makeDeposit({ account, request: draw(), amount: sat(500_000n) });
    const { quote } = await sandbox.mint.makeMeltQuote({ request: invoice, unit: 'sat' });
    assert.equal(await service.refundToAccount(await refundOf(shop), account), 40n);
    const inputs = await sandbox.coins(500_000n);
    await assert.rejects(sandbox.mint.melt({ quote, inputs }), { code: 20006 });
    assert.equal(await balanceOf(shop, account), 40_000n);
    await sandbox.mint.swap({ inputs, outputs: wire(sandbox.outputs(500_000n)) });
  });

  it('bring no account above what it may hold, however many are open and whoever asks at the same time', async () => {
    const { service, sandbox } = under();
    const account = newAccount();
    const order = (sats: bigint) => ({ account, request: draw(), amount: sat(sats) });
    const first = await service.makeDeposit(order(300_000n));
    const raced = await Promise.allSettled([1, 2, 3, 4].map(() => service.makeDeposit(order(100_000n))));
    assert.equal(raced.filter(({ status }) => status === 'fulfilled').length, 2);
    for (const one of raced) if (one.status === 'rejected') await refused('amount', Promise.reject(one.reason), { max: '0' });
    const coins = await sandbox.coins(1n);
    await refused('amount', service.bringCoins(account, coins), { max: '0' });
    await under().pay(first.invoice);
    sandbox.clock.pass(600_001);
    await refused('amount', service.makeDeposit(order(200_001n)), { max: '200000' });
    assert.equal(await service.bringCoins(account, coins), 1n);
  });

  it('are open in a bounded number, of one account and in all, whoever asks at the same time', async () => {
    const { sandbox, service } = under();
    sandbox.clock.pass(600_001);
    const account = newAccount();
    const { openOfAccount, openInAll } = { openOfAccount: 20, openInAll: 30 };
    const order = () => service.makeDeposit({ account, request: draw(), amount: sat(1n) });
    const raced = await Promise.allSettled(Array.from({ length: openOfAccount + 5 }, order));
    assert.equal(raced.filter(({ status }) => status === 'fulfilled').length, openOfAccount);
    for (const one of raced) if (one.status === 'rejected') await refused('busy', Promise.reject(one.reason));
    await refused('busy', order());
    for (let count = openOfAccount; count < openInAll; count++)
      await service.makeDeposit({ account: newAccount(), request: draw(), amount: sat(1n) });
    const made = sandbox.backend.world.ours.size;
    await refused('busy', service.makeDeposit({ account: newAccount(), request: draw(), amount: sat(1n) }));
    assert.equal(sandbox.backend.world.ours.size, made, 'the node is not asked for nothing');
    sandbox.clock.pass(600_001);
    await service.makeDeposit({ account, request: draw(), amount: sat(1n) });
  });
}

function describeCoins(under: Under): void {
  it('become balance once, and balance becomes coins once', async () => {
    const shop = under();
    const { service, sandbox } = shop;
    const account = newAccount();
    const inputs = await sandbox.coins(21n);
    const raced = await Promise.allSettled([1, 2, 3].map(() => service.bringCoins(account, inputs)));
    assert.deepEqual(
      raced.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason))),
      [21n, 21n, 21n],
    );
    await refused('key-reused', service.bringCoins(newAccount(), inputs));
    assert.equal(await balanceOf(shop, account), 21_000n);
    const blanks = sandbox.outputs(20n);
    const command = { account, request: draw(), coins: { outputs: wire(blanks) } };
    const given = await Promise.all([1, 2, 3].map(() => service.takeCoins(command)));
    assert.deepEqual(given[1], given[0]);
    assert.deepEqual(given[2], given[0]);
    await refused('key-reused', service.takeCoins({ ...command, coins: { outputs: wire(sandbox.outputs(1n)) } }));
    await refused('balance-too-low', service.takeCoins({ account, request: draw(), coins: { outputs: wire(sandbox.outputs(5n)) } }), {
      missing: '4',
    });
    await sandbox.mint.swap({ inputs: sandbox.unblind(blanks, given[0] ?? []), outputs: wire(sandbox.outputs(20n)) });
    assert.equal(await balanceOf(shop, account), 1_000n);
  });

  it('leave within the limits of payouts, and are counted with them', async () => {
    const shop = under();
    const { service, sandbox } = shop;
    const account = await accountWith(shop, 5_000n);
    const takes = (sats: bigint) => service.takeCoins({ account, request: draw(), coins: { outputs: wire(sandbox.outputs(sats)) } });
    const payouts = payoutsOf(shop, { payoutMax: sat(500n), accountDayMax: sat(900n) });
    await refused('amount', takes(501n), { max: '500' });
    await takes(500n);
    assert.equal((await payouts.order(orderOf(account, sandbox.backend.world.invoice(401_000n)))).state, 'waiting');
    await refused('amount', takes(1n), { max: '0' });
    const [waiting] = await payouts.list(account);
    await payouts.cancel(account, waiting?.id ?? '');
    assert.equal((await payouts.order(orderOf(account, sandbox.backend.world.invoice(300_000n)))).state, 'paid');
    const raced = await Promise.allSettled([1, 2, 3].map(() => takes(60n)));
    assert.equal(raced.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const one of raced) if (one.status === 'rejected') await refused('amount', Promise.reject(one.reason), { max: '40' });
    sandbox.clock.pass(86_400_000);
    await takes(500n);
  });

  it('that were spent elsewhere become nothing, and a refund goes to one account', async () => {
    const shop = under();
    const { service, sandbox } = shop;
    const inputs = await sandbox.coins(8n);
    await sandbox.mint.swap({ inputs, outputs: wire(sandbox.outputs(8n)) });
    await assert.rejects(service.bringCoins(newAccount(), inputs), { code: 11001 });
    const paymentHash = await refundOf(shop);
    const account = newAccount();
    assert.equal(await service.refundToAccount(paymentHash, account), 40n);
    assert.equal(await service.refundToAccount(paymentHash, account), 40n);
    await refused('no-refund', service.refundToAccount(paymentHash, newAccount()));
    await refused('no-refund', service.takeRefund(paymentHash, { outputs: wire(sandbox.outputs(40n)) }));
    assert.equal(await balanceOf(shop, account), 40_000n);
  });
}

const noAddress: AddressFetch = () => Promise.reject(new Error('nobody is there'));

type Host = Partial<Pick<PayoutPorts, 'database' | 'ledger' | 'onPaidAfterAll'> & Pick<PaymentJournalSettings, 'backend' | 'onAlarm'>>;

/** @param host what is another's: of a second host on the same database and node */
function payoutsOf({ sandbox }: Shop, settings: Partial<PayoutSettings> = {}, fetch = noAddress, host: Host = {}): Payouts {
  const { database, ledger, backend, clock } = { ...sandbox, ...host };
  const { network } = sandbox.backend.world;
  const onPaidAfterAll = host.onPaidAfterAll ?? assert.fail;
  const onAlarm = host.onAlarm ?? (({ kind }) => assert.fail(kind));
  const journal = new PaymentJournal({ backend, database, network, clock, onAlarm });
  const ports = {
    database,
    ledger,
    network,
    clock,
    backend: journal.for('payout'),
    fetch,
    onPaidAfterAll,
    isStopped: () => sandbox.stopped,
    isOwnInvoice: sandbox.mint.isOwnInvoice,
  };
  return openPayouts(ports, { ...defaultPayoutSettings, shards: 3, ...settings });
}

function orderOf(account: string, to: string, rest: Partial<PayoutOrder> = {}): PayoutOrder {
  return { account, request: draw(), to, amount: null, feeMax: null, ...rest };
}

function describeStopped(under: Under): void {
  afterEach(() => void (under().sandbox.stopped = false));

  it('nothing is given out, and what was given is given again', async () => {
    const shop = under();
    const { service, sandbox } = shop;
    const account = await accountWith(shop, 300n);
    const payouts = payoutsOf(shop);
    const out = { account, request: draw(), coins: { outputs: wire(sandbox.outputs(7n)) } };
    const given = await service.takeCoins(out);
    const { offer } = await shop.offer({ price: 40 });
    const refunds = [await refundOf(shop), await refundOf(shop), await refundOf(shop)] as const;
    const deposit = { account, request: draw(), amount: sat(5n) };
    const made = await service.makeDeposit(deposit);
    const taken = { outputs: wire(sandbox.outputs(40n)) };
    const signatures = await service.takeRefund(refunds[0], taken);
    const paid = orderOf(account, sandbox.backend.world.invoice(20_000n));
    const ended = await payouts.order(paid);
    const [open, coins] = [sandbox.backend.world.ours.size + 1, await sandbox.coins(9n)];
    sandbox.stopped = true;
    await refused('stopped', service.takeCoins({ ...out, request: draw() }));
    await refused('stopped', service.takeRefund(refunds[1], { outputs: wire(sandbox.outputs(40n)) }));
    await refused('stopped', service.makeDeposit({ ...deposit, request: draw() }));
    await refused('stopped', service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null }));
    await refused('stopped', payouts.order(orderOf(account, sandbox.backend.world.invoice(20_000n))));
    await refused('stopped', payouts.order(orderOf(account, 'zoe@pay.example', { amount: sat(10n) })));
    assert.equal(sandbox.backend.world.ours.size, open);
    assert.deepEqual(await service.takeCoins(out), given);
    assert.deepEqual(await service.takeRefund(refunds[0], taken), signatures);
    assert.deepEqual(await service.makeDeposit(deposit), made);
    assert.deepEqual(await payouts.order(paid), ended);
    // What stays in the books goes on.
    assert.equal(await service.refundToAccount(refunds[2], account), 40n);
    const buyer = new Buyer();
    await service.buyFromBalance({ account, key: draw(), offer, buyerKey: buyer.key, quote: null });
    assert.equal(await service.bringCoins(account, coins), 9n);
  });

  it('payouts that were ordered wait, and those under way end, however many wait', async () => {
    const shop = under();
    const { database, backend, clock } = shop.sandbox;
    const { world } = backend;
    const account = await accountWith(shop, 300n);
    const perPass = 2;
    const payouts = payoutsOf(shop, { perPass });
    const limited = payoutsOf(shop, { payoutMax: sat(9n) });
    const waiting = await Promise.all(Array.from({ length: perPass }, () => limited.order(orderOf(account, world.invoice(10_000n)))));
    const hangs = await payouts.order(orderOf(account, world.invoice(50_000n, { end: 'hangs' })));
    assert.deepEqual([hangs.state, new Set(waiting.map(({ state }) => state))], ['paying', new Set(['waiting'])]);
    shop.sandbox.stopped = true;
    for (const { id } of waiting) assert.ok(await approvePayout(database, id, clock.now() - 60_000));
    world.settle(world.payments.at(-1)?.hash as never);
    await payouts.resume();
    assert.deepEqual(new Set(await statesOf(payouts, account, waiting.map(idOf))), new Set(['paying']));
    assert.deepEqual([await statesOf(payouts, account, [hangs.id]), world.payments.at(-1)?.amount], [['paid'], 50_000n]);
    shop.sandbox.stopped = false;
    await payouts.resume();
    assert.deepEqual(new Set(await statesOf(payouts, account, waiting.map(idOf))), new Set(['paid']));
  });
}

const idOf = ({ id }: { readonly id: string }) => id;
const statesOf = (payouts: Payouts, account: string, ids: readonly string[]) =>
  Promise.all(ids.map(async (id) => (await payouts.read(account, id)).state));

/** A payment that bought nothing. */
async function refundOf(shop: Shop): Promise<PaymentHash> {
  const { offer } = await shop.offer({ price: 40 });
  const { bolt11, paymentHash } = await shop.service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null });
  await shop.service.withdrawOffer(seller, offer);
  await shop.pay(bolt11);
  return paymentHash;
}

function describeUnderWay(under: Under, open: AccountsUnderTest['open']): void {
  it('stay under way when their invoice expires, and end when the node says how', async () => {
    const shop = under();
    const { world } = shop.sandbox.backend;
    const account = await accountWith(shop, 300n);
    const payouts = payoutsOf(shop);
    const order = orderOf(account, world.invoice(100_000n, { end: 'hangs' }, { expirySeconds: 60 }));
    assert.equal((await payouts.order(order)).state, 'paying');
    shop.sandbox.clock.pass(120_000);
    await payouts.resume();
    assert.equal((await payouts.order(order)).state, 'paying');
    assert.equal(await balanceOf(shop, account), 190_000n);
    world.settle(world.payments.at(-1)?.hash as never);
    await payouts.resume();
    assert.equal((await payouts.order(order)).state, 'paid');
    assert.equal(await balanceOf(shop, account), 200_000n);
  });

  it('are paid by nobody once one of two hosts has given them back', async () => {
    const shop = under();
    const { world } = shop.sandbox.backend;
    await using database = await open('accounts');
    const account = await accountWith(shop, 300n);
    const [slow, quick] = [new ScriptedBackend(world), new ScriptedBackend(world)];
    const { asked, answer } = slow.hold('lookupPayment');
    const order = orderOf(account, world.invoice(100_000n));
    const held = payoutsOf(shop, {}, noAddress, { backend: slow }).order(order);
    await asked;
    quick.lookupTrouble = 'throws';
    const other = payoutsOf(shop, {}, noAddress, { database, ledger: new Ledger(database), backend: quick });
    const told = await other.order(order);
    assert.equal(told.state, 'failed');
    answer();
    assert.deepEqual(await held, told);
    assert.deepEqual([slow.handedOver, quick.handedOver, await balanceOf(shop, account)], [[], [], 300_000n]);
  });

  it('that ended in the books otherwise than at the node are told, and found in the books', async () => {
    const other = await Shop.open(await open('guessed'));
    const { database, backend } = other.sandbox;
    const account = await accountWith(other, 300n);
    const told: string[] = [];
    const { asked, answer } = backend.hold('pay');
    const payouts = payoutsOf(other, {}, noAddress, { onPaidAfterAll: (payout) => told.push(payout) });
    const held = payouts.order(orderOf(account, backend.world.invoice(100_000n)));
    await asked;
    // As no code of ours would: the end of a payment is guessed.
    const row = await database.db.selectFrom('paid_payouts').selectAll().executeTakeFirstOrThrow();
    assert.ok(await endPayout(other.sandbox, row, { state: 'failed', reason: 'guessed' }));
    answer();
    assert.equal((await held).state, 'failed');
    assert.deepEqual(told, [row.id]);
    assert.deepEqual(await compareBooks(database, 'whole'), [{ what: 'payouts given back that a node paid', books: 0n, rows: 100_000n }]);
    await other[Symbol.asyncDispose]();
  });

  it('that the node paid although their money went back are told, and found in the books', async () => {
    const shop = under();
    const { database, backend, clock } = shop.sandbox;
    const account = await accountWith(shop, 300n);
    const told: string[] = [];
    const { asked, answer } = backend.hold('pay');
    const payouts = payoutsOf(shop, {}, noAddress, { onAlarm: ({ payer }) => told.push(payer) });
    const order = orderOf(account, backend.world.invoice(100_000n, { fee: msat(2_000n) }));
    const held = payouts.order(order);
    await asked;
    // The host sleeps within its call, for longer than the node may have no trace of it; another one goes on.
    const other = payoutsOf(shop);
    for (const waitMs of [0, 600_001]) {
      clock.pass(waitMs);
      await other.resume();
    }
    const ended = await other.order(order);
    answer();
    assert.deepEqual([ended.state, (await held).state, told], ['failed', 'failed', [ended.id]]);
    assert.deepEqual(await compareBooks(database, 'quick'), []);
    assert.deepEqual(await compareBooks(database, 'whole'), [{ what: 'payouts given back that a node paid', books: 0n, rows: 100_000n }]);
    // Nothing is paid until somebody has looked.
    await acknowledge(database, parseInvoice(order.to).hash, clock.now());
  });

  it('are called back once, however many ask', async () => {
    const shop = under();
    const account = await accountWith(shop, 300n);
    const payouts = payoutsOf(shop, { payoutMax: sat(1n) });
    const { id } = await payouts.order(orderOf(account, shop.sandbox.backend.world.invoice(100_000n)));
    await Promise.all([1, 2, 3, 4].map(() => payouts.cancel(account, id)));
    assert.equal((await payouts.read(account, id)).state, 'cancelled');
    assert.equal(await balanceOf(shop, account), 300_000n);
  });
}

function describePayouts(under: Under): void {
  it('leave once for one order, give back what the fee left, and say how they ended', async () => {
    const shop = under();
    const { world } = shop.sandbox.backend;
    const account = await accountWith(shop, 2_000n);
    const payouts = payoutsOf(shop);
    const order = orderOf(account, world.invoice(1_000_000n, { fee: msat(2_500n) }));
    const [first, ...others] = await Promise.all(Array.from({ length: 50 }, () => payouts.order(order)));
    for (const other of others) assert.deepEqual(other, first);
    assert.deepEqual([first?.state, first?.fee, first?.held], ['paid', 2_500n, 1_010_000n]);
    assert.equal(world.payments.filter(({ bolt11 }) => bolt11 === order.to).length, 1);
    assert.equal(await balanceOf(shop, account), 2_000_000n - 1_002_500n);
    await refused('key-reused', payouts.order({ ...order, to: world.invoice(1_000n) }));
    assert.deepEqual(await payouts.read(account, first?.id ?? ''), first);
    assert.deepEqual(await payouts.list(account), [first]);
    await refused('no-payout', payouts.read(newAccount(), first?.id ?? ''));
    await refused('too-late', payouts.cancel(account, first?.id ?? ''));
    await refused('bad-target', payouts.order(orderOf(account, order.to)), { reason: 'invoice-used' });
  });

  it('that fail come back whole, and one may be tried again', async () => {
    const shop = under();
    const { world } = shop.sandbox.backend;
    const account = await accountWith(shop, 500n);
    const payouts = payoutsOf(shop);
    const invoice = world.invoice(100_000n, { end: 'fails' });
    for (const again of [1, 2]) {
      const { state, reason } = await payouts.order(orderOf(account, invoice));
      assert.deepEqual([state, typeof reason], ['failed', 'string'], `${again}`);
      assert.equal(await balanceOf(shop, account), 500_000n);
    }
    const dear = await payouts.order(orderOf(account, world.invoice(100_000n, { fee: msat(11_000n) })));
    assert.deepEqual([dear.state, dear.reason], ['failed', 'fee-limit']);
    assert.equal(await balanceOf(shop, account), 500_000n);
  });

  it('whose end nobody knows stay set aside, are never handed over again, and end when the node says how', async () => {
    const shop = under();
    const { backend } = shop.sandbox;
    const account = await accountWith(shop, 300n);
    const payouts = payoutsOf(shop);
    const invoice = backend.world.invoice(100_000n, { end: 'hangs' });
    const order = orderOf(account, invoice);
    const handed = backend.handedOver.length;
    const slow = await payouts.order(order);
    assert.equal(slow.state, 'paying');
    assert.equal(await balanceOf(shop, account), 190_000n);
    await refused('too-late', payouts.cancel(account, slow.id));
    await refused('bad-target', payouts.order(orderOf(account, invoice)), { reason: 'invoice-used' });
    backend.lookupTrouble = 'unknown';
    assert.equal(await payouts.resume(), 0);
    backend.lookupTrouble = 'not-found';
    await payouts.resume();
    backend.lookupTrouble = null;
    assert.equal((await payouts.order(order)).state, 'paying');
    assert.equal(backend.handedOver.length, handed + 1);
    backend.world.settle(backend.world.payments.at(-1)?.hash as never);
    assert.equal(await payouts.resume(), 1);
    assert.equal((await payouts.order(order)).state, 'paid');
    assert.equal(await balanceOf(shop, account), 200_000n);
    assert.equal(backend.handedOver.length, handed + 1);
  });

  it('above the limits wait for an operator, who lets them go or gives them back; the owner may call them back', async () => {
    const shop = under();
    const { world } = shop.sandbox.backend;
    const { database, ledger, clock } = shop.sandbox;
    const account = await accountWith(shop, 5_000n);
    const payouts = payoutsOf(shop, { payoutMax: sat(500n), accountDayMax: sat(900n) });
    const orders = [];
    for (let count = 0; count < 3; count++) orders.push(await payouts.order(orderOf(account, world.invoice(600_000n))));
    assert.deepEqual(
      orders.map(({ state }) => state),
      ['waiting', 'waiting', 'waiting'],
    );
    await payouts.resume();
    const mine = (await listHeldPayouts(database)).filter((one) => one.account === account).map(({ id }) => id);
    assert.equal(mine.length, 3);
    const [go, back, recalled] = orders.map(({ id }) => id) as [string, string, string];
    assert.equal(await approvePayout(database, go, clock.now()), true);
    assert.equal(await approvePayout(database, go, clock.now()), false);
    assert.equal(await rejectPayout({ database, ledger, clock }, go), false);
    assert.equal(await rejectPayout({ database, ledger, clock }, back), true);
    await payouts.cancel(account, recalled);
    await payouts.cancel(account, recalled);
    assert.equal(await payouts.resume(), 1);
    assert.deepEqual(
      await Promise.all(
        [go, back, recalled].map(async (id) => [(await payouts.read(account, id)).state, (await payouts.read(account, id)).reason]),
      ),
      [
        ['paid', null],
        ['cancelled', 'rejected'],
        ['cancelled', 'cancelled'],
      ],
    );
    assert.equal(await balanceOf(shop, account), 4_400_000n);
    // 600 went today, and 300 more are usual.
    assert.equal((await payouts.order(orderOf(account, world.invoice(300_000n)))).state, 'paid');
    assert.equal((await payouts.order(orderOf(account, world.invoice(20_000n)))).state, 'waiting');
    clock.pass(86_400_000);
    assert.equal((await payouts.order(orderOf(account, world.invoice(20_000n)))).state, 'paid');
  });

  it('to what cannot or may not be paid are refused, and nothing is set aside', async () => {
    const shop = under();
    const { world } = shop.sandbox.backend;
    const account = await accountWith(shop, 1_000n);
    const payouts = payoutsOf(shop);
    const bad = async (to: string, reason: string, rest: Partial<PayoutOrder> = {}) =>
      refused('bad-target', payouts.order(orderOf(account, to, rest)), { reason });
    await bad('me', 'invoice-malformed');
    await bad('me@localhost', 'invoice-malformed');
    await bad('me@127.0.0.1', 'invoice-malformed');
    await bad('me@drive.example:8080', 'invoice-malformed');
    await bad('https://drive.example', 'invoice-malformed');
    await bad(world.invoice(20_000n, {}, { network: 'mainnet' }), 'invoice-network');
    await bad(world.invoice(20_000n, {}, { amountless: true }), 'invoice-amountless');
    await bad(world.invoice(20_000n), 'other-amount', { amount: sat(21n) });
    const stale = world.invoice(20_000n, {}, { expirySeconds: 60 });
    shop.sandbox.clock.pass(120_000);
    await bad(stale, 'invoice-expired');
    const deposit = await shop.service.makeDeposit({ account, request: draw(), amount: sat(50n) });
    await bad(deposit.invoice, 'own-invoice');
    await refused('amount', payouts.order(orderOf(account, world.invoice(9_999n))), { min: '10' });
    await refused('balance-too-low', payouts.order(orderOf(account, world.invoice(991_000n))), { missing: '1' });
    const low = await payouts.order(orderOf(account, world.invoice(991_000n), { feeMax: sat(9n) }));
    assert.equal(low.state, 'paid');
    assert.equal(await balanceOf(shop, account), 9_000n);
  });

  it('go to a Lightning address: all that there is, for exactly what its server was asked', async () => {
    const shop = under();
    const { world } = shop.sandbox.backend;
    const account = await accountWith(shop, 1_000n);
    const asked: string[] = [];
    const fetch: AddressFetch = async (url) => {
      asked.push(url);
      const { searchParams } = new URL(url);
      const amount = searchParams.get('amount');
      if (amount !== null) return { pr: world.invoice(BigInt(amount)), routes: [] };
      return { tag: 'payRequest', callback: 'https://pay.example/cb?x=1', minSendable: 1_000, maxSendable: 10_000_000, metadata: '[]' };
    };
    const payouts = payoutsOf(shop, {}, fetch);
    const order = orderOf(account, 'zoe@pay.example');
    const paid = await payouts.order(order);
    assert.deepEqual([paid.state, paid.amount], ['paid', 990_000n]);
    assert.deepEqual(asked, ['https://pay.example/.well-known/lnurlp/zoe', 'https://pay.example/cb?x=1&amount=990000']);
    assert.deepEqual(await payouts.order(order), paid);
    assert.equal(asked.length, 2);
    assert.equal(await balanceOf(shop, account), 10_000n);
  });

  it('to an address whose server lies fail, and come back', async () => {
    const shop = under();
    const { world } = shop.sandbox.backend;
    const account = await accountWith(shop, 1_000n);
    const offer = { tag: 'payRequest', callback: 'https://pay.example/cb', minSendable: 1_000, maxSendable: 10_000_000 };
    const lies: readonly (readonly [string, unknown, unknown])[] = [
      ['address-lies', { ...offer, tag: 'withdrawRequest' }, null],
      ['address-lies', { ...offer, callback: 'http://pay.example/cb' }, null],
      ['address-lies', { ...offer, callback: 'https://me:secret@pay.example/cb' }, null],
      ['address-lies', { ...offer, callback: 'file:///etc/passwd' }, null],
      ['address-lies', { ...offer, minSendable: '1' }, null],
      ['address-lies', { ...offer, minSendable: 5, maxSendable: 4 }, null],
      ['address-lies', 'x', null],
      ['address-lies', offer, { pr: 7 }],
      ['address-lies', offer, { pr: 'lnbc1' }],
      ['address-lies', offer, { pr: world.invoice(99_999n) }],
      ['address-lies', offer, { pr: world.invoice(100_001n) }],
      ['address-lies', offer, { pr: world.invoice(100_000n, {}, { amountless: true }) }],
      ['address-lies', offer, { pr: world.invoice(100_000n, {}, { network: 'mainnet' }) }],
      ['address-not-an-address', { status: 'ERROR', reason: '<b>no such user</b>' }, null],
      ['address-not-an-address', offer, { status: 'ERROR', reason: 'no' }],
      ['address-amount', { ...offer, minSendable: 100_001 }, null],
      ['address-amount', { ...offer, maxSendable: 99_999 }, null],
    ];
    for (const [reason, first, second] of lies) {
      const payouts = payoutsOf(shop, {}, async (url) => (url.includes('amount=') ? second : first));
      const ended = await payouts.order(orderOf(account, 'zoe@pay.example', { amount: sat(100n) }));
      assert.deepEqual([ended.state, ended.reason], ['failed', reason], JSON.stringify([first, second]));
    }
    const gone = await payoutsOf(shop).order(orderOf(account, 'zoe@pay.example', { amount: sat(100n) }));
    assert.deepEqual([gone.state, gone.reason], ['failed', 'address-unreachable']);
    const own = await shop.service.makeDeposit({ account: newAccount(), request: draw(), amount: sat(100n) });
    const ours = await payoutsOf(shop, {}, answersWith(own.invoice)).order(orderOf(account, 'zoe@pay.example', { amount: sat(100n) }));
    assert.deepEqual([ours.state, ours.reason], ['failed', 'own-invoice']);
    assert.equal(await balanceOf(shop, account), 1_000_000n);
  });

  it('that end keep their end, whatever statement says otherwise', async () => {
    const shop = under();
    const account = await accountWith(shop, 100n);
    const { id } = await payoutsOf(shop).order(orderOf(account, shop.sandbox.backend.world.invoice(20_000n)));
    const deposit = await shop.service.makeDeposit({ account, request: draw(), amount: sat(5n) });
    await shop.pay(deposit.invoice);
    for (const statement of [
      `update paid_payouts set state = 'failed', reason = 'x', preimage = null, fee = null where id = '${id}'`,
      `update paid_payouts set amount = 1 where id = '${id}'`,
      `update paid_payouts set state = 'reserved' where id = '${id}'`,
      `update paid_payouts set bolt11 = 'x' where id = '${id}'`,
      `delete from paid_payouts where id = '${id}'`,
      `update paid_deposits set state = 'open', received = null where payment_hash = '${deposit.paymentHash}'`,
      `update paid_deposits set received = 9 where payment_hash = '${deposit.paymentHash}'`,
      `update paid_deposits set account = 'me' where payment_hash = '${deposit.paymentHash}'`,
      `delete from paid_deposits where payment_hash = '${deposit.paymentHash}'`,
    ])
      await assert.rejects(sql.raw(statement).execute(shop.sandbox.database.db), (error) => violationOf(error) === 'check', statement);
  });
}
