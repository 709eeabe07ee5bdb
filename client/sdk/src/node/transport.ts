// The transport of Node: connections that are kept, request pieces written without joining them, answers copied once, into the
// buffer that wants them. A transfer in which nothing moves for a while is given up.
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Bytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import { PlainHttp } from './plain-http.ts';
import {
  collectPieces,
  fillFromPieces,
  type HttpRequest,
  type HttpResponse,
  stallMs,
  type Transport,
  transportFailure,
} from '../transport.ts';

// An import statement would ask for everything that these modules name, and so load all of fetch and WebSocket at every start of a program.
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

/** How many connections, and how long without a byte counts as stalled, in ms. */
export type NodeTransportOptions = {
  /** Connections to one server. */
  readonly socketsMax?: number;
  readonly stallMs?: number;
};

export interface NodeTransport extends Transport, Disposable {}

/** Connections that are kept open and used again. */
export function nodeTransport(options: NodeTransportOptions = {}): NodeTransport {
  const agentOptions = { keepAlive: true, maxSockets: options.socketsMax ?? 16, noDelay: true };
  const agents = { 'http:': new http.Agent(agentOptions), 'https:': new https.Agent(agentOptions) };
  const patienceMs = options.stallMs ?? stallMs;

  const plain = new PlainHttp(patienceMs);

  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    if (request.method !== 'GET' || request.body !== undefined || !request.url.startsWith('http://')) return sendByNode(request);
    try {
      return await plain.get(request);
    } catch (error) {
      if (error instanceof Failure && error.code === 'bad-answer' && error.facts['reason'] === 'length-not-stated')
        return sendByNode(request);
      throw error;
    }
  };

  const sendByNode = (request: HttpRequest): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      const url = new URL(request.url);
      const secure = url.protocol === 'https:';
      const { signal } = request;
      if (signal?.aborted) return reject(transportFailure(signal.reason, signal, false));
      let stalled = false;
      const pieces = bodyPieces(request.body);
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      const headers: Record<string, string | number> = { ...request.headers };
      if (request.body !== undefined || request.method !== 'GET') headers['content-length'] = length;
      const outgoing = (secure ? https : http).request(url, {
        method: request.method,
        headers,
        agent: secure ? agents['https:'] : agents['http:'],
        timeout: patienceMs,
      });
      const fail = (error: unknown) => {
        signal?.removeEventListener('abort', abort);
        reject(transportFailure(error, signal, stalled));
      };
      const abort = () => outgoing.destroy(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      signal?.addEventListener('abort', abort, { once: true });
      outgoing.on('timeout', () => {
        stalled = true;
        outgoing.destroy(new Error('stalled'));
      });
      outgoing.on('error', fail);
      outgoing.on('response', (incoming) => {
        const ended = () => signal?.removeEventListener('abort', abort);
        resolve(nodeResponse(incoming, { signal, stalled: () => stalled, ended }));
      });
      writePieces(outgoing, pieces, request.onSent);
    });

  return Object.assign(send, {
    [Symbol.dispose]: () => {
      plain[Symbol.dispose]();
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  });
}

function bodyPieces(body: HttpRequest['body']): readonly Uint8Array[] {
  if (body === undefined) return [];
  return body instanceof Uint8Array ? [body] : body;
}

/** Small pieces go out with their neighbours in one system call. */
const corkBytes = 1_048_576;

function writePieces(outgoing: ClientRequest, pieces: readonly Uint8Array[], onSent: HttpRequest['onSent']): void {
  let next = 0;
  let sent = 0;
  const writeMore = () => {
    outgoing.cork();
    let bytes = 0;
    let flows = true;
    while (next < pieces.length && flows && bytes < corkBytes) {
      const piece = pieces[next++] as Uint8Array;
      bytes += piece.length;
      flows = outgoing.write(piece);
    }
    outgoing.uncork();
    sent += bytes;
    if (next === pieces.length) outgoing.end();
    else if (flows) setImmediate(writeMore);
    else
      outgoing.once('drain', () => {
        onSent?.(sent);
        writeMore();
      });
  };
  writeMore();
}

type Watch = { readonly signal: AbortSignal | undefined; readonly stalled: () => boolean; readonly ended: () => void };

function nodeResponse(incoming: IncomingMessage, watch: Watch): HttpResponse {
  incoming.once('close', watch.ended);
  const failure = (error: unknown) => transportFailure(error, watch.signal, watch.stalled());
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of incoming) yield piece as Uint8Array;
    } catch (error) {
      throw failure(error);
    }
  }
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = incoming.headers[name];
      return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
    },
    bytes: (bytesMax): Promise<Bytes> => collectPieces(pieces(), bytesMax),
    fill: (into) => fillFast(incoming, into, failure),
    pieces,
  };
}

/** As `fillFromPieces`, without an iteration step for each piece: a download of many gigabytes has hundreds of thousands. */
function fillFast(incoming: IncomingMessage, into: Uint8Array, failure: (error: unknown) => Failure): Promise<void> {
  if (incoming.readableFlowing === true || incoming.readableEnded) return fillFromPieces(incoming, into);
  return new Promise((resolve, reject) => {
    let at = 0;
    let ended = false;
    const refuse = (reason: string) => {
      ended = true;
      reject(new Failure('bad-answer', { reason }));
      incoming.destroy();
    };
    incoming.on('data', (piece: Buffer) => {
      if (ended) return;
      if (at + piece.length > into.length) return refuse('more bytes than expected');
      into.set(piece, at);
      at += piece.length;
    });
    incoming.on('end', () => {
      if (ended) return;
      ended = true;
      if (at === into.length) resolve();
      else reject(new Failure('bad-answer', { reason: 'fewer bytes than expected' }));
    });
    const cut = (error?: Error) => {
      if (!ended) reject(failure(error ?? new Error('the answer was cut short')));
      ended = true;
    };
    incoming.on('error', cut);
    incoming.on('close', () => cut());
  });
}
