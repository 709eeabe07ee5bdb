// The first entry of a space certifies the space itself: its hash is the space's id. spec/link.md "Genesis".
import { type Bytes, equalBytes, u32 } from '@reprise/kit';
import { allCapabilities, deviceIdOf, type SignedCertificate, verifyCertificate } from './certificate.ts';
import { type DcborMap, type DcborValue, decodeDcbor, encodeDcbor } from './dcbor.ts';
import { Failure } from './failures.ts';
import { taggedHash } from './hash.ts';
import { hashLabels, signatureLabels } from './labels.ts';
import { genesisBytesMax } from './limits.ts';
import { badObject, readArray, readBytes, readMap, readTuple, readUint } from './shape.ts';
import { type SigningKey, sign, verifySignature } from './signature.ts';

/** The kind of a space that a browser or program without an account made. */
export const anonymousSpaceKind = 3;

export type Policy = {
  readonly versionMin: number;
  readonly suiteMin: number;
  readonly retentionDays: number;
  readonly paddingMode: number;
};

export type GenesisFacts = {
  readonly identityKey: Bytes;
  readonly nonce: Bytes;
  readonly policy: Policy;
  readonly epochCommitment: Bytes;
  readonly kind: number;
  readonly deviceId: Bytes;
  readonly timeMs: number;
};

export type Genesis = GenesisFacts & {
  readonly space: Bytes;
  readonly userId: Bytes;
  readonly devicePublic: Bytes;
  readonly caps: number;
};

/** TH("rp1/hash/epoch", genesis nonce || u32 1 || key): what genesis says about the key of epoch 1. */
export function epochCommitment(nonce: Uint8Array, epochKey: Uint8Array): Promise<Bytes> {
  return taggedHash(hashLabels.epoch, nonce, u32(1), epochKey);
}

export function spaceIdOf(genesisEntry: Uint8Array): Promise<Bytes> {
  return taggedHash(hashLabels.space, genesisEntry);
}

/** Encodes and signs a genesis entry. The envelope is what a server takes and keeps. */
export async function signGenesis(
  device: SigningKey,
  certificate: SignedCertificate,
  facts: GenesisFacts,
): Promise<{ readonly space: Bytes; readonly envelope: Bytes }> {
  const { policy } = facts;
  const body: DcborMap = new Map<number, DcborValue>([
    [1, facts.identityKey],
    [2, certificate],
    [3, facts.nonce],
    [
      4,
      new Map([
        [1, policy.versionMin],
        [2, policy.suiteMin],
        [3, policy.retentionDays],
        [4, policy.paddingMode],
      ]),
    ],
    [5, facts.epochCommitment],
    [6, facts.kind],
  ]);
  const entry = encodeDcbor(
    new Map<number, DcborValue>([
      [1, 1],
      [2, 1],
      [4, 0],
      [5, new Uint8Array(32)],
      [6, []],
      [7, 0],
      [8, 0],
      [9, facts.deviceId],
      [10, facts.timeMs],
      [11, body],
    ]),
  );
  const signature = await sign(signatureLabels.log, device, entry);
  return { space: await spaceIdOf(entry), envelope: encodeDcbor([entry, signature, new Map()]) };
}

/** @throws Failure genesis-refused with facts.reason */
export async function parseGenesis(envelope: Uint8Array): Promise<Genesis> {
  try {
    if (envelope.length > genesisBytesMax) throw badObject('the envelope is too long');
    return await readGenesis(envelope);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw new Failure('genesis-refused', { reason: cause.facts['reason'] ?? cause.code }, { cause });
  }
}

async function readGenesis(envelope: Uint8Array): Promise<Genesis> {
  const [entryBytes, signature, attachments] = readTuple(decodeDcbor(envelope), 3);
  if (readMap(attachments, []).size > 0) throw badObject('a genesis has no attachments');
  const entry = readBytes(entryBytes);
  const { facts, certificate } = readEntry(decodeDcbor(entry));
  const { userId, devicePublic, caps } = await verifyCertificate(certificate, facts.identityKey);
  if (caps !== allCapabilities) throw badObject('the first device holds every capability');
  if (!equalBytes(facts.deviceId, await deviceIdOf(devicePublic))) throw badObject('the entry names another device');
  if (!verifySignature(signatureLabels.log, devicePublic, entry, readBytes(signature, 64)))
    throw badObject('the entry is not signed by the device');
  return { ...facts, space: await spaceIdOf(entry), userId, devicePublic, caps };
}

function readEntry(value: DcborValue): { facts: GenesisFacts; certificate: DcborValue | undefined } {
  const entry = readMap(value, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11]);
  readUint(entry.get(1), 1, 1);
  readUint(entry.get(2), 1, 1);
  readUint(entry.get(4), 0);
  if (readBytes(entry.get(5), 32).some((byte) => byte !== 0)) throw badObject('a genesis has nothing before it');
  readArray(entry.get(6), 0);
  readUint(entry.get(7), 0);
  readUint(entry.get(8), 0);
  const body = readMap(entry.get(11), [1, 2, 3, 4, 5, 6]);
  const facts = {
    identityKey: readBytes(body.get(1), 32),
    nonce: readBytes(body.get(3), 32),
    policy: readPolicy(body.get(4)),
    epochCommitment: readBytes(body.get(5), 32),
    kind: readUint(body.get(6), anonymousSpaceKind, anonymousSpaceKind),
    deviceId: readBytes(entry.get(9), 32),
    timeMs: readUint(entry.get(10)),
  };
  return { facts, certificate: body.get(2) };
}

function readPolicy(value: DcborValue | undefined): Policy {
  const policy = readMap(value, [1, 2, 3, 4]);
  return {
    versionMin: readUint(policy.get(1), 1, 1),
    suiteMin: readUint(policy.get(2), 1, 1),
    retentionDays: readUint(policy.get(3), 36_500),
    paddingMode: readUint(policy.get(4), 0),
  };
}
