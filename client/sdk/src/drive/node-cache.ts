// Sealed nodes that were read before, by their ids: a tree is read again and again, and its nodes never change. What comes out is opened
// and checked like what comes from the server, so a cache may lie on a disk. Bounded by bytes.
import { type Bytes, equalBytes, formatHex } from '@reprise/kit';
import { type Engine, type Wanted } from '@reprise/vault';
import type { Soon } from '../source.ts';

/** Where sealed nodes are kept that were read before. */
export interface NodeCache {
  /** @returns undefined for what is not kept. */
  get(id: Bytes): Soon<Bytes | undefined>;
  /** Keeps one, perhaps at the cost of others. */
  put(id: Bytes, sealed: Bytes): Soon<void>;
}

const bytesMaxDefault = 64 * 2 ** 20;

/** In memory; the least used go first. @param bytesMax of all that is kept */
export function memoryNodeCache(bytesMax = bytesMaxDefault): NodeCache {
  const kept = new Map<string, Bytes>();
  let bytes = 0;
  return {
    get: (id) => {
      const key = formatHex(id);
      const sealed = kept.get(key);
      if (!sealed) return undefined;
      kept.delete(key);
      kept.set(key, sealed);
      return sealed;
    },
    put: (id, sealed) => {
      const key = formatHex(id);
      if (kept.has(key) || sealed.length > bytesMax) return;
      kept.set(key, sealed);
      bytes += sealed.length;
      for (const [oldest, old] of kept) {
        if (bytes <= bytesMax) return;
        kept.delete(oldest);
        bytes -= old.length;
      }
    },
  };
}

/**
 * A `fetch` that asks the cache first, and waits for what somebody fetches already. What the server gives is kept only if its hash is its id:
 * the cache holds nothing that will not open. What is kept is given under an aborted signal too: that is how a drive is read without a network.
 * @param fetchMany of `SealedObjects`
 */
export function cachedFetch(
  cache: NodeCache,
  engine: Engine,
  fetchMany: (wanted: readonly Wanted[], signal: AbortSignal | undefined) => Promise<readonly Bytes[]>,
): (wanted: readonly Wanted[], signal?: AbortSignal) => Promise<readonly Bytes[]> {
  /** By id. Undefined where the fetch failed, which is then nobody else's failure. */
  const underWay = new Map<string, Promise<Bytes | undefined>>();

  const fetchAndKeep = async (wanted: readonly Wanted[], signal: AbortSignal | undefined): Promise<readonly Bytes[]> => {
    const fetched = await fetchMany(wanted, signal);
    for (const [i, { id }] of wanted.entries()) {
      const sealed = fetched[i] as Bytes;
      if (equalBytes(await engine.sha256(sealed), id)) await cache.put(id, sealed);
    }
    return fetched;
  };

  const fetchShared = (wanted: readonly Wanted[], signal: AbortSignal | undefined): Promise<readonly Bytes[]> => {
    if (wanted.length === 0) return Promise.resolve([]);
    const fetching = fetchAndKeep(wanted, signal);
    for (const [i, { id }] of wanted.entries()) {
      const key = formatHex(id);
      const one = fetching.then(
        (fetched) => fetched[i],
        () => undefined,
      );
      underWay.set(key, one);
      void one.then(() => underWay.get(key) === one && underWay.delete(key));
    }
    return fetching;
  };

  return async (wanted, signal) => {
    const kept = await Promise.all(wanted.map(({ id }) => cache.get(id)));
    const others = wanted.map(({ id }, i) => (kept[i] ? undefined : underWay.get(formatHex(id))));
    const fetched = await fetchShared(
      wanted.filter((_, i) => !kept[i] && !others[i]),
      signal,
    );
    const joined = await Promise.all(others);
    const failed = await fetchShared(
      wanted.filter((_, i) => others[i] && !joined[i]),
      signal,
    );
    let [next, nextFailed] = [0, 0];
    return kept.map((sealed, i) => sealed ?? joined[i] ?? ((others[i] ? failed[nextFailed++] : fetched[next++]) as Bytes));
  };
}
