// One act of a sheet at a time: that it runs, and what it ran into. Made while the sheet is; what ends after the sheet is gone is told elsewhere.
import type { EngineFailure } from '../engine/port.ts';
import { asFailure } from './failure-words.ts';

export class Attempt {
  #busy = $state(false);
  #isGone = false;
  readonly #words: (failure: EngineFailure) => string;
  readonly #missed: (problem: string) => void;
  /** '' while nothing is wrong. */
  problem = $state('');

  /** @param missed takes what went wrong once nobody sees the sheet */
  constructor(words: (failure: EngineFailure) => string, missed: (problem: string) => void = () => undefined) {
    this.#words = words;
    this.#missed = missed;
    $effect(() => () => {
      this.#isGone = true;
    });
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** The sheet was closed. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** @returns false if it failed, or if another is under way */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    if (this.#busy) return false;
    this.#busy = true;
    this.problem = '';
    try {
      await work();
      return true;
    } catch (thrown) {
      this.#fail(this.#words(asFailure(thrown)));
      return false;
    } finally {
      this.#busy = false;
    }
  }

  #fail(problem: string): void {
    if (this.#isGone) this.#missed(problem);
    else this.problem = problem;
  }
}
