// How a later version of a file is cut, so that what the former one has is not sent again wherever it stands by now. Chunks of the former version
// are looked for whole, by hashes of how they begin and end that its writer noted; what is found is only a guess until sealing it again gives the
// chunk's id. spec/ropes.md "A later version".
import { assert } from '@reprise/kit';
import { chunkBytes, plainLength } from '@reprise/protocol/formats';
import { type Cut, type Extent, planRun } from './rope.ts';

/** Hashes, 32 bits each, of the first and the last `endBytes` of what a chunk holds of a file. Kept where the file is, and nowhere else. */
export type ChunkEnds = { readonly first: number; readonly last: number };

/** Where the former version may have its bytes: `of` is to be proved by sealing again. */
export type InheritedCut = Cut & { readonly of?: Extent };

/** @returns `length` bytes from `start`, fewer only at the end of the file */
export type ReadPiece = (start: number, length: number) => Promise<Uint8Array>;

export const endBytes = 32;

const pieceBytes = 1_048_576;
/** Chunks that are looked for where they would stand if only what is before them was overwritten. */
const inStepMax = 16;
/** Bytes gone through in search, without finding anything, until the rest is only looked for in its place. */
const rolledBytesMax = 64 * 1_048_576;
/** Beginnings that turn out to be of something else, as in long runs of one byte. */
const missesMax = 4_096;
/** A chunk under this, next to new bytes, is sent again with them. */
const smallBytes = 524_288;
/** More pieces than this within one chunk's length become one. */
const piecesMax = 16;

const gear = makeGear();

/** @param head the first bytes, at least `endBytes` @param tail the last ones */
export function endsOf(head: Uint8Array, tail: Uint8Array): ChunkEnds {
  return { first: hashOf(head, 0), last: hashOf(tail, tail.length - endBytes) };
}

/** Rolls: each byte shifts by one bit what came before, so 32 of them are all that counts. */
function hashOf(bytes: Uint8Array, start: number): number {
  assert(start >= 0 && bytes.length >= start + endBytes, 'a chunk without such an end');
  let hash = 0;
  for (let at = start; at < start + endBytes; at++) hash = ((hash << 1) + (gear[bytes[at] as number] as number)) | 0;
  return hash >>> 0;
}

