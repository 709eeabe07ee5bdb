// Turns decrypted chunks into a download: the engine worker sends them over a port or names the file to be read here, and the answer to
// `/_dl/<id>/<name>` hands them to the browser with the exact length. spec/web.md "Saving decrypted files".
import { decodeGrant, type Grant } from '../engine/grants.ts';
import { nudgeCollector } from '../engine/nudge.ts';
import { describeFailure } from '../engine/rpc.ts';
import { type FromStream, streamCredits, type ToStream } from './messages.ts';
import { readWholeFile } from './whole-file.ts';

/** Measured: in pieces of 256 KiB Firefox saves 71 MiB/s, Chromium 276; whole chunks of 4 MiB gave 52 and 227. */
const pieceBytes = 262_144;
/** The buffers of chunks that the browser took are let go of every 32 MiB. */
const chunksBetweenNudges = 8;

type Download = { readonly name: string; readonly size: number | null; readonly port: MessagePort };

/** Promised but not asked for yet, by 128-bit id. Each is answered once. */
const promised = new Map<string, Download>();
const live = new Set<string>();
/** Ended well or badly a moment ago: a ping that crosses the news of it must not find the stream missing. */
const ended: string[] = [];
const endedMax = 16;

/** Requests that came before the announcement: the two take different ways here, and either may be first. */
const early = new Map<string, () => void>();
const announcementMsMax = 5_000;

export function promiseStream(id: string, download: Download, born: string): void {
  promised.set(id, download);
  early.get(id)?.();
  post(download.port, { kind: 'ready', born });
}

export function knownStreams(): readonly string[] {
  return [...promised.keys(), ...live, ...ended];
}

export function anyStreamLives(): boolean {
  return promised.size + live.size > 0;
}

export async function answerStream(url: URL): Promise<Response> {
  const id = url.pathname.split('/')[2] ?? '';
  if (!promised.has(id)) await announcementOf(id);
  const download = promised.get(id);
  promised.delete(id);
  if (!download) return new Response(null, { status: 410, headers: { 'cross-origin-embedder-policy': 'require-corp' } });
  const headers: Record<string, string> = {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename*=UTF-8''${encodeName(download.name)}`,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  };
  if (download.size !== null) headers['content-length'] = String(download.size);
  return new Response(download.size === 0 ? emptyBody(id, download.port) : streamFrom(id, download), { headers });
}

/** Resolves when the stream was announced, or when it is too late for it. */
async function announcementOf(id: string): Promise<void> {
  await new Promise<void>((resolve) => {
    early.set(id, resolve);
    setTimeout(resolve, announcementMsMax);
  });
  early.delete(id);
}

/** RFC 8187: what encodeURIComponent leaves alone and the header grammar does not. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function emptyBody(id: string, port: MessagePort): Uint8Array<ArrayBuffer> {
  ended.push(id);
  post(port, { kind: 'opened' });
  post(port, { kind: 'closed', size: 0 });
  return new Uint8Array();
}

function streamFrom(id: string, { port, size }: Download): ReadableStream<Uint8Array> {
  const source = new StreamSource(port);
  let handedOut = 0;
  let chunks = 0;
  live.add(id);
  const finish = () => {
    live.delete(id);
    ended.push(id);
    if (ended.length > endedMax) ended.shift();
    source.stop();
  };
  post(port, { kind: 'opened' });
  let rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (rest.length === 0) {
          const next = await source.next();
          if (next.kind !== 'chunk') {
            finish();
            // A pull after the last chunk means that the browser took it: only now is the size a fact.
            if (next.kind === 'end' && next.size === handedOut && (size === null || size === handedOut)) {
              controller.close();
              return post(port, { kind: 'closed', size: handedOut });
            }
            controller.error(new TypeError('incomplete'));
            return post(port, next.kind === 'failed' ? next : { kind: 'cancelled' });
          }
          rest = next.bytes;
        }
        const piece = rest.subarray(0, pieceBytes);
        rest = rest.subarray(piece.length);
        handedOut += piece.length;
        controller.enqueue(piece);
        if (rest.length > 0) return undefined;
        if (++chunks % chunksBetweenNudges === 0) nudgeCollector();
        return source.taken(handedOut);
      },
      cancel() {
        finish();
        post(port, { kind: 'cancelled' });
      },
    },
    { highWaterMark: 1 },
  );
}

type Next =
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end'; readonly size: number }
  | { readonly kind: 'fail' }
  | Extract<FromStream, { kind: 'failed' }>;

/** Where a stream's bytes come from: the engine sends them, chunk by chunk for credits, or names a file that is read here. */
class StreamSource {
  readonly #port: MessagePort;
  readonly #queue: ToStream[] = [];
  readonly #stop = new AbortController();
  #wake: (() => void) | undefined;
  #file: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> | undefined;
  #openedBytes = 0;
  #takenBytes = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = (event) => {
      const message = event.data as ToStream;
      if (message.kind === 'fail') this.#stop.abort();
      this.#queue.push(message);
      this.#wake?.();
    };
    for (let credit = 0; credit < streamCredits; credit++) post(port, { kind: 'credit' });
  }

  async next(): Promise<Next> {
    const message = this.#file ? undefined : await this.#message();
    if (message?.kind === 'file') this.#file = this.#read(decodeGrant(message.grant));
    else if (message) return message;
    try {
      const piece = await this.#file?.next();
      return piece?.value ? { kind: 'chunk', bytes: piece.value } : { kind: 'end', size: this.#takenBytes };
    } catch (error) {
      return { kind: 'failed', failure: describeFailure(error) };
    }
  }

  taken(bytes: number): void {
    this.#takenBytes = bytes;
    if (this.#file) this.#tellMoved();
    else post(this.#port, { kind: 'credit' });
  }

  stop(): void {
    this.#stop.abort();
    this.#port.onmessage = null;
  }

  #read(grant: Grant) {
    return readWholeFile({
      grant,
      signal: this.#stop.signal,
      onOpened: (bytes) => {
        this.#openedBytes += bytes;
        this.#tellMoved();
      },
      onNetwork: (there) => post(this.#port, { kind: 'network', there }),
    });
  }

  #tellMoved(): void {
    post(this.#port, { kind: 'moved', openedBytes: this.#openedBytes, takenBytes: this.#takenBytes });
  }

  async #message(): Promise<ToStream> {
    while (this.#queue.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#queue.shift() as ToStream;
  }
}

function post(port: MessagePort, message: FromStream): void {
  port.postMessage(message);
}
