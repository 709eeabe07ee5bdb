// Tests wait for what can be seen, never for time to pass: how long a thing takes is the machine's business.
import { setTimeout as sleep } from 'node:timers/promises';

/** For whatever a busy machine does slowly. */
const patienceMs = 120_000;
const everyMs = 20;

/**
 * Asks again and again until the answer is true.
 * @param what is awaited, in words that follow "not seen:"
 * @param state what to tell when it never comes, so that the cause can be read from the failure alone
 * @throws Error with the last state once patience has ended
 */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, state?: () => unknown): Promise<void> {
  for (const end = performance.now() + patienceMs; !(await isSo()); await sleep(everyMs)) {
    if (performance.now() > end) throw new Error(`not seen: ${what}${state ? `; instead: ${JSON.stringify(await state())}` : ''}`);
  }
}
