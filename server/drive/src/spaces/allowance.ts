// How many bytes may be stored: of an anonymous space its own bound, of an account its plan, over all its spaces (spec/spaces.md "Allowance").
import { type Database, type Queries, type Row, sql } from '@reprise/database';
import { anonymousSpaceKind } from '@reprise/protocol/formats';

export type Allowance = {
  /** Null: an anonymous space. */
  readonly plan: string | null;
  readonly storedBytes: number;
  readonly bytesMax: number;
};

type Holder = Pick<Row<'spaces'>, 'kind' | 'user_id' | 'stored_bytes' | 'bytes_max'>;

/** What counts for a space. @param defaultBytesMax of an account whose plan the operator has not described */
export async function allowanceOf(queries: Queries, space: Holder, defaultBytesMax: number): Promise<Allowance> {
  if (space.kind === anonymousSpaceKind) return { plan: null, storedBytes: space.stored_bytes, bytesMax: space.bytes_max };
  return accountAllowance(queries, space.user_id, defaultBytesMax);
}

export const defaultPlan = 'default';

export async function accountAllowance(
  queries: Queries,
  userId: string,
  defaultBytesMax: number,
): Promise<Allowance & { readonly plan: string }> {
  const { stored } = await queries
    .selectFrom('spaces')
    .select(({ fn }) => fn.sum<number | null>('stored_bytes').as('stored'))
    .where('user_id', '=', userId)
    .where(sql<boolean>`kind <> 3`)
    .executeTakeFirstOrThrow();
  const account = await queries
    .selectFrom('accounts')
    .leftJoin('plans', 'plans.plan', 'accounts.plan')
    .select(['accounts.plan', 'plans.bytes_max'])
    .where('user_id', '=', userId as Row<'accounts'>['user_id'])
    .executeTakeFirst();
  return { plan: account?.plan ?? defaultPlan, storedBytes: Number(stored ?? 0), bytesMax: account?.bytes_max ?? defaultBytesMax };
}

export type Usage = { readonly live: number; readonly history: number; readonly pending: number };

/** Each space of an account with its bytes by what they are for. Live ones are the rest: there are too many to be added up each time. */
export async function usageOf(
  { db }: Database,
  userId: string,
): Promise<{ readonly space: string; readonly stored: number; readonly usage: Usage }[]> {
  const spaces = await db
    .selectFrom('spaces')
    .select(['space', 'stored_bytes'])
    .where('user_id', '=', userId)
    .where(sql<boolean>`kind <> 3`)
    .where('ended_at', 'is', null)
    .execute();
  return Promise.all(
    spaces.map(async ({ space, stored_bytes: stored }) => {
      const sums = await db
        .selectFrom('objects')
        .select(({ fn }) => ['state', fn.sum<number>('length').as('bytes')])
        .where('space', '=', space)
        .where(sql<boolean>`(state <> 'live' or end_seq is not null)`)
        .groupBy('state')
        .execute();
      const of = (state: string) => Number(sums.find((sum) => sum.state === state)?.bytes ?? 0);
      const [pending, history] = [of('pending'), of('live') + of('condemned')];
      return { space, stored, usage: { live: Math.max(0, stored - pending - history), history, pending } };
    }),
  );
}

export type PlanRow = Row<'plans'>;

export async function listPlans({ db }: Database): Promise<PlanRow[]> {
  return db.selectFrom('plans').selectAll().orderBy('plan').execute();
}

/** Describes a plan anew; accounts on it follow at once. */
export async function describePlan({ db }: Database, plan: string, bytesMax: number): Promise<void> {
  await db
    .insertInto('plans')
    .values({ plan, bytes_max: bytesMax })
    .onConflict((conflict) => conflict.column('plan').doUpdateSet({ bytes_max: bytesMax }))
    .execute();
}

/** Puts an account on a plan. @param account its user id, locator or chosen name @returns whether there is such an account */
export async function assignPlan(database: Database, account: string, plan: string): Promise<boolean> {
  return database.transaction(async (queries) => {
    const named = await queries.selectFrom('account_names').select('user_id').where('name', '=', account).executeTakeFirst();
    const { numUpdatedRows } = await queries
      .updateTable('accounts')
      .set({ plan })
      .where('user_id', '=', named?.user_id ?? (account as Row<'accounts'>['user_id']))
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  });
}
