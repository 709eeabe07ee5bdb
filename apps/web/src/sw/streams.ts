// Turns decrypted chunks into a download: the engine worker sends them over a port, the answer to `/_dl/<id>/<name>` hands them to
// the browser with the exact length. spec/web.md "Saving decrypted files".
import { nudgeCollector } from '../engine/nudge.ts';
import type { FromStream, ToStream } from './messages.ts';
import { streamCredits } from './messages.ts';

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

export function promiseStream(id: string, download: Download, born: string): void {
  promised.set(id, download);
  post(download.port, { kind: 'ready', born });
}

export function knownStreams(): readonly string[] {
  return [...promised.keys(), ...live, ...ended];
}

export function anyStreamLives(): boolean {
  return promised.size + live.size > 0;
}

export function answerStream(url: URL): Response {
  const id = url.pathname.split('/')[2] ?? '';
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
  const queue: ToStream[] = [];
  let wake: (() => void) | undefined;
  let handedOut = 0;
  let chunks = 0;
  live.add(id);
  port.onmessage = (event) => {
    queue.push(event.data as ToStream);
    wake?.();
  };
  const finish = () => {
    live.delete(id);
    ended.push(id);
    if (ended.length > endedMax) ended.shift();
    port.onmessage = null;
  };
  const next = async (): Promise<ToStream> => {
    while (queue.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return queue.shift() as ToStream;
  };
  post(port, { kind: 'opened' });
  for (let credit = 0; credit < streamCredits; credit++) post(port, { kind: 'credit' });
  let rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const message = rest.length > 0 ? ({ kind: 'chunk', bytes: rest } as const) : await next();
        if (message.kind === 'chunk') {
          const piece = message.bytes.subarray(0, pieceBytes);
          rest = message.bytes.subarray(piece.length);
          handedOut += piece.length;
          controller.enqueue(piece);
          if (rest.length > 0) return undefined;
          if (++chunks % chunksBetweenNudges === 0) nudgeCollector();
          return post(port, { kind: 'credit' });
        }
        finish();
        // A pull after the last chunk means that the browser took it: only now is the size a fact.
        const whole = message.kind === 'end' && message.size === handedOut && (size === null || size === handedOut);
        if (!whole) {
          controller.error(new TypeError('incomplete'));
          return post(port, { kind: 'cancelled' });
        }
        controller.close();
        post(port, { kind: 'closed', size: handedOut });
      },
      cancel() {
        finish();
        post(port, { kind: 'cancelled' });
      },
    },
    { highWaterMark: 1 },
  );
}

function post(port: MessagePort, message: FromStream): void {
  port.postMessage(message);
}
