// What leaves accounts, by Lightning or as coins, counted together: above its bounds an operator looks first. spec/paid-links.md "Payouts".
import { type Queries, sql } from '@reprise/database';
import { type Sat, sat, satToMsat } from '@reprise/ledger';
import { accountOf } from './account-code.ts';

/** Of one payout, of an account in a day, of the house in an hour. */
export type LeavingLimits = { readonly payoutMax: Sat; readonly accountDayMax: Sat; readonly houseHourMax: Sat };

export const defaultLeavingLimits: LeavingLimits = {
  payoutMax: sat(200_000n),
  accountDayMax: sat(1_000_000n),
  houseHourMax: sat(5_000_000n),
};

export type Taken = {
  /** Both in thousandths of a satoshi, without what failed or was cancelled. */
  readonly accountDay: bigint;
  readonly houseHour: bigint;
};

const [hourMs, dayMs] = [3_600_000, 86_400_000];

/** In the transaction that takes more, it holds for whatever else is taken at the same time. */
export async function takenSince(queries: Queries, account: string, now: number): Promise<Taken> {
  const day = now - dayMs;
  const { rows } = await sql<{ day: string | null; hour: string | null }>`
    select cast(sum(case when mine then amount else 0 end) as text) as day,
      cast(sum(case when at > ${now - hourMs} then amount else 0 end) as text) as hour
    from (
      select account = ${account} as mine, created_at as at, amount
        from paid_payouts where created_at > ${day} and state not in ('failed', 'cancelled')
      union all
      select ledger_accounts.code = ${accountOf(account)}, ledger_journals.at, ledger_postings.amount
        from ledger_journals
        join ledger_postings on ledger_postings.journal = ledger_journals.id
        join ledger_accounts on ledger_accounts.id = ledger_postings.account
        where ledger_journals.kind = 'payout-in-coins' and ledger_journals.at > ${day} and ledger_postings.amount > 0
    ) as taken`.execute(queries);
  return { accountDay: BigInt(rows[0]?.day ?? '0'), houseHour: BigInt(rows[0]?.hour ?? '0') };
}

/** How much may go without an operator. */
export function leavesFreely({ accountDay, houseHour }: Taken, { payoutMax, accountDayMax, houseHourMax }: LeavingLimits): bigint {
  const rests = [satToMsat(payoutMax), satToMsat(accountDayMax) - accountDay, satToMsat(houseHourMax) - houseHour];
  const least = rests.reduce((one, other) => (other < one ? other : one));
  return least > 0n ? least : 0n;
}
