// One entry of a space's log, read from the bytes that were signed: spec/log.md "Entry".
import type { Bytes } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor } from '../dcbor.ts';
import { readArray, readBytes, readMap, readUint } from '../shape.ts';
import { encodeBody, type LogBody, readBody, readType, typeNumber } from './body.ts';
import { readAt, refused } from './refusal.ts';

export type LogEntry = {
  /** null in a genesis, which the space's id is the hash of. */
  readonly space: Bytes | null;
  readonly seq: number;
  /** Id of the entry before; zeros in a genesis. */
  readonly prev: Bytes;
  /** Ids of seq − 2, seq − 4, … up to the largest power of two that divides seq. */
  readonly skips: readonly Bytes[];
  /** The epoch in force before the entry. */
  readonly epoch: number;
  readonly deviceId: Bytes;
  /** What the device's clock said: a claim. */
  readonly timeMs: number;
  readonly body: LogBody;
};

const skipsMax = 53;

export function encodeEntry(entry: LogEntry): Bytes {
  const fields: (readonly [number, DcborValue])[] = [
    [1, 1],
    [2, 1],
    ...(entry.space === null ? [] : [[3, entry.space] as const]),
    [4, entry.seq],
    [5, entry.prev],
    [6, entry.skips],
    [7, typeNumber(entry.body.type)],
    [8, entry.epoch],
    [9, entry.deviceId],
    [10, entry.timeMs],
    [11, encodeBody(entry.body)],
  ];
  return encodeDcbor(new Map(fields));
}

/** Reads an entry's form. What it says about the log is judged by `advanceLog`. @throws Failure log-refused at step form, version, type or body */
export function decodeEntry(bytes: Uint8Array): LogEntry {
  const fields = readAt('form', () => readMap(decodeDcbor(bytes), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
  if (fields.get(1) !== 1 || fields.get(2) !== 1) throw refused('version', 'another version or suite');
  const header = readAt('form', () => ({
    space: fields.has(3) ? readBytes(fields.get(3), 32) : null,
    seq: readUint(fields.get(4)),
    prev: readBytes(fields.get(5), 32),
    skips: readArray(fields.get(6), skipsMax).map((id) => readBytes(id, 32)),
    epoch: readUint(fields.get(8), 2 ** 32 - 1),
    deviceId: readBytes(fields.get(9), 32),
    timeMs: readUint(fields.get(10)),
  }));
  const type = readAt('type', () => readType(fields.get(7)));
  return { ...header, body: readAt('body', () => readBody(type, fields.get(11))) };
}
