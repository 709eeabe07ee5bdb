// What the books hold against what the tables of coins, sales, refunds and payouts say: each comparison is one statement, hence of one
// moment. spec/ledger.md "Watch".
import { type Database, sql } from '@reprise/database';
import { readBalances, readTrialBalance } from '@reprise/ledger';

export type Discrepancy = {
  /** Which promise is broken: `trial-balance`, `legs`, or an account's name. */
  readonly what: string;
  /** Both in thousandths of a satoshi. */
  readonly books: bigint;
  readonly rows: bigint;
};

type Comparison = { readonly what: string /** SQL for a sum of msat. */; readonly rows: string };

/** The account by the beginning of its code. */
const quick: readonly Comparison[] = [
  { what: 'minting#', rows: 'select sum(amount_paid - amount_issued) * 1000 from mint_quotes where amount_paid > amount_issued' },
  { what: 'pending:', rows: "select sum(gross) from paid_sales where state = 'pending'" },
  { what: 'refund#', rows: "select sum(amount) from paid_refunds where state = 'owed'" },
  { what: 'payout#', rows: "select sum(held) from paid_payouts where state in ('held', 'reserved', 'dispatching')" },
];

/** Reads every coin there ever was. */
const whole: Comparison = {
  what: 'ecash:',
  rows: `select (coalesce((select sum(amount) from mint_outputs where state = 'signed'), 0)
    - coalesce((select sum(amount) from mint_proofs where state = 'spent'), 0)) * 1000`,
};

/** @param depth `quick`: every minute; `whole`: every leg and every coin, every day @returns nothing where all is well */
export async function compareBooks(database: Database, depth: 'quick' | 'whole'): Promise<readonly Discrepancy[]> {
  const found: Discrepancy[] = [];
  const { difference } = await readBalances(database);
  if (difference !== 0n) found.push({ what: 'trial-balance', books: difference, rows: 0n });
  for (const comparison of depth === 'whole' ? [...quick, whole] : quick) {
    const sums = await compare(database, comparison);
    if (sums.books !== sums.rows) found.push(sums);
  }
  if (depth === 'whole') {
    const { wrong } = await readTrialBalance(database);
    for (const { posted, legs } of wrong) found.push({ what: 'legs', books: posted, rows: legs });
  }
  return found;
}

async function compare({ db }: Database, { what, rows }: Comparison): Promise<Discrepancy> {
  const query = `select cast(coalesce((select sum(posted) from ledger_accounts where code like '${what}%'), 0) as text) as books,
    cast(coalesce((${rows}), 0) as text) as rows`;
  const found = await sql.raw<{ books: string; rows: string }>(query).execute(db);
  const [sums] = found.rows;
  return { what, books: BigInt(sums?.books ?? '0'), rows: BigInt(sums?.rows ?? '0') };
}
