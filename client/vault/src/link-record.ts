// What a link shows its visitors: sealed under the link's key, signed by the sharer the link names. spec/link.md "Record".
import { type Bytes, concatBytes, encodeUtf8, equalBytes, type RandomBytes, u64 } from '@reprise/kit';
import {
  badObject,
  type DcborMap,
  type DcborValue,
  decodeDcbor,
  encodeDcbor,
  Failure,
  readBytes,
  readMap,
  readText,
  readTuple,
  readUint,
  type SignedCertificate,
  type SigningKey,
  sign,
  signatureLabels,
  verifySignature,
} from '@reprise/protocol/formats';
import { type MessageSeal, openMessage, paddedMessageLength, sealMessage } from './cae.ts';
import type { Engine } from './engine.ts';
import { sealLabels } from './labels.ts';
import { type Link, linkFlags } from './link.ts';
import { forged, sharerDevice } from './sharer.ts';
import { decodeRef, encodeRef, type Ref } from './tree-node.ts';

export type LinkState = 'snapshot' | 'live' | 'growing';
const states: readonly LinkState[] = ['snapshot', 'live', 'growing'];
export const titleBytesMax = 1_024;
export type LinkRecord = {
  readonly state: LinkState;
  /** The root directory of what is shared; null while a growing link has none yet. */
  readonly ref: Ref | null;
  readonly title: string;
  readonly createdMs: number;
  /** What a growing link will hold in the end; null if unknown. */
  readonly expectedBytes: number | null;
};

/** Who signs: the sharer's identity, the certificate of a device, and that device's key. */
export type LinkAuthor = {
  readonly identityKey: Bytes;
  readonly certificate: SignedCertificate;
  readonly device: SigningKey;
};

/** Where a record belongs: it opens for this link and this version only. */
export type RecordPlace = { readonly linkId: Bytes; readonly version: number };

/** @param key the link's key @returns at least 1 KiB */
export async function sealLinkRecord(
  engine: Engine,
  key: Bytes,
  place: RecordPlace,
  record: LinkRecord,
  author: LinkAuthor,
  random: RandomBytes,
): Promise<Bytes> {
  const body = encodeBody(place, record, author);
  const message = encodeDcbor([body, await sign(signatureLabels.link, author.device, body)]);
  return sealMessage(engine, recordSeal(key, place), message, paddedMessageLength(message.length), random);
}

function encodeBody(place: RecordPlace, record: LinkRecord, author: LinkAuthor): Bytes {
  checkRecord(record);
  const body = new Map<number, DcborValue>([
    [1, place.linkId],
    [2, place.version],
    [3, states.indexOf(record.state)],
    [5, record.title],
    [6, record.createdMs],
    [7, author.identityKey],
    [8, author.certificate],
  ]);
  if (record.ref) body.set(4, encodeRef(record.ref));
  if (record.expectedBytes !== null) body.set(9, record.expectedBytes);
  return encodeDcbor(body);
}

/**
 * Opens a record and checks that whom the link names has signed it.
 * @throws Failure reject if it is not sealed for this link and version, or the password is wrong; link-forged if the signature
 * does not lead to the link's fingerprint; link-version for what a later program made; payment-required if the link is sold; bad-object
 */
export async function openLinkRecord(
  engine: Engine,
  link: Pick<Link, 'flags' | 'fingerprint'>,
  key: Bytes,
  place: RecordPlace,
  served: Uint8Array,
): Promise<LinkRecord> {
  if ((link.flags & linkFlags.upload) !== 0) throw new Failure('link-version', { flags: link.flags });
  const sealed = hasJar(served) ? freeRecord(served) : served;
  if (isPaidRecord(sealed)) throw new Failure('payment-required');
  const message = await openMessage(engine, recordSeal(key, place), sealed);
  const [bodyBytes, signature] = readTuple(decodeDcbor(message), 2).map((part) => readBytes(part)) as [Bytes, Bytes];
  const body = readMap(decodeDcbor(bodyBytes), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await checkAuthor(link.fingerprint, body, bodyBytes, signature);
  if (!equalBytes(readBytes(body.get(1)), place.linkId) || readUint(body.get(2)) !== place.version) throw forged('place');
  return decodeRecord(body);
}

/** Whether these are the bytes of a link that is sold: an array of four, where a record that opens at once begins with the magic of a seal. */
export function isPaidRecord(record: Uint8Array): boolean {
  return record[0] === 0x84 && !hasJar(record);
}

/** Whether the record of a link that opens at once stands beside the offer of a tip jar: an array of four that begins with 3. */
export function hasJar(record: Uint8Array): boolean {
  return record[0] === 0x84 && record[1] === 3;
}

function freeRecord(record: Uint8Array): Bytes {
  return readBytes(readTuple(decodeDcbor(record), 4)[3]);
}

function recordSeal(key: Bytes, place: RecordPlace): MessageSeal {
  return { label: sealLabels.link, key, context: concatBytes(place.linkId, u64(place.version)) };
}

async function checkAuthor(fingerprint: Bytes, body: DcborMap, bodyBytes: Bytes, signature: Bytes): Promise<void> {
  const { devicePublic } = await sharerDevice(fingerprint, body.get(7), body.get(8));
  if (!verifySignature(signatureLabels.link, devicePublic, bodyBytes, signature)) throw forged('signature');
}

function decodeRecord(body: DcborMap): LinkRecord {
  const number = readUint(body.get(3));
  const state = states[number];
  if (!state || body.has(10)) throw new Failure('link-version', { state: number });
  const record: LinkRecord = {
    state,
    ref: body.has(4) ? decodeRef(body.get(4)) : null,
    title: readText(body.get(5)),
    createdMs: readUint(body.get(6)),
    expectedBytes: body.has(9) ? readUint(body.get(9)) : null,
  };
  checkRecord(record);
  return record;
}

function checkRecord(record: LinkRecord): void {
  if (!record.ref && record.state !== 'growing') throw badObject('only a growing link may have no target');
  if (encodeUtf8(record.title).length > titleBytesMax) throw new Failure('limit-exceeded', { limit: 'title bytes' });
}