/** Of one table for all: what is guessed by it is proved afterwards. */
function makeGear(): Uint32Array {
  let state = 0x9e3779b9;
  return Uint32Array.from({ length: 256 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
}

/**
 * @param extents of the former version @param size of the later one, in bytes
 * @param endsById what was noted of a chunk; one of which nothing was is looked for where it stood, and only there
 * @returns cuts that cover the file; null if it is best sent as if there was no former version
 */
export async function inheritCuts(
  extents: readonly Extent[],
  size: number,
  endsById: (extent: Extent) => ChunkEnds | undefined,
  read: ReadPiece,
): Promise<readonly InheritedCut[] | null> {
  const chunks = formerChunks(extents, endsById);
  const found = await new Search(chunks, size, read).run();
  if (!found.some(({ chunk }) => chunk)) return null;
  return cutsOf(tidied(found), size);
}

type FormerChunk = {
  readonly extent: Extent;
  /** In the former version. */
  readonly start: number;
  readonly ends: ChunkEnds | undefined;
  /** Chunks of nothing but padding that follow it: they stay with it, or their end would tell the length of a run. */
  readonly padding: readonly Extent[];
};

/** A stretch of the file: a chunk of the former version, or new bytes. */
type Stretch = { readonly start: number; readonly length: number; readonly chunk?: FormerChunk };

function formerChunks(extents: readonly Extent[], endsById: (extent: Extent) => ChunkEnds | undefined): readonly FormerChunk[] {
  const chunks: FormerChunk[] = [];
  let start = 0;
  let padding: Extent[] = [];
  for (const extent of extents) {
    // A part of a chunk cannot be proved by sealing it.
    if (extent.length === 0) padding.push(extent);
    else padding = [];
    if (extent.offset === 0 && extent.length > 0) {
      const ends = extent.length >= endBytes ? endsById(extent) : undefined;
      chunks.push({ extent, start, ends, padding });
    }
    start += extent.length;
  }
  return chunks;
}

type Hit = { readonly index: number; readonly at: number };

class Search {
  readonly #chunks: readonly FormerChunk[];
  readonly #size: number;
  readonly #read: ReadPiece;
  /** Each chunk is found once: what merely repeats is sent in full, or a stranger's bytes in a file would tell what else is in it. */
  readonly #used: boolean[];
  readonly #byFirst = new Map<number, number[]>();
  readonly #filter = new Uint8Array(65_536);
  #at = 0;
  #next = 0;
  #rolled = 0;
  #misses = 0;

  constructor(chunks: readonly FormerChunk[], size: number, read: ReadPiece) {
    this.#chunks = chunks;
    this.#size = size;
    this.#read = read;
    this.#used = chunks.map(() => false);
    for (const [index, { ends }] of chunks.entries()) {
      if (!ends) continue;
      const same = this.#byFirst.get(ends.first);
      if (same) same.push(index);
      else this.#byFirst.set(ends.first, [index]);
      this.#filter[ends.first & 0xffff] = 1;
    }
  }

  async run(): Promise<readonly Stretch[]> {
    const stretches: Stretch[] = [];
    while (this.#at < this.#size) {
      const hit = (await this.#inStep(inStepMax)) ?? (await this.#roll()) ?? (await this.#inStep(this.#chunks.length));
      const end = hit?.at ?? this.#size;
      if (end > this.#at) stretches.push({ start: this.#at, length: end - this.#at });
      this.#at = end;
      if (!hit) break;
      const chunk = this.#chunks[hit.index] as FormerChunk;
      const { length } = chunk.extent;
      stretches.push({ start: hit.at, length, chunk });
      this.#used[hit.index] = true;
      this.#at += length;
      this.#next = hit.index + 1;
    }
    return stretches;
  }

  /** The next chunks, where they stand if what is before them kept its length. */
  async #inStep(most: number): Promise<Hit | undefined> {
    const first = this.#chunks[this.#next];
    if (!first) return undefined;
    for (let index = this.#next; index < Math.min(this.#chunks.length, this.#next + most); index++) {
      const at = this.#at + (this.#chunks[index] as FormerChunk).start - first.start;
      if (at >= this.#size) return undefined;
      if (await this.#stands(index, at)) return { index, at };
    }
    return undefined;
  }

  async #stands(index: number, at: number): Promise<boolean> {
    const { extent, ends, start } = this.#chunks[index] as FormerChunk;
    if (this.#used[index] || at + extent.length > this.#size) return false;
    if (!ends) return at === start;
    return (await this.#hashAt(at)) === ends.first && (await this.#hashAt(at + extent.length - endBytes)) === ends.last;
  }

  async #hashAt(start: number): Promise<number | undefined> {
    const bytes = await this.#read(start, endBytes);
    return bytes.length < endBytes ? undefined : hashOf(bytes, 0);
  }

  /** The next chunk of all, at whatever shift. */
  async #roll(): Promise<Hit | undefined> {
    if (this.#byFirst.size === 0 || this.#misses >= missesMax) return undefined;
    const from = this.#at;
    let hash = 0;
    for (let at = from; at < this.#size && this.#rolled < rolledBytesMax; ) {
      const piece = await this.#read(at, Math.min(pieceBytes, this.#size - at));
      if (piece.length === 0) return undefined;
      for (let i = 0; i < piece.length; i++) {
        hash = ((hash << 1) + (gear[piece[i] as number] as number)) | 0;
        if (this.#filter[hash & 0xffff] === 0) continue;
        const begin = at + i + 1 - endBytes;
        if (begin < from) continue;
        for (const index of this.#byFirst.get(hash >>> 0) ?? []) {
          if (this.#used[index]) continue;
          if (await this.#stands(index, begin)) {
            this.#rolled = 0;
            return { index, at: begin };
          }
          if (++this.#misses >= missesMax) return undefined;
        }
      }
      at += piece.length;
      this.#rolled += piece.length;
    }
    return undefined;
  }
}

/** So that hundreds of versions leave no file of crumbs. */
function tidied(stretches: readonly Stretch[]): readonly Stretch[] {
  const isNew = (at: number): boolean => stretches[at]?.chunk === undefined && stretches[at] !== undefined;
  if (!stretches.some(({ chunk }) => !chunk)) return stretches;
  const grown = stretches.map((stretch, at) =>
    stretch.chunk && stretch.length < smallBytes && (isNew(at - 1) || isNew(at + 1)) ? newBytes(stretch) : stretch,
  );
  const whole: Stretch[] = [];
  for (let at = 0; at < grown.length; ) {
    const end = crumbsFrom(grown, at);
    const crumbs = grown.slice(at, end);
    whole.push(...(crumbs.length > piecesMax ? crumbs.map(newBytes) : crumbs.slice(0, 1)));
    at += crumbs.length > piecesMax ? crumbs.length : 1;
  }
  const joined: Stretch[] = [];
  for (const stretch of whole) {
    const last = joined.at(-1);
    if (last && !last.chunk && !stretch.chunk) joined[joined.length - 1] = { start: last.start, length: last.length + stretch.length };
    else joined.push(stretch);
  }
  return joined;
}

function newBytes({ start, length }: Stretch): Stretch {
  return { start, length };
}

/** Where the stretches from there on are longer than one chunk. */
function crumbsFrom(stretches: readonly Stretch[], from: number): number {
  let length = 0;
  let end = from;
  while (end < stretches.length && length + (stretches[end] as Stretch).length <= chunkBytes)
    length += (stretches[end++] as Stretch).length;
  return Math.max(end, from + 1);
}

function cutsOf(stretches: readonly Stretch[], size: number): readonly InheritedCut[] {
  let paddings = 0;
  // No bytes are read for it, and no other cut begins there.
  const placed = (cut: InheritedCut): InheritedCut => (cut.length === 0 ? { ...cut, start: size + paddings++ } : cut);
  return stretches.flatMap(({ start, length, chunk }) => {
    if (chunk) return [{ ...cutOf(chunk.extent), start }, ...chunk.padding.map(cutOf)].map(placed);
    return runsOf(length).flatMap((run) => planRun(run.length).map((cut) => placed({ ...cut, start: start + run.start + cut.start })));
  });
}

/** A little more than one chunk becomes two that are even, and not a crumb beside a full one. */
function runsOf(length: number): readonly { readonly start: number; readonly length: number }[] {
  if (length <= chunkBytes || length >= chunkBytes + smallBytes) return [{ start: 0, length }];
  const half = Math.ceil(length / 2);
  return [
    { start: 0, length: half },
    { start: half, length: length - half },
  ];
}

function cutOf(extent: Extent): InheritedCut {
  const { length, sealedLength } = extent;
  return { start: 0, length, paddedLength: plainLength(sealedLength) as number, sealedLength, of: extent };
}
