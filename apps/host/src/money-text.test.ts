import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msat } from '@reprise/ledger';
import type { PaymentHash } from '@reprise/lightning';
import type { Money } from './bitcache/money.ts';
import { formatMoney, inSat } from './money-text.ts';

test('amounts of the books are printed with their sign, also below a satoshi', () => {
  const amounts = [0n, 7n, 999n, 1_000n, 123_045n, -1n, -999n, -1_000n, -123_045n];
  assert.deepEqual(amounts.map(inSat), ['0.000', '0.007', '0.999', '1.000', '123.045', '-0.001', '-0.999', '-1.000', '-123.045']);
});

const calm: Money = {
  at: 1_900_000_600_000,
  owed: [{ name: 'account', amount: 21_000n }],
  owedInAll: 21_000n,
  earned: [{ name: 'commission', amount: 1_500n }],
  earnings: { income: msat(1_500n), expenses: msat(0n), taken: msat(0n), left: msat(1_500n) },
  reserves: { backend: 'lnd', spendable: 30_000n, receivable: null, owed: 21_000n, inFlight: 0n, at: 1_900_000_000_000, shortSince: null },
  doBooksBalance: true,
  stop: null,
  alarming: [],
  overdue: [],
  report: { number: 4, at: 1_900_000_000_000 },
  waiting: [],
  frozen: [],
};

test('the view of money says what freezes hold, of all accounts together', () => {
  assert.match(formatMoney(calm), /\nFrozen accounts: frozen, unfreeze ID\n {2}none\n/);
  const frozen = { account: 'ab', ground: 'x', frozenAt: 0, balance: msat(21_000n), held: msat(4_500n), leaving: msat(1n) };
  const two = formatMoney({
    ...calm,
    frozen: [
      { ...frozen, id: 'F-1' },
      { ...frozen, id: 'F-2', held: msat(0n) },
    ],
  });
  assert.match(
    two,
    /ID\n +2 {2}in all\n +42\.000 sat {2}on their balances\n +4\.500 sat {2}of their sales, held\n +0\.002 sat {2}in payouts that wait\n\n/,
  );
});

test('the view of money begins with what somebody must look at, and prints what strangers wrote without its control characters', () => {
  assert.match(formatMoney(calm), /^Nothing is stopped, the books balance\.\n/);
  assert.match(formatMoney(calm), /21\.000 sat {2}balances of accounts\n.*21\.000 sat {2}in all\n/);
  assert.match(formatMoney(calm), /30\.000 sat {2}could leave lnd\n.*said 10 min ago/s);
  const attempt: Money['alarming'][number] = {
    ...{ hash: 'aa' as PaymentHash, attempt: 1, backend: 'lnd', purpose: 'payout', payer: 'ab', payerAttempt: 1, amount: msat(9_000n) },
    ...{
      maxFee: msat(0n),
      baseline: { state: 'not-found' as const },
      dispatchedAt: 0,
      absentSince: null,
      state: { state: 'failed' as const, reason: 'no-route' as const, paidAfterAll: true },
    },
  };
  const waiting = { id: 'ab', account: 'cd', to: 'x\u001b[2J@evil', amount: msat(5_000n), held: msat(5_000n), createdAt: 0 };
  const bad = formatMoney({
    ...calm,
    doBooksBalance: false,
    stop: { reason: 'minting# 5', differences: [], at: 0 },
    reserves: calm.reserves && { ...calm.reserves, shortSince: 0 },
    alarming: [attempt, attempt],
    overdue: [{ hash: 'ef', purpose: 'payout', amount: 7n, state: 'unknown', since: 0 }],
    waiting: [{ ...waiting, state: 'waiting', fee: null, preimage: null, reason: null }],
  });
  const first = bad.split('\n\n')[0]?.split('\n') ?? [];
  assert.deepEqual(
    first.map((line) => /BALANCE|STOPPED|NOT PAY|LOOK AT|no end/.exec(line)?.[0]),
    ['BALANCE', 'STOPPED', 'NOT PAY', 'LOOK AT', 'no end'],
  );
  assert.ok(!bad.includes('\u001b'));
});
