// Writes into a file the person chose (File System Access). The browser collects the bytes in a swap file and puts it in place on
// close, so that a broken save leaves the old file; afterwards the real size is read back.
import type { Bytes } from '@reprise/kit';
import { neverBroken, type Sink } from './sink.ts';

export function openDiskSink(handle: FileSystemFileHandle): Sink {
  const writable = handle.createWritable({ keepExistingData: false });
  writable.catch(() => undefined);
  return {
    ready: writable.then(() => undefined),
    broken: neverBroken,
    async write(chunk: Bytes) {
      await (await writable).write(chunk);
    },
    async close() {
      await (await writable).close();
      return (await handle.getFile()).size;
    },
    async abort() {
      await writable.then((it) => it.abort()).catch(() => undefined);
    },
  };
}
