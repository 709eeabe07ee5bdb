// Large buffers kept for the next use: a transfer of many gigabytes touches the same few, so that neither the allocator nor the
// collector has to run for each chunk.
import type { Bytes } from '@reprise/kit';

export class BufferPool {
  readonly #free: ArrayBuffer[] = [];
  readonly #length: number;
  readonly #keepMax: number;

  /** @param length of each buffer in bytes; @param keepMax how many free ones are kept */
  constructor(length: number, keepMax: number) {
    this.#length = length;
    this.#keepMax = keepMax;
  }

  /** A buffer of the pool's length, with whatever it held before. Larger wishes are allocated. */
  take(length: number): ArrayBuffer {
    if (length > this.#length) return new ArrayBuffer(length);
    return this.#free.pop() ?? new ArrayBuffer(this.#length);
  }

  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength === this.#length && this.#free.length < this.#keepMax) this.#free.push(buffer);
  }
}

export function bytesOf(buffer: ArrayBuffer, length: number): Bytes {
  return new Uint8Array(buffer, 0, length);
}
