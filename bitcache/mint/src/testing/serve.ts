// The mint on a real port, for wallets that others wrote. For tests only.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Mint } from '../mint.ts';
import { mintRoutes } from '../routes.ts';
import { MintSockets } from '../sockets.ts';

export type Served = AsyncDisposable & { readonly url: string };

export async function serveMint(
  mint: Mint,
  onError: (error: unknown) => void,
  limits: ConstructorParameters<typeof MintSockets>[1] = {},
): Promise<Served> {
  const app = mintRoutes(mint, onError);
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const body = method === 'POST' ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' as const } : {};
    const request = new Request(`http://127.0.0.1${url}`, { method, headers: headers as Record<string, string>, ...body });
    void (async () => {
      const response = await app.fetch(request);
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      outgoing.end(Buffer.from(await response.arrayBuffer()));
    })();
  });
  const sockets = new MintSockets(mint, limits);
  server.on('upgrade', (incoming, stream, head) => sockets.accept(incoming, stream, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      sockets.close();
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close };
}
