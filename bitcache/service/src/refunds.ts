// What was paid and bought nothing, or what a case took back, goes to its buyer as coins, or to an account, for exactly its amount.
// spec/paid-links.md "Purchase", "Under notice".
import { equalBytes } from '@reprise/kit';
import type { InTransaction } from '@reprise/database';
import { AccountsOf, events, LedgerFailure, type Msat, msat, type Operation, operationId, type Sat, wholeSats } from '@reprise/ledger';
import type { PaymentHash } from '@reprise/lightning';
import type { BlindSignature } from '@reprise/mint';
import { accountOf } from './account-code.ts';
import { assertGoing, ServiceFailure } from './failures.ts';
import { hashOf } from './held-secret.ts';
import type { OfferId, ServiceParts } from './ports.ts';

export type Owed = {
  readonly amount: Sat;
  readonly reason: 'over-paid' | 'under-paid' | 'ended' | 'sold-out' | 'removed';
  readonly state: 'owed' | 'taken';
};

/** A payment over Lightning, or one with coins for an offer: the caller has seen the token of the one, or the coins themselves. */
export type Payment = PaymentHash | { readonly offer: OfferId; readonly credential: string };

/** What is owed now, or was last. @throws ServiceFailure no-refund */
export async function readRefund(service: ServiceParts, payment: Payment): Promise<Owed> {
  const owed = await owedFor(service, payment);
  const { amount, reason, state } = owed.find((one) => one.state === 'owed') ?? lastOf(owed);
  return { amount: wholeSats(amount).whole, reason, state };
}

/**
 * For whoever has proved to be the payer. A preimage is no proof: it is known to every node on the way. The same outputs get the same answer.
 * @param coins `outputs` for exactly the amount, as the NUTs write them
 * @throws ServiceFailure no-refund, also when other outputs took it; stopped; MintFailure for outputs
 */
export async function takeRefund(
  service: ServiceParts,
  payment: Payment,
  coins: Readonly<Record<string, unknown>>,
): Promise<readonly BlindSignature[]> {
  const { mint, ledger, database, clock } = service;
  const owed = await owedFor(service, payment);
  const requestHash = mint.requestHashOf(coins);
  for (const one of owed) {
    const known = await takenWith(service, one);
    if (known && equalBytes(known, requestHash)) return mint.givenBy(operationId(one.taking));
  }
  const due = owed.find((one) => one.state === 'owed');
  if (!due) throw new ServiceFailure('no-refund');
  assertGoing(service);
  const operation = { ...due.taking, requestHash };
  const op = operationId(operation);
  const giving = await mint.giveCoins(coins, due.amount / 1_000n);
  const on = new AccountsOf(due.shard);
  const journal = events.refundTaken(on, giving.to(on), due.amount);
  await ledger.open(journal?.legs.map(({ account }) => account) ?? []);
  const now = clock.now();
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      await giving.store(queries, op);
      await due.mark(queries);
      if (journal) await ledger.post(queries, op, journal, now);
    });
  } catch (error) {
    if (error instanceof LedgerFailure && error.code === 'operation-differs') throw new ServiceFailure('no-refund', {}, { cause: error });
    throw await giving.collision(error, op);
  }
  return mint.givenBy(op);
}

/**
 * To an account, for whoever has proved to be the payer.
 * @returns how much; the same account again gets the same answer
 * @throws ServiceFailure no-refund, also when it was taken otherwise
 */
export async function refundToAccount(service: ServiceParts, payment: Payment, account: string): Promise<Sat> {
  const owed = await owedFor(service, payment);
  const requestHash = hashOf('account', account);
  let given = 0n;
  for (const one of owed) if (await giveTo(service, one, { ...one.taking, requestHash }, account)) given += one.amount;
  if (given === 0n) throw new ServiceFailure('no-refund');
  return wholeSats(msat(given)).whole;
}

/** @returns false if it was taken otherwise */
async function giveTo({ ledger, database, clock }: ServiceParts, due: Due, operation: Operation, account: string): Promise<boolean> {
  const journal = events.refundTaken(new AccountsOf(due.shard), accountOf(account), due.amount);
  await ledger.open(journal?.legs.map((leg) => leg.account) ?? []);
  const now = clock.now();
  try {
    await database.transaction(async (queries) => {
      if (!(await ledger.claim(queries, operation, now))) return;
      await due.mark(queries);
      if (journal) await ledger.post(queries, operationId(operation), journal, now);
    });
    return true;
  } catch (error) {
    if (error instanceof LedgerFailure && error.code === 'operation-differs') return false;
    throw error;
  }
}

type Due = Omit<Owed, 'amount'> & {
  readonly amount: Msat;
  readonly shard: number;
  readonly taking: Pick<Operation, 'kind' | 'key'>;
  /** That it was taken. */
  mark(queries: InTransaction): Promise<unknown>;
};

function lastOf(owed: readonly Due[]): Due {
  const last = owed.at(-1);
  if (!last) throw new ServiceFailure('no-refund');
  return last;
}

async function takenWith({ database }: ServiceParts, { taking }: Due): Promise<Uint8Array | undefined> {
  const operation = database.db.selectFrom('ledger_operations').select('request_hash').where('id', '=', operationId(taking));
  return (await operation.executeTakeFirst())?.request_hash;
}

/** What came above a price, or bought nothing; and the price itself, where a case gave it back. @throws ServiceFailure no-refund */
async function owedFor(service: ServiceParts, payment: Payment): Promise<readonly Due[]> {
  const ofSale = typeof payment === 'string' ? await saleOf(service, payment) : payment;
  const owed = [
    ...(typeof payment === 'string' ? await ofInvoice(service, payment) : []),
    ...(ofSale === undefined ? [] : await ofCase(service, ofSale)),
  ];
  if (owed.length === 0) throw new ServiceFailure('no-refund');
  return owed;
}

async function saleOf({ database }: ServiceParts, hash: PaymentHash) {
  const invoice = database.db.selectFrom('paid_invoices').select('offer').where('payment_hash', '=', hash);
  const row = await invoice.executeTakeFirst();
  return row && { offer: row.offer, credential: hash };
}

async function ofInvoice({ database }: ServiceParts, hash: PaymentHash): Promise<readonly Due[]> {
  const rows = await database.db.selectFrom('paid_refunds').selectAll().where('payment_hash', '=', hash).execute();
  return rows.map(({ id, amount, reason, state, shard }) => ({
    ...{ amount: msat(BigInt(amount)), reason, state, shard },
    taking: { kind: 'refund-taken', key: hash },
    mark: (queries) => queries.updateTable('paid_refunds').set({ state: 'taken' }).where('id', '=', id).execute(),
  }));
}

async function ofCase({ database }: ServiceParts, { offer, credential }: Exclude<Payment, string>): Promise<readonly Due[]> {
  const rows = await database.db
    .selectFrom('paid_grants')
    .innerJoin('paid_case_refunds', 'paid_case_refunds.sale', 'paid_grants.sale')
    .selectAll('paid_case_refunds')
    .where('paid_grants.offer', '=', offer)
    .where('paid_grants.credential', '=', credential)
    .execute();
  return rows.map(({ sale, amount, state, shard }) => ({
    ...{ amount: msat(BigInt(amount)), reason: 'removed', state, shard },
    taking: { kind: 'case-refund-taken', key: sale },
    mark: (queries) => queries.updateTable('paid_case_refunds').set({ state: 'taken' }).where('sale', '=', sale).execute(),
  }));
}
