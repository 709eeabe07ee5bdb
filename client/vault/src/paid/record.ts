// What a server keeps for a link that is sold, in place of a link record: the sealed offer, and the locked root. Its form tells it apart
// from a record that opens at once. Of a link with a tip jar the record that opens at once is its last part. spec/paid-links.md "The two halves", "Tips".
import type { Bytes } from '@reprise/kit';
import { decodeDcbor, encodeDcbor, Failure, readBytes, readTuple, readUint } from '@reprise/protocol/formats';
import type { Engine } from '../engine.ts';
import { forged } from '../sharer.ts';
import { offerIdBytes, openOffer, type OpenedOffer } from './offer.ts';

export type PaidRecord = SoldRecord | JarRecord;

export type SoldRecord = {
  /** 2: its buyer may pay more than the price, which is the offer's to say; programs that know only 1 say that they are too old. */
  readonly version: 1 | 2;
  readonly offerId: Bytes;
  readonly offer: Bytes;
  readonly locked: Bytes;
};

/** Of a link that opens at once and has a tip jar. */
export type JarRecord = {
  readonly version: 3;
  readonly offerId: Bytes;
  readonly offer: Bytes;
  /** The record of the link, as `sealLinkRecord` gives it. */
  readonly open: Bytes;
};

export function encodePaidRecord(record: PaidRecord): Bytes {
  const { version, offerId, offer } = record;
  return encodeDcbor([version, offerId, offer, record.version === 3 ? record.open : record.locked]);
}

/** @throws Failure bad-object; link-version for what a later program made */
export function decodePaidRecord(bytes: Uint8Array): PaidRecord {
  const [number, id, sealed, last] = readTuple(decodeDcbor(bytes), 4);
  const version = readUint(number);
  if (version !== 1 && version !== 2 && version !== 3) throw new Failure('link-version', { version });
  const [offerId, offer] = [readBytes(id, offerIdBytes), readBytes(sealed)];
  return version === 3 ? { version, offerId, offer, open: readBytes(last) } : { version, offerId, offer, locked: readBytes(last) };
}

/**
 * The offer of a record, as `openOffer` checks it.
 * @throws Failure as `openOffer`; link-forged where a tip jar is served as a price, or a price as a tip jar
 */
export async function openRecordOffer(
  engine: Engine,
  link: { readonly secret: Bytes; readonly fingerprint: Bytes },
  record: PaidRecord,
): Promise<OpenedOffer> {
  const offer = await openOffer(engine, link, record.offerId, record.offer);
  if (offer.isJar !== (record.version === 3)) throw forged('place');
  return offer;
}
