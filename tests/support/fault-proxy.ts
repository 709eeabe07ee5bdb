// An HTTP proxy in front of a host whose answers can be made slow, silent, short, wrong or refused, one request at a time. The wire tap
// (wire.ts) cuts connections; this one knows requests, so that a test can hit the third chunk and nothing else.
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type Fault =
  /** Silence of `ms` once `atByte` bytes of the body were handed on. */
  | { readonly kind: 'stall'; readonly atByte: number; readonly ms: number }
  /** The connection is reset there. */
  | { readonly kind: 'cut'; readonly atByte: number }
  /** One bit of that byte is turned over. */
  | { readonly kind: 'flip'; readonly atByte: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> };

/** Asked for each request, in order of arrival; null lets it pass. */
export type FaultRule = (request: Seen) => Fault | null;
export type Seen = { readonly method: string; readonly path: string; readonly range: string | undefined; readonly bytes: number };

export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Where requests go, once known. */
  target(url: string): void;
  rule(rule: FaultRule | null): void;
  /** Bytes a second of all answers together; null: no limit. */
  limit(bytesPerSecond: number | null): void;
  /** Requests so far; `bytes` is the length of the body. */
  readonly requests: readonly Seen[];
}

const sliceBytes = 16_384;

export async function startFaultProxy(): Promise<FaultProxy> {
  let targetUrl = '';
  let activeRule: FaultRule | null = null;
  const bucket = new TokenBucket();
  const requests: Seen[] = [];

  const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = 'GET', url: path = '/' } = incoming;
    const seen: Seen = { method, path, range: incoming.headers.range, bytes: Number(incoming.headers['content-length'] ?? 0) };
    requests.push(seen);
    const fault = activeRule?.(seen) ?? null;
    if (fault?.kind === 'status') {
      incoming.resume();
      outgoing.writeHead(fault.status, fault.headers).end();
      return;
    }
    const headers = { ...incoming.headers, host: new URL(targetUrl).host };
    const upstream = forward(`${targetUrl}${path}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      pass(answer, outgoing, fault, bucket).catch(() => outgoing.destroy());
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  };

  const server = createServer(handle);
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    target: (url) => {
      targetUrl = url;
    },
    rule: (rule) => {
      activeRule = rule;
    },
    limit: (bytesPerSecond) => bucket.limit(bytesPerSecond),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function pass(answer: IncomingMessage, outgoing: ServerResponse, fault: Fault | null, bucket: TokenBucket): Promise<void> {
  let at = 0;
  let due = fault;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    for (let start = 0; start < piece.length; ) {
      const room = due && 'atByte' in due && due.atByte > at ? due.atByte - at : sliceBytes;
      const slice = piece.subarray(start, start + Math.min(sliceBytes, room));
      if (due && 'atByte' in due && at >= due.atByte) {
        const { kind } = due;
        if (kind === 'stall') await silence(due.ms, outgoing);
        if (kind === 'cut') return void outgoing.destroy();
        if (kind === 'flip') slice[0] = (slice[0] ?? 0) ^ 1;
        due = null;
      }
      await bucket.take(slice.length);
      if (outgoing.destroyed) return;
      if (!outgoing.write(slice)) await drained(outgoing);
      at += slice.length;
      start += slice.length;
    }
  }
  outgoing.end();
}

/** Ends with its time, or as soon as nobody listens any more. */
async function silence(ms: number, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  outgoing.on('close', leave);
  await sleep(ms, undefined, { signal: gone.signal }).catch(() => undefined);
  outgoing.off('close', leave);
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      outgoing.off('drain', settle).off('close', settle);
      resolve();
    };
    outgoing.on('drain', settle).on('close', settle);
  });
}

class TokenBucket {
  private bytesPerSecond: number | null = null;
  private freeAt = 0;

  limit(bytesPerSecond: number | null): void {
    this.bytesPerSecond = bytesPerSecond;
    this.freeAt = Date.now();
  }

  async take(bytes: number): Promise<void> {
    if (this.bytesPerSecond === null) return;
    this.freeAt = Math.max(this.freeAt, Date.now()) + (1000 * bytes) / this.bytesPerSecond;
    const waitMs = this.freeAt - Date.now();
    if (waitMs > 2) await sleep(waitMs);
  }
}
