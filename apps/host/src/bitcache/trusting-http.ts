// HTTP to a node that made its own certificate: that one is trusted, and no other. spec/lightning.md "Adapters".
import { request } from 'node:https';
import { Readable } from 'node:stream';
import type { HttpClient } from '@reprise/lightning';

/** @param certificate in PEM */
export function trusting(certificate: string): HttpClient {
  return (url, { method = 'GET', headers, body, signal }) =>
    new Promise<Response>((resolve, reject) => {
      const outgoing = request(
        url,
        { method, headers: Object.fromEntries(new Headers(headers)), ca: certificate, ...(signal ? { signal } : {}) },
        (incoming) => {
          const { statusCode: status = 500 } = incoming;
          const hasBody = status !== 204 && status !== 304;
          const stream = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null;
          if (!hasBody) incoming.resume();
          resolve(new Response(stream, { status, headers: headersOf(incoming.headers) }));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body as string | undefined);
    });
}

function headersOf(headers: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value ?? []].flat()) result.append(name, one);
  }
  return result;
}
