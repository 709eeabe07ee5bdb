// An account opened on an enrolled device: the session that the drive takes, and the keys for what only the account itself does.
import type { Bytes, RandomBytes } from '@reprise/kit';
import {
  deviceIdOf,
  Failure,
  formatId,
  importSigningKey,
  type SigningKey,
  type UserId,
  type SpaceId,
  type DeviceId,
} from '@reprise/protocol';
import { type Engine, homeEpochKey } from '@reprise/vault';
import {
  type AccountKeys,
  type DeviceRecord,
  type DeviceSlot,
  encodeDeviceRecord,
  type OpaqueClient,
  openSlot,
  sealSlot,
  type SlotContent,
} from '@reprise/vault/account';
import type { Connection } from '../connect.ts';
import type { HeadStore } from '../drive/head-store.ts';
import type { DeviceStore } from './device-store.ts';
import type { AccountSession, LogPoint } from './session.ts';

/** What every act on an account needs of the program it runs in. */
export type AccountPorts = {
  readonly connection: Connection;
  readonly engine: Engine;
  readonly store: DeviceStore;
  /** The same that the drive uses, so that the account's log is followed once. */
  readonly heads: HeadStore;
  /** Runs OPAQUE with its slow key stretching; a browser gives one that works in its own worker. */
  readonly opaque: OpaqueClient;
};

/** An account that is open on this device: its session, its keys, and what the device keeps of it. */
export type OpenedAccount = {
  readonly session: AccountSession;
  readonly keys: AccountKeys;
  readonly record: DeviceRecord;
};

/** What this device certifies itself with, and to which account. */
export type NewRecord = Omit<DeviceRecord, 'slot' | 'next' | 'door' | 'enrolled'>;

/** Seals the account's keys for this device and keeps them, not enrolled yet. */
export async function keepRecord(ports: AccountPorts, fields: NewRecord, content: SlotContent): Promise<DeviceRecord> {
  const record: DeviceRecord = { ...fields, enrolled: false, slot: await sealForDevice(ports, content), next: null, door: null };
  await ports.store.save(encodeDeviceRecord(record));
  return record;
}

/** A slot that opens on this device alone. */
export async function sealForDevice({ engine, store, connection }: AccountPorts, content: SlotContent): Promise<DeviceSlot> {
  const place = { userId: content.userId, slotId: connection.random(16), version: 1 };
  const sealed = await sealSlot(engine, 'device', await store.sealingKey(), place, content, connection.random);
  return { slotId: place.slotId, version: place.version, sealed };
}

/** The log holds this device's certificate. */
export async function markEnrolled(ports: AccountPorts, record: DeviceRecord): Promise<DeviceRecord> {
  const enrolled = { ...record, enrolled: true };
  await ports.store.save(encodeDeviceRecord(enrolled));
  return enrolled;
}

/** @throws Failure reject if the record is not this device's, or was changed */
export async function openRecord(ports: AccountPorts, record: Pick<DeviceRecord, 'userId' | 'slot'>): Promise<SlotContent> {
  const { slotId, version, sealed } = record.slot;
  return openSlot(ports.engine, 'device', await ports.store.sealingKey(), { userId: record.userId, slotId, version }, sealed);
}

export async function openedAccount(ports: AccountPorts, record: DeviceRecord, keys: AccountKeys, start: LogPoint): Promise<OpenedAccount> {
  const device = await withId(await ports.store.signingKey());
  const session: AccountSession = {
    connection: ports.connection,
    userId: formatId<UserId>(record.userId),
    homeSpace: formatId<SpaceId>(record.homeSpace),
    deviceId: formatId<DeviceId>(device.deviceId),
    author: { identityKey: record.identityKey, certificate: record.certificate, device },
    epochKey: (epoch) => homeEpochKey(ports.engine, keys.amk, epoch),
    start,
  };
  return { session, keys, record };
}

export type DeviceKey = SigningKey & { readonly deviceId: Bytes };

export async function withId(key: SigningKey): Promise<DeviceKey> {
  return { ...key, deviceId: await deviceIdOf(key.publicKey) };
}

/** The device as requests are signed by it. */
export function deviceOf(account: OpenedAccount): DeviceKey {
  return account.session.author.device as DeviceKey;
}

export async function identityOf(keys: AccountKeys): Promise<SigningKey> {
  return importSigningKey(keys.identitySeed);
}

export function drawKeys(random: RandomBytes): AccountKeys {
  return { amk: random(32), identitySeed: random(32), kem: { number: 1, seed: random(32) }, codeSecret: random(16) };
}

/** Whether the server knows this device, which it does once the log holds its certificate. */
export async function isKnown({ connection }: AccountPorts, account: OpenedAccount, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await connection.call('account.get', { params: {}, device: deviceOf(account), signal });
    return true;
  } catch (error) {
    if (error instanceof Failure && error.code === 'signature-refused') return false;
    throw error;
  }
}
