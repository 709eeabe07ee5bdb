// Prices as people type and read them: 21sat, 2.50eur, 3usd, and 21sat+ for one that buyers may pay more than.
import { Failure } from '@reprise/protocol/formats';
import type { Price } from '@reprise/sdk/paid';
import type { Language } from './language.ts';

/** @throws Failure usage */
export function parsePrice(text: string): Price {
  const [, digits = '', cents = '', unit = ''] = /^(\d{1,12})(?:[.,](\d{2}))? ?(sats?|eur|€|usd|\$)$/i.exec(text.trim()) ?? [];
  const isSat = /^sat/i.test(unit);
  const currency = isSat ? 'SAT' : /^(eur|€)$/i.test(unit) ? 'EUR' : 'USD';
  const amount = isSat ? Number(digits) : 100 * Number(digits) + Number(cents || 0);
  if (unit === '' || amount < 1 || (isSat && cents !== '')) throw new Failure('usage', { reason: 'price', value: text });
  return { amount, currency };
}

/** What a seller asks: a `+` behind the price lets buyers pay more. @throws Failure usage */
export function parseAsked(text: string): { readonly price: Price; readonly isFloor: boolean } {
  const isFloor = text.trim().endsWith('+');
  return { price: parsePrice(isFloor ? text.trim().slice(0, -1) : text), isFloor };
}

export function formatPrice({ amount, currency }: Price, language: Language): string {
  const locale = language === 'fr' ? 'fr-FR' : 'en-GB';
  if (currency === 'SAT') return formatSats(amount, language);
  return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(amount / 100);
}

export function formatSats(sats: number | bigint, language: Language): string {
  return `${new Intl.NumberFormat(language === 'fr' ? 'fr-FR' : 'en-GB').format(sats)} sat`;
}
