// CAE-1: authenticated encryption that commits to its key, whole or by segments. spec/cae-1.md.
import { assert, type Bytes, concatBytes, encodeUtf8, equalBytes, type RandomBytes, u8, u32 } from '@reprise/kit';
import {
  chunkBytes,
  headerBytes,
  padme,
  plainLength,
  reject,
  sealedLength,
  sealedSegmentBytes,
  segmentBytes,
  segmentCount,
  tagBytes,
} from '@reprise/protocol/objects';
import { type Engine, noBytes, type SegmentKey, type Soon } from './engine.ts';
import type { ObjectLabel, SealLabel } from './labels.ts';

const magicObject = Uint8Array.of(0x52, 0x50, 0x41, 1);
const magicMessage = Uint8Array.of(0x52, 0x50, 0x42, 1);
const saltBytes = 32;
const commitmentBytes = 32;
const messageHeaderBytes = magicMessage.length + saltBytes + commitmentBytes;
export const messageBytesMax = segmentBytes - 1;
/** What mode B adds to the padded message. */
export const messageOverheadBytes = messageHeaderBytes + tagBytes;

export type SealedObject = { readonly id: Bytes; readonly bytes: Bytes };

/** What a reference says about an object: enough to fetch it, check it and open it. */
export type ObjectRef = { readonly id: Bytes; readonly key: Bytes; readonly sealedLength: number };

/**
 * Mode A. The key must be fresh: it seals this one plaintext and no other, ever.
 * @param plain padded, 1 to 4,194,304 bytes
 * @param into where to write the object, exactly as long as it will be; otherwise it is allocated
 */
export async function sealObject(
  engine: Engine,
  label: ObjectLabel,
  key: Uint8Array,
  plain: Uint8Array,
  into?: Bytes,
): Promise<SealedObject> {
  assert(plain.length >= 1 && plain.length <= chunkBytes, 'an object holds 1 to 4,194,304 bytes');
  assert(!into || into.length === sealedLength(plain.length), 'the place for an object has its length');
  const { segmentKey, commitment } = await derive(engine, objectDerivation(label, key));
  const bytes = await engine.sealSegments(segmentKey, concatBytes(magicObject, commitment), plain, into);
  return { id: await engine.sha256(bytes), bytes };
}

/**
 * Opens a whole object: length and hash, magic, commitment, then every segment; nothing is released before the last.
 * @param into where to write, exactly as long as the padded plaintext; its content means nothing if this throws
 * @returns the padded plaintext
 * @throws Failure reject
 */
export async function openObject(engine: Engine, label: ObjectLabel, ref: ObjectRef, bytes: Uint8Array, into?: Bytes): Promise<Bytes> {
  const plainBytes = plainLength(bytes.length);
  if (bytes.length !== ref.sealedLength || plainBytes === undefined) throw reject();
  assert(!into || into.length === plainBytes, 'the place for a plaintext has its length');
  if (!equalBytes(await engine.sha256(bytes), ref.id)) throw reject();
  if (!equalBytes(bytes.subarray(0, 4), magicObject)) throw reject();
  const { segmentKey, commitment } = await derive(engine, objectDerivation(label, ref.key));
  if (!equalBytes(bytes.subarray(4, headerBytes), commitment)) throw reject();
  return openOrReject(() => engine.openSegments(segmentKey, bytes.subarray(headerBytes), 0, true, into));
}

/** Whole segments of one object: `count` of them from `first`. */
export type SegmentRange = { readonly first: number; readonly count: number };

/** The bytes of an object that hold these segments, `end` exclusive, as a Range request asks for them. */
export function segmentByteRange(sealedLength: number, range: SegmentRange): { readonly start: number; readonly end: number } {
  const start = headerBytes + range.first * sealedSegmentBytes;
  return { start, end: Math.min(sealedLength, start + range.count * sealedSegmentBytes) };
}

/**
 * Opens segments without the rest of their object. What comes out was made by somebody who holds the key, which need not be
 * the author: show it, but never write, cache, seal or pass it on (spec/cae-1.md "Open a range").
 * @throws Failure reject
 */
