// What happens to money, and the journal that says so: pure functions, one for each row of spec/ledger.md "Events". Amounts come in as
// they were agreed; nothing is computed here but what is left over.
import { assert } from '@reprise/kit';
import type { AccountCode, AccountsOf } from './chart.ts';
import { credit, debit, type Journal, journal } from './journal.ts';
import { type Msat, msat, satToMsat, wholeSats } from './money.ts';

const minus = (a: Msat, b: Msat): Msat => msat(a - b);
const plus = (a: Msat, b: Msat): Msat => msat(a + b);

/** What came by Lightning for a purpose that counts whole satoshis: a balance, or coins to be issued. */
export function received(on: AccountsOf, backend: string, to: AccountCode, amount: Msat): Journal | null {
  const { whole, rest } = wholeSats(amount);
  return journal('received', [
    debit(on.code('lightning', backend), amount),
    credit(to, satToMsat(whole)),
    credit(on.code('rounding'), rest),
  ]);
}

/** Coins are issued for a quote that was paid. */
export function issued(on: AccountsOf, keyset: string, amount: Msat): Journal | null {
  return journal('issued', [debit(on.code('minting'), amount), credit(on.code('ecash', keyset), amount)]);
}

export type Coins = {
  /** What each keyset gave, by its id. */
  readonly spent: readonly { readonly keyset: string; readonly amount: Msat }[];
  /** What was signed in return, all of the active keyset. */
  readonly given: { readonly keyset: string; readonly amount: Msat };
};

function spend(on: AccountsOf, { spent }: Pick<Coins, 'spent'>) {
  return spent.map(({ keyset, amount }) => debit(on.code('ecash', keyset), amount));
}

function sumOf({ spent }: Pick<Coins, 'spent'>): Msat {
  return spent.reduce((sum, { amount }) => plus(sum, amount), msat(0n));
}

/** Coins for coins; the difference is the fee. @returns null where keyset and sum stay the same */
export function swapped(on: AccountsOf, { spent, given }: Coins): Journal | null {
  return journal('swapped', [
    ...spend(on, { spent }),
    credit(on.code('ecash', given.keyset), given.amount),
    credit(on.code('input-fee'), minus(sumOf({ spent }), given.amount)),
  ]);
}

export type Melted = Coins & {
  readonly backend: string;
  /** What the payment moved, with the fee that the network took. */
  readonly paid: { readonly amount: Msat; readonly fee: Msat };
  readonly inputFee: Msat;
};

/**
 * Coins became a Lightning payment; change below a satoshi stays with the house. A backend that cannot cap fees may take more than the
 * coins were for: then the house bears the rest.
 */
export function melted(on: AccountsOf, { spent, given, backend, paid, inputFee }: Melted): Journal | null {
  const out = plus(paid.amount, paid.fee);
  const surplus = minus(minus(minus(sumOf({ spent }), out), given.amount), inputFee);
  return journal('melted', [
    ...spend(on, { spent }),
    debit(on.code('routing'), surplus < 0n ? minus(msat(0n), surplus) : msat(0n)),
    credit(on.code('lightning', backend), out),
    credit(on.code('ecash', given.keyset), given.amount),
    credit(on.code('input-fee'), inputFee),
    credit(on.code('routing-surplus'), surplus > 0n ? surplus : msat(0n)),
  ]);
}

/** Coins paid an invoice of our own: nothing leaves, and nothing is routed. */
export function meltedInside(
  on: AccountsOf,
  coins: Coins & { readonly inputFee: Msat },
  purpose: AccountCode,
  amount: Msat,
): Journal | null {
  const surplus = minus(minus(minus(sumOf(coins), amount), coins.given.amount), coins.inputFee);
  assert(surplus >= 0n, 'coins that were melted pay for what was paid');
  return journal('melted-inside', [
    ...spend(on, coins),
    credit(purpose, amount),
    credit(on.code('ecash', coins.given.keyset), coins.given.amount),
    credit(on.code('input-fee'), coins.inputFee),
    credit(on.code('routing-surplus'), surplus),
  ]);
}

/** A sale, a tip, or a plan: `to` is where its price waits or stays. */
export function boughtWithCoins(on: AccountsOf, coins: Coins, to: AccountCode): Journal | null {
  return journal('bought-with-coins', [
    ...spend(on, coins),
    credit(to, minus(sumOf(coins), coins.given.amount)),
    credit(on.code('ecash', coins.given.keyset), coins.given.amount),
  ]);
}

export function boughtFromBalance(buyer: AccountCode, to: AccountCode, price: Msat): Journal | null {
  return journal('bought-from-balance', [debit(buyer, price), credit(to, price)]);
}

/** Whole satoshis above the price are owed back; what is below one is rounding. */
export function boughtByLightning(on: AccountsOf, backend: string, to: AccountCode, price: Msat, amount: Msat): Journal | null {
  assert(amount >= price, 'an invoice that was not paid in full buys nothing');
  const { whole, rest } = wholeSats(minus(amount, price));
  return journal('bought-by-lightning', [
    debit(on.code('lightning', backend), amount),
    credit(to, price),
    credit(on.code('refund'), satToMsat(whole)),
    credit(on.code('rounding'), rest),
  ]);
}

