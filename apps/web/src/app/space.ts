// What takes the space of an account, as a person thinks of it: files, and what is kept of files that are no more. The server knows nothing of a
// trash: to it that is a folder like others.
import type { TrashItem, Usage } from './port.ts';

export function spaceOf(
  usage: Pick<Usage, 'liveBytes' | 'keptBytes'>,
  trash: readonly Pick<TrashItem, 'bytes'>[],
): { readonly filesBytes: number; readonly keptBytes: number } {
  // Figures of the server may lag behind.
  const trashBytes = Math.min(
    usage.liveBytes,
    trash.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  return { filesBytes: usage.liveBytes - trashBytes, keptBytes: usage.keptBytes + trashBytes };
}