export async function openSegments(
  engine: Engine,
  label: ObjectLabel,
  ref: Pick<ObjectRef, 'key' | 'sealedLength'>,
  range: SegmentRange,
  bytes: Uint8Array,
): Promise<Bytes> {
  const segments = segmentCount(plainLength(ref.sealedLength) ?? 0);
  const { start, end } = segmentByteRange(ref.sealedLength, range);
  const inside = range.first >= 0 && range.count >= 1 && range.first + range.count <= segments;
  if (!inside || bytes.length !== end - start) throw reject();
  const { segmentKey } = await derive(engine, objectDerivation(label, ref.key));
  return openOrReject(() => engine.openSegments(segmentKey, bytes, range.first, range.first + range.count === segments));
}

export type MessageSeal = {
  readonly label: SealLabel;
  readonly key: Uint8Array;
  /** What the message belongs to; it opens under the same context only. */
  readonly context: Uint8Array;
};

const messagePaddedBytesMin = 1_024;

/** The padding of a message: Padmé with a floor of 1 KiB, and always room for the end mark. */
export function paddedMessageLength(messageBytes: number): number {
  return Math.max(messagePaddedBytesMin, padme(messageBytes + 1));
}

/**
 * Mode B, for a kept key: a fresh salt makes each message's own encryption key.
 * @param paddedLength of the plaintext, more than the message's length
 */
export async function sealMessage(
  engine: Engine,
  seal: MessageSeal,
  message: Uint8Array,
  paddedLength: number,
  random: RandomBytes,
): Promise<Bytes> {
  assert(message.length < paddedLength && paddedLength <= segmentBytes, 'a message is shorter than its padding, and that fits a segment');
  const padded = new Uint8Array(paddedLength);
  padded.set(message);
  padded[message.length] = 0x80;
  const salt = random(saltBytes);
  const { segmentKey, commitment } = await derive(engine, { ...seal, magic: magicMessage, salt });
  return engine.sealSegments(segmentKey, concatBytes(magicMessage, salt, commitment), padded);
}

/** @returns the message without its padding. @throws Failure reject */
export async function openMessage(engine: Engine, seal: MessageSeal, bytes: Uint8Array): Promise<Bytes> {
  const plainBytes = bytes.length - messageHeaderBytes - tagBytes;
  if (plainBytes < 1 || plainBytes > segmentBytes) throw reject();
  if (!equalBytes(bytes.subarray(0, 4), magicMessage)) throw reject();
  const salt = bytes.subarray(4, 4 + saltBytes);
  const { segmentKey, commitment } = await derive(engine, { ...seal, magic: magicMessage, salt });
  if (!equalBytes(bytes.subarray(4 + saltBytes, messageHeaderBytes), commitment)) throw reject();
  const padded = await openOrReject(() => engine.openSegments(segmentKey, bytes.subarray(messageHeaderBytes), 0, true));
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (end < 0 || padded[end] !== 0x80) throw reject();
  return padded.slice(0, end);
}

type Derivation = {
  readonly magic: Uint8Array;
  readonly label: ObjectLabel | SealLabel;
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
  readonly context: Uint8Array;
};

function objectDerivation(label: ObjectLabel, key: Uint8Array): Derivation {
  return { magic: magicObject, label, key, salt: noBytes, context: noBytes };
}

/** info = ascii(label) || 00 || magic || u32(length of context) || context, and the two halves of HKDF's 64 bytes. */
async function derive(engine: Engine, from: Derivation): Promise<{ segmentKey: SegmentKey; commitment: Bytes }> {
  const { magic, label, key, salt, context } = from;
  assert(key.length === 32, 'a key has 32 bytes');
  const info = concatBytes(encodeUtf8(label), u8(0), magic, u32(context.length), context);
  const okm = await engine.hkdf(key, salt, info, 64);
  return { segmentKey: { encryptionKey: okm.slice(0, 32), info }, commitment: okm.slice(32) };
}

/** Whatever the engine says, the caller learns that it did not open, and nothing else. */
async function openOrReject(opening: () => Soon<Bytes>): Promise<Bytes> {
  try {
    return await opening();
  } catch {
    throw reject();
  }
}
