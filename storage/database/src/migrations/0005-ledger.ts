// Schema version 5: the books. Tables and the triggers that hold them together whatever code writes to them (spec/ledger.md "Rows").
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { execute, type Words, wordsOf } from './row-tables.ts';

export const name = '0005-ledger';

/** All bitcoin there can be, in thousandths of a satoshi. */
const bound = 2_100_000_000_000_000_000n;

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const id = engine === 'sqlite' ? 'integer primary key' : 'bigint generated always as identity primary key';
  await execute(db, [...tables(id, wordsOf(engine)), ...(engine === 'sqlite' ? sqliteTriggers : postgresTriggers)]);
}

/**
 * Legs are written first and their journal last: its trigger counts and sums them. Legs without a journal cannot be committed, and no leg
 * comes later: its number would have to be below `legs`, where all are taken, or name a journal of another length, which there is not.
 */
function tables(id: string, { text, integer, bytes, end }: Words): readonly string[] {
  return [
    `create table ledger_accounts (
      id ${id},
      code ${text} not null unique,
      kind ${text} not null check (kind in ('asset', 'liability', 'income', 'expense', 'equity')),
      has_floor ${integer} not null check (has_floor in (0, 1)),
      posted ${integer} not null default 0 check (posted between -${bound} and ${bound}),
      check (has_floor = 0 or posted >= 0)
    ) ${end}`,
    `create table ledger_operations (
      id ${text} primary key not null,
      kind ${text} not null,
      key ${text} not null,
      request_hash ${bytes} not null,
      at ${integer} not null,
      unique (kind, key)
    ) ${end}`,
    `create table ledger_journals (
      id ${text} primary key not null references ledger_operations (id),
      legs ${integer} not null check (legs between 2 and 64),
      kind ${text} not null,
      at ${integer} not null,
      unique (id, legs)
    ) ${end}`,
    `create table ledger_postings (
      journal ${text} not null,
      seq ${integer} not null,
      legs ${integer} not null,
      account ${integer} not null references ledger_accounts (id),
      amount ${integer} not null check (amount <> 0 and amount between -${bound} and ${bound}),
      primary key (journal, seq),
      unique (journal, account),
      check (seq >= 0 and seq < legs),
      foreign key (journal, legs) references ledger_journals (id, legs) deferrable initially deferred
    ) ${end}`,
    'create index ledger_postings_account on ledger_postings (account)',
  ];
}

const appendOnly = ['ledger_operations', 'ledger_journals', 'ledger_postings'] as const;

const sqliteTriggers: readonly string[] = [
  `create trigger ledger_journal_balances before insert on ledger_journals begin
    select raise(abort, 'a journal has its legs, and they sum to zero')
    where (select count(*) from ledger_postings where journal = new.id and legs = new.legs) <> new.legs
      or (select sum(amount) from ledger_postings where journal = new.id) <> 0;
  end`,
  // The authorizer of the connection lets no other statement change a balance.
  `create trigger ledger_post after insert on ledger_postings begin
    update ledger_accounts set posted = posted + case when kind in ('asset', 'expense') then new.amount else -new.amount end where id = new.account;
  end`,
  `create trigger ledger_accounts_stay before update of id, code, kind, has_floor on ledger_accounts begin
    select raise(abort, 'an account stays as it was opened');
  end`,
  `create trigger ledger_accounts_open_empty before insert on ledger_accounts when new.posted <> 0 begin
    select raise(abort, 'an account is opened empty');
  end`,
  ...[...appendOnly, 'ledger_accounts'].map(
    (table) => `create trigger ${table}_no_delete before delete on ${table} begin select raise(abort, 'the books are only added to'); end`,
  ),
  ...appendOnly.map(
    (table) => `create trigger ${table}_no_update before update on ${table} begin select raise(abort, 'the books are only added to'); end`,
  ),
];

const refuse = (message: string): string => `raise exception '${message}' using errcode = '23514';`;

const postgresTriggers: readonly string[] = [
  `create function ledger_refuse() returns trigger language plpgsql as $$ begin ${refuse('the books are only added to')} end $$`,
  `create function ledger_journal_balances() returns trigger language plpgsql as $$
    declare total numeric; found bigint;
    begin
      select coalesce(sum(amount), 0), count(*) into total, found from ledger_postings where journal = new.id and legs = new.legs;
      if total <> 0 or found <> new.legs then ${refuse('a journal has its legs, and they sum to zero')} end if;
      return new;
    end $$`,
  `create trigger ledger_journal_balances before insert on ledger_journals for each row execute function ledger_journal_balances()`,
  `create function ledger_post() returns trigger language plpgsql as $$
    begin
      update ledger_accounts set posted = posted + case when kind in ('asset', 'expense') then new.amount else -new.amount end where id = new.account;
      return null;
    end $$`,
  `create trigger ledger_post after insert on ledger_postings for each row execute function ledger_post()`,
  // Depth 1 is a statement of somebody's own; the update of the trigger above comes at depth 2.
  `create function ledger_accounts_stay() returns trigger language plpgsql as $$
    begin
      if new.id <> old.id or new.code <> old.code or new.kind <> old.kind or new.has_floor <> old.has_floor or pg_trigger_depth() < 2
      then ${refuse('an account changes by its legs only')} end if;
      return new;
    end $$`,
  `create trigger ledger_accounts_stay before update on ledger_accounts for each row execute function ledger_accounts_stay()`,
  `create function ledger_accounts_open_empty() returns trigger language plpgsql as $$
    begin
      if new.posted <> 0 then ${refuse('an account is opened empty')} end if;
      return new;
    end $$`,
  `create trigger ledger_accounts_open_empty before insert on ledger_accounts for each row execute function ledger_accounts_open_empty()`,
  ...[...appendOnly, 'ledger_accounts'].flatMap((table) => [
    `create trigger ${table}_no_delete before delete on ${table} for each row execute function ledger_refuse()`,
    `create trigger ${table}_no_truncate before truncate on ${table} for each statement execute function ledger_refuse()`,
  ]),
  ...appendOnly.map((table) => `create trigger ${table}_no_update before update on ${table} for each row execute function ledger_refuse()`),
];
