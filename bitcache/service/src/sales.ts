// What a payment writes besides its money: the sale, what it gave, and one sale less to make. spec/paid-links.md "Purchase".
import { type InTransaction, insertRows, type Row } from '@reprise/database';
import type { Bytes } from '@reprise/kit';
import { commissionOf, type OperationId, type Sat, satToMsat, shardOf } from '@reprise/ledger';
import { countUpheld } from './cases/standing.ts';
import { ServiceFailure } from './failures.ts';
import { currentOf, stateOf } from './offers.ts';
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

/** Last before the legs. @returns why nothing can be sold, and then nothing was written */
export async function writeSale(queries: InTransaction, service: ServiceParts, sale: Sale): Promise<'written' | 'ended' | 'sold-out'> {
  const { op, offer, version, way, credential, buyerKeyHash, given, now } = sale;
  const current = await currentOf(queries, offer);
  const state = stateOf(service, current, now);
  if (state !== 'open') return state === 'sold-out' ? state : 'ended';
  // An offer without a bound is only read, so that its sales do not wait for each other.
  if (current.sales_left !== null && !(await takeOne(queries, offer))) return 'sold-out';
  const gross = satToMsat(sale.price);
  const row = {
    id: op,
    offer,
    version,
    seller: current.seller,
    way,
    gross: Number(gross),
    // Of a tip nothing is kept.
    commission: current.is_jar === 1 ? 0 : Number(commissionOf(gross, service.settings.commission)),
    shard: shardOf(op, service.settings.shards),
    state: 'pending' as const,
    sold_at: now,
    matures_at: now + sale.windowMs,
  };
  await insertRows(queries, 'paid_sales', [row]);
  await insertRows(queries, 'paid_grants', [{ sale: op, offer, credential, buyer_key_hash: buyerKeyHash, ...given }]);
  return 'written';
}

async function takeOne(queries: InTransaction, offer: OfferId): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('paid_offers')
    .set(({ eb }) => ({ sales_left: eb('sales_left', '-', 1) }))
    .where('id', '=', offer)
    .where('sales_left', '>', 0)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** A seller is new until some time after the first sale, and for some time after a case that was upheld. */
export async function windowOf({ database, settings, clock }: ServiceParts, offer: OfferId): Promise<number> {
  const { seller } = await currentOf(database.db, offer);
  const first = await database.db
    .selectFrom('paid_sales')
    .select(({ fn }) => fn.min<number | null>('sold_at').as('at'))
    .where('seller', '=', seller)
    .executeTakeFirst();
  const isYoung = !first?.at || clock.now() - first.at < settings.newSellerMs;
  const isNew = isYoung || (await countUpheld(database.db, seller, clock.now() - settings.upheldMs)) > 0;
  return isNew ? settings.newSellerWindowMs : settings.windowMs;
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
