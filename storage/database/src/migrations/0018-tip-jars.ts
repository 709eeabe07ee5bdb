// Schema version 18: a listing may be a tip jar, whose price is a floor of one satoshi (spec/paid-links.md "Tips").
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';

export const name = '0018-tip-jars';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  const check = "is_jar = 0 or (is_jar = 1 and is_floor = 1 and price = 1 and currency = 'SAT')";
  await sql.raw(`alter table paid_listings add column is_jar ${integer} not null default 0 check (${check})`).execute(db);
}
