// An entry as it travels and is kept: its bytes, the device's signature over them, and what goes beside: spec/log.md "Envelope".
import { type Bytes, concatBytes, readU32, u32 } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor } from '../dcbor.ts';
import { taggedHash } from '../hash.ts';
import { hashLabels, signatureLabels } from '../labels.ts';
import { envelopeBytesMax, logEntryBytesMax } from '../limits.ts';
import { badObject, readBytes, readTuple } from '../shape.ts';
import { checkSignature, type SigningKey, sign, type VerifyKey } from '../signature.ts';
import { readAt, refused } from './refusal.ts';

export type Envelope = {
  /** The exact bytes that were signed. */
  readonly entry: Bytes;
  /** Ed25519, 64 bytes. */
  readonly signature: Bytes;
  /** By number, see `attachmentNumbers`. */
  readonly attachments: ReadonlyMap<number, Bytes>;
};

export function encodeEnvelope({ entry, signature, attachments }: Envelope): Bytes {
  return encodeDcbor([entry, signature, attachments]);
}

/** @throws Failure log-refused at step size or form */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > envelopeBytesMax) throw refused('size', 'the envelope is too long');
  return readAt('form', () => {
    const [entry, signature, attachments] = readTuple(decodeDcbor(bytes), 3);
    const envelope = { entry: readBytes(entry), signature: readBytes(signature, 64), attachments: readAttachments(attachments) };
    if (envelope.entry.length > logEntryBytesMax) throw refused('size', 'the entry is too long');
    return envelope;
  });
}

function readAttachments(value: DcborValue | undefined): ReadonlyMap<number, Bytes> {
  if (!(value instanceof Map)) throw badObject('a map expected');
  return new Map([...(value as ReadonlyMap<number, DcborValue>)].map(([number, bytes]) => [number, readBytes(bytes)]));
}

/** TH("rp1/hash/entry", entry): what the next entry names as its previous one. */
export function entryId(entry: Uint8Array): Promise<Bytes> {
  return taggedHash(hashLabels.entry, entry);
}

/** The envelope of an entry: its bytes, signed by the device. */
export async function signEnvelope(device: SigningKey, entry: Bytes, attachments: Envelope['attachments']): Promise<Envelope> {
  return { entry, signature: await sign(signatureLabels.log, device, entry), attachments };
}

export function isSignedBy(key: VerifyKey, { entry, signature }: Envelope): Promise<boolean> {
  return checkSignature(signatureLabels.log, key, entry, signature);
}

/** A page of a log: u32 length || envelope, as often as there are entries. */
export function joinEnvelopes(envelopes: readonly Uint8Array[]): Bytes {
  return concatBytes(...envelopes.flatMap((envelope) => [u32(envelope.length), envelope]));
}

/** The envelopes of a page, undecoded. @throws Failure bad-object if the page ends within one, or one is too long */
export function splitEnvelopes(page: Uint8Array): Bytes[] {
  const envelopes: Bytes[] = [];
  for (let at = 0; at < page.length; ) {
    const start = at + 4;
    if (start > page.length) throw badObject('a page of the log is cut short');
    const length = readU32(page, at);
    at = start + length;
    if (length > envelopeBytesMax || at > page.length) throw badObject('a page of the log is cut short');
    envelopes.push(page.slice(start, at) as Bytes);
  }
  return envelopes;
}
