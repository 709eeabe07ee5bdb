// Tables that are written out in SQL once for both engines, and the laws that hold their rows. What stands here is part of every migration that
// uses it: what it gives for the same tables and laws does not change.
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';
import { postgresLaw, postgresLaws, type RowLaw, sqliteLaw, triggerOf } from './row-laws.ts';

/** How an engine names the types of columns, and what ends a table. */
export type Words = { readonly text: string; readonly integer: string; readonly bytes: string; readonly end: string };

export function wordsOf(engine: Engine): Words {
  if (engine === 'sqlite') return { text: 'text', integer: 'integer', bytes: 'blob', end: 'strict' };
  return { text: 'text collate "C"', integer: 'bigint', bytes: 'bytea', end: '' };
}

/** One after the other. */
export async function execute(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

/** @param refusal as `postgresLaws` */
export function lawsOf(
  engine: Engine,
  laws: readonly RowLaw[],
  refusal: { readonly name: string; readonly says: string },
): readonly string[] {
  return engine === 'sqlite' ? laws.map(sqliteLaw) : postgresLaws(laws, refusal);
}

/** In place of the law that an earlier migration made for the same table and act. */
export function replacedLaw(engine: Engine, law: RowLaw): readonly string[] {
  const trigger = triggerOf(law);
  if (engine === 'sqlite') return [`drop trigger ${trigger}`, sqliteLaw(law)];
  return [`drop trigger ${trigger} on ${law.table}`, `drop function ${trigger}()`, ...postgresLaw(law)];
}

/** What an update must leave alone, in a law. */
export function same(...columns: readonly string[]): string {
  return columns.map((column) => `new.${column} is not distinct from old.${column}`).join(' and ');
}
