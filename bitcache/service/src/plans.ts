// Plans that accounts buy: what they cost, the purchase from a balance, and the one that waits for a deposit. What a plan gives is the affair of
// whoever keeps it; the port extends it in the transaction that takes the money. spec/paid-links.md "Plans".
import { type InTransaction, insertRows, type Row } from '@reprise/database';
import { AccountsOf, events, LedgerFailure, type Operation, operationId, type Sat, sat, satToMsat, shardOf } from '@reprise/ledger';
import { accountOf } from './account-code.ts';
import { lackOf } from './balance.ts';
import { assertNotFrozen } from './cases/freezes.ts';
import { type Deposit, makeDeposit } from './deposits.ts';
import { ServiceFailure } from './failures.ts';
import { hashOf } from './held-secret.ts';
import type { ServiceParts } from './ports.ts';
import { type Currency, inSats, type Rate } from './rates.ts';

/** What a plan costs now. */
export type PricedPlan = {
  readonly plan: string;
  readonly days: number;
  /** Satoshis, or cents. */
  readonly price: number;
  readonly currency: Currency;
  /** Null: there is no fresh rate. */
  readonly sats: Sat | null;
  readonly rate: Rate | null;
  readonly gives: PlanGives;
};
export type PlanGives = { readonly bytesMax: number; readonly historyDays: number };

/** What the drive does for the shop. */
export interface Entitlements {
  /** @returns undefined for a plan that nobody has described */
  describe(plan: string): Promise<PlanGives | undefined>;
  /** So many days more, from now or from the end of what the account has. @returns undefined if there is no such account or plan */
  extend(
    queries: InTransaction,
    grant: { readonly account: string; readonly plan: string; readonly days: number; readonly now: number },
  ): Promise<{ readonly from: number; readonly until: number } | undefined>;
}

/** Those on sale, the cheapest first as the operator wrote them. */
export async function listPlans(service: ServiceParts): Promise<readonly PricedPlan[]> {
  const rows = await service.database.db
    .selectFrom('paid_plans')
    .selectAll()
    .where('state', '=', 'open')
    .orderBy('price')
    .orderBy('plan')
    .execute();
  const priced = await Promise.all(rows.map((row) => pricedPlan(service, row)));
  return priced.filter((plan) => plan !== undefined);
}

async function pricedPlan(service: ServiceParts, { plan, days, price, currency }: Row<'paid_plans'>): Promise<PricedPlan | undefined> {
  const gives = await service.entitlements.describe(plan);
  if (!gives) return undefined;
  const asked = await priceNow(service, { price, currency }).catch((error: unknown) => {
    if (error instanceof ServiceFailure && error.code === 'no-rate') return { sats: null, rate: null };
    throw error;
  });
  return { plan, days, price, currency, ...asked, gives };
}

function priceNow({ rates, settings, clock }: ServiceParts, price: Pick<Row<'paid_plans'>, 'price' | 'currency'>) {
  return inSats(rates, price, { oldest: clock.now() - settings.rateMs, max: settings.planPriceMax });
}

export type PlanPurchase = {
  readonly account: string;
  /** Drawn by the client: asked again with it, nothing is paid again. */
  readonly request: string;
  readonly plan: string;
  /** What it may cost: the price that was shown. */
  readonly most: Sat;
};

/** `from`, `until`: what was bought, ms since 1970. `price` in whole satoshis. */
export type BoughtPlan = { readonly plan: string; readonly price: Sat; readonly from: number; readonly until: number };

/** @throws ServiceFailure no-plan, plan-dearer, balance-too-low, key-reused, frozen, no-rate: then nothing was paid */
export async function buyPlan(service: ServiceParts, { account, request, plan, most }: PlanPurchase): Promise<BoughtPlan> {
  const operation = { kind: 'plan-bought', key: `${account}/${request}`, requestHash: hashOf(plan, most) };
  const before = await boughtBy(service, operation);
  if (before) return before;
  const { price, days } = await termsOf(service, plan, most);
  return debit(service, operation, { account, plan, price, days }, (queries) => assertNotFrozen(queries, account));
}

