// Puts batches where the server says. Places are asked for in blocks, so that a put costs one round trip. spec/batches.md.
import { batchBytesMax, Failure, formatId, type SpaceId } from '@reprise/protocol';
import { type Connection, retryWait, throwIfFailed } from './connect.ts';
import type { Gate } from './gate.ts';
import { sleep } from '@reprise/kit';
import type { Owner } from '@reprise/vault';

export type BatchClass = 'hot' | 'bulk';

type Place = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytesMax: number;
  readonly expiresAt: number;
};

export type PlacesOptions = {
  readonly connection: Connection;
  readonly space: Uint8Array;
  readonly owner: Pick<Owner, 'device'>;
  readonly gate: Gate;
  /** Network failures are met with new attempts for this long without a success. */
  readonly patienceMs: number;
  /** Told before each wait, with the time of the next attempt in ms since 1970, and null once it goes on. */
  readonly onWait: (retryAt: number | null, failure: Failure | null) => void;
};

/** Asked for in one request. */
const blockPlaces = 16;
/** A place is not used in its last minute. */
const expiryMarginMs = 60_000;
const firstDelayMs = 500;
const delayMsMax = 30_000;

export class Places {
  readonly #options: PlacesOptions;
  readonly #ready: Record<BatchClass, Place[]> = { hot: [], bulk: [] };
  readonly #asking: Partial<Record<BatchClass, Promise<void>>> = {};

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /**
   * Puts one batch; resolves once it is durable. The same bytes are sent again until they are, or until patience ends.
   * @param leftBytes that will probably follow in further batches
   * @throws Failure over-quota, disk-full, network …
   */
  async put(batchClass: BatchClass, body: readonly Uint8Array[], leftBytes: number, onSent?: (bytes: number) => void): Promise<void> {
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    await this.persist(async (signal) => {
      const place = await this.#take(batchClass, length, leftBytes);
      const headers = { 'content-type': 'application/octet-stream', ...place.headers };
      const response = await this.#options.connection.send({ method: 'PUT', url: place.url, headers, body, signal, onSent });
      await throwIfFailed(response);
      await response.bytes(65_536);
    });
  }

  /** Does a piece of network work again and again until it is done, the gate ends, patience ends or nothing helps. */
  async persist<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { gate, connection, patienceMs, onWait } = this.#options;
    const startedAt = connection.clock.now();
    let waited = false;
    for (let attempt = 0; ; attempt++) {
      await gate.pass();
      const signal = gate.signal;
      try {
        const result = await work(signal);
        if (waited) onWait(null, null);
        return result;
      } catch (error) {
        // Paused while it was under way: the gate says when to go on.
        if (signal.aborted) continue;
        const failure = error instanceof Failure ? error : undefined;
        const again = failure?.code === 'place-expired' ? true : retryWait(error);
        if (again === false || connection.clock.now() - startedAt > patienceMs) throw error;
        const bound = Math.min(delayMsMax, firstDelayMs * 2 ** Math.min(attempt, 10));
        const delayMs = typeof again === 'number' ? again : bound * (0.5 + Math.random() / 2);
        waited = true;
        onWait(connection.clock.now() + delayMs, failure ?? null);
        await sleep(delayMs, signal).catch(() => undefined);
      }
    }
  }

  async #take(batchClass: BatchClass, length: number, leftBytes: number): Promise<Place> {
    for (;;) {
      const now = this.#options.connection.serverNow();
      const ready = this.#ready[batchClass].filter((place) => place.expiresAt > now + expiryMarginMs);
      const at = ready.findIndex((place) => place.bytesMax >= length);
      if (at >= 0) {
        const [place] = ready.splice(at, 1);
        this.#ready[batchClass] = ready;
        return place as Place;
      }
      const asking = (this.#asking[batchClass] ??= this.#ask(batchClass, length, leftBytes).finally(() => delete this.#asking[batchClass]));
      await asking;
    }
  }

  async #ask(batchClass: BatchClass, length: number, leftBytes: number): Promise<void> {
    const { connection, space, owner, gate } = this.#options;
    // Parts grow while they are quick: places for what follows are as large as a batch may be.
    const isLast = leftBytes < batchBytesMax;
    const bytes = isLast ? length : batchBytesMax;
    const count = isLast ? 1 : Math.min(blockPlaces, Math.ceil(leftBytes / batchBytesMax));
    const { puts } = await connection.call('spaces.puts', {
      params: { space: formatId<SpaceId>(space) },
      body: { batches: Array.from({ length: count }, () => ({ bytes, class: batchClass })), objects: [] },
      device: owner.device,
      signal: gate.signal,
    });
    if (puts.length !== count) throw new Failure('bad-answer', { endpoint: 'spaces.puts' });
    this.#ready[batchClass].push(...puts.map((place) => ({ ...place, bytesMax: bytes })));
  }
}
