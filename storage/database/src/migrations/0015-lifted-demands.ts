// Schema version 15: when an account ceased to demand a passkey (spec/accounts.md "The end of an account").
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { columnTypes } from './columns.ts';

export const name = '0015-lifted-demands';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { integer } = columnTypes(engine);
  await db.schema.alterTable('accounts').addColumn('demand_lifted_at', integer).execute();
}
