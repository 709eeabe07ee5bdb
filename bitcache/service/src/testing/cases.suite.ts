// What cases must do to money on either engine: one suite, run by cases/cases.test.ts on SQLite and on a real PostgreSQL. The books are
// compared with an oracle after every test.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { type Database, sql, violationOf } from '@reprise/database';
import { formatHex, systemRandom } from '@reprise/kit';
import { msat, readTrialBalance } from '@reprise/ledger';
import { Oracle } from '../../../ledger/src/testing/oracle.ts';
import { wire } from '../../../mint/src/testing/sandbox.ts';
import { decideCase, settleCases } from '../cases/decide.ts';
import { openCase } from '../cases/escrow.ts';
import type { ServiceCode } from '../failures.ts';
import { defaultServiceSettings } from '../settings.ts';
import { Buyer, dayMs, draw, seller, Shop } from './shop.ts';

export type CasesUnderTest = { readonly name: string; readonly open: (place: string) => Promise<Database> };

type Under = () => Shop;
const holder = 'ef'.repeat(32);
let drawn = 0;
const draws = () => `N-CASE${String(drawn++).padStart(6, '0')}`;

export function describeCases({ name, open }: CasesUnderTest): void {
  describe(`cases: ${name}`, { concurrency: false }, () => {
    let shop: Shop;
    before(async () => {
      shop = await Shop.open(await open('cases'), { settings: { shards: 3, commission: 250n, sellsUnderNotice: false } });
    });
    afterEach(async () => {
      await shop.assertWhole();
      await assertOracle(shop);
    });
    after(() => shop[Symbol.asyncDispose]());
    describeEscrow(() => shop);
    describeDismissal(() => shop);
    describeClaims(() => shop);
    describeRefunds(() => shop);
    describeRaces(() => shop);
    describeLaws(() => shop);
  });
}

/** Every journal applied to a map of balances gives what the database holds. */
async function assertOracle({ sandbox: { database } }: Shop): Promise<void> {
  const { rows } = await sql<{ journal: string; kind: string; code: string; amount: string }>`
    select journal, ledger_journals.kind, code, cast(amount as text) as amount from ledger_postings
    join ledger_journals on ledger_journals.id = journal join ledger_accounts on ledger_accounts.id = account`.execute(database.db);
  const oracle = new Oracle();
  let waiting = [...Map.groupBy(rows, ({ journal }) => journal)];
  // Rows have no order: what would overdraw an account comes after what fills it.
  while (waiting.length > 0) {
    const left = waiting.filter(([id, legs]) => {
      const journal = {
        kind: legs[0]?.kind ?? '',
        legs: legs.map(({ code, amount }) => ({ account: code, amount: msat(BigInt(amount)) })),
      };
      return oracle.apply(id, id, journal) === 'overdrawn';
    });
    assert.ok(left.length < waiting.length, 'each journal leaves no account below its floor');
    waiting = left;
  }
  const { lines } = await readTrialBalance(database);
  for (const { code, posted } of lines) assert.equal(posted, oracle.balance(code), code);
}

async function refused(code: ServiceCode, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, { code });
}

/** The tables that an offer's money stands in. */
async function whereIs(shop: Shop, offer: string, id: string) {
  const [pending, escrow] = [await shop.posted(`pending:${offer}#`), await shop.posted(`escrow:${id}`)];
  return { pending, escrow };
}

