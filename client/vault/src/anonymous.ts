// The space of somebody without an account: everything follows from one owner secret. spec/link.md "Anonymous space".
import { type Bytes, concatBytes, formatBase64url, type RandomBytes, u32 } from '@reprise/kit';
import {
  allCapabilities,
  anonymousSpaceKind,
  decodeDcbor,
  deviceIdOf,
  encodeDcbor,
  epochCommitment,
  importSigningKey,
  readBytes,
  readMap,
  readText,
  readUint,
  type SigningKey,
  signCertificate,
  signGenesis,
  userIdOf,
} from '@reprise/protocol/formats';
import { type MessageSeal, openMessage, paddedMessageLength, sealMessage } from './cae.ts';
import { type Engine, kdf, noBytes } from './engine.ts';
import { kdfLabels, sealLabels } from './labels.ts';
import { parsePayload, splitUrl } from './link.ts';
import type { LinkAuthor } from './link-record.ts';
import { decodeRef, encodeRef, type Ref } from './tree-node.ts';

export const ownerSecretBytes = 32;
const spaceIdBytes = 32;
const linksMax = 2 ** 32 - 1;

export type Owner = {
  readonly secret: Bytes;
  readonly identity: SigningKey;
  readonly device: SigningKey & { readonly deviceId: Bytes };
  readonly userId: Bytes;
  /** What links name their sharer by: the first 16 bytes of the user id. */
  readonly fingerprint: Bytes;
  /** The key of epoch 1, which seals the owner's notes. */
  readonly epochKey: Bytes;
};

/** @param secret 32 random bytes, kept by the owner alone */
export async function openOwner(engine: Engine, secret: Bytes): Promise<Owner> {
  const identity = await importSigningKey(await kdf(engine, secret, kdfLabels.anonIdentity, noBytes, 32));
  const device = await importSigningKey(await kdf(engine, secret, kdfLabels.anonDevice, noBytes, 32));
  const userId = await userIdOf(identity.publicKey);
  return {
    secret,
    identity,
    device: { ...device, deviceId: await deviceIdOf(device.publicKey) },
    userId,
    fingerprint: userId.slice(0, 16),
    epochKey: await kdf(engine, secret, kdfLabels.anonEpoch, noBytes, 32),
  };
}

/** The author of the owner's links. */
export async function linkAuthor(owner: Owner, createdMs: number): Promise<LinkAuthor> {
  const device = { devicePublic: owner.device.publicKey, createdMs, caps: allCapabilities };
  return {
    identityKey: owner.identity.publicKey,
    certificate: await signCertificate(owner.identity, device),
    device: owner.device,
  };
}

/** The genesis of a fresh space of this owner. @returns its id, and the envelope to give to a server */
export async function createSpace(
  owner: Owner,
  timeMs: number,
  random: RandomBytes,
): Promise<{ readonly space: Bytes; readonly envelope: Bytes }> {
  const { certificate } = await linkAuthor(owner, timeMs);
  const nonce = random(32);
  return signGenesis(owner.device, certificate, {
    identityKey: owner.identity.publicKey,
    nonce,
    policy: { versionMin: 1, suiteMin: 1, retentionDays: 30, paddingMode: 0 },
    epochCommitment: await epochCommitment(nonce, owner.epochKey),
    kind: anonymousSpaceKind,
    deviceId: owner.device.deviceId,
    timeMs,
  });
}

/** The secret of the owner's n-th link, so that the owner secret recovers them all. */
export async function linkSecret(engine: Engine, owner: Pick<Owner, 'secret'>, n: number): Promise<Bytes> {
  return kdf(engine, owner.secret, kdfLabels.anonLink, u32(n), 32);
}

/** What the owner keeps about a link on the server, sealed. */
export type LinkNote = {
  /** Which link of the owner it is, see `linkSecret`. */
  readonly n: number;
  /** The owner's own label, never shown to visitors. */
  readonly label: string;
  readonly ref: Ref | null;
  /** What `stretchLinkPassword` made of the password; empty without one. */
  readonly stretched: Bytes;
  readonly title: string;
  readonly sizeBytes: number;
  /** The link's flags. */
  readonly flags: number;
};

export async function sealLinkNote(
  engine: Engine,
  owner: Pick<Owner, 'epochKey'>,
  linkId: Bytes,
  note: LinkNote,
  random: RandomBytes,
): Promise<Bytes> {
  const message = encodeDcbor(
    new Map([
      [1, note.n],
      [2, note.label],
      [3, note.ref && encodeRef(note.ref)],
      [4, note.stretched],
      [5, note.title],
      [6, note.sizeBytes],
      [7, note.flags],
    ]),
  );
  return sealMessage(engine, noteSeal(owner, linkId), message, paddedMessageLength(message.length), random);
}

/** @throws Failure reject or bad-object */
export async function openLinkNote(engine: Engine, owner: Owner, linkId: Bytes, sealed: Uint8Array): Promise<LinkNote> {
  const note = readMap(decodeDcbor(await openMessage(engine, noteSeal(owner, linkId), sealed)), [1, 2, 3, 4, 5, 6, 7]);
  const ref = note.get(3);
  const stretched = readBytes(note.get(4));
  return {
    n: readUint(note.get(1), linksMax),
    label: readText(note.get(2)),
    ref: ref === null ? null : decodeRef(ref),
    stretched: stretched.length === 0 ? stretched : readBytes(stretched, 32),
    title: readText(note.get(5)),
    sizeBytes: readUint(note.get(6)),
    flags: readUint(note.get(7), 255),
  };
}

function noteSeal(owner: Pick<Owner, 'epochKey'>, linkId: Bytes): MessageSeal {
  return { label: sealLabels.note, key: owner.epochKey, context: linkId };
}

export type ManageAddress = { readonly secret: Bytes; readonly space: Bytes };

/** The URL that manages everything the owner has shared. Whoever holds it is the owner. */
export function formatManageUrl(origin: string, address: ManageAddress): string {
  return `${origin}/m#1.${formatBase64url(concatBytes(address.secret, address.space))}`;
}

/** Reads a management URL or its bare fragment. @throws Failure bad-link with facts.reason */
export function parseManageUrl(text: string): ManageAddress & { readonly origin: string | null } {
  const { origin, fragment } = splitUrl(text, '/m');
  const payload = parsePayload(fragment, ownerSecretBytes + spaceIdBytes);
  return { origin, secret: payload.slice(0, ownerSecretBytes), space: payload.slice(ownerSecretBytes) };
}
