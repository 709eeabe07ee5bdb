// Schema version 6: coins. What they may never do is refused by the tables themselves, whatever code writes to them (spec/mint.md "Rows").
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import type { RowLaw } from './row-laws.ts';
import { execute, lawsOf, same, type Words, wordsOf } from './row-tables.ts';

export const name = '0006-mint';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await execute(db, [...tables(wordsOf(engine)), ...lawsOf(engine, laws, refusal)]);
}

/** All bitcoin there can be, in satoshis: below 2^53, so that amounts are read as numbers. */
const satMax = 2_100_000_000_000_000n;

function tables({ text, integer, bytes, end }: Words): readonly string[] {
  const amount = (name: string) => `${name} ${integer} not null check (${name} between 1 and ${satMax})`;
  const counted = (name: string) => `${name} ${integer} not null default 0 check (${name} between 0 and ${satMax})`;
  return [
    `create table mint_seed (
      id ${integer} primary key not null check (id = 1),
      print ${bytes} not null
    ) ${end}`,
    `create table mint_keysets (
      id ${text} primary key not null,
      unit ${text} not null,
      fee_ppk ${integer} not null check (fee_ppk between 0 and 1000000),
      active ${integer} not null check (active in (0, 1)),
      final_expiry ${integer},
      derivation ${integer} not null unique,
      created_at ${integer} not null
    ) ${end}`,
    'create unique index mint_keysets_active on mint_keysets (unit) where active = 1',
    `create table mint_proofs (
      y ${text} primary key not null,
      keyset ${text} not null references mint_keysets (id),
      ${amount('amount')},
      state ${text} not null check (state in ('reserved', 'spent')),
      op ${text} not null references ledger_operations (id),
      witness ${text}
    ) ${end}`,
    'create index mint_proofs_op on mint_proofs (op)',
    `create table mint_outputs (
      b ${text} primary key not null,
      state ${text} not null check (state in ('blank', 'signed')),
      keyset ${text} not null references mint_keysets (id),
      amount ${integer} check (amount between 1 and ${satMax}),
      c ${text},
      e ${text},
      s ${text},
      op ${text} not null references ledger_operations (id),
      seq ${integer} not null check (seq >= 0),
      unique (op, seq),
      check ((state = 'signed') = (amount is not null and c is not null and e is not null and s is not null))
    ) ${end}`,
    `create table mint_quotes (
      id ${text} primary key not null,
      unit ${text} not null,
      ${amount('amount')},
      request ${text} not null,
      payment_hash ${text} not null unique,
      pubkey ${text},
      ${counted('amount_paid')},
      ${counted('amount_issued')},
      shard ${integer} not null,
      created_at ${integer} not null,
      expires_at ${integer} not null,
      updated_at ${integer} not null,
      checked_at ${integer} not null default 0,
      check (amount_issued <= amount_paid)
    ) ${end}`,
    'create index mint_quotes_open on mint_quotes (expires_at) where amount_paid = 0',
    `create table mint_melt_quotes (
      id ${text} primary key not null,
      unit ${text} not null,
      request ${text} not null,
      payment_hash ${text} not null,
      ${amount('amount')},
      amount_msat ${integer} not null check (amount_msat between 1 and ${satMax * 1000n}),
      ${counted('fee_reserve')},
      state ${text} not null check (state in ('UNPAID', 'PENDING', 'PAID')),
      attempts ${integer} not null default 0,
      op ${text} references ledger_operations (id),
      preimage ${text},
      created_at ${integer} not null,
      expires_at ${integer} not null,
      check ((state = 'UNPAID') = (op is null))
    ) ${end}`,
    `create unique index mint_melt_quotes_live on mint_melt_quotes (payment_hash) where state in ('PENDING', 'PAID')`,
    `create table mint_melts (
      op ${text} primary key not null references ledger_operations (id),
      quote ${text} not null references mint_melt_quotes (id),
      attempt ${integer} not null check (attempt >= 1),
      step ${text} not null check (step in ('dispatching', 'unknown', 'paid', 'failed')),
      ${amount('input_amount')},
      ${counted('input_fee')},
      shard ${integer} not null,
      fence ${integer} not null,
      lease_until ${integer} not null,
      fee_msat ${integer} check (fee_msat >= 0),
      created_at ${integer} not null,
      updated_at ${integer} not null,
      unique (quote, attempt)
    ) ${end}`,
    `create unique index mint_melts_live on mint_melts (quote) where step in ('dispatching', 'unknown')`,
  ];
}

