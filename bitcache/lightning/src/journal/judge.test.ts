import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { msat } from '@reprise/ledger';
import type { PaymentHash, Preimage } from '../port.ts';
import type { Attempt, AttemptState, Baseline } from './attempt.ts';
import { type Answer, type Circumstances, judge, type Source, type Verdict } from './judge.ts';

const preimage = '11'.repeat(32) as Preimage;
const hash = createHash('sha256').update(Buffer.from(preimage, 'hex')).digest('hex') as PaymentHash;
const graceMs = 1_000;

const succeeded: Answer = { state: 'succeeded', preimage, fee: msat(3n) };
const unproven: Answer = { state: 'succeeded', preimage: '00'.repeat(32) as Preimage, fee: msat(3n) };
const failed: Answer = { state: 'failed', reason: 'no-route', evidence: '8' };
const nameless: Answer = { state: 'failed', reason: 'no-route', evidence: null };
const inFlight: Answer = { state: 'in-flight' };
const unknown: Answer = { state: 'unknown', why: 'lost' };
const notFound: Answer = { state: 'not-found' };

const sources: readonly Source[] = ['pay', 'lookup', 'event'];
const open = ['dispatching', 'in-flight', 'unknown'] as const;

describe('an answer of the node', () => {
  for (const source of sources) {
    for (const state of open) {
      it(`that proves the payment ends it: ${source} while ${state}`, () =>
        assert.deepEqual(at(state, succeeded, source), { verdict: 'ended', outcome: succeeded }));
      it(`that says paid without proof ends nothing: ${source} while ${state}`, () => assertOpen(at(state, unproven, source), state));
      it(`that says failed, as it did not before, ends it: ${source} while ${state}`, () =>
        assert.deepEqual(at(state, failed, source), { verdict: 'ended', outcome: failed }));
      it(`that decides nothing keeps the money held: ${source} while ${state}`, () => assertOpen(at(state, unknown, source), state));
      it(`that has no trace keeps the money held at first: ${source} while ${state}`, () => assertOpen(at(state, notFound, source), state));
      it(`that has it shows so for good: ${source} while ${state}`, () =>
        assert.deepEqual(at(state, inFlight, source), { verdict: 'open', state: 'in-flight', why: null, absentSince: null }));
    }
    it(`that proves an attempt paid which had failed is an alarm: ${source}`, () =>
      assert.deepEqual(at({ state: 'failed', reason: 'no-route', paidAfterAll: false }, succeeded, source), {
        verdict: 'paid-after-all',
        outcome: succeeded,
      }));
    it(`changes nothing after the end: ${source}`, () => {
      for (const answer of [failed, inFlight, unknown, notFound, unproven, succeeded])
        assert.deepEqual(at({ state: 'succeeded', preimage, fee: msat(3n) }, answer, source), { verdict: 'known' });
      for (const answer of [failed, inFlight, unknown, notFound, unproven])
        assert.deepEqual(at({ state: 'failed', reason: 'no-route', paidAfterAll: false }, answer, source), { verdict: 'known' });
    });
  }
  for (const source of ['lookup', 'event'] as const) {
    it(`that repeats a failure from before the attempt says nothing about it: ${source}`, () => {
      const before: Baseline = { state: 'failed', evidence: '8' };
      assertOpen(at('unknown', failed, source, { before }), 'unknown');
      assertOpen(at('unknown', nameless, source, { before }), 'unknown');
      assert.equal(at('unknown', { ...failed, evidence: '9' }, source, { before }).verdict, 'ended');
    });
  }
  it('to the hand-over itself is about this attempt, whatever failed before', () =>
    assert.equal(at('dispatching', nameless, 'pay', { before: { state: 'failed', evidence: null } }).verdict, 'ended'));
});

describe('an attempt of which the node has no trace', () => {
  const absent = (absentSince: number | null, now: number, other: Partial<Circumstances> = {}, answer: Answer = notFound) =>
    judge({ ...attempt('unknown'), absentSince }, answer, { source: 'lookup', now, synced: true, graceMs, ...other });
  const since = (verdict: Verdict) => verdict.verdict === 'open' && verdict.absentSince;

  it('is noted at the first look-up and fails at one a grace period later', () => {
    assert.equal(since(absent(null, 5_000)), 5_000);
    assert.equal(since(absent(5_000, 5_999)), 5_000);
    assert.deepEqual(absent(5_000, 6_000), { verdict: 'never-arrived', outcome: { state: 'failed', reason: 'timeout', evidence: null } });
  });
  it('never fails by the word of a node that is behind, or of an event', () => {
    assert.equal(since(absent(5_000, 99_000, { synced: false })), null);
    assert.equal(since(absent(5_000, 99_000, { source: 'event' })), null);
  });
  it('starts its grace period again when a look-up in between got no answer', () =>
    assert.equal(since(absent(5_000, 99_000, {}, unknown)), null));
  it('never fails once the node has shown that it had it', () =>
    assertOpen(
      judge({ ...attempt('in-flight'), absentSince: 1 }, notFound, { source: 'lookup', now: 99_000, synced: true, graceMs }),
      'in-flight',
    ));
});

function attempt(state: AttemptState | (typeof open)[number], baseline: Baseline = { state: 'not-found' }): Attempt {
  const whole: AttemptState = typeof state === 'string' ? { state } : state;
  const amounts = { amount: msat(1_000n), maxFee: msat(10n) };
  return {
    hash,
    attempt: 1,
    backend: 'b',
    purpose: 'p',
    payer: '',
    payerAttempt: 1,
    ...amounts,
    baseline,
    state: whole,
    dispatchedAt: 0,
    absentSince: null,
  };
}

function at(state: AttemptState | (typeof open)[number], answer: Answer, source: Source, { before }: { before?: Baseline } = {}): Verdict {
  return judge(attempt(state, before), answer, { source, now: 5_000, synced: true, graceMs });
}

function assertOpen(verdict: Verdict, was: (typeof open)[number]): void {
  assert.equal(verdict.verdict, 'open');
  if (verdict.verdict === 'open') assert.equal(verdict.state, was === 'in-flight' ? 'in-flight' : 'unknown');
}