function describeEscrow(under: Under): void {
  it('what waits goes into escrow, and stays there when its window ends', async () => {
    const shop = under();
    const { offer } = await shop.offer();
    const other = await shop.offer();
    for (let i = 0; i < 5; i++) await shop.sold(offer);
    await shop.sold(other.offer);
    const id = draws();
    assert.equal(await openCase(shop.cases, id, { offer, owner: seller }), true);
    assert.deepEqual(await whereIs(shop, offer, id), { pending: 0n, escrow: 500_000n });
    const had = (await shop.service.readBalance(seller)).balance;
    shop.sandbox.clock.pass(15 * dayMs);
    assert.equal(await shop.service.releaseMatured(), 1, 'what another offer sold');
    assert.equal((await shop.service.readBalance(seller)).balance - had, 97_500n);
    const line = (await shop.service.readEarnings(seller, offer))[0];
    assert.deepEqual([line?.held, line?.waiting], [487_500n, 487_500n], 'and the seller sees it');
    assert.deepEqual(
      (await shop.service.readHeldEarnings(seller)).map(({ case: one, held, sales, outcome }) => [one, held, sales, outcome]),
      [[id, 487_500n, 5, 'open']],
    );
  });

  it('a notice twice is one case each: nothing is moved twice, and one that is dismissed lets nothing go', async () => {
    const shop = under();
    const { offer } = await shop.offer();
    await shop.sold(offer);
    const [first, second] = [draws(), draws()];
    for (const id of [first, first, second, first]) await openCase(shop.cases, id, { offer, owner: seller });
    assert.deepEqual(await whereIs(shop, offer, first), { pending: 0n, escrow: 100_000n });
    await decideCase(shop.cases, first, 'dismissed');
    await settleCases(shop.cases);
    shop.sandbox.clock.pass(15 * dayMs);
    await shop.service.releaseMatured();
    assert.deepEqual(await whereIs(shop, offer, second), { pending: 0n, escrow: 100_000n });
    await decideCase(shop.cases, second, 'dismissed');
    assert.deepEqual(await whereIs(shop, offer, second), { pending: 0n, escrow: 0n });
  });

  it('a notice after the money was released and paid out takes nothing back', async () => {
    const shop = under();
    const { offer } = await shop.offer();
    await shop.sold(offer);
    shop.sandbox.clock.pass(15 * dayMs);
    await shop.service.releaseMatured();
    const { available } = await shop.service.readBalance(seller);
    await shop.service.takeCoins({ account: seller, request: draws(), coins: { outputs: wire(shop.sandbox.outputs(available)) } });
    const id = draws();
    await openCase(shop.cases, id, { offer, owner: seller });
    assert.deepEqual(await whereIs(shop, offer, id), { pending: 0n, escrow: 0n });
    await decideCase(shop.cases, id, 'claim');
    assert.deepEqual(await shop.service.takeClaim(id, holder), { waiting: 0n, taken: 0n });
    assert.equal((await shop.service.readBalance(seller)).available, 0n);
  });

  it('where the operator stops it, an offer under notice sells nothing and says under which; what was paid for meanwhile is owed back', async () => {
    const shop = under();
    const { offer } = await shop.offer();
    const paid = await shop.service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null });
    const { buyer, coins } = await shop.sold(offer);
    const id = draws();
    await openCase(shop.cases, id, { offer, owner: seller });
    await assert.rejects(shop.service.quotePrice(offer), { code: 'under-notice', facts: { case: id } });
    const wanted = { offer, buyerKey: buyer.key, quote: null };
    await refused('under-notice', shop.service.buyWithCoins({ ...wanted, coins: { inputs: await shop.sandbox.coins(100n) } }));
    assert.deepEqual(await shop.service.readOffer(offer).then((shown) => [shown.state, shown.case]), ['under-notice', id]);
    assert.equal((await shop.service.listOwnOffers(seller)).find((own) => own.offer === offer)?.state, 'under-notice');
    await shop.pay(paid.bolt11);
    assert.equal((await shop.service.readRefund(paid.paymentHash)).reason, 'ended');
    assert.ok(
      (await shop.service.buyWithCoins({ ...wanted, coins: { inputs: coins } })).release.length > 0,
      'what was bought is given again',
    );
    await decideCase(shop.cases, id, 'dismissed');
    assert.equal((await shop.service.readOffer(offer)).state, 'open');
  });

  it('as long as nobody stops it, it sells on: sales go into escrow until the case is upheld', async () => {
    const shop = under();
    const { offer } = await shop.offer();
    const service = shop.withSettings({ sellsUnderNotice: defaultServiceSettings.sellsUnderNotice });
    const id = draws();
    await openCase(shop.cases, id, { offer, owner: seller });
    const wanted = { offer, buyerKey: new Buyer().key, quote: null };
    await service.buyWithCoins({ ...wanted, coins: { inputs: await shop.sandbox.coins(100n) } });
    shop.sandbox.clock.pass(15 * dayMs);
    await service.releaseMatured();
    assert.deepEqual(await whereIs(shop, offer, id), { pending: 100_000n, escrow: 0n }, 'it stays, even before the next pass');
    assert.equal(await settleCases(shop.cases), 1);
    assert.deepEqual(await whereIs(shop, offer, id), { pending: 0n, escrow: 100_000n });
    await decideCase(shop.cases, id, 'claim');
    await refused('under-notice', service.quotePrice(offer));
  });

  it('a case about a link that names the offer of somebody else holds nothing, and the offer goes on selling', async () => {
    const shop = under();
    const { offer } = await shop.offer();
    await shop.sold(offer);
    const id = draws();
    for (const owner of [holder, formatHex(systemRandom(32))]) assert.equal(await openCase(shop.cases, id, { offer, owner }), false);
    await settleCases(shop.cases);
    assert.deepEqual(await whereIs(shop, offer, id), { pending: 100_000n, escrow: 0n });
    assert.equal((await shop.service.readOffer(offer)).state, 'open');
    await shop.sold(offer);
    await decideCase(shop.cases, id, 'claim');
    await refused('no-claim', shop.service.takeClaim(id, holder));
    assert.equal((await shop.service.readOffer(offer)).state, 'open');
    const real = draws();
    assert.equal(await openCase(shop.cases, real, { offer, owner: seller }), true);
    assert.deepEqual(await whereIs(shop, offer, real), { pending: 0n, escrow: 200_000n }, 'the seller’s own link holds it');
  });

  it('a case about what was never for sale holds nothing', async () => {
    assert.equal(await openCase(under().cases, draws(), { offer: draw().offer, owner: seller }), false);
  });
}

