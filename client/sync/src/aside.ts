// What waits under a temporary name while others go through its place, and the way back if it gets no further. spec/sync.md "After a stop".
import { numberedName } from '@reprise/vault';
import { draftsFolder } from './marker.ts';
import type { Journal } from './node/journal/journal.ts';
import { type Disk, type DiskPath, DiskRefusal } from './ports.ts';
import { lookOr } from './safety.ts';
import { type NodeId, rootId } from './tree.ts';

const prefix = 'aside-';

export function asidePath(id: NodeId): DiskPath {
  return `${draftsFolder}/${prefix}${id}`;
}

export function isAsideName(name: string): boolean {
  return name.startsWith(prefix);
}

type AsideTools = { readonly disk: Disk; readonly journal: Journal };

/** To where it was, under another name if that is taken. What is refused waits for the next time. @returns folders that something came back to */
export async function bringAsidesBack({ disk, journal }: AsideTools): Promise<readonly DiskPath[]> {
  const folders: DiskPath[] = [];
  for (const { node, parent, diskName } of journal.asides()) {
    try {
      const names = parent === rootId ? [] : (journal.pathIn(journal.local, parent) ?? []);
      if (await disk.look(asidePath(node))) folders.push(await moveBack(disk, asidePath(node), names.join('/'), diskName));
      journal.bringBack(node);
    } catch (error) {
      if (!(error instanceof DiskRefusal)) throw error;
    }
  }
  return folders;
}

/** What no journal knows of, since that was lost or made anew: under the name it is known by, or its own. */
export async function bringStrayAsideBack({ disk, journal }: AsideTools, name: string): Promise<void> {
  const row = journal.local.get(name.slice(prefix.length) as NodeId);
  const names = row && row.parent !== rootId ? journal.pathIn(journal.local, row.parent) : [];
  await moveBack(disk, `${draftsFolder}/${name}`, (names ?? []).join('/'), row?.diskName ?? name);
}

/** @returns the folder it came to: the one it was in, if that is there, else the root */
async function moveBack(disk: Disk, from: DiskPath, folder: DiskPath, name: string): Promise<DiskPath> {
  const home = folder !== '' && (await lookOr(disk, folder))?.kind === 'folder' ? folder : '';
  for (let number = 1; ; number++) {
    const to = number === 1 ? name : numberedName(name, false, number);
    try {
      await disk.move(from, home === '' ? to : `${home}/${to}`);
      return home;
    } catch (error) {
      if (!(error instanceof DiskRefusal && error.reason === 'taken')) throw error;
    }
  }
}
