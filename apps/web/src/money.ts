// Money as people read it: satoshis whole, money of states to the cent, and what one is worth in the other. spec/web.md "Links for sale".
import type { BitcoinRate, Price } from './engine/paid-port.ts';
import { formatCount, formatCurrency } from './format.ts';
import { m } from './messages.ts';

const satsInBitcoin = 100_000_000;

/** 2500 → "2 500 sat". */
export function formatSats(sats: number): string {
  return m.sats({ n: formatCount(sats) });
}

/** Cents, or satoshis. */
export function formatPrice({ amount, currency }: Price): string {
  return currency === 'SAT' ? formatSats(amount) : formatCurrency(amount / 100, currency);
}

/** What a seller asks: that, or that at least. */
export function formatAsked(price: Price, isFloor: boolean): string {
  return isFloor ? m.price_or_more({ price: formatPrice(price) }) : formatPrice(price);
}

/** What so many satoshis are worth at that rate, to the cent. */
export function formatWorth(sats: number, { currency, perBitcoin }: BitcoinRate): string {
  return formatCurrency((sats / satsInBitcoin) * perBitcoin, currency);
}
