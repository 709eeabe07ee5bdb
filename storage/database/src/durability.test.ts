import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, describe, it } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { sql } from 'kysely';
import { startPostgres } from '../../../tests/support/postgres.ts';
import { insertRows } from './bulk.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { type DatabaseSettings, openDatabase } from './open.ts';

const child = join(import.meta.dirname, 'writer.child.ts');
const kills = 20;

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-database-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('a process killed in the middle of transactions', () => {
  it(`loses no acknowledged row and keeps no half transaction on SQLite, ${kills} times`, async (t) => {
    const settings = { path: join(await temporaryFolder(t), 'killed.sqlite') };
    await killAgainAndAgain(settings, settings.path);
    await using database = await openDatabase(settings);
    assert.deepEqual(await integrity(database), ['ok']);
  });

  it(`loses no acknowledged row and keeps no half transaction on PostgreSQL, ${kills} times`, async (t) => {
    const started = await startPostgres({ flush: true });
    if ('missing' in started) return t.skip(started.missing);
    await using server = started.server;
    const url = server.createDatabase();
    await killAgainAndAgain({ url }, url);
  });
});

async function killAgainAndAgain(settings: DatabaseSettings, place: string): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    await using database = await openDatabase(settings);
    await migrate(database);
    const name = `kill${kill}`;
    const acknowledged = await writeUntilKilled(place, name, 1 + Math.floor(5 * Math.random()), Math.random() * 20);
    // Of one moment: PostgreSQL may still be ending the last commit of the client that is gone.
    const { rows, counted } = await database.transaction(async (queries) => ({
      rows: await queries.selectFrom('settings').select('key').where('key', 'like', `${name}-%`).execute(),
      counted: await queries.selectFrom('tries').select('count').where('key', '=', name).executeTakeFirst(),
    }));
    const keys = new Set(rows.map(({ key }) => key));
    for (const key of acknowledged) assert.ok(keys.has(key), `${key} was acknowledged before kill ${kill}`);
    // The first transaction counts from 1 to 2.
    assert.equal(keys.size, (counted?.count ?? 1) - 1);
  }
}

/** SIGKILL comes `afterMs` after so many commits. @returns the keys whose commit was acknowledged before */
async function writeUntilKilled(place: string, name: string, commits: number, afterMs: number): Promise<string[]> {
  const writer = spawn(process.execPath, [child, place, name, '3'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    if (line === 'ready') continue;
    if (acknowledged.push(line.slice('committed '.length)) === commits) setTimeout(() => writer.kill('SIGKILL'), afterMs);
  }
  return acknowledged;
}

async function integrity(database: Database): Promise<string[]> {
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(database.db);
  return rows.map((row) => row.integrity_check);
}

describe('a full disk', () => {
  it('is said, keeps every acknowledged row and a sound file, and ends when there is room', async (t) => {
    const folder = await temporaryFolder(t);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { encoding: 'utf8' });
    if (mount.status !== 0) return t.skip(`no small file system can be mounted here: ${mount.stderr.trim()}`);
    try {
      await fillToTheBrim(folder);
    } finally {
      execFileSync('umount', ['-l', folder]);
    }
  });
});

async function fillToTheBrim(folder: string): Promise<void> {
  const ballast = join(folder, 'ballast');
  await writeFile(ballast, systemRandom(2_000_000));
  const path = join(folder, 'full.sqlite');
  const kept: string[] = [];
  {
    await using database = await openDatabase({ path });
    await migrate(database);
    const add = (key: string) => database.transaction((queries) => insertRows(queries, 'settings', [{ key, value: systemRandom(30_000) }]));
    const fill = async () => {
      for (let i = 0; i < 10_000; i++) {
        await add(`row${i}`);
        kept.push(`row${i}`);
      }
    };
    await assert.rejects(fill(), { code: 'disk-full' });
    await assert.rejects(add('more'), { code: 'disk-full' });
    // Outside a transaction as well.
    await assert.rejects(insertRows(database.db, 'settings', [{ key: 'single', value: systemRandom(900_000) }]), { code: 'disk-full' });
    assert.ok(kept.length > 20);
    assert.deepEqual(await keysOf(database), kept.toSorted());
    assert.deepEqual(await integrity(database), ['ok']);
    await rm(ballast);
    await add('after');
  }
  await using again = await openDatabase({ path });
  assert.deepEqual(await integrity(again), ['ok']);
  assert.deepEqual(await keysOf(again), [...kept, 'after'].toSorted());
}

