// What became of a drive's tree since somebody looked at it, so that an index of all names follows without reading the tree again.
// spec/merge.md "Differences".
import { formatHex } from '@reprise/kit';
import { diffTrees, type Place } from '@reprise/vault';
import { type DriveEntry, driveEntry } from './entries.ts';
import { hiddenFolders, seen } from './history.ts';
import type { TreeView } from './tree-view.ts';
import { walkTree } from './tree-walk.ts';

/** A tree as it was when somebody looked at it. */
export type Look = {
  /** @internal */
  readonly view: TreeView;
};

/** An entry, and the fid of the folder it is in; what it is called there stands for its path. */
export type PlacedEntry = { readonly entry: DriveEntry; readonly parent: string };

/** What is another in a tree than it was in an earlier one. */
export type TreeNews = {
  /** What came, changed or moved. With a folder that came out of the trash comes everything below it. */
  readonly put: readonly PlacedEntry[];
  /** Fids of what went, into the trash or for good. With a folder goes everything below it that is not among `put`. */
  readonly removed: readonly string[];
};

/** @throws Failure as `diffTrees`; object-missing where the earlier tree is no longer kept here or by the server */
export async function treeNews(earlier: TreeView, now: TreeView): Promise<TreeNews> {
  const hidden = { before: await hiddenFolders(earlier), after: await hiddenFolders(now) };
  const put: PlacedEntry[] = [];
  const removed: string[] = [];
  for (const difference of await diffTrees(earlier.root, now.root, now.reader)) {
    const told = seen(difference, hidden);
    if (told?.after) {
      put.push(placed(told.after));
      if (!told.before && difference.kind === 'changed') put.push(...(await below(now, told.after)));
    } else if (told?.before) removed.push(formatHex(told.before.entry.fid));
  }
  return { put, removed };
}

async function below(view: TreeView, { entry }: Place): Promise<PlacedEntry[]> {
  if (entry.content.kind !== 'directory') return [];
  const found: PlacedEntry[] = [];
  const parents = new Map([['', formatHex(entry.fid)]]);
  for await (const { names, entry: each } of walkTree(view, { names: [], entry })) {
    parents.set(names.join('/'), formatHex(each.fid));
    found.push({ entry: driveEntry([each.name], each), parent: parents.get(names.slice(0, -1).join('/')) as string });
  }
  return found;
}

function placed({ parent, entry }: Place): PlacedEntry {
  return { entry: driveEntry([entry.name], entry), parent: formatHex(parent) };
}
