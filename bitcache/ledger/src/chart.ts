// The accounts there can be: what each is to the house, whether it may go below zero, and how the busy ones are split.
// spec/ledger.md "Accounts".
import { assert } from '@reprise/kit';

/** What an account is to the house; assets and expenses grow by debit, the others by credit. */
export type AccountKind = 'asset' | 'liability' | 'income' | 'expense' | 'equity';
export type AccountFacts = { readonly kind: AccountKind /** It never goes below zero. */; readonly floor: boolean };

/** `lightning:sandbox#3`, `account:4f…`, `commission#0`. */
export type AccountCode = string;

type Rule = AccountFacts & {
  /** Followed by `:` and what it belongs to. */
  readonly of: boolean;
  /** Ends in `#` and a shard: all transactions touch it, and one row would make them wait for each other. */
  readonly sharded: boolean;
};

const asset = { kind: 'asset', floor: false } as const;
const owed = { kind: 'liability', floor: true } as const;
const income = { kind: 'income', floor: false } as const;
const expense = { kind: 'expense', floor: false } as const;
const equity = { kind: 'equity', floor: false } as const;

const chart = {
  /** Our side of the channels of a backend. */
  lightning: { ...asset, of: true, sharded: true },
  /** Coins of a keyset that are in somebody's hands. Watched as a sum: a shard alone may be below zero. */
  ecash: { kind: 'liability', floor: false, of: true, sharded: true },
  /** Paid for, and not issued as coins yet. */
  minting: { ...owed, of: false, sharded: true },
  /** A person's balance. */
  account: { ...owed, of: true, sharded: false },
  /** Sales of an offer inside their window. */
  pending: { ...owed, of: true, sharded: true },
  escrow: { ...owed, of: true, sharded: false },
  refund: { ...owed, of: false, sharded: true },
  /** Set aside for payments that are under way. */
  payout: { ...owed, of: false, sharded: true },
  /** Came without anybody to whom it belongs. */
  suspense: { ...owed, of: false, sharded: false },
  commission: { ...income, of: false, sharded: true },
  'input-fee': { ...income, of: false, sharded: true },
  'routing-surplus': { ...income, of: false, sharded: true },
  premium: { ...income, of: false, sharded: true },
  rounding: { ...income, of: false, sharded: true },
  routing: { ...expense, of: false, sharded: true },
  liquidity: { ...expense, of: false, sharded: false },
  loss: { ...expense, of: false, sharded: false },
  operator: { ...equity, of: false, sharded: false },
  sandbox: { ...equity, of: false, sharded: false },
} as const satisfies Record<string, Rule>;

export type AccountName = keyof typeof chart;
export const accountNames = Object.keys(chart) as readonly AccountName[];

const codePattern = /^([a-z-]+)(?::([0-9A-Za-z_-]{1,64}))?(?:#(\d{1,3}))?$/;

/** @throws AssertionFailure for a code that the chart does not know: a bug, or a database that is not ours */
export function factsOf(code: AccountCode): AccountFacts & { readonly name: AccountName } {
  const [, name = '', of, shard] = codePattern.exec(code) ?? [];
  assert(Object.hasOwn(chart, name), `no account is called ${code}`);
  const rule: Rule = chart[name as AccountName];
  assert(rule.of === (of !== undefined) && rule.sharded === (shard !== undefined), `no account is called ${code}`);
  return { name: name as AccountName, kind: rule.kind, floor: rule.floor };
}

/** Grows by debit. */
export function isDebitKind(kind: AccountKind): boolean {
  return kind === 'asset' || kind === 'expense';
}

/** Names accounts of one operation: all its sharded accounts share one shard, by which money that came also leaves. */
export class AccountsOf {
  readonly #shard: number;

  /** @param shard of `shardOf`, stored with the quote, sale or payout it was first used for */
  constructor(shard: number) {
    this.#shard = shard;
  }

  code(name: AccountName, of?: string): AccountCode {
    const rule: Rule = chart[name];
    const code = `${name}${of === undefined ? '' : `:${of}`}${rule.sharded ? `#${this.#shard}` : ''}`;
    factsOf(code);
    return code;
  }
}

/** @param operation id in hex @param shards how many there are; the number may grow, never shrink */
export function shardOf(operation: string, shards: number): number {
  assert(shards >= 1 && shards <= 256, '1 to 256 shards');
  return Number.parseInt(operation.slice(0, 2), 16) % shards;
}
