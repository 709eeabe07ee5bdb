// Fetches sealed objects from where a server says they lie: singly, by range, or many small ones in one answer. What comes is not checked
// here beyond its length; who opens it compares the id. Links and spaces differ only in how they ask for the places.
import { type Bytes, formatHex, retry } from '@reprise/kit';
import { batchBytesMax, batchFramesMax, Failure, formatId, joinIds, type ObjectId } from '@reprise/protocol';
import { BatchReader, frameHeaderBytes } from '@reprise/protocol/formats';
import type { Wanted } from '@reprise/vault';
import { type Connection, retryWait, throwIfFailed } from './connect.ts';
import type { HttpResponse } from './transport.ts';

/** Where objects lie: URLs in the order asked, absolute or paths on the server, good until `expiresAt` (ms since 1970). */
export type Located = { readonly urls: readonly string[]; readonly batchUrl: string | null; readonly expiresAt: number };

/** Asks a server where objects lie. @throws Failure as the endpoint behind it, and bad-answer */
export type Locator = (ids: readonly ObjectId[], signal: AbortSignal | undefined) => Promise<Located>;

const idsPerRequest = 512;
/** URLs are not used in their last seconds. */
const expiryMarginMs = 20_000;
const attempts = 8;

export class SealedObjects {
  readonly #connection: Connection;
  readonly #locator: Locator;
  readonly #urls = new Map<string, string>();
  #urlsExpireAt = 0;
  #batchUrl: string | null = null;

  constructor(connection: Connection, locator: Locator) {
    this.#connection = connection;
    this.#locator = locator;
  }

  /** Learns where objects lie, before they are needed. */
  async locate(ids: readonly Bytes[], signal?: AbortSignal): Promise<void> {
    this.#dropExpired();
    const unknown = [...new Set(ids.map(formatHex))].filter((id) => !this.#urls.has(id)) as ObjectId[];
    for (let at = 0; at < unknown.length; at += idsPerRequest) {
      const part = unknown.slice(at, at + idsPerRequest);
      const answer = await this.#locator(part, signal);
      if (answer.urls.length !== part.length) throw new Failure('bad-answer', { reason: 'another number of places than asked' });
      part.forEach((id, i) => this.#urls.set(id, answer.urls[i] as string));
      this.#batchUrl = answer.batchUrl;
      this.#urlsExpireAt = answer.expiresAt;
    }
  }

  /** Where one object lies, asked for if it is not known. @throws Failure as the endpoint behind it */
  async urlOf(id: Bytes, signal?: AbortSignal): Promise<string> {
    await this.locate([id], signal);
    return this.#urls.get(formatHex(id)) as string;
  }

  /** Fills `into` with one object, whose length is that of `into`. @throws Failure object-missing, network, … */
  fetchInto(id: Bytes, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#withRetry(id, signal, async (url) => {
      const response = await this.#get(id, url, {}, signal);
      await response.fill(into);
    });
  }

  /** Bytes of an object from `start` to `end` exclusive. @throws Failure as `fetchInto` */
  fetchRange(id: Bytes, range: { readonly start: number; readonly end: number }, signal?: AbortSignal): Promise<Bytes> {
    return this.#withRetry(id, signal, async (url) => {
      const response = await this.#get(id, url, { range: `bytes=${range.start}-${range.end - 1}` }, signal);
      if (response.status !== 206) throw new Failure('bad-answer', { status: response.status });
      const bytes = new Uint8Array(range.end - range.start);
      await response.fill(bytes);
      return bytes;
    });
  }

  /**
   * Many objects, in the order asked. Small ones come together, in as few requests as the limits allow.
   * @throws Failure object-missing, network, …
   */
  async fetchMany(wanted: readonly Wanted[], signal?: AbortSignal): Promise<Bytes[]> {
    const found = new Map<string, Bytes>();
    if (wanted.length > 0)
      await this.locate(
        wanted.slice(0, 1).map((object) => object.id),
        signal,
      );
    for (const group of groupByBatch(wanted)) await this.#fetchGroup(group, found, signal);
    return wanted.map(({ id }) => {
      const bytes = found.get(formatHex(id));
      if (!bytes || bytes.length === 0) throw new Failure('object-missing', { id: formatHex(id) });
      return bytes;
    });
  }

  async #fetchGroup(group: readonly Wanted[], found: Map<string, Bytes>, signal: AbortSignal | undefined): Promise<void> {
    const url = this.#batchUrl;
    if (url === null || group.length === 1) {
      for (const { id, sealedLength } of group) {
        const bytes = new Uint8Array(sealedLength);
        await this.fetchInto(id, bytes, signal);
        found.set(formatHex(id), bytes);
      }
      return;
    }
    const body = joinIds(group.map(({ id }) => formatId<ObjectId>(id)));
    await this.#retry(signal, async () => {
      const headers = { 'content-type': 'application/octet-stream' };
      const response = await this.#connection.send({ method: 'POST', url, headers, body, signal });
      await throwIfFailed(response);
      const reader = new BatchReader();
      const asked = new Set(group.map(({ id }) => formatHex(id)));
      for await (const piece of response.pieces()) {
        for (const frame of reader.push(piece)) {
          const id = formatHex(frame.id);
          if (!asked.delete(id)) throw new Failure('bad-answer', { reason: 'a frame that was not asked for' });
          found.set(id, frame.bytes);
        }
      }
      reader.end();
    });
  }

  async #get(id: Bytes, url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const response = await this.#connection.send({ method: 'GET', url, headers, signal });
    try {
      await throwIfFailed(response);
    } catch (error) {
      if (error instanceof Failure && error.code === 'not-found') throw new Failure('object-missing', { id: formatHex(id) });
      throw error;
    }
    return response;
  }

  async #withRetry<Result>(id: Bytes, signal: AbortSignal | undefined, work: (url: string) => Promise<Result>): Promise<Result> {
    let fresh = false;
    return this.#retry(signal, async () => {
      this.#dropExpired();
      if (!this.#urls.has(formatHex(id))) {
        fresh = true;
        await this.locate([id], signal);
      }
      try {
        return await work(this.#urls.get(formatHex(id)) as string);
      } catch (error) {
        // A URL that was good once may have ended with its time; whether the object is really gone, a new one tells.
        if (fresh || !(error instanceof Failure && (error.code === 'object-missing' || error.code === 'place-expired'))) throw error;
        fresh = true;
        this.#urls.delete(formatHex(id));
        await this.locate([id], signal);
        return work(this.#urls.get(formatHex(id)) as string);
      }
    });
  }

  #retry<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    return retry({ attemptsMax: attempts, firstDelayMs: 250, delayMsMax: 20_000, again: retryWait, signal }, work);
  }

  #dropExpired(): void {
    if (this.#connection.serverNow() < this.#urlsExpireAt - expiryMarginMs) return;
    this.#urls.clear();
    this.#batchUrl = null;
  }
}

/** Groups whose answers fit a batch. */
function groupByBatch(wanted: readonly Wanted[]): Wanted[][] {
  const groups: Wanted[][] = [];
  let bytes = 0;
  for (const object of wanted) {
    const last = groups.at(-1);
    const frame = frameHeaderBytes + object.sealedLength;
    if (last && last.length < batchFramesMax && bytes + frame <= batchBytesMax) {
      last.push(object);
      bytes += frame;
    } else {
      groups.push([object]);
      bytes = frame;
    }
  }
  return groups;
}
