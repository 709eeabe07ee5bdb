import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountsOf, factsOf, shardOf } from './chart.ts';
import * as events from './events.ts';
import { credit, debit, type Journal, journal } from './journal.ts';
import { msat } from './money.ts';

const on = new AccountsOf(3);
const m = (amount: number | bigint) => msat(BigInt(amount));
const lines = (it: Journal | null): readonly string[] => (it?.legs ?? []).map(({ account, amount }) => `${account} ${amount}`);
const coins = (spent: number, given: number, keyset = 'k1') => ({
  spent: [{ keyset, amount: m(spent) }],
  given: { keyset: 'k1', amount: m(given) },
});

/** Each event, with what it writes: debits above zero, credits below. */
const written: readonly (readonly [string, Journal | null, readonly string[]])[] = [
  ['a deposit', events.received(on, 'b', 'account:a', m(5_400)), ['account:a -5000', 'lightning:b#3 5400', 'rounding#3 -400']],
  ['a mint quote that is paid', events.received(on, 'b', on.code('minting'), m(8_000)), ['lightning:b#3 8000', 'minting#3 -8000']],
  ['issuing', events.issued(on, 'k1', m(8_000)), ['ecash:k1#3 -8000', 'minting#3 8000']],
  ['a swap without a fee', events.swapped(on, coins(8_000, 8_000)), []],
  ['a swap with a fee', events.swapped(on, coins(8_000, 7_000)), ['ecash:k1#3 1000', 'input-fee#3 -1000']],
  ['a swap across keysets', events.swapped(on, coins(8_000, 7_000, 'k0')), ['ecash:k0#3 8000', 'ecash:k1#3 -7000', 'input-fee#3 -1000']],
  [
    'melting',
    events.melted(on, { ...coins(20_000, 5_000), backend: 'b', paid: { amount: m(10_000), fee: m(1_234) }, inputFee: m(1_000) }),
    ['ecash:k1#3 15000', 'input-fee#3 -1000', 'lightning:b#3 -11234', 'routing-surplus#3 -2766'],
  ],
  [
    'melting by a backend that took more than the coins were for',
    events.melted(on, { ...coins(10_000, 0), backend: 'b', paid: { amount: m(10_000), fee: m(34) }, inputFee: m(0) }),
    ['ecash:k1#3 10000', 'lightning:b#3 -10034', 'routing#3 34'],
  ],
  [
    'melting for an invoice of our own',
    events.meltedInside(on, { ...coins(20_000, 9_000), inputFee: m(1_000) }, 'pending:o#7', m(10_000)),
    ['ecash:k1#3 11000', 'input-fee#3 -1000', 'pending:o#7 -10000'],
  ],
  ['a purchase with coins', events.boughtWithCoins(on, coins(32_000, 11_000), 'pending:o#3'), ['ecash:k1#3 21000', 'pending:o#3 -21000']],
  ['a purchase from a balance', events.boughtFromBalance('account:a', 'pending:o#3', m(21_000)), ['account:a 21000', 'pending:o#3 -21000']],
  [
    'a purchase by Lightning that paid too much',
    events.boughtByLightning(on, 'b', 'pending:o#3', m(21_000), m(23_500)),
    ['lightning:b#3 23500', 'pending:o#3 -21000', 'refund#3 -2000', 'rounding#3 -500'],
  ],
  [
    'a release',
    events.released(on, 'pending:o#3', 'account:s', { gross: m(21_000), commission: m(210) }),
    ['account:s -20790', 'commission#3 -210', 'pending:o#3 21000'],
  ],
  [
    'a case',
    events.escrowed(
      [
        { account: 'pending:o#0', amount: m(5) },
        { account: 'pending:o#3', amount: m(6) },
      ],
      'escrow:c',
    ),
    ['escrow:c -11', 'pending:o#0 5', 'pending:o#3 6'],
  ],
  ['a sale that waits again', events.returned('escrow:c', 'pending:o#3', m(6)), ['escrow:c 6', 'pending:o#3 -6']],
  [
    'a case that was dismissed, or whose claim was upheld',
    events.released(on, 'escrow:c', 'account:h', { gross: m(21_000), commission: m(210) }),
    ['account:h -20790', 'commission#3 -210', 'escrow:c 21000'],
  ],
  ['a refund that is owed', events.refundOwed(on, 'escrow:c', m(7)), ['escrow:c 7', 'refund#3 -7']],
  ['a refund that is taken', events.refundTaken(on, 'account:a', m(7)), ['account:a -7', 'refund#3 7']],
  ['a payout that is reserved', events.payoutReserved(on, 'account:s', m(110)), ['account:s 110', 'payout#3 -110']],
  [
    'a payout that is paid',
    events.payoutPaid(on, 'b', 'account:s', { limit: m(110), amount: m(100), fee: m(4) }),
    ['account:s -6', 'lightning:b#3 -104', 'payout#3 110'],
  ],
  [
    'a payout that cost more than its limit',
    events.payoutPaid(on, 'b', 'account:s', { limit: m(110), amount: m(100), fee: m(14) }),
    ['lightning:b#3 -114', 'payout#3 110', 'routing#3 4'],
  ],
  [
    'a payout under a flat fee',
    events.payoutPaidFlat(on, 'b', { limit: m(110), amount: m(100), fee: m(4) }),
    ['lightning:b#3 -104', 'payout#3 110', 'routing-surplus#3 -6'],
  ],
  [
    'a payout under a flat fee that was too low',
    events.payoutPaidFlat(on, 'b', { limit: m(110), amount: m(100), fee: m(14) }),
    ['lightning:b#3 -114', 'payout#3 110', 'routing#3 4'],
  ],
  ['a payout that failed', events.payoutFailed(on, 'account:s', m(110)), ['account:s -110', 'payout#3 110']],
  ['a payout in coins', events.payoutInCoins(on, 'account:s', 'k1', m(9_000)), ['account:s 9000', 'ecash:k1#3 -9000']],
  ['liquidity taken', events.liquidityTaken(on, 'b', m(3)), ['lightning:b#3 -3', 'liquidity 3']],
  ['late money', events.receivedLate(on, 'b', m(3)), ['lightning:b#3 3', 'suspense -3']],
  ['a payment that went out after all', events.paidAfterAll(on, 'b', 'loss', m(3)), ['lightning:b#3 -3', 'loss 3']],
  ['capital', events.capitalAdded(on, 'b', 'sandbox', m(3)), ['lightning:b#3 3', 'sandbox -3']],
  ['earnings that are taken out', events.earningsSwept('account:a', m(7_000)), ['account:a -7000', 'operator 7000']],
];

