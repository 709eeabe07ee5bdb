// Where a device remembers the head of each space it has accepted, so that no server can show it an older or another history. A port: a
// file in Node, a database in a browser. Several programs of one device share it, so a record is only replaced by whoever has read it.
// spec/log.md "Rules of a client", R1 and R3.
import { type Bytes, equalBytes } from '@reprise/kit';
import type { SpaceId } from '@reprise/protocol';
import type { Soon } from '../source.ts';

/** Where a device keeps the heads it has accepted. */
export interface HeadStore {
  /** The record that was saved last; undefined if there is none. */
  load(space: SpaceId): Soon<Bytes | undefined>;
  /**
   * Replaces the record `expected` (undefined: none) by this one, whole or not at all, also against other programs.
   * @returns whether it is there: false if another record is, by now. True means durable: it survives the end of the program and of power
   */
  save(space: SpaceId, record: Bytes, expected: Bytes | undefined): Soon<boolean>;
}

/** For tests and for programs that keep nothing: every start trusts what the account's checkpoint says. */
export function memoryHeadStore(): HeadStore {
  const kept = new Map<SpaceId, Bytes>();
  return {
    load: (space) => kept.get(space),
    save: (space, record, expected) => {
      if (!isSameRecord(kept.get(space), expected)) return false;
      kept.set(space, record);
      return true;
    },
  };
}

export function isSameRecord(a: Bytes | undefined, b: Bytes | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}
