// GET over plain HTTP/1.1, read from the socket straight into the buffer that wants it. Node's own client makes a buffer for each 64 KiB:
// with gigabytes, making and collecting them costs more than opening what they hold. RFC 9112; only answers that state their length.
import net from 'node:net';
import { Failure } from '@reprise/protocol';
import { collectPieces, type HttpRequest, type HttpResponse, transportFailure } from '../transport.ts';

const headBytesMax = 65_536;
const scratchBytes = 65_536;

/** Connections to one origin, kept for the next request. */
export class PlainHttp implements Disposable {
  readonly #idle = new Map<string, PlainConnection[]>();
  readonly #open = new Set<PlainConnection>();
  readonly #stallMs: number;

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  /** @throws Failure network, stalled, cancelled, bad-answer */
  async get(request: HttpRequest): Promise<HttpResponse> {
    const url = new URL(request.url);
    const kept = this.#idle.get(url.host) ?? [];
    for (let connection = kept.pop(); connection; connection = kept.pop()) {
      if (!connection.isUsable) continue;
      try {
        return await connection.get(url, request);
      } catch (error) {
        // The server may have closed a kept connection just then; a fresh one tells what is the matter.
        if (!(error instanceof Failure && error.code === 'network') || connection.hasAnswered) throw error;
      }
    }
    return this.#connect(url).get(url, request);
  }

  [Symbol.dispose](): void {
    for (const connection of this.#open) connection.destroy();
  }

  #connect(url: URL): PlainConnection {
    const connection: PlainConnection = new PlainConnection(url, this.#stallMs, {
      idle: () => {
        const kept = this.#idle.get(url.host) ?? [];
        kept.push(connection);
        this.#idle.set(url.host, kept);
      },
      closed: () => this.#open.delete(connection),
    });
    this.#open.add(connection);
    return connection;
  }
}

type Body = { into: Uint8Array; at: number; done: () => void };

