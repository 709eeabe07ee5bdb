// Large buffers kept for the next use: a transfer of many gigabytes touches the same few, so that neither the allocator nor the
// collector has to run for each chunk.
import { sharedPageMemory } from '@reprise/kit';

/** Buffers of one length that are used again instead of allocated. */
export class BufferPool {
  readonly #free: ArrayBufferLike[] = [];
  readonly #length: number;
  readonly #keepMax: number;
  readonly #isShared: boolean;

  /** @param length of each buffer in bytes; @param keepMax how many free ones are kept; @param isShared with other threads */
  constructor(length: number, keepMax: number, isShared = false) {
    this.#length = length;
    this.#keepMax = keepMax;
    this.#isShared = isShared;
  }

  /** A buffer of the pool's length, with whatever it held before. */
  take(): ArrayBufferLike {
    return this.#free.pop() ?? (this.#isShared ? sharedPageMemory(this.#length) : new ArrayBuffer(this.#length));
  }

  /** Takes a buffer back that nobody uses any more; others than its own are left to the collector. */
  give(buffer: ArrayBufferLike | undefined): void {
    if (buffer?.byteLength === this.#length && this.#free.length < this.#keepMax) this.#free.push(buffer);
  }
}
