// All that a node must not lose, in one file that is replaced as a whole: manager and monitors of the same moment, and its records.
import { randomBytes } from 'node:crypto';
import { readIfThere, replaceDurably } from './files.ts';
import { Records } from './records.ts';

export type Snapshot = {
  /** 32 bytes: the node's keys. */
  readonly seed: Uint8Array;
  /** null before the first channel. */
  readonly manager: Uint8Array | null;
  /** By funding output, in hex. */
  readonly monitors: ReadonlyMap<string, Uint8Array>;
  readonly records: Records;
};

type Written = {
  readonly version: 1;
  readonly seed: string;
  readonly manager: string | null;
  readonly monitors: readonly (readonly [string, string])[];
  readonly records: string;
};

export function readSnapshot(file: string): Snapshot {
  const content = readIfThere(file);
  if (!content) return { seed: new Uint8Array(randomBytes(32)), manager: null, monitors: new Map(), records: new Records() };
  const { seed, manager, monitors, records } = JSON.parse(content.toString()) as Written;
  return {
    seed: decode(seed),
    manager: manager === null ? null : decode(manager),
    monitors: new Map(monitors.map(([key, bytes]) => [key, decode(bytes)])),
    records: Records.fromJson(records),
  };
}

export function writeSnapshot(file: string, { seed, manager, monitors, records }: Snapshot): void {
  const written: Written = {
    version: 1,
    seed: encode(seed),
    manager: manager && encode(manager),
    monitors: [...monitors].map(([key, bytes]) => [key, encode(bytes)]),
    records: records.toJson(),
  };
  replaceDurably(file, Buffer.from(JSON.stringify(written)));
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function decode(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}
