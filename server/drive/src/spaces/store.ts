// The rows of spaces and their objects (spec/storage.md).
import { type Database, type InTransaction, type NewRow, type Queries, type Row, among, insertRows, sql } from '@reprise/database';
import type { PackName } from '@reprise/chunks';
import { equalBytes } from '@reprise/kit';
import { Failure, type ObjectId, type SpaceId } from '@reprise/protocol';
import { anonymousSpaceKind } from '@reprise/protocol/formats';
import type { CheckedFrame } from '../frames.ts';
import { stands } from '../bearer.ts';
import type { Place } from '../places.ts';
import type { DriveSettings } from '../settings.ts';
import { isSparse } from '../sweep/rules.ts';
import { allowanceOf } from './allowance.ts';
import { checkQuota, renewBefore } from './rules.ts';

/** Opens a space; the same genesis again finds the one that is there. @throws Failure genesis-refused when it was deleted */
export async function createSpace(database: Database, row: NewRow<'spaces'>): Promise<Row<'spaces'>> {
  await insertRows(database.db, 'spaces', [row], 'ignore');
  const found = await database.db.selectFrom('spaces').selectAll().where('space', '=', row.space).executeTakeFirstOrThrow();
  if (found.ended_at !== null) throw new Failure('genesis-refused', { reason: 'this space was deleted' });
  if (!equalBytes(found.genesis, row.genesis)) throw new Failure('genesis-refused', { reason: 'the space exists with another envelope' });
  return found;
}

/** Rows of spaces cost the server what the allowance of bytes does not count. */
const spacesPerAccountMax = 1_000;

/** @throws Failure genesis-refused when the account has its fill of spaces, and this is not one of them */
export async function checkSpaces(queries: InTransaction, userId: string, space: SpaceId): Promise<void> {
  const { count } = await queries
    .selectFrom('spaces')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .where('space', '!=', space)
    .where(sql<boolean>`kind <> 3`)
    .executeTakeFirstOrThrow();
  if (Number(count) >= spacesPerAccountMax)
    throw new Failure('genesis-refused', { reason: `an account has at most ${spacesPerAccountMax} spaces` });
}

export type OwnedLinkRow = Row<'links'> & { readonly running: number };

/** The links of a space that its owner has not ended, each with its running downloads. */
export async function linksOf({ db }: Database, space: SpaceId, now: number): Promise<OwnedLinkRow[]> {
  const links = await db
    .selectFrom('links')
    .selectAll()
    .where('space', '=', space)
    .where('ended_at', 'is', null)
    .orderBy('created_at')
    .execute();
  const running = await db
    .selectFrom('downloads')
    .innerJoin('links', 'links.link', 'downloads.link')
    .select(({ fn }) => ['downloads.link', fn.countAll<number>().as('count')])
    .where('links.space', '=', space)
    .where('downloads.finished_at', 'is', null)
    .where('downloads.expires_at', '>', now)
    .groupBy('downloads.link')
    .execute();
  const counts = new Map(running.map(({ link, count }) => [link, Number(count)]));
  return links.map((link) => ({ ...link, running: counts.get(link.link) ?? 0 }));
}

/** Ends the space and its links at once; the collector takes the bytes. Again: nothing changes. */
export async function endSpace(database: Database, space: SpaceId, now: number): Promise<void> {
  await database.transaction(async (queries) => {
    await queries.updateTable('spaces').set({ ended_at: now }).where('space', '=', space).where('ended_at', 'is', null).execute();
    await queries.updateTable('links').set({ ended_at: now }).where('space', '=', space).where('ended_at', 'is', null).execute();
  });
}

const idsPerQuery = 8_192;

/** Which of the ids the space lacks, in the order asked; renews the lease of the others. */
export async function absentIds(
  database: Database,
  space: SpaceId,
  ids: readonly ObjectId[],
  now: number,
  leaseMs: number,
): Promise<ObjectId[]> {
  const present = new Set<ObjectId>();
  for (let at = 0; at < ids.length; at += idsPerQuery) {
    const part = ids.slice(at, at + idsPerQuery);
    for (const id of await renewLeases(database.db, space, part, now, leaseMs)) present.add(id);
  }
  return ids.filter((id) => !present.has(id));
}

