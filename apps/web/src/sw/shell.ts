// The offline shell: documents and scripts of one build, kept whole, replaced whole. spec/web.md "Offline shell".

const cachePrefix = 'shell-';
const cacheName = `${cachePrefix}${__BUILD__}`;
/** The build before stays for tabs that still run it and load a part late. */
const cachesKept = 2;

export async function storeShell(): Promise<void> {
  const cache = await caches.open(cacheName);
  const paths = [...__SHELL__.documents, ...__SHELL__.files];
  await Promise.all(
    paths.map(async (path) => {
      const response = await fetch(path, { cache: 'no-cache', redirect: 'error' });
      if (!response.ok) throw new TypeError(`shell: ${response.status}`);
      await cache.put(path, response);
    }),
  );
}

export async function dropOldShells(): Promise<void> {
  const shells = (await caches.keys()).filter((name) => name.startsWith(cachePrefix) && name !== cacheName);
  await Promise.all(shells.slice(0, Math.max(0, shells.length - (cachesKept - 1))).map((name) => caches.delete(name)));
}

/** The document kept for an address; null where the network decides. Every address of the drive is one document. */
export function shellDocumentOf({ pathname }: URL): string | null {
  const path = pathname.startsWith('/app/') ? '/app' : pathname;
  return __SHELL__.documents.includes(path) ? path : null;
}

export function isShellFile(url: URL): boolean {
  return __SHELL__.files.includes(url.pathname);
}

/** From the cache of this build, else of the one before, else the network. */
export async function answerFromShell(request: Request, path: string): Promise<Response> {
  const own = await (await caches.open(cacheName)).match(path);
  return own ?? (await caches.match(path)) ?? fetch(request);
}
