import assert from 'node:assert/strict';
import { test } from 'node:test';
import { satsAtRate } from './sats-at-rate.ts';

const rate = (units: bigint) => ({ price: units * 10n ** 8n, at: 0, source: 'test' });

test('a price in cents is satoshis at the rate, rounded up once', () => {
  // A bitcoin at 80,000 euros: a cent is 12.5 satoshis.
  for (const [cents, sats] of [
    [1, 13n],
    [2, 25n],
    [40, 500n],
    [99_999, 1_249_988n],
  ] as const)
    assert.equal(satsAtRate({ amount: cents, currency: 'EUR' }, rate(80_000n)), sats);
});

test('satoshis need no rate, and cents have no price without one', () => {
  assert.equal(satsAtRate({ amount: 21, currency: 'SAT' }, null), 21n);
  for (const none of [null, rate(0n), rate(-1n)]) assert.equal(satsAtRate({ amount: 21, currency: 'USD' }, none), null);
});
