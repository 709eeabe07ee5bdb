// A process that commits transactions until it is killed or refused, for durability.test.ts: `node writer.child.ts PATH-OR-URL NAME LANES`.
// Each transaction n of a lane adds a row and counts it beside. One line for each commit, after it is durable.
import { writeSync } from 'node:fs';
import { encodeUtf8 } from '@reprise/kit';
import { openDatabase } from './open.ts';
import { insertRows } from './bulk.ts';

const [place, name, lanes] = process.argv.slice(2) as [string, string, string];
await using database = await openDatabase(place.startsWith('postgres:') ? { url: place } : { path: place });
writeSync(1, 'ready\n');

async function commit(key: string): Promise<void> {
  await database.transaction(async (queries) => {
    await insertRows(queries, 'settings', [{ key, value: encodeUtf8(key.repeat(20)) }]);
    await queries
      .insertInto('tries')
      .values({ key: name, window_start: 0, count: 1 })
      .onConflict((c) => c.column('key').doUpdateSet(({ ref }) => ({ count: ref('tries.count'), window_start: 0 })))
      .execute();
    await queries
      .updateTable('tries')
      .set(({ eb }) => ({ count: eb('count', '+', 1) }))
      .where('key', '=', name)
      .execute();
  });
}

async function lane(which: number): Promise<void> {
  for (let n = 0; ; n++) {
    const key = `${name}-${which}-${n}`;
    await commit(key);
    writeSync(1, `committed ${key}\n`);
  }
}

await Promise.all(Array.from({ length: Number(lanes) }, (_, which) => lane(which)));
