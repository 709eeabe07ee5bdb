// Packs as files: `packs/<class>/<first byte>/<name>`, written under `tmp` and renamed when durable (spec/storage.md).
import { type Dirent, constants } from 'node:fs';
import { type FileHandle, access, mkdir, opendir, readdir, rm, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Bytes, type RandomBytes, assert, formatHex, systemRandom } from '@reprise/kit';
import { Failure, type ObjectId } from '@reprise/protocol';
import { codeOf, readFailure } from './disk-errors.ts';
import { LentBuffers } from './lent-buffers.ts';
import { OpenFiles } from './open-files.ts';
import { beginPackFile, syncFolder } from './pack-file.ts';
import { StoreRefused } from './refused.ts';
import {
  type ChunkStore,
  type Location,
  type PackClass,
  type PackName,
  type PackWriter,
  type Range,
  type Space,
  type StoredPack,
  type WritePiece,
  isPackName,
  packClassOf,
  rangePieceBytes,
  refuseOutside,
} from './store.ts';

export type FilesystemSettings = {
  /** Made if missing. One process at a time, which the host sees to: starting clears what another is writing. */
  readonly folder: string;
  /** No pack is begun when less is free: room for the database, and for finishing what was begun. */
  readonly reserveBytes?: number | undefined;
  /** Packs kept open for reading. */
  readonly openFilesMax?: number | undefined;
  readonly random?: RandomBytes | undefined;
};

export const reserveBytesDefault = 268_435_456;
const openFilesMaxDefault = 256;
const classes: readonly PackClass[] = ['hot', 'bulk'];

