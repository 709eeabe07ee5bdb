// Opens a space whose log the server follows: a home with its account, a drive for an account that is there (spec/spaces.md "Opening").
import { type InTransaction, type Row, insertRows } from '@reprise/database';
import { equalBytes } from '@reprise/kit';
import { type DeviceId, Failure, formatId, type SpaceId, type UserId } from '@reprise/protocol';
import {
  decodeEntry,
  decodeEnvelope,
  type Device,
  encodeLogState,
  type Envelope,
  type LogState,
  startLog,
} from '@reprise/protocol/formats';
import { envelopeCost } from './log-allowance.ts';
import { attachmentRows, entryRow } from './log-rows.ts';
import { writeStanding } from './standing.ts';

/** A genesis that was judged, with what follows from it. */
export type OpenedLog = {
  readonly space: SpaceId;
  readonly userId: UserId;
  readonly bytes: Uint8Array;
  readonly envelope: Envelope;
  readonly state: LogState;
};

/** Which kind of space a genesis is for, before it is judged. @throws Failure genesis-refused */
export function kindOfGenesis(bytes: Uint8Array): number {
  try {
    const { body } = decodeEntry(decodeEnvelope(bytes).entry);
    if (body.type === 'genesis') return body.kind;
  } catch (cause) {
    throw genesisRefused(cause);
  }
  throw new Failure('genesis-refused', { reason: 'the entry is no genesis' });
}

/** @throws Failure genesis-refused with facts.reason */
export async function readGenesis(bytes: Uint8Array): Promise<OpenedLog> {
  try {
    const envelope = decodeEnvelope(bytes);
    const state = await startLog(envelope, 'all');
    const [userId] = state.members.keys();
    return { space: formatId<SpaceId>(state.space), userId: userId as UserId, bytes, envelope, state };
  } catch (cause) {
    throw genesisRefused(cause);
  }
}

function genesisRefused(cause: unknown): unknown {
  if (!(cause instanceof Failure)) return cause;
  return new Failure('genesis-refused', { reason: cause.facts['reason'] ?? cause.code }, { cause });
}

/**
 * Writes the space, the first entry of its log, its member and its device; the same genesis again finds what is there.
 * An account whose home it is must be written after it, and its device with it.
 * @throws Failure genesis-refused when the space was deleted, or is there with another envelope
 */
export async function openLog(
  queries: InTransaction,
  { space, userId, bytes, envelope, state }: OpenedLog,
  now: number,
): Promise<Row<'spaces'>> {
  const [deviceId, device] = [...state.devices][0] as [DeviceId, Device];
  const row = {
    space,
    kind: state.kind,
    user_id: userId,
    device_id: deviceId,
    device_public: device.publicKey,
    genesis: new Uint8Array(bytes),
    created_at: now,
    // The account's plan bounds the sum of its spaces.
    bytes_max: 0,
    log_bytes: envelopeCost(envelope),
  };
  const inserted = await insertRows(queries, 'spaces', [row], 'ignore');
  const found = await queries.selectFrom('spaces').selectAll().where('space', '=', space).executeTakeFirstOrThrow();
  if (inserted === 0) return sameSpace(found, bytes);
  await insertRows(queries, 'space_logs', [{ space, seq: 0, head: formatId<string>(state.head), state: encodeLogState(state) }]);
  await insertRows(queries, 'log_entries', [entryRow(space, 0, state.head, 'genesis', envelope, now)]);
  await insertRows(queries, 'log_attachments', attachmentRows(space, 0, envelope, null));
  await writeStanding(queries, undefined, state, now);
  return found;
}

function sameSpace(found: Row<'spaces'>, bytes: Uint8Array): Row<'spaces'> {
  if (found.ended_at !== null) throw new Failure('genesis-refused', { reason: 'this space was deleted' });
  if (!equalBytes(found.genesis, bytes)) throw new Failure('genesis-refused', { reason: 'the space exists with another envelope' });
  return found;
}
