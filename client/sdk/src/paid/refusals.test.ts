import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '@reprise/protocol';
import { refusalOf } from './refusals.ts';

const shop = (reason: string) => new Failure('payment-refused', { reason });
const bothOf = (error: unknown) => [refusalOf(error, 'once'), refusalOf(error, 'again')];

test('what is said after looking tells that nothing was spent, however often it was sent', () => {
  for (const error of [
    new Failure('balance-too-low', { missing: '21' }),
    new Failure('key-reused'),
    new Failure('offer-closed', { reason: 'ended' }),
    new Failure('offer-refused', { reason: 'price-too-high' }),
    new Failure('no-rate'),
    new Failure('bad-request', { field: 'buyerKey', reason: 'nothing can be sealed to it' }),
    new Failure('quote-refused'),
    shop('too-little'),
    shop('bad-quote'),
    shop('ended'),
    shop('11001'),
  ])
    assert.deepEqual(bothOf(error), ['unspent', 'unspent'], error.code);
});

test('what is said before anything is looked up counts for a payment that was sent once, and for no other', () => {
  for (const error of [
    new Failure('payments-off', { reason: 'unreachable' }),
    new Failure('not-found'),
    new Failure('role-refused'),
    shop('other-mint'),
    shop('bad-buyer-key'),
  ])
    assert.deepEqual(bothOf(error), ['unspent', 'unknown'], error.code);
});

test('a server that could not decide, a lost answer and an answer of somebody else tell nothing', () => {
  for (const error of [
    shop('busy'),
    shop('2'),
    new Failure('network'),
    new Failure('unavailable'),
    new Failure('bad-answer', { status: 404 }),
    new Failure('bad-request', { field: 'quote' }),
    new Failure('payment-owed', { sats: 21 }),
    new Error('a bug'),
  ])
    assert.deepEqual(bothOf(error), ['none', 'none'], error.message);
});
