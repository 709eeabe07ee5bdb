// What the shop of the crash test is asked to do, in a form that goes from process to process. For tests only.
import { type Bytes, parseHex } from '@reprise/kit';
import { msat, sat } from '@reprise/ledger';
import type { PaymentHash } from '@reprise/lightning';
import type { CoinsOut } from '../balance.ts';
import { takeClaim } from '../cases/claims.ts';
import { decideCase } from '../cases/decide.ts';
import { type CaseParts, openCase } from '../cases/escrow.ts';
import type { Decision } from '../cases/rules.ts';
import type { TokenProof } from '../cashu-text.ts';
import type { Service } from '../service.ts';

export const mortalSettings = { shards: 3, commission: 250n };

/** One of these; keys and hashes in hex. */
export type Job = {
  readonly openCase?: { readonly id: string; readonly offer: string; readonly owner: string };
  readonly decide?: { readonly id: string; readonly decision: Decision };
  readonly claim?: { readonly id: string; readonly account: string };
  readonly buy?: { readonly offer: string; readonly buyerKey: string; readonly coins: Readonly<Record<string, unknown>> };
  /** At the same time. */
  readonly buyAll?: readonly NonNullable<Job['buy']>[];
  readonly received?: { readonly hash: string; readonly amount: bigint };
  /** At the same time. */
  readonly receivedAll?: readonly NonNullable<Job['received']>[];
  readonly refund?: { readonly hash: string; readonly coins: Readonly<Record<string, unknown>> };
  readonly release?: true;
  readonly coinsIn?: { readonly account: string; readonly inputs: readonly TokenProof[] };
  readonly coinsOut?: CoinsOut;
  readonly refundTo?: { readonly hash: string; readonly account: string };
  readonly buyPlan?: { readonly account: string; readonly request: string; readonly plan: string; readonly most: bigint };
  readonly orders?: true;
  readonly buyFromBalance?: { readonly account: string; readonly key: string; readonly offer: string; readonly buyerKey: string };
};

export async function carryOut(service: Service, cases: CaseParts, job: Job): Promise<void> {
  const { openCase: opening, decide, claim, buy, buyAll, received, receivedAll, refund, release, ...account } = job;
  if (opening) await openCase(cases, opening.id, opening);
  if (decide) await decideCase(cases, decide.id, decide.decision);
  if (claim) await takeClaim(cases, claim.id, claim.account);
  const purchases = buy ? [buy] : (buyAll ?? []);
  await Promise.all(purchases.map((one) => service.buyWithCoins({ ...one, buyerKey: parseHex(one.buyerKey) as Bytes, quote: null })));
  const told = received ? [received] : (receivedAll ?? []);
  await Promise.all(
    told.map(({ hash, amount }) => service.received(hash as PaymentHash, { state: 'settled', amount: msat(amount), kept: msat(0n) })),
  );
  if (refund) await service.takeRefund(refund.hash as PaymentHash, refund.coins);
  if (release) await service.releaseMatured();
  await carryOutForAccount(service, account);
}

type AccountJob = Pick<Job, 'coinsIn' | 'coinsOut' | 'refundTo' | 'buyFromBalance' | 'buyPlan' | 'orders'>;

async function carryOutForAccount(service: Service, { coinsIn, coinsOut, refundTo, ...buying }: AccountJob): Promise<void> {
  const { buyFromBalance, buyPlan, orders } = buying;
  if (coinsIn) await service.bringCoins(coinsIn.account, coinsIn.inputs);
  if (coinsOut) await service.takeCoins(coinsOut);
  if (refundTo) await service.refundToAccount(refundTo.hash as PaymentHash, refundTo.account);
  if (buyPlan) await service.buyPlan({ ...buyPlan, most: sat(buyPlan.most) });
  if (orders) await service.carryOutPlanOrders();
  if (buyFromBalance) {
    const buyerKey = parseHex(buyFromBalance.buyerKey) as Bytes;
    await service.buyFromBalance({ ...buyFromBalance, buyerKey, quote: null });
  }
}
