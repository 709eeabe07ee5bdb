// Whether a file here holds the bytes of one in the drive that has no digest: each piece is sealed under the key of the chunk it would be, and
// nothing is fetched; only a chunk that is named in part is read. spec/sync.md "Contents".
import { equalBytes } from '@reprise/kit';
import type { Replica, ReplicaHead } from '@reprise/sdk/drive';
import type { Journal } from './node/journal/journal.ts';
import type { LocalRow, RemoteRow } from './node/journal/trees.ts';
import { type Disk, DiskRefusal, type ReadableFile } from './ports.ts';
import { localPath } from './push.ts';
import { isSameLook } from './stamps.ts';

export type ProveTools = {
  readonly disk: Disk;
  readonly journal: Journal;
  readonly replica: Replica;
  readonly head: ReplicaHead;
  readonly signal?: AbortSignal;
};

/** @returns false also for a file that is not as it was looked at: the next look tells what it is */
export async function proveSame(ours: LocalRow, theirs: RemoteRow, tools: ProveTools): Promise<boolean> {
  const { disk, journal, replica, head, signal } = tools;
  const [entry] = await replica.entries(head, [journal.pathIn(journal.remote, theirs.id) ?? []]);
  if (!entry) return false;
  const { reader } = replica.drive;
  let file: ReadableFile;
  try {
    file = await disk.open(localPath(journal, ours.id));
  } catch (error) {
    if (error instanceof DiskRefusal) return false;
    throw error;
  }
  try {
    let at = 0;
    for (const extent of await reader.extents(entry, signal)) {
      signal?.throwIfAborted();
      const bytes = await file.read(at, extent.length);
      const isSame = await reader.isSame(extent, bytes);
      if (!isSame && !equalBytes(bytes, await reader.readRange(entry, at, extent.length, signal))) return false;
      at += extent.length;
    }
    return at === ours.sizeBytes && isSameLook(ours, await file.stat());
  } finally {
    await file.close();
  }
}
