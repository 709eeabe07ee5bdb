// A user's public key for wrapping, numbered and signed by the user's identity: spec/epochs.md "KEM record".
import { type Bytes, equalBytes } from '@reprise/kit';
import { userIdOf } from './certificate.ts';
import { decodeDcbor, encodeDcbor } from './dcbor.ts';
import { taggedHash } from './hash.ts';
import { hashLabels, signatureLabels } from './labels.ts';
import { badObject, readBytes, readTuple, readUint } from './shape.ts';
import { type SigningKey, sign, verifySignature } from './signature.ts';

/** An X-Wing public key. */
export const kemPublicBytes = 1_216;
/** Longest encoding: 1,216 bytes of key, 32 of user id, 64 of signature, and what frames them. */
export const kemRecordBytesMax = 1_344;

export type KemRecord = {
  readonly userId: Bytes;
  readonly kemPublic: Bytes;
  /** Which of the user's keys it is: a later one has a higher number. */
  readonly number: number;
};

/** dCBOR[x, Sig("rp1/sig/kem", identity, x)] with x = dCBOR[1, user id, public key, number]. */
export async function signKemRecord(identity: SigningKey, kem: { readonly kemPublic: Bytes; readonly number: number }): Promise<Bytes> {
  const x = encodeDcbor([1, await userIdOf(identity.publicKey), kem.kemPublic, kem.number]);
  return encodeDcbor([x, await sign(signatureLabels.kem, identity, x)]);
}

/** @throws Failure bad-object unless this identity signed it. */
export async function verifyKemRecord(record: Uint8Array, identityKey: Uint8Array): Promise<KemRecord> {
  if (record.length > kemRecordBytesMax) throw badObject('the KEM record is too long');
  const [x, signature] = readTuple(decodeDcbor(record), 2).map((part) => readBytes(part)) as [Bytes, Bytes];
  if (!verifySignature(signatureLabels.kem, identityKey, x, signature)) throw badObject('the KEM record is not signed by the identity');
  const [version, userId, kemPublic, number] = readTuple(decodeDcbor(x), 4);
  readUint(version, 1, 1);
  const facts = { userId: readBytes(userId, 32), kemPublic: readBytes(kemPublic, kemPublicBytes), number: readUint(number, 2 ** 32 - 1) };
  if (!equalBytes(facts.userId, await userIdOf(identityKey))) throw badObject('the KEM record names another user');
  return facts;
}

/** TH("rp1/hash/kem", record): what the log says about a member's record. */
export function kemRecordHash(record: Uint8Array): Promise<Bytes> {
  return taggedHash(hashLabels.kem, record);
}
