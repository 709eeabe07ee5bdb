// One entry after another, each judged by the log before it alone; server and client reach the same verdict. spec/log.md "Validity".
import { type Bytes, equalBytes } from '@reprise/kit';
import { capabilities, deviceIdOf, verifyCertificate } from '../certificate.ts';
import { decodeDcbor } from '../dcbor.ts';
import { type DeviceId, formatId, type UserId } from '../ids.ts';
import { badObject, readBytes, readTuple } from '../shape.ts';
import { importVerifyKey, type VerifyKey } from '../signature.ts';
import { checkAttachments, type Completeness } from './attachments.ts';
import { type LogType, type Role, roles } from './body.ts';
import { changesOf } from './changes.ts';
import { decodeEntry, type LogEntry } from './entry.ts';
import { type Envelope, entryId, isSignedBy } from './envelope.ts';
import { atStep, refused } from './refusal.ts';
import { nextSkipTable, skipIds } from './skips.ts';
import type { Device, LogState } from './state.ts';

export type Advanced = { readonly state: LogState; readonly entry: LogEntry; readonly id: Bytes };

/**
 * The state after an entry.
 * @param completeness `all` for an entry about to be appended: every attachment must be there and be usable
 * @throws Failure log-refused with facts.step, the first rule that is broken
 */
export async function advanceLog(state: LogState, envelope: Envelope, completeness: Completeness = 'some'): Promise<Advanced> {
  return judge(state, workAhead(state, envelope), completeness);
}

/** Entries whose hashes and signatures are worked on at a time. */
const entriesAhead = 32;

/**
 * `advanceLog` for one entry after another, with the same verdicts; the next entries' hashes and signatures are worked on meanwhile.
 * @throws Failure log-refused at the first entry that is refused, after those before it were handed out
 */
export async function* followLog(
  state: LogState,
  envelopes: Iterable<Envelope>,
  completeness: Completeness = 'some',
): AsyncGenerator<Advanced> {
  const waiting: Work[] = [];
  let last = state;
  const next = async (): Promise<Advanced> => {
    const advanced = await judge(last, waiting.shift() as Work, completeness);
    last = advanced.state;
    return advanced;
  };
  for (const envelope of envelopes) {
    waiting.push(workAhead(last, envelope));
    if (waiting.length >= entriesAhead) yield await next();
  }
  while (waiting.length > 0) yield await next();
}

/** What can be found out about an entry before its turn: nothing here depends on where it stands. */
type Work = {
  readonly envelope: Envelope;
  /** What the entry says, or why it cannot be read. */
  readonly read: LogEntry | { readonly refusal: unknown };
  readonly id: Promise<Bytes>;
  /** By the device whose id the entry names, if it was known by then. A device's id is the hash of its key. */
  readonly signed: { readonly publicKey: Bytes; readonly valid: Promise<boolean> } | null;
};

function workAhead(state: LogState, envelope: Envelope): Work {
  const read = readEntry(envelope);
  const device = 'refusal' in read ? undefined : state.devices.get(formatId<DeviceId>(read.deviceId));
  const signed = device ? { publicKey: device.publicKey, valid: verifyKeyOf(device).then((key) => isSignedBy(key, envelope)) } : null;
  return { envelope, read, id: entryId(envelope.entry), signed };
}

function readEntry({ entry }: Envelope): Work['read'] {
  try {
    return decodeEntry(entry);
  } catch (refusal) {
    return { refusal };
  }
}

async function judge(state: LogState, { envelope, read: entry, id: idAhead, signed }: Work, completeness: Completeness): Promise<Advanced> {
  if ('refusal' in entry) throw entry.refusal;
  checkPlace(state, entry);
  const device = await signerOf(state, entry);
  const isKnown = signed !== null && equalBytes(signed.publicKey, device.publicKey);
  if (!(await (isKnown ? signed.valid : isSignedBy(await verifyKeyOf(device), envelope))))
    throw refused('signature', 'the entry is not signed by its device');
  checkRight(state, entry.body.type, device);
  const changes = await atStep('change', () => changesOf(state, entry, device));
  const next = { ...state, ...changes };
  await checkAttachments(entry.body, envelope.attachments, next.members, completeness);
  const id = await idAhead;
  return { entry, id, state: { ...next, seq: entry.seq, head: id, skips: nextSkipTable(entry.seq, id, state.skips) } };
}

