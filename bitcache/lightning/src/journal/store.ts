// The rows of attempts. spec/lightning.md "The journal of attempts".
import { type Database, insertRows, type InTransaction, type Queries } from '@reprise/database';
import type { Failed, PaymentHash, PaymentRequest, Preimage, Succeeded } from '../port.ts';
import { type Attempt, attemptOf, type Baseline, formatBaseline } from './attempt.ts';
import type { Verdict } from './judge.ts';

/** The latest attempt on a hash, of one purpose or of all. */
export async function readLatest(queries: Queries, hash: PaymentHash, purpose?: string): Promise<Attempt | undefined> {
  let query = queries.selectFrom('lightning_attempts').selectAll().where('payment_hash', '=', hash);
  if (purpose !== undefined) query = query.where('purpose', '=', purpose);
  const row = await query.orderBy('attempt', 'desc').limit(1).executeTakeFirst();
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

/** @param attempt nobody's number yet @returns false if another attempt on this hash lives, or the payer's number is taken */
export async function insertDispatching(
  queries: InTransaction,
  attempt: Pick<Attempt, 'hash' | 'attempt' | 'backend' | 'purpose' | 'amount' | 'dispatchedAt'> & { readonly baseline: Baseline },
  { bolt11, maxFee, payer, attempt: payerAttempt }: PaymentRequest,
): Promise<boolean> {
  const row = {
    payment_hash: attempt.hash,
    attempt: attempt.attempt,
    backend: attempt.backend,
    purpose: attempt.purpose,
    payer: payer ?? '',
    payer_attempt: payerAttempt,
    bolt11,
    amount: Number(attempt.amount),
    max_fee: Number(maxFee),
    baseline: formatBaseline(attempt.baseline),
    state: 'dispatching' as const,
    dispatched_at: attempt.dispatchedAt,
    checked_at: attempt.dispatchedAt,
    updated_at: attempt.dispatchedAt,
  };
  return (await insertRows(queries, 'lightning_attempts', [row], 'ignore')) === 1;
}

/** Writes a verdict, unless somebody else ended the attempt meanwhile. */
export async function record({ db }: Database, { hash, attempt }: Attempt, verdict: Verdict, now: number): Promise<void> {
  if (verdict.verdict === 'known') return;
  const query = db.updateTable('lightning_attempts').where('payment_hash', '=', hash).where('attempt', '=', attempt);
  if (verdict.verdict === 'paid-after-all') {
    const change = { late_preimage: verdict.outcome.preimage, updated_at: now, checked_at: now };
    await query.set(change).where('state', '=', 'failed').where('late_preimage', 'is', null).execute();
    return;
  }
  const change = verdict.verdict === 'open' ? openOf(verdict) : endOf(verdict.outcome);
  const update = query.set({ ...change, updated_at: now, checked_at: now }).where('state', 'not in', ['succeeded', 'failed']);
  // What was concluded from silence, or decides nothing, does not undo what somebody else has seen since.
  const isWeak = verdict.verdict === 'never-arrived' || change.state === 'unknown';
  await (isWeak ? update.where('state', '<>', 'in-flight') : update).execute();
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
