// What sellers list, and what is left of it. A listing is never changed: each change is a version. spec/paid-links.md "Offer".
import {
  among,
  type ExpressionBuilder,
  type InTransaction,
  insertRows,
  type Queries,
  type Row,
  type Schema,
  violationOf,
} from '@reprise/database';
import type { Bytes } from '@reprise/kit';
import { ServiceFailure } from './failures.ts';
import { fitsCommitment, sealSecret } from './held-secret.ts';
import type { OfferId, ServiceParts } from './ports.ts';
import type { Currency } from './rates.ts';

export type Listing = {
  readonly offer: OfferId;
  /** Of the offer that the seller signed, 32 bytes in hex. */
  readonly hash: string;
  /** Satoshis, or cents. */
  readonly price: number;
  readonly currency: Currency;
  /** Whether `price` is the least that is paid, and more is welcome. */
  readonly isFloor: boolean;
  /** Whether it is a tip jar: a floor of one satoshi, for good. */
  readonly isJar: boolean;
  /** The seller's half, 32 bytes. */
  readonly secret: Bytes;
  readonly commitment: string;
  /** ms since 1970. */
  readonly notAfter: number | null;
  /** How many sales there may be in all, those before this listing counted; null: no bound. */
  readonly sales: number | null;
};

/** `under-notice`: a case stands against it. */
export type OfferState = 'open' | 'withdrawn' | 'ended' | 'sold-out' | 'under-notice';
export type PublicOffer = Omit<Listing, 'secret' | 'sales'> & {
  readonly version: number;
  readonly state: OfferState;
  /** The case that ends its sale. */
  readonly case?: string;
};

const [idPattern, hashPattern, accountPattern] = [/^[0-9a-f]{32}$/, /^[0-9a-f]{64}$/, /^[0-9A-Za-z_-]{1,64}$/];

/**
 * @param seller account that earns
 * @param replaces the version that this listing takes the place of; 0: there was none
 * @returns the version it is: the same listing again, while it is the one that holds, changes nothing
 * @throws ServiceFailure bad-listing, price-too-high, not-yours, version-differs
 */
export async function listOffer(service: ServiceParts, seller: string, listing: Listing, replaces: number): Promise<number> {
  checkListing(service, seller, listing);
  const { offer, hash, price, currency, isFloor, isJar, commitment, notAfter, sales } = listing;
  const now = service.clock.now();
  const version = replaces + 1;
  const secret = sealSecret(service.fileKey, offer, listing.secret, service.random);
  const row = {
    offer,
    version,
    hash,
    price,
    currency,
    commitment,
    secret,
    is_floor: isFloor ? 1 : 0,
    is_jar: isJar ? 1 : 0,
    not_after: notAfter,
    created_at: now,
  } as const;
  try {
    await service.database.transaction(async (queries) => {
      const left = sales === null ? null : Math.max(0, sales - (await soldOf(queries, seller, offer)));
      if (await isListed(queries, { ...row, seller, left })) return;
      await assertVersion(queries, { seller, offer, version: replaces });
      if (replaces === 0) {
        const times = { created_at: now, updated_at: now };
        await insertRows(queries, 'paid_offers', [{ id: offer, seller, version, state: 'open', sales_left: left, ...times }]);
      } else {
        if ((await currentOf(queries, offer)).is_jar !== row.is_jar) throw new ServiceFailure('bad-listing');
        const change = { version, state: 'open', sales_left: left, updated_at: now } as const;
        await queries.updateTable('paid_offers').set(change).where('id', '=', offer).execute();
      }
      await insertRows(queries, 'paid_listings', [row]);
    });
  } catch (error) {
    throw violationOf(error) === 'unique' ? new ServiceFailure('version-differs', {}, { cause: error }) : error;
  }
  return version;
}

/** How many were ever sold. */
async function soldOf(queries: InTransaction, seller: string, offer: OfferId): Promise<number> {
  const sales = queries.selectFrom('paid_sales').select(({ fn }) => fn.countAll<number>().as('count'));
  return Number((await sales.where('seller', '=', seller).where('offer', '=', offer).executeTakeFirstOrThrow()).count);
}

type Asked = Omit<Row<'paid_listings'>, 'secret'> & { readonly seller: string; readonly left: number | null };

