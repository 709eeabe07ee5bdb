// The offline shell: documents and scripts of one build. Of a browser that only opens links it holds what their pages start with, and what they came to
// need; once the drive was open here it is kept whole, replaced whole. spec/web.md "Offline shell".
import { sleep } from '@reprise/kit';

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
  if (await isWhole()) return;
  const cache = await caches.open(cacheName);
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  await store([...__SHELL__.documents, ...__SHELL__.files].filter((path) => path !== wholeMark && !kept.has(path)));
  await store([wholeMark]);
}

/** A document after all that it loads: where a part is no more to be had, the server has a newer build, and its document is not of this one. */
async function store(paths: readonly string[]): Promise<void> {
  const cache = await caches.open(cacheName);
  const storeOne = async (path: string): Promise<void> => {
    // The page has just fetched some of it.
    const response = await fetch(path, { cache: isHashed(path) ? 'default' : 'no-cache', redirect: 'error', priority: 'low' });
    if (!response.ok) throw new TypeError(`shell: ${response.status}`);
    if (isDocument(path)) await assertOfThisBuild(response.clone());
    await cache.put(path, response);
  };
  await Promise.all(paths.filter((path) => !isDocument(path)).map(storeOne));
  await Promise.all(paths.filter(isDocument).map(storeOne));
}

function isDocument(path: string): boolean {
  return __SHELL__.documents.includes(path);
}

/** The parts may come from this browser's own cache when the server has them no more. @throws TypeError where it names one that this build has not */
async function assertOfThisBuild(document: Response): Promise<void> {
  const named = (await document.text()).match(/\/(?:assets|w)\/[\w.-]+/g) ?? [];
  if (!named.every((path) => __SHELL__.files.includes(path))) throw new TypeError('shell: a document of another build');
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

/** What carries a hash in its name may be of the build before, which a tab still runs. */
export function isShellFile({ pathname }: URL): boolean {
  return isHashed(pathname) || __SHELL__.files.includes(pathname);
}

/** A slower network than that shows the document that is kept. */
const freshMsMax = 3_000;

/**
 * Of a build that is not kept whole the late parts are the network's, which may have a newer build and no more of this one: there, and when a newer
 * one takes over, the network's document comes first.
 */
export async function answerDocument(request: Request, path: string, isReplaced: boolean): Promise<Response> {
  const kept = await keptHere(path);
  if (kept && !isReplaced && (await isWhole())) return kept;
  const fresh = fetch(request).catch(() => null);
  const first = await Promise.race([fresh, ...(kept ? [sleep(freshMsMax).then(() => null)] : [])]);
  return first?.ok ? first : (kept ?? (await fresh) ?? Response.error());
}

/** What had to be fetched late is kept as well: the page that asked for it goes on without a network. */
export async function answerFile(request: Request, path: string): Promise<Response> {
  const kept = await keptHere(path);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok && isHashed(path) && __SHELL__.files.includes(path)) {
    const copy = response.clone();
    void caches
      .open(cacheName)
      .then((cache) => cache.put(path, copy))
      .catch(() => undefined);
  }
  return response;
}

/** In the cache of this build, else of the one before. */
async function keptHere(path: string): Promise<Response | undefined> {
  return (await (await caches.open(cacheName)).match(path)) ?? caches.match(path);
}

async function isWhole(): Promise<boolean> {
  return (await (await caches.open(cacheName)).match(wholeMark)) !== undefined;
}

/** Such a file never changes. */
function isHashed(path: string): boolean {
  return path.startsWith('/assets/') || path.startsWith('/w/');
}
