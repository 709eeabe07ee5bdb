// The collector's queries: each changes a bounded number of rows in one transaction that reads all its conditions again.
import { type Database, type InTransaction, type Row, among, sql, valueTable } from '@reprise/database';
import type { PackName } from '@reprise/chunks';
import type { LinkId, ObjectId, SpaceId } from '@reprise/protocol';
import { countLogBytes } from '../spaces/log-rows.ts';
import { isReleased, liveShareMin } from './rules.ts';

export const rowsMax = 2_000;

/** Links that hold objects but may not any more, each way of ending found by its own index (the conditions are those of the indexes). */
export async function releasedLinks({ db }: Database, now: number): Promise<LinkId[]> {
  const holding = db.selectFrom('links').select('link').limit(rowsMax);
  const found = await Promise.all([
    holding.where(sql<boolean>`listed_objects > 0 and ended_at is not null`).execute(),
    holding.where(sql<boolean>`listed_objects > 0 and expires_at is not null`).where('expires_at', '<=', now).execute(),
    holding.where(sql<boolean>`listed_objects > 0 and finished >= downloads_max`).execute(),
  ]);
  return [...new Set(found.flat().map(({ link }) => link))];
}

/** Lets go of up to `rowsMax` objects of a link. @returns how many; fewer than `rowsMax`: that was all */
export async function releaseObjects(database: Database, link: LinkId, now: number, condemnedMs: number): Promise<number> {
  return database.transaction(async (queries) => {
    const row = await queries.selectFrom('links').selectAll().where('link', '=', link).executeTakeFirst();
    if (!row || !isReleased(row, now)) return 0;
    const ids = (await queries.selectFrom('link_objects').select('id').where('link', '=', link).limit(rowsMax).execute()).map(
      ({ id }) => id,
    );
    await queries.deleteFrom('link_objects').where('link', '=', link).where('id', 'in', among(queries, ids)).execute();
    await queries
      .updateTable('links')
      .set({ listed_objects: ids.length < rowsMax ? 0 : row.listed_objects - ids.length })
      .where('link', '=', link)
      .execute();
    const free = await unheld(queries, row.space, ids);
    await queries
      .updateTable('objects')
      .set({ state: 'condemned', lease_until: now + condemnedMs })
      .where('space', '=', row.space)
      .where('state', '=', 'live')
      // What a commit named is held by the tree, and ends by a sweep.
      .where('born', 'is', null)
      .where('id', 'in', among(queries, free))
      .execute();
    return ids.length;
  });
}

/** The space's objects of these ids that no list of its links names. The search for a list ends at the first one found. */
async function unheld(queries: InTransaction, space: SpaceId, ids: readonly ObjectId[]): Promise<ObjectId[]> {
  const free = await queries
    .selectFrom('objects')
    .select('objects.id')
    .where('objects.space', '=', space)
    .where('objects.id', 'in', among(queries, ids))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('link_objects')
            .innerJoin('links', 'links.link', 'link_objects.link')
            .select('link_objects.id')
            .whereRef('link_objects.id', '=', 'objects.id')
            .whereRef('links.space', '=', 'objects.space'),
        ),
      ),
    )
    .execute();
  return free.map(({ id }) => id);
}

/** Condemns uploads whose lease is over. @returns how many */
export async function condemnLapsed(database: Database, now: number, condemnedMs: number): Promise<number> {
  return database.transaction(async (queries) => {
    const rows = await queries
      .selectFrom('objects')
      .select(['space', 'id'])
      .where('state', '=', 'pending')
      .where('lease_until', '<=', now)
      .limit(rowsMax)
      .execute();
    for (const [space, ids] of bySpace(rows)) {
      await queries
        .updateTable('objects')
        .set({ state: 'condemned', lease_until: now + condemnedMs })
        .where('space', '=', space)
        .where('id', 'in', among(queries, ids))
        .execute();
    }
    return rows.length;
  });
}

const heldRecheckMs = 86_400_000;

/** Condemns what a sweep ended once its retention is over. What a link holds is looked at again later. @returns how many rows were looked at */
export async function retireEnded(database: Database, now: number, condemnedMs: number): Promise<number> {
  return database.transaction(async (queries) => {
    const rows = await queries
      .selectFrom('objects')
      .leftJoin('sweeps', (join) => join.onRef('sweeps.space', '=', 'objects.space').onRef('sweeps.seq', '=', 'objects.end_seq'))
      .select(['objects.space', 'objects.id', 'sweeps.wait_factor'])
      .where(sql<boolean>`objects.end_seq is not null and objects.state = 'live'`)
      .where('objects.lease_until', '<=', now)
      .limit(rowsMax)
      .execute();
    for (const [space, ids] of bySpace(rows)) {
      const free = new Set(await unheld(queries, space, ids));
      const doubled = new Set(rows.filter((row) => row.wait_factor === 2).map(({ id }) => id));
      const set = (change: Partial<Pick<Row<'objects'>, 'state' | 'lease_until'>>, some: readonly ObjectId[]) =>
        queries.updateTable('objects').set(change).where('space', '=', space).where('id', 'in', among(queries, some)).execute();
      await set(
        { lease_until: now + heldRecheckMs },
        ids.filter((id) => !free.has(id)),
      );
      const [once, twice] = [ids.filter((id) => free.has(id) && !doubled.has(id)), ids.filter((id) => free.has(id) && doubled.has(id))];
      await set({ state: 'condemned', lease_until: now + condemnedMs }, once);
      await set({ state: 'condemned', lease_until: now + 2 * condemnedMs }, twice);
    }
    return rows.length;
  });
}

