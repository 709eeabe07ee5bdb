// What people and programs do to a folder: make, write, move, swap, rotate, delete.
import type { Chance } from './dice.ts';
import { type Inode, rootNumber, type VirtualDisk } from './virtual-disk.ts';

const names = ['a', 'b', 'c.txt', 'd', 'caf\u00e9', 'A', 'C.txt'];

/** Folders in folders, and files in all of them. */
export function fillDisk(disk: VirtualDisk, dice: Chance, newWord: () => string): void {
  const folders = [rootNumber];
  for (let i = 0; i < 14; i++) {
    const [folder, name] = [dice.one(folders), dice.one(names)];
    if (disk.find(folder, name)) continue;
    const isFolder = dice.below(5) < 3;
    const { number } = disk.create(folder, name, isFolder ? 'folder' : 'file', isFolder ? '' : newWord());
    if (isFolder) folders.push(number);
  }
}

/** One act at random, or none where the disk refuses it. @param newWord a content that nobody wrote before */
export function actOnDisk(disk: VirtualDisk, dice: Chance, newWord: () => string): void {
  const all = [...disk.walk()];
  const folders = [rootNumber, ...all.filter(({ kind }) => kind === 'folder').map(({ number }) => number)];
  const files = all.filter(({ kind }) => kind === 'file');
  const [folder, name] = [dice.one(folders), dice.one(names)];
  const isTaken = disk.find(folder, name) !== undefined;
  switch (dice.below(14)) {
    case 0:
    case 1:
      if (!isTaken) disk.create(folder, name, 'file', newWord(), dice.below(8) === 0);
      return;
    case 2:
      if (!isTaken) disk.create(folder, name, 'folder');
      return;
    case 3:
      if (files.length > 0) dice.one(files).content = newWord();
      return;
    case 4:
    case 5:
      if (all.length > 0 && !isTaken) move(disk, dice.one(all), folder, name);
      return;
    case 6:
      if (all.length > 0) removeAll(disk, dice.one(all));
      return;
    case 7:
      if (all.length > 1) swap(disk, dice.one(all), dice.one(all));
      return;
    case 8:
      if (files.length > 0) {
        const file = dice.one(files);
        file.isExecutable = !file.isExecutable;
      }
      return;
    default:
      // Folders are what moves get in each other's way with.
      if (folders.length > 1 && !isTaken) move(disk, disk.get(dice.one(folders.slice(1))), folder, name);
      return;
  }
}

function isInside(disk: VirtualDisk, folder: number, top: number): boolean {
  for (let at = folder; at !== rootNumber; at = disk.get(at).parent) if (at === top) return true;
  return false;
}

function move(disk: VirtualDisk, inode: Inode, folder: number, name: string): void {
  if (!isInside(disk, folder, inode.number)) disk.rename(inode.number, folder, name);
}

function swap(disk: VirtualDisk, a: Inode, b: Inode): void {
  if (isInside(disk, a.number, b.number) || isInside(disk, b.number, a.number)) return;
  const [first, second] = [
    { parent: a.parent, name: a.name },
    { parent: b.parent, name: b.name },
  ];
  disk.rename(a.number, rootNumber, 'swap');
  disk.rename(b.number, first.parent, first.name);
  disk.rename(a.number, second.parent, second.name);
}

function removeAll(disk: VirtualDisk, inode: Inode): void {
  if (inode.kind === 'folder') for (const child of disk.list(inode.number)) removeAll(disk, child);
  disk.remove(inode.number);
}
