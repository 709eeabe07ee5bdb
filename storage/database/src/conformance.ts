// What the database must do on either engine: one suite, run on SQLite and on a real PostgreSQL by conformance.test.ts.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import type { DeviceId, LinkId, ObjectId, SpaceId } from '@reprise/protocol';
import { among, insertRows, valueTable } from './bulk.ts';
import type { Database, InTransaction, Queries } from './database.ts';
import { violationOf } from './failures.ts';
import { migrate, migrations } from './migrate.ts';
import type { NewRow } from './schema.ts';
import { sql } from 'kysely';

export type DatabaseUnderTest = {
  /** What the suite is called in the report. */
  readonly name: string;
  /** Opens an empty database; with the same place again, what is there. */
  readonly open: (place: string) => Promise<Database>;
};

export function describeDatabase(under: DatabaseUnderTest): void {
  describe(under.name, () => {
    describeMigrations(under);
    describe('queries', () => {
      let database: Database;
      before(async () => {
        database = await under.open('queries');
        await migrate(database);
      });
      after(() => database.close());
      describeValues(() => database);
      describeConstraints(() => database);
      describeBulk(() => database);
      describeTransactions(() => database);
    });
  });
}

function describeMigrations(under: DatabaseUnderTest): void {
  it('brings an empty database to this version once, also when several processes do it at the same time', async () => {
    const databases = await Promise.all(Array.from({ length: 4 }, () => under.open('migrations')));
    const outcomes = await Promise.all(databases.map((database) => migrate(database)));
    const names = migrations.map((migration) => migration.name);
    assert.deepEqual(
      outcomes.flatMap(({ applied }) => applied),
      names,
    );
    assert.deepEqual(await migrate(databases[0] as Database), { applied: [] });
    for (const database of databases) await database.close();
  });

  it('takes the steps that are new, all or none', async () => {
    await using database = await under.open('steps');
    await migrate(database);
    const second = { name: '0002-second', up: async (db: Queries) => void (await sql`create table second (a bigint)`.execute(db)) };
    const broken = { name: '0003-broken', up: async () => assert.fail('half way') };
    await assert.rejects(migrate(database, [...migrations, second as never, broken as never]), /half way/);
    await assert.rejects(sql`select * from second`.execute(database.db));
    assert.deepEqual(await migrate(database, [...migrations, second as never]), { applied: ['0002-second'] });
    assert.deepEqual((await sql`select * from second`.execute(database.db)).rows, []);
  });

  it('counts the bytes of logs that were there before they were counted', async () => {
    await using database = await under.open('log-bytes');
    await migrate(database, migrations.slice(0, 3));
    const { db } = database;
    const [logged, plain] = [newSpace(), newSpace()];
    await db.insertInto('spaces').values([logged, plain]).execute();
    const { space } = logged;
    await db
      .insertInto('space_logs')
      .values({ space, seq: 0, head: 'head', state: new Uint8Array(9) })
      .execute();
    const entry = { space, seq: 0, id: 'head', type: 'genesis' as const, received_at: 0 };
    await db
      .insertInto('log_entries')
      .values({ ...entry, entry: new Uint8Array(100), signature: new Uint8Array(64) })
      .execute();
    await db
      .insertInto('log_attachments')
      .values({ space, seq: 0, number: 4, bytes: new Uint8Array(1_000) })
      .execute();
    await migrate(database);
    const counted = await db.selectFrom('spaces').select(['space', 'log_bytes']).execute();
    assert.deepEqual(
      new Map(counted.map((row) => [row.space, row.log_bytes])),
      new Map([
        [space, 1_164],
        [plain.space, 0],
      ]),
    );
  });

  it('refuses a database that a newer version has changed, and leaves it as it is', async () => {
    await using database = await under.open('newer');
    await migrate(database);
    await sql`insert into migrations (name, applied_at) values ('9999-from-the-future', 1)`.execute(database.db);
    await assert.rejects(migrate(database), { name: 'DatabaseRefused', message: /newer version of Reprise .*9999-from-the-future/ });
    const { rows } = await sql<{ n: number }>`select count(*) as n from migrations`.execute(database.db);
    assert.deepEqual(rows, [{ n: migrations.length + 1 }]);
  });
}