export type Share = { readonly gross: Msat; readonly commission: Msat };

/** Money that waited, in a window or in escrow, becomes somebody's; the house takes its commission now and not before. */
export function released(on: AccountsOf, from: AccountCode, to: AccountCode, { gross, commission }: Share): Journal | null {
  return journal('released', [debit(from, gross), credit(to, minus(gross, commission)), credit(on.code('commission'), commission)]);
}

/** A case is opened: what waits, shard by shard, waits for its decision. */
export function escrowed(
  waiting: readonly { readonly account: AccountCode; readonly amount: Msat }[],
  escrow: AccountCode,
): Journal | null {
  const sum = waiting.reduce((total, { amount }) => plus(total, amount), msat(0n));
  return journal('escrowed', [...waiting.map(({ account, amount }) => debit(account, amount)), credit(escrow, sum)]);
}

/** A case was dismissed before its sale's window was over, or while another case stands: the sale waits again. */
export function returned(escrow: AccountCode, to: AccountCode, amount: Msat): Journal | null {
  return journal('returned', [debit(escrow, amount), credit(to, amount)]);
}

export function refundOwed(on: AccountsOf, from: AccountCode, amount: Msat): Journal | null {
  return journal('refund-owed', [debit(from, amount), credit(on.code('refund'), amount)]);
}

/** @param to coins of a keyset, or a balance */
export function refundTaken(on: AccountsOf, to: AccountCode, amount: Msat): Journal | null {
  return journal('refund-taken', [debit(on.code('refund'), amount), credit(to, amount)]);
}

/** @param limit the amount and the most that its fee may be: set aside before the node hears of it */
export function payoutReserved(on: AccountsOf, account: AccountCode, limit: Msat): Journal | null {
  return journal('payout-reserved', [debit(account, limit), credit(on.code('payout'), limit)]);
}

export type Paid = { readonly limit: Msat; readonly amount: Msat; readonly fee: Msat };

/** What the fee left over goes back. A backend that cannot cap fees may take more: then the house bears the rest. */
export function payoutPaid(on: AccountsOf, backend: string, account: AccountCode, { limit, amount, fee }: Paid): Journal | null {
  const out = plus(amount, fee);
  return journal('payout-paid', [
    debit(on.code('payout'), limit),
    debit(on.code('routing'), out > limit ? minus(out, limit) : msat(0n)),
    credit(on.code('lightning', backend), out),
    credit(account, out < limit ? minus(limit, out) : msat(0n)),
  ]);
}

/** Under a flat fee what routing did not cost is income. */
export function payoutPaidFlat(on: AccountsOf, backend: string, { limit, amount, fee }: Paid): Journal | null {
  const out = plus(amount, fee);
  return journal('payout-paid-flat', [
    debit(on.code('payout'), limit),
    debit(on.code('routing'), out > limit ? minus(out, limit) : msat(0n)),
    credit(on.code('lightning', backend), out),
    credit(on.code('routing-surplus'), out < limit ? minus(limit, out) : msat(0n)),
  ]);
}

export function payoutFailed(on: AccountsOf, account: AccountCode, limit: Msat): Journal | null {
  return journal('payout-failed', [debit(on.code('payout'), limit), credit(account, limit)]);
}

export function payoutInCoins(on: AccountsOf, account: AccountCode, keyset: string, amount: Msat): Journal | null {
  return journal('payout-in-coins', [debit(account, amount), credit(on.code('ecash', keyset), amount)]);
}

/** What the backend kept of a receipt to make room for it. */
export function liquidityTaken(on: AccountsOf, backend: string, amount: Msat): Journal | null {
  return journal('liquidity-taken', [debit(on.code('liquidity'), amount), credit(on.code('lightning', backend), amount)]);
}

/** Money for an invoice that is closed: nobody's until it is given back. */
export function receivedLate(on: AccountsOf, backend: string, amount: Msat): Journal | null {
  return journal('received-late', [debit(on.code('lightning', backend), amount), credit(on.code('suspense'), amount)]);
}

/** A payment that was said to have failed went out after all. @param from the account that got it back, or `loss` */
export function paidAfterAll(on: AccountsOf, backend: string, from: AccountCode, amount: Msat): Journal | null {
  return journal('paid-after-all', [debit(from, amount), credit(on.code('lightning', backend), amount)]);
}

/** @param from `operator`, or `sandbox` for worthless capital */
export function capitalAdded(on: AccountsOf, backend: string, from: 'operator' | 'sandbox', amount: Msat): Journal | null {
  return journal('capital-added', [debit(on.code('lightning', backend), amount), credit(on.code(from), amount)]);
}

/** The operator takes out what the house has earned: income stays what it was. @param to the balance of an account of his own */
export function earningsSwept(to: AccountCode, amount: Msat): Journal | null {
  return journal('earnings-swept', [debit('operator', amount), credit(to, amount)]);
}
