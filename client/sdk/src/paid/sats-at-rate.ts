// What a price in cents is in satoshis, so that nobody has to take the operator's word for the sum: only for the rate. spec/paid-links.md "Price".
import type { Price } from '@reprise/vault/paid';
import type { BitcoinRate } from './pay-requests.ts';

/** Rounded up, once. @returns null if this price needs a rate, and there is none that makes sense */
export function satsAtRate({ amount, currency }: Price, rate: BitcoinRate | null): bigint | null {
  if (currency === 'SAT') return BigInt(amount);
  if (!rate || rate.price <= 0n) return null;
  const perCent = 10n ** 14n;
  return (BigInt(amount) * perCent + rate.price - 1n) / rate.price;
}