/** A condemned object that is asked for counts as pending again: a running upload wants it. One that a sweep ended stays for as long. */
async function renewLeases(db: Queries, space: SpaceId, ids: readonly ObjectId[], now: number, leaseMs: number): Promise<ObjectId[]> {
  const found = await db
    .selectFrom('objects')
    .select(['id', 'state', 'lease_until', 'end_seq'])
    .where('space', '=', space)
    .where('id', 'in', among(db, ids))
    .execute();
  const due = found
    .filter(({ state, lease_until }) => state === 'condemned' || (state === 'pending' && lease_until < renewBefore(now, leaseMs)))
    .map(({ id }) => id);
  const ending = found.filter((row) => row.state === 'live' && row.end_seq !== null && row.lease_until < renewBefore(now, leaseMs));
  if (ending.length > 0)
    await db
      .updateTable('objects')
      .set({ lease_until: now + leaseMs })
      .where('space', '=', space)
      .where('end_seq', 'is not', null)
      .where('state', '=', 'live')
      .where(
        'id',
        'in',
        among(
          db,
          ending.map(({ id }) => id),
        ),
      )
      .execute();
  if (due.length === 0) return found.map(({ id }) => id);
  const renewed = await db
    .updateTable('objects')
    .set({ state: 'pending', lease_until: now + leaseMs })
    .where('space', '=', space)
    .where('state', '!=', 'live')
    .where('id', 'in', among(db, due))
    .returning('id')
    .execute();
  // A row that the collector took meanwhile is absent; one that a link listed meanwhile is live.
  const gone = new Set(due);
  for (const { id } of renewed) gone.delete(id);
  if (gone.size === 0) return found.map(({ id }) => id);
  const still = await db
    .selectFrom('objects')
    .select('id')
    .where('space', '=', space)
    .where('id', 'in', among(db, [...gone]))
    .execute();
  return [...found.map(({ id }) => id).filter((id) => !gone.has(id)), ...still.map(({ id }) => id)];
}

export async function renewSpaceLeases({ db }: Database, space: SpaceId, now: number, leaseMs: number): Promise<void> {
  await db
    .updateTable('objects')
    .set({ lease_until: now + leaseMs })
    .where('space', '=', space)
    .where('state', '=', 'pending')
    .where('lease_until', '<', renewBefore(now, leaseMs))
    .execute();
}

export type StoredPack = {
  readonly pack: PackName;
  readonly packClass: 'hot' | 'bulk';
  readonly bytes: number;
  readonly frames: readonly CheckedFrame[];
};

export type Added = { readonly objects: number; readonly bytes: number };

/** Most of a pack is in the space already: only these frames of it are worth their room, which no allowance would count. */
export class MostlyKnown extends Error {
  override readonly name = 'MostlyKnown';
  readonly fresh: readonly CheckedFrame[];

  constructor(fresh: readonly CheckedFrame[]) {
    super();
    this.fresh = fresh;
  }
}

/**
 * Takes the objects of a durable pack into the space's rows, in one transaction. Objects the space has already stay where they lie.
 * @returns what was new; of nothing new, no row names the pack. @throws Failure over-quota, place-expired; MostlyKnown, with no row changed
 */
export async function addObjects(
  database: Database,
  { space, bearer }: Pick<Place, 'space' | 'bearer'>,
  stored: StoredPack,
  now: number,
  { leaseMs, accountBytesMax }: Pick<DriveSettings, 'leaseMs' | 'accountBytesMax'>,
): Promise<Added> {
  const frames = [...new Map(stored.frames.toReversed().map((frame) => [frame.id, frame])).values()];
  return database.transaction(async (queries) => {
    const owner = await queries
      .selectFrom('spaces')
      .select(['kind', 'user_id', 'stored_bytes', 'bytes_max', 'ended_at'])
      .where('space', '=', space)
      .where(stands(bearer))
      .executeTakeFirst();
    if (!owner || owner.ended_at !== null) throw new Failure('place-expired');
    const present = new Set(
      await renewLeases(
        queries,
        space,
        frames.map(({ id }) => id),
        now,
        leaseMs,
      ),
    );
    const fresh = frames.filter(({ id }) => !present.has(id));
    const bytes = fresh.reduce((sum, { length }) => sum + length, 0);
    const { storedBytes, bytesMax } = await allowanceOf(queries, owner, now, accountBytesMax);
    checkQuota(storedBytes, bytes, bytesMax);
    if (fresh.length > 0 && fresh.length < frames.length && isSparse(bytes, stored.bytes)) throw new MostlyKnown(fresh);
    if (fresh.length > 0) await insertFresh(queries, space, stored, fresh, bytes, now, leaseMs);
    return { objects: fresh.length, bytes };
  });
}

async function insertFresh(
  queries: InTransaction,
  space: SpaceId,
  stored: StoredPack,
  fresh: readonly CheckedFrame[],
  bytes: number,
  now: number,
  leaseMs: number,
): Promise<void> {
  const { pack, packClass } = stored;
  await insertRows(queries, 'packs', [{ pack, space, class: packClass, bytes: stored.bytes, live_bytes: bytes, created_at: now }]);
  const rows = fresh.map(({ id, length, offset }) => ({
    space,
    id,
    length,
    pack,
    pack_offset: offset,
    state: 'pending' as const,
    added_at: now,
    lease_until: now + leaseMs,
  }));
  await insertRows(queries, 'objects', rows);
  await queries
    .updateTable('spaces')
    .set((row) => ({ stored_bytes: row('stored_bytes', '+', bytes) }))
    .where('space', '=', space)
    .execute();
}

/** How much of an upload has arrived, for the visitors of its link. What an account has besides is nobody's business: nothing is told. */
export async function receivedBytesOf({ db }: Database, space: SpaceId): Promise<number> {
  const row = await db.selectFrom('spaces').select(['kind', 'stored_bytes']).where('space', '=', space).executeTakeFirst();
  return row?.kind === anonymousSpaceKind ? row.stored_bytes : 0;
}
