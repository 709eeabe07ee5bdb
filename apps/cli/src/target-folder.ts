// Writes what a link holds into one folder, and nowhere else: names are checked, symbolic links are never followed and are made last,
// a file gets its name only when it is complete.
import fs from 'node:fs';
import path from 'node:path';
import { Failure } from '@reprise/protocol/formats';
import type { Entry } from '@reprise/sdk';
import { isFull, targetFailure } from '@reprise/sdk/node';
import { nameOnDisk, otherPartName, partName, twinKey } from './target-names.ts';

export type Renamed = { readonly from: string; readonly to: string };

/** A file of the link and where it goes. */
export type Target = { readonly entry: Entry; readonly path: string; readonly real: string; readonly part: string };

export class TargetFolder {
  readonly renamed: Renamed[] = [];
  readonly #base: string;
  readonly #force: boolean;
  readonly #platform: NodeJS.Platform;
  /** Paths of the link's folders, and the folders they were made as. */
  readonly #folders = new Map<string, string>([['', '']]);
  readonly #taken = new Set<string>();
  readonly #times: { readonly real: string; readonly mtimeNs: bigint }[] = [];
  readonly #symlinks: { readonly path: string; readonly real: string; readonly target: string }[] = [];

  /** @param base an existing folder that holds everything that is written */
  constructor(base: string, options: { readonly force: boolean; readonly platform?: NodeJS.Platform }) {
    this.#base = base;
    this.#force = options.force;
    this.#platform = options.platform ?? process.platform;
  }

