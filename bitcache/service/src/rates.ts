// What a bitcoin is worth in money of states. spec/paid-links.md "Price".
import type { Clock } from '@reprise/kit';
import { satsForCents, type Sat, sat } from '@reprise/ledger';
import { ServiceFailure } from './failures.ts';

export type Fiat = 'EUR' | 'USD';
export type Currency = 'SAT' | Fiat;

/** `price`: of one bitcoin in units of the currency, times 10⁸. `at`: when it held, ms since 1970. */
export type Rate = { readonly price: bigint; readonly at: number; readonly source: string };

export interface Rates {
  /** @returns undefined where there is none */
  latest(currency: Fiat): Promise<Rate | undefined>;
}

/** Rates that somebody wrote down: they always hold. */
export function staticRates(prices: Partial<Readonly<Record<Fiat, bigint>>>, clock: Clock, source = 'static'): Rates {
  return {
    latest: async (currency) => {
      const price = prices[currency];
      return price === undefined ? undefined : { price, at: clock.now(), source };
    },
  };
}

/** 10⁸ satoshis for a bitcoin, prices times 10⁸, 100 cents. */
const scale = 100_000_000_000_000n;

type Bounds = { /** ms since 1970. */ readonly oldest: number; readonly max: Sat };

/** A price of a listing in satoshis. @param price satoshis, or cents @throws ServiceFailure no-rate, price-too-high */
export async function inSats(
  rates: Rates,
  { price, currency }: { readonly price: number; readonly currency: Currency },
  { oldest, max }: Bounds,
): Promise<{ readonly sats: Sat; readonly rate: Rate | null }> {
  const amount = BigInt(price);
  if (currency === 'SAT') {
    if (amount > max) throw new ServiceFailure('price-too-high');
    return { sats: sat(amount), rate: null };
  }
  const rate = await rates.latest(currency);
  if (!rate || rate.price <= 0n || rate.at < oldest) throw new ServiceFailure('no-rate');
  // Before it is converted: what is beyond all bitcoin has no amount.
  if (amount * scale > max * rate.price) throw new ServiceFailure('price-too-high');
  return { sats: satsForCents(amount, rate.price), rate };
}
