// Many small things to do on a disk that do not wait for each other, handed over at once: a disk that has threads does them there, any other one
// after the other. Each has an answer of its own. spec/sync.md "Ports".
import { mapLanes } from '@reprise/kit';
import { removeIfThere } from './marker.ts';
import { type Disk, type DiskPath, DiskRefusal, type DiskStamp, type WritableFile } from './ports.ts';
import { type Hash, type Read, readContent } from './read-file.ts';
import { inodeOf } from './stamps.ts';

/** Answers are in the order of what was asked. A refusal is an answer: what else was asked is done all the same. */
export interface Together {
  /** New files of a few bytes each, whole and durable under names of our own: what an earlier program left there gives way. */
  write(files: readonly WholeFile[]): Promise<readonly (Written | DiskRefusal)[]>;
  /** As `Disk.move`, of names of which none leads to another. */
  move(moves: readonly Move[]): Promise<readonly (DiskStamp | null | DiskRefusal)[]>;
  /** What small files hold, as `readContent` tells it. */
  read(files: readonly SeenFile[]): Promise<readonly Read[]>;
}

export type WholeFile = { readonly path: DiskPath; readonly bytes: Uint8Array; readonly mtimeNs: bigint; readonly isExecutable: boolean };
/** `digest`: SHA-256 of what was written, hex. `inode`: as `inodeOf` tells it. */
export type Written = { readonly digest: string; readonly inode: string };
export type Move = { readonly from: DiskPath; readonly to: DiskPath };
export type SeenFile = { readonly path: DiskPath; readonly seen: DiskStamp };

/** Files that are made durable at the same time: the disk joins what comes together. */
const lanes = 16;
/**
 * Files that are written before the first of them is made durable. While a file system commits its journal, nobody makes a file there: one after the
 * other, each new file waits for the one before.
 */
const openFilesMax = 256;

/** By the verbs of the disk alone. */
export function oneByOne(disk: Disk, hash: Hash): Together {
  return {
    write: async (files) => {
      const all: (Written | DiskRefusal)[] = [];
      for (let at = 0; at < files.length; at += openFilesMax) all.push(...(await writeAll(files.slice(at, at + openFilesMax), disk, hash)));
      return all;
    },
    move: async (moves) => {
      const all: (DiskStamp | null | DiskRefusal)[] = [];
      for (const { from, to } of moves) all.push(await orRefusal(() => disk.move(from, to)));
      return all;
    },
    read: async (files) => {
      const all: Read[] = [];
      for (const { path, seen } of files) all.push(await readContent(disk, path, seen, hash));
      return all;
    },
  };
}

type Unfinished = { readonly wanted: WholeFile; readonly file: WritableFile; readonly digest: string };

async function writeAll(files: readonly WholeFile[], disk: Disk, hash: Hash): Promise<(Written | DiskRefusal)[]> {
  const open: Unfinished[] = [];
  try {
    const written = await mapLanes(files, lanes, (wanted) =>
      orRefusal(async () => {
        const one = await writeOne(wanted, disk, hash);
        open.push(one);
        return one;
      }),
    );
    return await mapLanes(written, lanes, async (one) => (one instanceof DiskRefusal ? one : orRefusal(() => finish(one))));
  } finally {
    // Of those that were finished there is nothing left to close.
    for (const { file } of open) await file.abandon().catch(() => undefined);
  }
}

async function writeOne(wanted: WholeFile, disk: Disk, hash: Hash): Promise<Unfinished> {
  const { path, bytes } = wanted;
  const file = await createAnew(disk, path, bytes.length);
  try {
    await file.write(0, bytes);
  } catch (error) {
    await file.abandon().catch(() => undefined);
    throw error;
  }
  const hashing = hash();
  hashing.update(bytes);
  return { wanted, file, digest: hashing.digest() };
}

async function finish({ wanted: { mtimeNs, isExecutable }, file, digest }: Unfinished): Promise<Written> {
  return { digest, inode: inodeOf(await file.finish({ mtimeNs, isExecutable })) };
}

/** What an earlier program left under a name of our own is in nobody's way. */
export async function createAnew(disk: Disk, path: DiskPath, sizeBytes: number): Promise<WritableFile> {
  try {
    return await disk.create(path, sizeBytes);
  } catch (error) {
    if (!(error instanceof DiskRefusal && error.reason === 'taken')) throw error;
    await removeIfThere(disk, path);
    return disk.create(path, sizeBytes);
  }
}

async function orRefusal<Result>(act: () => Promise<Result>): Promise<Result | DiskRefusal> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof DiskRefusal) return error;
    throw error;
  }
}
