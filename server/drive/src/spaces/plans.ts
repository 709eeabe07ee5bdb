// Which plan an account has: its own, or one that it has for some time besides, whichever allows more bytes. How somebody comes to one is not the
// drive's affair (spec/spaces.md "Plans").
import { among, type Database, type InTransaction, type Queries, type Row } from '@reprise/database';

export const defaultPlan = 'default';
const dayMs = 86_400_000;

export type PlanInForce = {
  readonly plan: string;
  readonly bytesMax: number;
  /** ms since 1970; null: without an end. */
  readonly until: number | null;
};

/** A plan that an account has, or had, for some time. */
export type Entitlement = { readonly plan: string; readonly until: number; readonly bytesMax: number; readonly historyDays: number };

type UserId = Row<'accounts'>['user_id'];

/** @param defaultBytesMax of an account whose plan the operator has not described */
export async function plansInForce(
  queries: Queries,
  userIds: readonly string[],
  { now, defaultBytesMax }: { readonly now: number; readonly defaultBytesMax: number },
): Promise<ReadonlyMap<string, PlanInForce>> {
  const own = await queries
    .selectFrom('accounts')
    .leftJoin('plans', 'plans.plan', 'accounts.plan')
    .select(['user_id', 'accounts.plan', 'plans.bytes_max'])
    .where('user_id', 'in', among(queries, userIds as readonly UserId[]))
    .execute();
  const besides = await queries
    .selectFrom('entitlements')
    .innerJoin('plans', 'plans.plan', 'entitlements.plan')
    .select(['user_id', 'entitlements.plan', 'plans.bytes_max', 'until'])
    .where('user_id', 'in', among(queries, userIds as readonly UserId[]))
    .where('until', '>', now)
    .execute();
  return new Map(
    own.map(({ user_id: userId, plan, bytes_max: bytesMax }) => {
      const first: PlanInForce = { plan, bytesMax: bytesMax ?? defaultBytesMax, until: null };
      const more = besides.filter((one) => one.user_id === userId);
      return [userId, more.map((one) => ({ plan: one.plan, bytesMax: one.bytes_max, until: one.until })).reduce(better, first)];
    }),
  );
}

/** The larger; of two alike, the one that lasts. */
function better(one: PlanInForce, other: PlanInForce): PlanInForce {
  if (one.bytesMax !== other.bytesMax) return one.bytesMax > other.bytesMax ? one : other;
  return one.until === null || (other.until !== null && one.until >= other.until) ? one : other;
}

/** All that an account has or had for some time, the one that lasts longest first. */
export async function entitlementsOf({ db }: Database, userId: string): Promise<readonly Entitlement[]> {
  const rows = await db
    .selectFrom('entitlements')
    .innerJoin('plans', 'plans.plan', 'entitlements.plan')
    .select(['entitlements.plan', 'until', 'bytes_max', 'history_days'])
    .where('user_id', '=', userId as UserId)
    .orderBy('until', 'desc')
    .execute();
  return rows.map(({ plan, until, bytes_max: bytesMax, history_days: historyDays }) => ({ plan, until, bytesMax, historyDays }));
}

/**
 * How long at least what is swept now stays, by the plans of an account, in ms. As after a policy that shortens it, a plan that has run out counts
 * until its history would have: nobody loses what they were promised because a day has passed.
 */
export async function plannedHistoryMs(queries: Queries, userId: string, now: number): Promise<number> {
  const own = queries.selectFrom('accounts').innerJoin('plans', 'plans.plan', 'accounts.plan');
  const always = await own
    .select('history_days')
    .where('user_id', '=', userId as UserId)
    .executeTakeFirst();
  const besides = await queries
    .selectFrom('entitlements')
    .innerJoin('plans', 'plans.plan', 'entitlements.plan')
    .select(['until', 'history_days'])
    .where('user_id', '=', userId as UserId)
    .execute();
  const promised = besides.map(({ until, history_days: days }) => ({ days, until }));
  const inForce = promised.filter(({ days, until }) => until + days * dayMs > now).map(({ days }) => days);
  return Math.max(0, always?.history_days ?? 0, ...inForce) * dayMs;
}

