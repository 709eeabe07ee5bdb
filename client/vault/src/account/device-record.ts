// What an enrolled device keeps: who it is in which account, and the account's keys, sealed for this device alone. spec/accounts.md "Device".
import type { Bytes, RandomBytes } from '@reprise/kit';
import {
  badObject,
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  readArray,
  readBytes,
  readText,
  readTuple,
  readUint,
  type SignedCertificate,
} from '@reprise/protocol/formats';
import type { Engine } from '../engine.ts';
import { openLocal, sealLocal } from '../local.ts';
import type { SlotType } from './slots.ts';

export type DeviceRecord = {
  /** `https://host`. */
  readonly origin: string;
  /** As typed at sign-in: the sign-in name, or the locator of the account code. */
  readonly name: string;
  readonly locator: string;
  readonly userId: Bytes;
  readonly identityKey: Bytes;
  readonly homeSpace: Bytes;
  readonly certificate: SignedCertificate;
  /** False until the log holds the certificate: a device killed in between goes on from here. */
  readonly enrolled: boolean;
  readonly slot: DeviceSlot;
  /** New keys of the account, before the log has said that they are in force; null: none are on their way. */
  readonly next: DeviceSlot | null;
  /** The way in that was proved on this device last: it seals a newer checkpoint into that slot from time to time. */
  readonly door: KeptDoor | null;
};

export type DeviceSlot = { readonly slotId: Bytes; readonly version: number; readonly sealed: Bytes };

export type KeptDoor = {
  readonly type: DoorType;
  readonly slotId: Bytes;
  /** What opens the slot, sealed for this device: `sealDoorKey`. */
  readonly sealedKek: Bytes;
  /** Number of the entry that the slot's checkpoint names. */
  readonly seq: number;
};
export type DoorType = Exclude<SlotType, 'device'>;
const doorTypes: readonly DoorType[] = ['password', 'recovery', 'passkey'];

export function encodeDeviceRecord(record: DeviceRecord): Bytes {
  const fields = [
    record.origin,
    record.name,
    record.locator,
    record.userId,
    record.identityKey,
    record.homeSpace,
    record.certificate as DcborValue,
    record.enrolled,
    encodeSlot(record.slot),
  ];
  const { next, door } = record;
  return encodeDcbor(next || door ? [2, ...fields, next && encodeSlot(next), door && encodeDoor(door)] : [1, ...fields]);
}

function encodeDoor({ type, slotId, sealedKek, seq }: KeptDoor): DcborValue {
  return [doorTypes.indexOf(type), slotId, sealedKek, seq];
}

function encodeSlot({ slotId, version, sealed }: DeviceSlot): DcborValue {
  return [slotId, version, sealed];
}

/** @throws Failure bad-object */
export function decodeDeviceRecord(bytes: Uint8Array): DeviceRecord {
  const value = decodeDcbor(bytes);
  const version = readUint(readArray(value)[0], 2, 1);
  const [, origin, name, locator, userId, identityKey, homeSpace, certificate, enrolled, slot, next = null, door = null] = readTuple(
    value,
    version === 1 ? 10 : 12,
  );
  if (version === 2 && next === null && door === null) throw badObject('a record of version 2 holds more');
  const [x, signature] = readTuple(certificate, 2);
  return {
    origin: readText(origin),
    name: readText(name),
    locator: readText(locator),
    userId: readBytes(userId, 32),
    identityKey: readBytes(identityKey, 32),
    homeSpace: readBytes(homeSpace, 32),
    certificate: [readBytes(x), readBytes(signature, 64)],
    enrolled: enrolled === true,
    slot: readSlot(slot),
    next: next === null ? null : readSlot(next),
    door: door === null ? null : readDoor(door),
  };
}

function readDoor(value: DcborValue | undefined): KeptDoor {
  const [type, slotId, sealedKek, seq] = readTuple(value, 4);
  return {
    type: doorTypes[readUint(type, doorTypes.length - 1)] as DoorType,
    slotId: readBytes(slotId, 16),
    sealedKek: readBytes(sealedKek),
    seq: readUint(seq),
  };
}

function readSlot(value: DcborValue | undefined): DeviceSlot {
  const [slotId, version, sealed] = readTuple(value, 3);
  return { slotId: readBytes(slotId, 16), version: readUint(version, 2 ** 32 - 1), sealed: readBytes(sealed) };
}

const doorTable = 'door';

/** @param key of the device, 32 bytes @param kek 32 bytes */
export function sealDoorKey(engine: Engine, key: Bytes, slotId: Bytes, kek: Bytes, random: RandomBytes): Promise<Bytes> {
  return sealLocal(engine, key, { table: doorTable, row: slotId }, kek, random);
}

/** @throws Failure reject */
export function openDoorKey(engine: Engine, key: Bytes, { slotId, sealedKek }: KeptDoor): Promise<Bytes> {
  return openLocal(engine, key, { table: doorTable, row: slotId }, sealedKek);
}
