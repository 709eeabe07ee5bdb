// A request for payment that others wrote: NUT-18, in its two spellings, NUT-26.
import { decodePaymentRequest } from '@cashu/cashu-ts';
import { refused } from './failures.ts';
import { sameUrl } from './receive.ts';
import type { Sat } from './state.ts';

export type PaymentRequest = {
  /** As whoever asked tells payments apart; null if they do not. */
  readonly id: string | null;
  readonly amount: Sat;
  readonly description: string;
  /** Where the coins are to be posted; null if that is agreed otherwise. */
  readonly target: string | null;
};

const requestCharactersMax = 10_000;

/** @throws Failure wallet-refused: request-refused, other-mint, other-unit */
export function readRequest(text: string, mint: string): PaymentRequest {
  const request = decode(text);
  const { id, amount, unit, mints, description, transport, nut10 } = request;
  if (unit !== undefined && unit !== 'sat') throw refused('other-unit', { unit: unit.slice(0, 20) });
  if (mints?.length && !mints.some((one) => sameUrl(one) === sameUrl(mint)))
    throw refused('other-mint', { mint: (mints[0] ?? '').slice(0, 200) });
  // Coins locked to a key could not be taken back; nobody who sells here asks for them.
  if (nut10 || !amount || amount.toBigInt() <= 0n) throw refused('request-refused', { what: nut10 ? 'lock' : 'amount' });
  const target = transport?.find(({ type }) => type === 'post')?.target ?? null;
  return { id: id ?? null, amount: amount.toBigInt(), description: (description ?? '').slice(0, 280), target };
}

function decode(text: string) {
  const trimmed = text.trim();
  if (trimmed.length > requestCharactersMax || !/^creq[AB]/i.test(trimmed)) throw refused('request-refused', { what: 'form' });
  try {
    return decodePaymentRequest(trimmed);
  } catch (cause) {
    throw refused('request-refused', { what: 'form' }, cause);
  }
}
