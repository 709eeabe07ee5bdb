// Bounded concurrency: a fixed number of lanes that take the next item when they are free.

/**
 * Runs `work` over the items with at most `lanes` in flight; results keep the items' order.
 * The first error stops the intake, waits for what is in flight and is thrown.
 */
export async function mapLanes<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  lanes: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let failure: { error: unknown } | undefined;
  let next = 0;
  const inFlight = new Set<Promise<void>>();
  for await (const item of items) {
    const index = next++;
    const task: Promise<void> = work(item, index)
      .then(
        (result) => {
          results[index] = result;
        },
        (error: unknown) => {
          failure ??= { error };
        },
      )
      .finally(() => inFlight.delete(task));
    inFlight.add(task);
    if (inFlight.size >= lanes) await Promise.race(inFlight);
    if (failure) break;
  }
  await Promise.all(inFlight);
  if (failure) throw failure.error;
  return results;
}
