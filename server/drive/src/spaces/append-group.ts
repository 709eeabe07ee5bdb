// Writes judged entries of many spaces in one transaction (group commit). While one group is on its way to the disk, the next one gathers.
import { setTimeout as sleep } from 'node:timers/promises';
import { type InTransaction, among, insertRows, sql, valueTable } from '@reprise/database';
import { formatHex } from '@reprise/kit';
import { Failure, type ObjectId, type SpaceId } from '@reprise/protocol';
import { attachmentNumbers, encodeLogState, type Envelope, type LogEntry, type LogState } from '@reprise/protocol/formats';
import type { DrivePorts } from '../ports.ts';
import type { DriveSettings } from '../settings.ts';
import type { Appended } from './append.ts';
import { envelopeCost, type LogRoom, logRooms } from './log-allowance.ts';
import { attachmentRows, countLogBytes, entryRow, idsIn } from './log-rows.ts';
import { logBytesAllowed, missingBytes } from './rules.ts';
import { writeStanding } from './standing.ts';
import { applyPurge, applySweep, type SweepPlan } from './sweep-entry.ts';

/** An entry that follows `before`, and all that it changes. */
export type JudgedEntry = {
  readonly space: SpaceId;
  readonly before: LogState;
  readonly after: LogState;
  readonly entry: LogEntry;
  readonly id: Uint8Array<ArrayBuffer>;
  readonly envelope: Envelope;
  /** The ticket that this entry uses up. */
  readonly ticketHash: string | null;
  readonly sweep: SweepPlan | null;
  /** What else is written with the entry, or neither is. A failure of it refuses the entry alone. */
  readonly along: Along | null;
};

export type Along = (queries: InTransaction) => Promise<void>;

type Waiting = {
  readonly judged: JudgedEntry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (failure: unknown) => void;
};
type Verdict = Appended | Failure;

const groupMax = 128;
/** How long a group gathers where there is a crowd. Who comes alone does not wait. */
const gatherMs = 3;
/** Object ids of one group: more would hold up the others. A larger entry goes alone. */
const groupIdsMax = 16_384;
const waitingMax = 10_000;
/** A delta saves a reader some requests, as long as the change is news. */
const deltaKeptMs = 30 * 86_400_000;
const missingNamedMax = 1_000;

export class AppendGroup {
  readonly #ports: DrivePorts;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(ports: DrivePorts) {
    this.#ports = ports;
  }

  /** @throws Failure head-conflict, over-quota, objects-missing, ticket-refused; and as the database */
  add(judged: JudgedEntry): Promise<Appended> {
    if (this.#waiting.length >= waitingMax) throw new Failure('unavailable', { retryAfterMs: 1_000 });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ judged, resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const group = this.#take();
      await this.#writeGroup(group);
      // Who was answered just now, and who came meanwhile, shall be in the next group: alone, each would wait for the disk in turn.
      if (group.length > 1 || this.#waiting.length > 0) await sleep(gatherMs);
    }
    this.#isWriting = false;
  }

  #take(): Waiting[] {
    let ids = 0;
    const fitting = this.#waiting.findIndex(({ judged }, i) => i >= groupMax || (i > 0 && (ids += idsOf(judged)) > groupIdsMax));
    return this.#waiting.splice(0, fitting < 0 ? this.#waiting.length : fitting);
  }

  /** One that turns out to be unwritable half way is told so, and the others are written without it. */
  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    let rest = group;
    while (rest.length > 0) {
      try {
        const verdicts = await this.#ports.database.transaction((queries) =>
          writeEntries(
            queries,
            rest.map(({ judged }) => judged),
            this.#ports.clock.now(),
            this.#ports.settings,
          ),
        );
        rest.forEach(({ resolve, reject }, i) => {
          const verdict = verdicts[i] as Verdict;
          if (verdict instanceof Failure) reject(verdict);
          else resolve(verdict);
        });
        return;
      } catch (failure) {
        const spoiled = failure instanceof Unwritable ? rest.find(({ judged }) => judged === failure.judged) : undefined;
        if (!spoiled || !(failure instanceof Unwritable)) return rest.forEach(({ reject }) => reject(failure));
        spoiled.reject(failure.failure);
        rest = rest.filter((waiting) => waiting !== spoiled);
      }
    }
  }
}

/** Found out after something was written: the transaction has to go. */
class Unwritable extends Error {
  override readonly name = 'Unwritable';
  readonly judged: JudgedEntry;
  readonly failure: Failure;

  constructor(judged: JudgedEntry, failure: Failure) {
    super();
    this.judged = judged;
    this.failure = failure;
  }
}

function idsOf({ entry: { body } }: JudgedEntry): number {
  if (body.type === 'commit') return body.addsCount;
  return body.type === 'sweep' || body.type === 'purge' ? body.idsCount : 0;
}

/** A verdict for each, in their order. */
async function writeEntries(
  queries: InTransaction,
  group: readonly JudgedEntry[],
  now: number,
  settings: DriveSettings,
): Promise<Verdict[]> {
  const heads = await readHeads(queries, [...new Set(group.map(({ space }) => space))]);
  const rooms = await logRooms(queries, [...new Set([...heads.values()].map(({ userId }) => userId))], now, settings);
  const accepted: JudgedEntry[] = [];
  const verdicts: Verdict[] = [];
  for (const judged of group) {
    const head = heads.get(judged.space);
    const refusal = refusalOf(judged, head, head && rooms.get(head.userId));
    if (refusal || !head) verdicts.push(refusal ?? new Failure('not-found'));
    else {
      const appended = { seq: judged.entry.seq, head: formatHex(judged.id) };
      heads.set(judged.space, { ...head, ...appended });
      accepted.push(judged);
      verdicts.push(appended);
    }
  }
  await addObjects(queries, accepted);
  for (const judged of accepted) await writeEffects(queries, judged, now);
  await writeLogs(queries, accepted, now);
  return verdicts;
}

