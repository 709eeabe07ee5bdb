// Group commit, and reading in groups: what comes while a transaction or a statement runs waits for its end and then shares one, with its round
// trips and its wait for the disk. What cannot be done takes nothing from the others: its group falls into halves until it stands alone.
import { setImmediate as afterEvents } from 'node:timers/promises';
import { assert } from '@reprise/kit';
import { Failure } from '@reprise/protocol';

export type TogetherParts<Item, Result> = {
  /** One transaction, all of it or nothing; or one statement that reads. @returns the result of each */
  readonly work: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Whether one of the items is the reason, so that the others may be done without it. Any other failure is everybody's. */
  readonly isOfOne: (error: unknown) => boolean;
  /** Items of one group. */
  readonly groupMax: number;
};

type Waiting<Item, Result> = {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
};

const waitingMax = 10_000;

export class Together<Item, Result> {
  readonly #parts: TogetherParts<Item, Result>;
  readonly #waiting: Waiting<Item, Result>[] = [];
  #isWorking = false;

  constructor(parts: TogetherParts<Item, Result>) {
    this.#parts = parts;
  }

  /** Outside of any transaction. @returns when it is done, and what was written durable @throws Failure unavailable where too many wait, and what `work` throws for it */
  async add(item: Item): Promise<Result> {
    if (this.#waiting.length >= waitingMax) throw new Failure('unavailable', { retryAfterMs: 1_000 });
    const done = new Promise<Result>((resolve, reject) => this.#waiting.push({ item, resolve, reject }));
    if (!this.#isWorking) void this.#workAll();
    return done;
  }

  async #workAll(): Promise<void> {
    this.#isWorking = true;
    while (this.#waiting.length > 0) {
      // Those that are as good as here come along.
      await afterEvents();
      await this.#workGroup(this.#waiting.splice(0, this.#parts.groupMax));
    }
    this.#isWorking = false;
  }

  /** In the order of coming, also when it falls into halves. */
  async #workGroup(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#parts.work(group.map(({ item }) => item));
      assert(results.length === group.length, 'each item has a result');
      for (const [at, { resolve }] of group.entries()) resolve(results[at] as Result);
    } catch (error) {
      if (group.length === 1 || !this.#parts.isOfOne(error)) {
        for (const { reject } of group) reject(error);
        return;
      }
      const half = Math.ceil(group.length / 2);
      await this.#workGroup(group.slice(0, half));
      await this.#workGroup(group.slice(half));
    }
  }
}