const refusal = { name: 'mint_refuse', says: 'coins are not forgotten' };

const grows = (...columns: readonly string[]) => columns.map((column) => `new.${column} >= old.${column}`).join(' and ');
const meltOf = (steps: string) => `exists (select 1 from mint_melts where mint_melts.op = old.op and mint_melts.step in (${steps}))`;

const laws: readonly RowLaw[] = [
  { table: 'mint_seed', on: 'update', allowed: 'false', says: 'a mint keeps its seed' },
  { table: 'mint_seed', on: 'delete', allowed: 'false', says: 'a mint keeps its seed' },
  {
    table: 'mint_keysets',
    on: 'update',
    allowed: `${same('id', 'unit', 'fee_ppk', 'final_expiry', 'derivation', 'created_at')} and new.active <= old.active`,
    says: 'a keyset only becomes inactive',
  },
  { table: 'mint_keysets', on: 'delete', allowed: 'false', says: 'a keyset stays' },
  {
    table: 'mint_proofs',
    on: 'update',
    allowed: `old.state = 'reserved' and new.state = 'spent' and ${same('y', 'keyset', 'amount', 'op', 'witness')}`,
    says: 'a coin is spent once, by the operation that reserved it',
  },
  {
    table: 'mint_proofs',
    on: 'delete',
    allowed: `old.state = 'reserved' and ${meltOf("'failed'")}`,
    says: 'a coin is given back only when its payment failed',
  },
  {
    table: 'mint_outputs',
    on: 'update',
    allowed: `old.state = 'blank' and new.state = 'signed' and ${same('b', 'keyset', 'op', 'seq')}`,
    says: 'an output is signed once',
  },
  {
    table: 'mint_outputs',
    on: 'delete',
    allowed: `old.state = 'blank' and ${meltOf("'failed', 'paid'")}`,
    says: 'a signed output stays',
  },
  {
    table: 'mint_quotes',
    on: 'update',
    allowed: `${same('id', 'unit', 'amount', 'request', 'payment_hash', 'pubkey', 'shard')} and ${grows('amount_paid', 'amount_issued')}`,
    says: 'a quote is only paid and issued',
  },
  { table: 'mint_quotes', on: 'delete', allowed: 'old.amount_paid = 0', says: 'a paid quote stays' },
  {
    table: 'mint_melt_quotes',
    on: 'update',
    allowed: `${same('id', 'unit', 'request', 'payment_hash', 'amount', 'amount_msat', 'fee_reserve')} and ${grows('attempts')}
      and ((old.state = 'UNPAID' and new.state in ('PENDING', 'PAID')) or (old.state = 'PENDING' and new.state = 'PAID' and ${same('op')})
        or (old.state = 'PENDING' and new.state = 'UNPAID' and ${meltOf("'failed'")}))`,
    says: 'a payment does not go backwards',
  },
  { table: 'mint_melt_quotes', on: 'delete', allowed: `old.state = 'UNPAID' and old.attempts = 0`, says: 'a quote that was tried stays' },
  {
    table: 'mint_melts',
    on: 'update',
    allowed: `${same('op', 'quote', 'attempt', 'input_amount', 'input_fee', 'shard')} and ${grows('fence')}
      and old.step in ('dispatching', 'unknown') and (new.step <> 'dispatching' or old.step = 'dispatching')`,
    says: 'a payment that ended stays ended',
  },
  { table: 'mint_melts', on: 'delete', allowed: 'false', says: 'a payment stays' },
];
