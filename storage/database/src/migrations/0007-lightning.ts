// Schema version 7: what was handed to a Lightning node, and what came of it (spec/lightning.md "The journal of attempts"). The tables
// themselves refuse to forget an attempt, or to let two of one payment live.
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { execute, type Words, wordsOf } from './row-tables.ts';

export const name = '0007-lightning';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await execute(db, [...tables(wordsOf(engine)), ...(engine === 'sqlite' ? sqliteLaws : postgresLaws)]);
}

/** 2^53 − 1 msat, ninety thousand bitcoin: above every payment, and read as a number. */
const msatMax = 9_007_199_254_740_991n;

function tables({ text, integer, end }: Words): readonly string[] {
  return [
    `create table lightning_network (
      id ${integer} primary key not null check (id = 1),
      network ${text} not null check (network in ('mainnet', 'testnet', 'signet', 'regtest'))
    ) ${end}`,
    `create table lightning_attempts (
      payment_hash ${text} not null,
      attempt ${integer} not null check (attempt >= 1),
      backend ${text} not null,
      purpose ${text} not null,
      payer ${text} not null,
      payer_attempt ${integer} not null check (payer_attempt >= 1),
      bolt11 ${text} not null,
      amount ${integer} not null check (amount between 1 and ${msatMax}),
      max_fee ${integer} not null check (max_fee between 0 and ${msatMax}),
      baseline ${text} not null,
      state ${text} not null check (state in ('dispatching', 'in-flight', 'unknown', 'succeeded', 'failed')),
      preimage ${text},
      fee ${integer} check (fee between 0 and ${msatMax}),
      reason ${text},
      why ${text},
      absent_since ${integer},
      late_preimage ${text},
      acknowledged_at ${integer},
      dispatched_at ${integer} not null,
      checked_at ${integer} not null,
      updated_at ${integer} not null,
      primary key (payment_hash, attempt),
      unique (payment_hash, purpose, payer, payer_attempt),
      check ((state = 'succeeded') = (preimage is not null and fee is not null)),
      check ((state = 'failed') = (reason is not null)),
      check (late_preimage is null or state = 'failed')
    ) ${end}`,
    `create unique index lightning_attempts_live on lightning_attempts (payment_hash) where state <> 'failed'`,
    `create index lightning_attempts_open on lightning_attempts (backend, checked_at) where state in ('dispatching', 'in-flight', 'unknown')`,
    `create table lightning_cursors (
      backend ${text} primary key not null,
      position ${text} not null,
      fence ${integer} not null check (fence >= 0),
      lease_until ${integer} not null
    ) ${end}`,
  ];
}

/** What may not change, and an attempt that ended stays as it ended, but for the proof that it was paid after all. */
const frozen = [
  ...[
    'payment_hash',
    'attempt',
    'backend',
    'purpose',
    'payer',
    'payer_attempt',
    'bolt11',
    'amount',
    'max_fee',
    'baseline',
    'dispatched_at',
  ].map(changed),
  `(old.state in ('succeeded', 'failed') and (${['state', 'preimage', 'fee', 'reason'].map(changed).join(' or ')}))`,
  `(old.state <> 'dispatching' and new.state = 'dispatching')`,
  `(old.state = 'in-flight' and new.state = 'unknown')`,
  `(old.late_preimage is not null and ${changed('late_preimage')})`,
].join(' or ');

function changed(column: string): string {
  return `new.${column} is distinct from old.${column}`;
}

const forget = 'what was handed to a node is not forgotten';
const rewrite = 'an attempt only goes on, and stays as it ended';
const oneNetwork = 'a database stays on its network';

const sqliteLaws: readonly string[] = [
  `create trigger lightning_attempts_go_on before update on lightning_attempts when ${frozen} begin select raise(abort, '${rewrite}'); end`,
  `create trigger lightning_attempts_stay before delete on lightning_attempts begin select raise(abort, '${forget}'); end`,
  ...['update', 'delete'].map(
    (act) =>
      `create trigger lightning_network_no_${act} before ${act} on lightning_network begin select raise(abort, '${oneNetwork}'); end`,
  ),
];

const refuse = (message: string): string => `raise exception '${message}' using errcode = '23514';`;

const postgresLaws: readonly string[] = [
  `create function lightning_attempts_go_on() returns trigger language plpgsql as $$
    begin if ${frozen} then ${refuse(rewrite)} end if; return new; end $$`,
  `create trigger lightning_attempts_go_on before update on lightning_attempts for each row execute function lightning_attempts_go_on()`,
  `create function lightning_forget() returns trigger language plpgsql as $$ begin ${refuse(forget)} end $$`,
  `create trigger lightning_attempts_stay before delete on lightning_attempts for each row execute function lightning_forget()`,
  `create trigger lightning_attempts_no_truncate before truncate on lightning_attempts for each statement execute function lightning_forget()`,
  `create function lightning_one_network() returns trigger language plpgsql as $$ begin ${refuse(oneNetwork)} end $$`,
  `create trigger lightning_network_stays before update or delete on lightning_network for each row execute function lightning_one_network()`,
  `create trigger lightning_network_no_truncate before truncate on lightning_network for each statement execute function lightning_one_network()`,
];
