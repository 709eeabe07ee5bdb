// A large file on its way to the disk: whole pages past the page cache where the system lets them, the rest through it.
import fs from 'node:fs';
import { DirectFile } from '@reprise/sdk/node';

export class PartFile implements Disposable {
  readonly #fd: number;
  readonly #direct: DirectFile;

  /** @param fd of the file, opened for writing; it stays the caller's */
  constructor(fd: number) {
    this.#fd = fd;
    this.#direct = new DirectFile(fd, fs.constants.O_WRONLY);
  }

  /** @throws what the system says */
  async write(bytes: Uint8Array, offset: number): Promise<void> {
    const written = await this.#direct.write(bytes, offset);
    await writeAll(this.#fd, bytes.subarray(written), offset + written);
  }

  [Symbol.dispose](): void {
    this.#direct[Symbol.dispose]();
  }
}

function writeAll(fd: number, bytes: Uint8Array, offset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let at = 0;
    const step = () => {
      if (at === bytes.length) return resolve();
      fs.write(fd, bytes, at, bytes.length - at, offset + at, (error, written) => {
        if (error) return reject(error);
        at += written;
        step();
      });
    };
    step();
  });
}
