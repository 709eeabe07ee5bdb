// Owns every promise of a world: what a device asks of its disk, its network or its clock waits here until it is chosen, and time is what has
// been gone through. The same seed makes the same choices.
import type { Schedule } from '../../client/sync/src/ports.ts';
import type { Dice } from '../../client/sync/src/testing/dice.ts';
import { quiet } from './quiet.ts';

export type Waiting = { readonly who: string; readonly what: string; readonly go: () => void };
type Timer = { readonly who: string; readonly atMs: number; readonly order: number; readonly ring: () => void; isOff: boolean };

export class Scheduler {
  nowMs: number;
  readonly #dice: Dice;
  #waiting: Waiting[] = [];
  #timers: Timer[] = [];
  #order = 0;

  constructor(dice: Dice, nowMs: number) {
    this.#dice = dice;
    this.nowMs = nowMs;
  }

  /** Resolves when it is the turn of this call; never, if its device is stopped before. */
  turn(who: string, what: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ who, what, go: resolve }));
  }

  /** Nothing that a device waits for comes any more. */
  stop(who: string): void {
    this.#waiting = this.#waiting.filter((one) => one.who !== who);
    this.#timers = this.#timers.filter((one) => one.who !== who);
  }

  /** @returns what was let go, or undefined if nothing waits but for time */
  async step(): Promise<Waiting | undefined> {
    await quiet();
    this.nowMs += this.#dice.below(4);
    if (this.#waiting.length === 0) return undefined;
    // Who came first depends on threads of the platform, where several devices were at work.
    this.#waiting.sort((a, b) => (a.who < b.who ? -1 : a.who > b.who ? 1 : 0));
    const [chosen] = this.#waiting.splice(this.#dice.below(this.#waiting.length), 1);
    chosen?.go();
    return chosen;
  }

  /** Lets time pass until the next timer rings. @param untilMs no further @returns false if none rings by then */
  async pass(untilMs = Infinity): Promise<boolean> {
    await quiet();
    const next = this.#timers.toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
    if (!next || next.atMs > untilMs) return false;
    this.nowMs = Math.max(this.nowMs, next.atMs);
    this.#timers = this.#timers.filter((one) => one !== next);
    if (!next.isOff) next.ring();
    return true;
  }

  scheduleOf(who: string): Schedule {
    const set = (delayMs: number, ring: () => void): Timer => {
      const timer = { who, atMs: Math.ceil(this.nowMs + delayMs), order: this.#order++, ring, isOff: false };
      this.#timers.push(timer);
      return timer;
    };
    return {
      sleep: (delayMs, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason);
          const timer = set(delayMs, () => resolve());
          signal?.addEventListener('abort', () => {
            timer.isOff = true;
            reject(signal.reason);
          });
        }),
      after: (delayMs, call) => {
        const timer = set(delayMs, call);
        return () => void (timer.isOff = true);
      },
    };
  }
}
