// What a thread of Node does about the buffers that its cipher returns, one for each segment. Measured in docs/decisions/client-memory.md.
import v8 from 'node:v8';
import vm from 'node:vm';

/**
 * To be called once, at a thread's start. Freeing one large block teaches the allocator of glibc to keep what is freed for the next use (mallopt(3),
 * M_MMAP_THRESHOLD). Untaught, it gives every segment's buffer back to the system, and the next one is faulted in page by page.
 * @returns collects the young buffers, which takes well under a millisecond; left alone, the collector lets 64 MiB of them pile up in each thread
 */
export function keepFreedMemory(): () => void {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as (options?: { type: 'minor' }) => void;
  Buffer.allocUnsafeSlow(32 * 2 ** 20 - 65_536);
  collect();
  return () => collect({ type: 'minor' });
}

/** Collects all that nobody holds any more, and gives its pages back to the system: tens of milliseconds, for a program that has nothing to do. */
export function collectAll(): void {
  v8.setFlagsFromString('--expose-gc');
  (vm.runInNewContext('gc') as () => void)();
}
