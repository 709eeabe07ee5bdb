// Where the objects lie that may be served: those that live links list, and to its members those of a space.
import type { Location, PackName } from '@reprise/chunks';
import { type Database, among } from '@reprise/database';
import type { ObjectId } from '@reprise/protocol';
import { demandStanding, stands } from '../bearer.ts';
import type { Place } from '../places.ts';

export type Found = Location & { readonly id: ObjectId };

/**
 * The listed ones of the ids, each once, in the order of the disk. However many links list an id, the database gives one row for it:
 * whoever lists the same objects under a thousand links must not make each reading a thousand times as dear.
 */
export async function findListed({ db }: Database, ids: readonly ObjectId[], now: number): Promise<Found[]> {
  const rows = await db
    .selectFrom('objects')
    .select(['objects.id', 'objects.pack', 'objects.pack_offset', 'objects.length'])
    .where('objects.id', 'in', ids.length === 1 ? [ids[0] as ObjectId] : among(db, ids))
    .where('objects.space', '=', ({ selectFrom }) =>
      selectFrom('link_objects')
        .innerJoin('links', 'links.link', 'link_objects.link')
        .select('links.space')
        .whereRef('link_objects.id', '=', 'objects.id')
        .where('links.ended_at', 'is', null)
        .where('links.removed_at', 'is', null)
        .where((row) => row.or([row('links.expires_at', 'is', null), row('links.expires_at', '>', now)]))
        .where((row) => row.or([row('links.downloads_max', 'is', null), row('links.finished', '<', row.ref('links.downloads_max'))]))
        .limit(1),
    )
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('blocked_objects').select('blocked_objects.id').whereRef('blocked_objects.id', '=', 'objects.id'))),
    )
    .execute();
  return inDiskOrder(rows);
}

/**
 * Those of the ids that the space has, in whatever state, in the order of the disk. What was taken down is nowhere.
 * @throws Failure place-expired if nothing of it is to be had any more by whom the place was told to
 */
export async function findOwned(
  { db }: Database,
  { space, bearer }: Pick<Place, 'space' | 'bearer'>,
  ids: readonly ObjectId[],
): Promise<Found[]> {
  const rows = await db
    .selectFrom('objects')
    .innerJoin('spaces', 'spaces.space', 'objects.space')
    .select(['objects.id', 'objects.pack', 'objects.pack_offset', 'objects.length'])
    .where('objects.space', '=', space)
    .where('objects.id', 'in', ids.length === 1 ? [ids[0] as ObjectId] : among(db, ids))
    .where('spaces.ended_at', 'is', null)
    .where(stands(bearer))
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('blocked_objects').select('blocked_objects.id').whereRef('blocked_objects.id', '=', 'objects.id'))),
    )
    .execute();
  if (rows.length === 0) await demandStanding(db, space, bearer);
  return inDiskOrder(rows);
}

type PlacedRow = { readonly id: ObjectId; readonly pack: string; readonly pack_offset: number; readonly length: number };

function inDiskOrder(rows: readonly PlacedRow[]): Found[] {
  const found = rows.map((row) => ({ id: row.id, pack: row.pack as PackName, offset: row.pack_offset, length: row.length }));
  return found.sort((a, b) => (a.pack < b.pack ? -1 : a.pack > b.pack ? 1 : a.offset - b.offset));
}
