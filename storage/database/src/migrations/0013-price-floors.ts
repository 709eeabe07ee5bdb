// Schema version 13: a listing may ask its price or more, whatever its buyer likes (spec/paid-links.md "Listing").
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';

export const name = '0013-price-floors';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  await sql.raw(`alter table paid_listings add column is_floor ${integer} not null default 0 check (is_floor in (0, 1))`).execute(db);
}