/** @throws ServiceFailure no-plan, plan-dearer, no-rate */
async function termsOf(service: ServiceParts, plan: string, most: Sat): Promise<{ readonly price: Sat; readonly days: number }> {
  const row = await service.database.db
    .selectFrom('paid_plans')
    .selectAll()
    .where('plan', '=', plan)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (!row || !(await service.entitlements.describe(plan))) throw new ServiceFailure('no-plan');
  const { sats } = await priceNow(service, row);
  if (sats > most) throw new ServiceFailure('plan-dearer', { sats: String(sats) });
  return { price: sats, days: row.days };
}

type Bill = { readonly account: string; readonly plan: string; readonly price: Sat; readonly days: number };

/** The balance pays and the plan is extended, in one transaction. @param alsoDo what goes with it: where it throws, nothing was done */
async function debit(
  service: ServiceParts,
  operation: Operation,
  { account, plan, price, days }: Bill,
  alsoDo?: (queries: InTransaction) => Promise<unknown>,
): Promise<BoughtPlan> {
  const { ledger, database, clock, settings, entitlements } = service;
  const op = operationId(operation);
  const cost = satToMsat(price);
  const journal = events.boughtFromBalance(accountOf(account), new AccountsOf(shardOf(op, settings.shards)).code('premium'), cost);
  await ledger.open(journal?.legs.map((leg) => leg.account) ?? []);
  const now = clock.now();
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      const given = await entitlements.extend(queries, { account, plan, days, now });
      if (!given) throw new ServiceFailure('no-plan');
      const times = { from_at: given.from, until_at: given.until, sold_at: now };
      await insertRows(queries, 'paid_plan_sales', [{ id: op, account, plan, price: Number(cost), days, ...times }]);
      await alsoDo?.(queries);
      if (journal) await ledger.post(queries, op, journal, now);
    });
  } catch (error) {
    if (!(error instanceof LedgerFailure)) throw error;
    if (error.code === 'operation-differs') throw new ServiceFailure('key-reused', {}, { cause: error });
    if (error.code !== 'overdrawn') throw error;
    throw new ServiceFailure('balance-too-low', { missing: await lackOf(service, account, price) }, { cause: error });
  }
  return (await boughtBy(service, operation)) as BoughtPlan;
}