class PlainConnection {
  /** Bytes of the present answer have come. */
  hasAnswered = false;
  readonly #socket: net.Socket;
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes);
  readonly #events: { idle(): void; closed(): void };
  #head: Buffer[] = [];
  #headBytes = 0;
  #onHead: ((head: string, rest: Buffer) => void) | undefined;
  #body: Body | undefined;
  /** Body bytes of the answer that have not come yet. */
  #missing = 0;
  #fail: ((failure: unknown) => void) | undefined;
  #isStalled = false;
  #isClosed = false;

  constructor(url: URL, stallMs: number, events: { idle(): void; closed(): void }) {
    this.#events = events;
    this.#socket = net.connect({
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || 80),
      noDelay: true,
      onread: { buffer: () => this.#nextBuffer(), callback: (count, buffer) => this.#take(count, buffer) },
    });
    this.#socket.setTimeout(stallMs);
    this.#socket.on('timeout', () => {
      if (!this.#fail) return void this.#socket.destroy();
      this.#isStalled = true;
      this.#socket.destroy(new Error('stalled'));
    });
    this.#socket.on('error', (error) => this.#fail?.(error));
    this.#socket.on('close', () => {
      this.#isClosed = true;
      this.#fail?.(new Error('the connection was closed'));
      events.closed();
    });
  }

  get isUsable(): boolean {
    return !this.#isClosed && !this.#socket.destroyed && this.#socket.writable;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  get(url: URL, { headers = {}, signal }: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const abort = () => this.#socket.destroy(new Error('aborted'));
      const end = () => {
        this.#fail = undefined;
        signal?.removeEventListener('abort', abort);
      };
      const fail = (error: unknown) => {
        end();
        this.#socket.destroy();
        reject(transportFailure(error, signal, this.#isStalled));
      };
      if (signal?.aborted) return fail(new Error('aborted'));
      signal?.addEventListener('abort', abort, { once: true });
      this.#fail = fail;
      this.hasAnswered = false;
      this.#onHead = (text, rest) => {
        try {
          const head = parseHead(text);
          resolve(this.#response(head, rest, { signal, end }));
        } catch (error) {
          fail(error);
        }
      };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      this.#socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${lines.join('')}\r\n`);
      if (!this.#socket.connecting) this.#socket.resume();
    });
  }

  /** Where the next bytes go: into the body's own buffer once it is known. */
  #nextBuffer(): Buffer {
    if (!this.#body) return this.#scratch;
    const { into, at } = this.#body;
    return Buffer.from(into.buffer, into.byteOffset + at, into.length - at);
  }

  #take(count: number, buffer: Uint8Array): boolean {
    this.hasAnswered = true;
    if (this.#body && count <= this.#body.into.length - this.#body.at) {
      // Where the body goes may have become known after the socket had been given the scratch buffer.
      if (buffer.buffer === this.#scratch.buffer) this.#body.into.set(buffer.subarray(0, count), this.#body.at);
      this.#body.at += count;
      this.#missing -= count;
      if (this.#body.at === this.#body.into.length) this.#body.done();
      return true;
    }
    if (this.#onHead) return this.#takeHead(this.#scratch.subarray(0, count));
    // Bytes that nobody asked for.
    this.#socket.destroy();
    return false;
  }

  #takeHead(bytes: Buffer): boolean {
    this.#head.push(Buffer.from(bytes));
    this.#headBytes += bytes.length;
    const all = this.#head.length === 1 ? (this.#head[0] as Buffer) : Buffer.concat(this.#head);
    const end = all.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#headBytes > headBytesMax) this.#fail?.(new Failure('bad-answer', { reason: 'the head is too long' }));
      return true;
    }
    const onHead = this.#onHead;
    this.#head = [];
    this.#headBytes = 0;
    this.#onHead = undefined;
    onHead?.(all.toString('latin1', 0, end), all.subarray(end + 4));
    // The rest is read once somebody has a place for it.
    return false;
  }

  #response(head: Head, rest: Buffer, { signal, end }: { signal: AbortSignal | undefined; end: () => void }): HttpResponse {
    const length = head.length;
    if (rest.length > length) throw new Failure('bad-answer', { reason: 'more bytes than stated' });
    this.#missing = length - rest.length;
    const finish = () => {
      end();
      if (head.closes) this.#socket.destroy();
      else if (this.isUsable) this.#events.idle();
    };
    if (length === 0) finish();
    const readInto = (into: Uint8Array, given: Buffer): Promise<void> =>
      new Promise((resolve, reject) => {
        into.set(given);
        const settle = () => {
          this.#body = undefined;
          resolve();
        };
        if (given.length === into.length) return settle();
        this.#fail = (error) => {
          this.#body = undefined;
          end();
          this.#socket.destroy();
          reject(transportFailure(error, signal, this.#isStalled));
        };
        if (!this.isUsable) return this.#fail(new Error('the connection was closed'));
        this.#body = { into, at: given.length, done: settle };
        this.#socket.resume();
      });
    const drop = (reason: string) => {
      end();
      this.#socket.destroy();
      return new Failure('bad-answer', { reason });
    };
    async function* pieces(missing: () => number): AsyncGenerator<Uint8Array> {
      if (rest.length > 0) yield rest;
      for (let left = missing(); left > 0; left = missing()) {
        const piece = new Uint8Array(Math.min(left, scratchBytes));
        await readInto(piece, Buffer.alloc(0));
        yield piece;
      }
      if (length > 0) finish();
    }
    const all = () => pieces(() => this.#missing);
    return {
      status: head.status,
      header: (name) => head.headers.get(name) ?? null,
      fill: async (into) => {
        if (length !== into.length) throw drop(length > into.length ? 'more bytes than expected' : 'fewer bytes than expected');
        await readInto(into, rest);
        if (length > 0) finish();
      },
      bytes: (bytesMax) => {
        if (length > bytesMax) return Promise.reject(drop('the answer is too long'));
        return collectPieces(all(), bytesMax);
      },
      pieces: all,
    };
  }
}

type Head = { readonly status: number; readonly headers: ReadonlyMap<string, string>; readonly length: number; readonly closes: boolean };

/** @throws Failure bad-answer for what is not HTTP/1.1 with a stated length */
function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (!status) throw new Failure('bad-answer', { reason: 'not HTTP' });
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new Failure('bad-answer', { reason: 'a header without a name' });
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const stated = headers.get('content-length') ?? (status === '204' || status === '304' ? '0' : '');
  if (!/^\d{1,15}$/.test(stated) || headers.has('transfer-encoding')) throw new Failure('bad-answer', { reason: 'length-not-stated' });
  const closes = first.startsWith('HTTP/1.0') || /\bclose\b/i.test(headers.get('connection') ?? '');
  return { status: Number(status), headers, length: Number(stated), closes };
}
