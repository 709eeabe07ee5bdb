// Writes into the origin's private storage, from where the page hands the finished file to the browser as a download. It needs
// twice the space for a moment; what earlier visits left behind is cleared first.
import type { Bytes } from '@reprise/kit';
import { EngineError } from '../rpc.ts';
import { neverBroken, type Sink } from './sink.ts';

/** The part of sync access handles used here; only workers have them. */
type SyncHandle = {
  write(bytes: Bytes, at: { at: number }): number;
  flush(): void;
  getSize(): number;
  truncate(size: number): void;
  close(): void;
};
type SyncFile = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncHandle> };

const folderName = 'saving';
const leftoverMs = 3_600_000;

export type PrivateSink = Sink & {
  /** After `close`: the file, backed by the disk. */
  file(): Promise<File>;
  /** Frees the space once the browser has its copy. */
  remove(): Promise<void>;
};

export async function openPrivateSink(id: string): Promise<PrivateSink> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(folderName, { create: true });
  await clearLeftovers(folder);
  const name = `${Date.now()}-${id}`;
  const handle = (await folder.getFileHandle(name, { create: true })) as SyncFile;
  const access = await handle.createSyncAccessHandle();
  let at = 0;
  const remove = async () => {
    await folder.removeEntry(name).catch(() => undefined);
  };
  return {
    ready: Promise.resolve(),
    broken: neverBroken,
    async write(chunk: Bytes) {
      for (let done = 0; done < chunk.length; ) {
        const written = access.write(chunk.subarray(done), { at: at + done });
        if (written === 0) throw new EngineError({ code: 'storage-full', facts: {} });
        done += written;
      }
      at += chunk.length;
    },
    async close() {
      access.flush();
      access.close();
      return (await handle.getFile()).size;
    },
    async abort() {
      access.close();
      await remove();
    },
    file: () => handle.getFile(),
    remove,
  };
}

/** What a closed tab left behind: called when the engine starts, so that no plaintext waits for the next save. */
export async function clearPrivateLeftovers(): Promise<void> {
  try {
    await clearLeftovers(await (await navigator.storage.getDirectory()).getDirectoryHandle(folderName));
  } catch {
    // no private storage here, or nothing in it
  }
}

async function clearLeftovers(folder: FileSystemDirectoryHandle): Promise<void> {
  const names = (folder as unknown as { keys(): AsyncIterableIterator<string> }).keys();
  for await (const name of names) {
    const madeAt = Number(name.split('-')[0]);
    if (!(Date.now() - madeAt < leftoverMs)) await folder.removeEntry(name).catch(() => undefined);
  }
}
