// What the server keeps about itself: its mark for places, and the operator's switch. Both lie in the database, so that every process agrees.
import { type Database, insertRows } from '@reprise/database';
import { type Bytes, decodeUtf8, encodeUtf8, type RandomBytes } from '@reprise/kit';

/** The secret behind the places of uploads; drawn once for a database. */
export async function placeSecret({ db }: Database, random: RandomBytes): Promise<Bytes> {
  await insertRows(db, 'settings', [{ key: 'place-secret', value: random(32) }], 'ignore');
  const row = await db.selectFrom('settings').select('value').where('key', '=', 'place-secret').executeTakeFirstOrThrow();
  return row.value;
}

/** Whether strangers may upload: the operator's last command, or else the setting. Read each time, so that a command needs no restart. */
export async function anonymousOpen({ db }: Database, otherwise: boolean): Promise<boolean> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', 'anonymous').executeTakeFirst();
  return row ? decodeUtf8(row.value) === 'on' : otherwise;
}

export async function switchAnonymous({ db }: Database, open: boolean): Promise<void> {
  const value = encodeUtf8(open ? 'on' : 'off');
  await db
    .insertInto('settings')
    .values({ key: 'anonymous', value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}