  /** The place of an entry of the link. Its folder was placed before it. @param as another name than the entry's */
  place(linkPath: string, entry: Entry, as?: string): Target {
    const folder = linkPath.slice(0, Math.max(0, linkPath.lastIndexOf('/')));
    const inside = this.#folders.get(folder);
    if (inside === undefined) throw new Failure('target-refused', { path: linkPath, reason: 'its folder was left out' });
    const wanted = nameOnDisk(as ?? entry.name, this.#platform);
    const name = this.#freeName(inside, wanted);
    const relative = inside === '' ? name : `${inside}/${name}`;
    // What lies in a folder that got another name is not named again.
    if (name !== entry.name && as === undefined) this.renamed.push({ from: linkPath, to: relative });
    const real = path.join(this.#base, relative);
    return { entry, path: linkPath, real, part: path.join(path.dirname(real), partName(name)) };
  }

  #freeName(inside: string, wanted: string): string {
    for (let n = 1; ; n++) {
      const dot = wanted.lastIndexOf('.');
      const [stem, extension] = dot > 0 ? [wanted.slice(0, dot), wanted.slice(dot)] : [wanted, ''];
      const name = n === 1 ? wanted : `${stem} (${n})${extension}`;
      const key = `${inside}/${twinKey(name, this.#platform)}`;
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return name;
    }
  }

  /** Makes a folder, or takes one that is there: a real one, not a link to another place. */
  makeFolder(target: Target): void {
    const stats = fs.lstatSync(target.real, { throwIfNoEntry: false });
    if (!stats) this.#attempt(target, () => fs.mkdirSync(target.real));
    else if (!stats.isDirectory()) throw new Failure('target-refused', { path: target.real, reason: 'not a folder' });
    this.#folders.set(target.path, path.relative(this.#base, target.real).replaceAll(path.sep, '/'));
    this.#times.push({ real: target.real, mtimeNs: target.entry.mtimeNs });
  }

  /** What stands at a file's place: nothing, a file, or something that must not be replaced. @throws Failure target-exists */
  existing(target: Target): fs.Stats | undefined {
    const stats = fs.lstatSync(target.real, { throwIfNoEntry: false });
    if (stats && !stats.isFile() && !(this.#force && stats.isSymbolicLink())) throw new Failure('target-exists', { path: target.real });
    return stats;
  }

  /** A link may hold files that are called as incomplete ones are: they keep their names, and the incomplete file takes another. */
  #part(target: Target): string {
    const folder = path.dirname(target.part);
    const inside = path.relative(this.#base, folder).replaceAll(path.sep, '/');
    let name = path.basename(target.part);
    while (this.#taken.has(`${inside}/${twinKey(name, this.#platform)}`)) name = otherPartName(name);
    return path.join(folder, name);
  }

  /** Opens the incomplete file, keeping what it holds. */
  openPart(target: Target): number {
    const { O_RDWR, O_CREAT, O_NOFOLLOW = 0 } = fs.constants;
    return this.#attempt(target, () =>
      fs.openSync(this.#part(target), O_RDWR | O_CREAT | O_NOFOLLOW, target.entry.executable ? 0o777 : 0o666),
    );
  }

  /** Writes a whole small file. */
  writeFile(target: Target, bytes: Uint8Array): void {
    const fd = this.openPart(target);
    this.#attempt(
      target,
      () => {
        fs.ftruncateSync(fd, 0);
        let at = 0;
        while (at < bytes.length) at += fs.writeSync(fd, bytes, at, bytes.length - at, at);
      },
      fd,
    );
    this.complete(target, fd);
  }

  /** Gives a complete file its time and its name. */
  complete(target: Target, fd: number): void {
    this.#attempt(target, () => fs.futimesSync(fd, seconds(target.entry.mtimeNs), seconds(target.entry.mtimeNs)), fd);
    fs.closeSync(fd);
    this.#attempt(target, () => {
      // A link made in place of the file would fail here if the file came meanwhile; a rename would replace it.
      if (!this.#force && fs.lstatSync(target.real, { throwIfNoEntry: false })) throw new Failure('target-exists', { path: target.real });
      fs.renameSync(this.#part(target), target.real);
    });
  }

  /** @throws Failure target-full and target-refused: after the first, the incomplete file is gone */
  writeFailure(target: Target, error: unknown): Failure {
    if (error instanceof Failure || !isFull(error)) return targetFailure(error, target.real);
    fs.rmSync(this.#part(target), { force: true });
    return new Failure('target-full', { path: target.real, reason: 'incomplete' }, { cause: error });
  }

  /** @throws Failure target-refused unless the link stays inside what is written */
  addSymlink(target: Target, to: string): void {
    if (leadsOutside(target.path, to)) throw new Failure('target-refused', { path: target.path, reason: 'symlink-outside' });
    this.#symlinks.push({ path: target.path, real: target.real, target: to });
  }

  /** Makes the symbolic links, when nothing can be written through them any more, and sets the folders' times. */
  finish(onLeftOut: (linkPath: string, failure: Failure) => void): void {
    for (const { path: linkPath, real, target } of this.#symlinks) {
      try {
        const stats = fs.lstatSync(real, { throwIfNoEntry: false });
        if (stats?.isSymbolicLink() && fs.readlinkSync(real) === target) continue;
        if (stats && !(this.#force && !stats.isDirectory())) throw new Failure('target-exists', { path: real });
        if (stats) fs.rmSync(real);
        fs.symlinkSync(target, real);
      } catch (error) {
        const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
        onLeftOut(linkPath, error instanceof Failure ? error : new Failure('target-refused', { path: real, reason }));
      }
    }
    for (const { real, mtimeNs } of this.#times.reverse()) if (mtimeNs > 0n) fs.utimesSync(real, seconds(mtimeNs), seconds(mtimeNs));
  }

  #attempt<Result>(target: Target, act: () => Result, fd?: number): Result {
    try {
      return act();
    } catch (error) {
      if (fd !== undefined) {
        try {
          fs.closeSync(fd);
        } catch {
          // it was closed already
        }
      }
      throw this.writeFailure(target, error);
    }
  }
}

/**
 * Whether a symbolic link may lead out of the folder that is written. `..` counts only at the start, where it climbs from folders that
 * were made here; behind a name it would climb from wherever another symbolic link of that name leads.
 */
function leadsOutside(linkPath: string, to: string): boolean {
  if (path.posix.isAbsolute(to) || path.win32.isAbsolute(to) || /^[A-Za-z]:/.test(to)) return true;
  const parts = to.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
  const climbs = parts.findIndex((part) => part !== '..');
  const ups = climbs < 0 ? parts.length : climbs;
  return ups > linkPath.split('/').length - 1 || parts.slice(ups).includes('..');
}

function seconds(mtimeNs: bigint): number {
  return Number(mtimeNs / 1000n) / 1e6;
}
