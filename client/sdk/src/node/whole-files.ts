// Small files read whole by a thread of the pool: the disk is waited for there, several files at a time, and not where all else is decided.
import fs from 'node:fs';
import { entryTimeNs } from '@reprise/vault/time';
import type { ReadAnswer, ReadJob, WantedFile } from '../jobs.ts';

/** A file that is not there, or is not what it was when it was listed, is left out and told. */
export function readWholeFiles({ files, input }: ReadJob): ReadAnswer {
  const failed: ReadAnswer['failed'][number][] = [];
  let at = 0;
  for (const [index, file] of files.entries()) {
    const into = new Uint8Array(input, at, file.paddedLength);
    try {
      if (readWhole(file, into)) at += file.paddedLength;
      else failed.push({ index, code: 'source-changed', reason: 'not what it was' });
    } catch (error) {
      failed.push({ index, code: 'source-vanished', reason: (error as NodeJS.ErrnoException).code ?? 'unknown' });
    }
  }
  return { kind: 'read', input, failed };
}

/** @returns false if the file is not what was listed @throws as node:fs does */
function readWhole({ onDisk, size, mtimeNs, inode }: WantedFile, into: Uint8Array): boolean {
  // A named pipe that took the file's place must not hold us up.
  const fd = fs.openSync(onDisk, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  try {
    const opened = fs.fstatSync(fd, { bigint: true });
    // A folder on the way, or the file, may be a link by now, which leads to a file that nobody wanted sent.
    if (inode !== undefined && `${opened.dev}:${opened.ino}` !== inode) return false;
    let read = 0;
    while (read < size) {
      const more = fs.readSync(fd, into, read, size - read, read);
      if (more === 0) return false;
      read += more;
    }
    into.fill(0, size);
    const now = fs.fstatSync(fd, { bigint: true });
    return Number(now.size) === size && entryTimeNs(now.mtimeNs) === mtimeNs;
  } finally {
    fs.closeSync(fd);
  }
}
