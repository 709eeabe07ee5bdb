// A folder on a disk of its own that can be filled to the last byte, or to the last name, and emptied again: a file system in memory whose limit is set
// to what is on it. Linux lets root have one.
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, statfsSync } from 'node:fs';

const roomy = 'size=4g,nr_inodes=1000000';
const attemptsMax = 20;

export type Fullness = 'bytes' | 'entries';

export class SmallDisk implements Disposable {
  readonly folder: string;
  isFull = false;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** What is in the folder moves along. @returns why there is none, where there is none */
  static mount(folder: string): SmallDisk | string {
    execFileSync('cp', ['-a', folder, `${folder}.was`]);
    try {
      const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `${roomy},mode=700`, 'tmpfs', folder], { encoding: 'utf8' });
      if (mount.status !== 0) return String(mount.stderr ?? mount.error).trim();
      execFileSync('cp', ['-a', `${folder}.was/.`, folder]);
    } finally {
      rmSync(`${folder}.was`, { recursive: true, force: true });
    }
    return new SmallDisk(folder);
  }

  fill(fullness: Fullness): void {
    for (let attempt = 1; ; attempt++) {
      const { bsize, blocks, bfree, files, ffree } = statfsSync(this.folder);
      const limit = fullness === 'bytes' ? `size=${(blocks - bfree) * bsize}` : `nr_inodes=${files - ffree}`;
      // Who is at work on it may have taken more since.
      if (spawnSync('mount', ['-o', `remount,${limit}`, this.folder]).status === 0) break;
      if (attempt === attemptsMax) throw new Error(`${this.folder} grows faster than it can be filled`);
    }
    this.isFull = true;
  }

  makeRoom(): void {
    execFileSync('mount', ['-o', `remount,${roomy}`, this.folder]);
    this.isFull = false;
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['-l', this.folder]);
  }
}
