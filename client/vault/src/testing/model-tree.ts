// A tree as plainly as it can be said, to hold the real one against: entries by fid, each with its parent's fid, its name and what it holds.
import { type Bytes, formatHex, parseHex } from '@reprise/kit';
import { readDirectory } from '../directory.ts';
import type { Entry } from '../entry.ts';
import { rootFid } from '../tree-change.ts';
import { editTree, type NewDirectory, type TreeEdit, type TreeEdited } from '../tree-edit.ts';
import type { Ref } from '../tree-node.ts';
import { fileEntry, type TreeStore } from './tree-store.ts';

/** `content` of a file is one word; null: a folder. */
export type ModelNode = { readonly parent: string; readonly name: string; readonly content: string | null };
export type Model = ReadonlyMap<string, ModelNode>;

export const rootKey = formatHex(rootFid);

/** A file whose content is a word, so that it can be told from every other. */
export function wordEntry(name: string, fid: Bytes, word: string): Entry {
  return fileEntry(name, { fid, size: word.length, content: { kind: 'unknown', number: 9, value: word } });
}

export function folderOf(name: string, fid: Bytes): NewDirectory {
  return { ...fileEntry(name, { fid }), content: { kind: 'directory', ref: null } };
}

export function pathOf(model: Model, key: string): string[] {
  const path: string[] = [];
  for (let at = key; at !== rootKey; ) {
    const node = model.get(at) as ModelNode;
    path.unshift(node.name);
    at = node.parent;
  }
  return path;
}

export function isBelow(model: Model, key: string, above: string): boolean {
  for (let at: string | undefined = key; at !== undefined && at !== rootKey; at = model.get(at)?.parent) if (at === above) return true;
  return false;
}

/** All paths, with the content of files. */
export function listing(model: Model): string[] {
  return [...model].map(([key, { content }]) => `${pathOf(model, key).join('/')}${content === null ? '/' : `=${content}`}`).sort();
}

/** The edits that make one model of another; every moved folder keeps its nodes. */
export function editsBetween(before: Model, after: Model, entries: ReadonlyMap<string, Entry>): TreeEdit[] {
  const edits: TreeEdit[] = [];
  const fidOf = (key: string): Bytes => parseHex(key) as Bytes;
  for (const [key, node] of before) {
    const now = after.get(key);
    if (now?.parent === node.parent && now.name === node.name) continue;
    // Below what is gone nothing needs to be removed.
    if (node.parent === rootKey || after.has(node.parent)) edits.push({ kind: 'remove', parent: fidOf(node.parent), name: node.name });
  }
  for (const [key, node] of after) {
    const old = before.get(key);
    if (old?.parent === node.parent && old.name === node.name && old.content === node.content) continue;
    edits.push({ kind: 'put', parent: fidOf(node.parent), entry: entryFor(key, node, entries.get(key)) });
  }
  return edits;
}

function entryFor(key: string, { name, content }: ModelNode, known: Entry | undefined): Entry | NewDirectory {
  if (content !== null) return { ...wordEntry(name, parseHex(key) as Bytes, content), ext: known?.ext ?? new Map() };
  return known ? { ...known, name } : folderOf(name, parseHex(key) as Bytes);
}

export type RealTree = { readonly root: Ref | null; readonly entries: ReadonlyMap<string, Entry>; readonly model: Model };

export const noTree: RealTree = { root: null, entries: new Map(), model: new Map() };

/** Makes the real tree of a model out of that of another. */
export async function becomeModel(
  tree: RealTree,
  model: Model,
  store: TreeStore,
  boundaryKey: Uint8Array,
): Promise<RealTree & { readonly edited: TreeEdited }> {
  const edited = await editTree(tree.root, editsBetween(tree.model, model, tree.entries), {
    boundaryKey,
    reader: store.reader,
    writer: store.writer,
    locate: (fid) => (tree.model.has(formatHex(fid)) ? pathOf(tree.model, formatHex(fid)) : undefined),
  });
  return { ...(await readTree(edited.root, store)), edited };
}

export async function readTree(root: Ref, store: TreeStore): Promise<RealTree> {
  const model = new Map<string, ModelNode>();
  const entries = new Map<string, Entry>();
  const pending: { fid: string; ref: Ref }[] = [{ fid: rootKey, ref: root }];
  for (let directory = pending.pop(); directory; directory = pending.pop()) {
    for await (const entry of readDirectory(directory.ref, store.reader)) {
      const key = formatHex(entry.fid);
      if (model.has(key)) throw new Error(`${entry.name} stands twice in the tree`);
      const content = entry.content.kind === 'unknown' ? String(entry.content.value) : null;
      model.set(key, { parent: directory.fid, name: entry.name, content });
      entries.set(key, entry);
      if (entry.content.kind === 'directory') pending.push({ fid: key, ref: entry.content.ref });
    }
  }
  return { root, model, entries };
}
