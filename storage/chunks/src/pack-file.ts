// One pack on its way to the disk: written under tmp, durable and named only at commit (spec/storage.md).
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assert } from '@reprise/kit';
import { writeFailure } from './disk-errors.ts';
import type { PackName, PackWriter } from './store.ts';

/** Small frames are gathered to writes of this size: a call to the system for each 4 KiB object costs more than the bytes. */
const gatherBytes = 262_144;

type Places = {
  readonly pack: PackName;
  readonly temporaryPath: string;
  readonly path: string;
  /** Makes the folder of `path` durable. */
  readonly ready: () => Promise<void>;
};

export async function beginPackFile(places: Places): Promise<PackWriter> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  const file = await open(places.temporaryPath, flags, 0o600).catch((error: unknown) => {
    throw writeFailure(error);
  });
  return new PackFile(places, file);
}

class PackFile implements PackWriter {
  readonly pack: PackName;
  readonly #places: Places;
  readonly #file: FileHandle;
  #state: 'open' | 'committed' | 'gone' = 'open';
  /** The work in progress, so that an abort never closes the file under a write. */
  #busy: Promise<void> | undefined;
  #discarding: Promise<void> | undefined;
  #bytes = 0;
  #gathered: Buffer | undefined;
  #gatheredBytes = 0;

  constructor(places: Places, file: FileHandle) {
    this.pack = places.pack;
    this.#places = places;
    this.#file = file;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#exclusively(async () => {
      this.#bytes += bytes.length;
      if (bytes.length >= gatherBytes) {
        await this.#flush();
        await writeWhole(this.#file, bytes);
      } else await this.#gather(bytes);
    });
  }

  async commit(): Promise<PackName> {
    await this.#exclusively(async () => {
      await this.#flush();
      await this.#file.datasync();
      await this.#file.close();
      await this.#places.ready();
      await rename(this.#places.temporaryPath, this.#places.path);
      await syncFolder(dirname(this.#places.path));
    });
    this.#state = 'committed';
    return this.pack;
  }

  async abort(): Promise<void> {
    await this.#busy?.catch(() => {});
    if (this.#state !== 'committed') await this.#discard();
  }

  /** Runs one step; if it fails, nothing of the pack is left. */
  async #exclusively(step: () => Promise<void>): Promise<void> {
    assert(this.#state === 'open' && !this.#busy, 'a pack takes one write at a time, and none after its end');
    this.#busy = step();
    try {
      await this.#busy;
    } catch (error) {
      await this.#discard();
      throw writeFailure(error);
    } finally {
      this.#busy = undefined;
    }
  }

  #discard(): Promise<void> {
    this.#state = 'gone';
    this.#discarding ??= this.#remove();
    return this.#discarding;
  }

  async #remove(): Promise<void> {
    this.#gathered = undefined;
    // Closing twice, or removing what is not there, happens when the commit failed half way.
    await this.#file.close().catch(() => {});
    await rm(this.#places.temporaryPath, { force: true });
    await rm(this.#places.path, { force: true });
  }

  async #gather(bytes: Uint8Array): Promise<void> {
    if (this.#gatheredBytes + bytes.length > gatherBytes) await this.#flush();
    this.#gathered ??= Buffer.allocUnsafe(gatherBytes);
    this.#gathered.set(bytes, this.#gatheredBytes);
    this.#gatheredBytes += bytes.length;
  }

  async #flush(): Promise<void> {
    if (!this.#gathered || this.#gatheredBytes === 0) return;
    await writeWhole(this.#file, this.#gathered.subarray(0, this.#gatheredBytes));
    this.#gatheredBytes = 0;
  }
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

/** A new name is on the disk only when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
