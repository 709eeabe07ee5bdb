// Schema version 19: on PostgreSQL the books are held once for each statement, not for each row of it (spec/ledger.md "Rows"). A group of sales
// moves the same balances again and again, and each change of a row within one transaction leaves another version of it to be passed by the next.
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { execute } from './row-tables.ts';

export const name = '0019-legs-by-statement';

/** SQLite's triggers are for rows alone. */
export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  if (engine === 'postgres') await execute(db, statements);
}

const refuse = (message: string): string => `raise exception '${message}' using errcode = '23514';`;

const statements: readonly string[] = [
  'drop trigger ledger_post on ledger_postings',
  'drop trigger ledger_journal_balances on ledger_journals',
  // In the order of the accounts, as everywhere, hence no deadlocks.
  `create or replace function ledger_post() returns trigger language plpgsql as $$
    declare leg record;
    begin
      for leg in select account, sum(amount) as amount from added group by account order by account loop
        update ledger_accounts set posted = posted + case when kind in ('asset', 'expense') then leg.amount else -leg.amount end
          where id = leg.account;
      end loop;
      return null;
    end $$`,
  `create trigger ledger_post after insert on ledger_postings referencing new table as added for each statement execute function ledger_post()`,
  `create or replace function ledger_journal_balances() returns trigger language plpgsql as $$
    declare journal_added record; total numeric; found_legs bigint;
    begin
      for journal_added in select id, legs from added loop
        select coalesce(sum(amount), 0), count(*) into total, found_legs
          from ledger_postings where journal = journal_added.id and legs = journal_added.legs;
        if total <> 0 or found_legs <> journal_added.legs then ${refuse('a journal has its legs, and they sum to zero')} end if;
      end loop;
      return null;
    end $$`,
  `create trigger ledger_journal_balances after insert on ledger_journals referencing new table as added
    for each statement execute function ledger_journal_balances()`,
];
