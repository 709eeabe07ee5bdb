// What stops money when the books are not whole: a row, so that it stands through a restart and an operator's command lifts it. Nothing is
// issued or paid out while it stands; coins can be swapped and what was paid is delivered. spec/ledger.md "Watch".
import { type Database, insertRows } from '@reprise/database';
import { decodeUtf8, encodeUtf8 } from '@reprise/kit';

const key = 'bitcache-stopped';

export type Stop = {
  /** Which promises are broken. */
  readonly reason: string;
  /** ms since 1970. */
  readonly at: number;
};

export async function readStop({ db }: Pick<Database, 'db'>): Promise<Stop | undefined> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return row && (JSON.parse(decodeUtf8(row.value)) as Stop);
}

/** The first reason stands. */
export async function stopMoney({ db }: Pick<Database, 'db'>, stop: Stop): Promise<void> {
  await insertRows(db, 'settings', [{ key, value: encodeUtf8(JSON.stringify(stop)) }], 'ignore');
}

/** For an operator who has looked. @returns what stood */
export async function liftStop(database: Pick<Database, 'db'>): Promise<Stop | undefined> {
  const stop = await readStop(database);
  await database.db.deleteFrom('settings').where('key', '=', key).execute();
  return stop;
}
