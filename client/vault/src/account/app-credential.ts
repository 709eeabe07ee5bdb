// A device that is a text: what a tool without a person holds to read or change a drive. It carries the key of the drive's epoch and a key pair of
// its own, and nothing else of the account. spec/accounts.md "App credentials".
import { type Bytes, formatBase64url, parseBase64url } from '@reprise/kit';
import {
  capabilities,
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  Failure,
  importSigningKey,
  readBytes,
  readText,
  readTuple,
  readUint,
  type SignedCertificate,
  type SigningKey,
  userIdOf,
  verifyCertificate,
} from '@reprise/protocol/formats';

/** What it may do, in the whole drive. Writing is reading and committing: nothing that it does is gone before history lets go of it. */
export type AppAccess = 'read' | 'write';

export const appCapsOf: Readonly<Record<AppAccess, number>> = { read: 0, write: capabilities.commit };

export type AppCredential = {
  /** `https://host`, where the drive is. */
  readonly origin: string;
  readonly homeSpace: Bytes;
  /** The newest entry of the home log that its maker had accepted. */
  readonly checkpoint: { readonly seq: number; readonly head: Bytes };
  /** In force when it was made: the key opens what is sealed under it and, by the log, what was sealed before. */
  readonly epoch: { readonly number: number; readonly key: Bytes };
  readonly identityKey: Bytes;
  readonly createdMs: number;
  readonly access: AppAccess;
  /** Of the identity, over the device certificate. */
  readonly signature: Bytes;
  /** 32 bytes, the Ed25519 seed of the device. */
  readonly deviceSeed: Bytes;
};

/** With what follows from it. */
export type OpenedCredential = AppCredential & {
  readonly userId: Bytes;
  readonly device: SigningKey;
  readonly certificate: SignedCertificate;
};

const prefix = 'rp1_app_';
const textMax = 1_024;

export function formatAppCredential(credential: AppCredential): string {
  const { origin, homeSpace, checkpoint, epoch, identityKey, createdMs, access, signature, deviceSeed } = credential;
  const place = [origin, homeSpace, checkpoint.seq, checkpoint.head, epoch.number, epoch.key];
  return prefix + formatBase64url(encodeDcbor([1, ...place, identityKey, createdMs, appCapsOf[access], signature, deviceSeed]));
}

/** @throws Failure bad-credential with facts.reason: prefix, form or certificate */
export async function parseAppCredential(text: string): Promise<OpenedCredential> {
  const credential = readCredential(text);
  const { identityKey, createdMs, access, signature, deviceSeed } = credential;
  try {
    const device = await importSigningKey(deviceSeed);
    const userId = await userIdOf(identityKey);
    const x = encodeDcbor([1, userId, device.publicKey, createdMs, appCapsOf[access]]);
    const certificate: SignedCertificate = [x, signature];
    await verifyCertificate(certificate as DcborValue, identityKey);
    return { ...credential, userId, device, certificate };
  } catch (cause) {
    throw new Failure('bad-credential', { reason: 'certificate' }, { cause });
  }
}

function readCredential(text: string): AppCredential {
  const given = text.trim();
  if (!given.startsWith(prefix)) throw new Failure('bad-credential', { reason: 'prefix' });
  try {
    const bytes = given.length <= textMax ? parseBase64url(given.slice(prefix.length)) : undefined;
    if (!bytes) throw new Failure('bad-object', { reason: 'not base64url' });
    const [version, origin, homeSpace, seq, head, epoch, key, identityKey, createdMs, caps, signature, deviceSeed] = readTuple(
      decodeDcbor(bytes),
      12,
    );
    readUint(version, 1, 1);
    return {
      origin: readOrigin(origin),
      homeSpace: readBytes(homeSpace, 32),
      checkpoint: { seq: readUint(seq), head: readBytes(head, 32) },
      epoch: { number: readUint(epoch, 2 ** 32 - 1, 1), key: readBytes(key, 32) },
      identityKey: readBytes(identityKey, 32),
      createdMs: readUint(createdMs),
      access: readUint(caps, appCapsOf.write) === appCapsOf.write ? 'write' : 'read',
      signature: readBytes(signature, 64),
      deviceSeed: readBytes(deviceSeed, 32),
    };
  } catch (cause) {
    throw new Failure('bad-credential', { reason: 'form' }, { cause });
  }
}

function readOrigin(value: DcborValue | undefined): string {
  const origin = readText(value);
  const url = new URL(origin);
  if (url.origin !== origin || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new Failure('bad-object', { reason: 'origin' });
  return origin;
}