/** Drops what logs keep for a while only. @returns how many attachments */
export async function dropAttachments(database: Database, now: number): Promise<number> {
  return database.transaction(async (queries) => {
    const rows = await queries
      .selectFrom('log_attachments')
      .select(['space', 'seq', 'number', sql<number>`length(bytes)`.as('length')])
      .where(sql<boolean>`drop_at is not null`)
      .where('drop_at', '<=', now)
      .limit(rowsMax)
      .execute();
    if (rows.length === 0) return 0;
    const dropped = valueTable(queries, {
      space: rows.map(({ space }) => space),
      seq: rows.map(({ seq }) => seq),
      number: rows.map(({ number }) => number),
    });
    await sql`delete from log_attachments where (space, seq, number) in ${dropped}`.execute(queries);
    await countLogBytes(
      queries,
      rows.map(({ space, length }) => ({ space, bytes: -Number(length) })),
    );
    return rows.length;
  });
}

/** Drops the log of a deleted space, a part at a time. @returns how many entries */
export async function dropLog(database: Database, space: SpaceId): Promise<number> {
  return database.transaction(async (queries) => {
    const rows = await queries.selectFrom('log_entries').select('seq').where('space', '=', space).orderBy('seq').limit(rowsMax).execute();
    const last = rows.at(-1);
    if (last) {
      await queries.deleteFrom('log_attachments').where('space', '=', space).where('seq', '<=', last.seq).execute();
      await queries.deleteFrom('log_entries').where('space', '=', space).where('seq', '<=', last.seq).execute();
    }
    if (rows.length < rowsMax) {
      await queries.deleteFrom('space_logs').where('space', '=', space).execute();
      await queries.deleteFrom('sweeps').where('space', '=', space).execute();
      await queries.deleteFrom('space_members').where('space', '=', space).execute();
      await queries.updateTable('spaces').set({ log_bytes: 0 }).where('space', '=', space).execute();
    }
    return rows.length;
  });
}

type Dropped = Pick<Row<'objects'>, 'space' | 'id' | 'length' | 'pack'>;

/** Drops the rows of objects whose wait is over and that no link holds. @returns how many */
export async function dropCondemned(database: Database, now: number): Promise<number> {
  return database.transaction(async (queries) => {
    const rows = await queries
      .selectFrom('objects')
      .select(['space', 'id', 'length', 'pack'])
      .where('state', '=', 'condemned')
      .where('lease_until', '<=', now)
      .limit(rowsMax)
      .execute();
    for (const [space, ids] of bySpace(rows)) {
      const free = new Set(await unheld(queries, space, ids));
      await dropRows(
        queries,
        space,
        rows.filter((row) => row.space === space && free.has(row.id)),
      );
      // Listing makes an object live; should one be held and condemned all the same, the hold wins.
      const held = ids.filter((id) => !free.has(id));
      if (held.length > 0)
        await queries
          .updateTable('objects')
          .set({ state: 'live' })
          .where('space', '=', space)
          .where('id', 'in', among(queries, held))
          .execute();
    }
    return rows.length;
  });
}

/** Spaces that their owner deleted and that still have bytes, or a log. */
export async function endedSpaces({ db }: Database): Promise<SpaceId[]> {
  const rows = await db
    .selectFrom('spaces')
    .select('space')
    .where('ended_at', 'is not', null)
    .where(({ or, exists, selectFrom }) =>
      or([
        exists(selectFrom('objects').select('objects.id').whereRef('objects.space', '=', 'spaces.space')),
        exists(selectFrom('space_logs').select('space_logs.space').whereRef('space_logs.space', '=', 'spaces.space')),
      ]),
    )
    .limit(rowsMax)
    .execute();
  return rows.map(({ space }) => space);
}

/** Drops rows of a deleted space, without the wait. @returns how many */
export async function dropSpaceObjects(database: Database, space: SpaceId): Promise<number> {
  return database.transaction(async (queries) => {
    const rows = await queries
      .selectFrom('objects')
      .select(['space', 'id', 'length', 'pack'])
      .where('space', '=', space)
      .limit(rowsMax)
      .execute();
    await dropRows(queries, space, rows);
    return rows.length;
  });
}

