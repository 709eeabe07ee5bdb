// Files, folders and symbolic links of a disk as items of an upload.
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from '@reprise/protocol';
import { symlinkBytesMax } from '@reprise/protocol/formats';
import { entryTimeNs } from '@reprise/vault';
import type { FileItem, FileSource, UploadItem } from '../source.ts';
import { otherName } from '../tree.ts';
import { DirectFile } from './direct.ts';

/** How a disk is read. */
export type CollectOptions = {
  /** Symbolic links are read as what they lead to; otherwise they are sent as links. */
  readonly follow?: boolean;
  /** Whether to leave something out, by its path below the link and its kind. */
  readonly ignore?: (path: string, isFolder: boolean) => boolean;
};

/** What was found on the disk. */
export type Collected = {
  readonly items: readonly UploadItem[];
  /** Could not be read, or are nothing that can be sent. */
  readonly leftOut: readonly { readonly path: string; readonly failure: Failure }[];
};

type Found = { items: UploadItem[]; leftOut: { path: string; failure: Failure }[] };

/** Depth of real folders is bounded by the system's own limit on paths; this ends loops that `follow` could run into. */
const depthMax = 128;

/**
 * Everything below the given files and folders, in directory order: names sorted, files before what follows them.
 * @throws Failure source-vanished if one of `paths` itself does not exist
 */
export function collectFiles(paths: readonly string[], options: CollectOptions = {}): Collected {
  const found: Found = { items: [], leftOut: [] };
  const tops = new Set<string>();
  for (const given of paths) {
    const base = path.basename(path.resolve(given)) || 'root';
    // Two of one name, given from different folders, stand side by side.
    const name = tops.has(base) ? otherName(base, (other) => tops.has(other)) : base;
    tops.add(name);
    const real = stat(given, true);
    if (!real) throw new Failure('source-vanished', { path: given });
    // What was named on purpose is sent as what it is, link or not.
    collect(given, name, { ...options, follow: options.follow ?? false }, found, 0, real);
  }
  return found;
}

function collect(real: string, at: string, options: CollectOptions, found: Found, depth: number, known?: fs.BigIntStats): void {
  const leaveOut = (code: 'source-vanished' | 'bad-name', reason: string) =>
    found.leftOut.push({ path: at, failure: new Failure(code, { path: at, reason }) });
  const stats = known ?? stat(real, options.follow ?? false);
  if (!stats) return void leaveOut('source-vanished', 'unreadable');
  if (options.ignore?.(at, stats.isDirectory())) return;
  if (at.includes('\uFFFD')) return void leaveOut('bad-name', 'not-utf-8');
  if (stats.isDirectory()) {
    if (depth >= depthMax) return void leaveOut('bad-name', 'too-deep');
    found.items.push({ kind: 'folder', path: at, mtimeNs: entryTimeNs(stats.mtimeNs) });
    let names: string[];
    try {
      names = fs.readdirSync(real).sort();
    } catch {
      return void leaveOut('source-vanished', 'unreadable');
    }
    for (const name of names) collect(path.join(real, name), `${at}/${name}`, options, found, depth + 1);
  } else if (stats.isFile()) found.items.push(fileItem(real, at, stats));
  else if (stats.isSymbolicLink()) collectSymlink(real, at, stats, found);
  else leaveOut('source-vanished', 'neither a file nor a folder');
}

function collectSymlink(real: string, at: string, stats: fs.BigIntStats, found: Found): void {
  let target: string;
  try {
    target = fs.readlinkSync(real);
  } catch {
    found.leftOut.push({ path: at, failure: new Failure('source-vanished', { path: at }) });
    return;
  }
  if (Buffer.byteLength(target) > symlinkBytesMax) {
    found.leftOut.push({ path: at, failure: new Failure('limit-exceeded', { path: at, limit: 'symlink bytes' }) });
    return;
  }
  found.items.push({ kind: 'symlink', path: at, target, mtimeNs: entryTimeNs(stats.mtimeNs) });
}

function stat(real: string, follow: boolean): fs.BigIntStats | undefined {
  const wanted = { bigint: true, throwIfNoEntry: false } as const;
  try {
    return follow ? fs.statSync(real, wanted) : fs.lstatSync(real, wanted);
  } catch {
    return undefined;
  }
}

function fileItem(real: string, at: string, stats: fs.BigIntStats): FileItem {
  return {
    kind: 'file',
    path: at,
    size: Number(stats.size),
    mtimeNs: entryTimeNs(stats.mtimeNs),
    executable: (stats.mode & 0o100n) !== 0n,
    open: () => openFile(real, at),
    onDisk: real,
  };
}

/** Reads up to this size are done at once: handing them to another thread takes longer than the read. */
const readAtOnceBytesMax = 131_072;
/** Smaller files are likely in the page cache, from whoever wrote them. */
const directBytesMin = 67_108_864;

/** @param at the name for failures @throws Failure source-vanished */
export function openFile(real: string, at: string): FileSource {
  const vanished = (cause: unknown) => new Failure('source-vanished', { path: at, reason: errorCode(cause) }, { cause });
  let fd: number;
  try {
    // A named pipe that took the file's place must not hold us up.
    fd = fs.openSync(real, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw vanished(cause);
  }
  let direct: DirectFile | null | undefined;
  const readLarge = async (start: number, into: Uint8Array) => {
    direct ??= fs.fstatSync(fd).size >= directBytesMin ? new DirectFile(fd, fs.constants.O_RDONLY) : null;
    // Whatever goes wrong is met again, and told, on the way through the cache.
    const read = (await direct?.read(into, start).catch(() => 0)) ?? 0;
    return read + (await readLater(fd, start + read, into.subarray(read), vanished));
  };
  return {
    read: (start, into) => (into.length <= readAtOnceBytesMax ? readAtOnce(fd, start, into, vanished) : readLarge(start, into)),
    stat: () => {
      try {
        const stats = fs.fstatSync(fd, { bigint: true });
        return { size: Number(stats.size), mtimeNs: entryTimeNs(stats.mtimeNs) };
      } catch (cause) {
        throw vanished(cause);
      }
    },
    close: () => {
      direct?.[Symbol.dispose]();
      fs.closeSync(fd);
    },
  };
}

function readAtOnce(fd: number, start: number, into: Uint8Array, vanished: (cause: unknown) => Failure): number {
  let at = 0;
  try {
    while (at < into.length) {
      const read = fs.readSync(fd, into, at, into.length - at, start + at);
      if (read === 0) break;
      at += read;
    }
  } catch (cause) {
    throw vanished(cause);
  }
  return at;
}

function readLater(fd: number, start: number, into: Uint8Array, vanished: (cause: unknown) => Failure): Promise<number> {
  return new Promise((resolve, reject) => {
    let at = 0;
    const step = () => {
      if (at === into.length) return resolve(at);
      fs.read(fd, into, at, into.length - at, start + at, (error, read) => {
        if (error) return reject(vanished(error));
        at += read;
        if (read === 0) resolve(at);
        else step();
      });
    };
    step();
  });
}

function errorCode(error: unknown): string {
  return (error as { code?: string } | null)?.code ?? 'unknown';
}
