// Serves a few files with the headers of the web app: the same policies as in production, so that what passes here passes there.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Served = { readonly type: string; readonly body: string | Uint8Array };
export type Site = AsyncDisposable & { readonly origin: string };

const trustedTypes = "require-trusted-types-for 'script'; trusted-types";
const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};
const documentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; " +
  "worker-src 'self'; frame-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  `${trustedTypes} svelte-trusted-html reprise-script-url`;
const workerPolicy = `default-src 'none'; script-src 'self'; connect-src 'self'; ${trustedTypes} 'none'`;
const kdfPolicy = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'none'; ${trustedTypes} 'none'`;

export function policyOf(path: string): string {
  if (path.startsWith('/w/kdf-')) return kdfPolicy;
  return path.startsWith('/w/') || path === '/sw.js' ? workerPolicy : documentPolicy;
}

/** @param files by path; anything else is 404 */
export async function serveSite(files: ReadonlyMap<string, Served>): Promise<Site> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname;
    const file = files.get(path);
    if (!file) return response.writeHead(404, isolation).end('not here');
    response.writeHead(200, { ...isolation, 'content-type': file.type, 'content-security-policy': policyOf(path) }).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
