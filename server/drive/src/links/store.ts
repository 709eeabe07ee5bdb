// The rows of links, their lists and their downloads (spec/storage.md).
import { type Database, type InTransaction, type NewRow, type Row, type RowChange, among, insertRows } from '@reprise/database';
import { equalBytes } from '@reprise/kit';
import { type DownloadId, Failure, type LinkId, type ObjectId, type SpaceId, linkObjectsMax } from '@reprise/protocol';
import { isReleased } from '../sweep/rules.ts';
import { checkWait, removedFailure, wrongTries } from './rules.ts';

export type LinkRow = Row<'links'>;

export async function findLink({ db }: Database, link: LinkId): Promise<LinkRow | undefined> {
  return db.selectFrom('links').selectAll().where('link', '=', link).executeTakeFirst();
}

/** @throws Failure already-exists, bad-request when the space has its fill of links */
export async function createLink(database: Database, row: NewRow<'links'>, linksMax: number): Promise<LinkRow> {
  return database.transaction(async (queries) => {
    const { count } = await queries
      .selectFrom('links')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('space', '=', row.space)
      .where('ended_at', 'is', null)
      .executeTakeFirstOrThrow();
    const inserted = await insertRows(queries, 'links', [row], 'ignore');
    if (inserted === 1 && Number(count) >= linksMax)
      throw new Failure('bad-request', { field: 'link', reason: `at most ${linksMax} links in a space` });
    const found = await queries.selectFrom('links').selectAll().where('link', '=', row.link).executeTakeFirstOrThrow();
    if (inserted === 0 && !isSame(found, row)) throw new Failure('already-exists');
    return found;
  });
}

function isSame(found: LinkRow, row: NewRow<'links'>): boolean {
  return (
    found.space === row.space &&
    found.ended_at === null &&
    found.version === row.version &&
    equalBytes(found.token_hash, row.token_hash) &&
    equalBytes(found.record, row.record)
  );
}

/**
 * A link that ended and let go of its list does not come back: visitors would find it open and its files gone.
 * @throws Failure not-found, link-removed, version-conflict
 */
export async function updateLink(
  database: Database,
  space: SpaceId,
  link: LinkId,
  change: RowChange<'links'>,
  now: number,
): Promise<LinkRow> {
  return database.transaction(async (queries) => {
    const found = await ownLink(queries, space, link);
    const comesBack = isReleased(found, now) && !isReleased({ ...found, ...change } as LinkRow, now);
    if (comesBack && found.listed_objects === 0) throw new Failure('not-found');
    if (change.version !== undefined && change.version <= found.version) throw new Failure('version-conflict', { version: found.version });
    if (Object.keys(change).length === 0) return found;
    return queries.updateTable('links').set(change).where('link', '=', link).returningAll().executeTakeFirstOrThrow();
  });
}

/** Revokes. Again: nothing changes. @throws Failure not-found */
export async function endLink(database: Database, space: SpaceId, link: LinkId, now: number): Promise<void> {
  const { numUpdatedRows } = await database.db
    .updateTable('links')
    .set((row) => ({ ended_at: row.fn.coalesce('ended_at', row.val(now)) }))
    .where('link', '=', link)
    .where('space', '=', space)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new Failure('not-found');
}

/** @throws Failure not-found, link-removed */
async function ownLink(queries: InTransaction, space: SpaceId, link: LinkId): Promise<LinkRow> {
  const found = await queries.selectFrom('links').selectAll().where('link', '=', link).executeTakeFirst();
  if (!found || found.space !== space || found.ended_at !== null) throw new Failure('not-found');
  // Its list says what is blocked everywhere: whoever could add to it would take down what others share.
  if (found.removed_at !== null) throw removedFailure(found);
  return found;
}

const missingNamedMax = 1_000;

/**
 * Lists ids under a link and holds them, all or none: presence, hold and count are one transaction.
 * @returns how many objects the link lists now. @throws Failure not-found, link-removed, objects-missing
 */
export async function listObjects(database: Database, space: SpaceId, link: LinkId, asked: readonly ObjectId[]): Promise<number> {
  const ids = [...new Set(asked)];
  return database.transaction(async (queries) => {
    const { listed_objects: before } = await ownLink(queries, space, link);
    if (ids.length === 0) return before;
    const held = await queries
      .updateTable('objects')
      .set({ state: 'live' })
      .where('space', '=', space)
      .where('id', 'in', among(queries, ids))
      .returning('id')
      .execute();
    if (held.length < ids.length) throw missing(ids, new Set(held.map(({ id }) => id)));
    const added = await insertRows(
      queries,
      'link_objects',
      ids.map((id) => ({ link, id })),
      'ignore',
    );
    if (before + added > linkObjectsMax)
      throw new Failure('bad-request', { field: 'body', reason: `a link lists at most ${linkObjectsMax} objects` });
    if (added > 0 && (await listedInSpace(queries, space)) + added > spaceListingsMax)
      throw new Failure('bad-request', { field: 'body', reason: `the links of a space list at most ${spaceListingsMax} objects` });
    if (added > 0)
      await queries
        .updateTable('links')
        .set({ listed_objects: before + added })
        .where('link', '=', link)
        .execute();
    return before + added;
  });
}

