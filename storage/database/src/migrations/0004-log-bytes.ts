// Schema version 4: each space counts the bytes of its log, which an account has an allowance for (spec/spaces.md "Allowance").
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';
import { columnTypes } from './columns.ts';

export const name = '0004-log-bytes';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const { integer } = columnTypes(engine);
  await db.schema
    .alterTable('spaces')
    .addColumn('log_bytes', integer, (c) => c.notNull().defaultTo(0).check(sql`log_bytes >= 0`))
    .execute();
  await sql`
    update spaces set log_bytes =
      coalesce((select sum(length(entry) + length(signature)) from log_entries where log_entries.space = spaces.space), 0)
      + coalesce((select sum(length(bytes)) from log_attachments where log_attachments.space = spaces.space), 0)
    where exists (select 1 from space_logs where space_logs.space = spaces.space)
  `.execute(db);
}
