// What was paid and bought nothing goes back as coins, or to an account, for exactly its amount. spec/paid-links.md "Purchase".
import { equalBytes } from '@reprise/kit';
import { AccountsOf, events, LedgerFailure, msat, operationId, type Sat, sat, wholeSats } from '@reprise/ledger';
import type { PaymentHash } from '@reprise/lightning';
import type { BlindSignature } from '@reprise/mint';
import { accountOf } from './account-code.ts';
import { assertGoing, ServiceFailure } from './failures.ts';
import { hashOf } from './held-secret.ts';
import type { ServiceParts } from './ports.ts';

export type Owed = {
  readonly amount: Sat;
  readonly reason: 'over-paid' | 'under-paid' | 'ended' | 'sold-out';
  readonly state: 'owed' | 'taken';
};

/** @throws ServiceFailure no-refund */
export async function readRefund(service: ServiceParts, paymentHash: PaymentHash): Promise<Owed> {
  const { amount, reason, state } = await refundRow(service, paymentHash);
  return { amount: sat(BigInt(amount) / 1_000n), reason, state };
}

/**
 * For whoever has proved to be the payer: the caller has seen the token. A preimage is known to every node on the way. The same outputs get the same answer.
 * @param coins `outputs` for exactly the amount, as the NUTs write them
 * @throws ServiceFailure no-refund, also when other outputs took it; stopped; MintFailure for outputs
 */
export async function takeRefund(
  service: ServiceParts,
  paymentHash: PaymentHash,
  coins: Readonly<Record<string, unknown>>,
): Promise<readonly BlindSignature[]> {
  const { mint, ledger, database, clock } = service;
  const refund = await refundRow(service, paymentHash);
  const operation = { kind: 'refund-taken', key: paymentHash, requestHash: mint.requestHashOf(coins) };
  const op = operationId(operation);
  const known = await database.db.selectFrom('ledger_operations').select('request_hash').where('id', '=', op).executeTakeFirst();
  if (known && !equalBytes(known.request_hash, operation.requestHash)) throw new ServiceFailure('no-refund');
  if (known) return mint.givenBy(op);
  assertGoing(service);
  const amount = BigInt(refund.amount);
  const giving = await mint.giveCoins(coins, amount / 1_000n);
  const on = new AccountsOf(refund.shard);
  const journal = events.refundTaken(on, giving.to(on), msat(amount));
  await ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const now = clock.now();
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      await giving.store(queries, op);
      await queries.updateTable('paid_refunds').set({ state: 'taken' }).where('id', '=', refund.id).execute();
      if (journal) await ledger.post(queries, op, journal, now);
    });
  } catch (error) {
    if (error instanceof LedgerFailure && error.code === 'operation-differs') throw new ServiceFailure('no-refund', {}, { cause: error });
    throw await giving.collision(error);
  }
  return mint.givenBy(op);
}

/**
 * To an account, for whoever has proved to be the payer.
 * @returns how much; the same account again gets the same answer
 * @throws ServiceFailure no-refund, also when it was taken otherwise
 */
export async function refundToAccount(service: ServiceParts, paymentHash: PaymentHash, account: string): Promise<Sat> {
  const { ledger, database, clock } = service;
  const refund = await refundRow(service, paymentHash);
  const operation = { kind: 'refund-taken', key: paymentHash, requestHash: hashOf('account', account) };
  const amount = msat(BigInt(refund.amount));
  const on = new AccountsOf(refund.shard);
  const journal = events.refundTaken(on, accountOf(account), amount);
  await ledger.open(journal?.legs.map((leg) => leg.account) ?? []);
  const now = clock.now();
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      await queries.updateTable('paid_refunds').set({ state: 'taken' }).where('id', '=', refund.id).execute();
      if (journal) await ledger.post(queries, operationId(operation), journal, now);
    });
  } catch (error) {
    if (!(error instanceof LedgerFailure && error.code === 'operation-differs')) throw error;
    throw new ServiceFailure('no-refund', {}, { cause: error });
  }
  return wholeSats(amount).whole;
}

async function refundRow({ database }: ServiceParts, paymentHash: PaymentHash) {
  const row = await database.db.selectFrom('paid_refunds').selectAll().where('payment_hash', '=', paymentHash).executeTakeFirst();
  if (!row) throw new ServiceFailure('no-refund');
  return row;
}
