// A log begins with the entry whose hash is the space's id: spec/log.md "Genesis".
import { type Bytes, equalBytes } from '@reprise/kit';
import { allCapabilities, type Certificate, deviceIdOf, verifyCertificate } from '../certificate.ts';
import { taggedHash } from '../hash.ts';
import { type DeviceId, formatId, type UserId } from '../ids.ts';
import { hashLabels } from '../labels.ts';
import { importVerifyKey } from '../signature.ts';
import { checkAttachments, type Completeness } from './attachments.ts';
import { type GenesisBody, roles } from './body.ts';
import { decodeEntry, type LogEntry } from './entry.ts';
import { type Envelope, entryId, isSignedBy } from './envelope.ts';
import { atStep, refused } from './refusal.ts';
import type { LogState, Member } from './state.ts';

export type GenesisEntry = LogEntry & { readonly body: GenesisBody };

/** A genesis that certifies itself. */
export type CheckedGenesis = { readonly space: Bytes; readonly entry: GenesisEntry; readonly certificate: Certificate };

/** TH("rp1/hash/space", genesis entry). */
export function spaceIdOf(genesisEntry: Uint8Array): Promise<Bytes> {
  return taggedHash(hashLabels.space, genesisEntry);
}

/**
 * Judges a genesis. Whoever knows which space is meant compares `state.space` with its id.
 * @throws Failure log-refused with facts.step
 */
export async function startLog(envelope: Envelope, completeness: Completeness = 'some'): Promise<LogState> {
  const { space, entry, certificate } = await checkGenesis(envelope);
  const { body } = entry;
  const owner: Member = { identityKey: body.identityKey, role: roles.owner, kemHash: body.kemHash };
  const members = new Map([[formatId<UserId>(certificate.userId), owner]]);
  await checkAttachments(body, envelope.attachments, members, completeness);
  const genesisId = await entryId(envelope.entry);
  const device = {
    userId: formatId<UserId>(certificate.userId),
    publicKey: certificate.devicePublic,
    caps: certificate.caps,
    createdMs: certificate.createdMs,
    certifiedAtSeq: 0,
    revokedAtSeq: null,
  };
  return {
    space,
    kind: body.kind,
    genesisId,
    nonce: body.nonce,
    seq: 0,
    head: genesisId,
    skips: [],
    epoch: 1,
    epochCommitment: body.epochCommitment,
    policy: body.policy,
    members,
    devices: new Map([[formatId<DeviceId>(entry.deviceId), device]]),
    root: null,
    sweptSeq: 0,
  };
}

/** All of a genesis but its attachments. @throws Failure log-refused with facts.step */
export async function checkGenesis(envelope: Envelope): Promise<CheckedGenesis> {
  const entry = decodeEntry(envelope.entry);
  if (!isGenesis(entry)) throw refused('type', 'a log begins with a genesis');
  if (entry.space !== null) throw refused('space', 'a genesis names no space');
  if (entry.seq !== 0) throw refused('seq', 'a genesis has the number 0');
  if (entry.prev.some((byte) => byte !== 0)) throw refused('prev', 'a genesis has nothing before it');
  if (entry.skips.length > 0) throw refused('skips', 'a genesis skips nothing');
  if (entry.epoch !== 0) throw refused('epoch', 'before a genesis there is no epoch');
  const certificate = await atStep('device', () => verifyCertificate(entry.body.certificate, entry.body.identityKey));
  if (certificate.caps !== allCapabilities) throw refused('device', 'the first device holds every capability');
  if (!equalBytes(entry.deviceId, await deviceIdOf(certificate.devicePublic))) throw refused('device', 'the entry names another device');
  if (!(await isSignedBy(await importVerifyKey(certificate.devicePublic), envelope)))
    throw refused('signature', 'the entry is not signed by the device');
  return { space: await spaceIdOf(envelope.entry), entry, certificate };
}

function isGenesis(entry: LogEntry): entry is GenesisEntry {
  return entry.body.type === 'genesis';
}
