// What is owed at one moment: coins that were signed and that came back, and every other liability of the books under the name of whom it
// concerns. spec/liabilities.md "Lists", "Lines".
import { among, type InTransaction, sql } from '@reprise/database';

export type Coin = { readonly keyset: string; readonly point: string /** Satoshis. */; readonly amount: number };
export type HeldLine = {
  readonly name: string;
  /** The account that may see it; null: nobody's alone. */
  readonly owner: string | null;
  /** Thousandths of a satoshi, above zero. */
  readonly amount: bigint;
};
export type Holdings = {
  readonly keysets: readonly string[];
  /** Since the epoch before. */
  readonly promised: readonly Coin[];
  readonly spent: readonly Coin[];
  readonly lines: readonly HeldLine[];
};

/** A transaction sees one moment on either engine. */
export async function readHoldings(queries: InTransaction): Promise<Holdings> {
  const keysets = await queries.selectFrom('mint_keysets').select('id').orderBy('id').execute();
  const { rows: promised } = await sql<Coin>`
    select keyset, b as point, amount from mint_outputs
    where state = 'signed' and not exists (select 1 from liability_coins where list = 'promised' and point = mint_outputs.b)`.execute(
    queries,
  );
  const { rows: spent } = await sql<Coin>`
    select keyset, y as point, amount from mint_proofs
    where state = 'spent' and not exists (select 1 from liability_coins where list = 'spent' and point = mint_proofs.y)`.execute(queries);
  return { keysets: keysets.map(({ id }) => id), promised, spent, lines: await readLines(queries) };
}

/** Where the books hold a sum of many, its parts are in rows. */
const parts: Readonly<Record<string, string>> = {
  payout: `select id, account as owner, held as amount from paid_payouts where state in ('held', 'reserved', 'dispatching')`,
  refund: `select payment_hash as id, null as owner, amount from paid_refunds where state = 'owed'
    union all select 'sale-' || sale, null, amount from paid_case_refunds where state = 'owed'`,
  minting: `select id, null as owner, (amount_paid - amount_issued) * 1000 as amount from mint_quotes where amount_paid > amount_issued`,
};

async function readLines(queries: InTransaction): Promise<readonly HeldLine[]> {
  const { rows } = await sql<{ code: string; posted: string }>`
    select code, cast(posted as text) as posted from ledger_accounts
    where kind = 'liability' and code not like 'ecash:%' and posted > 0`.execute(queries);
  const sums = new Map<string, bigint>();
  for (const { code, posted } of rows) {
    const [name] = code.split('#') as [string];
    sums.set(name, (sums.get(name) ?? 0n) + BigInt(posted));
  }
  const lines: HeldLine[] = [];
  for (const [name, query] of Object.entries(parts)) {
    type Part = { id: string; owner: string | null; amount: number | bigint };
    for (const { id, owner, amount } of (await sql.raw<Part>(query).execute(queries)).rows) {
      lines.push({ name: `${name}:${id}`, owner, amount: BigInt(amount) });
      sums.set(name, (sums.get(name) ?? 0n) - BigInt(amount));
    }
  }
  const sellers = await sellersOf(queries, [...sums.keys()]);
  // What rows do not explain is owed all the same.
  for (const [name, amount] of sums) if (amount > 0n) lines.push({ name, owner: ownerOf(name, sellers), amount });
  return lines;
}

const [accountPrefix, pendingPrefix, escrowPrefix] = ['account:', 'pending:', 'escrow:'] as const;

async function sellersOf(queries: InTransaction, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const of = (prefix: string) => names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const [offers, cases] = [of(pendingPrefix), of(escrowPrefix)];
  if (offers.length === 0 && cases.length === 0) return new Map();
  const waiting = await queries.selectFrom('paid_offers').select(['id', 'seller']).where('id', 'in', among(queries, offers)).execute();
  // Until it is decided, what a case holds is the seller's to look for; then it is the claimant's, or nobody's alone.
  const held = await queries
    .selectFrom('paid_cases')
    .innerJoin('paid_offers', 'paid_offers.id', 'paid_cases.offer')
    .select(['paid_cases.id', 'seller', 'outcome', 'claimant'])
    .where('paid_cases.id', 'in', among(queries, cases))
    .execute();
  return new Map([
    ...waiting.map(({ id, seller }) => [`${pendingPrefix}${id}`, seller] as const),
    ...held.flatMap(({ id, seller, outcome, claimant }) => {
      const owner = outcome === 'open' || outcome === 'dismissed' ? seller : claimant;
      return owner === null ? [] : [[`${escrowPrefix}${id}`, owner] as const];
    }),
  ]);
}

function ownerOf(name: string, sellers: ReadonlyMap<string, string>): string | null {
  return name.startsWith(accountPrefix) ? name.slice(accountPrefix.length) : (sellers.get(name) ?? null);
}
