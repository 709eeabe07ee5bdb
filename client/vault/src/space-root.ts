// The root of a space's tree, sealed so that it opens at its place in the log and nowhere else. spec/epochs.md "Root".
import { type Bytes, concatBytes, type RandomBytes, u32, u64 } from '@reprise/kit';
import {
  decodeDcbor,
  encodeDcbor,
  type LogState,
  readBytes,
  readTuple,
  readUint,
  type SealedRoot,
  sealedRootBytes,
} from '@reprise/protocol/formats';
import { type MessageSeal, openMessage, sealMessage } from './cae.ts';
import type { Engine } from './engine.ts';
import { sealLabels } from './labels.ts';
import { decodeRef, encodeRef, type Ref } from './tree-node.ts';

export type SpaceRoot = {
  /** The root directory. */
  readonly ref: Ref;
  /** 32 bytes that decide where directories are cut, the same for the whole life of a space. */
  readonly boundaryKey: Bytes;
};

/** The entry that carries something sealed, and the epoch whose key seals it. */
export type LogPlace = { readonly space: Bytes; readonly seq: number; readonly prev: Bytes; readonly epoch: number };

const paddedBytes = 256;

/** The place of the next entry. @param epoch the new one, for a rekey */
export function nextPlace(state: Pick<LogState, 'space' | 'seq' | 'head' | 'epoch'>, epoch: number = state.epoch): LogPlace {
  return { space: state.space, seq: state.seq + 1, prev: state.head, epoch };
}

/** What binds a root or a delta to its place: space ‖ u64 seq ‖ prev ‖ u32 epoch. */
export function placeContext({ space, seq, prev, epoch }: LogPlace): Bytes {
  return concatBytes(space, u64(seq), prev, u32(epoch));
}

/** @param key of the place's epoch @returns 340 bytes */
export function sealRoot(engine: Engine, key: Bytes, place: LogPlace, root: SpaceRoot, random: RandomBytes): Promise<Bytes> {
  const message = encodeDcbor([1, encodeRef(root.ref), readBytes(root.boundaryKey, 32)]);
  return sealMessage(engine, rootSeal(key, place), message, paddedBytes, random);
}

/** @param key of the root's epoch @throws Failure reject or bad-object */
export async function openRoot(engine: Engine, key: Bytes, space: Bytes, root: SealedRoot): Promise<SpaceRoot> {
  readBytes(root.sealed, sealedRootBytes);
  const message = await openMessage(engine, rootSeal(key, { ...root, space }), root.sealed);
  const [version, ref, boundaryKey] = readTuple(decodeDcbor(message), 3);
  readUint(version, 1, 1);
  return { ref: decodeRef(ref), boundaryKey: readBytes(boundaryKey, 32) };
}

function rootSeal(key: Bytes, place: LogPlace): MessageSeal {
  return { label: sealLabels.root, key, context: placeContext(place) };
}
