// One answer on the wire: status, headers, and a body that is whole or flows at the reader's pace.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Failure, type ServerFailureCode, isServerFailureCode, serverFailures } from '@reprise/protocol';

/** Takes a piece of the body; resolves when the piece may be overwritten, rejects when nobody is there to take more. */
export type Write = (piece: Uint8Array) => Promise<void>;

/** Writes a body at the reader's pace. What fails before the first piece can still be answered as a failure. */
export type Source = (write: Write) => Promise<void>;

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Uint8Array | string | Source | null;
};

/** Headers of every answer that is not a document: nothing may frame, run, sniff, keep or embed it. */
export const apiHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

export function jsonReply(status: number, value: unknown): Reply {
  return { status, headers: { ...apiHeaders, 'Content-Type': 'application/json' }, body: JSON.stringify(value) };
}

export function emptyReply(): Reply {
  return { status: 204, headers: apiHeaders, body: null };
}

export function bytesReply(body: Uint8Array | Source): Reply {
  return { status: 200, headers: { ...apiHeaders, 'Content-Type': 'application/octet-stream' }, body };
}

/** @param code of the contract. Facts are what the client needs to act, nothing of the inside. */
export function failureReply(code: ServerFailureCode, facts: Failure['facts']): Reply {
  const reply = jsonReply(serverFailures[code].status, { error: { code, facts } });
  const waitMs = facts['retryAfterMs'];
  return typeof waitMs === 'number'
    ? { ...reply, headers: { ...reply.headers, 'Retry-After': Math.max(1, Math.ceil(waitMs / 1000)) } }
    : reply;
}

/** The code a client may learn of what was thrown; undefined: a fault of the server. */
export function serverFailureOf(thrown: unknown): { readonly code: ServerFailureCode; readonly facts: Failure['facts'] } | undefined {
  return thrown instanceof Failure && isServerFailureCode(thrown.code) ? { code: thrown.code, facts: thrown.facts } : undefined;
}

export type Exchange = { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse; readonly readerStallMs: number };

const lingerMsMax = 2_000;
const lingerBytesMax = 32 * 2 ** 20;

/**
 * Sends the answer and resolves once the socket has taken it, with the bytes of body sent.
 * @throws ReaderGone, or what the body's source throws; `outgoing.headersSent` says whether another answer is possible
 */
export async function sendReply(exchange: Exchange, reply: Reply): Promise<number> {
  const { incoming, outgoing } = exchange;
  if (outgoing.destroyed) throw new ReaderGone();
  if (!incoming.complete && hasBody(incoming)) outgoing.shouldKeepAlive = false;
  return typeof reply.body === 'function'
    ? sendSource(exchange, reply, reply.body)
    : sendWhole(exchange, reply, Buffer.from(reply.body ?? ''));
}

async function sendWhole({ incoming, outgoing, readerStallMs }: Exchange, reply: Reply, body: Buffer): Promise<number> {
  const length = reply.status === 204 || reply.status === 304 || 'Content-Length' in reply.headers ? {} : { 'Content-Length': body.length };
  outgoing.writeHead(reply.status, { ...reply.headers, ...length });
  const sent = incoming.method === 'HEAD' ? 0 : body.length;
  if (sent > 0) await written(outgoing, body, readerStallMs);
  else outgoing.flushHeaders();
  if (!incoming.complete && hasBody(incoming)) await linger(incoming);
  outgoing.end();
  return sent;
}

async function sendSource({ incoming, outgoing, readerStallMs }: Exchange, reply: Reply, source: Source): Promise<number> {
  let sent = 0;
  const begin = () => {
    if (!outgoing.headersSent) outgoing.writeHead(reply.status, reply.headers);
  };
  if (incoming.method !== 'HEAD') {
    await source(async (piece) => {
      begin();
      sent += piece.length;
      await written(outgoing, piece, readerStallMs);
    });
  }
  begin();
  outgoing.end();
  return sent;
}

/** The client left or stood still: nobody is there to be told. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

function written(outgoing: ServerResponse, piece: Uint8Array, stallMs: number): Promise<void> {
  if (outgoing.destroyed) return Promise.reject(new ReaderGone());
  return new Promise((resolve, reject) => {
    const gone = () => {
      clearTimeout(timer);
      reject(new ReaderGone());
    };
    const timer = setTimeout(() => {
      outgoing.destroy();
      gone();
    }, stallMs);
    outgoing.once('close', gone);
    outgoing.write(piece, (error) => {
      if (error) return gone();
      clearTimeout(timer);
      outgoing.off('close', gone);
      resolve();
    });
  });
}

function hasBody(incoming: IncomingMessage): boolean {
  return incoming.headers['transfer-encoding'] !== undefined || Number(incoming.headers['content-length'] ?? 0) > 0;
}

/** Takes and drops what the client still sends, within a bound, so that it gets to read the answer before the connection closes. */
function linger(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let dropped = 0;
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(stop, lingerMsMax);
    incoming.on('data', (piece: Buffer) => {
      dropped += piece.length;
      if (dropped > lingerBytesMax) stop();
    });
    incoming.once('end', stop);
    incoming.once('close', stop);
    incoming.resume();
  });
}
