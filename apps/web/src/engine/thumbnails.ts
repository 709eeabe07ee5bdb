// Small pictures as the page shows them: asked for while they are in view, kept a while as URLs, so that scrolling back shows them at once.
import type { EntryId } from '../app/port.ts';
import type { DriveCalls } from './drive-calls.ts';
import type { Call } from './rpc.ts';

export type Shown = { readonly url: string; release(): void };
type Kept = { readonly url: string; users: number };

/** About 25 MB. */
const keptMax = 800;
const kept = new Map<string, Kept>();

/** @param version tells one content of an entry from another: its time of modification @returns null where there is none */
export async function showThumbnail(
  call: Call<Pick<DriveCalls, 'thumbnail'>>,
  id: EntryId,
  version: number,
  signal: AbortSignal,
): Promise<Shown | null> {
  const key = `${id}/${version}`;
  if (!kept.has(key)) {
    const picture = await call('thumbnail', { id }, { signal });
    if (!picture) return null;
    if (!kept.has(key)) kept.set(key, { url: URL.createObjectURL(picture), users: 0 });
  }
  return use(key);
}

/** Locking and leaving let go of all of them. */
export function clearThumbnails(): void {
  for (const { url } of kept.values()) URL.revokeObjectURL(url);
  kept.clear();
}

function use(key: string): Shown | null {
  const one = kept.get(key);
  if (!one) return null;
  one.users++;
  // The newest used stand last.
  kept.delete(key);
  kept.set(key, one);
  dropOldest();
  return { url: one.url, release: () => void one.users-- };
}

function dropOldest(): void {
  for (const [key, { url, users }] of kept) {
    if (kept.size <= keptMax) return;
    if (users > 0) continue;
    URL.revokeObjectURL(url);
    kept.delete(key);
  }
}
