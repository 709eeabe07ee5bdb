// Reports of visitors, the blocks that follow from them, and what the operator's commands read and write (spec/storage.md).
import { type Database, type Row, insertRows } from '@reprise/database';
import type { LinkId } from '@reprise/protocol';
import { Failure } from '@reprise/protocol';

export type ReportRow = Row<'reports'>;
export type NewReport = {
  readonly reference: string;
  readonly link: LinkId;
  readonly reason: string;
  readonly text: string;
  readonly contact: string;
  readonly createdAt: number;
};

export async function addReport({ db }: Database, { createdAt, ...report }: NewReport): Promise<void> {
  await insertRows(db, 'reports', [{ ...report, created_at: createdAt }]);
}

/** Open reports, oldest first. */
export async function openReports({ db }: Database, rowsMax: number): Promise<ReportRow[]> {
  return db.selectFrom('reports').selectAll().where('state', '=', 'open').orderBy('created_at').limit(rowsMax).execute();
}

export type Removal = { readonly reference: string; readonly ground: string; readonly removedAt: number };

/**
 * Takes a link down with the ids of its list, wherever they are held, and closes its reports.
 * @returns how many objects are blocked now. @throws Failure not-found
 */
export async function blockLink(database: Database, link: LinkId, removal: Removal): Promise<number> {
  return database.transaction(async (queries) => {
    const { numUpdatedRows } = await queries
      .updateTable('links')
      .set({ removed_reference: removal.reference, removed_ground: removal.ground, removed_at: removal.removedAt })
      .where('link', '=', link)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new Failure('not-found');
    const { numInsertedOrUpdatedRows } = await queries
      .insertInto('blocked_objects')
      .columns(['id', 'reference', 'created_at'])
      .expression((rows) =>
        rows
          .selectFrom('link_objects')
          .select((row) => [
            'link_objects.id',
            row.val(removal.reference).as('reference'),
            row.cast<number>(row.val(removal.removedAt), 'bigint').as('created_at'),
          ])
          .where('link', '=', link),
      )
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    await queries.updateTable('reports').set({ state: 'acted' }).where('link', '=', link).where('state', '=', 'open').execute();
    return Number(numInsertedOrUpdatedRows ?? 0n);
  });
}

export type Holders = {
  readonly links: { readonly count: number; readonly ids: readonly string[] };
  readonly spaces: { readonly count: number; readonly ids: readonly string[] };
};

/** Who else has objects of a link's list: links that have not ended, and spaces beside the link's own. @param idsMax named of each */
export async function holdersOf({ db }: Database, link: LinkId, idsMax: number): Promise<Holders> {
  const links = await db
    .selectFrom('link_objects as listed')
    .innerJoin('link_objects as same', 'same.id', 'listed.id')
    .innerJoin('links', 'links.link', 'same.link')
    .select('links.link')
    .distinct()
    .where('listed.link', '=', link)
    .where('links.link', '!=', link)
    .where('links.ended_at', 'is', null)
    .orderBy('links.link')
    .execute();
  const spaces = await db
    .selectFrom('link_objects')
    .innerJoin('objects', 'objects.id', 'link_objects.id')
    .select('objects.space')
    .distinct()
    .where('link_objects.link', '=', link)
    .where('objects.space', '!=', ({ selectFrom }) => selectFrom('links').select('links.space').where('links.link', '=', link))
    .orderBy('objects.space')
    .execute();
  return {
    links: { count: links.length, ids: links.slice(0, idsMax).map((row) => row.link) },
    spaces: { count: spaces.length, ids: spaces.slice(0, idsMax).map((row) => row.space) },
  };
}

/** Gives a link back, and the ids that it alone had blocked. @throws Failure not-found */
export async function unblockLink(database: Database, link: LinkId): Promise<void> {
  await database.transaction(async (queries) => {
    const row = await queries.selectFrom('links').select('removed_reference').where('link', '=', link).executeTakeFirst();
    if (!row || row.removed_reference === null) throw new Failure('not-found');
    await queries
      .updateTable('links')
      .set({ removed_reference: null, removed_ground: null, removed_at: null })
      .where('link', '=', link)
      .execute();
    const reference = row.removed_reference;
    await queries
      .deleteFrom('blocked_objects')
      .where(({ or, eb, selectFrom }) =>
        or([
          eb('reference', '=', reference),
          eb('id', 'in', selectFrom('link_objects').select('link_objects.id').where('link', '=', link)),
        ]),
      )
      // Another removal names the same object, or was the first to block it: it stays blocked.
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('link_objects')
              .innerJoin('links', 'links.link', 'link_objects.link')
              .select('link_objects.id')
              .whereRef('link_objects.id', '=', 'blocked_objects.id')
              .where('links.removed_at', 'is not', null),
          ),
        ),
      )
      .where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('links').select('links.link').whereRef('links.removed_reference', '=', 'blocked_objects.reference'))),
      )
      .execute();
  });
}

export async function dismissReports({ db }: Database, link: LinkId): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('reports')
    .set({ state: 'dismissed' })
    .where('link', '=', link)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

export type Totals = {
  readonly spaces: number;
  readonly links: number;
  readonly storedBytes: number;
  readonly packs: number;
  readonly packBytes: number;
  readonly openReports: number;
};

export async function countTotals({ db }: Database): Promise<Totals> {
  const spaces = await db
    .selectFrom('spaces')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>('stored_bytes').as('bytes')])
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  const links = await db
    .selectFrom('links')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow();
  const packs = await db
    .selectFrom('packs')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>('bytes').as('bytes')])
    .executeTakeFirstOrThrow();
  const reports = await db
    .selectFrom('reports')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('state', '=', 'open')
    .executeTakeFirstOrThrow();
  return {
    spaces: Number(spaces.count),
    links: Number(links.count),
    storedBytes: Number(spaces.bytes ?? 0),
    packs: Number(packs.count),
    packBytes: Number(packs.bytes ?? 0),
    openReports: Number(reports.count),
  };
}
