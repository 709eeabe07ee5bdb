// Directories, made from all their entries and read entry by entry: one leaf up to 256 entries, above that a tree whose cuts depend on
// the names alone. spec/directories.md. What changes in an existing one is directory-edit.ts.
import { directoryEntriesMax, directoryLevelsMax, Failure } from '@reprise/protocol/formats';
import { compareNames, cutByName, uncutItemsMax } from './directory-cut.ts';
import {
  type Child,
  childrenOf,
  countEntries,
  type DirectoryNode,
  type DirectorySealer,
  type Expected,
  openDirectoryNodes,
  sealNewNodes,
} from './directory-node.ts';
import type { Entry } from './entry.ts';
import { packEntry, unpackEntry } from './packed-entry.ts';
import { type NodeReader, type NodeWriter, nodesPerFetch, type Ref } from './tree-node.ts';

/**
 * Seals a directory's nodes and returns the reference of its top node.
 * @param boundaryKey 32 random bytes that decide the cuts: a space's own, or fresh ones for a publication that nobody edits
 * @throws Failure bad-name, bad-object or limit-exceeded
 */
export async function buildDirectory(entries: readonly Entry[], boundaryKey: Uint8Array, writer: NodeWriter): Promise<Ref> {
  if (entries.length > directoryEntriesMax) throw new Failure('limit-exceeded', { limit: 'entries per directory' });
  const sorted = sortByName(entries);
  const seal = sealNewNodes(writer);
  if (sorted.length <= uncutItemsMax(0)) return seal({ kind: 'leaf', entries: sorted.map(packEntry) });
  const leaves: Child[] = [];
  for (const leaf of cutByName(boundaryKey, 0, sorted, (entry) => entry.name))
    leaves.push(await sealChild({ kind: 'leaf', entries: leaf.map(packEntry) }, seal));
  return buildAbove(0, leaves, boundaryKey, seal);
}

/** The top node over all nodes of a level. @param children at least one */
export async function buildAbove(level: number, children: readonly Child[], boundaryKey: Uint8Array, seal: DirectorySealer): Promise<Ref> {
  let below = children;
  for (let next = level + 1; below.length > 1; next++) below = await buildLevel(next, below, boundaryKey, seal);
  return (below[0] as Child).ref;
}

async function buildLevel(level: number, children: readonly Child[], boundaryKey: Uint8Array, seal: DirectorySealer): Promise<Child[]> {
  checkLevel(level);
  const groups = children.length <= uncutItemsMax(level) ? [children] : cutByName(boundaryKey, level, children, (child) => child.firstName);
  const parents: Child[] = [];
  for (const group of groups) parents.push(await sealChild({ kind: 'inner', level, children: group }, seal));
  return parents;
}

/** @throws Failure limit-exceeded if no node may stand on this level */
export function checkLevel(level: number): void {
  if (level >= directoryLevelsMax) throw new Failure('limit-exceeded', { limit: 'directory levels' });
}

/** Seals a node that is not empty. */
export async function sealChild(node: DirectoryNode, seal: DirectorySealer): Promise<Child> {
  const firstName = node.kind === 'leaf' ? node.entries[0]?.name : node.children[0]?.firstName;
  return { firstName: firstName as string, ref: await seal(node), count: countEntries(node) };
}

/** @throws Failure bad-name if a name occurs twice */
function sortByName(entries: readonly Entry[]): Entry[] {
  const sorted = entries.toSorted((a, b) => compareNames(a.name, b.name));
  sorted.forEach((entry, i) => {
    if (sorted[i - 1]?.name === entry.name) throw new Failure('bad-name', { reason: 'twice' });
  });
  return sorted;
}

/**
 * A directory's entries in the order of their names, fetched as they are asked for. Everything that the format promises is
 * checked on the way: order, uniqueness, counts, levels and limits.
 * @throws Failure reject, bad-object, bad-name or limit-exceeded
 */
export async function* readDirectory(ref: Ref, reader: NodeReader): AsyncGenerator<Entry, void, void> {
  const pending: Expected[] = [{ ref }];
  while (pending.length > 0) {
    const group = pending.splice(0, sameLevel(pending));
    const nodes = await openDirectoryNodes(group, reader);
    const below: Expected[] = [];
    for (const [i, node] of nodes.entries()) {
      if (node.kind === 'inner') below.push(...childrenOf(node, (group[i] as Expected).before));
      else for (const packed of node.entries) yield unpackEntry(packed);
    }
    pending.unshift(...below);
  }
}

/** How many of the first nodes may be fetched together: leaves in groups, inner nodes one by one, so that little is held. */
function sameLevel(pending: readonly Expected[]): number {
  if (pending[0]?.level !== 0) return 1;
  const other = pending.findIndex((expected) => expected.level !== 0);
  return Math.min(nodesPerFetch, other < 0 ? pending.length : other);
}
