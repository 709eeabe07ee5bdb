// A real database whose next transaction ends without a word: it collided too often, or it was committed and the connection broke. For tests only.
import type { Database } from '../database.ts';
import { Failure } from '@reprise/protocol';

export class SilentDatabase implements Database {
  readonly #real: Database;
  readonly engine: Database['engine'];
  readonly db: Database['db'];
  readonly messages: Database['messages'];
  #next: (() => Promise<unknown>) | 'commits' | undefined;

  constructor(real: Database) {
    this.#real = real;
    this.engine = real.engine;
    this.db = real.db;
    this.messages = real.messages;
  }

  /** The next transaction is undone, after what others do meanwhile. */
  loseAfter(meanwhile: () => Promise<unknown>): void {
    this.#next = meanwhile;
  }

  /** The next transaction is committed, and nobody hears of it. */
  loseAnswer(): void {
    this.#next = 'commits';
  }

  transaction: Database['transaction'] = async (work) => {
    const next = this.#next;
    this.#next = undefined;
    const result = typeof next === 'function' ? await next() : await this.#real.transaction(work);
    if (next !== undefined) throw new Failure('unavailable', { retryAfterMs: 1_000 });
    return result as Awaited<ReturnType<typeof work>>;
  };

  close(): Promise<void> {
    return this.#real.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