/** Whether this very listing holds already: a seller whose answer was lost asks again. */
async function isListed(queries: InTransaction, { seller, left, ...listing }: Asked): Promise<boolean> {
  const { offer, version, hash, price, currency, commitment, not_after: notAfter, is_floor: isFloor, is_jar: isJar } = listing;
  const row = await queries
    .selectFrom('paid_offers')
    .innerJoin('paid_listings', (join) =>
      join.onRef('paid_listings.offer', '=', 'paid_offers.id').onRef('paid_listings.version', '=', 'paid_offers.version'),
    )
    .select(['paid_offers.seller', 'paid_offers.state', 'paid_offers.sales_left', 'paid_listings.not_after'])
    .where('paid_offers.id', '=', offer)
    .where('paid_offers.version', '=', version)
    .where('hash', '=', hash)
    .where('price', '=', price)
    .where('currency', '=', currency)
    .where('is_floor', '=', isFloor)
    .where('is_jar', '=', isJar)
    .where('commitment', '=', commitment)
    .executeTakeFirst();
  return row?.seller === seller && row.state === 'open' && row.not_after === notAfter && row.sales_left === left;
}

function checkListing({ settings, clock }: ServiceParts, seller: string, listing: Listing): void {
  const { offer, hash, price, currency, isFloor, isJar, secret, commitment, notAfter, sales } = listing;
  const isWhole = (value: number | null, least: number) => value === null || (Number.isSafeInteger(value) && value >= least);
  const isFormed =
    accountPattern.test(seller) &&
    idPattern.test(offer) &&
    hashPattern.test(hash) &&
    isWhole(price, 1) &&
    ['SAT', 'EUR', 'USD'].includes(currency) &&
    (!isJar || (isFloor && price === 1 && currency === 'SAT')) &&
    isWhole(notAfter, clock.now() + 1) &&
    isWhole(sales, 1);
  if (!isFormed || !fitsCommitment(offer, secret, commitment)) throw new ServiceFailure('bad-listing');
  if (currency === 'SAT' && BigInt(price) > settings.priceMax) throw new ServiceFailure('price-too-high');
}

/** What was sold stays sold. @throws ServiceFailure no-offer, not-yours */
export async function withdrawOffer(service: ServiceParts, seller: string, offer: OfferId): Promise<void> {
  const now = service.clock.now();
  await service.database.transaction(async (queries) => {
    const row = await queries.selectFrom('paid_offers').select(['seller', 'state']).where('id', '=', offer).executeTakeFirst();
    if (!row) throw new ServiceFailure('no-offer');
    if (row.seller !== seller) throw new ServiceFailure('not-yours');
    if (row.state === 'withdrawn') return;
    await queries.updateTable('paid_offers').set({ state: 'withdrawn', updated_at: now }).where('id', '=', offer).execute();
  });
}

type Claimed = { readonly seller: string; readonly offer: OfferId; readonly version: number };

async function assertVersion(queries: InTransaction, { seller, offer, version }: Claimed): Promise<void> {
  const row = await queries.selectFrom('paid_offers').select(['seller', 'version']).where('id', '=', offer).executeTakeFirst();
  if (row && row.seller !== seller) throw new ServiceFailure('not-yours');
  if (!row && version > 0) throw new ServiceFailure('no-offer');
  if ((row?.version ?? 0) !== version) throw new ServiceFailure('version-differs', { version: row?.version ?? 0 });
}

const shownColumns = ['hash', 'price', 'currency', 'is_floor', 'is_jar', 'commitment', 'not_after'] as const;
export type Current = Row<'paid_offers'> &
  Pick<Row<'paid_listings'>, (typeof shownColumns)[number]> & {
    /** The first of the cases that are open, and of those that were upheld. */
    readonly open_case: string | null;
    readonly upheld_case: string | null;
  };

const upheld = ['claim', 'refund'] as const;

function firstCase(
  { selectFrom }: ExpressionBuilder<Schema, 'paid_offers' | 'paid_listings'>,
  outcomes: readonly Row<'paid_cases'>['outcome'][],
) {
  return selectFrom('paid_cases')
    .select(({ fn }) => fn.min('paid_cases.id').as('first'))
    .whereRef('paid_cases.offer', '=', 'paid_offers.id')
    .where('outcome', 'in', outcomes);
}

/** The offer with the listing that holds now. @throws ServiceFailure no-offer */
export async function currentOf(queries: Queries, offer: OfferId): Promise<Current> {
  return (await currentsOf(queries, [offer])).get(offer) as Current;
}

