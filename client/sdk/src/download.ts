// A visitor's side of a link: what it shows, the folders behind it, and the bytes of its files. Bytes that are to be kept come as whole
// chunks whose ids were checked; ranges are for previews only. spec/link.md, spec/cae-1.md "Open a range".
import { type Bytes, concatBytes, equalBytes } from '@reprise/kit';
import { depthMax, Failure, formatId, type LinkId } from '@reprise/protocol';
import { chunkBytes, objectBytesMax, plainLength } from '@reprise/protocol/formats';
import {
  type Engine,
  type Entry,
  type Extent,
  type FileContent,
  type Link,
  linkAddress,
  linkFlags,
  linkKeys,
  type LinkRecord,
  locateRange,
  type NodeReader,
  openLinkRecord,
  parseLink,
  readDirectory,
  readExtents,
  type Ref,
  segmentByteRange,
  segmentsOf,
  stretchLinkPassword,
  webEngine,
  openChunk,
  openChunkSegments,
} from '@reprise/vault';
import { BufferPool } from './buffers.ts';
import type { Connection } from './connect.ts';
import { LinkObjects, type LinkProof } from './objects.ts';
import { inlinePool, type SealPool } from './pool.ts';

export type OpenLinkOptions = {
  readonly connection: Connection;
  /** A whole URL, its fragment, or a parsed link. */
  readonly link: string | Link;
  readonly password?: string;
  /** Argon2id of a password that was given before; instead of `password`. */
  readonly stretched?: Bytes;
  /** Opens chunks; without one they are opened where this is called. */
  readonly pool?: SealPool;
  readonly engine?: Engine;
  /** Argon2id; a browser gives one that runs in a worker of its own. */
  readonly stretch?: (password: string, salt: Uint8Array) => Promise<Bytes>;
  readonly signal?: AbortSignal;
};

/** What a link shows before any file is read. */
export type LinkFacts = {
  readonly title: string;
  /** The upload behind the link has not ended: only what is complete shows, or nothing yet. */
  readonly growing: boolean;
  /** Bytes that a growing link will hold. */
  readonly expectedBytes: number | null;
  /** Sealed bytes that the server has so far. */
  readonly receivedBytes: number;
  /** ms since 1970 */
  readonly createdMs: number;
  readonly expiresAt: number | null;
  readonly downloadsLeft: number | null;
  /** 16 bytes that name the sharer. */
  readonly fingerprint: Bytes;
  /** Of the sealed record; rises with each change. */
  readonly version: number;
};

/** An entry with its place below the link, parts divided by `/`. */
export type WalkedEntry = { readonly path: string; readonly entry: Entry };

const readAheadLanes = 4;
/** Entries of one walk; a directory that names the same node again and again would expand without end. */
const walkEntriesMax = 4_000_000;
/** Known before a file is read: where its next chunks lie. */
const locateAhead = 256;

/**
 * Opens a link.
 * @throws Failure bad-link (before any request), link-unavailable, link-removed, password-required, password-wrong, too-many-tries,
 * link-forged, link-version, reject, network …
 */
export async function openLink(options: OpenLinkOptions): Promise<OpenedLink> {
  const { connection, engine = webEngine, stretch = stretchLinkPassword } = options;
  const link = typeof options.link === 'string' ? parseLink(options.link) : options.link;
  if ((link.flags & (linkFlags.paid | linkFlags.upload)) !== 0) throw new Failure('link-version', { flags: link.flags });
  const address = await linkAddress(engine, link);
  const stretched = options.stretched ?? (options.password ? await stretch(options.password, address.passwordSalt) : null);
  const secured = stretched && (await linkKeys(engine, { ...link, flags: link.flags | linkFlags.password }, stretched));
  const proof: LinkProof = { link: formatId<LinkId>(address.id), token: address.token, gate: secured?.gate ?? null };
  const objects = new LinkObjects(connection, proof);
  const answer = await connection.call('links.open', { params: { link: proof.link }, body: objects.body, signal: options.signal });
  const bare = await linkKeys(engine, { ...link, flags: link.flags & ~linkFlags.password });
  const place = { linkId: address.id, version: answer.version };
  const sealed = decodeRecordText(answer.record);
  // The owner may have set or taken away the password since the URL was made: the server tells by asking for the gate or not.
  const keys = secured ? [secured.key, bare.key] : [bare.key];
  const record = await openWithOneOf(keys, (key) => openLinkRecord(engine, link, key, place, sealed));
  const facts: LinkFacts = {
    title: record.title,
    growing: record.state === 'growing',
    expectedBytes: record.expectedBytes,
    receivedBytes: answer.receivedBytes,
    createdMs: record.createdMs,
    expiresAt: answer.expiresAt,
    downloadsLeft: answer.downloadsLeft,
    fingerprint: link.fingerprint,
    version: answer.version,
  };
  return new OpenedLink({ connection, engine, pool: options.pool ?? inlinePool(engine), objects, facts, record, stretched });
}