function describeValues(database: () => Database): void {
  it('gives values back as they were given: text, bytes, null and integers up to 2^53', async () => {
    const { db } = database();
    const row = {
      ...newSpace(),
      device_public: Uint8Array.from({ length: 256 }, (_, i) => i),
      genesis: new Uint8Array(0),
      created_at: 0,
      ended_at: null,
      stored_bytes: 2 ** 40,
      bytes_max: Number.MAX_SAFE_INTEGER,
      log_bytes: 2 ** 33,
      user_id: 'é ’ \' " \\ 🚢 %',
    };
    await db.insertInto('spaces').values(row).execute();
    assert.deepEqual(await db.selectFrom('spaces').selectAll().where('space', '=', row.space).executeTakeFirst(), row);
  });

  it('fills in defaults, counts and sums as numbers', async () => {
    const { db } = database();
    const space = await addSpace(db);
    const row = await db.selectFrom('spaces').select(['stored_bytes', 'ended_at']).where('space', '=', space).executeTakeFirstOrThrow();
    assert.deepEqual(row, { stored_bytes: 0, ended_at: null });
    await db.updateTable('spaces').set({ stored_bytes: 5_000_000_000 }).where('space', '=', space).execute();
    const totals = await db
      .selectFrom('spaces')
      .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>('stored_bytes').as('sum')])
      .where('space', '=', space)
      .executeTakeFirstOrThrow();
    assert.deepEqual(totals, { count: 1, sum: 5_000_000_000 });
  });

  it('sorts and compares text as bytes', async () => {
    const { db } = database();
    const keys = ['sort-b', 'sort-B', 'sort_a', 'sort-a', 'sort-é', 'sort-Z', 'sort-10', 'sort-9'];
    await insertRows(
      db,
      'settings',
      keys.map((key) => ({ key, value: new Uint8Array(1) })),
    );
    const rows = await db.selectFrom('settings').select('key').where('key', 'like', 'sort%').orderBy('key').execute();
    assert.deepEqual(
      rows.map(({ key }) => key),
      ['sort-10', 'sort-9', 'sort-B', 'sort-Z', 'sort-a', 'sort-b', 'sort-é', 'sort_a'],
    );
  });

  it('says how many rows an update, a delete and an insert touched, and returns rows when asked', async () => {
    const { db } = database();
    const space = await addSpace(db);
    const ids = await addObjects(db, space, 3);
    const updated = await db.updateTable('objects').set({ state: 'live' }).where('space', '=', space).executeTakeFirstOrThrow();
    assert.equal(updated.numUpdatedRows, 3n);
    const deleted = await db
      .deleteFrom('objects')
      .where('space', '=', space)
      .where('id', '=', ids[0] as ObjectId)
      .executeTakeFirstOrThrow();
    assert.equal(deleted.numDeletedRows, 1n);
    const returned = await db
      .updateTable('spaces')
      .set({ stored_bytes: sql`stored_bytes + 7` })
      .where('space', '=', space)
      .returning('stored_bytes')
      .execute();
    assert.deepEqual(returned, [{ stored_bytes: 7 }]);
    const insert = db.insertInto('tries').values({ key: space, window_start: 1, count: 1 });
    const counted = () =>
      insert
        .onConflict((c) => c.column('key').doUpdateSet({ count: sql`tries.count + 1` }))
        .returning('count')
        .execute();
    assert.deepEqual([await counted(), await counted()], [[{ count: 1 }], [{ count: 2 }]]);
  });
}

