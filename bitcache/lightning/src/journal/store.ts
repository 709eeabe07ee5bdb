// The rows of attempts. spec/lightning.md "The journal of attempts".
import { type Database, insertRows, type InTransaction, type Queries } from '@reprise/database';
import type { Failed, FailureReason, PaymentHash, PaymentRequest, Preimage, Succeeded } from '../port.ts';
import { type Attempt, attemptOf, type Baseline, formatBaseline } from './attempt.ts';
import type { Verdict } from './judge.ts';

/** The latest attempt on a hash that was handed over, of one purpose or of all. */
export async function readLatest(queries: Queries, hash: PaymentHash, purpose?: string): Promise<Attempt | undefined> {
  let query = queries.selectFrom('lightning_attempts').selectAll().where('payment_hash', '=', hash).where('baseline', '<>', refused);
  if (purpose !== undefined) query = query.where('purpose', '=', purpose);
  const row = await query.orderBy('attempt', 'desc').limit(1).executeTakeFirst();
  return row && attemptOf(row);
}

/** What became of this very request, whether it was handed over or refused. */
export async function readOwn(
  queries: Queries,
  { hash, purpose }: Pick<Attempt, 'hash' | 'purpose'>,
  { payer, attempt }: PaymentRequest,
): Promise<Attempt | undefined> {
  const row = await queries
    .selectFrom('lightning_attempts')
    .selectAll()
    .where('payment_hash', '=', hash)
    .where('purpose', '=', purpose)
    .where('payer', '=', payer ?? '')
    .where('payer_attempt', '=', attempt)
    .executeTakeFirst();
  return row && attemptOf(row);
}

/** Attempts whose end is not known, of one backend, last looked up before `before`; the longest ago first. */
export async function readOpen({ db }: Database, backend: string, before: number, limit: number): Promise<Attempt[]> {
  const rows = await db
    .selectFrom('lightning_attempts')
    .selectAll()
    .where('backend', '=', backend)
    .where('state', 'in', ['dispatching', 'in-flight', 'unknown'])
    .where('checked_at', '<=', before)
    .orderBy('checked_at')
    .limit(limit)
    .execute();
  return rows.map(attemptOf);
}

/** Attempts over which somebody must bend: paid after all, or for more than the fee that was set aside. */
export async function readAlarming(queries: Queries, backend: string): Promise<Attempt[]> {
  const rows = await queries
    .selectFrom('lightning_attempts')
    .selectAll()
    .where('backend', '=', backend)
    .where('acknowledged_at', 'is', null)
    .where((e) => e.or([e('late_preimage', 'is not', null), e('fee', '>', e.ref('max_fee'))]))
    .execute();
  return rows.map(attemptOf);
}

export type Draft = Pick<Attempt, 'hash' | 'backend' | 'purpose' | 'amount' | 'dispatchedAt'>;

/**
 * @param known number of the latest attempt that was handed over when the node was asked for the baseline; 0: none
 * @returns false if another attempt on this hash lives, or was made since, or this request has its row
 */
export async function insertDispatching(
  queries: InTransaction,
  draft: Draft & { readonly baseline: Baseline; readonly known: number },
  request: PaymentRequest,
): Promise<boolean> {
  if (((await readLatest(queries, draft.hash))?.attempt ?? 0) !== draft.known) return false;
  const row = { ...(await rowOf(queries, draft, request)), baseline: formatBaseline(draft.baseline), state: 'dispatching' as const };
  return (await insertRows(queries, 'lightning_attempts', [row], 'ignore')) === 1;
}

/** Nobody hands this request over any more. @returns false if it has its row */
export async function insertRefused(
  queries: InTransaction,
  draft: Draft,
  request: PaymentRequest,
  reason: FailureReason,
): Promise<boolean> {
  const row = { ...(await rowOf(queries, draft, request)), baseline: refused, state: 'failed' as const, reason };
  return (await insertRows(queries, 'lightning_attempts', [row], 'ignore')) === 1;
}

const refused = formatBaseline({ state: 'refused' });

async function rowOf(queries: InTransaction, draft: Draft, { bolt11, maxFee, payer, attempt: payerAttempt }: PaymentRequest) {
  const { hash, backend, purpose, amount, dispatchedAt } = draft;
  const latest = await queries
    .selectFrom('lightning_attempts')
    .select(({ fn }) => fn.max<number | null>('attempt').as('attempt'))
    .where('payment_hash', '=', hash)
    .executeTakeFirst();
  return {
    payment_hash: hash,
    attempt: (latest?.attempt ?? 0) + 1,
    backend,
    purpose,
    payer: payer ?? '',
    payer_attempt: payerAttempt,
    bolt11,
    amount: Number(amount),
    max_fee: Number(maxFee),
    dispatched_at: dispatchedAt,
    checked_at: dispatchedAt,
    updated_at: dispatchedAt,
  };
}

/** Writes a verdict, unless somebody else ended the attempt meanwhile. @returns whether it was written */
export async function record({ db }: Database, { hash, attempt }: Attempt, verdict: Verdict, now: number): Promise<boolean> {
  if (verdict.verdict === 'known') return false;
  const query = db.updateTable('lightning_attempts').where('payment_hash', '=', hash).where('attempt', '=', attempt);
  if (verdict.verdict === 'paid-after-all') {
    const change = { late_preimage: verdict.outcome.preimage, updated_at: now, checked_at: now };
    const { numUpdatedRows } = await query
      .set(change)
      .where('state', '=', 'failed')
      .where('late_preimage', 'is', null)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  }
  const change = verdict.verdict === 'open' ? openOf(verdict) : endOf(verdict.outcome);
  const update = query.set({ ...change, updated_at: now, checked_at: now }).where('state', 'not in', ['succeeded', 'failed']);
  // What was concluded from silence, or decides nothing, does not undo what somebody else has seen since.
  const isWeak = verdict.verdict === 'never-arrived' || change.state === 'unknown';
  const { numUpdatedRows } = await (isWeak ? update.where('state', '<>', 'in-flight') : update).executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

function endOf(outcome: Succeeded | Failed): EndChange {
  if (outcome.state === 'failed') return { state: 'failed', reason: outcome.reason, absent_since: null, why: null };
  return { state: 'succeeded', preimage: outcome.preimage, fee: Number(outcome.fee), absent_since: null, why: null };
}

type EndChange =
  | { readonly state: 'failed'; readonly reason: string; readonly absent_since: null; readonly why: null }
  | { readonly state: 'succeeded'; readonly preimage: Preimage; readonly fee: number; readonly absent_since: null; readonly why: null };

function openOf({ state, why, absentSince }: Extract<Verdict, { verdict: 'open' }>) {
  return { state, why, absent_since: absentSince };
}

/** An operator has looked: the backend pays again. */
export async function acknowledge({ db }: Database, hash: PaymentHash, now: number): Promise<void> {
  await db
    .updateTable('lightning_attempts')
    .set({ acknowledged_at: now })
    .where('payment_hash', '=', hash)
    .where('acknowledged_at', 'is', null)
    .execute();
}
