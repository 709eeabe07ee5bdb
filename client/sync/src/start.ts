// The beginning of work on a root: the marker and the journal agree that they belong together, and what a stop left half done is put right.
// spec/sync.md "The root", "After a stop".
import { Failure } from '@reprise/protocol/formats';
import { draftsFolder, ensureFolder, readMarker, removeIfThere, safetyFolder, writeMarker } from './marker.ts';
import type { Journal } from './node/journal/journal.ts';
import { type Disk, type DiskPath, DiskRefusal } from './ports.ts';
import { undoPowerLoss } from './power-loss.ts';
import type { Hash } from './read-file.ts';
import { lookOr } from './safety.ts';
import { rootId } from './tree.ts';

export type StartTools = {
  readonly disk: Disk;
  readonly journal: Journal;
  readonly hash: Hash;
  readonly nowMs: () => number;
  /** What tells one start of the machine from another. */
  readonly boot: string;
};

/**
 * @returns whether folder and journal were last used together; else nothing counts as deleted until both were compared
 * @throws Failure root-missing if the folder is there and its marker is not, or is another's
 */
export async function startRoot({ disk, journal, hash, nowMs, boot }: StartTools): Promise<boolean> {
  const root = journal.fact('root') as string;
  const known = (journal.fact('starts') as number | undefined) ?? 0;
  const marker = await readMarker(disk);
  if (known === 0) {
    // A folder that another root has is this one's from now on: the other finds another marker, and stops.
    // A stop in between begins again here: nothing is known yet that could be lost.
    await writeMarker(disk, { root, starts: 1 }, nowMs());
    journal.setFact('starts', 1);
    journal.setFact('boot', boot);
    return true;
  }
  if (marker?.root !== root) throw new Failure('target-refused', { reason: 'root-missing' });
  // The journal is told first: a stop in between leaves the marker one behind.
  const isTogether = marker.starts === known || (journal.fact('starting') === 1 && marker.starts === known - 1);
  journal.write(() => {
    if (!isTogether) journal.forgetBase();
    journal.setFact('starts', Math.max(known, marker.starts) + 1);
    journal.setFact('starting', 1);
  });
  await writeMarker(disk, { root, starts: Math.max(known, marker.starts) + 1 }, nowMs());
  journal.setFact('starting', 0);
  await tidy(disk, journal);
  if (isTogether && journal.fact('boot') !== boot) await undoPowerLoss({ disk, journal, hash, nowMs });
  journal.setFact('boot', boot);
  return isTogether;
}

/** What waits under temporary names goes back to where it was; drafts that nobody knows of go. */
async function tidy(disk: Disk, journal: Journal): Promise<void> {
  await ensureFolder(disk, safetyFolder);
  for (const { node, parent, diskName } of journal.asides()) {
    const from = `${draftsFolder}/aside-${node}`;
    if (await disk.look(from)) await bringAsideBack(disk, from, parent === rootId ? [] : journal.pathIn(journal.local, parent), diskName);
    journal.bringBack(node);
  }
  for (const { name } of await disk.list(draftsFolder)) {
    if (name === null || name.startsWith('aside-')) continue;
    await removeIfThere(disk, `${draftsFolder}/${name}`);
  }
}

async function bringAsideBack(disk: Disk, from: DiskPath, folder: readonly string[] | undefined, name: string): Promise<void> {
  const home = folder && (folder.length === 0 || (await lookOr(disk, folder.join('/')))?.kind === 'folder') ? folder : [];
  for (let number = 0; ; number++) {
    const to = [...home, number === 0 ? name : `${name} ${number + 1}`].join('/');
    try {
      return await disk.move(from, to);
    } catch (error) {
      if (!(error instanceof DiskRefusal && error.reason === 'taken')) throw error;
    }
  }
}
