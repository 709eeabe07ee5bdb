// A commit in the making: edits by folder, which are found by path and may be new themselves. Pure but for what it reads of the tree.
import { type Bytes, formatHex, type RandomBytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { type Entry, findEntries, type NewDirectory, type TreeEdit } from '@reprise/vault';
import { otherName } from '../tree.ts';
import type { Plan } from './drive-space.ts';
import { type DrivePath, formatPath } from './path.ts';
import type { TreeView } from './tree-view.ts';

/** A folder that stands in the tree, or that the draft makes. */
export type DraftFolder = { readonly fid: Bytes; readonly path: DrivePath; readonly entry: Entry | NewDirectory };

export class Draft {
  readonly view: TreeView;
  readonly #random: RandomBytes;
  readonly #nowMs: number;
  readonly #edits: TreeEdit[] = [];
  readonly #places = new Map<string, DrivePath>();
  readonly #folders = new Map<string, DraftFolder>();
  /** Names that edits put or remove, by hex fid of the folder. */
  readonly #names = new Map<string, Map<string, Entry | NewDirectory | null>>();
  /** What stands in the tree under names that were asked for, by hex fid of the folder; null: nothing. */
  readonly #seen = new Map<string, Map<string, Entry | null>>();
  readonly #adds: Bytes[] = [];

  constructor(view: TreeView, random: RandomBytes, nowMs: number) {
    this.view = view;
    this.#random = random;
    this.#nowMs = nowMs;
  }

  plan(): Plan {
    return { edits: this.#edits, places: this.#places, adds: this.#adds };
  }

  /** A folder that stands there, or was made by this draft. @throws Failure path-not-found, not-a-folder */
  async folder(path: DrivePath): Promise<DraftFolder> {
    const known = this.#folders.get(keyOf(path));
    if (known) return known;
    const entry =
      path.length === 0 ? this.view.rootEntry() : await this.entryIn(await this.folder(path.slice(0, -1)), path.at(-1) as string);
    if (!entry) throw new Failure('path-not-found', { path: formatPath(path) });
    if (entry.content.kind !== 'directory') throw new Failure('not-a-folder', { path: formatPath(path) });
    return this.#know({ fid: entry.fid, path, entry: entry as Entry | NewDirectory });
  }

  /** The folder at a path, made with all above it where it is not there. @throws Failure not-a-folder */
  async ensureFolder(path: DrivePath, mtimeNs?: bigint): Promise<DraftFolder> {
    const known = this.#folders.get(keyOf(path));
    if (known) return known;
    if (path.length === 0) return this.folder(path);
    const parent = await this.ensureFolder(path.slice(0, -1));
    const name = path.at(-1) as string;
    const there = await this.entryIn(parent, name);
    if (there) return this.folder(path);
    return this.makeFolder(parent, name, mtimeNs);
  }

  makeFolder(
    parent: DraftFolder,
    name: string,
    mtimeNs = BigInt(this.#nowMs) * 1_000_000n,
    facts: Partial<NewDirectory> = {},
  ): DraftFolder {
    const entry: NewDirectory = {
      name,
      fid: this.#random(16),
      content: { kind: 'directory', ref: null },
      size: 0,
      mtimeNs,
      executable: false,
      digest: null,
      thumb: null,
      ext: new Map(),
      ...facts,
    };
    this.put(parent, entry);
    return this.#know({ fid: entry.fid, path: [...parent.path, name], entry });
  }

  /** What stands under a name once the edits so far are made. */
  async entryIn(folder: DraftFolder, name: string): Promise<Entry | NewDirectory | null> {
    return (await this.entriesIn(folder, [name])).get(name) ?? null;
  }

  /** As `entryIn`, many names in few requests. */
  async entriesIn(folder: DraftFolder, names: readonly string[]): Promise<Map<string, Entry | NewDirectory>> {
    const edited = this.#names.get(formatHex(folder.fid));
    const seen = await this.#look(
      folder,
      names.filter((name) => !edited?.has(name)),
    );
    const entries = new Map<string, Entry | NewDirectory>();
    for (const name of names) {
      const entry = edited?.has(name) ? edited.get(name) : seen.get(name);
      if (entry) entries.set(name, entry);
    }
    return entries;
  }

  /** Reads what stands at paths, folder by folder, so that asking for each later reads nothing. Paths without a folder are passed over. */
  async lookAhead(paths: readonly DrivePath[]): Promise<void> {
    const groups = new Map<string, { readonly folder: DrivePath; readonly names: string[] }>();
    for (const path of paths) {
      const folder = path.slice(0, -1);
      const group = groups.get(keyOf(folder)) ?? { folder, names: [] };
      groups.set(keyOf(folder), group);
      const name = path.at(-1);
      if (name !== undefined) group.names.push(name);
    }
    for (const { folder, names } of groups.values()) {
      const there = await this.folder(folder).catch(passOver);
      if (there) await this.#look(there, names);
    }
  }

  async #look(folder: DraftFolder, names: readonly string[]): Promise<ReadonlyMap<string, Entry | null>> {
    const key = formatHex(folder.fid);
    const seen = this.#seen.get(key) ?? new Map<string, Entry | null>();
    this.#seen.set(key, seen);
    const unknown = names.filter((name) => !seen.has(name));
    const { content } = folder.entry;
    const isThere = content.kind === 'directory' && content.ref !== null && !(folder.path.length === 0 && this.view.root === null);
    const found = isThere && unknown.length > 0 ? await findEntries(content.ref, unknown, this.view.reader) : new Map<string, Entry>();
    for (const name of unknown) seen.set(name, found.get(name) ?? null);
    return seen;
  }

  put(parent: DraftFolder, entry: Entry | NewDirectory): void {
    this.#edits.push({ kind: 'put', parent: parent.fid, entry });
    this.#note(parent, entry.name, entry);
  }

  remove(parent: DraftFolder, name: string): void {
    this.#edits.push({ kind: 'remove', parent: parent.fid, name });
    this.#note(parent, name, null);
  }

  /** A name that is free in a folder: the one asked for, or one beside it. */
  async freeName(folder: DraftFolder, name: string): Promise<string> {
    if (!(await this.entryIn(folder, name))) return name;
    const taken = new Set<string>();
    for (;;) {
      const other = otherName(name, (candidate) => taken.has(candidate));
      if (!(await this.entryIn(folder, other))) return other;
      taken.add(other);
    }
  }

  /** Objects that the edits name and no tree named before. */
  adds(ids: readonly Bytes[]): void {
    for (const id of ids) this.#adds.push(id);
  }

  #know(folder: DraftFolder): DraftFolder {
    this.#folders.set(keyOf(folder.path), folder);
    if (folder.path.length > 0) this.#places.set(formatHex(folder.fid), folder.path);
    return folder;
  }

  #note(parent: DraftFolder, name: string, entry: Entry | NewDirectory | null): void {
    const key = formatHex(parent.fid);
    const names = this.#names.get(key) ?? new Map<string, Entry | NewDirectory | null>();
    names.set(name, entry);
    this.#names.set(key, names);
  }
}

function keyOf(path: DrivePath): string {
  return path.join('/');
}

function passOver(error: unknown): null {
  if (error instanceof Failure && (error.code === 'path-not-found' || error.code === 'not-a-folder')) return null;
  throw error;
}
