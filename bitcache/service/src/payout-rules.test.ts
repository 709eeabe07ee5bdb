import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat, sat, satToMsat } from '@reprise/ledger';
import { parseAddress } from './lightning-address.ts';
import { defaultPayoutSettings } from './payout-ports.ts';
import { admit, allOf, feeReserve, heldFor } from './payout-rules.ts';

test('what is set aside pays for amount and fee, is whole satoshis, and is rounded up once', () => {
  for (const amount of [1n, 999n, 1_000n, 10_000n, 999_999n, 1_000_001n, 200_000_000n]) {
    const held = heldFor(msat(amount), null);
    const fee = feeReserve(sat((amount + 999n) / 1_000n));
    assert.ok(held % 1_000n === 0n && held >= amount + satToMsat(fee) && held < amount + satToMsat(fee) + 1_000n, String(amount));
  }
  assert.equal(heldFor(msat(50_000n), sat(0n)), 50_000n);
});

test('all of a balance is the largest amount that leaves room for its fee', () => {
  for (let available = 0n; available < 5_000n; available += 7n) {
    const amount = allOf(sat(available), null);
    const costs = (one: bigint) => one + feeReserve(sat(one));
    assert.ok(amount === 0n || costs(amount) <= available, `${available}`);
    assert.ok(costs(amount + 1n) > available, `${available}: one more would have done`);
    for (const feeMax of [0n, 3n, 2_000n]) {
      const all = allOf(sat(available), sat(feeMax));
      if (available > feeMax) assert.equal(heldFor(satToMsat(all), sat(feeMax)), satToMsat(sat(available)));
      else assert.equal(all, 0n);
    }
  }
});

test('a payout is usual up to each limit, and waits for an operator above any', () => {
  const none = { accountDay: 0n, houseHour: 0n };
  const amount = (sats: bigint) => satToMsat(sat(sats));
  const decide = (sats: bigint, taken = none, upheld = 0) => admit(amount(sats), { ...taken, upheld }, defaultPayoutSettings);
  assert.deepEqual([decide(200_000n), decide(200_001n)], ['reserved', 'held']);
  assert.deepEqual(
    [800_000n, 800_001n].map((day) => decide(200_000n, { ...none, accountDay: amount(day) })),
    ['reserved', 'held'],
  );
  assert.deepEqual(
    [4_800_000n, 4_800_001n].map((hour) => decide(200_000n, { ...none, houseHour: amount(hour) })),
    ['reserved', 'held'],
  );
  assert.deepEqual([decide(10n, none, 1), decide(10n, none, 2)], ['reserved', 'held'], 'after two cases that were upheld');
});

test('a Lightning address is a user at a name of the internet, and nothing beside', () => {
  assert.deepEqual(parseAddress('zoe+tips@pay.example.org'), { user: 'zoe+tips', host: 'pay.example.org' });
  const wrong = [
    '',
    '@',
    'zoe',
    'zoe@',
    '@pay.example',
    'zoe@localhost',
    'zoe@127.0.0.1',
    'zoe@[::1]',
    'zoe@pay.example:1',
    'zoe@pay.example/x',
  ];
  const sly = [
    'zoe@pay.example?x',
    'zoe@pay.example#x',
    'a/b@pay.example',
    '../x@pay.example',
    'zoe@@pay.example',
    'zoe@pay..example',
    'zoe@-pay.example',
  ];
  for (const text of [
    ...wrong,
    ...sly,
    'zoe@pay.example.',
    'Zoe@pay.example',
    'zoe@pay.exämple',
    `${'z'.repeat(65)}@pay.example`,
    'zoe@0x7f.1',
  ])
    assert.equal(parseAddress(text), undefined, text);
});
