// One pack on its way to the disk: written under tmp, durable and named only at commit (spec/storage.md). Its bytes go past the page
// cache where the file system lets them (docs/decisions/direct-writes.md).
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Bytes, assert, isPaged, pageBytes, pageMemory } from '@reprise/kit';
import { codeOf, writeFailure } from './disk-errors.ts';
import type { PackName, PackWriter } from './store.ts';

/** What does not lie as the disk wants it is gathered to writes of this size. */
const gatherBytes = 262_144;

type Places = {
  readonly pack: PackName;
  readonly temporaryPath: string;
  readonly path: string;
  /** Makes the folder of `path` durable. */
  readonly ready: () => Promise<void>;
};

export async function beginPackFile(places: Places): Promise<PackWriter> {
  const opened = await openNew(places.temporaryPath).catch((error: unknown) => {
    throw writeFailure(error);
  });
  return new PackFile(places, opened);
}

type Opened = { readonly file: FileHandle; readonly isDirect: boolean };

const newFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
/** Undefined where the system has no such flag. */
const directFlag: number | undefined = constants.O_DIRECT;

async function openNew(path: string): Promise<Opened> {
  if (directFlag !== undefined) {
    try {
      return { file: await open(path, newFlags | directFlag, 0o600), isDirect: true };
    } catch (error) {
      if (codeOf(error) !== 'EINVAL') throw error;
      // Some file systems refuse only after they have made the file.
      await rm(path, { force: true });
    }
  }
  return { file: await open(path, newFlags, 0o600), isDirect: false };
}

class PackFile implements PackWriter {
  readonly pack: PackName;
  readonly #places: Places;
  #file: FileHandle;
  #isDirect: boolean;
  #state: 'open' | 'committed' | 'gone' = 'open';
  /** The work in progress, so that an abort never closes the file under a write. */
  #busy: Promise<void> | undefined;
  #discarding: Promise<void> | undefined;
  #bytes = 0;
  /** Bytes that the file holds: those that are gathered follow. */
  #written = 0;
  #gathered: Bytes | undefined;
  #gatheredBytes = 0;

  constructor(places: Places, { file, isDirect }: Opened) {
    this.pack = places.pack;
    this.#places = places;
    this.#file = file;
    this.#isDirect = isDirect;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#exclusively(async () => {
      this.#bytes += bytes.length;
      if (this.#gatheredBytes === 0 && bytes.length > 0 && isPaged(bytes, this.#written)) await this.#write(bytes);
      else await this.#gather(bytes);
    });
  }

  async commit(): Promise<PackName> {
    await this.#exclusively(async () => {
      await this.#writeRest();
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
    this.#giveBack();
    // Closing twice, or removing what is not there, happens when the commit failed half way.
    await this.#file.close().catch(() => {});
    await rm(this.#places.temporaryPath, { force: true });
    await rm(this.#places.path, { force: true });
  }

  async #gather(bytes: Uint8Array): Promise<void> {
    this.#gathered ??= gatherBuffers.pop() ?? pageMemory(gatherBytes);
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + gatherBytes - this.#gatheredBytes);
      this.#gathered.set(part, this.#gatheredBytes);
      this.#gatheredBytes += part.length;
      at += part.length;
      if (this.#gatheredBytes < gatherBytes) return;
      await this.#write(this.#gathered);
      this.#gatheredBytes = 0;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      try {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.#written);
        at += bytesWritten;
        this.#written += bytesWritten;
      } catch (error) {
        // A disk of larger blocks than pages, or a write that was cut between two of them.
        if (!this.#isDirect || codeOf(error) !== 'EINVAL') throw error;
        await this.#writeThroughCache();
      }
    }
  }

  async #writeThroughCache(): Promise<void> {
    const file = await open(this.#places.temporaryPath, constants.O_WRONLY);
    await this.#file.close();
    this.#file = file;
    this.#isDirect = false;
  }

  /** The last bytes seldom fill a page: it is written whole, and the file cut to its length. */
  async #writeRest(): Promise<void> {
    if (this.#gathered && this.#gatheredBytes > 0) {
      const whole = Math.ceil(this.#gatheredBytes / pageBytes) * pageBytes;
      await this.#write(this.#gathered.fill(0, this.#gatheredBytes, whole).subarray(0, whole));
      if (whole > this.#gatheredBytes) await this.#file.truncate(this.#bytes);
    }
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#gathered && gatherBuffers.length < gatherBuffersKept) gatherBuffers.push(this.#gathered);
    this.#gathered = undefined;
  }
}

/** Fresh memory for each pack would have to be mapped and cleared. */
const gatherBuffers: Bytes[] = [];
const gatherBuffersKept = 64;

/** A new name is on the disk only when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
