// Plans as the drive keeps them, in rows of the same database, where there is no drive: that an account exists is taken for granted. For tests only.
import { type Database, sql } from '@reprise/database';
import { type Bytes, decodeUtf8, encodeUtf8 } from '@reprise/kit';
import type { Entitlements } from '../plans.ts';

const dayMs = 86_400_000;

export const keptPlans: Entitlements = {
  describe: async (plan) => (plan === 'nowhere' ? undefined : { bytesMax: 1_000, historyDays: 90 }),
  extend: async (queries, { account, plan, days, now }) => {
    const key = `test-plan/${account}/${plan}`;
    const row = await queries.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
    const from = Math.max(now, untilIn(row));
    const until = from + days * dayMs;
    const value = encodeUtf8(String(until));
    await sql`insert into settings (key, value) values (${key}, ${value}) on conflict (key) do update set value = excluded.value`.execute(
      queries,
    );
    return { from, until };
  },
};

/** Until when an account has a plan; 0: it never had it. */
export async function keptUntil({ db }: Database, account: string, plan: string): Promise<number> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', `test-plan/${account}/${plan}`).executeTakeFirst();
  return untilIn(row);
}

function untilIn(row: { readonly value: Bytes } | undefined): number {
  return row ? Number(decodeUtf8(row.value)) : 0;
}
