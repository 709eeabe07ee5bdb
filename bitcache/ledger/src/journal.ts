// One movement of money: legs that sum to zero, at most one for each account. spec/ledger.md "Journals".
import { assert } from '@reprise/kit';
import type { AccountCode } from './chart.ts';
import { type Msat, msat } from './money.ts';

/** Debit is above zero, credit below. */
export type Leg = { readonly account: AccountCode; readonly amount: Msat };
export type Journal = { readonly kind: string; readonly legs: readonly Leg[] };

export const legsMax = 64;

export function debit(account: AccountCode, amount: Msat): Leg {
  assert(amount >= 0n, 'a debit is not negative');
  return { account, amount };
}

export function credit(account: AccountCode, amount: Msat): Leg {
  assert(amount >= 0n, 'a credit is not negative');
  return { account, amount: msat(-amount) };
}

/**
 * Nets what falls on one account and leaves out what comes to nothing.
 * @returns null if nothing moves
 */
export function journal(kind: string, legs: readonly Leg[]): Journal | null {
  const sums = new Map<AccountCode, bigint>();
  for (const { account, amount } of legs) sums.set(account, (sums.get(account) ?? 0n) + amount);
  const netted = [...sums].filter(([, amount]) => amount !== 0n).map(([account, amount]) => ({ account, amount: msat(amount) }));
  assert(netted.reduce((sum, { amount }) => sum + amount, 0n) === 0n, `a journal of ${kind} does not balance`);
  if (netted.length === 0) return null;
  assert(netted.length <= legsMax, `a journal of ${kind} has too many legs`);
  return { kind, legs: netted.sort((a, b) => (a.account < b.account ? -1 : 1)) };
}
