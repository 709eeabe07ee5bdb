// Folders and files below a reference: walked, listed and read, each byte checked before it is handed out. Bytes that are to be kept come
// as whole chunks whose ids were checked; ranges are for previews only. Links and drives are read by this. spec/cae-1.md "Open a range".
import { type Bytes, concatBytes, equalBytes, formatHex } from '@reprise/kit';
import { depthMax, Failure } from '@reprise/protocol';
import { chunkBytes, objectBytesMax, plainLength } from '@reprise/protocol/formats';
import {
  type Engine,
  type Entry,
  type Extent,
  type FileContent,
  locateRange,
  type NodeReader,
  openChunk,
  openChunkSegments,
  readDirectory,
  readExtents,
  type Ref,
  segmentByteRange,
  segmentsOf,
  type Wanted,
} from '@reprise/vault';
import { BufferPool } from './buffers.ts';
import type { SealPool } from './pool.ts';
import type { SealedObjects } from './sealed-objects.ts';

/** An entry with its place below the link, parts divided by `/`. */
export type WalkedEntry = { readonly path: string; readonly entry: Entry };

const readAheadLanes = 4;
/** Entries of one walk; a directory that names the same node again and again would expand without end. */
const walkEntriesMax = 4_000_000;
/** Known before a file is read: where its next chunks lie. */
const locateAhead = 256;

/** From where a file is read, and how many chunks at a time. */
export type ReadOptions = {
  /** First byte wanted; bytes before it in its chunk are fetched and checked too, but not handed out. */
  readonly from?: number;
  readonly lanes?: number;
  readonly signal?: AbortSignal;
};

/** Verified plaintext at `offset` of the file. The bytes are valid until the next piece is asked for. */
export type FilePiece = { readonly offset: number; readonly bytes: Uint8Array };

/** What reading needs. */
export type ContentParts = {
  readonly engine: Engine;
  /** Opens chunks. */
  readonly pool: SealPool;
  readonly objects: SealedObjects;
  /** Where nodes come from, if not straight from `objects`: a cache in front of them. */
  readonly fetchNodes?: (wanted: readonly Wanted[], signal: AbortSignal | undefined) => Promise<readonly Uint8Array[]>;
};

/** Lists directories and reads files by their entries, each byte checked before it is handed out. */
export class ContentReader {
  /** What `list(null)` lists; null while there is nothing yet. */
  readonly root: Ref | null;
  readonly #engine: Engine;
  readonly #objects: SealedObjects;
  readonly #fetchNodes: NonNullable<ContentParts['fetchNodes']>;
  #pool: SealPool;
  #sealedBuffers = new BufferPool(objectBytesMax, 2 * readAheadLanes);
  #plainBuffers = new BufferPool(chunkBytes, 2 * readAheadLanes);

  constructor(parts: ContentParts, root: Ref | null) {
    this.root = root;
    this.#engine = parts.engine;
    this.#objects = parts.objects;
    this.#fetchNodes = parts.fetchNodes ?? ((wanted, signal) => parts.objects.fetchMany(wanted, signal));
    this.#pool = parts.pool;
    this.usePool(parts.pool);
  }

  /** Opens chunks on other workers from now on: how many are worth starting shows only when it is known what is there. */
  usePool(pool: SealPool): void {
    this.#pool = pool;
    this.#sealedBuffers = new BufferPool(objectBytesMax, 2 * readAheadLanes, pool.sharesMemory);
    this.#plainBuffers = new BufferPool(chunkBytes, 2 * readAheadLanes, pool.sharesMemory);
  }

  /**
   * The entries of a directory in the order of their names, fetched as they are asked for.
   * @param folder an entry that is a directory; null for the root
   * @throws Failure link-growing if nothing is there yet, file-not-found, reject, bad-object, bad-name, limit-exceeded, object-missing
   */
  async *list(folder: Entry | null, signal?: AbortSignal): AsyncGenerator<Entry, void, void> {
    const ref = folder ? directoryRef(folder) : this.root;
    if (!ref) throw new Failure('link-growing');
    yield* readDirectory(ref, this.reader(signal));
  }

  /**
   * Every entry below a folder, parents before children. A folder never yields more bytes than its own entry says: one that stands in
   * many places, below itself a thousandfold, cannot fill a disk that was told to expect little.
   * @throws Failure as `list`, and bad-object when a folder holds more than it says
   */
  async *walk(folder: Entry | null, signal?: AbortSignal): AsyncGenerator<WalkedEntry, void, void> {
    const pending: { readonly folder: Entry | null; readonly path: string; readonly depth: number }[] = [{ folder, path: '', depth: 0 }];
    let entries = 0;
    for (let next = pending.pop(); next; next = pending.pop()) {
      if (next.depth > depthMax) throw new Failure('limit-exceeded', { limit: 'depth' });
      const below: typeof pending = [];
      let bytesLeft = next.folder?.size ?? Number.POSITIVE_INFINITY;
      for await (const entry of this.list(next.folder, signal)) {
        bytesLeft -= entry.size;
        if (bytesLeft < 0) throw new Failure('bad-object', { path: next.path, reason: 'a folder holds more than it says' });
        if (++entries > walkEntriesMax) throw new Failure('limit-exceeded', { limit: 'entries' });
        const path = next.path + entry.name;
        yield { path, entry };
        if (entry.content.kind === 'directory') below.push({ folder: entry, path: `${path}/`, depth: next.depth + 1 });
      }
      pending.push(...below.reverse());
    }
  }

