// Amounts of money and the few places where one is rounded into another. spec/ledger.md "Amounts".
import { assert, type Brand } from '@reprise/kit';

/** Thousandths of a satoshi: what the books count. */
export type Msat = Brand<bigint, 'Msat'>;
/** Satoshis: what coins and people count. */
export type Sat = Brand<bigint, 'Sat'>;

/** All bitcoin there can ever be, 21 million of 10⁸ satoshis; the bound of every stored amount, either sign. */
export const msatMax = 2_100_000_000_000_000_000n as Msat;
const msatPerSat = 1_000n;
const satMax = msatMax / msatPerSat;

export function msat(amount: bigint): Msat {
  assert(amount >= -msatMax && amount <= msatMax, 'an amount beyond all bitcoin');
  return amount as Msat;
}

export function sat(amount: bigint): Sat {
  assert(amount >= -satMax && amount <= satMax, 'an amount beyond all bitcoin');
  return amount as Sat;
}

export function satToMsat(amount: Sat): Msat {
  return msat(amount * msatPerSat);
}

/** Whole satoshis of what came in; the rest is income of the house, never lost. */
export function wholeSats(received: Msat): { readonly whole: Sat; readonly rest: Msat } {
  assert(received >= 0n, 'what came in is not negative');
  return { whole: sat(received / msatPerSat), rest: msat(received % msatPerSat) };
}

/** Satoshis that pay for `total`, amount and fee together: rounded up, once. */
export function satsToPay(total: Msat): Sat {
  assert(total >= 0n, 'what is paid is not negative');
  return sat((total + msatPerSat - 1n) / msatPerSat);
}

const priceScale = 100_000_000n;
const satPerBitcoin = 100_000_000n;

/**
 * A price in cents as satoshis, rounded up.
 * @param bitcoinPrice one bitcoin in units of the currency (100 cents), times 10⁸
 */
export function satsForCents(cents: bigint, bitcoinPrice: bigint): Sat {
  assert(cents >= 0n && bitcoinPrice > 0n, 'a price is not negative, and a bitcoin is worth something');
  const numerator = cents * satPerBitcoin * priceScale;
  const denominator = bitcoinPrice * 100n;
  return sat((numerator + denominator - 1n) / denominator);
}

/** @param basisPoints hundredths of a percent, 0 to 500; rounded down, for the seller */
export function commissionOf(gross: Msat, basisPoints: bigint): Msat {
  assert(basisPoints >= 0n && basisPoints <= 500n, 'a commission of 0 to 5 percent');
  assert(gross >= 0n, 'a sale is not negative');
  return msat((gross * basisPoints) / 10_000n);
}

/** @returns undefined for what is no decimal amount of satoshis that can exist */
export function parseSat(text: string): Sat | undefined {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) return undefined;
  const amount = BigInt(text);
  return amount <= satMax ? (amount as Sat) : undefined;
}