function describeDismissal(under: Under): void {
  it('dismissed: what has waited long enough is the seller’s less the commission, the rest waits out its window', async () => {
    const shop = under();
    const { offer } = await shop.offer();
    await shop.sold(offer);
    shop.sandbox.clock.pass(10 * dayMs);
    await shop.sold(offer);
    const id = draws();
    await openCase(shop.cases, id, { offer, owner: seller });
    shop.sandbox.clock.pass(5 * dayMs);
    const had = (await shop.service.readBalance(seller)).balance;
    await decideCase(shop.cases, id, 'dismissed');
    await decideCase(shop.cases, id, 'dismissed');
    assert.equal((await shop.service.readBalance(seller)).balance - had, 97_500n);
    assert.deepEqual(await whereIs(shop, offer, id), { pending: 100_000n, escrow: 0n });
    shop.sandbox.clock.pass(10 * dayMs);
    await shop.service.releaseMatured();
    assert.equal((await shop.service.readBalance(seller)).balance - had, 195_000n);
    await assert.rejects(decideCase(shop.cases, id, 'claim'), { code: 'operation-differs' });
  });
}

function describeClaims(under: Under): void {
  it('upheld for whoever filed it: the first account that asks has it, less the commission, and no other ever', async () => {
    const shop = under();
    const { offer } = await shop.offer();
    for (let i = 0; i < 3; i++) await shop.sold(offer);
    const id = draws();
    await openCase(shop.cases, id, { offer, owner: seller });
    await refused('no-claim', shop.service.takeClaim(id, holder));
    await decideCase(shop.cases, id, 'claim');
    assert.deepEqual(await shop.service.readClaim(id), { waiting: 292_500n, taken: 0n });
    const had = (await shop.service.readBalance(holder)).balance;
    const taken = await Promise.all([1, 2, 3].map(() => shop.service.takeClaim(id, holder)));
    assert.ok(taken.every((one) => one.taken === 292_500n && one.waiting === 0n));
    assert.equal((await shop.service.readBalance(holder)).balance - had, 292_500n);
    await refused('not-yours', shop.service.takeClaim(id, seller));
    assert.equal((await shop.service.readEarnings(seller, offer)).length, 0, 'it is no earning of the seller');
    await refused('no-claim', shop.service.takeClaim(draws(), holder));
  });

  it('a seller against whom one was upheld waits as a new one does, and after two an operator looks at payouts', async () => {
    const shop = under();
    shop.sandbox.clock.pass(91 * dayMs);
    const { offer } = await shop.offer();
    await shop.sold(offer);
    const { sold_at: soldAt, matures_at: maturesAt } = await shop.sandbox.database.db
      .selectFrom('paid_sales')
      .select(['sold_at', 'matures_at'])
      .where('offer', '=', offer)
      .executeTakeFirstOrThrow();
    assert.equal(maturesAt - soldAt, 14 * dayMs);
  });
}