function describeConstraints(database: () => Database): void {
  const violationIn = async (query: Promise<unknown>) => query.then(() => undefined, violationOf);

  it('names what a statement violated', async () => {
    const { db } = database();
    const space = await addSpace(db);
    const [id] = await addObjects(db, space, 1);
    const object = await db.selectFrom('objects').selectAll().where('space', '=', space).executeTakeFirstOrThrow();
    const insert = (change: Partial<NewRow<'objects'>>) => violationIn(insertRows(db, 'objects', [{ ...object, ...change }]));
    assert.equal(await insert({}), 'unique');
    assert.equal(await insert({ id: hex(32), space: hex(32) }), 'missing-reference');
    assert.equal(await insert({ id: hex(32), pack: 'bulk-unknown' }), 'missing-reference');
    assert.equal(await insert({ id: hex(32), state: 'lost' as never }), 'check');
    assert.equal(await insert({ id: hex(32), length: null as never }), 'not-null');
    assert.equal(await violationIn(db.deleteFrom('packs').where('pack', '=', object.pack).execute()), 'missing-reference');
    assert.equal(await violationIn(db.deleteFrom('spaces').where('space', '=', space).execute()), 'missing-reference');
    assert.equal(await violationIn(db.updateTable('packs').set({ live_bytes: -1 }).where('pack', '=', object.pack).execute()), 'check');
    assert.equal(await insert({ id: hex(32) }), undefined);
    assert.equal(violationOf(new Error('another')), undefined);
    assert.equal(
      await db
        .selectFrom('objects')
        .select('id')
        .where('id', '=', id as ObjectId)
        .execute()
        .then((rows) => rows.length),
      1,
    );
  });

  it('lets the same object lie in several spaces', async () => {
    const { db } = database();
    const id = hex<ObjectId>(32);
    for (const space of [await addSpace(db), await addSpace(db)]) await addObjects(db, space, 1, [id]);
    assert.equal((await db.selectFrom('objects').select('space').where('id', '=', id).execute()).length, 2);
  });

  it('removes a link’s list and downloads with the link', async () => {
    const { db } = database();
    const link = await addLink(db, await addSpace(db));
    await insertRows(db, 'link_objects', [{ link, id: hex<ObjectId>(32) }]);
    await insertRows(db, 'downloads', [{ link, download: hex(16), started_at: 1, expires_at: 2 }]);
    await db.deleteFrom('links').where('link', '=', link).execute();
    assert.deepEqual(await db.selectFrom('link_objects').selectAll().where('link', '=', link).execute(), []);
    assert.deepEqual(await db.selectFrom('downloads').selectAll().where('link', '=', link).execute(), []);
  });
}

