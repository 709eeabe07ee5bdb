// Where a device remembers the head of each space it has accepted, so that no server can show it an older or another history. A port: a
// file in Node, a database in a browser. spec/log.md "Rules of a client", R1 and R3.
import type { Bytes } from '@reprise/kit';
import type { SpaceId } from '@reprise/protocol';
import type { Soon } from '../source.ts';

export interface HeadStore {
  /** The record that was saved last with the highest seq; undefined if there is none. */
  load(space: SpaceId): Soon<Bytes | undefined>;
  /**
   * Durable once it resolves: it survives the end of the program and of power. Of two programs that save at the same time the higher seq
   * stays; a record of the same seq takes the place of the earlier one.
   */
  save(space: SpaceId, seq: number, record: Bytes): Soon<void>;
  /** Forgets the space: only a person may want this. */
  forget(space: SpaceId): Soon<void>;
}

/** For tests and for programs that keep nothing: every start trusts what the account's checkpoint says. */
export function memoryHeadStore(): HeadStore {
  const kept = new Map<SpaceId, { readonly seq: number; readonly record: Bytes }>();
  return {
    load: (space) => kept.get(space)?.record,
    save: (space, seq, record) => {
      if (seq >= (kept.get(space)?.seq ?? 0)) kept.set(space, { seq, record });
    },
    forget: (space) => void kept.delete(space),
  };
}
