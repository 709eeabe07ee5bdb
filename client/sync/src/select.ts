// Which folders of the drive are kept on this device: a person leaves one out, or takes it back. Nothing moves in the drive by that, and what only
// this device has waits in the safety folder until its folder is taken back. spec/sync.md S8, "What is wanted here".
import { isTooMany } from './brake.ts';
import type { Journal } from './node/journal/journal.ts';
import type { DiskPath } from './ports.ts';
import { isLeftOut, wantedAtOnce } from './safety.ts';
import { ancestors, type NodeId, rootId, type TreeNode } from './tree.ts';

export type LeftOut = { readonly id: NodeId; readonly path: DiskPath };

/** What leaves this disk with a folder. */
export type Leaves = {
  /** Files and links. */
  readonly files: number;
  /** Those of them that the drive does not have as they are here. */
  readonly unsent: number;
  /** As many as the brake would ask about. */
  readonly isMany: boolean;
};

/** Folders that are left out and still in the drive, by path. */
export function leftOut(journal: Journal): readonly LeftOut[] {
  const found = [...journal.choices('deselected')].flatMap((value) => {
    const names = journal.pathIn(journal.remote, value as NodeId);
    return names && journal.remote.get(value as NodeId) ? [{ id: value as NodeId, path: names.join('/') }] : [];
  });
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The folder of the drive at a path, in the drive's names; undefined if there is none. */
export function folderAt(journal: Journal, path: DiskPath): TreeNode | undefined {
  let found: TreeNode | undefined;
  for (const name of path.normalize('NFC').split('/')) {
    found = journal.remote.named(found?.id ?? rootId, name).find((node) => node.name === name);
    if (found?.kind !== 'folder') return undefined;
  }
  return found;
}

/** The folder by which one is left out: itself, or one above it. */
export function leftOutBy(journal: Journal, id: NodeId): NodeId | undefined {
  const chosen = journal.choices('deselected');
  return [id, ...[...ancestors(journal.remote, id)].map((folder) => folder.id)].find((one) => chosen.has(one));
}

export function weigh(journal: Journal, id: NodeId): Leaves {
  let [nodes, files, unsent] = [0, 0, 0];
  for (const row of below(journal.local, id)) {
    nodes++;
    if (row.kind === 'folder') continue;
    files++;
    const [base, remote] = [journal.synced.get(row.id), journal.remote.get(row.id)];
    if (base?.content !== row.content && remote?.content !== row.content) unsent++;
  }
  return { files, unsent, isMany: isTooMany(nodes, journal.synced.size) };
}

/** Programs that sync this root look at it anew. */
export function leaveOut(journal: Journal, id: NodeId): void {
  choose(journal, id, true);
}

/** What waited in the safety folder because of it comes back as soon as the folder has. @returns how many files that are */
export function takeBack(journal: Journal, id: NodeId): number {
  return journal.write(() => {
    choose(journal, id, false);
    const waiting = journal.kept().filter((kept) => kept.folders.includes(id) && !isLeftOut(journal, kept));
    for (const kept of waiting) journal.keep({ ...kept, atMs: wantedAtOnce });
    return waiting.length;
  });
}

function choose(journal: Journal, id: NodeId, isLeftOut: boolean): void {
  journal.write(() => {
    journal.setChoices('deselected', [id], isLeftOut);
    // What is equal on both sides is planned again as well.
    journal.touch(id);
    for (const tree of [journal.remote, journal.local]) for (const row of below(tree, id)) journal.touch(row.id);
  });
}

function* below(tree: Journal['remote'] | Journal['local'], folder: NodeId): Generator<TreeNode> {
  const pending: NodeId[] = [folder];
  for (let next = pending.pop(); next !== undefined; next = pending.pop())
    for (const child of tree.children(next)) {
      yield child;
      if (child.kind === 'folder') pending.push(child.id);
    }
}
