// Directories: one leaf up to 256 entries, above that a tree whose cuts depend on the names alone. spec/directories.md.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { compareBytes, concatBytes, encodeUtf8, readU32, u8 } from '@reprise/kit';
import {
  badObject,
  type DcborValue,
  directoryEntriesMax,
  directoryLevelsMax,
  Failure,
  readArray,
  readText,
  readTuple,
  readUint,
} from '@reprise/protocol/formats';
import { openObject, sealObject } from './cae.ts';
import { decodeEntry, type Entry, encodeEntry } from './entry.ts';
import { objectLabels } from './labels.ts';
import { checkName } from './names.ts';
import {
  decodeNode,
  decodeRef,
  encodeNode,
  encodeRef,
  type NodeReader,
  type NodeWriter,
  nodeObject,
  nodesPerFetch,
  type Ref,
} from './tree-node.ts';

const leafType = 0;
const innerType = 1;
export const singleLeafEntriesMax = 256;
/** Most items in a node of a tree that is cut. */
export const nodeItemsMax = 768;
/** Children of the top node, below which no further level is built. */
const topChildrenMax = 512;
const firstCut = { items: 48, below: 8_947_849 };
const laterCut = { items: 144, below: 55_924_053 };

type Child = { readonly firstName: string; readonly ref: Ref; readonly count: number };

/**
 * Seals a directory's nodes and returns the reference of its top node.
 * @param boundaryKey 32 random bytes, fresh for each publication: they decide the cuts and are kept nowhere else
 * @throws Failure bad-name, bad-object or limit-exceeded
 */
export async function buildDirectory(entries: readonly Entry[], boundaryKey: Uint8Array, writer: NodeWriter): Promise<Ref> {
  if (entries.length > directoryEntriesMax) throw new Failure('limit-exceeded', { limit: 'entries per directory' });
  const sorted = sortByName(entries);
  if (sorted.length <= singleLeafEntriesMax) return sealNode([1, leafType, sorted.map(encodeEntry)], writer);
  let level = 0;
  let children: Child[] = [];
  for (const leaf of cutByName(boundaryKey, level, sorted, (entry) => entry.name)) {
    const ref = await sealNode([1, leafType, leaf.map(encodeEntry)], writer);
    children.push({ firstName: (leaf[0] as Entry).name, ref, count: leaf.length });
  }
  while (children.length > 1) children = await buildLevel(++level, children, boundaryKey, writer);
  return (children[0] as Child).ref;
}

async function buildLevel(level: number, children: readonly Child[], boundaryKey: Uint8Array, writer: NodeWriter): Promise<Child[]> {
  if (level >= directoryLevelsMax) throw new Failure('limit-exceeded', { limit: 'directory levels' });
  const groups = children.length <= topChildrenMax ? [children] : cutByName(boundaryKey, level, children, (child) => child.firstName);
  const parents: Child[] = [];
  for (const group of groups) {
    const ref = await sealNode([1, innerType, level, group.map((child) => [child.firstName, encodeRef(child.ref), child.count])], writer);
    parents.push({ firstName: (group[0] as Child).firstName, ref, count: group.reduce((sum, child) => sum + child.count, 0) });
  }
  return parents;
}

function sortByName(entries: readonly Entry[]): Entry[] {
  const named = entries.map((entry) => ({ entry, bytes: encodeUtf8(entry.name) }));
  named.sort((a, b) => compareBytes(a.bytes, b.bytes));
  return named.map(({ entry }, i) => {
    if (i > 0 && named[i - 1]?.entry.name === entry.name) throw new Failure('bad-name', { reason: 'twice' });
    return entry;
  });
}

