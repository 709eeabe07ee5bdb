// A chunk: up to 4 MiB of a file, sealed under a key of its own. spec/ropes.md "Chunks".
import type { Bytes } from '@reprise/kit';
import { type ObjectRef, openObject, openSegments, type SealedObject, type SegmentRange, sealObject } from './cae.ts';
import type { Engine } from './engine.ts';
import { objectLabels } from './labels.ts';

const label = objectLabels.data;

/** @param plain the chunk's bytes followed by the zeros of its padding */
export function sealChunk(engine: Engine, key: Uint8Array, plain: Uint8Array, into?: Bytes): Promise<SealedObject> {
  return sealObject(engine, label, key, plain, into);
}

/** @returns the padded plaintext; an extent says which part of it is the file's. @throws Failure reject */
export function openChunk(engine: Engine, ref: ObjectRef, bytes: Uint8Array, into?: Bytes): Promise<Bytes> {
  return openObject(engine, label, ref, bytes, into);
}

/** For previews only, see `openSegments`. @throws Failure reject */
export function openChunkSegments(
  engine: Engine,
  ref: Pick<ObjectRef, 'key' | 'sealedLength'>,
  range: SegmentRange,
  bytes: Uint8Array,
): Promise<Bytes> {
  return openSegments(engine, label, ref, range, bytes);
}
