// The disk before and after a measured step: every step starts from a quiet disk and, where the machine lets us, empty caches; and every
// step ends when its bytes are on the disk, whether the program that wrote them takes care of that or not.
import { existsSync, statfsSync, writeFileSync } from 'node:fs';
import { runCommand } from './command.ts';

export type CacheState = 'dropped' | 'kept';

/** Writes back what is dirty, then empties the page cache if this machine allows it; the answer is printed with the results. */
export async function settleDisk(folder: string): Promise<CacheState> {
  await runCommand('sync', ['-f', folder]);
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return 'dropped';
  } catch {
    return 'kept';
  }
}

/** Waits until the bytes under `folder` are on the disk; milliseconds it took. Nearly nothing after a program that called fsync itself. */
export async function flushToDisk(folder: string): Promise<number> {
  const { ms } = await runCommand('sync', ['-f', existsSync(folder) ? folder : '/']);
  return ms;
}

export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
