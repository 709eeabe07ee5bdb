// Schema version 10: money that accounts bring by Lightning, and that goes out to them. What was set aside for a payout is in the books
// before a node hears of it, and how it ended stays (spec/paid-links.md "Payouts").
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import type { RowLaw } from './row-laws.ts';
import { execute, lawsOf, same, type Words, wordsOf } from './row-tables.ts';

export const name = '0010-payouts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await execute(db, [...tables(wordsOf(engine)), ...lawsOf(engine, laws, refusal)]);
}

/** 2^53 − 1, so that amounts are read as numbers: ninety thousand bitcoin in msat. */
const amountMax = 9_007_199_254_740_991n;

function tables({ text, integer, end }: Words): readonly string[] {
  const amount = (column: string, least = 1) => `${column} ${integer} not null check (${column} between ${least} and ${amountMax})`;
  return [
    `create table paid_deposits (
      payment_hash ${text} primary key not null,
      account ${text} not null,
      request ${text} not null,
      backend ${text} not null,
      invoice ${text} not null,
      ${amount('amount')},
      state ${text} not null check (state in ('open', 'settled')),
      received ${integer} check (received between 0 and ${amountMax}),
      created_at ${integer} not null,
      expires_at ${integer} not null,
      checked_at ${integer} not null default 0,
      unique (account, request),
      check ((state = 'settled') = (received is not null))
    ) ${end}`,
    `create index paid_deposits_open on paid_deposits (expires_at) where state = 'open'`,
    `create table paid_payouts (
      id ${text} primary key not null references ledger_operations (id),
      account ${text} not null,
      backend ${text} not null,
      target ${text} not null,
      ${amount('amount')},
      ${amount('held')},
      flat ${integer} not null check (flat in (0, 1)),
      shard ${integer} not null,
      state ${text} not null check (state in ('held', 'reserved', 'dispatching', 'paid', 'failed', 'cancelled')),
      bolt11 ${text},
      payment_hash ${text},
      preimage ${text},
      fee ${integer} check (fee between 0 and ${amountMax}),
      reason ${text},
      created_at ${integer} not null,
      updated_at ${integer} not null,
      check (held >= amount),
      check ((bolt11 is null) = (payment_hash is null)),
      check (state not in ('dispatching', 'paid') or bolt11 is not null),
      check ((state = 'paid') = (preimage is not null and fee is not null)),
      check ((state in ('failed', 'cancelled')) = (reason is not null))
    ) ${end}`,
    `create unique index paid_payouts_one on paid_payouts (payment_hash) where state not in ('failed', 'cancelled')`,
    `create index paid_payouts_open on paid_payouts (created_at) where state in ('held', 'reserved', 'dispatching')`,
    'create index paid_payouts_account on paid_payouts (account, created_at)',
    'create index paid_payouts_time on paid_payouts (created_at)',
  ];
}

const refusal = { name: 'paid_payouts_refuse', says: 'what came and went is not forgotten' };

const laws: readonly RowLaw[] = [
  {
    table: 'paid_deposits',
    on: 'update',
    allowed: `${same('payment_hash', 'account', 'request', 'backend', 'invoice', 'amount', 'created_at', 'expires_at')}
      and ((new.state = old.state and ${same('received')}) or (old.state = 'open' and new.state = 'settled'))`,
    says: 'a deposit keeps its account, and stays settled',
  },
  {
    table: 'paid_payouts',
    on: 'update',
    allowed: `${same('id', 'account', 'backend', 'target', 'amount', 'held', 'flat', 'shard', 'created_at')}
      and (old.bolt11 is null or (${same('bolt11', 'payment_hash')}))
      and ((old.state = 'held' and new.state in ('held', 'reserved', 'cancelled'))
        or (old.state = 'reserved' and new.state in ('reserved', 'dispatching', 'failed', 'cancelled'))
        or (old.state = 'dispatching' and new.state in ('dispatching', 'paid', 'failed')))`,
    says: 'a payout keeps its terms, and only moves forward',
  },
  ...['paid_deposits', 'paid_payouts'].map((table) => ({
    table,
    on: 'delete' as const,
    allowed: 'false',
    says: 'what came and went is not forgotten',
  })),
];
