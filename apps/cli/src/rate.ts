// `--limit-rate`: how fast a command may send and fetch, as people write it.
import { Failure } from '@reprise/protocol/formats';
import { limitedTransport, RateLimit, type Transport } from '@reprise/sdk';

const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** @returns bytes a second of `800000`, `500k`, `2.5M`; at least 1000 @throws Failure usage */
export function parseRate(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)([kmg]?)b?(?:\/s)?$/i.exec(text.trim()) ?? [];
  const rate = Math.round(Number(digits) * (factors[unit.toLowerCase()] ?? Number.NaN));
  if (digits === '' || !(rate >= 1000)) throw new Failure('usage', { reason: 'rate', value: text });
  return rate;
}

/** Both ways share nothing: each may use the whole rate. */
export function withRate(transport: Transport, rate: string | undefined): Transport {
  if (rate === undefined) return transport;
  const bytesPerSecond = parseRate(rate);
  return limitedTransport(transport, { up: new RateLimit(bytesPerSecond), down: new RateLimit(bytesPerSecond) });
}
