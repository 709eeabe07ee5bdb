// A file's content as an ordered list of extents of sealed chunks: spec/ropes.md.
import { assert } from '@reprise/kit';
import {
  badObject,
  chunkBytes,
  type DcborValue,
  fileBytesMax,
  isSealedLength,
  padme,
  plainLength,
  readBytes,
  readTuple,
  readUint,
  runPaddedBytesMin,
  sealedLength,
  segmentBytes,
} from '@reprise/protocol/formats';
import type { ObjectRef, SegmentRange } from './cae.ts';

/** `length` bytes of a file: those at `offset` in the plaintext of one chunk. Length 0 is a chunk of nothing but padding. */
export type Extent = ObjectRef & { readonly offset: number; readonly length: number };

/** Part of a run of new bytes that becomes one chunk. */
export type Cut = {
  /** Offset in the run. */
  readonly start: number;
  /** Bytes of the run in this chunk; 0 in a chunk of nothing but padding. */
  readonly length: number;
  /** Plaintext bytes to seal: `length` and then zeros. */
  readonly paddedLength: number;
  readonly sealedLength: number;
};

/** How a run of `length` new bytes is padded and cut. A run of no bytes has no chunk. */
export function planRun(length: number): Cut[] {
  assert(Number.isSafeInteger(length) && length >= 0 && length <= fileBytesMax, 'a run has at most 4 TiB');
  if (length === 0) return [];
  const total = Math.max(runPaddedBytesMin, padme(length));
  return Array.from({ length: Math.ceil(total / chunkBytes) }, (_, i) => cutAt(i * chunkBytes, length, total));
}

/** The sealed bytes that a run takes on a server, without building its cuts. */
export function storedLength(length: number): number {
  if (length === 0) return 0;
  const total = Math.max(runPaddedBytesMin, padme(length));
  const rest = total % chunkBytes;
  return Math.floor(total / chunkBytes) * sealedLength(chunkBytes) + (rest > 0 ? sealedLength(rest) : 0);
}

function cutAt(start: number, length: number, total: number): Cut {
  const paddedLength = Math.min(chunkBytes, total - start);
  const cutLength = Math.max(0, Math.min(paddedLength, length - start));
  return { start, length: cutLength, paddedLength, sealedLength: sealedLength(paddedLength) };
}

/** Part of a wanted range that one chunk answers. */
export type Piece = {
  readonly extent: Extent;
  /** The extent's place in the list. */
  readonly index: number;
  /** Where the piece starts in the chunk's plaintext. */
  readonly chunkOffset: number;
  readonly length: number;
  /** Where the piece starts in the file. */
  readonly fileOffset: number;
};

/** The pieces that make up `length` bytes of a file from `start`; what lies beyond the end is left out. */
export function locateRange(extents: readonly Extent[], start: number, length: number): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  extents.forEach((extent, index) => {
    const from = Math.max(start, at);
    const to = Math.min(start + length, at + extent.length);
    if (from < to) pieces.push({ extent, index, chunkOffset: extent.offset + from - at, length: to - from, fileOffset: from });
    at += extent.length;
  });
  return pieces;
}

/** The whole segments that hold a piece, for a read by range. */
export function segmentsOf(piece: Pick<Piece, 'chunkOffset' | 'length'>): SegmentRange {
  const first = Math.floor(piece.chunkOffset / segmentBytes);
  return { first, count: Math.ceil((piece.chunkOffset + piece.length) / segmentBytes) - first };
}

export function ropeLength(extents: readonly Extent[]): number {
  return extents.reduce((sum, extent) => sum + extent.length, 0);
}

/** Joins extents that continue each other in one chunk. */
export function joinExtents(extents: readonly Extent[]): Extent[] {
  const joined: Extent[] = [];
  for (const extent of extents) {
    const last = joined.at(-1);
    if (last && continues(last, extent)) joined[joined.length - 1] = { ...last, length: last.length + extent.length };
    else joined.push(extent);
  }
  return joined;
}

function continues(last: Extent, next: Extent): boolean {
  return last.offset + last.length === next.offset && last.length > 0 && next.length > 0 && last.id.every((byte, i) => byte === next.id[i]);
}

/** Whether an extent is known to cover all its chunk holds, so that the chunk's key gives away nothing else. */
export function coversWholeChunk(extent: Extent): boolean {
  if (extent.offset !== 0) return false;
  return extent.length === plainLength(extent.sealedLength) || extent.length === 0 || extent.length % segmentBytes !== 0;
}

export function encodeExtent(extent: Extent): DcborValue {
  return [extent.id, extent.key, extent.sealedLength, extent.offset, extent.length];
}

/** @throws Failure bad-object */
export function decodeExtent(value: DcborValue): Extent {
  const [id, key, sealed, offset, length] = readTuple(value, 5);
  const extent = {
    id: readBytes(id, 32),
    key: readBytes(key, 32),
    sealedLength: readUint(sealed),
    offset: readUint(offset, chunkBytes),
    length: readUint(length, chunkBytes),
  };
  const plainBytes = plainLength(extent.sealedLength);
  if (plainBytes === undefined || !isSealedLength(extent.sealedLength)) throw badObject('no chunk has this length');
  if (extent.offset + extent.length > plainBytes) throw badObject('an extent reaches beyond its chunk');
  if (extent.offset % segmentBytes !== 0) throw badObject('an extent starts on a segment boundary');
  return extent;
}
