// The sign in a root folder that it is one, and which: without it nothing is inferred from what is not there. spec/sync.md "The root".
import { encodeUtf8 } from '@reprise/kit';
import { ownFolder } from './ignore.ts';
import { type Disk, DiskRefusal } from './ports.ts';

export type Marker = {
  /** Drawn when the folder was added. */
  readonly root: string;
  /** How often a program began on it: a folder or a journal that comes back from a backup is told by that. */
  readonly starts: number;
};

export const draftsFolder = `${ownFolder}/tmp`;
export const safetyFolder = `${ownFolder}/safety`;
const markerPath = `${ownFolder}/root.json`;
const markerBytesMax = 65_536;

/** @returns null if the folder has none that can be read */
export async function readMarker(disk: Disk): Promise<Marker | null> {
  try {
    const file = await disk.open(markerPath);
    try {
      const value = JSON.parse(new TextDecoder().decode(await file.read(0, markerBytesMax))) as Partial<Marker> | null;
      return typeof value?.root === 'string' && Number.isSafeInteger(value.starts)
        ? { root: value.root, starts: value.starts as number }
        : null;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DiskRefusal || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Makes the folders that sync needs for itself as well. @throws DiskRefusal */
export async function writeMarker(disk: Disk, marker: Marker, nowMs: number): Promise<void> {
  for (const folder of [ownFolder, draftsFolder, safetyFolder]) await ensureFolder(disk, folder);
  const draft = `${draftsFolder}/root.json`;
  await removeIfThere(disk, draft);
  const bytes = encodeUtf8(`${JSON.stringify(marker)}\n`);
  const file = await disk.create(draft, bytes.length);
  await file.write(0, bytes);
  await file.finish({ mtimeNs: BigInt(nowMs) * 1_000_000n, isExecutable: false });
  if (await disk.look(markerPath)) await disk.replace(draft, markerPath);
  else await disk.move(draft, markerPath);
  for (const folder of [draftsFolder, ownFolder, '']) await disk.sync(folder);
}

export async function ensureFolder(disk: Disk, folder: string): Promise<void> {
  try {
    await disk.makeFolder(folder);
  } catch (error) {
    if (!(error instanceof DiskRefusal && error.reason === 'taken')) throw error;
  }
}

export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path);
  } catch (error) {
    if (!(error instanceof DiskRefusal && error.reason === 'absent')) throw error;
  }
}
