// The first entry of an anonymous space, which a server takes from anybody; and what a genesis says about its key. spec/link.md "Genesis".
import { type Bytes, u32 } from '@reprise/kit';
import type { SignedCertificate } from './certificate.ts';
import { Failure } from './failures.ts';
import { taggedHash } from './hash.ts';
import { hashLabels } from './labels.ts';
import { genesisBytesMax } from './limits.ts';
import { spaceKinds } from './log/body.ts';
import { decodeEnvelope, encodeEnvelope } from './log/envelope.ts';
import type { Policy } from './log/policy.ts';
import { checkGenesis } from './log/start.ts';
import { writeGenesis } from './log/write.ts';
import { badObject } from './shape.ts';
import type { SigningKey } from './signature.ts';

/** The kind of a space that a browser or program without an account made. */
export const anonymousSpaceKind = spaceKinds.anonymous;

export type GenesisFacts = {
  readonly identityKey: Bytes;
  readonly nonce: Bytes;
  readonly policy: Policy;
  readonly epochCommitment: Bytes;
  readonly kind: typeof anonymousSpaceKind;
  readonly deviceId: Bytes;
  readonly timeMs: number;
};

export type Genesis = GenesisFacts & {
  readonly space: Bytes;
  readonly userId: Bytes;
  readonly devicePublic: Bytes;
  readonly caps: number;
};

/**
 * TH("rp1/hash/epoch", place || u32 epoch || key): what the log says about an epoch's key.
 * @param place the space id; for epoch 1 the genesis nonce, since the id is not known yet
 */
export function epochCommitment(place: Uint8Array, epochKey: Uint8Array, epoch = 1): Promise<Bytes> {
  return taggedHash(hashLabels.epoch, place, u32(epoch), epochKey);
}

/** Encodes and signs the genesis of an anonymous space. The envelope is what a server takes and keeps. */
export async function signGenesis(
  device: SigningKey,
  certificate: SignedCertificate,
  facts: GenesisFacts,
): Promise<{ readonly space: Bytes; readonly envelope: Bytes }> {
  const { space, envelope } = await writeGenesis(device, { ...facts, certificate, kemRecord: null });
  return { space, envelope: encodeEnvelope(envelope) };
}

/** Reads the genesis of an anonymous space. @throws Failure genesis-refused with facts.reason */
export async function parseGenesis(envelope: Uint8Array): Promise<Genesis> {
  try {
    if (envelope.length > genesisBytesMax) throw badObject('the envelope is too long');
    return await readGenesis(envelope);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw new Failure('genesis-refused', { reason: cause.facts['reason'] ?? cause.code }, { cause });
  }
}

async function readGenesis(bytes: Uint8Array): Promise<Genesis> {
  const envelope = decodeEnvelope(bytes);
  if (envelope.attachments.size > 0) throw badObject('an anonymous genesis has no attachments');
  const { space, entry, certificate } = await checkGenesis(envelope);
  const { identityKey, nonce, policy, epochCommitment: commitment, kind } = entry.body;
  if (kind !== anonymousSpaceKind) throw badObject('the space is not anonymous');
  const { userId, devicePublic, caps } = certificate;
  const { deviceId, timeMs } = entry;
  return { identityKey, nonce, policy, epochCommitment: commitment, kind, deviceId, timeMs, space, userId, devicePublic, caps };
}