function describeRefunds(under: Under): void {
  it('upheld for the buyers: coins and invoices are owed back to whoever shows them, balances have it at once', async () => {
    const shop = under();
    const { service, sandbox } = shop;
    const { offer } = await shop.offer();
    const { coins } = await shop.sold(offer);
    const paid = await service.makeInvoice({ offer, buyerKey: new Buyer().key, quote: null });
    await shop.pay(paid.bolt11, 107_000n);
    const account = formatHex(systemRandom(32));
    await service.bringCoins(account, (await sandbox.coins(100n)) as never);
    await service.buyFromBalance({ account, key: 'k', offer, buyerKey: new Buyer().key, quote: null });
    const id = draws();
    await openCase(shop.cases, id, { offer, owner: seller });
    await decideCase(shop.cases, id, 'refund');
    await decideCase(shop.cases, id, 'refund');
    assert.equal((await service.readBalance(account)).balance, 100_000n);
    const byCoins = await service.paymentWith(offer, coins);
    assert.deepEqual(await service.readRefund(byCoins), { amount: 100n, reason: 'removed', state: 'owed' });
    const blanks = sandbox.outputs(100n);
    const signed = await service.takeRefund(byCoins, { outputs: wire(blanks) });
    assert.deepEqual(await service.takeRefund(byCoins, { outputs: wire(blanks) }), signed);
    await sandbox.mint.swap({ inputs: sandbox.unblind(blanks, signed), outputs: wire(sandbox.outputs(100n)) });
    await refused('no-refund', service.takeRefund(byCoins, { outputs: wire(sandbox.outputs(100n)) }));
    await refused('no-refund', service.readRefund(await service.paymentWith(draw().offer, coins)));
    // What came above the price is owed beside the price.
    assert.equal((await service.readRefund(paid.paymentHash)).amount, 7n);
    assert.equal(await service.refundToAccount(paid.paymentHash, account), 107n);
    assert.equal(await service.refundToAccount(paid.paymentHash, account), 107n);
    assert.equal((await service.readBalance(account)).balance, 207_000n);
    await refused('no-claim', service.takeClaim(id, holder));
  });

  for (const [what, terms] of [
    ['paid', {}],
    ['thanked', { isJar: true, isFloor: true, price: 1 }],
  ] as const)
    it(`${what}, and the link ended before a byte was fetched: nothing is owed by itself, and a case opened after its end gives it back`, async () => {
      const shop = under();
      const { service } = shop;
      const { offer } = await shop.offer(terms);
      const amount = 'isJar' in terms ? 21 : null;
      const quoted = await service.quotePrice(offer, amount);
      const coins = await shop.sandbox.coins(quoted.sats);
      const wanted = { offer, buyerKey: new Buyer().key, quote: quoted.text };
      const bought = await service.buyWithCoins({ ...wanted, coins: { inputs: coins } });
      const late = await service.makeInvoice({ ...wanted, buyerKey: new Buyer().key });
      await service.withdrawOffer(seller, offer);
      const payment = await service.paymentWith(offer, coins as never);
      await refused('no-refund', service.readRefund(payment));
      assert.deepEqual((await service.buyWithCoins({ ...wanted, coins: { inputs: coins } })).release, bought.release);
      await shop.pay(late.bolt11);
      assert.deepEqual((await service.readRefund(late.paymentHash)).reason, 'ended', 'whoever pays after its end is owed at once');
      const id = draws();
      assert.equal(await openCase(shop.cases, id, { offer, owner: seller }), true);
      await decideCase(shop.cases, id, 'refund');
      const owed = await service.readRefund(payment);
      assert.deepEqual([owed.amount, owed.reason, owed.state], [quoted.sats, 'removed', 'owed']);
    });
}

