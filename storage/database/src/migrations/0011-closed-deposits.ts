// Schema version 11: the invoice of a deposit may end early, because coins were about to pay it in the books and it was closed at the node; and
// what left balances as coins is found by its time (spec/paid-links.md "Balance", "Payouts").
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import type { RowLaw } from './row-laws.ts';
import { execute, replacedLaw, same } from './row-tables.ts';

export const name = '0011-closed-deposits';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const index = `create index ledger_journals_coins_out on ledger_journals (at) where kind = 'payout-in-coins'`;
  await execute(db, [...replacedLaw(engine, law), index]);
}

const law: RowLaw = {
  table: 'paid_deposits',
  on: 'update',
  allowed: `${same('payment_hash', 'account', 'request', 'backend', 'invoice', 'amount', 'created_at')} and new.expires_at <= old.expires_at
    and ((new.state = old.state and ${same('received')}) or (old.state = 'open' and new.state = 'settled'))`,
  says: 'a deposit keeps its account, and stays settled',
};
