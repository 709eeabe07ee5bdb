// A request of Node as one of the web, and its answer back: the mint and the shop are written for the latter.
import type { IncomingMessage } from 'node:http';
import { type Reply, wholeBody } from '@reprise/drive';
import { Failure } from '@reprise/protocol';
import type { Answering } from './bitcache.ts';

/** The largest body that either takes (spec/mint.md "Limits"); they refuse one byte more in words of their own. */
const bodyBytesMax = 2_097_152 + 1;

/** Anyone may ask from any page; nothing may frame, run or sniff what is answered. */
const headers = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

export type Asked = {
  readonly incoming: IncomingMessage;
  /** As the client calls this server. */
  readonly origin: string;
  /** Below where the app is mounted, with the query. */
  readonly path: string;
};

export async function webAnswer(app: Answering, { incoming, origin, path }: Asked): Promise<Reply> {
  const { method = 'GET' } = incoming;
  const body = method === 'GET' || method === 'HEAD' ? undefined : await bodyOf(incoming);
  if (body === 'too-long') return tooLong;
  const request = new Request(`${origin}${path}`, {
    method,
    headers: headersOf(incoming),
    ...(body === undefined || body.length === 0 ? {} : { body }),
  });
  const response = await app.fetch(request);
  return {
    status: response.status,
    headers: { ...headers, ...Object.fromEntries(response.headers) },
    body: method === 'HEAD' ? null : new Uint8Array(await response.arrayBuffer()),
  };
}

/** In a form that wallets and buyers read alike. */
const tooLong: Reply = {
  status: 413,
  headers: { ...headers, 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' },
  body: JSON.stringify({ detail: 'The request is too long.', code: 1 }),
};

async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | 'too-long'> {
  try {
    return new Uint8Array(await wholeBody(incoming, { bytesMax: bodyBytesMax, graceMs: 30_000, bytesPerSecondMin: 1_024 }));
  } catch (error) {
    if (error instanceof Failure && error.code === 'body-too-large') return 'too-long';
    throw error;
  }
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const result = new Headers();
  for (const [name, values] of Object.entries(headersDistinct)) {
    // The length is that of the body that was read.
    if (name === 'content-length' || name === 'transfer-encoding') continue;
    for (const value of values ?? []) result.append(name, value);
  }
  return result;
}
