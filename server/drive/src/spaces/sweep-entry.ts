// What a sweep ends, and the comparison that it must pass: the server ends nothing that it would not itself think dead (spec/spaces.md
// "Sweep"). The comparison walks every live row, so it is made before the transaction, for a head that the transaction insists on.
import { hash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { type Database, type InTransaction, type Queries, among, insertRows, sql } from '@reprise/database';
import { concatBytes, encodeUtf8, formatHex, u8 } from '@reprise/kit';
import { Failure, idBytes, type ObjectId, type SpaceId } from '@reprise/protocol';
import { attachmentNumbers, decodeLiveTable, differingBuckets, hashLabels, type LiveTable } from '@reprise/protocol/formats';
import type { JudgedEntry } from './append-group.ts';
import { entryIdAt, idsIn } from './log-rows.ts';
import { plannedHistoryMs } from './plans.ts';
import { promisedRetentions, retentionInForce } from './retention.ts';

export type SweepPlan = { readonly objects: number; readonly bytes: number; readonly waitFactor: 1 | 2 };

/** More than this share of the live bytes ending at once doubles every wait: it may be an attack, or a mistake. */
const largeShare = 0.2;
const dayMs = 86_400_000;
const purgeWaitMs = dayMs;
/** Purges of thirty days may take one part in this many of a space's bytes: docs/decisions/purge.md. */
const purgePartsMin = 5;
const purgeWindowMs = 30 * dayMs;
const pageRows = 4_096;

type Judged = Pick<JudgedEntry, 'space' | 'entry' | 'envelope'>;

/** @returns null of an entry that is no sweep. @throws Failure log-refused, table-differs with facts.buckets */
export async function planSweep(database: Database, { space, entry, envelope }: Judged): Promise<SweepPlan | null> {
  const { body } = entry;
  if (body.type !== 'sweep') return null;
  const walked = await entryIdAt(database, space, body.seq);
  if (walked !== formatHex(body.id)) throw new Failure('log-refused', { step: 'change', reason: 'the sweep walked another entry' });
  const swept = new Set(idsIn(envelope, attachmentNumbers.sweptIds));
  const kept = new TableSum();
  let [liveBytes, objects, bytes, known] = [0, 0, 0, 0];
  for await (const { id, length, last_add: lastAdd } of liveRows(database, space, body.seq)) {
    liveBytes += length;
    if (!swept.has(id)) {
      kept.add(id);
      continue;
    }
    known++;
    if ((lastAdd ?? 0) > body.seq) continue;
    objects++;
    bytes += length;
  }
  const buckets = differingBuckets(kept.table(), decodeLiveTable(envelope.attachments.get(attachmentNumbers.liveTable) as Uint8Array));
  if (buckets.length > 0) throw new Failure('table-differs', { buckets: buckets.map((bucket) => formatHex(u8(bucket))) });
  // Other ids would only fill the log.
  if (known < swept.size) throw new Failure('log-refused', { step: 'change', reason: 'a sweep names what is live where it walked' });
  return { objects, bytes, waitFactor: bytes > largeShare * liveBytes ? 2 : 1 };
}

export type Comparison = { readonly objects: number; readonly bytes: number; readonly buckets: readonly number[] };

/** Which buckets of a table differ from what is live at an entry. */
export async function compareLive(database: Database, space: SpaceId, seq: number, table: LiveTable): Promise<Comparison> {
  const sum = new TableSum();
  let [objects, bytes] = [0, 0];
  for await (const { id, length } of liveRows(database, space, seq)) {
    sum.add(id);
    objects++;
    bytes += length;
  }
  return { objects, bytes, buckets: differingBuckets(sum.table(), table) };
}

/** Ids of one bucket that are live at an entry, ascending. */
export async function liveIds(
  { db }: Database,
  space: SpaceId,
  { seq, bucket, after, idsMax }: { readonly seq: number; readonly bucket: number; readonly after: string; readonly idsMax: number },
): Promise<ObjectId[]> {
  const prefix = formatHex(u8(bucket));
  const rows = await db
    .selectFrom('objects')
    .select('id')
    .where('space', '=', space)
    .where('id', '>=', prefix as ObjectId)
    .where('id', '>', after as ObjectId)
    .where('id', '<', `${prefix}g` as ObjectId)
    .where('born', '<=', seq)
    .where('end_seq', 'is', null)
    .orderBy('id')
    .limit(idsMax)
    .execute();
  return rows.map(({ id }) => id);
}

/** What the log holds live: born by a commit up to this entry, and ended by no sweep. Objects that only links hold were never born. */
async function* liveRows({ db }: Database, space: SpaceId, seq: number) {
  for (let after = '' as ObjectId; ; await breathe()) {
    const rows = await db
      .selectFrom('objects')
      .select(['id', 'length', 'last_add'])
      .where('space', '=', space)
      .where('id', '>', after)
      .where('born', '<=', seq)
      .where('end_seq', 'is', null)
      .orderBy('id')
      .limit(pageRows)
      .execute();
    yield* rows;
    if (rows.length < pageRows) return;
    after = rows.at(-1)?.id as ObjectId;
  }
}

const livePrefix = concatBytes(encodeUtf8(hashLabels.live), u8(0));

/** `liveTable` of the protocol, with the hash of this platform: a million ids take seconds instead of a minute. */
class TableSum {
  readonly #counts = Array.from({ length: 256 }, () => 0);
  readonly #sums = Array.from({ length: 256 }, () => 0n);

  add(id: ObjectId): void {
    const bytes = idBytes(id);
    const bucket = bytes[0] as number;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sums[bucket] = (this.#sums[bucket] as bigint) + BigInt(`0x${hash('sha256', concatBytes(livePrefix, bytes), 'hex')}`);
  }

  table(): LiveTable {
    return this.#counts.map((count, b) => ({ count, sum: BigInt.asUintN(256, this.#sums[b] as bigint) }));
  }
}

/** Ends the ids that were live at the walked entry and that no later commit added. They stay readable for the retention of the policy. */
export async function applySweep(queries: InTransaction, { space, entry, envelope, sweep }: JudgedEntry, now: number): Promise<void> {
  const { body } = entry;
  if (body.type !== 'sweep' || !sweep) return;
  const { user_id: owner } = await queries.selectFrom('spaces').select('user_id').where('space', '=', space).executeTakeFirstOrThrow();
  const promisedMs = retentionInForce(await promisedRetentions(queries, space), now);
  const retentionMs = Math.max(promisedMs, await plannedHistoryMs(queries, owner, now)) * sweep.waitFactor;
  await insertRows(queries, 'sweeps', [
    {
      space,
      seq: entry.seq,
      swept_at: now,
      objects: sweep.objects,
      bytes: sweep.bytes,
      retention_ms: retentionMs,
      wait_factor: sweep.waitFactor,
    },
  ]);
  await queries
    .updateTable('objects')
    .set({ end_seq: entry.seq, ended_at: now, lease_until: now + retentionMs })
    .where('space', '=', space)
    .where('id', 'in', among(queries, idsIn(envelope, attachmentNumbers.sweptIds)))
    .where('born', '<=', body.seq)
    .where('last_add', '<=', body.seq)
    .where('end_seq', 'is', null)
    .execute();
}

/** Takes the retention from ids that a sweep has ended: after a day, in which it can be undone, only the last wait is left. */
export async function applyPurge(queries: InTransaction, { space, entry, envelope }: JudgedEntry, now: number): Promise<void> {
  const until = now + purgeWaitMs;
  const ids = idsIn(envelope, attachmentNumbers.sweptIds);
  const { objects, bytes } = await endedOf(queries, space, ids);
  const purge = { space, seq: entry.seq, swept_at: now, objects, bytes, retention_ms: purgeWaitMs, wait_factor: 1 as const };
  await insertRows(queries, 'sweeps', [purge]);
  await queries
    .updateTable('objects')
    .set({ lease_until: sql<number>`case when lease_until < ${sql.lit(until)} then lease_until else ${sql.lit(until)} end` })
    .where('space', '=', space)
    .where('id', 'in', among(queries, ids))
    .where('end_seq', 'is not', null)
    .where('state', '=', 'live')
    .execute();
}

/**
 * Other ids would only fill the log; and whoever has a stolen device shall not have the drive gone before its owner looks.
 * @throws Failure log-refused for a purge of ids that no sweep has ended, or that are gone; for one that takes too much
 */
export async function checkPurge({ db }: Database, { space, entry, envelope }: Judged, now: number): Promise<void> {
  if (entry.body.type !== 'purge') return;
  const ids = idsIn(envelope, attachmentNumbers.sweptIds);
  const { objects, bytes } = await endedOf(db, space, ids);
  if (objects < ids.length) throw new Failure('log-refused', { step: 'change', reason: 'a purge names what a sweep has ended' });
  const { stored_bytes: stored } = await db
    .selectFrom('spaces')
    .select('stored_bytes')
    .where('space', '=', space)
    .executeTakeFirstOrThrow();
  if (purgePartsMin * (bytes + (await purgedBytes(db, space, now))) > stored)
    throw new Failure('log-refused', { step: 'change', reason: 'purges of thirty days take a fifth at most' });
}

async function endedOf(queries: Queries, space: SpaceId, ids: readonly ObjectId[]): Promise<Pick<SweepPlan, 'objects' | 'bytes'>> {
  const { objects, bytes } = await queries
    .selectFrom('objects')
    .select(({ fn }) => [fn.countAll<number>().as('objects'), fn.sum<number | null>('length').as('bytes')])
    .where('space', '=', space)
    .where('id', 'in', among(queries, ids))
    .where('end_seq', 'is not', null)
    .executeTakeFirstOrThrow();
  return { objects: Number(objects), bytes: Number(bytes ?? 0) };
}

async function purgedBytes(queries: Queries, space: SpaceId, now: number): Promise<number> {
  const { bytes } = await queries
    .selectFrom('sweeps')
    .innerJoin('log_entries', (join) => join.onRef('log_entries.space', '=', 'sweeps.space').onRef('log_entries.seq', '=', 'sweeps.seq'))
    .select(({ fn }) => fn.sum<number | null>('sweeps.bytes').as('bytes'))
    .where('sweeps.space', '=', space)
    .where('sweeps.swept_at', '>', now - purgeWindowMs)
    .where('log_entries.type', '=', 'purge')
    .executeTakeFirstOrThrow();
  return Number(bytes ?? 0);
}

export type LargeSweep = {
  readonly seq: number;
  readonly sweptAt: number;
  readonly objects: number;
  readonly bytes: number;
  readonly goneAt: number;
};

/** Large sweeps whose objects are not gone yet. */
export async function largeSweeps({ db }: Database, space: SpaceId, now: number, condemnedMs: number): Promise<LargeSweep[]> {
  const rows = await db.selectFrom('sweeps').selectAll().where('space', '=', space).where('wait_factor', '=', 2).orderBy('seq').execute();
  return rows
    .map(({ seq, swept_at: sweptAt, objects, bytes, retention_ms: retentionMs, wait_factor: factor }) => ({
      seq,
      sweptAt,
      objects,
      bytes,
      goneAt: sweptAt + retentionMs + factor * condemnedMs,
    }))
    .filter(({ goneAt }) => goneAt > now);
}
