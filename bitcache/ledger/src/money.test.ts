import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { commissionOf, msat, msatMax, parseSat, sat, satsForCents, satsToPay, satToMsat, wholeSats } from './money.ts';

const amount = fc.bigInt({ min: 0n, max: msatMax });

test('what comes in is whole satoshis and a rest, and nothing is lost between them', () => {
  fc.assert(
    fc.property(amount, (received) => {
      const { whole, rest } = wholeSats(msat(received));
      assert.equal(whole * 1_000n + rest, received);
      assert.ok(rest >= 0n && rest < 1_000n);
    }),
  );
});

test('what is paid is never less than it costs, and less than a satoshi more', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: msatMax - 999n }), (total) => {
      const taken = satToMsat(satsToPay(msat(total)));
      assert.ok(taken >= total && taken - total < 1_000n);
    }),
  );
});

test('a price in cents costs at least its worth, and less than a satoshi more', () => {
  const worth = fc.record({ cents: fc.bigInt({ min: 0n, max: 100_000_000n }), price: fc.bigInt({ min: 10n ** 11n, max: 10n ** 15n }) });
  fc.assert(
    fc.property(worth, ({ cents, price }) => {
      const sats = satsForCents(cents, price);
      // sats · price / (10⁸ · 10⁸) is its worth in the currency, cents / 100 the price asked.
      assert.ok(sats * price * 100n >= cents * 10n ** 16n);
      assert.ok(sats === 0n || (sats - 1n) * price * 100n < cents * 10n ** 16n);
    }),
  );
});

test('the commission of every price up to a million is at most its share, and the seller never gets less than the rest', () => {
  for (let price = 1n; price <= 1_000_000n; price += 7n) {
    for (const points of [0n, 1n, 99n, 250n, 500n]) {
      const commission = commissionOf(msat(price), points);
      assert.ok(commission * 10_000n <= price * points && (commission + 1n) * 10_000n > price * points);
    }
  }
  assert.throws(() => commissionOf(msat(1n), 501n), /0 to 5 percent/);
});

test('amounts beyond all bitcoin stop the program, either sign', () => {
  for (const beyond of [msatMax + 1n, -msatMax - 1n]) assert.throws(() => msat(beyond), /beyond all bitcoin/);
  assert.throws(() => sat(2_100_000_000_000_001n), /beyond all bitcoin/);
});

test('amounts are read as people write whole numbers, and as nothing else', () => {
  assert.equal(parseSat('0'), 0n);
  assert.equal(parseSat('2100000000000000'), 2_100_000_000_000_000n);
  for (const text of ['', '-1', '+1', '01', '1.0', '1e3', ' 1', '0x1', '2100000000000001', '99999999999999999', '١'])
    assert.equal(parseSat(text), undefined, text);
});