function describeBulk(database: () => Database): void {
  it('joins with values given as a table, one or thousands', async () => {
    const { db } = database();
    for (const count of [1, 2, 5_000]) {
      const ids = Array.from({ length: count }, (_, i) => `id'"${i}`);
      const given = valueTable(db, { id: ids, seq: ids.map((_, i) => i) });
      const { rows } = await sql<{ id: string; seq: number }>`select given.id, given.seq from ${given} as given order by given.seq`.execute(
        db,
      );
      assert.deepEqual(rows.at(-1), { id: ids.at(-1), seq: count - 1 });
      assert.equal(rows.length, count);
    }
  });

  it('replaces the values of a row whose key is there', async () => {
    const { db } = database();
    const row = { key: `replaced ${formatHex(systemRandom(8))}`, value: new Uint8Array([1]) };
    await insertRows(db, 'settings', [row]);
    await insertRows(db, 'settings', [{ ...row, value: new Uint8Array([2]) }], { replaces: ['key'] });
    const found = await db.selectFrom('settings').select('value').where('key', '=', row.key).executeTakeFirst();
    assert.deepEqual(found?.value, new Uint8Array([2]));
  });

  it('inserts ten thousand objects and lists them in one transaction each, every value in its place', async () => {
    const space = await addSpace(database().db);
    const ids = await database().transaction((queries) => addObjects(queries, space, 10_000));
    const link = await addLink(database().db, space);
    const listed = await database().transaction((queries) =>
      insertRows(
        queries,
        'link_objects',
        ids.map((id) => ({ link, id })),
      ),
    );
    assert.equal(listed, 10_000);
    const rows = await database()
      .db.selectFrom('objects')
      .select(['id', 'pack_offset', 'length'])
      .where('space', '=', space)
      .orderBy('pack_offset')
      .execute();
    assert.deepEqual(
      rows,
      ids.map((id, i) => ({ id, pack_offset: i * 10, length: 10 })),
    );
    const list = await database().db.selectFrom('link_objects').select('id').where('link', '=', link).orderBy('id').execute();
    assert.deepEqual(
      list.map(({ id }) => id),
      ids.toSorted(),
    );
  });

  for (const count of [0, 1, 5, 33, 255, 256, 257, 291]) {
    it(`inserts ${count} rows as well as any other number`, async () => {
      const space = await addSpace(database().db);
      const ids = await addObjects(database().db, space, count);
      const rows = await database().db.selectFrom('objects').select('id').where('space', '=', space).orderBy('id').execute();
      assert.deepEqual(
        rows.map(({ id }) => id),
        ids.toSorted(),
      );
    });
  }

  it('leaves rows alone that are there already, and says how many were new', async () => {
    const link = await addLink(database().db, await addSpace(database().db));
    const ids = Array.from({ length: 500 }, () => hex<ObjectId>(32));
    const add = (some: readonly ObjectId[]) =>
      insertRows(
        database().db,
        'link_objects',
        some.map((id) => ({ link, id })),
        'ignore',
      );
    assert.equal(await add(ids.slice(0, 300)), 300);
    assert.equal(await add(ids), 200);
    assert.equal(await add([...ids, ...ids]), 0);
    await assert.rejects(
      insertRows(
        database().db,
        'link_objects',
        ids.map((id) => ({ link, id })),
      ),
      (error) => violationOf(error) === 'unique',
    );
  });

  it('inserts no row whose columns differ from the others’', async () => {
    const full = { key: hex<string>(8), window_start: 1, count: 1 };
    const { count: _, ...short } = full;
    for (const other of [short, { ...full, more: 1 }, { ...short, more: 1 }]) {
      await assert.rejects(insertRows(database().db, 'tries', [full, other as never]), { name: 'AssertionFailure' });
    }
    assert.deepEqual(await database().db.selectFrom('tries').selectAll().where('key', '=', full.key).execute(), []);
  });

  it('finds which of thousands of ids are there', async () => {
    const { db } = database();
    const space = await addSpace(db);
    const ids = await addObjects(db, space, 4_000);
    const strangers = Array.from({ length: 4_192 }, () => hex<ObjectId>(32));
    const find = (some: readonly ObjectId[]) =>
      db.selectFrom('objects').select('id').where('space', '=', space).where('id', 'in', among(db, some)).execute();
    assert.deepEqual((await find([...ids, ...strangers])).map(({ id }) => id).toSorted(), ids.toSorted());
    assert.deepEqual(await find([]), []);
    assert.deepEqual(await find(strangers.slice(0, 1)), []);
  });
}