/** Ids that the link holds, ascending. @param after the last of the page before */
export async function listedIds({ db }: Database, link: LinkId, after: ObjectId | null, max: number): Promise<ObjectId[]> {
  let query = db.selectFrom('link_objects').select('id').where('link', '=', link).orderBy('id').limit(max);
  if (after !== null) query = query.where('id', '>', after);
  return (await query.execute()).map(({ id }) => id);
}

/** Rows of lists cost the server what the allowance of bytes does not count. */
const spaceListingsMax = 4 * linkObjectsMax;

async function listedInSpace(queries: InTransaction, space: SpaceId): Promise<number> {
  const { sum } = await queries
    .selectFrom('links')
    .select(({ fn }) => fn.sum<number | null>('listed_objects').as('sum'))
    .where('space', '=', space)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(sum ?? 0);
}

function missing(ids: readonly ObjectId[], held: ReadonlySet<ObjectId>): Failure {
  const absent = ids.filter((id) => !held.has(id));
  return new Failure('objects-missing', { count: absent.length, missing: absent.slice(0, missingNamedMax) });
}

export async function countOpened({ db }: Database, link: LinkId): Promise<void> {
  await db
    .updateTable('links')
    .set((row) => ({ opened: row('opened', '+', 1) }))
    .where('link', '=', link)
    .execute();
}

export async function countRunning(queries: Pick<Database, 'db'>['db'], link: LinkId, now: number): Promise<number> {
  const { count } = await queries
    .selectFrom('downloads')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('link', '=', link)
    .where('finished_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/**
 * Begins a download. Under a cap it takes a place, which lapses at `expires_at`.
 * @throws Failure link-unavailable when no place is left
 */
export async function beginDownload(database: Database, row: NewRow<'downloads'>): Promise<void> {
  await database.transaction(async (queries) => {
    const link = await queries.selectFrom('links').select(['downloads_max', 'finished']).where('link', '=', row.link).executeTakeFirst();
    if (!link) throw new Failure('link-unavailable');
    const full =
      link.downloads_max !== null && link.finished + (await countRunning(queries, row.link, row.started_at)) >= link.downloads_max;
    if (full) throw new Failure('link-unavailable', { reason: 'used-up' });
    await insertRows(queries, 'downloads', [row]);
  });
}

/** Whether this download has a place: it runs, or was finished. */
export async function hasPlace({ db }: Database, link: LinkId, download: DownloadId, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('downloads')
    .select(['expires_at', 'finished_at'])
    .where('link', '=', link)
    .where('download', '=', download)
    .executeTakeFirst();
  return row !== undefined && (row.finished_at !== null || row.expires_at > now);
}

/** Counts a finished download once. One whose place lapsed meanwhile counts while the cap allows. @throws Failure not-found */
export async function finishDownload(database: Database, link: LinkId, download: DownloadId, now: number): Promise<void> {
  await database.transaction(async (queries) => {
    const row = await queries
      .selectFrom('downloads')
      .select('finished_at')
      .where('link', '=', link)
      .where('download', '=', download)
      .executeTakeFirst();
    if (!row) throw new Failure('not-found');
    if (row.finished_at !== null) return;
    await queries.updateTable('downloads').set({ finished_at: now }).where('link', '=', link).where('download', '=', download).execute();
    await queries
      .updateTable('links')
      .set((links) => ({ finished: links('finished', '+', 1) }))
      .where('link', '=', link)
      .where((links) => links.or([links('downloads_max', 'is', null), links('finished', '<', links.ref('downloads_max'))]))
      .execute();
  });
}

/**
 * One try at a password, in one transaction: however many come at the same time, each is counted before the next is looked at.
 * @returns wrong tries in a row, this one included; 0 when it was right. @throws Failure too-many-tries
 */
export async function judgeTry(database: Database, link: LinkId, isRight: boolean, now: number): Promise<number> {
  const key = `gate/${link}`;
  return database.transaction(async (queries) => {
    const row = await queries.selectFrom('tries').selectAll().where('key', '=', key).executeTakeFirst();
    const tries = row && { lastAt: row.window_start, wrong: row.count };
    checkWait(tries, now);
    if (isRight) {
      if (row) await queries.deleteFrom('tries').where('key', '=', key).execute();
      return 0;
    }
    const count = wrongTries(tries, now) + 1;
    await queries
      .insertInto('tries')
      .values({ key, window_start: now, count })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ window_start: now, count }))
      .execute();
    return count;
  });
}
