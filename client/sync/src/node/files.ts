// Open files of a real disk: what is read is of one file whatever happens to its name, and what is finished survives a power cut.
import { closeSync, fchmodSync, fstatSync, fsync, futimesSync, read, readSync, write, writeSync, type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import { entryTimeNs } from '@reprise/vault/time';
import { withoutHoles } from '../holes.ts';
import { type DiskPath, type DiskStamp, type ReadableFile, type WritableFile } from '../ports.ts';
import { refusal } from './refusal.ts';

const [readFrom, writeTo, makeDurable] = [promisify(read), promisify(write), promisify(fsync)];
/** Up to this a call costs less than the way to another thread and back: many small files are read and written four times as soon. */
const atOnceBytesMax = 65_536;

export function stampOf(stats: BigIntStats): DiskStamp {
  return {
    kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'special',
    inode: stats.ino,
    device: stats.dev,
    sizeBytes: Number(stats.size),
    mtimeNs: entryTimeNs(stats.mtimeNs),
    ctimeNs: entryTimeNs(stats.ctimeNs),
    birthNs: entryTimeNs(stats.birthtimeNs),
    isExecutable: stats.isFile() && (stats.mode & 0o100n) !== 0n,
  };
}

export class OpenFile implements ReadableFile {
  readonly #fd: number;
  readonly #path: DiskPath;

  constructor(fd: number, path: DiskPath) {
    this.#fd = fd;
    this.#path = path;
  }

  async stat(): Promise<DiskStamp> {
    return stampOf(fstatSync(this.#fd, { bigint: true }));
  }

  async read(offset: number, length: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = into ?? new Uint8Array(length);
    let filled = 0;
    try {
      while (filled < length) {
        const [left, at] = [length - filled, offset + filled];
        const isSmall = left <= atOnceBytesMax;
        const bytesRead = isSmall
          ? readSync(this.#fd, bytes, filled, left, at)
          : (await readFrom(this.#fd, bytes, filled, left, at)).bytesRead;
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
    } catch (error) {
      throw refusal(error, this.#path);
    }
    return bytes.subarray(0, filled);
  }

  async close(): Promise<void> {
    closeSync(this.#fd);
  }
}

export class NewFile implements WritableFile {
  readonly #fd: number;
  readonly #path: DiskPath;
  #isOpen = true;

  /** @param fd of a file that has its length already */
  constructor(fd: number, path: DiskPath) {
    this.#fd = fd;
    this.#path = path;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    try {
      for (const [start, stop] of withoutHoles(bytes)) await this.#writeAll(bytes.subarray(start, stop), offset + start);
    } catch (error) {
      throw refusal(error, this.#path);
    }
  }

  async #writeAll(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const [left, at] = [bytes.length - done, offset + done];
      const isSmall = left <= atOnceBytesMax;
      done += isSmall ? writeSync(this.#fd, bytes, done, left, at) : (await writeTo(this.#fd, bytes, done, left, at)).bytesWritten;
    }
  }

  async finish({ mtimeNs, isExecutable }: { readonly mtimeNs: bigint; readonly isExecutable: boolean }): Promise<DiskStamp> {
    try {
      if (isExecutable) fchmodSync(this.#fd, withExecutable(fstatSync(this.#fd).mode, true));
      setTime(this.#fd, mtimeNs);
      await makeDurable(this.#fd);
      return stampOf(fstatSync(this.#fd, { bigint: true }));
    } catch (error) {
      throw refusal(error, this.#path);
    } finally {
      this.#end();
    }
  }

  async abandon(): Promise<void> {
    this.#end();
  }

  /** Once: by then the number may be another file's. */
  #end(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }
}

/** Whoever may read may run, as `chmod +x` under a mask has it; nobody may without the owner. */
export function withExecutable(mode: number, isExecutable: boolean): number {
  const bits = mode & 0o7777;
  return isExecutable ? bits | 0o100 | ((bits & 0o044) >> 2) : bits & ~0o111;
}

/** Node takes seconds as a float: what it writes is good to the microsecond. A time that the disk does not hold is brought to the nearest that every disk does. */
function setTime(fd: number, mtimeNs: bigint): void {
  const seconds = Number(mtimeNs) / 1e9;
  try {
    futimesSync(fd, seconds, seconds);
  } catch {
    const clamped = Math.min(Math.max(seconds, 0), 2 ** 31 - 1);
    futimesSync(fd, clamped, clamped);
  }
}
