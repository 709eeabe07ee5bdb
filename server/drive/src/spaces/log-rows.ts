// How an entry lies in rows, and how it is read back: page by page, with the attachments asked for.
import { type Database, type InTransaction, type NewRow, type Row, sql, valueTable } from '@reprise/database';
import type { Bytes } from '@reprise/kit';
import { formatId, logPageEntriesMax, type ObjectId, type SpaceId } from '@reprise/protocol';
import { attachmentNumbers, encodeEnvelope, type Envelope, type LogType } from '@reprise/protocol/formats';

export function entryRow(space: SpaceId, seq: number, id: Bytes, type: LogType, envelope: Envelope, now: number): NewRow<'log_entries'> {
  return { space, seq, id: formatId<string>(id), type, entry: envelope.entry, signature: envelope.signature, received_at: now };
}

/** @param dropDeltaAt a delta only saves time, and not for long; null: keep it */
export function attachmentRows(
  space: SpaceId,
  seq: number,
  { attachments }: Envelope,
  dropDeltaAt: number | null,
): NewRow<'log_attachments'>[] {
  return [...attachments].map(([number, bytes]) => ({
    space,
    seq,
    number,
    bytes,
    drop_at: number === attachmentNumbers.delta ? dropDeltaAt : null,
  }));
}

/** What logs came to hold, or hold no more, is counted in their spaces: one statement, however many spaces. */
export async function countLogBytes(
  queries: InTransaction,
  changes: readonly { readonly space: SpaceId; readonly bytes: number }[],
): Promise<void> {
  if (changes.length === 0) return;
  const sums = new Map<SpaceId, number>();
  for (const { space, bytes } of changes) sums.set(space, (sums.get(space) ?? 0) + bytes);
  const given = valueTable(queries, { space: [...sums.keys()], bytes: [...sums.values()] });
  await sql`update spaces set log_bytes = spaces.log_bytes + given.bytes from ${given} as given where spaces.space = given.space`.execute(
    queries,
  );
}

export type LogHead = Row<'space_logs'>;

export async function readHead({ db }: Pick<Database, 'db'>, space: SpaceId): Promise<LogHead | undefined> {
  return db.selectFrom('space_logs').selectAll().where('space', '=', space).executeTakeFirst();
}

export async function entryIdAt({ db }: Pick<Database, 'db'>, space: SpaceId, seq: number): Promise<string | undefined> {
  const row = await db.selectFrom('log_entries').select('id').where('space', '=', space).where('seq', '=', seq).executeTakeFirst();
  return row?.id;
}

export type PageWish = {
  readonly from: number;
  readonly to: number;
  readonly attachments: readonly number[];
  readonly entriesMax: number;
};

/** A page ends early rather than hold more: one entry alone may be longer. */
const pageBytesMax = 8 * 2 ** 20;

/** Envelopes in ascending order. */
export async function readPage(database: Database, space: SpaceId, wish: PageWish): Promise<Bytes[]> {
  const rows = await readEntries(database, space, wish);
  const page: Bytes[] = [];
  let bytes = 0;
  for (const row of rows) {
    const attachments = wish.attachments.length > 0 ? await readAttachments(database, row, wish.attachments) : new Map();
    const envelope = encodeEnvelope({ entry: row.entry, signature: row.signature, attachments });
    if (page.length > 0 && bytes + envelope.length > pageBytesMax) break;
    page.push(envelope);
    bytes += envelope.length;
  }
  return page;
}

/** Bytes of entries read at once from the database. */
const readBytesMax = 2 * 2 ** 20;

async function readEntries(
  { db }: Database,
  space: SpaceId,
  { from, to, entriesMax }: PageWish,
): Promise<Pick<Row<'log_entries'>, 'space' | 'seq' | 'entry' | 'signature'>[]> {
  const limit = Math.min(entriesMax, logPageEntriesMax);
  const query = db
    .selectFrom('log_entries')
    .select(['space', 'seq', 'entry', 'signature'])
    .where('space', '=', space)
    .where('seq', '>=', from)
    .where('seq', '<=', to)
    .orderBy('seq');
  const sizes = await db
    .selectFrom(query.limit(limit).as('page'))
    .select(['seq', sql<number>`length(entry)`.as('bytes')])
    .orderBy('seq')
    .execute();
  let bytes = 0;
  const fitting = sizes.filter((size, i) => (bytes += Number(size.bytes)) <= readBytesMax || i === 0).length;
  return query.limit(Math.max(1, fitting)).execute();
}

async function readAttachments(
  { db }: Database,
  { space, seq }: { readonly space: SpaceId; readonly seq: number },
  numbers: readonly number[],
) {
  const rows = await db
    .selectFrom('log_attachments')
    .select(['number', 'bytes'])
    .where('space', '=', space)
    .where('seq', '=', seq)
    .where('number', 'in', [...numbers])
    .orderBy('number')
    .execute();
  return new Map(rows.map(({ number, bytes }) => [number, bytes]));
}

/** The ids that an attachment holds; none if there is no such attachment. */
export function idsIn({ attachments }: Envelope, number: number): ObjectId[] {
  const bytes = attachments.get(number);
  if (!bytes) return [];
  return Array.from({ length: bytes.length / 32 }, (_, i) => formatId<ObjectId>(bytes.subarray(32 * i, 32 * i + 32)));
}