async function keysOf(database: Database): Promise<string[]> {
  const rows = await database.db.selectFrom('settings').select('key').orderBy('key').execute();
  return rows.map(({ key }) => key);
}

describe('opening a database', () => {
  it('makes the folder and a file that only its owner reads', async (t) => {
    const folder = join(await temporaryFolder(t), 'not', 'yet');
    await using database = await openDatabase({ path: join(folder, 'new.sqlite') });
    await migrate(database);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  it('writes the log through to the disk before it says done, and enforces references', async (t) => {
    await using database = await openDatabase({ path: join(await temporaryFolder(t), 'set.sqlite') });
    const pragma = async (name: string) =>
      Object.values((await sql<object>`pragma ${sql.raw(name)}`.execute(database.db)).rows[0] ?? {})[0];
    assert.deepEqual(await Promise.all(['journal_mode', 'synchronous', 'foreign_keys'].map(pragma)), ['wal', 2, 1]);
  });

  it('is refused with a message for the operator where it cannot work', async (t) => {
    const folder = await temporaryFolder(t);
    const noDatabase = join(folder, 'text.sqlite');
    await writeFile(noDatabase, 'this is not a database, but a text that is long enough to be read as one. '.repeat(20));
    const refused = { name: 'DatabaseRefused', message: /^The database file .* cannot be used: / };
    for (const path of [noDatabase, folder, '/proc/nowhere/x.sqlite', join(noDatabase, 'x.sqlite')])
      await assert.rejects(openDatabase({ path }), refused);
  });

  it('is refused when the file may not be written', async (t) => {
    if (process.getuid?.() === 0) return t.skip('root may write every file');
    const readOnly = join(await temporaryFolder(t), 'read-only.sqlite');
    // Closed again: while the file is open here, SQLite takes over a descriptor that may write.
    await (await openDatabase({ path: readOnly })).close();
    await chmod(readOnly, 0o400);
    await assert.rejects(openDatabase({ path: readOnly }), { name: 'DatabaseRefused', message: /^The database file .* cannot be used: / });
  });

  it('is refused without showing the password when PostgreSQL does not answer', async () => {
    const url = 'postgres://reprise:canary-secret@127.0.0.1:1/reprise';
    await assert.rejects(openDatabase({ url }), (error: Error) => {
      assert.equal(error.name, 'DatabaseRefused');
      assert.match(error.message, /^The PostgreSQL server at 127\.0\.0\.1:1 cannot be used: /);
      assert.doesNotMatch(error.message, /canary/);
      return true;
    });
  });

  it('survives connections that PostgreSQL ends: what was under way is unavailable, what follows works', async (t) => {
    const started = await startPostgres({ flush: true });
    if ('missing' in started) return t.skip(started.missing);
    await using server = started.server;
    const url = server.createDatabase();
    await using database = await openDatabase({ url });
    await using killer = await openDatabase({ url });
    const sleeping = sql`select pg_sleep(600)`.execute(database.db).then(
      () => 'slept',
      (error: { code?: unknown }) => error.code,
    );
    const end = sql`select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep%' and pid <> pg_backend_pid()`;
    while ((await end.execute(killer.db)).rows.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await sleeping, 'unavailable');
    assert.deepEqual((await sql`select 1 as one`.execute(database.db)).rows, [{ one: 1 }]);
  });

  it('survives a connection that ends between two queries of a transaction', async (t) => {
    const started = await startPostgres({ flush: true });
    if ('missing' in started) return t.skip(started.missing);
    await using server = started.server;
    const url = server.createDatabase();
    await using database = await openDatabase({ url });
    await using killer = await openDatabase({ url });
    const begun = Promise.withResolvers<number>();
    const ended = Promise.withResolvers<void>();
    const work = database.transaction(async (queries) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(queries);
      begun.resolve(rows[0]?.pid ?? 0);
      await ended.promise;
      await sql`select 1`.execute(queries);
    });
    await sql`select pg_terminate_backend(${await begun.promise}::int)`.execute(killer.db);
    // Nothing of ours waits for the connection while the news of its end arrives.
    setTimeout(ended.resolve, 300);
    await assert.rejects(work, { code: 'unavailable' });
    assert.deepEqual((await sql`select 1 as one`.execute(database.db)).rows, [{ one: 1 }]);
  });
});
