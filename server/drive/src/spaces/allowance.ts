// How many bytes may be stored: of an anonymous space its own bound, of an account its plan, over all its spaces (spec/spaces.md "Allowance").
import { type Database, type Queries, type Row, sql } from '@reprise/database';
import { anonymousSpaceKind } from '@reprise/protocol/formats';
import { defaultPlan, type PlanInForce, plansInForce } from './plans.ts';

export type Allowance = {
  /** Null: an anonymous space. */
  readonly plan: string | null;
  readonly storedBytes: number;
  readonly bytesMax: number;
};

type Holder = Pick<Row<'spaces'>, 'kind' | 'user_id' | 'stored_bytes' | 'bytes_max'>;

export type AccountAllowance = Allowance & PlanInForce;

/** What counts for a space. @param defaultBytesMax of an account whose plan the operator has not described */
export async function allowanceOf(queries: Queries, space: Holder, now: number, defaultBytesMax: number): Promise<Allowance> {
  if (space.kind === anonymousSpaceKind) return { plan: null, storedBytes: space.stored_bytes, bytesMax: space.bytes_max };
  return accountAllowance(queries, space.user_id, now, defaultBytesMax);
}

export async function accountAllowance(queries: Queries, userId: string, now: number, defaultBytesMax: number): Promise<AccountAllowance> {
  const { stored } = await queries
    .selectFrom('spaces')
    .select(({ fn }) => fn.sum<number | null>('stored_bytes').as('stored'))
    .where('user_id', '=', userId)
    .where(sql<boolean>`kind <> 3`)
    .executeTakeFirstOrThrow();
  const plan = (await plansInForce(queries, [userId], { now, defaultBytesMax })).get(userId);
  return { storedBytes: Number(stored ?? 0), ...(plan ?? { plan: defaultPlan, bytesMax: defaultBytesMax, until: null }) };
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
