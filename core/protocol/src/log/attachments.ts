// What travels beside an entry, held by hashes in its body: spec/log.md "Attachments".
import { type Bytes, compareBytes, equalBytes, formatHex, u8 } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor } from '../dcbor.ts';
import { taggedHash } from '../hash.ts';
import type { UserId } from '../ids.ts';
import { kemRecordHash, verifyKemRecord } from '../kem-record.ts';
import { hashLabels } from '../labels.ts';
import { deltaBytesMax, entryIdsMax, liveTableBytes, membersMax } from '../limits.ts';
import { badObject, readArray, readBytes, readTuple } from '../shape.ts';
import { type LogBody, roles } from './body.ts';
import type { Envelope } from './envelope.ts';
import { atStep } from './refusal.ts';
import type { Member } from './state.ts';

export const attachmentNumbers = { adds: 1, delta: 2, wraps: 3, kemRecords: 4, sweptIds: 5, liveTable: 6 } as const;

const idBytes = 32;
/** HPKE with X-Wing: the encapsulated key, and 32 bytes with their tag. */
export const wrapEncBytes = 1_120;
export const wrapCiphertextBytes = 48;

/** TH("rp1/hash/attach", u8 number || bytes): what a body says about an attachment. */
export function attachmentHash(number: number, bytes: Uint8Array): Promise<Bytes> {
  return taggedHash(hashLabels.attachment, u8(number), bytes);
}

/** `all`: an entry about to be appended. `some`: an entry of a page, whose attachments need not all be sent along. */
export type Completeness = 'all' | 'some';

/**
 * Holds the attachments against the body, and, where all must be there, against what their readers will need.
 * @param members as the entry leaves them
 * @throws Failure log-refused at step attachment
 */
export function checkAttachments(
  body: LogBody,
  attachments: Envelope['attachments'],
  members: ReadonlyMap<UserId, Member>,
  completeness: Completeness,
): Promise<void> {
  return atStep('attachment', async () => {
    const named = namedAttachments(body);
    for (const [number, bytes] of attachments) {
      const hash = named.get(number);
      if (hash === undefined) throw badObject(`attachment ${number} is not named`);
      if (hash !== 'within' && !equalBytes(await attachmentHash(number, bytes), hash))
        throw badObject(`attachment ${number} has another hash`);
    }
    if (body.type === 'genesis' && attachments.size > 0) await checkKemRecords(attachments.get(attachmentNumbers.kemRecords), [body]);
    if (completeness === 'some') return;
    for (const number of named.keys()) if (!attachments.has(number)) throw badObject(`attachment ${number} is missing`);
    await checkContent(body, attachments, members);
  });
}

/** The hash of each attachment that the body names; `within`: the attachment holds what the body has the hash of. */
function namedAttachments(body: LogBody): ReadonlyMap<number, Bytes | 'within'> {
  const { adds, delta, wraps, kemRecords, sweptIds, liveTable } = attachmentNumbers;
  const named: [number, Bytes | 'within' | null][] = [];
  if (body.type === 'genesis') named.push([kemRecords, body.kemHash && 'within']);
  if (body.type === 'commit') named.push([adds, body.addsHash], [delta, body.deltaHash]);
  if (body.type === 'rekey') named.push([wraps, body.wrapsHash], [kemRecords, body.kemRecordsHash]);
  if (body.type === 'sweep') named.push([sweptIds, body.idsHash], [liveTable, body.tableHash]);
  if (body.type === 'purge') named.push([sweptIds, body.idsHash]);
  return new Map(named.filter((item): item is [number, Bytes | 'within'] => item[1] !== null));
}

