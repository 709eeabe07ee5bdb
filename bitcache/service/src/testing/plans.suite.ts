// Plans that accounts buy, on either engine: from a balance, and with a deposit that waits for its payment. Run by accounts.test.ts.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { sql, violationOf } from '@reprise/database';
import { formatHex, systemRandom } from '@reprise/kit';
import { sat } from '@reprise/ledger';
import { compareBooks } from '../compare-books.ts';
import { closePlan, pricePlan } from '../plans.ts';
import type { AccountsUnderTest } from './accounts.suite.ts';
import { keptUntil } from './kept-plans.ts';
import { dayMs, Shop } from './shop.ts';

const newAccount = () => formatHex(systemRandom(32));
const draw = () => formatHex(systemRandom(16));

export function describePlans({ name, open }: AccountsUnderTest): void {
  describe(`plans of ${name}`, () => {
    let shop: Shop;
    before(async () => {
      shop = await Shop.open(await open('plans'), { settings: { shards: 3 } });
      const { database, clock } = shop.sandbox;
      await pricePlan(database, { plan: 'large', price: 200, currency: 'SAT', days: 30 }, clock.now());
      await pricePlan(database, { plan: 'euro', price: 250, currency: 'EUR', days: 365 }, clock.now());
      await pricePlan(database, { plan: 'nowhere', price: 1, currency: 'SAT', days: 1 }, clock.now());
    });
    afterEach(() => shop.assertWhole());
    after(() => shop[Symbol.asyncDispose]());

    const accountWith = async (sats: bigint) => {
      const account = newAccount();
      if (sats > 0n) await shop.service.bringCoins(account, await shop.sandbox.coins(sats));
      return account;
    };
    const until = (account: string, plan = 'large') => keptUntil(shop.sandbox.database, account, plan);
    const left = async (account: string) => (await shop.service.readBalance(account)).available;

    it('are shown with what they cost now, and those that nobody keeps are not', async () => {
      const before = await shop.service.listPlans();
      assert.deepEqual(
        before.map(({ plan, sats, days }) => [plan, sats, days]),
        [
          ['large', 200n, 30],
          ['euro', null, 365],
        ],
      );
      shop.rates.set('EUR', { price: 80_000n * 10n ** 8n, ageMs: 0 });
      assert.equal((await shop.service.listPlans())[1]?.sats, 3_125n);
    });

    it('are bought from a balance once for a request, and last longer when they are bought again', async () => {
      const { service, sandbox } = shop;
      const account = await accountWith(450n);
      const purchase = { account, request: draw(), plan: 'large', most: sat(200n) };
      const before = sandbox.clock.now();
      const answers = await Promise.all(Array.from({ length: 5 }, () => service.buyPlan(purchase)));
      assert.equal(new Set(answers.map((answer) => JSON.stringify(answer, (_, value) => String(value)))).size, 1);
      const [first] = answers;
      assert.ok(first && first.from >= before && first.until === first.from + 30 * dayMs);
      assert.deepEqual([await left(account), await until(account)], [250n, first.until]);
      sandbox.clock.pass(10 * dayMs);
      const second = await service.buyPlan({ ...purchase, request: draw() });
      assert.deepEqual([second.from, second.until], [first.until, first.until + 30 * dayMs]);
      sandbox.clock.pass(60 * dayMs);
      await assert.rejects(service.buyPlan({ ...purchase, request: draw() }), { code: 'balance-too-low', facts: { missing: '150' } });
      assert.equal(await until(account), second.until);
      await service.bringCoins(account, await sandbox.coins(150n));
      // After its end it begins anew.
      assert.ok((await service.buyPlan({ ...purchase, request: draw() })).from > second.until);
      assert.deepEqual((await service.listBoughtPlans(account)).length, 3);
      assert.deepEqual(await compareBooks(sandbox.database, 'quick'), []);
    });

    it('cost what was agreed to, or nothing is taken', async () => {
      const { service } = shop;
      const account = await accountWith(300n);
      const purchase = { account, request: draw(), plan: 'large', most: sat(199n) };
      await assert.rejects(service.buyPlan(purchase), { code: 'plan-dearer', facts: { sats: '200' } });
      for (const plan of ['nowhere', 'unknown'])
        await assert.rejects(service.buyPlan({ ...purchase, plan, most: sat(9n) }), { code: 'no-plan' });
      await service.buyPlan({ ...purchase, most: sat(200n) });
      await assert.rejects(service.buyPlan({ ...purchase, most: sat(200n), plan: 'euro' }), { code: 'key-reused' });
      assert.equal(await left(account), 100n);
    });

    it('are bought by who comes first, of two purchases that a balance covers once', async () => {
      const account = await accountWith(250n);
      const buy = () => shop.service.buyPlan({ account, request: draw(), plan: 'large', most: sat(200n) });
      const outcomes = await Promise.allSettled([buy(), buy()]);
      assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
      assert.equal(await left(account), 50n);
      assert.equal((await shop.service.listBoughtPlans(account)).length, 1);
    });

    it('are bought with an invoice once it is paid, however often that is told', async () => {
      const { service, sandbox } = shop;
      const account = await accountWith(0n);
      const order = { account, request: draw(), plan: 'large', most: sat(200n) };
      const deposit = await service.orderPlan(order);
      assert.deepEqual([deposit.amount, await service.orderPlan(order)], [200n, deposit]);
      await assert.rejects(service.orderPlan({ ...order, plan: 'euro', most: sat(9_999n) }), { code: 'key-reused' });
      await assert.rejects(service.makeDeposit({ ...order, amount: sat(201n) }), { code: 'key-reused' });
      assert.equal(await service.carryOutPlanOrders(), 0);
      await shop.pay(deposit.invoice);
      await shop.tell(deposit.invoice);
      assert.deepEqual([await left(account), (await service.listBoughtPlans(account)).length], [0n, 1]);
      assert.ok((await until(account)) > sandbox.clock.now() + 29 * dayMs);
      assert.equal(await service.carryOutPlanOrders(), 0);
    });

    it('that coins of the same mint pay are bought with the next pass', async () => {
      const { service, sandbox } = shop;
      const account = await accountWith(0n);
      const { invoice } = await service.orderPlan({ account, request: draw(), plan: 'large', most: sat(200n) });
      const { quote } = await sandbox.mint.makeMeltQuote({ request: invoice, unit: 'sat' });
      await sandbox.mint.melt({ quote, inputs: await sandbox.coins(200n) });
      assert.equal(await left(account), 200n);
      const passes = await Promise.all([service.carryOutPlanOrders(), service.carryOutPlanOrders()]);
      assert.ok(passes.includes(1));
      assert.deepEqual([await left(account), (await service.listBoughtPlans(account)).length], [0n, 1]);
    });

    it('keep the price of their invoice, and leave its money to its owner where they are sold no more', async () => {
      const { service, sandbox } = shop;
      const [one, two] = [await accountWith(0n), await accountWith(0n)];
      const orders = await Promise.all(
        [one, two].map((account) => service.orderPlan({ account, request: draw(), plan: 'large', most: sat(200n) })),
      );
      await pricePlan(sandbox.database, { plan: 'large', price: 900, currency: 'SAT', days: 10 }, sandbox.clock.now());
      await shop.pay(orders[0]?.invoice ?? '');
      assert.ok((await until(one)) > sandbox.clock.now() + 29 * dayMs);
      assert.equal(await closePlan(sandbox.database, 'large', sandbox.clock.now()), true);
      assert.equal(await closePlan(sandbox.database, 'large', sandbox.clock.now()), false);
      await assert.rejects(service.buyPlan({ account: one, request: draw(), plan: 'large', most: sat(900n) }), { code: 'no-plan' });
      await shop.pay(orders[1]?.invoice ?? '');
      assert.ok((await until(two)) > sandbox.clock.now() + 29 * dayMs, 'what was sold while it was on sale is kept');
      await pricePlan(sandbox.database, { plan: 'large', price: 200, currency: 'SAT', days: 30 }, sandbox.clock.now());
    });

    it('whose money was spent before they could be bought are not, and nothing is lost', async () => {
      const { service, sandbox } = shop;
      const account = await accountWith(0n);
      const { invoice } = await service.orderPlan({ account, request: draw(), plan: 'large', most: sat(200n) });
      const { quote } = await sandbox.mint.makeMeltQuote({ request: invoice, unit: 'sat' });
      await sandbox.mint.melt({ quote, inputs: await sandbox.coins(200n) });
      await service.buyPlan({ account, request: draw(), plan: 'large', most: sat(200n) });
      assert.equal(await service.carryOutPlanOrders(), 1);
      assert.deepEqual([await service.carryOutPlanOrders(), (await service.listBoughtPlans(account)).length], [0, 1]);
    });

    it('that were bought are not changed by any statement', async () => {
      const account = await accountWith(200n);
      await shop.service.buyPlan({ account, request: draw(), plan: 'large', most: sat(200n) });
      for (const statement of [
        `update paid_plan_sales set price = 1 where account = '${account}'`,
        `delete from paid_plan_sales where account = '${account}'`,
        'update paid_plan_orders set price = 1',
        "update paid_plan_orders set state = 'open'",
        'delete from paid_plan_orders',
      ])
        await assert.rejects(sql.raw(statement).execute(shop.sandbox.database.db), (error) => violationOf(error) === 'check', statement);
    });
  });
}
