import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CaseEvent, type CaseFacts, type CaseState, nextOf, type Refusal } from './rules.ts';

const [now, day] = [1_000_000, 100];
const times = { standMs: day };
const at = (state: CaseState, standBy: number | null = null, answerBy = now + 1): CaseFacts => ({ state, answerBy, standBy });

const counter: CaseEvent = { actor: 'maker', act: 'counter' };
const stand: CaseEvent = { actor: 'holder', act: 'stand' };
const say: CaseEvent = { actor: 'holder', act: 'say' };
const withdraw: CaseEvent = { actor: 'holder', act: 'withdraw' };
const dismiss: CaseEvent = { actor: 'operator', act: 'dismiss' };
const lapse: CaseEvent = { actor: 'time', act: 'lapse', about: 'link' };
const lapseOfNothing: CaseEvent = { ...lapse, about: 'nothing' };
const uphold = (urgent = false): CaseEvent => ({ actor: 'operator', act: 'uphold', remedy: 'claim', urgent });

const waiting = at('countered', now + 1);
const lapsed = at('countered', now);
const table: readonly (readonly [CaseFacts, CaseEvent, CaseState | Refusal])[] = [
  [at('open'), counter, 'countered'],
  [at('open'), say, 'open'],
  [at('open'), stand, 'unanswered'],
  [at('open'), withdraw, 'withdrawn'],
  [at('open'), dismiss, 'dismissed'],
  [at('open'), lapse, 'too-early'],
  [at('open', null, now), lapse, 'too-early'],
  [at('open'), lapseOfNothing, 'too-early'],
  [at('open', null, now), lapseOfNothing, 'dismissed'],
  [waiting, lapseOfNothing, 'too-early'],
  [at('open'), uphold(), 'too-early'],
  [at('open'), uphold(true), 'upheld'],
  [at('open', null, now), uphold(), 'upheld'],
  [at('open', null, now), counter, 'countered'],
  [waiting, counter, 'answered'],
  [waiting, stand, 'contested'],
  [waiting, say, 'countered'],
  [waiting, withdraw, 'withdrawn'],
  [waiting, dismiss, 'dismissed'],
  [waiting, lapse, 'too-early'],
  [waiting, uphold(), 'too-early'],
  [waiting, uphold(true), 'upheld'],
  [lapsed, lapse, 'dismissed'],
  [lapsed, stand, 'contested'],
  [at('contested', now), lapse, 'too-early'],
  [at('contested', now), stand, 'answered'],
  [at('contested', now), counter, 'answered'],
  [at('contested', now + 1), uphold(), 'upheld'],
  [at('contested', now), withdraw, 'withdrawn'],
];

for (const [facts, event, expected] of table) {
  test(`${event.act}${'urgent' in event && event.urgent ? ' at once' : ''}${'about' in event ? ` about ${event.about}` : ''} in ${JSON.stringify(facts)} leads to ${expected}`, () => {
    const next = nextOf(facts, event, now, times);
    assert.equal(typeof next === 'string' ? next : next.state, expected);
    if (typeof next === 'string') return;
    assert.equal(next.decidedAt, ['upheld', 'dismissed', 'withdrawn'].includes(next.state) ? now : null);
    assert.equal(next.remedy, next.state === 'upheld' ? 'claim' : null);
    assert.equal(next.standBy, event.act === 'counter' ? now + day : facts.standBy);
  });
}

test('nothing happens in a case that is decided', () => {
  const events: readonly CaseEvent[] = [counter, stand, say, withdraw, dismiss, lapse, uphold(true)];
  for (const state of ['upheld', 'dismissed', 'withdrawn'] as const)
    assert.deepEqual(new Set(events.map((event) => nextOf(at(state, now), event, now, times))), new Set(['decided']));
});
