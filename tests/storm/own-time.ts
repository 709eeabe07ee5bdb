// Time and chance of this process as the simulation has them, for code that takes the platform's: waits before new attempts, jitter.
import type { Dice } from '../../client/sync/src/testing/dice.ts';
import type { Scheduler } from './scheduler.ts';

/** @returns the platform's again when disposed of */
export function ownTime(scheduler: Scheduler, dice: Dice): Disposable {
  const before = { setTimeout, clearTimeout, setInterval, clearInterval, now: Date.now, random: Math.random };
  const schedule = scheduler.scheduleOf('the platform');
  const stops = new Map<number, () => void>();
  let last = 0;
  const after = (act: (...given: readonly unknown[]) => void, delayMs = 0, ...given: readonly unknown[]): number => {
    const id = ++last;
    stops.set(
      id,
      schedule.after(delayMs, () => {
        stops.delete(id);
        act(...given);
      }),
    );
    return id;
  };
  const stop = (id: unknown): void => {
    stops.get(Number(id))?.();
    stops.delete(Number(id));
  };
  Object.assign(globalThis, { setTimeout: after, clearTimeout: stop, setInterval: () => ++last, clearInterval: () => {} });
  Date.now = () => scheduler.nowMs;
  Math.random = () => dice.unit();
  return {
    [Symbol.dispose]: () => {
      const { now, random, ...timers } = before;
      Object.assign(globalThis, timers);
      Date.now = now;
      Math.random = random;
    },
  };
}
