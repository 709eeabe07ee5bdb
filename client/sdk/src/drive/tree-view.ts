// One state of a drive's tree, read as far as it is asked about: entries by path, folders entry by entry. spec/directories.md.
import { Failure } from '@reprise/protocol/formats';
import { type Entry, findEntries, findEntry, type NodeReader, readDirectory, type Ref, rootFid } from '@reprise/vault';
import { type DrivePath, formatPath, hiddenName } from './path.ts';

export class TreeView {
  /** null before the first commit. */
  readonly root: Ref | null;
  readonly reader: NodeReader;

  constructor(root: Ref | null, reader: NodeReader) {
    this.root = root;
    this.reader = reader;
  }

  /** @returns null if nothing stands there; the root is an entry without a name. @throws Failure reject, bad-object, object-missing, network … */
  async entryAt(path: DrivePath): Promise<Entry | null> {
    return (await this.chain(path)).at(-1) ?? null;
  }

  /** The entries from the root down to a path, the root first; null for the last if it does not exist, and shorter if a folder above does not. */
  async chain(path: DrivePath): Promise<(Entry | null)[]> {
    const chain: (Entry | null)[] = [this.rootEntry()];
    for (const name of path) {
      const folder = chain.at(-1);
      if (folder?.content.kind !== 'directory') break;
      chain.push(await this.entryIn(folder, name));
    }
    const isWhole = chain.length === path.length + 1 && this.root !== null;
    return isWhole || path.length === 0 ? chain : [...chain.filter((entry) => entry !== null), null];
  }

  /** The entry of a name in a folder. @returns null if there is none */
  async entryIn(folder: Entry, name: string): Promise<Entry | null> {
    if (folder.content.kind !== 'directory' || folder.content.ref === emptyRef) return null;
    return (await findEntry(folder.content.ref, name, this.reader)) ?? null;
  }

  /** Those of the names that stand in the folder at a path; none if there is no such folder. */
  async entriesAt(path: DrivePath, names: readonly string[]): Promise<ReadonlyMap<string, Entry>> {
    const folder = await this.entryAt(path);
    if (folder?.content.kind !== 'directory' || folder.content.ref === emptyRef) return new Map();
    return findEntries(folder.content.ref, names, this.reader);
  }

  /** By `formatPath`, those of the paths at which something stands. Each folder on the way is read once. */
  async entriesByPath(paths: readonly DrivePath[]): Promise<ReadonlyMap<string, Entry>> {
    const found = new Map<string, Entry>();
    if (paths.some((path) => path.length === 0)) found.set(formatPath([]), this.rootEntry());
    const byFolder = Map.groupBy(
      paths.filter((path) => path.length > 0),
      (path) => formatPath(path.slice(0, -1)),
    );
    if (byFolder.size === 0) return found;
    const folders = await this.entriesByPath([...byFolder.values()].map(([first]) => (first as DrivePath).slice(0, -1)));
    for (const [at, below] of byFolder) {
      const folder = folders.get(at);
      if (folder?.content.kind !== 'directory' || folder.content.ref === emptyRef) continue;
      const names = below.map((path) => path.at(-1) as string);
      const entries = await findEntries(folder.content.ref, names, this.reader);
      for (const path of below) {
        const entry = entries.get(path.at(-1) as string);
        if (entry) found.set(formatPath(path), entry);
      }
    }
    return found;
  }

  /** @throws Failure path-not-found */
  async existing(path: DrivePath): Promise<Entry> {
    const entry = await this.entryAt(path);
    if (!entry) throw new Failure('path-not-found', { path: formatPath(path) });
    return entry;
  }

  /** @throws Failure path-not-found, not-a-folder */
  async folder(path: DrivePath): Promise<Entry> {
    const entry = await this.existing(path);
    if (entry.content.kind !== 'directory') throw new Failure('not-a-folder', { path: formatPath(path) });
    return entry;
  }

  /** The entries of a folder by name, without what is hidden at the root. */
  async *entries(folder: Entry): AsyncGenerator<Entry, void, void> {
    if (folder.content.kind !== 'directory') throw new Failure('not-a-folder', { path: folder.name });
    const isRoot = folder.name === '';
    if (isRoot && this.root === null) return;
    for await (const entry of readDirectory(folder.content.ref, this.reader)) if (!isRoot || entry.name !== hiddenName) yield entry;
  }

  /** The root as an entry: it has no name, and zeros for its fid. */
  rootEntry(): Entry {
    return {
      name: '',
      fid: rootFid,
      content: { kind: 'directory', ref: this.root ?? emptyRef },
      size: 0,
      mtimeNs: 0n,
      executable: false,
      digest: null,
      thumb: null,
      ext: new Map(),
    };
  }
}

/** Stands for the root before there is one; nothing is read from it. */
const emptyRef: Ref = { id: new Uint8Array(32), key: new Uint8Array(32), length: 1 };
