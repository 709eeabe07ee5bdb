// What a bitcoin is worth, as a server says it: shown beside satoshis, and never reckoned with. docs/guide/payments.md "Rates".
import { Failure } from '@reprise/protocol/formats';
import type { Connection } from '@reprise/sdk';
import { formatWorth } from './amounts.ts';
import type { CommandContext } from './command.ts';

export type KnownRate = {
  readonly currency: 'EUR' | 'USD';
  readonly perBitcoin: number;
  /** ms since 1970 */
  readonly at: number;
  readonly source: string;
};

type SaidRate = { readonly currency: 'EUR' | 'USD'; readonly price: string; readonly at: number; readonly source: string };

/** @param rates as the server says them: the one that it names first */
export function firstRate([first]: readonly SaidRate[]): KnownRate | null {
  return first ? { currency: first.currency, perBitcoin: Number(first.price) / 1e8, at: first.at, source: first.source } : null;
}

/** @returns null where the server knows none, or does not answer: what it is asked beside is not kept from being shown @throws Failure cancelled */
export async function readRate(connection: Connection, signal: AbortSignal): Promise<KnownRate | null> {
  try {
    const { payments } = await connection.call('server.get', { params: {}, signal });
    return payments ? firstRate(payments.rates) : null;
  } catch (error) {
    if (error instanceof Failure && error.code !== 'cancelled') return null;
    throw error;
  }
}

/** For `--json`. */
export function rateJson(rate: KnownRate | null): object | null {
  return rate && { ...rate, at: new Date(rate.at).toISOString() };
}

/** What so many satoshis are worth. @param rate null: nothing is said */
export function sayWorth(sats: bigint, rate: KnownRate | null, { terminal, words }: CommandContext): void {
  if (rate) terminal.say(`${words.worth(formatWorth(sats, rate, terminal.language), rate)}\n`);
}
