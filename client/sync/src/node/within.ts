// Reaches what is below a root folder and nothing else: every folder on the way is opened as such, so that none can be exchanged for a link
// in between. Where the system has no names for open folders, each is looked at just before.
import { closeSync, constants, existsSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type DiskPath, DiskRefusal } from '../ports.ts';
import { refusal } from './refusal.ts';

/** Linux: an open folder that need not be readable (open(2), O_PATH). Node names all other flags. */
const pathOnly = 0o10000000;
const namesOpenFolders = process.platform === 'linux' && existsSync('/proc/self/fd');
/** A few, since a step is in two at most; so long that many files of a folder need it opened once, and nobody waits who wants to unmount a disk. */
const heldMax = 8;
const heldMsMax = 20;

/** An open folder, and where the system said that it was. */
type Held = { readonly fd: number; readonly told: string; readonly sinceMs: number };

/**
 * The folders of one root. On Linux those that were just reached stay open until the program next waits, 20 ms at most: each time one is used again, the
 * system is asked where it is now (one call in place of two for each folder on the way), and one that is not where it was is reached anew.
 */
export class Folders {
  readonly #root: string;
  readonly #held = new Map<DiskPath, Held>();
  /** Calls that are under way, one inside the other, and what is closed after the last of them. */
  #depth = 0;
  #given: number[] = [];
  #ending: NodeJS.Immediate | undefined;

  /** @param root what it leads to through links is the root */
  constructor(root: string) {
    this.#root = root;
  }

  /** @param act is given a path that is good until it returns @throws DiskRefusal `not-a-folder`, `absent`, `name-refused` */
  at<Result>(path: DiskPath, act: (at: string) => Result): Result {
    if (path === '') return this.in('', (folder) => act(`${folder}/.`));
    const end = path.lastIndexOf('/');
    const name = path.slice(end + 1);
    checkName(name, path);
    if (end === 0) throw new DiskRefusal('name-refused', path);
    return this.in(path.slice(0, Math.max(0, end)), (folder) => act(`${folder}/${name}`), path);
  }

  /** As `at`, of a folder that is one itself. */
  in<Result>(folder: DiskPath, act: (at: string) => Result, told: DiskPath = folder): Result {
    const fd = this.#reached(folder, told);
    if (typeof fd === 'string') return act(fd);
    this.#depth++;
    try {
      return act(`/proc/self/fd/${fd}`);
    } finally {
      this.#depth--;
      if (this.#depth === 0) this.#close();
    }
  }

  /** @returns an open folder, or its path where those have no names */
  #reached(folder: DiskPath, told: DiskPath): number | string {
    const held = this.#held.get(folder);
    this.#held.delete(folder);
    if (held && isStillThere(held)) {
      this.#held.set(folder, held);
      return held.fd;
    }
    if (held) this.#given.push(held.fd);
    const names = folder === '' ? [] : folder.split('/');
    for (const name of names) checkName(name, told);
    if (!namesOpenFolders) return throughLooks(this.#root, names, told);
    const opened = openBelow(this.#root, names, told);
    if (opened.told === undefined) this.#given.push(opened.fd);
    else this.#hold(folder, { ...opened, told: opened.told });
    return opened.fd;
  }

  #hold(folder: DiskPath, held: Held): void {
    const [oldest] = this.#held;
    if (oldest && this.#held.size >= heldMax) this.#letGo(...oldest);
    this.#held.set(folder, held);
    if (this.#ending) return;
    this.#ending = setImmediate(() => {
      this.#ending = undefined;
      for (const one of this.#held) this.#letGo(...one);
      this.#close();
    });
  }

  #letGo(folder: DiskPath, { fd }: Held): void {
    this.#held.delete(folder);
    this.#given.push(fd);
  }

  #close(): void {
    const given = this.#given;
    this.#given = [];
    for (const fd of given) closeSync(fd);
  }
}

function isStillThere({ fd, told, sinceMs }: Held): boolean {
  return performance.now() - sinceMs < heldMsMax && whereIs(fd) === told;
}

/** @returns undefined if the system cannot say, or says it in bytes that are no UTF-8 and might be told of another folder as well */
function whereIs(fd: number): string | undefined {
  try {
    const told = readlinkSync(`/proc/self/fd/${fd}`);
    return told.includes('\uFFFD') ? undefined : told;
  } catch {
    return undefined;
  }
}

function checkName(name: string, path: DiskPath): void {
  const isRefused =
    name === '' || name === '.' || name === '..' || name.includes('\0') || (process.platform === 'win32' && /[\\:]/.test(name));
  if (isRefused) throw new DiskRefusal('name-refused', path);
  if (!name.isWellFormed()) throw new DiskRefusal('name-bytes', path);
}

/** @returns where it is, unless that is not told as its names below the root: a disk may spell them otherwise */
function openBelow(root: string, names: readonly string[], path: DiskPath): Omit<Held, 'told'> & { readonly told: string | undefined } {
  const sinceMs = performance.now();
  let fd = openFolder(root, constants.O_DIRECTORY | pathOnly, path);
  try {
    const top = whereIs(fd);
    for (const name of names) {
      const next = openFolder(`/proc/self/fd/${fd}/${name}`, constants.O_DIRECTORY | constants.O_NOFOLLOW | pathOnly, path);
      closeSync(fd);
      fd = next;
    }
    const told = whereIs(fd);
    const isBelow = top !== undefined && told === [top, ...names].join('/');
    return { fd, told: isBelow ? told : undefined, sinceMs };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function openFolder(at: string, flags: number, path: DiskPath): number {
  try {
    return openSync(at, flags);
  } catch (error) {
    throw refusal(error, path, { ELOOP: 'not-a-folder' });
  }
}

function throughLooks(root: string, names: readonly string[], path: DiskPath): string {
  let at = root;
  for (const name of names) {
    at = join(at, name);
    let isFolder: boolean;
    try {
      isFolder = lstatSync(at).isDirectory();
    } catch (error) {
      throw refusal(error, path);
    }
    if (!isFolder) throw new DiskRefusal('not-a-folder', path);
  }
  return at;
}
