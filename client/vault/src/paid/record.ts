// What a server keeps for a link that is sold, in place of a link record: the sealed offer, and the locked root. Its form tells it apart
// from a record that opens at once. spec/paid-links.md "Record of a paid link".
import type { Bytes } from '@reprise/kit';
import { decodeDcbor, encodeDcbor, Failure, readBytes, readTuple, readUint } from '@reprise/protocol/formats';
import { offerIdBytes } from './offer.ts';

export type PaidRecord = { readonly offerId: Bytes; readonly offer: Bytes; readonly locked: Bytes };

const version = 1;

export function encodePaidRecord({ offerId, offer, locked }: PaidRecord): Bytes {
  return encodeDcbor([version, offerId, offer, locked]);
}

/** @throws Failure bad-object; link-version for what a later program made */
export function decodePaidRecord(bytes: Uint8Array): PaidRecord {
  const [number, offerId, offer, locked] = readTuple(decodeDcbor(bytes), 4);
  if (readUint(number) !== version) throw new Failure('link-version', { version: readUint(number) });
  return { offerId: readBytes(offerId, offerIdBytes), offer: readBytes(offer), locked: readBytes(locked) };
}
