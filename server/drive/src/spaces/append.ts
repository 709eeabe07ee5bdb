// Appends entries by compare-and-swap on the head (spec/spaces.md "Append"). Entries are judged one by one before, each against a state in
// memory; what is written is written for many spaces in one transaction, so that a synced disk is waited for once.
import { formatHex } from '@reprise/kit';
import { Failure, formatId, type SpaceId, type UserId } from '@reprise/protocol';
import {
  type Advanced,
  advanceLog,
  decodeEntry,
  decodeEnvelope,
  decodeLogState,
  entryId,
  type Envelope,
  type LogState,
} from '@reprise/protocol/formats';
import type { SignedSpace } from '../device.ts';
import type { Change, ChangeFeed } from '../events/feed.ts';
import type { DrivePorts } from '../ports.ts';
import { type Along, AppendGroup, type JudgedEntry } from './append-group.ts';
import { entryIdAt, readHead } from './log-rows.ts';
import { DiskGauge } from './receive.ts';
import { isUrgent } from './rules.ts';
import { checkPurge, planSweep } from './sweep-entry.ts';

/** Who asks to write to which space. */
export type AskedSpace = Pick<SignedSpace, 'space' | 'signer'>;
export type Appended = { readonly seq: number; readonly head: string };

const statesMax = 2_000;
/** What must stay of the disk's reserve for entries that free bytes or shut somebody out. */
const urgentReserveShare = 0.5;

export class LogAppender {
  readonly #ports: DrivePorts;
  readonly #group: AppendGroup;
  readonly #feed: ChangeFeed;
  readonly #disk: DiskGauge;
  /** Least recently used first. Each is checked against the row's head before it counts. */
  readonly #states = new Map<SpaceId, LogState>();

  constructor(ports: DrivePorts, feed: ChangeFeed) {
    this.#ports = ports;
    this.#feed = feed;
    this.#group = new AppendGroup(ports);
    this.#disk = new DiskGauge(ports);
  }

  /**
   * Resolves once the entry is durable. The entry that is the head already is answered as if it were new.
   * @param along is written in the same transaction
   * @throws Failure log-refused, role-refused, head-conflict, objects-missing, table-differs, over-quota, disk-full, not-found
   */
  async append(space: AskedSpace, body: Uint8Array, along: Along | null = null): Promise<Appended> {
    const envelope = decodeEnvelope(body);
    const found = await this.#judge(space, envelope);
    if ('seq' in found) return found;
    const judged = { ...found, along };
    await this.#disk.check(body.length, isUrgent(judged.entry.body.type) ? urgentReserveShare : 1);
    const appended = await this.#write(judged);
    this.#keep(space.space, judged.after);
    const { seq, head } = appended;
    await this.#feed.announce({ space: space.space, seq, head, ...standing(judged), ...large(judged) });
    return appended;
  }

  async #write(judged: JudgedEntry): Promise<Appended> {
    try {
      return await this.#group.add(judged);
    } catch (failure) {
      // Whoever lost the race finds the new state in the row.
      this.#states.delete(judged.space);
      throw failure;
    }
  }

  /** @returns the entry with all that follows from it, or where it stands if it was appended before */
  async #judge(space: AskedSpace, envelope: Envelope): Promise<JudgedEntry | Appended> {
    const cached = this.#states.get(space.space);
    const first = cached && (await this.#advance(space, cached, envelope).catch(placeFailure));
    if (first && !(first instanceof Failure)) return first;
    const row = await readHead(this.#ports.database, space.space);
    if (!row) throw new Failure('not-found');
    const before = decodeLogState(row.state);
    this.#keep(space.space, before);
    try {
      return await this.#advance(space, before, envelope);
    } catch (failure) {
      if (!isPlace(failure)) throw failure;
      return (await this.#appendedBefore(space.space, envelope)) ?? conflict(failure, row);
    }
  }

  async #advance(space: AskedSpace, before: LogState, envelope: Envelope): Promise<JudgedEntry> {
    const advanced = await advanceLog(before, envelope, 'all');
    checkSigner(space, advanced);
    const judged = { space: space.space, before, after: advanced.state, entry: advanced.entry, id: advanced.id, envelope };
    await checkPurge(this.#ports.database, judged, this.#ports.clock.now());
    const ticketHash = space.signer.kind === 'ticket' ? space.signer.ticketHash : null;
    return { ...judged, ticketHash, along: null, sweep: await planSweep(this.#ports.database, judged) };
  }

  /** An answer that was lost on its way is given again. */
  async #appendedBefore(space: SpaceId, envelope: Envelope): Promise<Appended | undefined> {
    const { seq } = decodeEntry(envelope.entry);
    const id = formatHex(await entryId(envelope.entry));
    return (await entryIdAt(this.#ports.database, space, seq)) === id ? { seq, head: id } : undefined;
  }

  #keep(space: SpaceId, state: LogState): void {
    const known = this.#states.get(space);
    if (known && known.seq > state.seq) return;
    this.#states.delete(space);
    this.#states.set(space, state);
    if (this.#states.size > statesMax) this.#states.delete(this.#states.keys().next().value as SpaceId);
  }
}

/** Whether the entry may be right, only not in this place. */
function isPlace(failure: unknown): failure is Failure {
  return failure instanceof Failure && failure.code === 'log-refused' && ['seq', 'prev'].includes(String(failure.facts['step']));
}

/** A state from memory may be an old one: only what the row's own state refuses is refused. */
function placeFailure(failure: unknown): Failure {
  if (failure instanceof Failure && (failure.code === 'log-refused' || failure.code === 'table-differs')) return failure;
  throw failure;
}

function conflict(cause: Failure, { seq, head }: { readonly seq: number; readonly head: string }): never {
  throw new Failure('head-conflict', { seq, head }, { cause });
}

/** A ticket certifies one device of its own account and does nothing else. What a device signs, any member may carry. */
function checkSigner({ signer }: AskedSpace, { entry, state }: Advanced): void {
  if (signer.kind === 'device') return;
  const isNewDevice = entry.body.type === 'device' && entry.body.change === 'certificate';
  const owner = state.devices.get(formatId(entry.deviceId))?.userId;
  if (!isNewDevice || owner !== signer.userId) throw new Failure('role-refused');
}

function large({ sweep }: JudgedEntry): { readonly largeSweep?: true } {
  return sweep?.waitFactor === 2 ? { largeSweep: true } : {};
}

/** More would not fit a message. */
const standingNamedMax = 32;

/** Whose membership or devices the entry has changed. */
function standing({ before, after, entry: { body } }: JudgedEntry): Pick<Change, 'standing'> {
  if (body.type !== 'device' && body.type !== 'rekey') return {};
  const users = new Set<UserId>();
  for (const userId of [...before.members.keys(), ...after.members.keys()])
    if (before.members.has(userId) !== after.members.has(userId)) users.add(userId);
  for (const [device, facts] of after.devices) if (before.devices.get(device) !== facts) users.add(facts.userId);
  return { standing: users.size > standingNamedMax ? 'everyone' : [...users] };
}
