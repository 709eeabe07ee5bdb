// The offline shell: documents and scripts of one build. Of a browser that only opens links it holds what their pages start with; once the drive was
// open here it is kept whole, replaced whole. spec/web.md "Offline shell".

const cachePrefix = 'shell-';
const cacheName = `${cachePrefix}${__BUILD__}`;
/** The build before stays for tabs that still run it and load a part late. */
const cachesKept = 2;

/** Stored after all else: where it lies, the build is whole. */
const wholeMark = '/app';

/** For `install`: of a browser that opens its drive from the build before, the new one is kept whole before it takes over. */
export async function storeShell(): Promise<void> {
  await store(__SHELL__.first);
  if (await wasKeptWhole()) await storeWhole();
}

/** A second time it does nothing. @throws TypeError without a network; asked again, it goes on with what is missing */
export async function storeWhole(): Promise<void> {
  const cache = await caches.open(cacheName);
  if (await cache.match(wholeMark)) return;
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  await store([...__SHELL__.documents, ...__SHELL__.files].filter((path) => path !== wholeMark && !kept.has(path)));
  await store([wholeMark]);
}

async function store(paths: readonly string[]): Promise<void> {
  const cache = await caches.open(cacheName);
  await Promise.all(
    paths.map(async (path) => {
      // What carries a hash in its name never changes: the page has just fetched some of it.
      const isHashed = path.startsWith('/assets/') || path.startsWith('/w/');
      const response = await fetch(path, { cache: isHashed ? 'default' : 'no-cache', redirect: 'error', priority: 'low' });
      if (!response.ok) throw new TypeError(`shell: ${response.status}`);
      await cache.put(path, response);
    }),
  );
}

async function wasKeptWhole(): Promise<boolean> {
  const before = (await caches.keys()).filter((name) => name.startsWith(cachePrefix) && name !== cacheName);
  return (await Promise.all(before.map(async (name) => (await caches.open(name)).match(wholeMark)))).some(Boolean);
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
