// Buffers for bytes on their way to a socket, used again: fresh memory for each piece halves the throughput.
import type { Bytes } from '@reprise/kit';
import { rangePieceBytes } from './store.ts';

/** 64 MiB: beyond, a burst of readers gives its buffers back to the collector. */
const keptMax = 128;

export class LentBuffers {
  readonly #free: Bytes[] = [];

  /** `rangePieceBytes` of anything. */
  take(): Bytes {
    return this.#free.pop() ?? new Uint8Array(Buffer.allocUnsafeSlow(rangePieceBytes).buffer);
  }

  /** Only by who took it, once, and when nothing reads from it any more. */
  give(buffer: Bytes): void {
    if (this.#free.length < keptMax) this.#free.push(buffer);
  }
}
