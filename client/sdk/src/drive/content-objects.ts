// Every object that an entry's content names: chunks and manifests, not what lies below a directory; and what one tree needs beyond another.
import { type Bytes, formatHex } from '@reprise/kit';
import { diffTrees, type Entry, type NodeReader, readDirectory, readExtents, type Ref } from '@reprise/vault';

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

/** A reader that notes each object that was asked for. */
export function notingReader(reader: NodeReader, ids: Map<string, Bytes>): NodeReader {
  return {
    engine: reader.engine,
    fetch: (wanted) => {
      for (const { id } of wanted) ids.set(formatHex(id), id);
      return reader.fetch(wanted);
    },
  };
}

/** Every object of a tree by its hex id: nodes, chunks and manifests. A directory that stands in many places is read once. */
export async function objectsBelow(root: Ref, reader: NodeReader): Promise<Map<string, Bytes>> {
  const ids = new Map<string, Bytes>();
  const noting = notingReader(reader, ids);
  const pending: Ref[] = [root];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (ids.has(formatHex(next.id))) continue;
    for await (const entry of readDirectory(next, noting)) {
      if (entry.content.kind === 'directory') pending.push(entry.content.ref);
      for (const id of await objectsOf(entry, noting)) ids.set(formatHex(id), id);
    }
  }
  return ids;
}

/** Every object that a tree needs and another one may not: nodes, chunks and manifests. Some that both need are among them. */
export async function objectsBeyond(have: Ref | null, needed: Ref | null, reader: NodeReader): Promise<Bytes[]> {
  const ids = new Map<string, Bytes>();
  const noting = notingReader(reader, ids);
  for (const difference of await diffTrees(have, needed, noting)) {
    if (difference.kind === 'removed') continue;
    for (const id of await objectsOf(difference.after.entry, noting)) ids.set(formatHex(id), id);
  }
  return [...ids.values()];
}
