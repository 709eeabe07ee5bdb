// Which files of a folder cannot be read whole, found out before the zip's length is promised: the server is asked where all their
// chunks are, and a file with a chunk it does not have is left out. spec/web.md "Zip of a folder".
import { describeFailure } from '../../engine/rpc.ts';
import type { Known } from './opened-links.ts';
import type { PlacedFile } from './zip.ts';

export async function findMissing(known: Known, files: readonly PlacedFile[], signal: AbortSignal): Promise<ReadonlySet<PlacedFile>> {
  const missing = new Set<PlacedFile>();
  for (const file of files) {
    try {
      // Reading the extents opens the manifests, which a large file hangs on.
      if (file.entry.content.kind === 'manifest') await known.link.extents(file.entry, signal);
    } catch (error) {
      const { code } = describeFailure(error);
      if (code !== 'object-missing' && code !== 'reject' && code !== 'chunk-corrupt') throw error;
      missing.add(file);
    }
  }
  return missing;
}
