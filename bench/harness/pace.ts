// Work that comes at its times, whether or not what came before is done: what a queue does to whoever comes next shows.
import { setTimeout as sleep } from 'node:timers/promises';

export async function atPace<Item, Result>(
  items: readonly Item[],
  everyMs: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const startedAt = performance.now();
  const running: Promise<Result>[] = [];
  for (const [at, item] of items.entries()) {
    await sleep(Math.max(0, startedAt + at * everyMs - performance.now()));
    running.push(work(item));
  }
  return Promise.all(running);
}