async function dropRows(queries: InTransaction, space: SpaceId, rows: readonly Dropped[]): Promise<void> {
  if (rows.length === 0) return;
  await queries
    .deleteFrom('objects')
    .where('space', '=', space)
    .where(
      'id',
      'in',
      among(
        queries,
        rows.map(({ id }) => id),
      ),
    )
    .execute();
  const byPack = new Map<string, number>();
  for (const { pack, length } of rows) byPack.set(pack, (byPack.get(pack) ?? 0) + length);
  for (const [pack, bytes] of byPack) {
    await queries
      .updateTable('packs')
      .set((row) => ({ live_bytes: row('live_bytes', '-', bytes) }))
      .where('pack', '=', pack)
      .execute();
  }
  const bytes = rows.reduce((sum, { length }) => sum + length, 0);
  await queries
    .updateTable('spaces')
    .set((row) => ({ stored_bytes: row('stored_bytes', '-', bytes) }))
    .where('space', '=', space)
    .execute();
}

export type PackRow = Row<'packs'>;

/** Packs without a live byte; their rows are gone when this resolves, the files are the caller's to delete. */
export async function takeEmptyPacks(database: Database): Promise<PackRow[]> {
  return database.transaction(async (queries) => {
    const rows = await queries
      .selectFrom('packs')
      .selectAll()
      .where('live_bytes', '=', 0)
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('objects').select('objects.id').whereRef('objects.pack', '=', 'packs.pack'))),
      )
      .limit(rowsMax)
      .execute();
    if (rows.length > 0)
      await queries
        .deleteFrom('packs')
        .where(
          'pack',
          'in',
          among(
            queries,
            rows.map(({ pack }) => pack),
          ),
        )
        .execute();
    return rows;
  });
}

/** Packs that are mostly dead, the emptiest first. */
export async function sparsePacks({ db }: Database, createdBefore: number): Promise<PackRow[]> {
  return db
    .selectFrom('packs')
    .selectAll()
    .where('live_bytes', '>', 0)
    .where('live_bytes', '<', sql<number>`bytes * ${sql.lit(liveShareMin)}`)
    .where('created_at', '<', createdBefore)
    .orderBy('live_bytes')
    .limit(256)
    .execute();
}

export type Placed = Pick<Row<'objects'>, 'id' | 'length' | 'pack_offset'>;

export async function objectsOfPack({ db }: Database, pack: string): Promise<Placed[]> {
  return db.selectFrom('objects').select(['id', 'length', 'pack_offset']).where('pack', '=', pack).orderBy('pack_offset').execute();
}

export type Move = {
  readonly from: PackRow;
  readonly to: PackName;
  readonly bytes: number;
  readonly now: number;
  readonly objects: readonly { readonly id: ObjectId; readonly newOffset: number }[];
};

/** Points the rows at the copy. Objects that were dropped meanwhile are dead bytes of the new pack. */
export async function movePack(database: Database, { from, to, bytes, now, objects }: Move): Promise<void> {
  await database.transaction(async (queries) => {
    await queries
      .insertInto('packs')
      .values({ pack: to, space: from.space, class: from.class, bytes, live_bytes: 0, created_at: now })
      .execute();
    let liveBytes = 0;
    for (const { id, newOffset } of objects) {
      const moved = await queries
        .updateTable('objects')
        .set({ pack: to, pack_offset: newOffset })
        .where('space', '=', from.space)
        .where('id', '=', id)
        .where('pack', '=', from.pack)
        .returning('length')
        .executeTakeFirst();
      liveBytes += moved?.length ?? 0;
    }
    await queries.updateTable('packs').set({ live_bytes: liveBytes }).where('pack', '=', to).execute();
    await queries.deleteFrom('packs').where('pack', '=', from.pack).execute();
  });
}

/** The packs of these that a row names. */
export async function knownPacks({ db }: Database, packs: readonly PackName[]): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('packs').select('pack').where('pack', 'in', among<string>(db, packs)).execute();
  return new Set(rows.map(({ pack }) => pack));
}

export type Forgotten = { readonly noncesBefore: number; readonly triesBefore: number; readonly downloadsBefore: number };

/** Rows that have done their service: nonces, old guesses, downloads that lapsed or were counted. */
export async function forgetOld({ db }: Database, { noncesBefore, triesBefore, downloadsBefore }: Forgotten): Promise<void> {
  await db.deleteFrom('requests').where('seen_at', '<', noncesBefore).execute();
  await db.deleteFrom('tries').where('window_start', '<', triesBefore).execute();
  await db.deleteFrom('downloads').where('expires_at', '<', downloadsBefore).execute();
}

function bySpace(rows: readonly { readonly space: SpaceId; readonly id: ObjectId }[]): Map<SpaceId, ObjectId[]> {
  const grouped = new Map<SpaceId, ObjectId[]>();
  for (const { space, id } of rows) {
    const ids = grouped.get(space);
    if (ids) ids.push(id);
    else grouped.set(space, [id]);
  }
  return grouped;
}
