// What this server says of payments, and what a bitcoin is worth there: asked once in a few minutes, by whoever shows money.
import type { BitcoinRate } from '../../engine/paid-port.ts';
import { server } from './connection.ts';

export type PaymentFacts = {
  /** Its coins are worth nothing. */
  readonly isSandbox: boolean;
  readonly mint: string;
  /** The largest price, in satoshis. */
  readonly satsMax: number;
  /** The one that the host names first; null where it knows none. */
  readonly rate: BitcoinRate | null;
  /** Over which a wallet that somebody has elsewhere can be asked. */
  readonly relays: readonly string[];
};

const freshMs = 5 * 60_000;
let kept: { readonly at: number; readonly facts: Promise<PaymentFacts | null> } | undefined;

/** @returns null where nothing can be sold: then nothing is asked of /pay or /mint */
export function paymentFacts(): Promise<PaymentFacts | null> {
  if (kept && Date.now() - kept.at < freshMs) return kept.facts;
  const facts = read();
  kept = { at: Date.now(), facts };
  facts.catch(() => (kept = undefined));
  return facts;
}

async function read(): Promise<PaymentFacts | null> {
  const { payments } = await server().call('server.get', { params: {} });
  if (!payments) return null;
  const { sandbox, mint, priceMax, rates, relays } = payments;
  const [first] = rates;
  const rate = first && { currency: first.currency, perBitcoin: Number(first.price) / 1e8, at: first.at, source: first.source };
  return { isSandbox: sandbox, mint, satsMax: Number(priceMax), rate: rate ?? null, relays };
}
