// What the shop of the crash test is asked to do, in a form that goes from process to process. For tests only.
import { type Bytes, parseHex } from '@reprise/kit';
import { msat } from '@reprise/ledger';
import type { PaymentHash } from '@reprise/lightning';
import type { Service } from '../service.ts';

export const mortalSettings = { shards: 3, commission: 250n };

/** One of the four; keys and hashes in hex. */
export type Job = {
  readonly buy?: { readonly offer: string; readonly buyerKey: string; readonly coins: Readonly<Record<string, unknown>> };
  readonly received?: { readonly hash: string; readonly amount: bigint };
  readonly refund?: { readonly hash: string; readonly coins: Readonly<Record<string, unknown>> };
  readonly release?: true;
};

export async function carryOut(service: Service, { buy, received, refund, release }: Job): Promise<void> {
  if (buy) await service.buyWithCoins({ ...buy, buyerKey: parseHex(buy.buyerKey) as Bytes, quote: null });
  if (received) await service.received(received.hash as PaymentHash, { state: 'settled', amount: msat(received.amount), kept: msat(0n) });
  if (refund) await service.takeRefund(refund.hash as PaymentHash, refund.coins);
  if (release) await service.releaseMatured();
}
