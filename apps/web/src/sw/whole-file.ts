// Reads a whole file for a download in the service worker itself, so that none of its bytes crosses a thread: chunks are fetched a few
// ahead, each is checked against its id and opened, and the same few buffers serve the whole file. spec/web.md "Saving decrypted files".
import { type Bytes, sleep } from '@reprise/kit';
import { chunkBytes, objectBytesMax, plainLength, sealedSegmentBytes, tagBytes } from '@reprise/protocol/formats';
import { type Engine, openChunk, webEngine } from '@reprise/vault';
import type { Grant, GrantExtent } from '../engine/grants.ts';
import { EngineError } from '../engine/rpc.ts';
import { Places, Refused } from './places.ts';

export type FileRead = {
  readonly grant: Grant;
  readonly signal: AbortSignal;
  /** Told of each chunk that was checked and opened, with its bytes. */
  readonly onOpened: (bytes: number) => void;
  /** Told when the network goes away, and when bytes come again. */
  readonly onNetwork: (there: boolean) => void;
};

/** Chunks fetched or open at a time: 4 MiB sealed and 4 MiB open each. */
const lanes = 6;
const stallMs = 30_000;
const patienceMs = 10 * 60_000;
const firstDelayMs = 250;
const delayMsMax = 3_000;
/** Failures in a row after which the network counts as away. */
const awayAfter = 3;

/**
 * The bytes of the file, a chunk or less at a time. A piece is valid until the second next is asked for: whoever takes them may still
 * be copying the one before.
 * @throws EngineError integrity, offline once the network stayed away for ten minutes, or what the server refused with
 */
export async function* readWholeFile(read: FileRead): AsyncGenerator<Bytes, void, undefined> {
  const opener = new ChunkOpener(read);
  const { extents } = read.grant;
  const ahead: Promise<Bytes>[] = [];
  let before: Bytes | undefined;
  for (let next = 0; next < extents.length || ahead.length > 0; ) {
    for (; ahead.length < lanes && next < extents.length; next++) {
      if (extents[next]?.length === 0) continue;
      const opening = opener.open(next);
      opening.catch(() => undefined); // It is thrown when its turn comes.
      ahead.push(opening);
    }
    const piece = await ahead.shift();
    if (!piece) return;
    yield piece;
    if (before) opener.giveBack(before);
    before = piece;
  }
}

/**
 * Opens segment by segment and lets this thread do something else in between: the browser takes what is open already, and its answers
 * come, while the next chunk is being opened.
 */
const patientEngine: Engine = {
  ...webEngine,
  async openSegments(key, sealed, first, final, into) {
    const plain = into ?? new Uint8Array(sealed.length);
    let end = 0;
    for (let i = 0, start = 0; start < sealed.length; i++, start += sealedSegmentBytes) {
      const segment = sealed.subarray(start, start + sealedSegmentBytes);
      const from = end;
      end += segment.length - tagBytes;
      await webEngine.openSegments(
        key,
        segment,
        first + i,
        final && start + sealedSegmentBytes >= sealed.length,
        plain.subarray(from, end),
      );
      await nextTurn();
    }
    return plain.subarray(0, end);
  },
};

const turns = new MessageChannel();
const waiting: (() => void)[] = [];
turns.port1.onmessage = () => waiting.shift()?.();