function describeRaces(under: Under): void {
  it('a notice against a release, again and again: the money is in one place, and nothing under notice is released', async () => {
    const shop = under();
    shop.sandbox.clock.pass(15 * dayMs);
    await shop.service.releaseMatured();
    for (let round = 0; round < 12; round++) {
      const { offer } = await shop.offer();
      for (let i = 0; i < 3; i++) await shop.sold(offer);
      shop.sandbox.clock.pass(15 * dayMs);
      const had = await shop.posted(`account:${seller}`);
      const id = draws();
      const opened = () => openCase(shop.cases, id, { offer, owner: seller });
      await Promise.all(round % 2 ? [opened(), shop.service.releaseMatured()] : [shop.service.releaseMatured(), opened(), opened()]);
      const released = (await shop.posted(`account:${seller}`)) - had;
      const { pending, escrow } = await whereIs(shop, offer, id);
      assert.equal(pending, 0n);
      assert.equal(escrow + (released * 1_000n) / 975n, 300_000n);
      await Promise.all([decideCase(shop.cases, id, 'claim'), settleCases(shop.cases), shop.service.releaseMatured()]);
      assert.equal(await shop.posted(`escrow:${id}`), escrow);
    }
  });
}

function describeLaws(under: Under): void {
  it('raw statements neither release what is under notice nor decide a case twice', async () => {
    const shop = under();
    const { db } = shop.sandbox.database;
    const { offer } = await shop.offer();
    await shop.sold(offer);
    const id = draws();
    await openCase(shop.cases, id, { offer, owner: seller });
    const service = shop.withSettings({ sellsUnderNotice: true });
    await service.buyWithCoins({ offer, buyerKey: new Buyer().key, quote: null, coins: { inputs: await shop.sandbox.coins(100n) } });
    const raw = (text: string) => sql.raw(text).execute(db);
    const statements = [
      `update paid_sales set state = 'released' where offer = '${offer}' and state = 'pending'`,
      `update paid_sales set state = 'released' where case_id = '${id}'`,
      `update paid_sales set state = 'released', claimed_by = 'x' where case_id = '${id}'`,
      `update paid_sales set state = 'pending', case_id = null where case_id = '${id}'`,
      `update paid_sales set state = 'refunded' where case_id = '${id}'`,
      `update paid_sales set state = 'escrowed' where offer = '${offer}' and state = 'pending'`,
      `update paid_sales set state = 'escrowed', case_id = 'N-OTHER' where offer = '${offer}' and state = 'pending'`,
      `delete from paid_cases where id = '${id}'`,
      `update paid_cases set claimant = 'x' where id = '${id}'`,
      `update paid_offers set cases_standing = -1 where id = '${offer}'`,
    ];
    for (const text of statements) await assert.rejects(raw(text), (error) => violationOf(error) === 'check', text);
    await decideCase(shop.cases, id, 'claim');
    for (const text of [
      `update paid_cases set outcome = 'dismissed' where id = '${id}'`,
      `update paid_sales set state = 'released', claimed_by = 'x' where case_id = '${id}' and state = 'escrowed'`,
      `update paid_sales set state = 'pending', case_id = null where case_id = '${id}' and state = 'escrowed'`,
    ])
      await assert.rejects(raw(text), (error) => violationOf(error) === 'check', text);
    await shop.service.takeClaim(id, holder);
    await assert.rejects(raw(`update paid_cases set claimant = '${seller}' where id = '${id}'`), (error) => violationOf(error) === 'check');
  });
}
