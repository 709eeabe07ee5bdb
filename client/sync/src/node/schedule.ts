// Waiting, by the timers of the process.
import { sleep } from '@reprise/kit';
import type { Schedule } from '../ports.ts';

export const systemSchedule: Schedule = {
  sleep,
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};
