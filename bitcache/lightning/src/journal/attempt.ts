// One attempt to pay, as the journal keeps it. spec/lightning.md "The journal of attempts".
import type { Row } from '@reprise/database';
import { type Msat, msat } from '@reprise/ledger';
import type { Failed, FailureReason, Outcome, PaymentHash, Preimage } from '../port.ts';

export type Attempt = {
  readonly hash: PaymentHash;
  /** Counted over all payers of the hash. */
  readonly attempt: number;
  readonly backend: string;
  readonly purpose: string;
  readonly payer: string;
  readonly payerAttempt: number;
  readonly amount: Msat;
  readonly maxFee: Msat;
  readonly baseline: Baseline;
  readonly state: AttemptState;
  readonly dispatchedAt: number;
  /** When the node was first found to have no trace of it; null once it had. */
  readonly absentSince: number | null;
};
/** Once the node has shown that it has it, an attempt is `in-flight` until it ends, whatever is not answered meanwhile. */
export type AttemptState =
  | { readonly state: 'dispatching' | 'in-flight' | 'unknown' }
  | { readonly state: 'succeeded'; readonly preimage: Preimage; readonly fee: Msat }
  /** `paidAfterAll`: it went out although the node had said that it failed. */
  | { readonly state: 'failed'; readonly reason: FailureReason; readonly paidAfterAll: boolean };

/**
 * What the node said of this hash before the attempt was handed over: the same answer afterwards is old news. `refused`: it was never handed
 * over, and its row stands there so that nobody does.
 */
export type Baseline = { readonly state: 'not-found' | 'refused' } | { readonly state: 'failed'; readonly evidence: string | null };

export function formatBaseline(baseline: Baseline): string {
  return baseline.state === 'failed' ? `failed ${baseline.evidence ?? ''}` : baseline.state;
}

function parseBaseline(text: string): Baseline {
  if (text === 'not-found' || text === 'refused') return { state: text };
  return { state: 'failed', evidence: text.slice('failed '.length) || null };
}

/** Whether a failure that is found now was there before the attempt. */
export function isOldNews(baseline: Baseline, { evidence }: Failed): boolean {
  return baseline.state === 'failed' && (evidence === null || evidence === baseline.evidence);
}

export function attemptOf(row: Row<'lightning_attempts'>): Attempt {
  return {
    hash: row.payment_hash as PaymentHash,
    attempt: row.attempt,
    backend: row.backend,
    purpose: row.purpose,
    payer: row.payer,
    payerAttempt: row.payer_attempt,
    amount: msat(BigInt(row.amount)),
    maxFee: msat(BigInt(row.max_fee)),
    baseline: parseBaseline(row.baseline),
    state: stateOf(row),
    dispatchedAt: row.dispatched_at,
    absentSince: row.absent_since,
  };
}

function stateOf({ state, preimage, fee, reason, late_preimage }: Row<'lightning_attempts'>): AttemptState {
  if (state === 'succeeded') return { state, preimage: preimage as Preimage, fee: msat(BigInt(fee ?? 0)) };
  if (state === 'failed') return { state, reason: reason as FailureReason, paidAfterAll: late_preimage !== null };
  return { state };
}

/** What the journal answers from its own rows. */
export function outcomeOf({ state }: Attempt): Outcome {
  switch (state.state) {
    case 'succeeded':
      return state;
    case 'failed':
      return { state: 'failed', reason: state.reason, evidence: null };
    case 'in-flight':
      return { state: 'in-flight' };
    case 'dispatching':
    case 'unknown':
      return { state: 'unknown', why: 'no answer that decides' };
  }
}