/** @throws ServiceFailure key-reused */
async function boughtBy({ database }: ServiceParts, operation: Operation): Promise<BoughtPlan | undefined> {
  const id = operationId(operation);
  const row = await database.db
    .selectFrom('paid_plan_sales')
    .innerJoin('ledger_operations', 'ledger_operations.id', 'paid_plan_sales.id')
    .select(['plan', 'price', 'from_at', 'until_at', 'request_hash'])
    .where('paid_plan_sales.id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  if (Buffer.compare(row.request_hash, operation.requestHash) !== 0) throw new ServiceFailure('key-reused');
  return { plan: row.plan, price: sat(BigInt(row.price) / 1_000n), from: row.from_at, until: row.until_at };
}

/**
 * An invoice for what a plan costs: its money becomes balance, which buys the plan at the price of now, whenever it comes.
 * @throws ServiceFailure no-plan, plan-dearer, no-rate, amount, key-reused, busy, stopped
 */
export async function orderPlan(service: ServiceParts, { account, request, plan, most }: PlanPurchase): Promise<Deposit> {
  const before = await service.database.db
    .selectFrom('paid_deposits')
    .leftJoin('paid_plan_orders', 'paid_plan_orders.payment_hash', 'paid_deposits.payment_hash')
    .select(['paid_deposits.amount', 'plan'])
    .where('account', '=', account)
    .where('request', '=', request)
    .executeTakeFirst();
  if (before && before.plan !== plan) throw new ServiceFailure('key-reused');
  if (before) return makeDeposit(service, { account, request, amount: sat(BigInt(before.amount) / 1_000n) });
  const { price, days } = await termsOf(service, plan, most);
  return makeDeposit(service, { account, request, amount: price }, async (queries, hash) => {
    const row = { payment_hash: hash, plan, price: Number(price), days, state: 'open' as const, updated_at: service.clock.now() };
    await insertRows(queries, 'paid_plan_orders', [row]);
  });
}

const ordersPerPass = 500;

/**
 * Buys what was ordered with deposits that have come: after each, and every ten seconds in any process, for whatever died in between.
 * @returns how many orders ended
 */
export async function carryOutPlanOrders(service: ServiceParts): Promise<number> {
  const orders = await service.database.db
    .selectFrom('paid_plan_orders')
    .innerJoin('paid_deposits', 'paid_deposits.payment_hash', 'paid_plan_orders.payment_hash')
    .select(['paid_plan_orders.payment_hash', 'plan', 'price', 'days', 'account'])
    .where('paid_plan_orders.state', '=', 'open')
    .where('paid_deposits.state', '=', 'settled')
    .limit(ordersPerPass)
    .execute();
  for (const { payment_hash: hash, plan, price, days, account } of orders) {
    const end = (state: 'done' | 'left') => (queries: Pick<InTransaction, 'updateTable'>) =>
      queries
        .updateTable('paid_plan_orders')
        .set({ state, updated_at: service.clock.now() })
        .where('payment_hash', '=', hash)
        .where('state', '=', 'open')
        .execute();
    const operation = { kind: 'plan-bought', key: `order/${hash}`, requestHash: hashOf(plan, price) };
    try {
      await debit(service, operation, { account, plan, price: sat(BigInt(price)), days }, end('done'));
    } catch (error) {
      // The plan is no more, or its owner was quicker to spend the money: it stays theirs.
      if (!(error instanceof ServiceFailure && (error.code === 'no-plan' || error.code === 'balance-too-low'))) throw error;
      await end('left')(service.database.db);
    }
  }
  return orders.length;
}

/** What an account has bought, the latest first. */
export async function listBoughtPlans(
  { database }: ServiceParts,
  account: string,
): Promise<readonly (BoughtPlan & { readonly at: number })[]> {
  const rows = await database.db
    .selectFrom('paid_plan_sales')
    .selectAll()
    .where('account', '=', account)
    .orderBy('sold_at', 'desc')
    .orderBy('id')
    .limit(1_000)
    .execute();
  return rows.map(({ plan, price, from_at: from, until_at: until, sold_at: at }) => ({
    plan,
    price: sat(BigInt(price) / 1_000n),
    from,
    until,
    at,
  }));
}

/** Puts a plan on sale, or changes what it costs. For the operator. */
export async function pricePlan(
  { db }: Pick<ServiceParts, 'database'>['database'],
  { plan, ...terms }: Pick<Row<'paid_plans'>, 'plan' | 'price' | 'currency' | 'days'>,
  now: number,
): Promise<void> {
  const change = { ...terms, state: 'open' as const, updated_at: now };
  await db
    .insertInto('paid_plans')
    .values({ plan, ...change })
    .onConflict((conflict) => conflict.column('plan').doUpdateSet(change))
    .execute();
}

/** Sells it no more; who has it keeps it to its end. @returns whether it was on sale */
export async function closePlan({ db }: Pick<ServiceParts, 'database'>['database'], plan: string, now: number): Promise<boolean> {
  const change = { state: 'closed' as const, updated_at: now };
  const { numUpdatedRows } = await db
    .updateTable('paid_plans')
    .set(change)
    .where('plan', '=', plan)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Those on sale, as the operator wrote them. */
export async function listPricedPlans({ db }: Pick<ServiceParts, 'database'>['database']): Promise<readonly Row<'paid_plans'>[]> {
  return db.selectFrom('paid_plans').selectAll().where('state', '=', 'open').orderBy('plan').execute();
}
