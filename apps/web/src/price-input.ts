// A price as people type it. spec/web.md "Links for sale".
import type { Price } from './engine/paid-port.ts';

/** Satoshis whole, else with at most two decimals behind a comma or a point. null: no price. */
export function parsePrice(text: string, currency: Price['currency']): Price | null {
  const plain = text.replace(/[\s\u00a0\u202f]/g, '').replace(',', '.');
  const isPrice = currency === 'SAT' ? /^\d{1,9}$/.test(plain) : /^\d{1,7}(\.\d{1,2})?$/.test(plain);
  if (!isPrice) return null;
  const [units = '0', decimals = ''] = plain.split('.');
  const amount = currency === 'SAT' ? Number(units) : Number(units) * 100 + Number(decimals.padEnd(2, '0'));
  return amount > 0 ? { amount, currency } : null;
}