function decodeRecordText(text: string): Bytes {
  const binary = /^[A-Za-z0-9_-]+$/.test(text) ? atob(text.replaceAll('-', '+').replaceAll('_', '/')) : '';
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

async function openWithOneOf(keys: readonly Bytes[], open: (key: Bytes) => Promise<LinkRecord>): Promise<LinkRecord> {
  for (const [i, key] of keys.entries()) {
    try {
      return await open(key);
    } catch (error) {
      if (i === keys.length - 1 || !(error instanceof Failure && error.code === 'reject')) throw error;
    }
  }
  throw new Failure('reject');
}

type OpenedParts = {
  readonly connection: Connection;
  readonly engine: Engine;
  readonly pool: SealPool;
  readonly objects: LinkObjects;
  readonly facts: LinkFacts;
  readonly record: LinkRecord;
  readonly stretched: Bytes | null;
};

export type ReadOptions = {
  /** First byte wanted; bytes before it in its chunk are fetched and checked too, but not handed out. */
  readonly from?: number;
  readonly lanes?: number;
  readonly signal?: AbortSignal;
};

/** Verified plaintext at `offset` of the file. The bytes are valid until the next piece is asked for. */
export type FilePiece = { readonly offset: number; readonly bytes: Uint8Array };

export class OpenedLink {
  readonly facts: LinkFacts;
  /** The root directory; null while a growing link has none. */
  readonly root: Ref | null;
  /** Argon2id of the password, to open the link again without asking; null without one. */
  readonly stretched: Bytes | null;
  #parts: OpenedParts;
  #sealedBuffers = new BufferPool(objectBytesMax, 2 * readAheadLanes);
  #plainBuffers = new BufferPool(chunkBytes, 2 * readAheadLanes);

  constructor(parts: OpenedParts) {
    this.#parts = parts;
    this.facts = parts.facts;
    this.root = parts.record.ref;
    this.stretched = parts.stretched;
    this.usePool(parts.pool);
  }

  /** Opens chunks on other workers from now on: how many are worth starting shows only when the link is open. */
  usePool(pool: SealPool): void {
    this.#parts = { ...this.#parts, pool };
    this.#sealedBuffers = new BufferPool(objectBytesMax, 2 * readAheadLanes, pool.sharesMemory);
    this.#plainBuffers = new BufferPool(chunkBytes, 2 * readAheadLanes, pool.sharesMemory);
  }

  /**
   * The entries of a directory in the order of their names, fetched as they are asked for.
   * @param folder an entry that is a directory; null for what lies behind the link
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
            await this.#parts.objects.locate(
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
    const sealed = await this.#parts.objects.fetchMany(extents, signal);
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
        const sealed = await this.#parts.objects.fetchRange(extent.id, segmentByteRange(extent.sealedLength, range), signal);
        const plain = await openChunkSegments(this.#parts.engine, extent, range, sealed);
        const at = piece.chunkOffset - range.first * 262_144;
        return plain.subarray(at, at + piece.length);
      }),
    );
    return concatBytes(...parts);
  }

  /** Tells the server that a download begins; under a cap this reserves a place. @throws Failure link-unavailable when used up */
  async beginDownload(signal?: AbortSignal): Promise<void> {
    const { connection, objects } = this.#parts;
    const answer = await connection.call('links.download', { params: { link: objects.link }, body: objects.body, signal });
    objects.download = answer.download;
  }

  /** Tells the server that the download begun before has ended well; it counts once, however often this is called. */
  async finishDownload(signal?: AbortSignal): Promise<void> {
    const { connection, objects } = this.#parts;
    if (objects.download === null) return;
    const params = { link: objects.link, download: objects.download };
    await connection.call('links.finish', { params, body: objects.body, signal });
  }

  /**
   * Whether bytes on this machine are those of a file's chunk: they are sealed again under its key, and the ids compared.
   * @param plain the extent's bytes
   */
  async isSame(extent: Extent, plain: Uint8Array): Promise<boolean> {
    const padded = paddedOf(extent, plain);
    if (!padded) return false;
    const answer = await this.#parts.pool.run({
      kind: 'seal',
      keys: extent.key.slice(),
      paddedLengths: [padded.length],
      input: padded.buffer,
    });
    return equalBytes(answer.ids, extent.id);
  }

  /** Reads nodes; `onFetch` is told each object that a tree names. */
  reader(signal?: AbortSignal, onFetch?: (id: Bytes) => void): NodeReader {
    const { engine, objects } = this.#parts;
    return {
      engine,
      fetch: (wanted) => {
        if (onFetch) for (const { id } of wanted) onFetch(id);
        return objects.fetchMany(wanted, signal);
      },
    };
  }

  readonly #keptExtents = new Map<string, Promise<readonly Extent[]>>();

  /** A player asks for the same file hundreds of times. */
  #extentsKept(file: Entry, signal: AbortSignal | undefined): Promise<readonly Extent[]> {
    const key = formatId(file.fid);
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
    const { objects, pool } = this.#parts;
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
    if (only) return [await openChunk(this.#parts.engine, only, sealed[0] as Bytes)];
    const { plain } = await this.#parts.pool.run({
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
