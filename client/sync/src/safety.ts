// The folder where bytes wait that are replaced or removed: what somebody wrote to at the last moment comes back, the rest goes. spec/sync.md
// "The safety folder".
import { conflictName } from '@reprise/vault';
import type { ConflictLabel } from '@reprise/vault';
import { safetyKeptMs, secondLookMs } from './limits.ts';
import { safetyFolder } from './marker.ts';
import type { Journal } from './node/journal/journal.ts';
import type { LocalRow } from './node/journal/trees.ts';
import { type Disk, type DiskPath, DiskRefusal, type DiskStamp } from './ports.ts';
import { isSameBytes } from './stamps.ts';

export type SafetyTools = {
  readonly disk: Disk;
  readonly journal: Journal;
  readonly nowMs: () => number;
  readonly label: () => ConflictLabel;
};

/** Where a node's bytes wait. @param number tells apart what one node leaves at one time */
export function safetyPath(id: string, nowMs: number, number: number): DiskPath {
  return `${safetyFolder}/${nowMs}-${number}-${id}`;
}

/** @param row as it was planned on @param isInDrive otherwise it is kept whatever happens */
export function noteKept(
  { journal, nowMs }: Pick<SafetyTools, 'journal' | 'nowMs'>,
  at: DiskPath,
  was: DiskPath,
  row: LocalRow,
  isInDrive: boolean,
): void {
  journal.keep({ path: at, was, stamp: isInDrive ? `${row.sizeBytes} ${row.mtimeNs}` : null, atMs: nowMs() });
}

export type Purged = {
  /** Folders that something came back to. */
  readonly back: readonly DiskPath[];
  /** When the next has to be looked at; null if none has. */
  readonly nextMs: number | null;
};

/** Looks a second time at what was put here: nobody else's bytes are thrown away. */
export async function purgeSafety(tools: SafetyTools): Promise<Purged> {
  const { disk, journal, nowMs } = tools;
  const back: DiskPath[] = [];
  let nextMs: number | null = null;
  for (const { path, was, stamp, atMs } of journal.kept()) {
    const dueMs = atMs + (stamp === null ? safetyKeptMs : secondLookMs);
    if (dueMs > nowMs()) {
      if (stamp !== null) nextMs = Math.min(nextMs ?? dueMs, dueMs);
      continue;
    }
    try {
      const now = await lookOr(disk, path);
      if (now && stamp !== null && !isStamp(stamp, now)) back.push(await bringBack(tools, path, was));
      else if (now) await disk.remove(path);
    } catch (error) {
      // A program has it open: it waits for the next time.
      if (error instanceof DiskRefusal && (error.reason === 'locked' || error.reason === 'denied')) continue;
      throw error;
    }
    journal.letGo(path);
  }
  return { back, nextMs };
}

function isStamp(stamp: string, now: DiskStamp): boolean {
  const [size, mtime] = stamp.split(' ');
  return isSameBytes({ sizeBytes: Number(size), mtimeNs: BigInt(mtime ?? 0) }, now);
}

/** Under a conflict name, in the folder it was in or the nearest that is left. @returns that folder */
export async function bringBack({ disk, label }: Pick<SafetyTools, 'disk' | 'label'>, from: DiskPath, was: DiskPath): Promise<DiskPath> {
  const name = was.slice(was.lastIndexOf('/') + 1);
  let folder = was.slice(0, Math.max(0, was.lastIndexOf('/')));
  while (folder !== '' && (await lookOr(disk, folder))?.kind !== 'folder') folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')));
  for (let number = 1; ; number++) {
    const other = conflictName(name.normalize('NFC'), false, label(), number);
    try {
      await disk.move(from, folder === '' ? other : `${folder}/${other}`);
      return folder;
    } catch (error) {
      if (!(error instanceof DiskRefusal && error.reason === 'taken')) throw error;
    }
  }
}

/** @returns null also where the way there is gone */
export async function lookOr(disk: Disk, path: DiskPath): Promise<DiskStamp | null> {
  try {
    return await disk.look(path);
  } catch (error) {
    if (error instanceof DiskRefusal) return null;
    throw error;
  }
}
