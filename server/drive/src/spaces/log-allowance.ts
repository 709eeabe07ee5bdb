// What the logs of an account may take, beside its objects (spec/spaces.md "Allowance"): entries and attachments stay for good, and nobody
// else's disk shall pay for them.
import { among, type Queries, sql } from '@reprise/database';
import type { Envelope } from '@reprise/protocol/formats';
import type { DriveSettings } from '../settings.ts';
import { plansInForce } from './plans.ts';
import { logBytesMax } from './rules.ts';

/** What a log grows by. */
export function envelopeCost({ entry, signature, attachments }: Envelope): number {
  return [...attachments.values()].reduce((sum, { length }) => sum + length, entry.length + signature.length);
}

export type LogRoom = { readonly bytesMax: number; stored: number };

/** Of each account, over all its spaces. */
export async function logRooms(
  queries: Queries,
  userIds: readonly string[],
  now: number,
  { accountBytesMax, accountLogBytesMin }: Pick<DriveSettings, 'accountBytesMax' | 'accountLogBytesMin'>,
): Promise<ReadonlyMap<string, LogRoom>> {
  const sums = await queries
    .selectFrom('spaces')
    .select(({ fn }) => ['user_id', fn.sum<number>('log_bytes').as('stored')])
    .where('user_id', 'in', among<string>(queries, userIds))
    .where(sql<boolean>`kind <> 3`)
    .groupBy('user_id')
    .execute();
  const plans = await plansInForce(queries, userIds, { now, defaultBytesMax: accountBytesMax });
  return new Map(
    sums.map(({ user_id: userId, stored }) => {
      const bytesMax = logBytesMax(plans.get(userId)?.bytesMax ?? accountBytesMax, accountLogBytesMin);
      return [userId, { bytesMax, stored: Number(stored) }];
    }),
  );
}
