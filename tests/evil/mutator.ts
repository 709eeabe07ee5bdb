// A hostile server: the real host behind a proxy that changes what it answers. It may hold back nothing of what a real one could do to
// sealed objects and records: flip, cut, extend, swap, repeat, invent.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request as forward } from 'node:http';

/** @returns the body to send instead, and its status if that changes too */
export type Mutation = (answer: {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: Buffer;
}) => Buffer | { status: number; body: Buffer };

/** A request as the server was sent it. */
export type Heard = { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer };

export interface Mutator extends AsyncDisposable {
  readonly url: string;
  mutate(mutation: Mutation | null): void;
  /** Hears every request once it is whole; null: nobody listens. */
  listen(listener: ((heard: Heard) => void) | null): void;
  /** How many answers the mutation changed. */
  readonly changed: () => number;
}

export async function startMutator(targetUrl: string): Promise<Mutator> {
  let mutation: Mutation | null = null;
  let changed = 0;
  let listener: ((heard: Heard) => void) | null = null;
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url: path = '/' } = incoming;
    // The host must take the signature for the origin that the client used.
    const upstream = forward(`${targetUrl}${path}`, { method, headers: incoming.headers }, async (answer) => {
      // A stream of events has no end that could be waited for.
      if (answer.headers['content-type']?.startsWith('text/event-stream')) {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        outgoing.on('close', () => upstream.destroy());
        answer.on('error', () => outgoing.destroy()).pipe(outgoing);
        return;
      }
      const body = await readAll(answer);
      const status = answer.statusCode ?? 502;
      const result = mutation?.({ method, path, status, body }) ?? body;
      const given = Buffer.isBuffer(result) ? { status, body: result } : result;
      if (given.status !== status || !given.body.equals(body)) changed++;
      const { 'transfer-encoding': _, ...headers } = answer.headers;
      // A refusal is none that a browser may keep, as the host's own are not.
      const kept = given.status === status ? {} : { 'cache-control': 'no-store' };
      outgoing.writeHead(given.status, { ...headers, ...kept, 'content-length': given.body.length });
      outgoing.end(given.body);
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
    if (listener) void hear(incoming, listener);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    mutate: (next) => {
      mutation = next;
      changed = 0;
    },
    changed: () => changed,
    listen: (next) => {
      listener = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function hear(incoming: IncomingMessage, listener: (heard: Heard) => void): Promise<void> {
  const { method = 'GET', url: path = '/', headers } = incoming;
  const pieces: Buffer[] = [];
  incoming.on('data', (piece: Buffer) => pieces.push(piece));
  await new Promise((resolve) => incoming.once('close', resolve));
  listener({ method, path, headers, body: Buffer.concat(pieces) });
}

async function readAll(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}
