// How much is set aside for a payout, and whether an operator must look first: decisions on what was read before. spec/paid-links.md "Payouts".
import { type Msat, msat, type Sat, sat, satsToPay, satToMsat } from '@reprise/ledger';
import { type LeavingLimits, leavesFreely, type Taken } from './leaving.ts';

const feeLeast = sat(10n);

/** One in a hundred, and ten satoshis at least; rounded up. */
export function feeReserve(amount: Sat): Sat {
  const percent = (amount + 99n) / 100n;
  return percent > feeLeast ? sat(percent) : feeLeast;
}

/** What is taken from the balance: amount and fee together, rounded up once. @param feeMax of the owner, in place of the usual one */
export function heldFor(amount: Msat, feeMax: Sat | null): Msat {
  const fee = feeMax ?? feeReserve(satsToPay(amount));
  return satToMsat(satsToPay(msat(amount + satToMsat(fee))));
}

/** The most that a balance pays out, with its fee beside it. @param feeMax of the owner, in place of the usual one @returns 0 where nothing is left */
export function allOf(available: Sat, feeMax: Sat | null): Sat {
  if (feeMax !== null) return sat(available > feeMax ? available - feeMax : 0n);
  const costs = (amount: bigint) => amount + feeReserve(sat(amount));
  // Near the answer by division; the rounding of the fee moves it by a satoshi or two.
  let amount = (available * 100n) / 101n;
  if (available - feeLeast < amount) amount = available > feeLeast ? available - feeLeast : 0n;
  while (amount > 0n && costs(amount) > available) amount--;
  while (costs(amount + 1n) <= available) amount++;
  return sat(amount);
}

/** Cases upheld against a seller, above which an operator looks at each payout. */
const upheldMax = 1;

/** @returns `held` where an operator must approve */
export function admit(amount: Msat, taken: Taken & { readonly upheld: number }, limits: LeavingLimits): 'reserved' | 'held' {
  if (taken.upheld > upheldMax) return 'held';
  return amount <= leavesFreely(taken, limits) ? 'reserved' : 'held';
}
