// A change that waits for the server, as a device keeps it: what the person did, the tree it was done to and the tree it made. Sealed under a key of
// the device, since references hold keys. Where records lie is a port: a database in a browser. spec/drive.md "Changes that wait".
import { assert, type Bytes, decodeUtf8, encodeUtf8, formatBase64url, parseBase64url, type RandomBytes } from '@reprise/kit';
import type { SpaceId } from '@reprise/protocol';
import { type Engine, openLocal, type Ref, type SealedObject, sealLocal } from '@reprise/vault';
import type { Soon } from '../source.ts';
import type { Marks } from './marks.ts';

/** What a person did. */
export type WaitingAct =
  | { readonly kind: 'folder'; readonly path: string }
  /** Also a new name. */
  | { readonly kind: 'move'; readonly transfers: readonly { readonly from: string; readonly to: string }[] }
  | { readonly kind: 'mark'; readonly paths: readonly string[]; readonly marks: Partial<Marks> }
  | { readonly kind: 'remove'; readonly paths: readonly string[] }
  | { readonly kind: 'restore'; readonly ids: readonly string[]; readonly names: readonly string[] };

/**
 * Why a change is not carried out any more: what it names is gone; somebody moved, renamed or edited it meanwhile; or the server has no longer what it
 * would be joined with.
 */
export type HeldReason = 'gone' | 'moved' | 'changed' | 'impossible';

/** An act that waits, or is held. */
export type WaitingChange = {
  /** Ascending in the order of the acts. */
  readonly id: string;
  readonly madeAtMs: number;
  readonly act: WaitingAct;
  /** Of the entries that it touches, hex. */
  readonly fids: readonly string[];
  /** null while it waits; else it is shown no more and is dropped by the person alone. */
  readonly held: HeldReason | null;
};

/** @internal */
export type WaitingRecord = WaitingChange & { readonly base: Ref | null; readonly ours: Ref };

/** Where a device keeps them. Several programs of one device may share it. */
export interface WaitingStore {
  /** What is kept of a space, by id, ascending. */
  records(space: SpaceId): Soon<readonly { readonly id: string; readonly sealed: Bytes }[]>;
  /** A node that was given to `save`. */
  node(id: Bytes): Soon<Bytes | undefined>;
  /** Adds or replaces a record, with the nodes it needs: all of it, durably, or nothing. */
  save(space: SpaceId, id: string, sealed: Bytes, nodes: readonly SealedObject[]): Soon<void>;
  /** With the last record of all spaces go the nodes. */
  drop(space: SpaceId, ids: readonly string[]): Soon<void>;
  /** Of all programs that share the store one at a time. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** For tests, and for programs that keep nothing. */
export function memoryWaitingStore(): WaitingStore {
  const kept = new Map<string, Bytes>();
  const nodes = new Map<string, Bytes>();
  let turn: Promise<unknown> = Promise.resolve();
  return {
    records: (space) =>
      [...kept]
        .filter(([key]) => key.startsWith(`${space}/`))
        .map(([key, sealed]) => ({ id: key.slice(space.length + 1), sealed }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    node: (id) => nodes.get(formatBase64url(id)),
    save: (space, id, sealed, added) => {
      kept.set(`${space}/${id}`, sealed);
      for (const node of added) nodes.set(formatBase64url(node.id), node.bytes);
    },
    drop: (space, ids) => {
      for (const id of ids) kept.delete(`${space}/${id}`);
      if (kept.size === 0) nodes.clear();
    },
    inTurn: (work) => {
      const next = turn.then(work);
      turn = next.catch(() => undefined);
      return next;
    },
  };
}

export type RecordKey = { readonly engine: Engine /** Of this device, 32 bytes. */; readonly key: Bytes; readonly random: RandomBytes };

export function sealRecord(space: SpaceId, record: WaitingRecord, { engine, key, random }: RecordKey): Promise<Bytes> {
  const text = JSON.stringify({ ...record, base: record.base && packRef(record.base), ours: packRef(record.ours) });
  return sealLocal(engine, key, placeOf(space, record.id), encodeUtf8(text), random);
}

/** @throws Failure reject for a record of another device, or a damaged one */
export async function openRecord(space: SpaceId, id: string, sealed: Bytes, { engine, key }: RecordKey): Promise<WaitingRecord> {
  // What opens was sealed by this device: its shape is not in doubt.
  const packed = JSON.parse(decodeUtf8(await openLocal(engine, key, placeOf(space, id), sealed))) as Packed;
  return { ...packed, base: packed.base && unpackRef(packed.base), ours: unpackRef(packed.ours) };
}

type PackedRef = { readonly id: string; readonly key: string; readonly length: number };
type Packed = Omit<WaitingRecord, 'base' | 'ours'> & { readonly base: PackedRef | null; readonly ours: PackedRef };

function packRef({ id, key, length }: Ref): PackedRef {
  return { id: formatBase64url(id), key: formatBase64url(key), length };
}

function unpackRef({ id, key, length }: PackedRef): Ref {
  return { id: bytesOf(id), key: bytesOf(key), length };
}

function bytesOf(text: string): Bytes {
  const bytes = parseBase64url(text);
  assert(bytes, 'a record that opens holds what was sealed into it');
  return bytes;
}

function placeOf(space: SpaceId, id: string) {
  return { table: 'waiting', row: encodeUtf8(`${space}/${id}`) };
}
