// What stops money when the books are not whole: a row, so that it stands through a restart and an operator's command lifts it. Nothing is
// issued or paid out while it stands; coins can be swapped and what was paid is delivered. spec/ledger.md "Watch".
import { type Database, insertRows, type InTransaction, type Queries } from '@reprise/database';
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';
import { compareBooks, type Discrepancy } from '@reprise/service';

const stopKey = 'bitcache-stopped';
/** What an operator has looked at: it stops nothing while it stays as it is. */
const knownKey = 'bitcache-known-differences';

export type Stop = {
  /** Which promises are broken. */
  readonly reason: string;
  /** The same for programs, one for each. */
  readonly differences: readonly string[];
  /** ms since 1970. */
  readonly at: number;
};

/** Stops money if something differs that nobody has looked at. The first reason stands. @returns the stop, if money was going until now */
export async function compareAndStop(database: Database, depth: 'quick' | 'whole', at: number): Promise<Stop | undefined> {
  const found = await compareBooks(database, depth);
  const differences = found.map(named);
  const stop = { reason: found.map(told).join('; '), differences, at };
  return database.transaction(async (queries) => {
    const known = await readKnown(queries);
    // One that is gone and comes back is another one; only the whole look sees all of them.
    if (depth === 'whole' && known.some((one) => !differences.includes(one))) await writeKnown(queries, known, differences);
    if (differences.every((one) => known.includes(one))) return undefined;
    return (await insertRows(queries, 'settings', [{ key: stopKey, value: encode(stop) }], 'ignore')) === 1 ? stop : undefined;
  });
}

/** However much goes in and out on both sides, the difference stays. */
function named({ what, books, rows }: Discrepancy): string {
  return `${what} ${rows - books}`;
}

function told({ what, books, rows }: Discrepancy): string {
  return `${what} ${books} in the books, ${rows} in rows`;
}

export async function readStop({ db }: Pick<Database, 'db'>): Promise<Stop | undefined> {
  return stopIn(db);
}

async function stopIn(queries: Queries): Promise<Stop | undefined> {
  const stop = (await read(queries, stopKey)) as Stop | undefined;
  // A row of before names no differences.
  return stop && { ...stop, differences: stop.differences ?? [] };
}

/**
 * For an operator who has looked: what was found stops money no more, and anything else does.
 * @param at of the stop that was looked at; another one stays
 * @returns what stood
 */
export async function liftStop(database: Database, at?: number): Promise<Stop | undefined> {
  return database.transaction(async (queries) => {
    const stop = await stopIn(queries);
    if (!stop || (at !== undefined && stop.at !== at)) return undefined;
    const known = new Set([...(await readKnown(queries)), ...stop.differences]);
    await writeKnown(queries, [...known]);
    await queries.deleteFrom('settings').where('key', '=', stopKey).execute();
    return stop;
  });
}

async function readKnown(queries: Queries): Promise<readonly string[]> {
  return ((await read(queries, knownKey)) ?? []) as readonly string[];
}

async function writeKnown(queries: InTransaction, known: readonly string[], among: readonly string[] = known): Promise<void> {
  const value = encode(known.filter((one) => among.includes(one)));
  await insertRows(queries, 'settings', [{ key: knownKey, value }], { replaces: ['key'] });
}

async function read(queries: Queries, key: string): Promise<unknown> {
  const row = await queries.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return row && JSON.parse(decodeUtf8(row.value));
}

function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return encodeUtf8(JSON.stringify(value));
}
