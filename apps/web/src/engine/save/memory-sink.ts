// Collects the bytes of a small file in memory; the page hands the blob to the browser as a download.
import type { Bytes } from '@reprise/kit';
import { neverBroken, type Sink } from './sink.ts';

export type MemorySink = Sink & { blob(): Blob };

export function openMemorySink(): MemorySink {
  let parts: Blob[] = [];
  let whole: Blob | undefined;
  return {
    ready: Promise.resolve(),
    broken: neverBroken,
    async write(chunk: Bytes) {
      // A blob at once: the reader may use the buffer again, and the browser may keep the bytes outside this heap.
      parts.push(new Blob([chunk]));
    },
    async close() {
      whole = new Blob(parts, { type: 'application/octet-stream' });
      parts = [];
      return whole.size;
    },
    async abort() {
      parts = [];
    },
    blob() {
      if (!whole) throw new TypeError('the sink is not closed');
      return whole;
    },
  };
}
