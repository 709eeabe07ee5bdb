// What this page can show and save: behind a link, or in the drive of an account. Screens know handles and entry ids; how each is read, and
// where its chunks lie, is told by who opened it.
import type { ContentReader } from '@reprise/sdk';
import type { Entry as VaultEntry } from '@reprise/vault';
import type { GrantSource } from '../../engine/grants.ts';
import { EngineError } from '../../engine/rpc.ts';

export interface Content extends Pick<ContentReader, 'extents' | 'walk' | 'readFile' | 'readRange' | 'readSmallFiles'> {
  /** A save begins, and ends well: a link counts them. */
  beginDownload(signal?: AbortSignal): Promise<void>;
  finishDownload(): Promise<void>;
}

export type Opened = {
  readonly content: Content;
  /** @throws EngineError if there is none of that id */
  entry(id: string): Promise<VaultEntry>;
  /** What stands in the same folder, itself included. */
  siblings(id: string): Promise<readonly { readonly id: string; readonly name: string }[]>;
  /** What the service worker needs to find the chunks by itself. */
  source(): Promise<GrantSource>;
  /** URLs of objects, in the order asked. */
  urls(ids: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
};

const opened = new Map<string, Opened>();

export function openContents(handle: string, contents: Opened): void {
  opened.set(handle, contents);
}

export function closeContents(handle: string): void {
  opened.delete(handle);
}

export function contentsOf(handle: string): Opened {
  const contents = opened.get(handle);
  if (!contents) throw new EngineError({ code: 'unexpected', facts: { reason: 'nothing is open under this handle' } });
  return contents;
}
