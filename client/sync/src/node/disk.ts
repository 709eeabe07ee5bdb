// The real file system behind the port. Names are read as bytes and times as whole nanoseconds; nothing follows a link. spec/sync.md "Disks".
import { isUtf8 } from 'node:buffer';
import {
  chmodSync,
  close,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  statfsSync,
  symlinkSync,
  unlinkSync,
  type BigIntStats,
} from 'node:fs';
import { promisify } from 'node:util';
import { ownFolder } from '../ignore.ts';
import {
  type Disk,
  type DiskPath,
  type DiskProbe,
  DiskRefusal,
  type DiskStamp,
  type Listed,
  type ReadableFile,
  type Watching,
  type WritableFile,
} from '../ports.ts';
import { probeDisk } from '../probe.ts';
import { inodeOf } from '../stamps.ts';
import { NewFile, OpenFile, stampOf, withExecutable } from './files.ts';
import { changeRefusal, refusal } from './refusal.ts';
import { watchFolders } from './watch.ts';
import { Folders } from './within.ts';

const [makeDurable, end] = [promisify(fsync), promisify(close)];
const isWindows = process.platform === 'win32';
/** Of flags that a system does not have, none is set. */
const untouched = constants.O_NOFOLLOW | (constants.O_NONBLOCK ?? 0);

/** @param root an absolute path of a folder; what it leads to through links is the root */
export function nodeDisk(root: string): Disk {
  return new NodeDisk(root);
}

class NodeDisk implements Disk {
  readonly #root: string;
  readonly #folders: Folders;

  constructor(root: string) {
    this.#root = root;
    this.#folders = new Folders(root);
  }

  async probe(): Promise<DiskProbe> {
    const { freeBytes } = await this.room();
    return probeDisk(this, freeBytes);
  }

  async room(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    try {
      const { bavail, blocks, bsize } = statfsSync(this.#root);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    } catch (error) {
      throw refusal(error, '');
    }
  }

  async list(folder: DiskPath): Promise<readonly Listed[]> {
    return this.#folders.in(folder, (at) => {
      const listed = new Map<string, Listed>();
      for (const bytes of namesIn(at, folder)) {
        const name = isUtf8(bytes) ? bytes.toString('utf8') : null;
        const stamp = lookListed(name === null ? Buffer.concat([Buffer.from(`${at}/`), bytes]) : `${at}/${name}`);
        listed.set(name ?? `bytes ${bytes.toString('hex')}/`, { name, stamp });
      }
      return [...listed.values()];
    });
  }

  async look(path: DiskPath): Promise<DiskStamp | null> {
    try {
      return this.#at(path, (at) => stampOf(lstatSync(at, { bigint: true })));
    } catch (error) {
      if (error instanceof DiskRefusal && error.reason === 'absent') return null;
      throw error;
    }
  }

  async open(path: DiskPath): Promise<ReadableFile> {
    return this.#at(path, (at) => {
      if (!lstatSync(at).isFile()) throw new DiskRefusal('special', path);
      const fd = openSync(at, constants.O_RDONLY | untouched);
      if (fstatSync(fd).isFile()) return new OpenFile(fd, path);
      closeSync(fd);
      throw new DiskRefusal('special', path);
    });
  }

  async readLink(path: DiskPath): Promise<string> {
    const target = this.#at(path, (at) => readlinkSync(at, { encoding: 'buffer' }), { EINVAL: 'special' });
    if (!isUtf8(target)) throw new DiskRefusal('name-bytes', path);
    return target.toString('utf8');
  }

  async create(path: DiskPath, sizeBytes: number): Promise<WritableFile> {
    return this.#at(path, (at) => {
      const fd = openSync(at, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | untouched, 0o666);
      try {
        if (sizeBytes > 0) ftruncateSync(fd, sizeBytes);
      } catch (error) {
        closeSync(fd);
        unlinkSync(at);
        throw error;
      }
      return new NewFile(fd, path);
    });
  }

  async makeFolder(path: DiskPath): Promise<void> {
    this.#at(path, (at) => mkdirSync(at));
  }

  async makeLink(path: DiskPath, target: string): Promise<void> {
    this.#at(path, (at) => symlinkSync(target, at), { EPERM: 'unsupported' });
  }

  async link(from: DiskPath, to: DiskPath): Promise<void> {
    this.#at(from, (source) => {
      if (!lstatSync(source).isFile()) throw new DiskRefusal('special', from);
      this.#at(to, (target) => linkSync(source, target), { EPERM: 'unsupported' });
    });
  }

  async move(from: DiskPath, to: DiskPath): Promise<DiskStamp | null> {
    return this.#change(from, (source) =>
      this.#change(to, (target) => {
        const moved = lstatSync(source, { bigint: true });
        // Nobody else puts anything into our own folder: what we made there is what we move, and no name is taken in between.
        const linked = !isOwn(to) && isLinkable(moved) ? linkInPlace(source, target, isOwn(from) ? null : moved) : 'unsupported';
        if (linked !== 'done') {
          const there = lookAt(target);
          const isRespelled = there?.inode === moved.ino && there.device === moved.dev && (moved.nlink === 1n || moved.isDirectory());
          if ((there || linked === 'taken') && !isRespelled) throw new DiskRefusal('taken', to);
          renameSync(source, target);
        }
        return lookAt(target);
      }),
    );
  }

  async replace(from: DiskPath, to: DiskPath, inode?: string): Promise<void> {
    this.#change(from, (source) =>
      this.#change(to, (target) => {
        const there = lookAt(target);
        if (there?.kind === 'folder' || lstatSync(source).isDirectory()) throw new DiskRefusal('taken', to);
        if (inode !== undefined && (!there || inodeOf(there) !== inode)) throw new DiskRefusal('taken', to);
        if (there?.kind === 'file' && lstatSync(source).isFile()) keepMode(source, target);
        renameSync(source, target);
      }),
    );
  }

  async remove(path: DiskPath): Promise<void> {
    this.#change(path, (at) => (lstatSync(at).isDirectory() ? rmdirSync(at) : unlinkSync(at)), { EEXIST: 'not-empty' });
  }

  async removeFolder(path: DiskPath): Promise<void> {
    this.#change(path, (at) => rmdirSync(at), { EEXIST: 'not-empty' });
  }

  async mark(path: DiskPath, isExecutable: boolean): Promise<void> {
    const fd = this.#at(path, (at) => {
      if (!lstatSync(at).isFile()) throw new DiskRefusal('special', path);
      const open = openSync(at, constants.O_RDONLY | untouched);
      try {
        const stats = fstatSync(open);
        if (!stats.isFile()) throw new DiskRefusal('special', path);
        fchmodSync(open, withExecutable(stats.mode, isExecutable));
        return open;
      } catch (error) {
        closeSync(open);
        throw error;
      }
    });
    await this.#makeDurable(fd, path);
  }

  async sync(folder: DiskPath): Promise<void> {
    // Windows keeps names in a journal of its own and opens no folder for this.
    if (isWindows) return;
    await this.#makeDurable(
      this.#folders.in(folder, (at) => openListed(at, folder)),
      folder,
    );
  }

  async #makeDurable(fd: number, path: DiskPath): Promise<void> {
    try {
      await makeDurable(fd);
    } catch (error) {
      throw refusal(error, path);
    } finally {
      await end(fd);
    }
  }

  watch(onHint: (folder: DiskPath | null) => void, isSkipped?: (folder: DiskPath) => boolean): Promise<Watching> {
    return watchFolders(this.#root, this, onHint, { isSkipped });
  }

  #at<Result>(path: DiskPath, act: (at: string) => Result, instead?: Parameters<typeof refusal>[2]): Result {
    return this.#folders.at(path, (at) => {
      try {
        return act(at);
      } catch (error) {
        throw refusal(error, path, instead);
      }
    });
  }

  #change<Result>(path: DiskPath, act: (at: string) => Result, instead?: Parameters<typeof refusal>[2]): Result {
    return this.#folders.at(path, (at) => {
      try {
        return act(at);
      } catch (error) {
        throw isWindows ? changeRefusal(error, path, true) : refusal(error, path, instead);
      }
    });
  }
}

