// Files past the page cache, for whole pages of large files: a copy of gigabytes that nobody reads again costs more processor time than
// sealing or opening what they hold (docs/decisions/direct-writes.md).
import fs from 'node:fs';
import { isPaged, pageBytes } from '@reprise/kit';

type Access = typeof fs.constants.O_RDONLY | typeof fs.constants.O_WRONLY;

/** An open file once more, without the cache between it and the disk; every call may be refused, and is then the caller's to make. */
export class DirectFile implements Disposable {
  #fd: number | undefined;

  /** @param fd of a file opened before, which stays the caller's: the same file is meant, whatever its name leads to by now */
  constructor(fd: number, access: Access) {
    const direct: number | undefined = fs.constants.O_DIRECT;
    if (direct === undefined) return;
    try {
      this.#fd = fs.openSync(`/proc/self/fd/${fd}`, access | direct);
    } catch {
      this.#fd = undefined;
    }
  }

  /** @returns how many bytes from the start were written: whole pages of paged memory, or none. @throws what the system says of a full disk */
  async write(bytes: Uint8Array, offset: number): Promise<number> {
    const whole = bytes.length - (bytes.length % pageBytes);
    return await this.#move(bytes.subarray(0, whole), offset, writeOnce);
  }

  /** @returns how many bytes were read; fewer than asked for, or none, say nothing about the end of the file */
  read(into: Uint8Array, offset: number): Promise<number> {
    return this.#move(into, offset, readOnce);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
  }

  async #move(bytes: Uint8Array, offset: number, once: typeof readOnce): Promise<number> {
    let at = 0;
    while (this.#fd !== undefined && at < bytes.length && isPaged(bytes.subarray(at), offset + at)) {
      try {
        const moved = await once(this.#fd, bytes.subarray(at), offset + at);
        if (moved === 0) break;
        at += moved;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
        // This file does not take it; what was moved before stays.
        this[Symbol.dispose]();
      }
    }
    return at;
  }
}

function readOnce(fd: number, into: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.length, offset, (error, read) => (error ? reject(error) : resolve(read)));
  });
}

function writeOnce(fd: number, bytes: Uint8Array, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, 0, bytes.length, offset, (error, written) => (error ? reject(error) : resolve(written)));
  });
}