/** Each once, in the order of their ids. @throws ServiceFailure no-offer */
export async function currentsOf(queries: Queries, offers: readonly OfferId[]): Promise<ReadonlyMap<OfferId, Current>> {
  const ids = [...new Set(offers)].sort();
  const rows = await queries
    .selectFrom('paid_offers')
    .innerJoin('paid_listings', (join) =>
      join.onRef('paid_listings.offer', '=', 'paid_offers.id').onRef('paid_listings.version', '=', 'paid_offers.version'),
    )
    .selectAll('paid_offers')
    .select(shownColumns)
    .select((row) => [firstCase(row, ['open']).as('open_case'), firstCase(row, upheld).as('upheld_case')])
    // One alone is found by the index, whatever the planner thinks of lists: what else is read would collide with what others write.
    .where((row) => (ids.length === 1 ? row('paid_offers.id', '=', ids[0] as OfferId) : row('paid_offers.id', 'in', among(queries, ids))))
    .orderBy('paid_offers.id')
    .execute();
  if (rows.length < ids.length) throw new ServiceFailure('no-offer');
  return new Map(rows.map((row) => [row.id, row]));
}

export function stateOf({ settings }: Pick<ServiceParts, 'settings'>, current: Current, now: number): OfferState {
  const { state, not_after, sales_left } = current;
  if (endingCase(settings, current) !== null) return 'under-notice';
  if (state === 'withdrawn') return state;
  if (not_after !== null && now > not_after) return 'ended';
  return sales_left === 0 ? 'sold-out' : 'open';
}

function endingCase({ sellsUnderNotice }: ServiceParts['settings'], { upheld_case, open_case }: Current): string | null {
  return upheld_case ?? (sellsUnderNotice ? null : open_case);
}

/** @throws ServiceFailure ended, sold-out, under-notice */
export function assertOpen(service: Pick<ServiceParts, 'settings'>, current: Current, now: number): void {
  const state = stateOf(service, current, now);
  if (state === 'under-notice') throw new ServiceFailure(state, { case: endingCase(service.settings, current) ?? '' });
  if (state !== 'open') throw new ServiceFailure(state === 'sold-out' ? state : 'ended');
}

/** What anybody may know: not whose it is, which would join the offers of one account. @throws ServiceFailure no-offer */
export async function readOffer(service: ServiceParts, offer: OfferId): Promise<PublicOffer> {
  const current = await currentOf(service.database.db, offer);
  const ending = endingCase(service.settings, current);
  const state = stateOf(service, current, service.clock.now());
  return { offer, ...shown(current), state, ...(ending !== null && { case: ending }) };
}

function shown({ version, hash, price, currency, is_floor: isFloor, is_jar: isJar, commitment, not_after: notAfter }: Current) {
  return { version, hash, price, currency, isFloor: isFloor === 1, isJar: isJar === 1, commitment, notAfter };
}

export type OwnOffer = PublicOffer & {
  readonly salesLeft: number | null;
  readonly sold: number;
  /** ms since 1970. */
  readonly createdAt: number;
};

const ownOffersMax = 10_000;

/** What a seller has listed, the latest first. */
export async function listOwnOffers(service: ServiceParts, seller: string): Promise<readonly OwnOffer[]> {
  const { database, clock } = service;
  const rows = await database.db
    .selectFrom('paid_offers')
    .innerJoin('paid_listings', (join) =>
      join.onRef('paid_listings.offer', '=', 'paid_offers.id').onRef('paid_listings.version', '=', 'paid_offers.version'),
    )
    .selectAll('paid_offers')
    .select(shownColumns)
    .select((row) => [firstCase(row, ['open']).as('open_case'), firstCase(row, upheld).as('upheld_case')])
    .where('paid_offers.seller', '=', seller)
    .orderBy('paid_offers.created_at', 'desc')
    .orderBy('paid_offers.id')
    .limit(ownOffersMax)
    .execute();
  const counts = await database.db
    .selectFrom('paid_sales')
    .select(['offer', ({ fn }) => fn.countAll<number>().as('sold')])
    .where('seller', '=', seller)
    .groupBy('offer')
    .execute();
  const sold = new Map(counts.map((row) => [row.offer, Number(row.sold)]));
  return rows.map((row) => {
    const { id: offer, sales_left: salesLeft, created_at: createdAt } = row;
    return { offer, ...shown(row), state: stateOf(service, row, clock.now()), salesLeft, sold: sold.get(offer) ?? 0, createdAt };
  });
}
