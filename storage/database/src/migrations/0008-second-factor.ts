// Schema version 8: an account may demand a passkey besides its password (spec/accounts.md "Second factor").
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';
import { columnTypes } from './columns.ts';

export const name = '0008-second-factor';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { integer } = columnTypes(engine);
  await db.schema
    .alterTable('accounts')
    .addColumn('demands_passkey', integer, (c) => c.notNull().defaultTo(0).check(sql`demands_passkey in (0, 1)`))
    .execute();
}