for (const [what, made, expected] of written) test(`${what} is written as it should be`, () => assert.deepEqual(lines(made), expected));

test('what does not balance, or moves too little to pay, stops the program', () => {
  assert.throws(() => journal('x', [debit('account:a', m(5)), credit('account:b', m(4))]), /does not balance/);
  assert.throws(() => debit('account:a', m(-1)), /not negative/);
  assert.throws(() => events.boughtByLightning(on, 'b', 'pending:o#3', m(21), m(20)), /paid in full/);
  assert.throws(() => events.boughtWithCoins(on, coins(10, 20), 'pending:o#3'), /not negative/);
  assert.throws(() => events.meltedInside(on, { ...coins(10, 0), inputFee: m(1) }, 'pending:o#3', m(10)), /pay for what was paid/);
  const many = Array.from({ length: 65 }, (_, i) => debit(`account:a${i}`, m(1)));
  assert.throws(() => journal('x', [...many, credit('account:b', m(65))]), /too many legs/);
});

test('an account is called as the chart says, or not at all', () => {
  assert.deepEqual(factsOf('pending:4f#12'), { name: 'pending', kind: 'liability', floor: true });
  assert.deepEqual(factsOf('operator'), { name: 'operator', kind: 'equity', floor: false });
  for (const code of [
    '',
    'pending',
    'pending:4f',
    'pending#1',
    'operator#1',
    'operator:x',
    'constructor',
    'toString',
    'account:',
    'account:a b',
    'account:a#1',
  ])
    assert.throws(() => factsOf(code), /no account is called/, code);
});

test('an operation has one shard, whatever it touches, and few have the same', () => {
  const shards = Array.from({ length: 256 }, (_, i) => shardOf(i.toString(16).padStart(2, '0') + '00', 16));
  assert.equal(new Set(shards).size, 16);
  assert.ok(Array.from({ length: 16 }, (_, k) => shards.filter((shard) => shard === k).length).every((count) => count === 16));
  assert.throws(() => shardOf('00', 0), /shards/);
});