  /** The chunks of a file, in order. @throws Failure as `list` */
  extents(file: Entry, signal?: AbortSignal): Promise<readonly Extent[]> {
    return readExtents(fileContent(file), file.size, this.reader(signal));
  }

  /**
   * The bytes of a file, in order, as whole checked chunks; a few are fetched ahead.
   * @throws Failure reject if a chunk is not what was signed: nothing of it was handed out; object-missing, network …
   */
  async *readFile(file: Entry, options: ReadOptions = {}): AsyncGenerator<FilePiece, void, void> {
    const { from = 0, lanes = readAheadLanes, signal } = options;
    const controller = new AbortController();
    const stop = AbortSignal.any([controller.signal, ...(signal ? [signal] : [])]);
    const wanted = placed(await this.extents(file, stop)).filter(
      ({ extent, offset }) => extent.length > 0 && offset + extent.length > from,
    );
    const ahead: Promise<OpenedChunk>[] = [];
    try {
      for (let next = 0; next < wanted.length || ahead.length > 0; ) {
        for (; ahead.length < lanes && next < wanted.length; next++) {
          if (next % locateAhead === 0)
            await this.#objects.locate(
              wanted.slice(next, next + locateAhead).map(({ extent }) => extent.id),
              stop,
            );
          const opening = this.#openPlaced(wanted[next] as Placed, stop);
          opening.catch(() => undefined); // It is thrown when its turn comes.
          ahead.push(opening);
        }
        const chunk = await (ahead.shift() as Promise<OpenedChunk>);
        const skip = Math.max(0, from - chunk.offset);
        yield { offset: chunk.offset + skip, bytes: chunk.bytes.subarray(skip) };
        this.#plainBuffers.give(chunk.bytes.buffer);
      }
    } finally {
      controller.abort(new Failure('cancelled'));
      await Promise.allSettled(ahead);
    }
  }

  /**
   * Whole small files, fetched together: at most 16 MiB and 8,192 chunks in one call.
   * @returns their bytes in the order given
   * @throws Failure as `readFile`
   */
  async readSmallFiles(files: readonly Entry[], signal?: AbortSignal): Promise<Bytes[]> {
    const contents = files.map((file) => inlineExtents(file).filter((extent) => extent.length > 0));
    const extents = contents.flat();
    const sealed = await this.#objects.fetchMany(extents, signal);
    const plains = await this.#openMany(extents, sealed);
    let at = 0;
    return contents.map((own) => {
      const parts = own.map((extent, i) => (plains[at + i] as Bytes).subarray(extent.offset, extent.offset + extent.length));
      at += own.length;
      return parts.length === 1 ? (parts[0] as Bytes) : concatBytes(...parts);
    });
  }

  /**
   * Part of a file, for showing it: segments are authentic to who holds the key, which need not be the author. Never write, cache or
   * pass on what this returns.
   * @returns `length` bytes from `start`, fewer at the end of the file
   */
  async readRange(file: Entry, start: number, length: number, signal?: AbortSignal): Promise<Bytes> {
    const pieces = locateRange(await this.#extentsKept(file, signal), start, length);
    const parts = await Promise.all(
      pieces.map(async (piece) => {
        const { extent } = piece;
        const range = segmentsOf(piece);
        const sealed = await this.#objects.fetchRange(extent.id, segmentByteRange(extent.sealedLength, range), signal);
        const plain = await openChunkSegments(this.#engine, extent, range, sealed);
        const at = piece.chunkOffset - range.first * 262_144;
        return plain.subarray(at, at + piece.length);
      }),
    );
    return concatBytes(...parts);
  }

  /**
   * Whether bytes on this machine are those of a file's chunk: they are sealed again under its key, and the ids compared.
   * @param plain the extent's bytes
   */
  async isSame(extent: Extent, plain: Uint8Array): Promise<boolean> {
    const padded = paddedOf(extent, plain);
    if (!padded) return false;
    const answer = await this.#pool.run({
      kind: 'seal',
      keys: extent.key.slice(),
      paddedLengths: [padded.length],
      input: padded.buffer,
    });
    return equalBytes(answer.ids, extent.id);
  }

  /** Reads nodes; `onFetch` is told each object that a tree names. */
  reader(signal?: AbortSignal, onFetch?: (id: Bytes) => void): NodeReader {
    return {
      engine: this.#engine,
      fetch: (wanted) => {
        if (onFetch) for (const { id } of wanted) onFetch(id);
        return this.#fetchNodes(wanted, signal);
      },
    };
  }

  readonly #keptExtents = new Map<string, Promise<readonly Extent[]>>();

  /** A player asks for the same file hundreds of times. */
  #extentsKept(file: Entry, signal: AbortSignal | undefined): Promise<readonly Extent[]> {
    const key = contentKey(file);
    let extents = this.#keptExtents.get(key);
    if (!extents) {
      if (this.#keptExtents.size >= 8) this.#keptExtents.clear();
      extents = this.extents(file, signal);
      this.#keptExtents.set(key, extents);
      extents.catch(() => this.#keptExtents.delete(key));
    }
    return extents;
  }

  async #openPlaced({ extent, offset }: Placed, signal: AbortSignal): Promise<OpenedChunk> {
    const objects = this.#objects;
    const pool = this.#pool;
    const input = this.#sealedBuffers.take();
    await objects.fetchInto(extent.id, new Uint8Array(input, 0, extent.sealedLength), signal);
    const output = this.#plainBuffers.take();
    const answer = await pool.run({
      kind: 'open',
      ids: extent.id.slice(),
      keys: extent.key.slice(),
      sealedLengths: [extent.sealedLength],
      input,
      output,
    });
    this.#sealedBuffers.give(answer.input);
    return { offset, bytes: answer.plain.subarray(extent.offset, extent.offset + extent.length) };
  }

  async #openMany(extents: readonly Extent[], sealed: readonly Bytes[]): Promise<Bytes[]> {
    const plains: Bytes[] = [];
    const jobs: Promise<void>[] = [];
    for (let at = 0; at < extents.length; ) {
      const first = at;
      let bytes = 0;
      while (
        at < extents.length &&
        (at === first || (bytes + (extents[at] as Extent).sealedLength <= openJobBytesMax && at - first < openJobChunksMax))
      ) {
        bytes += (extents[at++] as Extent).sealedLength;
      }
      const group = extents.slice(first, at);
      jobs.push(
        this.#openGroup(group, sealed.slice(first, at)).then((opened) => opened.forEach((plain, i) => (plains[first + i] = plain))),
      );
    }
    await Promise.all(jobs);
    return plains;
  }

  async #openGroup(extents: readonly Extent[], sealed: readonly Bytes[]): Promise<Bytes[]> {
    extents.forEach((extent, i) => {
      if (sealed[i]?.length !== extent.sealedLength) throw new Failure('reject');
    });
    const only = extents.length === 1 ? extents[0] : undefined;
    if (only) return [await openChunk(this.#engine, only, sealed[0] as Bytes)];
    const { plain } = await this.#pool.run({
      kind: 'open',
      ids: concatBytes(...extents.map((extent) => extent.id)),
      keys: concatBytes(...extents.map((extent) => extent.key)),
      sealedLengths: extents.map((extent) => extent.sealedLength),
      input: concatBytes(...sealed).buffer,
    });
    let at = 0;
    return extents.map((extent) => {
      const length = paddedLength(extent);
      at += length;
      return plain.subarray(at - length, at);
    });
  }
}

