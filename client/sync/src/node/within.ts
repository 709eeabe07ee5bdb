// Reaches what is below a root folder and nothing else: every folder on the way is opened as such, so that none can be exchanged for a link
// in between. Where the system has no names for open folders, each is looked at just before.
import { closeSync, constants, existsSync, lstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type DiskPath, DiskRefusal } from '../ports.ts';
import { refusal } from './refusal.ts';

/** Linux: an open folder that need not be readable (open(2), O_PATH). Node names all other flags. */
const pathOnly = 0o10000000;
const namesOpenFolders = process.platform === 'linux' && existsSync('/proc/self/fd');

/** @param act is given a path that is good until it returns @throws DiskRefusal `not-a-folder`, `absent`, `name-refused` */
export function within<Result>(root: string, path: DiskPath, act: (at: string) => Result): Result {
  if (path === '') return inFolder(root, '', (folder) => act(`${folder}/.`));
  const names = path.split('/');
  const name = names.pop() as string;
  checkName(name, path);
  if (names[0] === '') throw new DiskRefusal('name-refused', path);
  return inFolder(root, names.join('/'), (folder) => act(`${folder}/${name}`), path);
}

/** As `within`, of a folder that is one itself. */
export function inFolder<Result>(root: string, folder: DiskPath, act: (at: string) => Result, told: DiskPath = folder): Result {
  const names = folder === '' ? [] : folder.split('/');
  for (const name of names) checkName(name, told);
  return namesOpenFolders ? throughOpen(root, names, told, act) : act(throughLooks(root, names, told));
}

function checkName(name: string, path: DiskPath): void {
  const isRefused =
    name === '' || name === '.' || name === '..' || name.includes('\0') || (process.platform === 'win32' && /[\\:]/.test(name));
  if (isRefused) throw new DiskRefusal('name-refused', path);
  if (!name.isWellFormed()) throw new DiskRefusal('name-bytes', path);
}

function throughOpen<Result>(root: string, names: readonly string[], path: DiskPath, act: (at: string) => Result): Result {
  let folder = openFolder(root, constants.O_DIRECTORY | pathOnly, path);
  try {
    for (const name of names) {
      const next = openFolder(`/proc/self/fd/${folder}/${name}`, constants.O_DIRECTORY | constants.O_NOFOLLOW | pathOnly, path);
      closeSync(folder);
      folder = next;
    }
    return act(`/proc/self/fd/${folder}`);
  } finally {
    closeSync(folder);
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