/** That the entry continues this log: the steps type to epoch. */
function checkPlace(state: LogState, entry: LogEntry): void {
  if (entry.body.type === 'genesis') throw refused('type', 'a genesis comes first');
  if (!entry.space || !equalBytes(entry.space, state.space)) throw refused('space', 'the entry belongs to another space');
  if (entry.seq !== state.seq + 1) throw refused('seq', `the next entry has the number ${state.seq + 1}`);
  if (!equalBytes(entry.prev, state.head)) throw refused('prev', 'the entry follows another one');
  const skips = skipIds(entry.seq, state.skips, state.genesisId);
  if (skips.length !== entry.skips.length || skips.some((id, i) => !equalBytes(id, entry.skips[i] as Bytes)))
    throw refused('skips', 'the entry names others further back');
  if (entry.epoch !== state.epoch) throw refused('epoch', `the epoch in force is ${state.epoch}`);
}

/** The device that must have signed: a known one in force, or the one whose certificate the entry brings. */
async function signerOf(state: LogState, entry: LogEntry): Promise<Device> {
  const known = state.devices.get(formatId<DeviceId>(entry.deviceId));
  if (entry.body.type === 'device' && entry.body.change === 'certificate') {
    if (known) throw refused('device', 'the device was certified before');
    const { signed } = entry.body;
    return atStep('device', () => newDevice(state, entry, signed as readonly Bytes[]));
  }
  if (!known) throw refused('device', 'the device is not certified');
  if (known.revokedAtSeq !== null) throw refused('device', 'the device was revoked');
  return known;
}

async function newDevice(state: LogState, entry: LogEntry, signed: readonly Bytes[]): Promise<Device> {
  const [x] = readTuple(signed, 2);
  const userId = formatId<UserId>(readBytes(readTuple(decodeDcbor(readBytes(x)), 5)[1], 32));
  const member = state.members.get(userId);
  if (!member) throw badObject('the certificate names nobody in the space');
  const certificate = await verifyCertificate(signed, member.identityKey);
  if (!equalBytes(entry.deviceId, await deviceIdOf(certificate.devicePublic))) throw badObject('the entry names another device');
  return {
    userId,
    publicKey: certificate.devicePublic,
    caps: certificate.caps,
    createdMs: certificate.createdMs,
    certifiedAtSeq: entry.seq,
    revokedAtSeq: null,
  };
}

/** Keys are imported once for each device of a log that is followed. */
const verifyKeys = new WeakMap<Device, Promise<VerifyKey>>();

function verifyKeyOf(device: Device): Promise<VerifyKey> {
  const known = verifyKeys.get(device);
  if (known) return known;
  const key = importVerifyKey(device.publicKey);
  verifyKeys.set(device, key);
  return key;
}

/** Who may write what: the least role, and the capability of the device. */
const rights: Readonly<Record<LogType, { readonly role: Role; readonly capability: number }>> = {
  genesis: { role: roles.owner, capability: 0 },
  commit: { role: roles.writer, capability: capabilities.commit },
  rekey: { role: roles.owner, capability: capabilities.rekey },
  device: { role: roles.reader, capability: 0 },
  policy: { role: roles.owner, capability: capabilities.rekey },
  checkpoint: { role: roles.reader, capability: 0 },
  sweep: { role: roles.admin, capability: capabilities.sweep },
  purge: { role: roles.owner, capability: capabilities.sweep },
};

function checkRight(state: LogState, type: LogType, device: Device): void {
  const { role, capability } = rights[type];
  if ((state.members.get(device.userId)?.role ?? roles.removed) < role) throw refused('role', `role ${role} is needed`);
  if ((device.caps & capability) !== capability) throw refused('capability', 'the device may not do this');
}