const openJobBytesMax = 1_048_576;
const openJobChunksMax = 512;

type OpenedChunk = { readonly offset: number; readonly bytes: Uint8Array };
type Placed = { readonly extent: Extent; readonly offset: number };

function placed(extents: readonly Extent[]): Placed[] {
  let at = 0;
  return extents.map((extent) => {
    at += extent.length;
    return { extent, offset: at - extent.length };
  });
}

function directoryRef(entry: Entry): Ref {
  if (entry.content.kind !== 'directory') throw new Failure('file-not-found', { path: entry.name });
  return entry.content.ref;
}

function fileContent(entry: Entry): FileContent {
  const { content } = entry;
  if (content.kind !== 'file' && content.kind !== 'manifest') throw new Failure('file-not-found', { path: entry.name });
  return content;
}

/** A file keeps its fid when its content becomes another. */
function contentKey(file: Entry): string {
  const content = fileContent(file);
  const ids = content.kind === 'manifest' ? [content.ref.id] : content.extents.map(({ id }) => id);
  return [file.fid, ...ids].map(formatHex).join(' ');
}

function inlineExtents(entry: Entry): readonly Extent[] {
  const content = fileContent(entry);
  if (content.kind !== 'file') throw new Failure('limit-exceeded', { limit: 'a small file' });
  return content.extents;
}

function paddedLength(extent: Extent): number {
  const length = plainLength(extent.sealedLength);
  if (length === undefined) throw new Failure('reject');
  return length;
}

/** The plaintext that was sealed: known only where the extent covers its chunk from the start. */
function paddedOf(extent: Extent, plain: Uint8Array): Bytes | undefined {
  if (extent.offset !== 0 || plain.length !== extent.length) return undefined;
  const padded = new Uint8Array(paddedLength(extent));
  padded.set(plain);
  return padded;
}
