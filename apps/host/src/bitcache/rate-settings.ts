// Where the operator says what a bitcoin is worth: written down, in a file, or asked of others. docs/guide/payments.md "Rates".
import { resolve } from 'node:path';
import { type Fiat, parseDecimalPrice } from '@reprise/service';

export type RateConfig =
  /** Prices of one bitcoin, times 10⁸, which always hold. */
  | { readonly kind: 'static'; readonly prices: Prices }
  | { readonly kind: 'file'; readonly path: string; readonly currencies: readonly Fiat[] }
  | { readonly kind: 'http'; readonly places: readonly RatePlace[] };

/** The one named first before the others. */
export type Prices = Partial<Readonly<Record<Fiat, bigint>>>;

export type RatePlace = {
  readonly currency: Fiat;
  readonly url: string;
  /** RFC 6901: where in the answer the price is. */
  readonly pointer: string;
};

type Read = <Value>(name: string, otherwise: Value, parse: (text: string) => Value) => Value;

/** @param read of one variable, with its name in what it refuses */
export function parseRates(read: Read): RateConfig {
  const prices = read<Prices | undefined>('REPRISE_BITCACHE_RATES', undefined, parsePrices);
  const path = read<string | undefined>('REPRISE_BITCACHE_RATES_FILE', undefined, (text) => resolve(text));
  const places = read<readonly RatePlace[] | undefined>('REPRISE_BITCACHE_RATES_FROM', undefined, parsePlaces);
  const given = [prices, path, places].filter((one) => one !== undefined);
  if (given.length > 1)
    return read<RateConfig>(path === undefined ? 'REPRISE_BITCACHE_RATES_FROM' : 'REPRISE_BITCACHE_RATES_FILE', none, () =>
      refuse('only one of REPRISE_BITCACHE_RATES, REPRISE_BITCACHE_RATES_FILE and REPRISE_BITCACHE_RATES_FROM'),
    );
  if (path !== undefined) return { kind: 'file', path, currencies: ['EUR', 'USD'] };
  return places === undefined ? { kind: 'static', prices: prices ?? {} } : { kind: 'http', places };
}

const none: RateConfig = { kind: 'static', prices: {} };

/** `EUR=58000,USD=63500.50`: one bitcoin in units of the currency. */
export function parsePrices(text: string): Prices {
  const prices: Partial<Record<Fiat, bigint>> = {};
  for (const part of text.split(',')) {
    const [, currency, amount = ''] = /^(EUR|USD)=(.+)$/.exec(part.trim()) ?? [];
    const price = parseDecimalPrice(amount);
    if (currency === undefined || price === undefined) return refuse('prices of one bitcoin, such as EUR=58000,USD=63500.50');
    prices[currency as Fiat] = price;
  }
  return prices;
}

const placesMax = 20;

/** `EUR=https://rates.example/ticker#/eur/last`, as many as there are, with spaces between. */
function parsePlaces(text: string): readonly RatePlace[] {
  const places = text.split(/\s+/).map((part): RatePlace => {
    const [, currency, address = ''] = /^(EUR|USD)=(https:\/\/.+)$/.exec(part) ?? [];
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const pointer = url && decodePointer(url.hash.slice(1));
    if (currency === undefined || !url || pointer === undefined || url.username !== '' || url.password !== '')
      return refuse('addresses with the place of the price, such as EUR=https://rates.example/ticker#/eur/last');
    url.hash = '';
    return { currency: currency as Fiat, url: url.href, pointer };
  });
  return places.length <= placesMax ? places : refuse(`at most ${placesMax} addresses`);
}

function decodePointer(text: string): string | undefined {
  try {
    const pointer = decodeURIComponent(text);
    return pointer.startsWith('/') ? pointer : undefined;
  } catch {
    return undefined;
  }
}

function refuse(reason: string): never {
  throw new Error(reason);
}
