// Seals newer checkpoints into the slot that a device came in by: a server that goes back behind one is refused by whoever comes by that slot next.
// spec/accounts.md "Slots".
import { type Bytes, formatBase64url, formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import {
  type DeviceRecord,
  type DoorType,
  encodeDeviceRecord,
  openDoorKey,
  sealDoorKey,
  sealSlot,
  type SlotContent,
} from '@reprise/vault/account';
import { homeOf, keptHome, pointOf } from './home-log.ts';
import { type AccountPorts, deviceOf, type OpenedAccount, openRecord } from './opened.ts';
import { isUnder } from './settle-keys.ts';
import { readRecord } from './unlock.ts';

/** A way in that was proved or made on this device, and the key of its slot. */
export type OpenedDoor = { readonly type: DoorType; readonly kek: Bytes; readonly slotId: Bytes };

/** So many entries a checkpoint may be behind before it is renewed. */
const entriesMax = 64;

/** @param seq of the entry that the slot's checkpoint names */
export async function withDoor(ports: AccountPorts, record: DeviceRecord, door: OpenedDoor, seq: number): Promise<DeviceRecord> {
  const { type, slotId, kek } = door;
  const sealedKek = await sealDoorKey(ports.engine, await ports.store.sealingKey(), slotId, kek, ports.connection.random);
  return { ...record, door: { type, slotId, sealedKek, seq } };
}

/**
 * Asks the server only where the head that was accepted here is far ahead of the checkpoint. What fails is tried another time.
 * @throws Failure reject if the device's record was changed
 */
export async function renewCheckpoint(ports: AccountPorts, account: OpenedAccount, signal?: AbortSignal): Promise<void> {
  const record = await readRecord(ports);
  const log = await keptHome(homeOf(ports, account));
  if (!record?.door || !log.isStarted || log.disagreement || log.state.seq - record.door.seq < entriesMax) return;
  const { keys } = await openRecord(ports, record);
  if (!(await isUnder(ports.engine, log.state, keys))) return;
  const door = { ...record.door, kek: await openDoorKey(ports.engine, await ports.store.sealingKey(), record.door) };
  const content = { keys, userId: record.userId, homeSpace: record.homeSpace, checkpoint: pointOf(log.state) };
  try {
    const { slots } = await ports.connection.call('account.slots', { params: {}, device: deviceOf(account), signal });
    const slot = slots.find((each) => each.slot === formatHex(door.slotId));
    if (slot) await renewSlot(ports, account, door, slot.version, content, signal);
    // The slot is gone, with the password that it was for say: there is nothing to renew.
    const kept = slot ? { ...record.door, seq: log.state.seq } : null;
    await ports.store.save(encodeDeviceRecord({ ...record, door: kept }));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** @param version of the slot as it is @throws Failure version-conflict if another device was quicker; not-found, network … */
export async function renewSlot(
  { connection, engine }: AccountPorts,
  account: OpenedAccount,
  { type, kek, slotId }: OpenedDoor,
  version: number,
  content: SlotContent,
  signal: AbortSignal | undefined,
): Promise<void> {
  const place = { userId: content.userId, slotId, version: version + 1 };
  const sealed = await sealSlot(engine, type, kek, place, content, connection.random);
  await connection.call('account.renewSlot', {
    params: { slot: formatHex(slotId) },
    device: deviceOf(account),
    body: { version: place.version, sealed: formatBase64url(sealed) },
    signal,
  });
}
