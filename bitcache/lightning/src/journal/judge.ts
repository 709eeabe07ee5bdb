// What an answer of the node means for an attempt: the one rule, as a pure decision. spec/lightning.md "The journal of attempts".
import { createHash } from 'node:crypto';
import { parseHex } from '@reprise/kit';
import type { Failed, Outcome, PaymentHash, Preimage, Succeeded } from '../port.ts';
import { type Attempt, isOldNews } from './attempt.ts';

export type Answer = Outcome | { readonly state: 'not-found' };
/** `pay`: the answer to the hand-over itself; only that cannot be about another attempt. */
export type Source = 'pay' | 'lookup' | 'event';

export type Verdict =
  | { readonly verdict: 'ended'; readonly outcome: Succeeded | Failed }
  | { readonly verdict: 'open'; readonly state: 'in-flight' | 'unknown'; readonly why: string | null; readonly absentSince: number | null }
  /** Two look-ups in a row found no trace, a grace period apart. */
  | { readonly verdict: 'never-arrived'; readonly outcome: Failed }
  /** It had failed, by the node's own word, and was paid after all: money is gone that was given back. */
  | { readonly verdict: 'paid-after-all'; readonly outcome: Succeeded }
  /** An attempt that ended is told again how it ended. */
  | { readonly verdict: 'known' };

export type Circumstances = {
  readonly source: Source;
  readonly now: number;
  /** Whether the node is in step with its network. */
  readonly synced: boolean;
  /** How long the node may have no trace of an attempt before that means it never got there. */
  readonly graceMs: number;
};

export function judge(attempt: Attempt, answer: Answer, circumstances: Circumstances): Verdict {
  const { state } = attempt.state;
  const isEnded = state === 'succeeded' || state === 'failed';
  if (answer.state === 'succeeded' && isPreimageOf(answer.preimage, attempt.hash) && answer.fee >= 0n) {
    if (state === 'succeeded') return { verdict: 'known' };
    return state === 'failed' ? { verdict: 'paid-after-all', outcome: answer } : { verdict: 'ended', outcome: answer };
  }
  if (isEnded) return { verdict: 'known' };
  switch (answer.state) {
    case 'succeeded':
      return open(attempt, 'the node says paid, and proves it with no preimage of this payment');
    case 'failed':
      // Only an answer to the hand-over is certainly about it.
      if (circumstances.source !== 'pay' && isOldNews(attempt.baseline, answer)) return absent(attempt, circumstances);
      return { verdict: 'ended', outcome: answer };
    case 'in-flight':
      return { verdict: 'open', state: 'in-flight', why: null, absentSince: null };
    case 'unknown':
      return open(attempt, answer.why);
    case 'not-found':
      return absent(attempt, circumstances);
  }
}

/** An answer that decides nothing. It interrupts an absence: two readings in a row must agree on it. */
function open(attempt: Attempt, why: string): Verdict {
  return { verdict: 'open', state: attempt.state.state === 'in-flight' ? 'in-flight' : 'unknown', why, absentSince: null };
}

/** The node has no trace. That it never got there is believed at the second reading, a grace period after the first, of a node in step. */
function absent(attempt: Attempt, { source, now, synced, graceMs }: Circumstances): Verdict {
  if (attempt.state.state === 'in-flight') return open(attempt, 'the node had it and has it no more');
  if (source !== 'lookup' || !synced) return open(attempt, 'the node has no trace of it, and may yet');
  const since = attempt.absentSince ?? now;
  if (attempt.absentSince !== null && now - since >= graceMs)
    return { verdict: 'never-arrived', outcome: { state: 'failed', reason: 'timeout', evidence: null } };
  return { verdict: 'open', state: 'unknown', why: 'the node has no trace of it', absentSince: since };
}

export function isPreimageOf(preimage: Preimage, hash: PaymentHash): boolean {
  const bytes = parseHex(preimage);
  return bytes?.length === 32 && createHash('sha256').update(bytes).digest('hex') === hash;
}