/** Resolves after what waits already in this thread's queue; a timer would be held back. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    turns.port2.postMessage(null);
  });
}

class ChunkOpener {
  readonly #read: FileRead;
  readonly #places: Places;
  readonly #sealedBuffers: ArrayBuffer[] = [];
  readonly #plainBuffers: ArrayBuffer[] = [];
  /** Chunks are opened one after the other: their segments keep the processors busy, and fewer buffers live at once. */
  #turn: Promise<unknown> = Promise.resolve();
  #away = false;

  constructor(read: FileRead) {
    this.#read = read;
    this.#places = new Places(read.grant);
  }

  async open(index: number): Promise<Bytes> {
    const extent = this.#read.grant.extents[index] as GrantExtent;
    const sealed = await this.#fetchPatiently(index, extent);
    const opening = this.#turn.then(() => this.#openFetched(extent, sealed));
    this.#turn = opening.catch(() => undefined);
    return opening;
  }

  giveBack(piece: Bytes): void {
    this.#plainBuffers.push(piece.buffer);
  }

  async #openFetched(extent: GrantExtent, sealed: ArrayBuffer): Promise<Bytes> {
    this.#read.signal.throwIfAborted();
    const buffer = this.#plainBuffers.pop() ?? new ArrayBuffer(chunkBytes);
    try {
      const room = new Uint8Array(buffer, 0, plainLength(extent.sealedLength) ?? 0);
      const plain = await openChunk(patientEngine, extent, new Uint8Array(sealed, 0, extent.sealedLength), room);
      this.#sealedBuffers.push(sealed);
      this.#read.onOpened(extent.length);
      return plain.subarray(extent.offset, extent.offset + extent.length);
    } catch {
      throw integrity();
    }
  }

  /** A network that went away is waited for; what the server says is gone is asked for once more where it may now be. */
  async #fetchPatiently(index: number, { sealedLength }: GrantExtent): Promise<ArrayBuffer> {
    const { signal, onNetwork } = this.#read;
    let failingSince = 0;
    let askedAgain = false;
    for (let failures = 0; ; ) {
      try {
        const url = await this.#places.urlOf(index, signal);
        const buffer = await fetchWhole(url, sealedLength, this.#sealedBuffers.pop() ?? new ArrayBuffer(objectBytesMax), signal);
        if (this.#away) onNetwork(true);
        this.#away = false;
        return buffer;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof EngineError) throw error;
        const refused = error instanceof Refused && error.status < 500 && error.status !== 429 ? error.status : null;
        if (refused !== null && askedAgain) throw refused === 404 || refused === 410 ? integrity() : serverError(refused);
        this.#places.forget();
        if (refused !== null) {
          askedAgain = true;
          continue;
        }
        failingSince ||= Date.now();
        if (Date.now() - failingSince > patienceMs) throw new EngineError({ code: 'offline', facts: {} });
        if (++failures === awayAfter) {
          this.#away = true;
          onNetwork(false);
        }
        await sleep(Math.min(delayMsMax, firstDelayMs * 2 ** failures), signal);
      }
    }
  }
}

/** Fills the buffer, which changes hands on the way. @returns it, or its successor. @throws Refused, or anything for a network that failed */
async function fetchWhole(url: string, length: number, buffer: ArrayBuffer, signal: AbortSignal): Promise<ArrayBuffer> {
  const stalled = new AbortController();
  let movedAt = Date.now();
  const watch = setInterval(() => {
    if (Date.now() - movedAt > stallMs) stalled.abort();
  }, stallMs / 6);
  try {
    const options = { cache: 'no-store', credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer' } as const;
    const response = await fetch(url, { ...options, signal: AbortSignal.any([signal, stalled.signal]) });
    if (response.status !== 200 || !response.body) {
      if (response.status === 500 && (await isDamaged(response))) throw integrity();
      response.body?.cancel().catch(() => undefined);
      throw new Refused(response.status);
    }
    return await fill(response.body, length, buffer, () => {
      movedAt = Date.now();
    });
  } finally {
    clearInterval(watch);
  }
}

/** The server found that what it stores is no longer what was sent: waiting brings nothing. spec/failures.md */
async function isDamaged(response: Response): Promise<boolean> {
  const answer = (await response.json().catch(() => null)) as { readonly error?: { readonly code?: unknown } } | null;
  return answer?.error?.code === 'chunk-corrupt';
}

/** Where the browser can, its bytes are read straight into the buffer; elsewhere in pieces of its own. */
async function fill(body: ReadableStream<Bytes>, length: number, buffer: ArrayBuffer, onMoved: () => void): Promise<ArrayBuffer> {
  const direct = directReader(body);
  const reader = direct ?? body.getReader();
  let filled = buffer;
  try {
    for (let at = 0; at < length; onMoved()) {
      const { value } = direct
        ? await direct.read(new Uint8Array(filled, at, length - at))
        : await (reader as ReadableStreamDefaultReader<Bytes>).read();
      if (!value || value.length === 0 || at + value.length > length) throw new TypeError('not the bytes expected');
      if (direct) filled = value.buffer;
      else new Uint8Array(filled).set(value, at);
      at += value.length;
    }
    return filled;
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function directReader(body: ReadableStream<Bytes>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
}

function integrity(): EngineError {
  return new EngineError({ code: 'integrity', facts: {} });
}

function serverError(status: number): EngineError {
  return new EngineError({ code: 'server-error', facts: { status } });
}
