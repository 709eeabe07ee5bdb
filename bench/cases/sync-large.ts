// One large file in two folders that are kept equal: the first time, after an edit in its middle, and after something was put before all of it.
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, renameSync, statSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { syncPeers } from '../peers/sync/index.ts';
import type { BenchCase } from './case.ts';
import { longAgo, measureSync, type SyncStep } from './sync-steps.ts';

const megabyte = 1_000_000;
const insertedBytes = 1_000;

export const syncLarge: BenchCase = {
  name: 'sync-large',
  about: 'two folders kept equal, with peers: a file of 512 MiB, 1 MB of it overwritten, 1,000 bytes put before it (quick: 64 MiB)',
  long: false,
  run: (context) => measureSync('a large file kept equal', syncPeers, () => stepsOf(context.options.quick ? 64 : 512), context),
};

function stepsOf(mebibytes: number): readonly SyncStep[] {
  const bytes = mebibytes * 2 ** 20;
  const edit = randomBytes(megabyte);
  const inserted = randomBytes(insertedBytes);
  return [
    {
      measure: `a file of ${mebibytes} MiB`,
      change: (a) => {
        writeFileSync(join(a, 'large'), randomBytes(bytes));
        age(join(a, 'large'));
      },
      isIn: (b) => sizeAt(join(b, 'large')) === bytes,
    },
    {
      measure: '1 MB overwritten in its middle',
      change: (a) => overwrite(join(a, 'large'), bytes / 2, edit),
      isIn: (b) => bytesAt(join(b, 'large'), bytes / 2, megabyte).equals(edit),
    },
    {
      measure: '1,000 bytes put before it',
      change: (a) => {
        // As editors save: written anew beside it, then renamed.
        writeFileSync(join(a, 'large~'), Buffer.concat([inserted, readFileSync(join(a, 'large'))]));
        age(join(a, 'large~'));
        renameSync(join(a, 'large~'), join(a, 'large'));
      },
      isIn: (b) => sizeAt(join(b, 'large')) === bytes + insertedBytes && bytesAt(join(b, 'large'), 0, insertedBytes).equals(inserted),
    },
  ];
}

function sizeAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Fewer, or none, while a program exchanges the file. */
function bytesAt(path: string, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return bytes.subarray(0, 0);
  }
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, length, at));
  } finally {
    closeSync(fd);
  }
}

function overwrite(path: string, at: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
  age(path);
}

function age(path: string): void {
  const at = longAgo();
  utimesSync(path, at, at);
}
