// Which files of a folder cannot be read whole, found out before the zip's length is promised: one byte of each chunk is asked for, and a
// file with a chunk that the server does not have is left out. spec/web.md "Zip of a folder".
import { mapLanes } from '@reprise/kit';
import { formatId, type ObjectId } from '@reprise/protocol';
import type { Extent } from '@reprise/vault';
import { describeFailure } from '../../engine/rpc.ts';
import { server } from './connection.ts';
import type { Opened } from './contents.ts';
import type { PlacedFile } from './zip.ts';

/** Asking for more chunks than these takes longer than a person waits; then a missing one ends the archive and is named there. */
const chunksMax = 4_096;
const idsAsked = 512;
const lanes = 12;

export async function findMissing(opened: Opened, files: readonly PlacedFile[], signal: AbortSignal): Promise<ReadonlySet<PlacedFile>> {
  const missing = new Set<PlacedFile>();
  const extents: { readonly file: PlacedFile; readonly extent: Extent }[] = [];
  for (const file of files) {
    for (const extent of await extentsOf(opened, file, missing, signal)) if (extent.length > 0) extents.push({ file, extent });
    if (extents.length > chunksMax) return missing;
  }
  for (let at = 0; at < extents.length; at += idsAsked) {
    const part = extents.slice(at, at + idsAsked);
    const ids = part.map(({ extent }) => formatId<ObjectId>(extent.id));
    const urls = await opened.urls(ids, signal);
    await mapLanes(part, lanes, async ({ file }, i) => {
      if (!missing.has(file) && (await isAbsent(urls[i] as string, signal))) missing.add(file);
    });
  }
  return missing;
}

/** The extents of a file; none if a node on the way to them is missing, which is then noted. */
async function extentsOf(opened: Opened, file: PlacedFile, missing: Set<PlacedFile>, signal: AbortSignal): Promise<readonly Extent[]> {
  try {
    return await opened.content.extents(file.entry, signal);
  } catch (error) {
    const { code } = describeFailure(error);
    if (code !== 'object-missing' && code !== 'reject' && code !== 'chunk-corrupt') throw error;
    missing.add(file);
    return [];
  }
}

/** Anything but a clear "not here" is settled when the chunk is read. */
async function isAbsent(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await server().send({ method: 'GET', url, headers: { range: 'bytes=0-0' }, signal });
    await response.bytes(65_536);
    return response.status === 404 || response.status === 410;
  } catch {
    return false;
  }
}
