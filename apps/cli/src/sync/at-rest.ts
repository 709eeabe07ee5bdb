// What a program that follows a folder lets go of once nothing is left to do: a look at a million files leaves memory behind that nobody needs until the next.
import { collectAll } from '@reprise/vault/node';

/** So long after the last word that all is equal. */
const restMs = 5_000;
/** What has come to be held since the last time, at least: letting go takes tens of milliseconds of a core. */
const grownBytesMin = 8 * 2 ** 20;

export class AtRest implements Disposable {
  readonly #letGo: () => void;
  #waiting: NodeJS.Timeout | undefined;
  #restedBytes = 0;

  /** @param letGo of what others than the collector hold */
  constructor(letGo: () => void) {
    this.#letGo = letGo;
  }

  hear(isAtRest: boolean): void {
    clearTimeout(this.#waiting);
    if (isAtRest) this.#waiting = setTimeout(() => this.#rest(), restMs).unref();
  }

  #rest(): void {
    if (process.memoryUsage.rss() < this.#restedBytes + grownBytesMin) return;
    this.#letGo();
    collectAll();
    this.#restedBytes = process.memoryUsage.rss();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#waiting);
  }
}