function describeTransactions(database: () => Database): void {
  it('hands a message to who listens, from the moment of listening to that of stopping', async () => {
    const { messages } = database();
    const heard: string[] = [];
    let arrived = () => {};
    const listener = {
      message: (text: string) => {
        heard.push(text);
        arrived();
      },
      gap: () => {},
    };
    await messages.publish('before');
    const stop = await messages.subscribe(listener);
    for (const text of ['one', 'two']) {
      const arrival = new Promise<void>((resolve) => (arrived = resolve));
      await messages.publish(text);
      await arrival;
    }
    await stop();
    await messages.publish('after');
    assert.deepEqual(heard, ['one', 'two']);
  });

  it('keeps all of a transaction or nothing', async () => {
    const stop = new Error('stop');
    const space = hex<SpaceId>(32);
    const failing = database().transaction(async (queries) => {
      await insertRows(queries, 'spaces', [{ ...newSpace(), space }]);
      throw stop;
    });
    await assert.rejects(failing, (error) => error === stop);
    assert.deepEqual(await database().db.selectFrom('spaces').select('space').where('space', '=', space).execute(), []);
    assert.equal(await database().transaction(async (queries) => addSpace(queries).then(() => 'the result')), 'the result');
  });

  it('goes on after a violation ended a transaction', async () => {
    const space = await addSpace(database().db);
    const twice = database().transaction(async (queries) => {
      await queries.updateTable('spaces').set({ stored_bytes: 9 }).where('space', '=', space).execute();
      await insertRows(queries, 'spaces', [{ ...newSpace(), space }]);
    });
    await assert.rejects(twice, (error) => violationOf(error) === 'unique');
    assert.equal(await storedBytes(database(), space), 0);
  });

  it('stops a query beside the transaction it should be in, and lets it go once that has ended', async () => {
    const { db } = database();
    const stray = database().transaction(() => db.selectFrom('spaces').select('space').limit(1).execute());
    await assert.rejects(stray, { name: 'AssertionFailure' });
    const nested = database().transaction(() => database().transaction(async () => 1));
    await assert.rejects(nested, { name: 'AssertionFailure' });
    const later: { promise?: Promise<unknown> } = {};
    await database().transaction(async () => {
      later.promise = new Promise((resolve) => setTimeout(resolve, 50)).then(() =>
        db.selectFrom('spaces').select('space').limit(1).execute(),
      );
    });
    await later.promise;
  });

  it('has exactly one winner in each of 1,000 races to move a version', async () => {
    const link = await addLink(database().db, await addSpace(database().db));
    const contenders = 4;
    for (let version = 1; version <= 1_000; version++) {
      const outcomes = await Promise.all(Array.from({ length: contenders }, () => move(database(), link, version)));
      assert.equal(outcomes.filter(Boolean).length, 1, `race ${version}`);
    }
    const { version } = await database().db.selectFrom('links').select('version').where('link', '=', link).executeTakeFirstOrThrow();
    assert.equal(version, 1_001);
  });

  it('loses no increment among hundreds that read, think and write', async () => {
    const space = await addSpace(database().db);
    const increment = () =>
      database().transaction(async (queries) => {
        const { stored_bytes } = await queries
          .selectFrom('spaces')
          .select('stored_bytes')
          .where('space', '=', space)
          .executeTakeFirstOrThrow();
        await new Promise(setImmediate);
        await queries
          .updateTable('spaces')
          .set({ stored_bytes: stored_bytes + 1 })
          .where('space', '=', space)
          .execute();
      });
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 8 }, increment));
    assert.equal(await storedBytes(database(), space), 160);
  });

  it('does not let two transactions each decide on what the other is changing', async () => {
    // Write skew: each sees room for one more, and both together would not fit.
    for (let round = 0; round < 20; round++) {
      const space = await addSpace(database().db);
      const link = await addLink(database().db, space);
      const take = () =>
        database().transaction(async (queries) => {
          const running = await queries.selectFrom('downloads').select('download').where('link', '=', link).execute();
          await new Promise(setImmediate);
          if (running.length > 0) return false;
          await insertRows(queries, 'downloads', [{ link, download: hex(16), started_at: 1, expires_at: 2 }]);
          return true;
        });
      const outcomes = await Promise.all([take(), take(), take()]);
      assert.equal(outcomes.filter(Boolean).length, 1);
    }
  });

  it('gives up as unavailable what collides for ever, and passes on every other error at once', async () => {
    let attempts = 0;
    const collision = { sqlite: { errcode: 5 }, postgres: { code: '40001' } }[database().engine];
    const colliding = database().transaction(async () => {
      attempts++;
      throw Object.assign(new Error('collision'), collision);
    });
    await assert.rejects(colliding, { code: 'unavailable' });
    assert.ok(attempts > 10 && attempts < 100, `${attempts} attempts`);
    let tries = 0;
    const other = database().transaction(async () => {
      tries++;
      throw new Error('other');
    });
    await assert.rejects(other, /other/);
    assert.equal(tries, 1);
  });

  it('serves hundreds of queries and transactions at once', async () => {
    const space = await addSpace(database().db);
    const reads = Array.from({ length: 300 }, () => database().db.selectFrom('spaces').select('kind').where('space', '=', space).execute());
    const writes = Array.from({ length: 60 }, () => database().transaction((queries: InTransaction) => addSpace(queries)));
    for (const rows of await Promise.all(reads)) assert.deepEqual(rows, [{ kind: 3 }]);
    assert.equal(new Set(await Promise.all(writes)).size, 60);
  });
}

