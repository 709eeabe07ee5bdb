// A hostile server: the real host behind a proxy that changes what it answers. It may hold back nothing of what a real one could do to
// sealed objects and records: flip, cut, extend, swap, repeat, invent.
import { createServer, request as forward, type IncomingMessage } from 'node:http';

/** @returns the body to send instead, and its status if that changes too */
export type Mutation = (answer: {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: Buffer;
}) => Buffer | { status: number; body: Buffer };

export interface Mutator extends AsyncDisposable {
  readonly url: string;
  mutate(mutation: Mutation | null): void;
  /** How many answers the mutation changed. */
  readonly changed: () => number;
}

export async function startMutator(targetUrl: string): Promise<Mutator> {
  let mutation: Mutation | null = null;
  let changed = 0;
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url: path = '/' } = incoming;
    // The host must take the signature for the origin that the client used.
    const upstream = forward(`${targetUrl}${path}`, { method, headers: incoming.headers }, async (answer) => {
      const body = await readAll(answer);
      const status = answer.statusCode ?? 502;
      const result = mutation?.({ method, path, status, body }) ?? body;
      const given = Buffer.isBuffer(result) ? { status, body: result } : result;
      if (given.status !== status || !given.body.equals(body)) changed++;
      const { 'transfer-encoding': _, ...headers } = answer.headers;
      outgoing.writeHead(given.status, { ...headers, 'content-length': given.body.length });
      outgoing.end(given.body);
    });
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
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
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readAll(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}
