// A stand-in for the daemon of a node: its HTTP interface, written by hand from its documentation, over a world in memory. For tests.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PayFault } from './backend.suite.ts';
import type { World } from './world.ts';

export type Called = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Aborts when whoever called goes away. */
  readonly gone: AbortSignal;
};
/** One JSON value, or lines of them that go on. */
export type Reply = { readonly status: number; readonly json: unknown } | { readonly lines: AsyncIterable<unknown> };

export type DaemonTraits = {
  readonly answer: (called: Called) => Promise<Reply>;
  /** Whether this call hands a payment over. */
  readonly isPayment: (called: Called) => boolean;
};

export class Daemon {
  readonly world: World;
  readonly url: string;
  #fault: PayFault | null = null;
  readonly #close: () => Promise<void>;

  private constructor(world: World, url: string, close: () => Promise<void>) {
    this.world = world;
    this.url = url;
    this.#close = close;
  }

  static async start(world: World, traits: DaemonTraits): Promise<Daemon> {
    const server = createServer((request, response) => void daemon.#serve(request, response, traits));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const close = async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    };
    const daemon = new Daemon(world, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close);
    return daemon;
  }

  breakNextPayment(fault: PayFault): void {
    this.#fault = fault;
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse, { answer, isPayment }: DaemonTraits): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const url = new URL(request.url ?? '/', this.url);
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const called = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
      gone: gone.signal,
    };
    const fault = isPayment(called) ? this.#fault : null;
    if (fault) this.#fault = null;
    if (fault === 'lost-before') return void response.destroy();
    const reply = await answer(called);
    // What a stream does, it does when it is read.
    if ((fault === 'lost-after' || fault === 'garbage-after') && 'lines' in reply) await reply.lines[Symbol.asyncIterator]().next();
    if (fault === 'lost-after') return void response.destroy();
    if (fault === 'garbage-after') return void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
    const written = (json: unknown) => (fault === 'zero-preimage' ? zeroPreimages(JSON.stringify(json)) : JSON.stringify(json));
    if ('json' in reply) return void response.writeHead(reply.status, { 'content-type': 'application/json' }).end(written(reply.json));
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    for await (const line of reply.lines) if (!gone.signal.aborted) response.write(`${written(line)}\n`);
    response.end();
  }
}

function zeroPreimages(json: string): string {
  return json.replaceAll(/("[a-zA-Z_]*[pP]reimage":")[0-9a-f]{64}"/g, `$1${'00'.repeat(32)}"`);
}
