// What the books hold against what the tables of coins, sales, refunds, payouts and attempts say: each comparison is one statement, hence of
// one moment. spec/ledger.md "Watch".
import { type Database, sql } from '@reprise/database';
import { readBalances, readTrialBalance } from '@reprise/ledger';

export type Discrepancy = {
  /** Which promise is broken: `trial-balance`, `legs of` an account, the beginning of accounts' names, or payments and how they ended. */
  readonly what: string;
  /** Both in thousandths of a satoshi. */
  readonly books: bigint;
  readonly rows: bigint;
};

type Comparison = { readonly what: string /** Both SQL for a sum of msat. */; readonly books: string; readonly rows: string };

/** @param code the beginning of the codes of accounts */
const held = (code: string, rows: string): Comparison => ({
  what: code,
  books: `select sum(posted) from ledger_accounts where code like '${code}%'`,
  rows,
});

const quick: readonly Comparison[] = [
  held('minting#', 'select sum(amount_paid - amount_issued) * 1000 from mint_quotes where amount_paid > amount_issued'),
  held('pending:', "select sum(gross) from paid_sales where state = 'pending'"),
  held('premium#', 'select sum(price) from paid_plan_sales'),
  held('escrow:', "select sum(gross) from paid_sales where state = 'escrowed'"),
  held(
    'refund#',
    `select sum(amount) from (select amount from paid_refunds where state = 'owed'
      union all select amount from paid_case_refunds where state = 'owed') owed`,
  ),
  held('payout#', "select sum(held) from paid_payouts where state in ('held', 'reserved', 'dispatching')"),
];

/** In the books a keyset has no version, which is the first two digits of its id. */
const coinsOf = (keyset: string) =>
  held(
    `ecash:${keyset.slice(2)}`,
    `select (coalesce((select sum(amount) from mint_outputs where state = 'signed' and keyset = '${keyset}'), 0)
      - coalesce((select sum(amount) from mint_proofs where state = 'spent' and keyset = '${keyset}'), 0)) * 1000`,
  );

/** Money that came for an invoice is an operation, whoever paid it. */
const unsettled = (what: string, table: string, amount: string, isPaid: string): Comparison => ({
  what: `${what} that no operation settled`,
  books: '0',
  rows: `select sum(${amount}) from ${table} paid where ${isPaid}
    and not exists (select 1 from ledger_operations where kind = 'invoice-settled' and key = paid.payment_hash)`,
});

/** Reads every coin and every payment there ever was. */
const whole: readonly Comparison[] = [
  unsettled('quotes', 'mint_quotes', 'amount_paid * 1000', 'amount_paid > 0'),
  unsettled('deposits', 'paid_deposits', 'amount', "state = 'settled'"),
  unsettled('sales', 'paid_invoices', 'price * 1000', "state = 'settled'"),
  ...payments({
    purpose: 'payout',
    table: 'paid_payouts paid',
    id: 'paid.id',
    attempt: '1',
    hash: 'paid.payment_hash',
    amount: 'paid.amount',
    fee: 'paid.fee',
    paid: "paid.state = 'paid'",
    givenBack: "paid.state in ('failed', 'cancelled')",
  }),
  ...payments({
    purpose: 'melt',
    table: 'mint_melts paid join mint_melt_quotes quote on quote.id = paid.quote',
    id: 'paid.quote',
    attempt: 'paid.attempt',
    hash: 'quote.payment_hash',
    amount: 'quote.amount_msat',
    fee: 'paid.fee_msat',
    // What was paid inside has no preimage, and no node has heard of it.
    paid: "paid.step = 'paid' and quote.preimage is not null",
    givenBack: "paid.step = 'failed'",
  }),
];

type Payments = Readonly<Record<'purpose' | 'table' | 'id' | 'attempt' | 'hash' | 'amount' | 'fee' | 'paid' | 'givenBack', string>>;

/** Payments that ended in the books otherwise than in the journal of attempts; what is under way on either side has time. */
function payments({ purpose, table, id, attempt, hash, amount, fee, paid, givenBack }: Payments): readonly Comparison[] {
  const tried = `tried.payment_hash = ${hash} and tried.purpose = '${purpose}' and tried.payer = ${id} and tried.payer_attempt = ${attempt}`;
  const asPaid = `tried.state = 'succeeded' and tried.amount = ${amount} and tried.fee = ${fee}`;
  const isTold = `exists (select 1 from lightning_attempts tried where ${tried} and ${asPaid})`;
  // What had failed and was paid after all stays failed there, beside the proof; what it cost on the way is not kept.
  const wentOut = `(tried.state = 'succeeded' or tried.late_preimage is not null)`;
  return [
    {
      what: `${purpose}s that no node paid`,
      books: `select sum(${amount} + ${fee}) from ${table} where ${paid} and not ${isTold}`,
      rows: '0',
    },
    {
      what: `${purpose}s given back that a node paid`,
      books: '0',
      rows: `select sum(tried.amount + coalesce(tried.fee, 0)) from ${table} join lightning_attempts tried on ${tried} and ${wentOut}
        where ${givenBack}`,
    },
  ];
}

/** @param depth `quick`: every minute; `whole`: every leg, every coin and every payment, every day @returns nothing where all is well */
export async function compareBooks(database: Database, depth: 'quick' | 'whole'): Promise<readonly Discrepancy[]> {
  const found: Discrepancy[] = [];
  const { difference } = await readBalances(database);
  if (difference !== 0n) found.push({ what: 'trial-balance', books: difference, rows: 0n });
  const keysets = depth === 'whole' ? await database.db.selectFrom('mint_keysets').select('id').orderBy('derivation').execute() : [];
  for (const comparison of depth === 'whole' ? [...quick, ...keysets.map(({ id }) => coinsOf(id)), ...whole] : quick) {
    const sums = await compare(database, comparison);
    if (sums.books !== sums.rows) found.push(sums);
  }
  if (depth === 'whole') {
    const { wrong } = await readTrialBalance(database);
    for (const { code, posted, legs } of wrong) found.push({ what: `legs of ${code}`, books: posted, rows: legs });
  }
  return found;
}

async function compare({ db }: Database, { what, books, rows }: Comparison): Promise<Discrepancy> {
  const query = `select cast(coalesce((${books}), 0) as text) as books, cast(coalesce((${rows}), 0) as text) as rows`;
  const found = await sql.raw<{ books: string; rows: string }>(query).execute(db);
  const [sums] = found.rows;
  return { what, books: BigInt(sums?.books ?? '0'), rows: BigInt(sums?.rows ?? '0') };
}