/**
 * An account has a plan for some days more, counted from now, or from the end of what it has of it. In the transaction of whoever grants it.
 * @returns undefined if there is no such account or plan
 */
export async function extendPlan(
  queries: InTransaction,
  { account, plan, days, now }: { readonly account: string; readonly plan: string; readonly days: number; readonly now: number },
): Promise<{ readonly from: number; readonly until: number } | undefined> {
  const userId = account as UserId;
  const owner = await queries.selectFrom('accounts').select('user_id').where('user_id', '=', userId).executeTakeFirst();
  const known = await queries.selectFrom('plans').select('plan').where('plan', '=', plan).executeTakeFirst();
  if (!owner || !known) return undefined;
  const has = queries.selectFrom('entitlements').select('until').where('user_id', '=', userId).where('plan', '=', plan);
  const from = Math.max(now, (await has.executeTakeFirst())?.until ?? 0);
  const until = from + days * dayMs;
  await queries
    .insertInto('entitlements')
    .values({ user_id: userId, plan, until })
    .onConflict((conflict) => conflict.columns(['user_id', 'plan']).doUpdateSet({ until }))
    .execute();
  return { from, until };
}

/** What a plan allows; undefined if the operator has not described it. */
export async function readPlan(
  { db }: Database,
  plan: string,
): Promise<{ readonly bytesMax: number; readonly historyDays: number } | undefined> {
  const row = await db.selectFrom('plans').selectAll().where('plan', '=', plan).executeTakeFirst();
  return row && { bytesMax: row.bytes_max, historyDays: row.history_days };
}

export type PlanRow = Row<'plans'>;

export async function listPlans({ db }: Database): Promise<PlanRow[]> {
  return db.selectFrom('plans').selectAll().orderBy('plan').execute();
}

/** Describes a plan anew; accounts on it follow at once. @param historyDays how long at least what is swept stays; absent: as it was */
export async function describePlan({ db }: Database, plan: string, bytesMax: number, historyDays?: number): Promise<void> {
  const change = { bytes_max: bytesMax, ...(historyDays !== undefined && { history_days: historyDays }) };
  await db
    .insertInto('plans')
    .values({ plan, ...change })
    .onConflict((conflict) => conflict.column('plan').doUpdateSet(change))
    .execute();
}

/** Puts an account on a plan. @param account its user id, locator or chosen name @returns whether there is such an account */
export async function assignPlan(database: Database, account: string, plan: string): Promise<boolean> {
  return database.transaction(async (queries) => {
    const userId = await userIdOf(queries, account);
    const { numUpdatedRows } = await queries.updateTable('accounts').set({ plan }).where('user_id', '=', userId).executeTakeFirst();
    return numUpdatedRows > 0n;
  });
}

/** Gives an account a plan for some days, without a payment. @param account as for `assignPlan` @returns until when; undefined as `extendPlan` */
export async function grantPlan(
  database: Database,
  grant: { readonly account: string; readonly plan: string; readonly days: number; readonly now: number },
): Promise<number | undefined> {
  return database.transaction(async (queries) => {
    const account = await userIdOf(queries, grant.account);
    return (await extendPlan(queries, { ...grant, account }))?.until;
  });
}

/** @param account as for `assignPlan` @returns undefined where there is none */
export async function findAccount(database: Database, account: string): Promise<UserId | undefined> {
  return database.transaction(async (queries) => {
    const userId = await userIdOf(queries, account);
    return (await queries.selectFrom('accounts').select('user_id').where('user_id', '=', userId).executeTakeFirst())?.user_id;
  });
}

async function userIdOf(queries: InTransaction, account: string): Promise<UserId> {
  const named = await queries.selectFrom('account_names').select('user_id').where('name', '=', account).executeTakeFirst();
  return named?.user_id ?? (account as UserId);
}
