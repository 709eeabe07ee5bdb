// Looks names up in a directory without reading the rest of it. spec/directories.md "Reading".
import { compareNames } from './directory-cut.ts';
import { boundOf, DirectoryWalk } from './directory-walk.ts';
import type { Entry } from './entry.ts';
import { unpackEntry } from './packed-entry.ts';
import type { NodeReader, Ref } from './tree-node.ts';

/** @throws Failure reject, bad-object, bad-name or limit-exceeded */
export async function findEntry(directory: Ref, name: string, reader: NodeReader): Promise<Entry | undefined> {
  return (await findEntries(directory, [name], reader)).get(name);
}

/** Those of the names that are there. Leaves are fetched in groups. @throws as `findEntry` */
export async function findEntries(directory: Ref, names: readonly string[], reader: NodeReader): Promise<ReadonlyMap<string, Entry>> {
  const found = new Map<string, Entry>();
  const walk = await DirectoryWalk.open(directory, reader);
  const sorted = names.toSorted(compareNames);
  for (let next = 0; next < sorted.length; ) {
    const at = await walk.seek(0, sorted[next] as string);
    const entries = new Map((await walk.entriesAt(at, sorted.slice(next))).map((entry) => [entry.name, entry]));
    const before = boundOf(at);
    for (; next < sorted.length && (before === undefined || compareNames(sorted[next] as string, before) < 0); next++) {
      const packed = entries.get(sorted[next] as string);
      if (packed) found.set(packed.name, unpackEntry(packed));
    }
  }
  return found;
}
