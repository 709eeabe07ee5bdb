// A price that holds for some minutes, as text that we authenticated: no row is written for somebody who only looks.
// spec/paid-links.md "Price".
import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeUtf8, encodeUtf8, formatBase64url, parseBase64url } from '@reprise/kit';
import { type Sat, sat } from '@reprise/ledger';
import { ServiceFailure } from './failures.ts';
import { keyFrom } from './held-secret.ts';
import { labels } from './labels.ts';
import { assertOpen, type Current, currentOf } from './offers.ts';
import type { OfferId, ServiceParts } from './ports.ts';
import { type Currency, inSats, type Rate } from './rates.ts';

export type Quote = {
  readonly offer: OfferId;
  readonly version: number;
  readonly sats: Sat;
  /** As the seller named it, or what the buyer chose above it: satoshis, or cents. */
  readonly price: number;
  readonly currency: Currency;
  readonly rate: Rate | null;
  /** Sales that are left; null: no bound. */
  readonly salesLeft: number | null;
  /** ms since 1970. */
  readonly expiresAt: number;
  /** To show with the payment. */
  readonly text: string;
};

/** What is paid for what: frozen, whatever the seller does meanwhile. */
export type Terms = { readonly version: number; readonly hash: string; readonly sats: Sat };

/**
 * @param amount what the buyer chose to pay, in the units of the listing; null: its price
 * @throws ServiceFailure no-offer, ended, sold-out, under-notice, bad-amount, no-rate, price-too-high
 */
export async function quotePrice(service: ServiceParts, offer: OfferId, amount: number | null = null): Promise<Quote> {
  const now = service.clock.now();
  const current = await currentOf(service.database.db, offer);
  assertOpen(service, current, now);
  const { version, currency, sales_left: salesLeft } = current;
  const price = amount === null ? current.price : chosen(current, amount);
  const { sats, rate } = await priceNow(service, { price, currency });
  const expiresAt = now + service.settings.quoteMs;
  const body = encodeUtf8(JSON.stringify([1, offer, version, String(sats), expiresAt]));
  const text = `${formatBase64url(body)}.${formatBase64url(authenticate(service, body))}`;
  return { offer, version, sats, price, currency, rate, salesLeft, expiresAt, text };
}

function priceNow({ rates, settings, clock }: ServiceParts, asked: Parameters<typeof inSats>[1]): ReturnType<typeof inSats> {
  return inSats(rates, asked, { oldest: clock.now() - settings.rateMs, max: settings.priceMax });
}

/** More than the price only where the seller takes more. @throws ServiceFailure bad-amount */
function chosen({ price, is_floor: isFloor }: Pick<Current, 'price' | 'is_floor'>, amount: number): number {
  const isTaken = Number.isSafeInteger(amount) && (isFloor === 1 ? amount >= price : amount === price);
  if (!isTaken) throw new ServiceFailure('bad-amount', { min: String(price) });
  return amount;
}

/**
 * @param current the offer as it was just read, and open
 * @param quote text of one, or null: the price of now
 * @throws ServiceFailure bad-quote, no-rate, price-too-high
 */
export async function termsOf(service: ServiceParts, current: Current, quote: string | null): Promise<Terms> {
  const { id: offer } = current;
  const { version, sats } =
    quote === null ? { version: current.version, ...(await priceNow(service, current)) } : readQuote(service, offer, quote);
  if (version === current.version) return { version, sats, hash: current.hash };
  const listing = await service.database.db
    .selectFrom('paid_listings')
    .select('hash')
    .where('offer', '=', offer)
    .where('version', '=', version)
    .executeTakeFirst();
  if (!listing) throw new ServiceFailure('bad-quote');
  return { version, sats, hash: listing.hash };
}

function readQuote(service: ServiceParts, offer: OfferId, text: string): Pick<Quote, 'version' | 'sats'> {
  const [body, mac, ...rest] = text.length <= 512 ? text.split('.').map(parseBase64url) : [];
  const isOurs = body && mac?.length === 32 && rest.length === 0 && timingSafeEqual(mac, authenticate(service, body));
  if (!isOurs) throw new ServiceFailure('bad-quote');
  const [, of, version, sats, expiresAt] = JSON.parse(decodeUtf8(body)) as [1, string, number, string, number];
  if (of !== offer || service.clock.now() > expiresAt) throw new ServiceFailure('bad-quote');
  return { version, sats: sat(BigInt(sats)) };
}

function authenticate({ fileKey }: ServiceParts, body: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', keyFrom(fileKey, labels.quote)).update(body).digest());
}
