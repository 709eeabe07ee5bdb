// An identity vouches for a device's key, says what it may do, and ends it: spec/link.md "Device certificate", spec/log.md "Devices".
import { type Bytes, equalBytes } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor } from './dcbor.ts';
import { taggedHash } from './hash.ts';
import { hashLabels, signatureLabels } from './labels.ts';
import { badObject, readBytes, readTuple, readUint } from './shape.ts';
import { isAdmissibleKey, type SigningKey, sign, verifySignature } from './signature.ts';

export const capabilities = { commit: 1, rekey: 2, sweep: 4, account: 8 } as const;
/** What a first device may do: everything. */
export const allCapabilities = 15;

/** Whether it is the device of a tool, an app credential: it may read and at most commit. spec/accounts.md "App credentials". @param caps bits of `capabilities` */
export function isAppDevice(caps: number): boolean {
  return (caps & ~capabilities.commit) === 0;
}

export type Certificate = {
  readonly userId: Bytes;
  readonly devicePublic: Bytes;
  readonly createdMs: number;
  readonly caps: number;
};

/** [x, Sig("rp1/sig/device", identity, x)] with x = dCBOR[1, user id, device public key, created ms, caps]. */
export type SignedCertificate = readonly [Bytes, Bytes];

export function userIdOf(identityKey: Uint8Array): Promise<Bytes> {
  return taggedHash(hashLabels.user, identityKey);
}

export function deviceIdOf(devicePublic: Uint8Array): Promise<Bytes> {
  return taggedHash(hashLabels.device, devicePublic);
}

export async function signCertificate(
  identity: SigningKey,
  device: { readonly devicePublic: Bytes; readonly createdMs: number; readonly caps: number },
): Promise<SignedCertificate> {
  const userId = await userIdOf(identity.publicKey);
  const x = encodeDcbor([1, userId, device.devicePublic, device.createdMs, device.caps]);
  return [x, await sign(signatureLabels.device, identity, x)];
}

/** @throws Failure bad-object unless this identity signed it and its key may be admitted. */
export async function verifyCertificate(value: DcborValue | undefined, identityKey: Uint8Array): Promise<Certificate> {
  const [x, signature] = readTuple(value, 2).map((part) => readBytes(part)) as [Bytes, Bytes];
  if (!isAdmissibleKey(identityKey)) throw badObject('the identity key is not admissible');
  if (!verifySignature(signatureLabels.device, identityKey, x, signature)) throw badObject('the certificate is not signed by the identity');
  const [version, userId, devicePublic, createdMs, caps] = readTuple(decodeDcbor(x), 5);
  readUint(version, 1, 1);
  const certificate = {
    userId: readBytes(userId, 32),
    devicePublic: readBytes(devicePublic, 32),
    createdMs: readUint(createdMs),
    caps: readUint(caps, allCapabilities),
  };
  if (!equalBytes(certificate.userId, await userIdOf(identityKey))) throw badObject('the certificate names another user');
  if (!isAdmissibleKey(certificate.devicePublic)) throw badObject('the device key is not admissible');
  return certificate;
}

export type Revocation = { readonly userId: Bytes; readonly deviceId: Bytes; readonly timeMs: number };

/** [x, Sig("rp1/sig/device-end", identity, x)] with x = dCBOR[1, user id, device id, time ms]. */
export type SignedRevocation = readonly [Bytes, Bytes];

export async function signRevocation(
  identity: SigningKey,
  end: { readonly deviceId: Bytes; readonly timeMs: number },
): Promise<SignedRevocation> {
  const x = encodeDcbor([1, await userIdOf(identity.publicKey), end.deviceId, end.timeMs]);
  return [x, await sign(signatureLabels.deviceEnd, identity, x)];
}

/** @throws Failure bad-object unless this identity signed it. */
export async function verifyRevocation(value: DcborValue | undefined, identityKey: Uint8Array): Promise<Revocation> {
  const [x, signature] = readTuple(value, 2).map((part) => readBytes(part)) as [Bytes, Bytes];
  if (!verifySignature(signatureLabels.deviceEnd, identityKey, x, signature))
    throw badObject('the revocation is not signed by the identity');
  const [version, userId, deviceId, timeMs] = readTuple(decodeDcbor(x), 4);
  readUint(version, 1, 1);
  const revocation = { userId: readBytes(userId, 32), deviceId: readBytes(deviceId, 32), timeMs: readUint(timeMs) };
  if (!equalBytes(revocation.userId, await userIdOf(identityKey))) throw badObject('the revocation names another user');
  return revocation;
}