function hex<Id extends string>(bytes: number): Id {
  return formatHex(systemRandom(bytes)) as Id;
}

function newSpace(): NewRow<'spaces'> {
  return {
    space: hex<SpaceId>(32),
    kind: 3,
    user_id: hex(32),
    device_id: hex<DeviceId>(32),
    device_public: systemRandom(32),
    genesis: systemRandom(300),
    created_at: Date.now(),
    bytes_max: 1_000_000,
  };
}

async function addSpace(queries: Queries): Promise<SpaceId> {
  const row = newSpace();
  await insertRows(queries, 'spaces', [row]);
  return row.space;
}

/** One pack of objects, 10 bytes each. */
async function addObjects(queries: Queries, space: SpaceId, count: number, ids?: readonly ObjectId[]): Promise<readonly ObjectId[]> {
  const pack = `bulk-${hex(16)}`;
  const objects = ids ?? Array.from({ length: count }, () => hex<ObjectId>(32));
  await insertRows(queries, 'packs', [{ pack, space, class: 'bulk', bytes: count * 10, live_bytes: count * 10, created_at: 1 }]);
  const rows = objects.map((id, i) => ({
    space,
    id,
    length: 10,
    pack,
    pack_offset: i * 10,
    state: 'pending' as const,
    added_at: 1,
    lease_until: 2,
  }));
  assert.equal(await insertRows(queries, 'objects', rows), count);
  return objects;
}

async function addLink(queries: Queries, space: SpaceId): Promise<LinkId> {
  const link = hex<LinkId>(16);
  const settings = { version: 1, growing: 0, created_at: 1 } as const;
  await insertRows(queries, 'links', [
    { link, space, token_hash: systemRandom(32), record: systemRandom(200), note: systemRandom(90), ...settings },
  ]);
  return link;
}

async function storedBytes(database: Database, space: SpaceId): Promise<number> {
  const row = await database.db.selectFrom('spaces').select('stored_bytes').where('space', '=', space).executeTakeFirstOrThrow();
  return row.stored_bytes;
}

/** Compare-and-swap: half of the races by one statement, half by reading first. */
async function move(database: Database, link: LinkId, version: number): Promise<boolean> {
  const swap = (queries: Queries) =>
    queries
      .updateTable('links')
      .set({ version: version + 1 })
      .where('link', '=', link)
      .where('version', '=', version)
      .executeTakeFirstOrThrow();
  if (version % 2) return (await swap(database.db)).numUpdatedRows === 1n;
  return database.transaction(async (queries) => {
    const found = await queries.selectFrom('links').select('version').where('link', '=', link).executeTakeFirstOrThrow();
    if (found.version !== version) return false;
    return (await swap(queries)).numUpdatedRows === 1n;
  });
}
