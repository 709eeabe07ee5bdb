// Pausing: work asks the gate before each step; closing it also ends the requests that are under way.
import { Failure } from '@reprise/protocol/formats';

export class Gate {
  #open = true;
  #controller = new AbortController();
  #waiting: (() => void)[] = [];
  #ended: Failure | undefined;

  get isOpen(): boolean {
    return this.#open;
  }

  /** Aborts on pause and on end; ask for it again for each request. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  pause(): void {
    if (!this.#open || this.#ended) return;
    this.#open = false;
    this.#controller.abort(new Failure('cancelled', { reason: 'paused' }));
  }

  resume(): void {
    if (this.#open || this.#ended) return;
    this.#open = true;
    this.#controller = new AbortController();
    this.#release();
  }

  /** For good: everybody who waits or asks gets this failure. */
  end(failure: Failure): void {
    this.#ended ??= failure;
    this.#controller.abort(failure);
    this.#release();
  }

  /** Resolves when the gate is open. @throws Failure after `end` */
  async pass(): Promise<void> {
    while (!this.#open && !this.#ended) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#ended) throw this.#ended;
  }

  /** After `end`: opens again for another run. */
  reset(): void {
    this.#ended = undefined;
    this.#open = true;
    this.#controller = new AbortController();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A gate that ends with a signal. */
export function gateOf(signal: AbortSignal | undefined): { readonly gate: Gate } & Disposable {
  const gate = new Gate();
  const end = () => gate.end(new Failure('cancelled'));
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  return { gate, [Symbol.dispose]: () => signal?.removeEventListener('abort', end) };
}
