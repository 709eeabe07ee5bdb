// Thousands of rows in few statements: Kysely's own builder spends longer on ten thousand rows than the engines do.
import { setImmediate as afterEvents } from 'node:timers/promises';
import { assert } from '@reprise/kit';
import { CompiledQuery, type Expression, PostgresAdapter, type RawBuilder, sql } from 'kysely';
import type { Queries } from './database.ts';
import type { NewRow, TableName } from './schema.ts';

/** Rows of one statement, largest first: few distinct texts, so that each stays prepared. */
const batchRows = [256, 128, 64, 32, 16, 8, 4, 2, 1] as const;

/** What takes SQLite about a millisecond. */
const longRows = 128;

/** What happens to a row whose key is there: `replaces` gives the row of that key the values of the new one. */
export type Conflict = 'fail' | 'ignore' | { readonly replaces: readonly string[] };

/**
 * Inserts rows that all have the columns of the first; `ignore` leaves rows that break a unique key as they are.
 * @returns how many rows were inserted
 */
export async function insertRows<Table extends TableName>(
  queries: Queries,
  table: Table,
  rows: readonly NewRow<Table>[],
  conflict: Conflict = 'fail',
): Promise<number> {
  const columns = Object.keys(rows[0] ?? {}) as (keyof NewRow<Table> & string)[];
  for (const row of rows) assertColumns(row, columns);
  const sorted = sortById(rows);
  let inserted = 0n;
  for (let at = 0; at < rows.length; ) {
    const count = batchRows.find((size) => size <= rows.length - at) as number;
    const parameters = sorted.slice(at, at + count).flatMap((row) => columns.map((column) => row[column] ?? null));
    const text = insertText(isPostgres(queries), table, columns, count, conflict);
    const { numAffectedRows } = await queries.executeQuery(CompiledQuery.raw(text, parameters));
    inserted += numAffectedRows ?? 0n;
    at += count;
    // SQLite works on the thread that asks: between two statements of a long list others are heard.
    if (count >= longRows && at < rows.length) await afterEvents();
  }
  return Number(inserted);
}

function assertColumns(row: object, columns: readonly string[]): void {
  const same = Object.keys(row).length === columns.length && columns.every((column) => column in row);
  assert(same, 'rows of one insert have the same columns');
}

/** In the order of the index, ten thousand random ids touch each of its pages once, and insert about three times faster. */
function sortById<Table extends TableName>(rows: readonly NewRow<Table>[]): readonly NewRow<Table>[] {
  if (!('id' in (rows[0] ?? {}))) return rows;
  const idOf = (row: NewRow<Table>) => (row as unknown as { readonly id: string }).id;
  return rows.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0));
}

/** For `where('id', 'in', among(queries, ids))` with thousands of ids: one parameter, one prepared text whatever their number. */
export function among<Id extends string>(queries: Queries, ids: readonly Id[]): Expression<Id> {
  return isPostgres(queries) ? sql<Id>`(select unnest(${ids}::text[]))` : sql<Id>`(select value from json_each(${JSON.stringify(ids)}))`;
}

/**
 * Values as a table to join with: `update … from ${valueTable(…)} as given`. One parameter for each column, or one in all.
 * @param columns of equal length, each of text or of whole numbers
 */
export function valueTable(queries: Queries, columns: Readonly<Record<string, readonly (string | number)[]>>): RawBuilder<unknown> {
  const names = Object.keys(columns);
  if (isPostgres(queries)) {
    const lists = names.map((name) => {
      const values = columns[name] as readonly (string | number)[];
      const type = sql.raw(typeof values[0] === 'number' ? 'bigint[]' : 'text[]');
      return sql`unnest(${values}::${type}) as ${sql.ref(name)}`;
    });
    return sql`(select ${sql.join(lists)})`;
  }
  const rows = (columns[names[0] as string] ?? []).map((_, i) => names.map((name) => columns[name]?.[i]));
  const fields = names.map((name, i) => sql`value ->> ${sql.lit(i)} as ${sql.ref(name)}`);
  return sql`(select ${sql.join(fields)} from json_each(${JSON.stringify(rows)}))`;
}

const texts = new Map<string, string>();

function insertText(postgres: boolean, table: string, columns: readonly string[], rows: number, conflict: Conflict): string {
  const tail = conflictText(columns, conflict);
  const key = `${postgres}/${table}/${columns.join()}/${rows}/${tail}`;
  const known = texts.get(key);
  if (known !== undefined) return known;
  let next = 1;
  const row = () => `(${columns.map(() => (postgres ? `$${next++}` : '?')).join(', ')})`;
  const values = Array.from({ length: rows }, row).join(', ');
  const text = `insert into "${table}" (${columns.map((column) => `"${column}"`).join(', ')}) values ${values}${tail}`;
  texts.set(key, text);
  return text;
}

function conflictText(columns: readonly string[], conflict: Conflict): string {
  if (conflict === 'fail') return '';
  if (conflict === 'ignore') return ' on conflict do nothing';
  const names = (list: readonly string[]) => list.map((column) => `"${column}"`).join(', ');
  const values = columns.filter((column) => !conflict.replaces.includes(column)).map((column) => `"${column}" = excluded."${column}"`);
  return ` on conflict (${names(conflict.replaces)}) do update set ${values.join(', ')}`;
}

function isPostgres(queries: Queries): boolean {
  return queries.getExecutor().adapter instanceof PostgresAdapter;
}
