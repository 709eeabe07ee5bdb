// What sales earn: it waits for a window, and then becomes the seller's and the commission the house's. spec/paid-links.md "Earnings".
import { type InTransaction, type Row, sql } from '@reprise/database';
import { AccountsOf, events, type Msat, msat, operationId } from '@reprise/ledger';
import { accountOf } from './account-code.ts';
import { hashOf } from './held-secret.ts';
import type { ServiceParts } from './ports.ts';

/** Hourly, in any process, also in several at once. @returns how many sales became their sellers' */
export async function releaseMatured(service: ServiceParts): Promise<number> {
  let released = 0;
  for (;;) {
    const sales = await service.database.db
      .selectFrom('paid_sales')
      .innerJoin('paid_offers', 'paid_offers.id', 'paid_sales.offer')
      .selectAll('paid_sales')
      .where('paid_sales.state', '=', 'pending')
      .where('matures_at', '<=', service.clock.now())
      .where('cases_standing', '=', 0)
      .orderBy('matures_at')
      .orderBy('paid_sales.id')
      .limit(service.settings.releaseBatch)
      .execute();
    if (sales.length === 0) return released;
    released += await releaseBatch(service, sales);
  }
}

async function releaseBatch({ database, ledger, clock }: ServiceParts, sales: readonly Row<'paid_sales'>[]): Promise<number> {
  const parts = sales.map((sale) => {
    const on = new AccountsOf(sale.shard);
    const share = { gross: msat(BigInt(sale.gross)), commission: msat(BigInt(sale.commission)) };
    const journal = events.released(on, on.code('pending', sale.offer), accountOf(sale.seller), share);
    return { sale, journal, operation: { kind: 'sale-released', key: sale.id, requestHash: hashOf(sale.id) } };
  });
  await ledger.open(parts.flatMap(({ journal }) => journal?.legs.map(({ account }) => account) ?? []));
  const now = clock.now();
  return database.transaction(async (queries) => {
    let released = 0;
    const free = await releasable(queries, sales);
    for (const { sale, journal, operation } of parts) {
      if (!free.has(sale.id) || !(await ledger.claim(queries, operation, now))) continue;
      await queries.updateTable('paid_sales').set({ state: 'released', ended_at: now }).where('id', '=', sale.id).execute();
      if (journal) await ledger.post(queries, operationId(operation), journal, now);
      released++;
    }
    return released;
  });
}

/**
 * Those that wait still, and against which no case stands: one may have been opened since they were read. Where one is opened at this very
 * moment, only one of the two transactions commits: they are serializable.
 */
async function releasable(queries: InTransaction, sales: readonly Row<'paid_sales'>[]): Promise<ReadonlySet<string>> {
  const ids = sales.map(({ id }) => id);
  const free = queries
    .selectFrom('paid_sales')
    .innerJoin('paid_offers', 'paid_offers.id', 'paid_sales.offer')
    .select('paid_sales.id')
    .where('paid_sales.id', 'in', ids)
    .where('paid_sales.state', '=', 'pending')
    .where('cases_standing', '=', 0);
  return new Set((await free.execute()).map(({ id }) => id));
}

/** One offer on one day (UTC, `2030-01-31`). */
export type EarningsLine = {
  readonly offer: string;
  /** What it earned by: a price, or a tip jar. */
  readonly kind: 'sale' | 'tip';
  readonly day: string;
  readonly sales: number;
  readonly gross: Msat;
  readonly commission: Msat;
  /** The seller's part. */
  readonly net: Msat;
  /** What of it still waits. */
  readonly waiting: Msat;
  /** What of that a case holds. */
  readonly held: Msat;
};

const dayMs = 86_400_000;

/** @param offer of this seller, or all of them */
export async function readEarnings({ database }: ServiceParts, seller: string, offer?: string): Promise<readonly EarningsLine[]> {
  const ofOffer = offer === undefined ? sql`` : sql`and paid_sales.offer = ${offer}`;
  const sum = (text: string) => sql.raw(`cast(sum(${text}) as text)`);
  type Sums = {
    offer: string;
    is_jar: number;
    day: number;
    sales: number;
    gross: string;
    commission: string;
    waiting: string;
    held: string;
  };
  const { rows } = await sql<Sums>`
    select paid_sales.offer, is_jar, sold_at / ${sql.lit(dayMs)} as day, count(*) as sales, ${sum('gross')} as gross, ${sum('commission')} as commission,
      ${sum("case when state <> 'released' then gross - commission else 0 end")} as waiting,
      ${sum("case when state = 'escrowed' then gross - commission else 0 end")} as held
    from paid_sales join paid_listings using (offer, version) where seller = ${seller} ${ofOffer} and (state in ('pending', 'escrowed') or (state = 'released' and claimed_by is null))
    group by paid_sales.offer, is_jar, sold_at / ${sql.lit(dayMs)} order by paid_sales.offer, day`.execute(database.db);
  return rows.map((row) => {
    const [gross, commission] = [msat(BigInt(row.gross)), msat(BigInt(row.commission))];
    return {
      offer: row.offer,
      kind: Number(row.is_jar) === 1 ? 'tip' : 'sale',
      day: new Date(Number(row.day) * dayMs).toISOString().slice(0, 10),
      sales: Number(row.sales),
      gross,
      commission,
      net: msat(gross - commission),
      waiting: msat(BigInt(row.waiting)),
      held: msat(BigInt(row.held)),
    };
  });
}

/** With the network in each line: coins of a test chain are worth nothing. */
export async function exportEarnings(service: ServiceParts, seller: string, offer?: string): Promise<string> {
  const lines = (await readEarnings(service, seller, offer)).map((line) =>
    [
      service.network,
      line.offer,
      line.kind,
      line.day,
      line.sales,
      ...[line.gross, line.commission, line.net, line.waiting, line.held].map(inSat),
    ].join(','),
  );
  return ['network,offer,kind,day,sales,gross_sat,commission_sat,net_sat,waiting_sat,held_sat', ...lines]
    .map((line) => `${line}\r\n`)
    .join('');
}

/** With three decimals. */
function inSat(amount: Msat): string {
  return `${amount / 1_000n}.${String(amount % 1_000n).padStart(3, '0')}`;
}
