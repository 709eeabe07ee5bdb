import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AskedPrice, Closed, Invoice, Purchase } from './paid-port.ts';
import { afterEvent, dueAfter, type Pace, type PurchaseEvent } from './purchase-course.ts';

const asked: AskedPrice = { amount: 250, currency: 'EUR', sats: 2900, rate: null, salesLeft: null, holdsUntil: 1_000_000 };
const invoice: Invoice = { bolt11: 'lnbcrt1', sats: 2900, expiresAt: 900_000 };
const failure = { code: 'too-little', facts: { missing: 12 } };
const offered: Purchase = { at: 'offered', asked, was: null, busy: false, problem: null };
const waiting: Purchase = { at: 'waiting', asked, invoice, problem: null };
const owed: Purchase = { at: 'owed', owed: { sats: 2900, reason: 'ended', taken: null }, busy: false, problem: null };
const seen: Pace = { begun: false, isSeen: true, collectMs: 250 };
const hidden: Pace = { ...seen, isSeen: false };
const run = (from: Purchase, ...events: readonly PurchaseEvent[]): Purchase => events.reduce(afterEvent, from);

test('a purchase goes from its price over an invoice and its payment to what was bought', () => {
  const states: string[] = [];
  let now: Purchase = { at: 'looking' };
  const events: readonly PurchaseEvent[] = [
    { kind: 'priced', asked },
    { kind: 'pressed' },
    { kind: 'invoiced', asked, invoice },
    { kind: 'paid' },
    { kind: 'unlocked' },
  ];
  for (const event of events) {
    now = afterEvent(now, event);
    states.push(now.at);
  }
  assert.deepEqual(states, ['offered', 'offered', 'waiting', 'received', 'unlocked']);
});

test('another price than the one agreed to is asked again, and no invoice of it is shown', () => {
  const dearer = { ...asked, amount: 300, sats: 3480 };
  const expected: Purchase = { at: 'offered', asked: dearer, was: { amount: 250, currency: 'EUR' }, busy: false, problem: null };
  assert.deepEqual(run(offered, { kind: 'pressed' }, { kind: 'invoiced', asked: dearer, invoice }), expected);
  assert.deepEqual(run(offered, { kind: 'priced', asked: dearer }), expected);
  // Pressed again, it is agreed to.
  assert.equal(run(expected, { kind: 'pressed' }, { kind: 'invoiced', asked: dearer, invoice }).at, 'waiting');
});

test('what a buyer chose to pay is no price that changed', () => {
  const more = { ...asked, amount: 500, sats: 5_800 };
  assert.deepEqual(run(offered, { kind: 'pressed' }, { kind: 'priced', asked: more, isChosen: true }), { ...offered, asked: more });
});

test('a rate that moved is no other price', () => {
  const moved = { ...asked, sats: 2950 };
  assert.equal(run(offered, { kind: 'pressed' }, { kind: 'invoiced', asked: moved, invoice }).at, 'waiting');
  assert.deepEqual(run(offered, { kind: 'priced', asked: moved }), { ...offered, asked: moved });
});

test('what went wrong is told where it happened, and leaves the rest as it was', () => {
  assert.deepEqual(run(offered, { kind: 'pressed' }, { kind: 'failed', failure }), { ...offered, problem: failure });
  assert.deepEqual(run(waiting, { kind: 'failed', failure }), { ...waiting, problem: failure });
  assert.deepEqual(run({ at: 'looking' }, { kind: 'failed', failure: { code: 'offline', facts: {} } }), {
    at: 'closed',
    closed: { why: 'offline' },
  });
  assert.deepEqual(run({ at: 'looking' }, { kind: 'failed', failure }), { at: 'closed', closed: { why: 'busy' } });
  assert.deepEqual(run({ at: 'unlocked' }, { kind: 'failed', failure }), { at: 'unlocked' });
});

test('an offer that ends while it is paid takes nothing away from who has paid', () => {
  const ended: PurchaseEvent = { kind: 'closed', closed: { why: 'ended' } };
  for (const paid of [{ at: 'received', problem: null }, owed, { at: 'unlocked' }] as const) assert.deepEqual(run(paid, ended), paid);
  assert.deepEqual(run(waiting, ended), { at: 'closed', closed: { why: 'ended' } });
  assert.deepEqual(run(waiting, { kind: 'owed', owed: owed.owed }), owed);
});

