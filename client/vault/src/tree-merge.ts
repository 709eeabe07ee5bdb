// Merges what this device made of a tree into the tree that is in the log: reads what differs, decides, and edits. spec/merge.md.
import { type Bytes, formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { ConflictLabel } from './conflict-name.ts';
import { findEntries } from './directory-find.ts';
import { readDirectory } from './directory.ts';
import type { Entry } from './entry.ts';
import { type ChosenName, type MergeConflict, type Merged, mergeChanges, type Merging } from './merge.ts';
import { isSamePlace, joinSides, type MergeNode } from './merge-sides.ts';
import { diffTrees, type Place, treeDepthMax, type TreeDifference } from './tree-diff.ts';
import { editTree, type TreeEdited } from './tree-edit.ts';
import type { NodeReader, NodeWriter, Ref } from './tree-node.ts';

export type MergeRoots = {
  /** The newest tree that both others descend from; null if there was none. */
  readonly base: Ref | null;
  /** What this device made of it. */
  readonly ours: Ref;
  /** What is in the log. */
  readonly theirs: Ref;
};

export type TreeMerging = Pick<Merging, 'isSameContent' | 'newFid'> & {
  readonly label: ConflictLabel;
  readonly boundaryKey: Uint8Array;
  readonly reader: NodeReader;
  readonly writer: NodeWriter;
};

/** The edits are of the log's tree. Nodes of ours may be named by it too: what our own commit would have added is to be added again. */
export type TreeMerged = TreeEdited & { readonly conflicts: readonly MergeConflict[] };

/** @throws Failure reject, bad-object, bad-name or limit-exceeded */
export async function mergeTrees(roots: MergeRoots, merging: TreeMerging): Promise<TreeMerged> {
  const { reader, writer, boundaryKey } = merging;
  const [ours, theirs] = [await diffTrees(roots.base, roots.ours, reader), await diffTrees(roots.base, roots.theirs, reader)];
  const known = await findEscapes(ours, theirs, reader);
  const merged = await decideNames(roots.theirs, { ...merging, ...known }, reader);
  const edited = await editTree(roots.theirs, merged.edits, { boundaryKey, reader, writer, locate: merged.locate });
  return { ...edited, conflicts: merged.conflicts };
}

/** Merges again until every name that was given is known to be free. */
async function decideNames(root: Ref, merging: Merging, reader: NodeReader): Promise<Merged> {
  const lookedUp = new Set<string>();
  const told = new Set([...merging.ours, ...merging.theirs].map(fidOf));
  const theirs = [...merging.theirs];
  for (;;) {
    const merged = mergeChanges({ ...merging, theirs });
    const before = theirs.length;
    for (const { parent, directory, names } of groupNames(merged.chosen, lookedUp)) {
      const top = directory === undefined ? root : directory;
      const standing = top ? await findEntries(top, names, reader) : new Map<string, Entry>();
      for (const entry of standing.values()) {
        if (told.has(formatHex(entry.fid))) continue;
        told.add(formatHex(entry.fid));
        theirs.push({ kind: 'changed', before: { parent, entry }, after: { parent, entry } });
      }
    }
    if (theirs.length === before) return merged;
  }
}

function fidOf(difference: TreeDifference): string {
  return formatHex((difference.kind === 'removed' ? difference.before : difference.after).entry.fid);
}

type Lookup = { readonly parent: Bytes; readonly directory: Ref | null | undefined; readonly names: string[] };

/** @param lookedUp places that are left out, to which these are added */
function groupNames(chosen: readonly ChosenName[], lookedUp: Set<string>): Iterable<Lookup> {
  const groups = new Map<string, Lookup>();
  for (const { parent, name, directory } of chosen) {
    const place = `${formatHex(parent)}/${name}`;
    if (lookedUp.has(place)) continue;
    lookedUp.add(place);
    const group = groups.get(formatHex(parent)) ?? { parent, directory, names: [] };
    groups.set(formatHex(parent), group);
    group.names.push(name);
  }
  return groups.values();
}

type Sides = { readonly ours: readonly TreeDifference[]; readonly theirs: readonly TreeDifference[] };

/**
 * Where one side moved a folder that the other deleted, it lives on with everything in it, except what the deleting side had taken out of it
 * before. Such a thing may be told as new by the differences; here it is recognised.
 */
async function findEscapes(ours: readonly TreeDifference[], theirs: readonly TreeDifference[], reader: NodeReader): Promise<Sides> {
  const nodes = [...joinSides(ours, theirs).values()];
  return {
    ours: await recognise(
      ours,
      nodes.filter((node) => !node.ours && isMovedBy(node, 'theirs')),
      reader,
    ),
    theirs: await recognise(
      theirs,
      nodes.filter((node) => !node.theirs && isMovedBy(node, 'ours')),
      reader,
    ),
  };
}

function isMovedBy({ base, isFolder, ...stands }: MergeNode, side: 'ours' | 'theirs'): boolean {
  const stand = stands[side];
  return isFolder && base !== undefined && stand !== undefined && !isSamePlace(base, stand);
}

/** @param folders that the side deleted, as they were */
async function recognise(
  side: readonly TreeDifference[],
  folders: readonly MergeNode[],
  reader: NodeReader,
): Promise<readonly TreeDifference[]> {
  const added = new Set(side.flatMap((one) => (one.kind === 'added' ? formatHex(one.after.entry.fid) : [])));
  if (added.size === 0 || folders.length === 0) return side;
  const befores = new Map<string, Place>();
  for (const { base } of folders) if (base) await findBelow(base.entry, added, befores, reader);
  const removed = new Set(side.flatMap((one) => (one.kind === 'added' ? [] : formatHex(one.before.entry.fid))));
  const told = side.map((one): TreeDifference => {
    const before = one.kind === 'added' ? befores.get(formatHex(one.after.entry.fid)) : undefined;
    return one.kind === 'added' && before ? { kind: 'changed', before, after: one.after } : one;
  });
  const above = [...befores].filter(([key]) => !added.has(key) && !removed.has(key));
  return [...told, ...above.map(([, before]): TreeDifference => ({ kind: 'removed', before }))];
}

/** Notes what of the wanted was below a folder, and the folders between. */
async function findBelow(
  folder: Entry,
  wanted: ReadonlySet<string>,
  found: Map<string, Place>,
  reader: NodeReader,
  depth = 0,
): Promise<boolean> {
  let isAny = false;
  if (depth > treeDepthMax) throw new Failure('limit-exceeded', { limit: 'depth of a tree' });
  if (folder.content.kind !== 'directory') return false;
  for await (const entry of readDirectory(folder.content.ref, reader)) {
    const key = formatHex(entry.fid);
    const isBelow = await findBelow(entry, wanted, found, reader, depth + 1);
    if (!isBelow && !wanted.has(key)) continue;
    found.set(key, { parent: folder.fid, entry });
    isAny = true;
  }
  return isAny;
}
