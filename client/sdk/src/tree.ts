// The directories of a publication: what is sent below folders, sealed as nodes from the leaves up. spec/directories.md.
import { type Bytes, encodeUtf8, type RandomBytes } from '@reprise/kit';
import { depthMax, Failure, nameBytesMax } from '@reprise/protocol/formats';
import {
  buildContent,
  buildDirectory,
  type Content,
  type Engine,
  type Entry,
  type Extent,
  nameProblem,
  type NodeWriter,
  type Ref,
  type SealedObject,
} from '@reprise/vault';
import type { FolderItem, SymlinkItem } from './source.ts';

/** A file whose chunks are all durable. */
export type TreeFile = {
  readonly kind: 'file';
  readonly path: string;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly executable: boolean;
  readonly extents: readonly Extent[];
  readonly digest: Bytes | null;
};
export type TreeItem = TreeFile | FolderItem | SymlinkItem;

/** What writing the tree takes; `put` receives each sealed node, children before parents. */
export type TreeTools = {
  readonly engine: Engine;
  readonly random: RandomBytes;
  readonly put: (object: SealedObject) => void | Promise<void>;
};

type Folder = { mtimeNs: bigint; readonly folders: Map<string, Folder>; readonly leaves: Map<string, TreeFile | SymlinkItem> };

/** @returns the root directory, and the bytes of all files below it */
export async function buildTree(items: Iterable<TreeItem>, tools: TreeTools): Promise<{ readonly ref: Ref; readonly sizeBytes: number }> {
  const root = newFolder();
  for (const item of items) place(root, item);
  const writer: NodeWriter = { engine: tools.engine, random: tools.random, put: tools.put };
  const { content, size } = await sealFolder(root, tools.random(32), writer);
  return { ref: content.ref, sizeBytes: size };
}

function newFolder(): Folder {
  return { mtimeNs: 0n, folders: new Map(), leaves: new Map() };
}

function place(root: Folder, item: TreeItem): void {
  const parts = item.path.split('/');
  const name = parts.pop() as string;
  let folder = root;
  for (const part of parts) folder = childFolder(folder, part);
  if (item.kind === 'folder') childFolder(folder, name).mtimeNs = item.mtimeNs;
  else folder.leaves.set(name, item);
}

function childFolder(folder: Folder, name: string): Folder {
  let child = folder.folders.get(name);
  if (!child) folder.folders.set(name, (child = newFolder()));
  return child;
}

/** Depth is bounded by `pathProblem`, so this may call itself. */
async function sealFolder(
  folder: Folder,
  boundaryKey: Bytes,
  writer: NodeWriter,
): Promise<{ content: Content & { kind: 'directory' }; size: number }> {
  const entries: Entry[] = [];
  for (const [name, child] of folder.folders) {
    const { content, size } = await sealFolder(child, boundaryKey, writer);
    entries.push(entryOf(name, content, { size, mtimeNs: child.mtimeNs, random: writer.random }));
  }
  for (const [name, leaf] of folder.leaves) entries.push(await leafEntry(name, leaf, writer));
  const ref = await buildDirectory(entries, boundaryKey, writer);
  return { content: { kind: 'directory', ref }, size: entries.reduce((sum, entry) => sum + entry.size, 0) };
}

async function leafEntry(name: string, leaf: TreeFile | SymlinkItem, writer: NodeWriter): Promise<Entry> {
  const { mtimeNs } = leaf;
  if (leaf.kind === 'symlink') return entryOf(name, { kind: 'symlink', target: leaf.target }, { size: 0, mtimeNs, random: writer.random });
  const content = await buildContent(leaf.extents, writer);
  const entry = entryOf(name, content, { size: leaf.size, mtimeNs, random: writer.random });
  return { ...entry, executable: leaf.executable, digest: leaf.digest };
}

function entryOf(name: string, content: Content, facts: { size: number; mtimeNs: bigint; random: RandomBytes }): Entry {
  const { size, mtimeNs, random } = facts;
  return { name, fid: random(16), content, size, mtimeNs, executable: false, digest: null, thumb: null, ext: new Map() };
}

/** @returns a path in the form the tree holds. @throws Failure bad-name, facts.path and facts.reason */
export function normalPath(path: string): string {
  const parts = path.split('/').map((part) => (part.isWellFormed() ? part.normalize('NFC') : part));
  if (parts.length > depthMax) throw new Failure('bad-name', { path, reason: 'too-deep' });
  for (const part of parts) {
    const reason = nameProblem(part);
    if (reason) throw new Failure('bad-name', { path, reason });
  }
  return parts.join('/');
}

/** A name beside the one that is taken: `a.txt` becomes `a (2).txt`. */
export function otherName(path: string, taken: (path: string) => boolean): string {
  const slash = path.lastIndexOf('/') + 1;
  const name = path.slice(slash);
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let n = 2; ; n++) {
    const suffix = ` (${n})${extension}`;
    let short = stem;
    while (encodeUtf8(short + suffix).length > nameBytesMax) short = [...short].slice(0, -1).join('');
    const candidate = path.slice(0, slash) + short + suffix;
    if (!taken(candidate)) return candidate;
  }
}
