// Calls the garbage collector where a thread moves gigabytes and makes next to no garbage of its own: what it let go of lies outside the
// heap that the collector watches, and would pile up.

const nudgeBytes = 192 * 2 ** 20;

/** An allocation that nobody touches takes no memory, but counts; passing the collector's mark for outside memory, it calls it. */
export function nudgeCollector(): void {
  try {
    new ArrayBuffer(nudgeBytes);
  } catch {
    // No room for it: then memory is short enough for the browser to collect by itself.
  }
}
