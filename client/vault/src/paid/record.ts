// What a server keeps for a link that is sold, in place of a link record: the sealed offer, and the locked root. Its form tells it apart
// from a record that opens at once. spec/paid-links.md "The two halves".
import type { Bytes } from '@reprise/kit';
import { decodeDcbor, encodeDcbor, Failure, readBytes, readTuple, readUint } from '@reprise/protocol/formats';
import { offerIdBytes } from './offer.ts';

export type PaidRecord = {
  /** 2: its buyer may pay more than the price, which is the offer's to say; programs that know only 1 say that they are too old. */
  readonly version: 1 | 2;
  readonly offerId: Bytes;
  readonly offer: Bytes;
  readonly locked: Bytes;
};

export function encodePaidRecord({ version, offerId, offer, locked }: PaidRecord): Bytes {
  return encodeDcbor([version, offerId, offer, locked]);
}

/** @throws Failure bad-object; link-version for what a later program made */
export function decodePaidRecord(bytes: Uint8Array): PaidRecord {
  const [number, offerId, offer, locked] = readTuple(decodeDcbor(bytes), 4);
  const version = readUint(number);
  if (version !== 1 && version !== 2) throw new Failure('link-version', { version });
  return { version, offerId: readBytes(offerId, offerIdBytes), offer: readBytes(offer), locked: readBytes(locked) };
}