/** @throws StoreRefused when the folder cannot hold packs, with a message for the operator */
export async function openFilesystemStore(settings: FilesystemSettings): Promise<ChunkStore> {
  const folder = resolve(settings.folder);
  try {
    await prepareFolders(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoreRefused(`The folder ${folder} cannot hold the stored bytes: ${reason}.`, { cause: error });
  }
  return new FilesystemStore(folder, settings);
}

class FilesystemStore implements ChunkStore {
  readonly #folder: string;
  readonly #reserveBytes: number;
  readonly #random: RandomBytes;
  readonly #files: OpenFiles;
  /** At most 512. */
  readonly #readyFolders = new Set<string>();
  readonly #buffers = new LentBuffers();

  constructor(folder: string, settings: FilesystemSettings) {
    this.#folder = folder;
    this.#reserveBytes = settings.reserveBytes ?? reserveBytesDefault;
    this.#random = settings.random ?? systemRandom;
    this.#files = new OpenFiles(settings.openFilesMax ?? openFilesMaxDefault, (name) => this.#pathOf(name as PackName));
  }

  async beginPack(packClass: PackClass): Promise<PackWriter> {
    const { freeBytes } = await this.free();
    if (freeBytes < this.#reserveBytes) throw new Failure('disk-full', { freeBytes });
    const pack = `${packClass}-${formatHex(this.#random(16))}` as PackName;
    const path = this.#pathOf(pack);
    return beginPackFile({ pack, temporaryPath: join(this.#folder, 'tmp', pack), path, ready: () => this.#ready(dirname(path)) });
  }

  async read(id: ObjectId, at: Location, signal?: AbortSignal): Promise<Bytes> {
    signal?.throwIfAborted();
    const bytes = ownBuffer(at.length);
    await this.#reading(id, () => this.#files.use(at.pack, (file) => readWhole(file, id, at.offset, bytes)));
    signal?.throwIfAborted();
    return bytes;
  }

  async sendRange(id: ObjectId, at: Location, range: Range, write: WritePiece, signal?: AbortSignal): Promise<void> {
    refuseOutside(at, range);
    signal?.throwIfAborted();
    const { file, release } = await this.#reading(id, () => this.#files.hold(at.pack));
    const buffer = this.#buffers.take();
    try {
      for (const piece of piecesOf(range)) {
        const bytes = buffer.subarray(0, piece.length);
        await this.#reading(id, () => readWhole(file, id, at.offset + piece.from, bytes));
        signal?.throwIfAborted();
        await write(bytes);
      }
      // After an error the buffer may still be on its way to a socket: then it is left to the collector.
      this.#buffers.give(buffer);
    } finally {
      release();
    }
  }

  async *readRange(id: ObjectId, at: Location, range: Range, signal?: AbortSignal): AsyncIterable<Bytes> {
    refuseOutside(at, range);
    signal?.throwIfAborted();
    const { file, release } = await this.#reading(id, () => this.#files.hold(at.pack));
    try {
      for (const piece of piecesOf(range)) {
        const bytes = ownBuffer(piece.length);
        await this.#reading(id, () => readWhole(file, id, at.offset + piece.from, bytes));
        signal?.throwIfAborted();
        yield bytes;
      }
    } finally {
      release();
    }
  }

  async deletePack(pack: PackName): Promise<void> {
    const path = this.#pathOf(pack);
    this.#files.forget(pack);
    try {
      await unlink(path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    // Who opened it between the two lines keeps its descriptor, not the cache.
    this.#files.forget(pack);
  }

  async *listPacks(): AsyncIterable<StoredPack> {
    for (const packClass of classes) {
      const classFolder = join(this.#folder, 'packs', packClass);
      const folders = (await readdir(classFolder)).filter((name) => /^[0-9a-f]{2}$/.test(name));
      for (const name of folders) yield* listFolder(join(classFolder, name), packClass);
    }
  }

  async free(): Promise<Space> {
    const { bavail, blocks, bsize } = await statfs(this.#folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files.close();
  }

  /** The folder exists and is on the disk itself, before a name in it is. */
  async #ready(folder: string): Promise<void> {
    if (this.#readyFolders.has(folder)) return;
    await makeFolder(folder);
    await syncFolder(dirname(folder));
    this.#readyFolders.add(folder);
  }

  #pathOf(pack: PackName): string {
    assert(isPackName(pack), 'not the name of a pack');
    const packClass = packClassOf(pack);
    return join(this.#folder, 'packs', packClass, pack.slice(packClass.length + 1, packClass.length + 3), pack);
  }

  async #reading<Result>(id: ObjectId, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw readFailure(error, id);
    }
  }
}

/** Fills `bytes`. @throws Failure chunk-corrupt when the file ends before the object does */
async function readWhole(file: FileHandle, id: ObjectId, from: number, bytes: Bytes): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at);
    if (bytesRead === 0) throw new Failure('chunk-corrupt', { id });
    at += bytesRead;
  }
}

/** Not from Node's shared pool: the caller may keep the bytes, and the pool with them. */
function ownBuffer(length: number): Bytes {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}

function* piecesOf({ start, endExclusive }: Range): Iterable<{ readonly from: number; readonly length: number }> {
  for (let from = start; from < endExclusive; from += rangePieceBytes) {
    yield { from, length: Math.min(rangePieceBytes, endExclusive - from) };
  }
}

async function* listFolder(folder: string, packClass: PackClass): AsyncIterable<StoredPack> {
  for await (const entry of (await opendir(folder)) as AsyncIterable<Dirent>) {
    if (!entry.isFile() || !isPackName(entry.name)) continue;
    const found = await stat(join(folder, entry.name)).catch((error: unknown) => {
      // Deleted since the folder was read.
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (found) yield { pack: entry.name, packClass, bytes: found.size, modifiedAt: Math.trunc(found.mtimeMs) };
  }
}

async function prepareFolders(folder: string): Promise<void> {
  const temporary = join(folder, 'tmp');
  await makeFolder(temporary);
  for (const packClass of classes) await makeFolder(join(folder, 'packs', packClass));
  await syncFolder(join(folder, 'packs'));
  await syncFolder(folder);
  if ((await stat(temporary)).dev !== (await stat(join(folder, 'packs'))).dev) {
    throw new Error('its folders tmp and packs lie on different file systems');
  }
  for (const written of [temporary, ...classes.map((packClass) => join(folder, 'packs', packClass))]) {
    await access(written, constants.R_OK | constants.W_OK | constants.X_OK);
  }
  // What was being written when the process ended was never named in an answer.
  for (const name of await readdir(temporary)) await rm(join(temporary, name), { recursive: true, force: true });
}

/** Node's own `recursive` never returns where a folder is there and takes no other, as /proc. */
async function makeFolder(path: string): Promise<void> {
  const make = async () => {
    await mkdir(path, { mode: 0o700 });
    await syncFolder(dirname(path));
  };
  try {
    await make();
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
}
