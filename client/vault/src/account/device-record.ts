// What an enrolled device keeps: who it is in which account, and the account's keys, sealed for this device alone. spec/accounts.md "Device".
import type { Bytes } from '@reprise/kit';
import {
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  readBytes,
  readText,
  readTuple,
  readUint,
  type SignedCertificate,
} from '@reprise/protocol/formats';

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
  readonly slot: { readonly slotId: Bytes; readonly version: number; readonly sealed: Bytes };
};

export function encodeDeviceRecord(record: DeviceRecord): Bytes {
  return encodeDcbor([
    1,
    record.origin,
    record.name,
    record.locator,
    record.userId,
    record.identityKey,
    record.homeSpace,
    record.certificate as DcborValue,
    record.enrolled,
    [record.slot.slotId, record.slot.version, record.slot.sealed],
  ]);
}

/** @throws Failure bad-object */
export function decodeDeviceRecord(bytes: Uint8Array): DeviceRecord {
  const [version, origin, name, locator, userId, identityKey, homeSpace, certificate, enrolled, slot] = readTuple(decodeDcbor(bytes), 10);
  readUint(version, 1, 1);
  const [slotId, slotVersion, sealed] = readTuple(slot, 3);
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
    slot: { slotId: readBytes(slotId, 16), version: readUint(slotVersion, 2 ** 32 - 1), sealed: readBytes(sealed) },
  };
}