/** Cuts after an item where a keyed hash of its name says so, so that an edit moves no cut but its own. */
export function cutByName<Item>(boundaryKey: Uint8Array, level: number, items: readonly Item[], nameOf: (item: Item) => string): Item[][] {
  const groups: Item[][] = [];
  let group: Item[] = [];
  for (const item of items) {
    group.push(item);
    if (!endsGroup(boundaryKey, level, group.length, nameOf(item))) continue;
    groups.push(group);
    group = [];
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

function endsGroup(boundaryKey: Uint8Array, level: number, items: number, name: string): boolean {
  if (items < firstCut.items) return false;
  if (items >= nodeItemsMax) return true;
  const h = readU32(hmac(sha256, boundaryKey, concatBytes(u8(level), encodeUtf8(name))));
  return h < (items < laterCut.items ? firstCut.below : laterCut.below);
}

async function sealNode(value: DcborValue, writer: NodeWriter): Promise<Ref> {
  const { padded, length } = encodeNode(value);
  const key = writer.random(32);
  const object = await sealObject(writer.engine, objectLabels.node, key, padded);
  await writer.put(object);
  return { id: object.id, key, length };
}

/** What is expected of a node by who names it; nothing is known of a directory's top node. */
type Expected = {
  readonly ref: Ref;
  readonly firstName?: string;
  readonly count?: number;
  readonly level?: number;
  readonly before?: string;
};

/**
 * A directory's entries in the order of their names, fetched as they are asked for. Everything that the format promises is
 * checked on the way: order, uniqueness, counts, levels and limits.
 * @throws Failure reject, bad-object, bad-name or limit-exceeded
 */
export async function* readDirectory(ref: Ref, reader: NodeReader): AsyncGenerator<Entry, void, void> {
  const pending: Expected[] = [{ ref }];
  while (pending.length > 0) {
    const group = pending.splice(0, sameLevel(pending));
    const nodes = await openNodes(group, reader);
    const below: Expected[] = [];
    for (const [i, node] of nodes.entries()) {
      if (node.kind === 'inner') below.push(...childrenOf(node, (group[i] as Expected).before));
      else yield* node.entries;
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

async function openNodes(group: readonly Expected[], reader: NodeReader): Promise<DirectoryNode[]> {
  const sealed = await reader.fetch(group.map(({ ref }) => nodeObject(ref)));
  const nodes: DirectoryNode[] = [];
  for (const [i, expected] of group.entries()) {
    const padded = await openObject(reader.engine, objectLabels.node, nodeObject(expected.ref), sealed[i] ?? new Uint8Array());
    const node = decodeDirectoryNode(decodeNode(expected.ref, padded));
    checkNode(node, expected);
    nodes.push(node);
  }
  return nodes;
}

function childrenOf(node: DirectoryNode & { kind: 'inner' }, before: string | undefined): Expected[] {
  return node.children.map((child, i) => {
    const next = node.children[i + 1]?.firstName ?? before;
    return { ...child, level: node.level - 1, ...(next === undefined ? {} : { before: next }) };
  });
}

export type DirectoryNode =
  | { readonly kind: 'leaf'; readonly entries: readonly Entry[] }
  | { readonly kind: 'inner'; readonly level: number; readonly children: readonly Child[] };

function checkNode(node: DirectoryNode, expected: Expected): void {
  const names = node.kind === 'leaf' ? node.entries.map((entry) => entry.name) : node.children.map((child) => child.firstName);
  const count = node.kind === 'leaf' ? node.entries.length : node.children.reduce((sum, child) => sum + child.count, 0);
  const level = node.kind === 'leaf' ? 0 : node.level;
  if (count > directoryEntriesMax) throw new Failure('limit-exceeded', { limit: 'entries per directory' });
  if (expected.level === undefined) return;
  if (level !== expected.level) throw badObject('a directory node stands on another level');
  if (count !== expected.count) throw badObject('a directory node does not hold as many entries as its parent says');
  if (names[0] !== expected.firstName) throw badObject('a directory node starts with another name');
  if (expected.before !== undefined && compareNames(names.at(-1) as string, expected.before) >= 0)
    throw badObject('directory nodes overlap');
}

/** @throws Failure bad-object, bad-name or limit-exceeded */
export function decodeDirectoryNode(value: DcborValue): DirectoryNode {
  const items = readArray(value, 4);
  readUint(items[0], 1, 1);
  if (items[1] === leafType) {
    const [, , list] = readTuple(items, 3);
    const entries = readArray(list, nodeItemsMax).map(decodeEntry);
    checkOrder(entries.map((entry) => entry.name));
    return { kind: 'leaf', entries };
  }
  readUint(items[1], innerType, innerType);
  const [, , level, list] = readTuple(items, 4);
  const children = readArray(list, nodeItemsMax).map(decodeChild);
  if (children.length === 0) throw badObject('an inner node of nothing');
  checkOrder(children.map((child) => child.firstName));
  return { kind: 'inner', level: readUint(level, directoryLevelsMax - 1, 1), children };
}

function decodeChild(value: DcborValue): Child {
  const [firstName, ref, count] = readTuple(value, 3);
  return { firstName: checkName(readText(firstName)), ref: decodeRef(ref), count: readUint(count, directoryEntriesMax, 1) };
}

function checkOrder(names: readonly string[]): void {
  names.forEach((name, i) => {
    if (i > 0 && compareNames(names[i - 1] as string, name) >= 0) throw badObject('names repeat or are not sorted');
  });
}

function compareNames(a: string, b: string): number {
  return compareBytes(encodeUtf8(a), encodeUtf8(b));
}
