// What a payment writes besides its money: the sale, what it gave, and one sale less to make. spec/paid-links.md "Purchase".
import { type InTransaction, insertRows, type NewRow, type Row } from '@reprise/database';
import type { Bytes } from '@reprise/kit';
import { commissionOf, type OperationId, type Sat, satToMsat, shardOf } from '@reprise/ledger';
import { countUpheld } from './cases/standing.ts';
import { ServiceFailure } from './failures.ts';
import { type Current, currentsOf, stateOf } from './offers.ts';
import type { OfferId, ServiceParts } from './ports.ts';

/** What a buyer takes away: the same bytes however often the payment is shown. */
export type Granted = { readonly sale: OperationId; readonly release: Bytes; readonly receipt: Bytes };

export type Sale = {
  readonly op: OperationId;
  readonly offer: OfferId;
  readonly version: number;
  readonly way: Row<'paid_sales'>['way'];
  readonly price: Sat;
  readonly credential: string;
  readonly buyerKeyHash: string;
  readonly given: Pick<Granted, 'release' | 'receipt'>;
  /** How long it waits, in ms. */
  readonly windowMs: number;
  readonly now: number;
};

/**
 * Last before the legs.
 * @returns why one of them cannot be made: if it was the only one nothing was written, and else the transaction must not go on
 */
export async function writeSales(
  queries: InTransaction,
  service: Pick<ServiceParts, 'settings'>,
  sales: readonly Sale[],
): Promise<'written' | 'ended' | 'sold-out'> {
  const ids = sales.map(({ offer }) => offer);
  const offers = await currentsOf(queries, ids);
  for (const { offer, now } of sales) {
    const state = stateOf(service, offers.get(offer) as Current, now);
    if (state !== 'open') return state === 'sold-out' ? state : 'ended';
  }
  for (const [offer, { sales_left: left }] of offers) {
    // An offer without a bound is only read, so that its sales do not wait for each other.
    if (left !== null && !(await take(queries, offer, ids.filter((id) => id === offer).length))) return 'sold-out';
  }
  await insertRows(
    queries,
    'paid_sales',
    sales.map((sale) => rowOf(service, sale, offers.get(sale.offer) as Current)),
  );
  await insertRows(
    queries,
    'paid_grants',
    sales.map(({ op, offer, credential, buyerKeyHash, given }) => ({
      sale: op,
      offer,
      credential,
      buyer_key_hash: buyerKeyHash,
      ...given,
    })),
  );
  return 'written';
}

function rowOf({ settings }: Pick<ServiceParts, 'settings'>, sale: Sale, current: Current): NewRow<'paid_sales'> {
  const { op, offer, version, way, now } = sale;
  const gross = satToMsat(sale.price);
  return {
    id: op,
    offer,
    version,
    seller: current.seller,
    way,
    gross: Number(gross),
    // Of a tip nothing is kept.
    commission: current.is_jar === 1 ? 0 : Number(commissionOf(gross, settings.commission)),
    shard: shardOf(op, settings.shards),
    state: 'pending',
    sold_at: now,
    matures_at: now + sale.windowMs,
  };
}

async function take(queries: InTransaction, offer: OfferId, count: number): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('paid_offers')
    .set(({ eb }) => ({ sales_left: eb('sales_left', '-', count) }))
    .where('id', '=', offer)
    .where('sales_left', '>=', count)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** When sellers first sold: what was first stays so. */
export type FirstSales = Map<string, number>;
const firstSalesMax = 10_000;

/** A seller is new until some time after the first sale, and for some time after a case that was upheld. */
export async function windowOf(service: ServiceParts, seller: string): Promise<number> {
  const { database, settings, clock } = service;
  const first = await firstSaleOf(service, seller);
  const isYoung = first === undefined || clock.now() - first < settings.newSellerMs;
  const isNew = isYoung || (await countUpheld(database.db, seller, clock.now() - settings.upheldMs)) > 0;
  return isNew ? settings.newSellerWindowMs : settings.windowMs;
}

async function firstSaleOf({ database, firstSales }: ServiceParts, seller: string): Promise<number | undefined> {
  const known = firstSales.get(seller);
  if (known !== undefined) return known;
  const first = await database.db
    .selectFrom('paid_sales')
    .select(({ fn }) => fn.min<number | null>('sold_at').as('at'))
    .where('seller', '=', seller)
    .executeTakeFirst();
  if (!first?.at) return undefined;
  if (firstSales.size >= firstSalesMax) firstSales.clear();
  firstSales.set(seller, first.at);
  return first.at;
}

/** What this payment gave. @throws ServiceFailure other-buyer-key */
export async function grantOf(
  { database }: ServiceParts,
  { offer, credential, buyerKeyHash }: Pick<Sale, 'offer' | 'credential' | 'buyerKeyHash'>,
): Promise<Granted | undefined> {
  const row = await database.db
    .selectFrom('paid_grants')
    .selectAll()
    .where('offer', '=', offer)
    .where('credential', '=', credential)
    .executeTakeFirst();
  if (row && row.buyer_key_hash !== buyerKeyHash) throw new ServiceFailure('other-buyer-key');
  return row && { sale: row.sale, release: row.release, receipt: row.receipt };
}
