// Writes the home space of a new account: its row, its log of one entry, and who may write it (spec/accounts.md "Opening an account").
import { type InTransaction, insertRows } from '@reprise/database';
import { formatHex } from '@reprise/kit';
import { formatId, type SpaceId } from '@reprise/protocol';
import { encodeEnvelope, encodeLogState, type Envelope, type LogState } from '@reprise/protocol/formats';

export type NewHome = {
  /** A genesis, judged. */
  readonly envelope: Envelope;
  readonly state: LogState;
  readonly createdAt: number;
  readonly bytesMax: number;
};

/** @returns the id of the space; a second one of the same genesis breaks its key */
export async function createHome(queries: InTransaction, { envelope, state, createdAt, bytesMax }: NewHome): Promise<SpaceId> {
  const space = formatId<SpaceId>(state.space);
  const [member] = [...state.members].map(([user_id, { role }]) => ({ space, user_id, role }));
  const [device] = [...state.devices].map(([id, { userId, publicKey, caps }]) => ({
    space,
    device: id,
    user_id: userId,
    public_key: publicKey,
    caps,
  }));
  if (!member || !device) throw new Error('a judged genesis has one member and one device');
  const row = {
    space,
    kind: state.kind,
    user_id: member.user_id,
    device_id: device.device,
    device_public: device.public_key,
    genesis: encodeEnvelope(envelope),
    created_at: createdAt,
    bytes_max: bytesMax,
  };
  await insertRows(queries, 'spaces', [row]);
  const head = formatHex(state.head);
  await insertRows(queries, 'space_logs', [{ space, seq: 0, head, state: encodeLogState(state) }]);
  const { entry, signature } = envelope;
  await insertRows(queries, 'log_entries', [
    { space, seq: 0, id: head, type: 'genesis' as const, entry, signature, received_at: createdAt },
  ]);
  const attachments = [...envelope.attachments].map(([number, bytes]) => ({ space, seq: 0, number, bytes }));
  await insertRows(queries, 'log_attachments', attachments);
  await insertRows(queries, 'space_members', [member]);
  await insertRows(queries, 'space_devices', [device]);
  return space;
}
