// How many bytes a second go to a network, as a token bucket that many requests share and a person may turn at any time; and a transport that
// asks it first. A request body leaves as a whole, so a bucket may fall below zero: what follows waits until it has filled again.
import { sleep } from '@reprise/kit';
import type { HttpRequest, HttpResponse, Transport } from './transport.ts';

/** Time as a bucket sees it; ms. */
export type RateClock = { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> };

/** Bytes that may leave at once after a pause: those of so many ms. */
const burstMs = 1_000;
const systemRateClock: RateClock = { now: () => performance.now(), sleep };

/** Bytes a second that all who share it may send together. */
export class RateLimit {
  readonly #clock: RateClock;
  #bytesPerSecond: number | null;
  #tokens: number;
  #filledAt: number;
  /** Those who wait come in turn. */
  #turn: Promise<unknown> = Promise.resolve();
  #changed = new AbortController();

  /** @param bytesPerSecond null: no limit */
  constructor(bytesPerSecond: number | null, clock: RateClock = systemRateClock) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#tokens = 0;
    this.#filledAt = clock.now();
  }

  get bytesPerSecond(): number | null {
    return this.#bytesPerSecond;
  }

  /** Takes effect at once, on those who wait as well. What was taken under the former limit is not made up for. */
  set(bytesPerSecond: number | null): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#tokens = 0;
    this.#filledAt = this.#clock.now();
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  /** Resolves when so many bytes may leave. @throws the signal's reason */
  take(bytes: number, signal?: AbortSignal): Promise<void> {
    const taken = this.#turn.then(() => this.#take(bytes, signal));
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  async #take(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const rate = this.#bytesPerSecond;
      if (rate === null) return;
      const now = this.#clock.now();
      this.#tokens = Math.min((rate * burstMs) / 1000, this.#tokens + (rate * (now - this.#filledAt)) / 1000);
      this.#filledAt = now;
      if (this.#tokens >= 0) {
        this.#tokens -= bytes;
        return;
      }
      const changed = this.#changed.signal;
      const ended = signal ? AbortSignal.any([signal, changed]) : changed;
      await this.#clock.sleep(Math.ceil((1000 * -this.#tokens) / rate), ended).catch(() => undefined);
    }
  }
}

/** A transport whose request bodies wait for `up`, and whose answers are read as `down` allows. */
export function limitedTransport(transport: Transport, limits: { readonly up?: RateLimit; readonly down?: RateLimit }): Transport {
  const { up, down } = limits;
  return async (request) => {
    const bytes = bodyBytes(request);
    if (up && bytes > 0) await up.take(bytes, request.signal);
    const response = await transport(request);
    return down ? limitedResponse(response, down, request.signal) : response;
  };
}

function bodyBytes({ body }: HttpRequest): number {
  if (body === undefined) return 0;
  return body instanceof Uint8Array ? body.length : body.reduce((sum, piece) => sum + piece.length, 0);
}

function limitedResponse(response: HttpResponse, down: RateLimit, signal: AbortSignal | undefined): HttpResponse {
  return {
    status: response.status,
    header: (name) => response.header(name),
    bytes: (bytesMax) => response.bytes(bytesMax),
    async fill(into) {
      await down.take(into.length, signal);
      await response.fill(into);
    },
    async *pieces() {
      for await (const piece of response.pieces()) {
        await down.take(piece.length, signal);
        yield piece;
      }
    },
  };
}