function lookAt(path: string): DiskStamp | null {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats ? stampOf(stats) : null;
}

function namesIn(at: string, folder: DiskPath): Buffer[] {
  try {
    return readdirSync(`${at}/.`, { encoding: 'buffer' });
  } catch (error) {
    throw refusal(error, folder);
  }
}

function openListed(at: string, folder: DiskPath): number {
  try {
    return openSync(`${at}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw refusal(error, folder);
  }
}

/** Of what was listed a moment ago: gone and not to be looked at are one. */
function lookListed(path: string | Buffer): DiskStamp | null {
  try {
    return stampOf(lstatSync(path, { bigint: true }));
  } catch {
    return null;
  }
}

function isOwn(path: DiskPath): boolean {
  return path.startsWith(`${ownFolder}/`);
}

/** Of links, Linux makes second names; others follow them (link(2), POSIX leaves it open). */
function isLinkable(moved: BigIntStats): boolean {
  return moved.isFile() || (moved.isSymbolicLink() && process.platform === 'linux');
}

/**
 * Node has no rename that spares what is there: a second name, which is refused where one is, and then the first one goes, unless somebody has
 * put another file there meanwhile, which stays.
 * @param moved what stood at `source`; null if nobody else puts anything there
 * @returns `taken` or `unsupported` if nothing was done
 */
function linkInPlace(source: string, target: string, moved: BigIntStats | null): 'done' | 'taken' | 'unsupported' {
  try {
    linkSync(source, target);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EEXIST' ? 'taken' : 'unsupported';
  }
  if (moved === null || lookAt(source)?.inode === moved.ino) unlinkSync(source);
  return 'done';
}

/** Who else may read and write stays as it was; whether it runs is the new one's. */
function keepMode(source: string, target: string): void {
  const [before, now] = [lstatSync(target).mode, lstatSync(source).mode];
  chmodSync(source, withExecutable(before, (now & 0o100) !== 0));
}
