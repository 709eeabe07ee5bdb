// Extents that do not fit an entry, in a tree of nodes cut by position: spec/ropes.md "Manifests".
import {
  badObject,
  chunkBytes,
  type DcborValue,
  Failure,
  extentsInlineMax,
  extentsLeafMax,
  fileBytesMax,
  manifestChildrenMax,
  manifestLevelsMax,
  readArray,
  readTuple,
  readUint,
} from '@reprise/protocol/formats';
import { objectLabels } from './labels.ts';
import { decodeExtent, encodeExtent, type Extent, ropeLength } from './rope.ts';
import { decodeRef, encodeRef, type NodeReader, type NodeWriter, nodesPerFetch, openNodes, type Ref, sealNode } from './tree-node.ts';

const leafType = 2;
const innerType = 3;
const leafExtentsMin = 128;

/** The content of a file: its extents, or a reference to the manifest that lists them. */
export type FileContent = { readonly kind: 'file'; readonly extents: readonly Extent[] } | { readonly kind: 'manifest'; readonly ref: Ref };

type Child = { readonly ref: Ref; readonly bytes: number };

/** Seals the manifest nodes, if more than four extents make one necessary. @throws Failure limit-exceeded */
export async function buildContent(extents: readonly Extent[], writer: NodeWriter): Promise<FileContent> {
  if (extents.length <= extentsInlineMax) return { kind: 'file', extents };
  if (extents.length > extentsMaxOf(ropeLength(extents))) throw new Failure('limit-exceeded', { limit: 'extents of a file' });
  let children: Child[] = [];
  for (const leaf of cutEvenly(extents, extentsLeafMax, leafExtentsMin)) {
    children.push({ ref: await seal([1, leafType, leaf.map(encodeExtent)], writer), bytes: ropeLength(leaf) });
  }
  for (let level = 1; children.length > 1; level++) {
    if (level >= manifestLevelsMax) throw new Failure('limit-exceeded', { limit: 'manifest levels' });
    children = await buildLevel(level, children, writer);
  }
  return { kind: 'manifest', ref: (children[0] as Child).ref };
}

async function buildLevel(level: number, children: readonly Child[], writer: NodeWriter): Promise<Child[]> {
  const parents: Child[] = [];
  for (const group of cutEvenly(children, manifestChildrenMax, 1)) {
    const ref = await seal([1, innerType, level, group.map((child) => [encodeRef(child.ref), child.bytes])], writer);
    parents.push({ ref, bytes: group.reduce((sum, child) => sum + child.bytes, 0) });
  }
  return parents;
}

function seal(value: DcborValue, writer: NodeWriter): Promise<Ref> {
  return sealNode(objectLabels.manifest, value, writer);
}

/** Groups of `max`; a last one below `min` shares evenly with the one before it. */
export function cutEvenly<Item>(items: readonly Item[], max: number, min: number): Item[][] {
  const groups: Item[][] = [];
  for (let at = 0; at < items.length; at += max) groups.push(items.slice(at, at + max));
  const [before, last] = groups.slice(-2);
  if (before && last && last.length < min) {
    const both = [...before, ...last];
    groups.splice(-2, 2, both.slice(0, Math.ceil(both.length / 2)), both.slice(Math.ceil(both.length / 2)));
  }
  return groups;
}

type Level = readonly (Child & { readonly level: number | undefined })[];

/** More than 16 extents for each full chunk a file would fill are never written, so that few nodes cannot name many extents. */
function extentsMaxOf(size: number): number {
  return 16 * Math.ceil(size / chunkBytes) + 1_024;
}

/**
 * All extents of a file, in order.
 * @param size the file's bytes, as its entry says
 * @throws Failure reject, bad-object or limit-exceeded
 */
export async function readExtents(content: FileContent, size: number, reader: NodeReader): Promise<readonly Extent[]> {
  if (content.kind === 'file') return content.extents;
  let level: Level = [{ ref: content.ref, bytes: size, level: undefined }];
  for (let depth = 0; depth < manifestLevelsMax; depth++) {
    const nodes = await readLevel(level, extentsMaxOf(size), reader);
    if (nodes.every((node) => node.kind === 'leaf')) return nodes.flatMap((node) => (node.kind === 'leaf' ? node.extents : []));
    level = nodes.flatMap((node) => {
      if (node.kind === 'leaf') throw badObject('a manifest’s leaves lie on one level');
      return node.children.map((child) => ({ ...child, level: node.level - 1 }));
    });
  }
  throw new Failure('limit-exceeded', { limit: 'manifest levels' });
}

type ManifestNode =
  | { readonly kind: 'leaf'; readonly extents: readonly Extent[] }
  | { readonly kind: 'inner'; readonly level: number; readonly children: readonly Child[] };

/** @param itemsMax extents or children in all nodes of the level */
async function readLevel(level: Level, itemsMax: number, reader: NodeReader): Promise<ManifestNode[]> {
  let items = 0;
  const nodes: ManifestNode[] = [];
  for (let at = 0; at < level.length; at += nodesPerFetch) {
    const group = level.slice(at, at + nodesPerFetch);
    const values = await openNodes(
      objectLabels.manifest,
      group.map(({ ref }) => ref),
      reader,
    );
    for (const [i, child] of group.entries()) {
      const node = checkNode(decodeManifestNode(values[i] as DcborValue), child);
      items += node.kind === 'leaf' ? node.extents.length : node.children.length;
      if (items > itemsMax) throw new Failure('limit-exceeded', { limit: 'extents of a file' });
      nodes.push(node);
    }
  }
  return nodes;
}

/** A node holds as many bytes as its parent said and stands on the level that its parent's level asks for. */
function checkNode(node: ManifestNode, expected: { readonly bytes: number; readonly level: number | undefined }): ManifestNode {
  const bytes = node.kind === 'leaf' ? ropeLength(node.extents) : node.children.reduce((sum, child) => sum + child.bytes, 0);
  if (bytes !== expected.bytes) throw badObject('a manifest node does not add up to its parent’s number');
  const level = node.kind === 'leaf' ? 0 : node.level;
  if (expected.level !== undefined && level !== expected.level) throw badObject('a manifest node stands on another level');
  return node;
}

/** @throws Failure bad-object */
export function decodeManifestNode(value: DcborValue): ManifestNode {
  const items = readArray(value, 4);
  readUint(items[0], 1, 1);
  if (items[1] === leafType) {
    const [, , extents] = readTuple(items, 3);
    return { kind: 'leaf', extents: atLeastOne(readArray(extents, extentsLeafMax)).map(decodeExtent) };
  }
  readUint(items[1], innerType, innerType);
  const [, , level, children] = readTuple(items, 4);
  return {
    kind: 'inner',
    level: readUint(level, manifestLevelsMax - 1, 1),
    children: atLeastOne(readArray(children, manifestChildrenMax)).map(decodeChild),
  };
}

function decodeChild(value: DcborValue): Child {
  const [ref, bytes] = readTuple(value, 2);
  return { ref: decodeRef(ref), bytes: readUint(bytes, fileBytesMax) };
}

function atLeastOne(items: readonly DcborValue[]): readonly DcborValue[] {
  if (items.length === 0) throw badObject('a node of nothing');
  return items;
}