test('what is due: a price once it no longer holds, a payment as often as is said, an invoice once it has expired', () => {
  assert.deepEqual(dueAfter({ at: 'looking' }, 5, seen), { act: 'look', at: 5 });
  assert.deepEqual(dueAfter(offered, 5, seen), { act: 'look', at: 1_000_000 });
  assert.deepEqual(dueAfter(offered, 2_000_000, seen), { act: 'look', at: 2_000_000 });
  assert.equal(dueAfter({ ...offered, busy: true }, 5, seen), null);
  assert.deepEqual(dueAfter(waiting, 5, seen), { act: 'collect', at: 255 });
  assert.deepEqual(dueAfter(waiting, 5, { ...seen, collectMs: 2_000 }), { act: 'collect', at: 2_005 });
  assert.deepEqual(dueAfter(waiting, 900_000, seen), { act: 'renew', at: 900_000 });
  assert.deepEqual(dueAfter({ at: 'received', problem: null }, 5, seen), { act: 'collect', at: 255 });
  assert.equal(dueAfter(owed, 5, seen), null);
  assert.equal(dueAfter({ at: 'unlocked' }, 5, seen), null);
});

test('what fails is asked for every ten seconds, whatever it is', () => {
  assert.deepEqual(dueAfter({ at: 'received', problem: failure }, 5, seen), { act: 'collect', at: 10_005 });
  assert.deepEqual(dueAfter({ ...waiting, problem: failure }, 5, seen), { act: 'collect', at: 10_005 });
  assert.deepEqual(dueAfter({ ...waiting, problem: failure }, 900_000, seen), { act: 'renew', at: 910_000 });
  assert.deepEqual(dueAfter({ ...offered, problem: failure }, 2_000_000, seen), { act: 'look', at: 2_010_000 });
});

test('a page that nobody sees asks slowly, makes no further invoice, and ends once no payment can come', () => {
  assert.deepEqual(dueAfter(waiting, 5, hidden), { act: 'collect', at: 10_005 });
  assert.deepEqual(dueAfter({ at: 'received', problem: null }, 5, hidden), { act: 'collect', at: 10_005 });
  assert.deepEqual(dueAfter(waiting, 900_000, hidden), { act: 'collect', at: 910_000 });
  assert.equal(dueAfter(waiting, 930_000, hidden), null);
  assert.deepEqual(dueAfter(offered, 5, { ...hidden, begun: true }), { act: 'collect', at: 10_005 });
  assert.equal(dueAfter(offered, 1_000_000, { ...hidden, begun: true }), null);
  assert.equal(dueAfter({ at: 'closed', closed: { why: 'offline' } }, 5, hidden), null);
});

test('what may come back is looked for again, and what is for good is not', () => {
  const again: readonly Closed[] = [{ why: 'no-rate' }, { why: 'busy' }, { why: 'offline' }];
  const forGood: readonly Closed[] = [
    { why: 'sold-out' },
    { why: 'ended' },
    { why: 'off' },
    { why: 'differs' },
    { why: 'incomplete' },
    { why: 'notice', reference: 'N-1' },
  ];
  for (const closed of again) assert.deepEqual(dueAfter({ at: 'closed', closed }, 5, seen), { act: 'look', at: 10_005 });
  for (const closed of forGood) assert.equal(dueAfter({ at: 'closed', closed }, 5, seen), null);
});

test('a payment that was begun is looked for while another way is chosen, and an answer that came takes the trouble away', () => {
  assert.deepEqual(dueAfter(offered, 5, { ...seen, begun: true }), { act: 'collect', at: 3_005 });
  assert.deepEqual(dueAfter(offered, 1_000_001, { ...seen, begun: true }), { act: 'look', at: 1_000_001 });
  assert.deepEqual(run(waiting, { kind: 'failed', failure }, { kind: 'unpaid' }), waiting);
  assert.deepEqual(run(offered, { kind: 'unpaid' }), offered);
});

test('who goes back to the other payments can pay otherwise', () => {
  assert.deepEqual(run(waiting, { kind: 'other-way' }), offered);
  assert.deepEqual(run(offered, { kind: 'other-way' }), offered);
});