type Head = Appended & { readonly endedAt: number | null; readonly userId: string };

/** @returns undefined for an entry that may be written: its bytes are counted then */
function refusalOf(judged: JudgedEntry, head: Head | undefined, room: LogRoom | undefined): Failure | undefined {
  if (!head || !room || head.endedAt !== null) return new Failure('not-found');
  if (head.head !== formatHex(judged.before.head)) return new Failure('head-conflict', { seq: head.seq, head: head.head });
  const cost = envelopeCost(judged.envelope);
  const bytesMax = logBytesAllowed(judged.entry.body.type, room.bytesMax);
  const missing = missingBytes(room.stored, cost, bytesMax);
  if (missing > 0) return new Failure('over-quota', { missingBytes: missing, bytesMax, of: 'log' });
  room.stored += cost;
  return undefined;
}

async function readHeads(queries: InTransaction, spaces: readonly SpaceId[]): Promise<Map<SpaceId, Head>> {
  const rows = await queries
    .selectFrom('space_logs')
    .innerJoin('spaces', 'spaces.space', 'space_logs.space')
    .select(['space_logs.space', 'seq', 'head', 'ended_at', 'spaces.user_id'])
    .where('space_logs.space', 'in', among(queries, spaces))
    .execute();
  return new Map(rows.map(({ space, seq, head, ended_at: endedAt, user_id: userId }) => [space, { seq, head, endedAt, userId }]));
}

async function writeLogs(queries: InTransaction, accepted: readonly JudgedEntry[], now: number): Promise<void> {
  const logs = accepted.map(({ space, after }) => ({
    space,
    seq: after.seq,
    head: formatHex(after.head),
    state: encodeLogState(after),
  }));
  await insertRows(queries, 'space_logs', logs, { replaces: ['space'] });
  const entries = accepted.map(({ space, entry, id, envelope }) => entryRow(space, entry.seq, id, entry.body.type, envelope, now));
  await insertRows(queries, 'log_entries', entries);
  const attachments = accepted.flatMap(({ space, entry, envelope }) => attachmentRows(space, entry.seq, envelope, now + deltaKeptMs));
  await insertRows(queries, 'log_attachments', attachments);
  await countLogBytes(
    queries,
    accepted.map(({ space, envelope }) => ({ space, bytes: envelopeCost(envelope) })),
  );
}

/** What the entry means for members, devices, and objects that end. */
async function writeEffects(queries: InTransaction, judged: JudgedEntry, now: number): Promise<void> {
  const { body } = judged.entry;
  if (body.type === 'rekey' || body.type === 'device') await writeStanding(queries, judged.before, judged.after, now);
  if (body.type === 'sweep') await applySweep(queries, judged, now);
  if (body.type === 'purge') await applyPurge(queries, judged, now);
  if (judged.ticketHash !== null) await useTicket(queries, judged, judged.ticketHash, now);
  if (judged.along) await writeAlong(queries, judged, judged.along);
}

async function writeAlong(queries: InTransaction, judged: JudgedEntry, along: Along): Promise<void> {
  try {
    await along(queries);
  } catch (failure) {
    throw failure instanceof Failure ? new Unwritable(judged, failure) : failure;
  }
}

/** Every id is in its space, in whatever state, and is live from now on; else nothing is. One statement for all, however many spaces. */
async function addObjects(queries: InTransaction, accepted: readonly JudgedEntry[]): Promise<void> {
  const adding = accepted
    .filter(({ entry }) => entry.body.type === 'commit' && entry.body.addsCount > 0)
    .map((judged) => ({ judged, ids: idsIn(judged.envelope, attachmentNumbers.adds) }));
  const rows = adding.flatMap(({ judged, ids }) => ids.map((id) => ({ space: judged.space, id, seq: judged.entry.seq })));
  if (rows.length === 0) return;
  const given = valueTable(queries, {
    space: rows.map(({ space }) => space),
    id: rows.map(({ id }) => id),
    seq: rows.map(({ seq }) => seq),
  });
  const { numAffectedRows } = await sql`
    update objects
    set state = 'live', born = coalesce(born, given.seq), last_add = given.seq, end_seq = null, ended_at = null
    from ${given} as given
    where objects.space = given.space and objects.id = given.id
  `.execute(queries);
  if (Number(numAffectedRows) !== rows.length) for (const { judged, ids } of adding) await demandPresent(queries, judged, ids);
}

/** @throws Unwritable with the ids that the space lacks */
async function demandPresent(queries: InTransaction, judged: JudgedEntry, ids: readonly ObjectId[]): Promise<void> {
  const found = await queries
    .selectFrom('objects')
    .select('id')
    .where('space', '=', judged.space)
    .where('id', 'in', among(queries, ids))
    .execute();
  if (found.length === ids.length) return;
  const present = new Set(found.map(({ id }) => id));
  const absent = ids.filter((id) => !present.has(id));
  throw new Unwritable(judged, new Failure('objects-missing', { count: absent.length, missing: absent.slice(0, missingNamedMax) }));
}

async function useTicket(queries: InTransaction, judged: JudgedEntry, hash: string, now: number): Promise<void> {
  const { numUpdatedRows } = await queries
    .updateTable('tickets')
    .set({ used_at: now })
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (numUpdatedRows !== 1n) throw new Unwritable(judged, new Failure('ticket-refused'));
}
