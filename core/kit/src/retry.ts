// Retries within a named bound: exponential backoff with full jitter, or the wait the server asked for.
import { sleep } from './clock.ts';

export type RetryPlan = {
  readonly attemptsMax: number;
  readonly firstDelayMs: number;
  readonly delayMsMax: number;
  /** Whether trying again can help; a number is the wait in ms that the other side asked for. */
  readonly again: (error: unknown) => boolean | number;
  readonly signal?: AbortSignal | undefined;
  readonly onWait?: ((delayMs: number, error: unknown) => void) | undefined;
};

export async function retry<Result>(plan: RetryPlan, work: (attempt: number) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    plan.signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      const again = plan.again(error);
      if (again === false || attempt >= plan.attemptsMax || plan.signal?.aborted) throw error;
      const bound = Math.min(plan.delayMsMax, plan.firstDelayMs * 2 ** (attempt - 1));
      const delayMs = typeof again === 'number' ? again : bound * (0.5 + Math.random() / 2);
      plan.onWait?.(delayMs, error);
      await sleep(delayMs, plan.signal);
    }
  }
}
