// Every object that an entry's content names: chunks and manifests, not what lies below a directory.
import type { Bytes } from '@reprise/kit';
import { type Entry, type NodeReader, readExtents } from '@reprise/vault';

/** Ids of a file's chunks and manifest nodes; the picture beside it; nothing for other kinds. */
export async function objectsOf(entry: Entry, reader: NodeReader): Promise<Bytes[]> {
  const { content, thumb } = entry;
  const ids: Bytes[] = thumb ? [thumb.id] : [];
  if (content.kind !== 'file' && content.kind !== 'manifest') return ids;
  const noting: NodeReader = {
    engine: reader.engine,
    fetch: (wanted) => {
      for (const { id } of wanted) ids.push(id);
      return reader.fetch(wanted);
    },
  };
  for (const extent of await readExtents(content, entry.size, noting)) ids.push(extent.id);
  return ids;
}
