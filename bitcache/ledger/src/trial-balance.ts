// The proof that the books are whole: what every account holds is the sum of its legs, and all legs sum to zero. spec/ledger.md "Trial balance".
import { type Database, sql } from '@reprise/database';
import { type AccountCode, type AccountKind, isDebitKind } from './chart.ts';
import { type Msat, msat } from './money.ts';

export type AccountLine = { readonly code: AccountCode; readonly kind: AccountKind; readonly posted: Msat };
export type TrialBalance = {
  readonly lines: readonly AccountLine[];
  /** Debits less credits of all accounts as they stand: zero, or money was made or lost. */
  readonly difference: bigint;
  /** Accounts whose balance is not the sum of their legs. */
  readonly wrong: readonly { readonly code: AccountCode; readonly posted: Msat; readonly legs: bigint }[];
};

/** Sums of amounts may pass 2^63 where both directions are many: high and low parts are summed apart. */
const part = 1_000_000_000n;

/** Reads every leg; a minute's look at the books is `readBalances`. One statement, hence one moment. */
export async function readTrialBalance({ db }: Database): Promise<TrialBalance> {
  const { rows } = await sql<{ code: string; kind: AccountKind; posted: string; high: string; low: string }>`
    select code, kind, cast(posted as text) as posted, coalesce(high, '0') as high, coalesce(low, '0') as low
    from ledger_accounts left join (
      select account, cast(sum(amount / ${sql.lit(part)}) as text) as high, cast(sum(amount % ${sql.lit(part)}) as text) as low
      from ledger_postings group by account
    ) as sums on sums.account = ledger_accounts.id
    order by code`.execute(db);
  const accounts = rows.map(({ code, kind, posted, high, low }) => {
    const debits = BigInt(high) * part + BigInt(low);
    return { code, kind, posted: msat(BigInt(posted)), legs: isDebitKind(kind) ? debits : -debits };
  });
  return {
    lines: accounts.map(({ code, kind, posted }) => ({ code, kind, posted })),
    difference: differenceOf(accounts),
    wrong: accounts.filter(({ posted, legs }) => posted !== legs).map(({ code, posted, legs }) => ({ code, posted, legs })),
  };
}

/** What the accounts hold, without a look at their legs. */
export async function readBalances({ db }: Database): Promise<Pick<TrialBalance, 'lines' | 'difference'>> {
  const { rows } = await sql<{ code: string; kind: AccountKind; posted: string }>`
    select code, kind, cast(posted as text) as posted from ledger_accounts order by code`.execute(db);
  const lines = rows.map(({ code, kind, posted }) => ({ code, kind, posted: msat(BigInt(posted)) }));
  return { lines, difference: differenceOf(lines) };
}

function differenceOf(lines: readonly AccountLine[]): bigint {
  return lines.reduce((sum, { kind, posted }) => (isDebitKind(kind) ? sum + posted : sum - posted), 0n);
}
