// How large the next part is: small at first and on slow lines, so that little is lost with a connection; large where a round trip and a
// write to disk cost more than the bytes.
import { frameHeaderBytes, objectBytesMax } from '@reprise/protocol/formats';

/** One full chunk and its frame. */
const smallestBytes = frameHeaderBytes + objectBytesMax;
/** A part that took less gives way to larger ones, one that took more to smaller ones. */
const quickMs = 700;
const slowMs = 4_000;

export class Pace {
  readonly #bytesMax: number;
  #bytes: number;

  /** @param bytesMax of any part */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#bytes = Math.min(bytesMax, smallestBytes);
  }

  get partBytes(): number {
    return this.#bytes;
  }

  /** The line takes the largest parts. */
  get isFull(): boolean {
    return this.#bytes === this.#bytesMax;
  }

  /** A part of so many bytes was sent in so much time. */
  took(bytes: number, ms: number): void {
    if (ms < quickMs && bytes > this.#bytes / 2) this.#bytes = Math.min(this.#bytesMax, 2 * this.#bytes);
    else if (ms > slowMs) this.#bytes = Math.max(Math.min(this.#bytesMax, smallestBytes), Math.floor(this.#bytes / 2));
  }
}