async function checkContent(body: LogBody, attachments: Envelope['attachments'], members: ReadonlyMap<UserId, Member>): Promise<void> {
  const { adds, delta, wraps, kemRecords, sweptIds, liveTable } = attachmentNumbers;
  if (body.type === 'commit') {
    checkIds(attachments.get(adds), body.addsCount);
    if ((attachments.get(delta)?.length ?? 0) > deltaBytesMax) throw badObject('the delta is too long');
  }
  if (body.type === 'rekey') {
    const wrapped = attachments.get(wraps);
    if (wrapped) checkRecipients(decodeWraps(wrapped), members);
    await checkKemRecords(
      attachments.get(kemRecords),
      body.changes.filter(({ role }) => role !== roles.removed),
    );
  }
  if (body.type === 'sweep' || body.type === 'purge') checkIds(attachments.get(sweptIds), body.idsCount);
  if (body.type === 'sweep' && attachments.get(liveTable)?.length !== liveTableBytes) throw badObject('the table has another length');
}

/** Ascending and distinct, 32 bytes each, as many as the body says. */
function checkIds(ids: Bytes | undefined, count: number): void {
  const length = ids?.length ?? 0;
  if (length !== count * idBytes || count > entryIdsMax) throw badObject('another number of ids');
  for (let at = idBytes; ids && at < length; at += idBytes)
    if (compareBytes(ids.subarray(at - idBytes, at), ids.subarray(at, at + idBytes)) >= 0) throw badObject('ids out of order');
}

/** Ids as an entry's attachment holds them. */
export function joinSortedIds(ids: Iterable<Uint8Array>): Bytes {
  const sorted = [...ids].sort(compareBytes);
  const joined = new Uint8Array(sorted.length * idBytes);
  sorted.forEach((id, i) => joined.set(id, i * idBytes));
  return joined;
}

/** The key of an epoch, wrapped for one member. */
export type Wrap = { readonly userId: Bytes; readonly enc: Bytes; readonly ciphertext: Bytes };

/** dCBOR[[user id, enc 1120, ct 48] …], by user id. */
export function encodeWraps(wraps: readonly Wrap[]): Bytes {
  const sorted = wraps.toSorted((a, b) => compareBytes(a.userId, b.userId));
  return encodeDcbor(sorted.map(({ userId, enc, ciphertext }) => [userId, enc, ciphertext]));
}

/** @throws Failure bad-object */
export function decodeWraps(bytes: Uint8Array): readonly Wrap[] {
  const wraps = readArray(decodeDcbor(bytes), membersMax).map((value) => {
    const [userId, enc, ciphertext] = readTuple(value, 3);
    return {
      userId: readBytes(userId, 32),
      enc: readBytes(enc, wrapEncBytes),
      ciphertext: readBytes(ciphertext, wrapCiphertextBytes),
    };
  });
  if (wraps.some((wrap, i) => i > 0 && compareBytes((wraps[i - 1] as Wrap).userId, wrap.userId) >= 0))
    throw badObject('wraps out of order');
  return wraps;
}

/** One wrap for each member and none for anybody else. */
function checkRecipients(wraps: readonly Wrap[], members: ReadonlyMap<UserId, Member>): void {
  const given = new Set(wraps.map(({ userId }) => formatHex(userId)));
  if (given.size !== members.size || [...members.keys()].some((userId) => !given.has(userId)))
    throw badObject('not one wrap for each member');
}

/** dCBOR[record …], each a byte string. */
export function encodeKemRecords(records: readonly Uint8Array[]): Bytes {
  return encodeDcbor(records as DcborValue);
}

/** @throws Failure bad-object */
export function decodeKemRecords(bytes: Uint8Array): readonly Bytes[] {
  return readArray(decodeDcbor(bytes), membersMax).map((record) => readBytes(record));
}

type Recorded = { readonly identityKey: Bytes; readonly kemHash: Bytes | null };

/** A record for each of these, in their order, signed by its identity and with the hash that the body names. */
async function checkKemRecords(bytes: Bytes | undefined, owners: readonly Recorded[]): Promise<void> {
  const records = bytes ? decodeKemRecords(bytes) : [];
  const recorded = owners.filter(({ kemHash }) => kemHash !== null);
  if (records.length !== recorded.length) throw badObject('another number of KEM records');
  for (const [i, { identityKey, kemHash }] of recorded.entries()) {
    const record = records[i] as Bytes;
    if (!equalBytes(await kemRecordHash(record), kemHash as Bytes)) throw badObject('the KEM record has another hash');
    await verifyKemRecord(record, identityKey);
  }
}
