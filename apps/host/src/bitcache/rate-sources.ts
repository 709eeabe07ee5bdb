// Rates as an operator's file says them, and as servers that he named answer: nobody else decides what is called. docs/guide/payments.md "Rates".
import { readFile, stat } from 'node:fs/promises';
import { type AddressFetch, type Fiat, parseDecimalPrice, type RateSource, type Reading } from '@reprise/service';
import type { Clock } from '@reprise/kit';
import { parsePrices, type RateConfig } from './rate-settings.ts';

export class RateRefused extends Error {
  override readonly name = 'RateRefused';
}

/** @param fetch as `outwardFetch`: https, public addresses, no redirect, JSON */
export function rateSources(config: RateConfig, fetch: AddressFetch, clock: Clock): readonly RateSource[] {
  switch (config.kind) {
    case 'static':
      return [];
    case 'file':
      return config.currencies.map((currency) => ({ currency, name: 'file', read: () => readRateFile(config.path, currency) }));
    case 'http':
      return config.places.map(({ currency, url, pointer }) => ({
        currency,
        name: new URL(url).hostname,
        read: async () => {
          const answer = await fetch(url);
          return { price: priceIn(answer, pointer), at: clock.now() };
        },
      }));
  }
}

const fileBytesMax = 4_096;

/** As `REPRISE_BITCACHE_RATES` is written; as new as the file. */
async function readRateFile(path: string, currency: Fiat): Promise<Reading | undefined> {
  const { size, mtimeMs } = await stat(path);
  if (size > fileBytesMax) throw new RateRefused('too long');
  const price = parsePrices((await readFile(path, 'utf8')).trim())[currency];
  return price === undefined ? undefined : { price, at: Math.floor(mtimeMs) };
}

/** What stands at a place of an answer: a number, or decimal digits in a text. @throws RateRefused for anything else */
export function priceIn(answer: unknown, pointer: string): bigint {
  let value: unknown = answer;
  for (const part of pointer.slice(1).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const isHeld = value !== null && typeof value === 'object' && Object.hasOwn(value, name);
    value = isHeld ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
  }
  const price = typeof value === 'number' || typeof value === 'string' ? parseDecimalPrice(String(value)) : undefined;
  if (price === undefined) throw new RateRefused('no price there');
  return price;
}
