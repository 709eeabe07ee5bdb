// One node of a directory: a leaf of entries or an inner node of children, as bytes and as an object. spec/directories.md.
import type { Bytes } from '@reprise/kit';
import {
  badObject,
  type DcborValue,
  decodeDcbor,
  directoryEntriesMax,
  directoryLevelsMax,
  encodeDcbor,
  Failure,
  joinDcborArray,
  readArray,
  readText,
  readTuple,
  readUint,
  splitDcborArray,
} from '@reprise/protocol/formats';
import { compareNames, nodeItemsMax } from './directory-cut.ts';
import { objectLabels } from './labels.ts';
import { checkName } from './names.ts';
import { type PackedEntry, splitEntries } from './packed-entry.ts';
import { decodeRef, encodeRef, type NodeReader, type NodeWriter, openEncodedNodes, type Ref, sealEncodedNode } from './tree-node.ts';

const leafType = 0;
const innerType = 1;

/** A node as its parent names it: the first name in it, and the entries at its foot. */
export type Child = { readonly firstName: string; readonly ref: Ref; readonly count: number };

export type DirectoryNode =
  | { readonly kind: 'leaf'; readonly entries: readonly PackedEntry[] }
  | { readonly kind: 'inner'; readonly level: number; readonly children: readonly Child[] };

/** Turns a node into an object and names it. */
export type DirectorySealer = (node: DirectoryNode) => Promise<Ref>;

/** Seals each node under a fresh key and hands it to the writer. */
export function sealNewNodes(writer: NodeWriter): DirectorySealer {
  return (node) => sealEncodedNode(objectLabels.node, encodeDirectoryNode(node), writer);
}

function encodeDirectoryNode(node: DirectoryNode): Bytes {
  if (node.kind === 'leaf')
    return joinDcborArray([encodeDcbor(1), encodeDcbor(leafType), joinDcborArray(node.entries.map(({ bytes }) => bytes))]);
  const prefix = sharedPrefix(node.children);
  const children = node.children.map(({ firstName, ref, count }) => [firstName.slice(prefix.length), encodeRef(ref), count]);
  return encodeDcbor([1, innerType, node.level, prefix, children]);
}

/** Of a leaf's entries only the names are checked. @throws Failure bad-object or bad-name */
function decodeDirectoryNode(bytes: Bytes): DirectoryNode {
  const items = splitDcborArray(bytes);
  const [version, type] = items.slice(0, 2).map(decodeDcbor);
  readUint(version, 1, 1);
  if (readUint(type, innerType) === innerType) return decodeInner(decodeDcbor(bytes));
  readTuple(items, 3);
  const entries = splitEntries(items[2] as Uint8Array, nodeItemsMax);
  checkOrder(entries.map((entry) => entry.name));
  return { kind: 'leaf', entries };
}

function decodeInner(value: DcborValue): DirectoryNode {
  const [, , level, start, list] = readTuple(value, 5);
  const prefix = readText(start);
  const children = readArray(list, nodeItemsMax).map((child) => decodeChild(prefix, child));
  if (children.length === 0) throw badObject('an inner node of nothing');
  if (sharedPrefix(children) !== prefix) throw badObject('the prefix is not the longest');
  checkOrder(children.map((child) => child.firstName));
  return { kind: 'inner', level: readUint(level, directoryLevelsMax - 1, 1), children };
}

function decodeChild(prefix: string, value: DcborValue): Child {
  const [rest, ref, count] = readTuple(value, 3);
  return { firstName: checkName(prefix + readText(rest)), ref: decodeRef(ref), count: readUint(count, directoryEntriesMax, 1) };
}

/** The longest text that all first names begin with: half of what a name costs in a node that every update rewrites. */
function sharedPrefix(children: readonly Child[]): string {
  const [first, last] = [children[0]?.firstName ?? '', children.at(-1)?.firstName ?? ''];
  let length = 0;
  while (length < first.length && first.charCodeAt(length) === last.charCodeAt(length)) length++;
  const isInsidePair = length > 0 && length < first.length && (first.charCodeAt(length - 1) & 0xfc00) === 0xd800;
  return first.slice(0, isInsidePair ? length - 1 : length);
}

function checkOrder(names: readonly string[]): void {
  names.forEach((name, i) => {
    if (i > 0 && compareNames(names[i - 1] as string, name) >= 0) throw badObject('names repeat or are not sorted');
  });
}

/** What is expected of a node by who names it; nothing is known of a directory's top node. */
export type Expected = {
  readonly ref: Ref;
  readonly firstName?: string;
  readonly count?: number;
  readonly level?: number;
  /** The first name after the node. */
  readonly before?: string;
};

/** Fetches nodes in one go, opens each and holds it against what its parent says. @throws Failure reject, bad-object, bad-name or limit-exceeded */
export async function openDirectoryNodes(group: readonly Expected[], reader: NodeReader): Promise<DirectoryNode[]> {
  const encoded = await openEncodedNodes(
    objectLabels.node,
    group.map(({ ref }) => ref),
    reader,
  );
  return encoded.map((bytes, i) => {
    const node = decodeDirectoryNode(bytes);
    checkNode(node, group[i] as Expected);
    return node;
  });
}

/** What a node's children have to be, given the first name after the node. */
export function childrenOf(node: DirectoryNode & { kind: 'inner' }, before: string | undefined): (Child & Expected)[] {
  return node.children.map((child, i) => {
    const next = node.children[i + 1]?.firstName ?? before;
    return { ...child, level: node.level - 1, ...(next === undefined ? {} : { before: next }) };
  });
}

/** Entries at the foot of a node. */
export function countEntries(node: DirectoryNode): number {
  return node.kind === 'leaf' ? node.entries.length : node.children.reduce((sum, child) => sum + child.count, 0);
}

function checkNode(node: DirectoryNode, expected: Expected): void {
  const names = node.kind === 'leaf' ? node.entries.map((entry) => entry.name) : node.children.map((child) => child.firstName);
  const count = countEntries(node);
  const level = node.kind === 'leaf' ? 0 : node.level;
  if (count > directoryEntriesMax) throw new Failure('limit-exceeded', { limit: 'entries per directory' });
  if (expected.level === undefined) return;
  if (level !== expected.level) throw badObject('a directory node stands on another level');
  if (count !== expected.count) throw badObject('a directory node does not hold as many entries as its parent says');
  if (names[0] !== expected.firstName) throw badObject('a directory node starts with another name');
  if (expected.before !== undefined && compareNames(names.at(-1) as string, expected.before) >= 0)
    throw badObject('directory nodes overlap');
}
