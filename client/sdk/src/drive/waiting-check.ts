// Whether a change that waited can still be carried out as the person meant it: everything it names is looked for in the newest tree.
// spec/drive.md "Changes that wait".
import { equalBytes } from '@reprise/kit';
import { isSameContent } from '@reprise/vault';
import { type DrivePath, parsePath, splitPath } from './path.ts';
import { trashPath } from './trash.ts';
import type { TreeView } from './tree-view.ts';
import type { HeldReason, WaitingAct } from './waiting-record.ts';
import { isInTrash, whereNow } from './where-now.ts';

/** `go`: it can; `done`: nothing is left to do. */
export type Verdict = 'go' | 'done' | HeldReason;

/**
 * @param base the tree that the person saw
 * @param head the newest
 * @returns of each entry that the act names, in its order
 * @throws Failure network, object-missing …
 */
export function checkWaiting(act: WaitingAct, base: TreeView, head: TreeView): Promise<readonly Verdict[]> {
  switch (act.kind) {
    case 'folder':
      return each([act.path], async (path) => ((await liveFolder(base, head, splitPath(parsePath(path)).folder)) ? 'go' : 'gone'));
    case 'mark':
      return each(act.paths, async (path) => ((await livePath(base, head, path)) ? 'go' : 'gone'));
    case 'move':
      return each(act.transfers, ({ from, to }) => checkMove(base, head, parsePath(from), parsePath(to)));
    case 'remove':
      return each(act.paths, (path) => checkRemoval(base, head, parsePath(path)));
    case 'restore':
      return each(act.ids, (id) => checkRestore(base, head, id));
  }
}

/** Of the whole act: what is held of it keeps the rest from going on as one. */
export function verdictOf(verdicts: readonly Verdict[]): Verdict {
  const held = verdicts.find((verdict) => verdict !== 'go' && verdict !== 'done');
  return held ?? (verdicts.includes('go') ? 'go' : 'done');
}

async function each<Item>(items: readonly Item[], check: (item: Item) => Promise<Verdict>): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const item of items) verdicts.push(await check(item));
  return verdicts;
}

async function livePath(base: TreeView, head: TreeView, path: string | DrivePath): Promise<DrivePath | null> {
  const now = await whereNow(base, head, typeof path === 'string' ? parsePath(path) : path);
  return now && !isInTrash(now) ? now : null;
}

function liveFolder(base: TreeView, head: TreeView, path: DrivePath): Promise<DrivePath | null> {
  return path.length === 0 ? Promise.resolve(path) : livePath(base, head, path);
}

async function checkMove(base: TreeView, head: TreeView, from: DrivePath, to: DrivePath): Promise<Verdict> {
  const [now, target] = [await livePath(base, head, from), await liveFolder(base, head, splitPath(to).folder)];
  if (!now || !target) return 'gone';
  if (now.join('/') === [...target, splitPath(to).name].join('/')) return 'done';
  return (await isUnmoved(base, head, from, now)) ? 'go' : 'moved';
}

async function checkRemoval(base: TreeView, head: TreeView, path: DrivePath): Promise<Verdict> {
  const now = await livePath(base, head, path);
  if (!now) return 'done';
  if (!(await isUnmoved(base, head, path, now))) return 'moved';
  const [before, after] = [await base.existing(path), await head.existing(now)];
  return before.content.kind === 'directory' || isSameContent(before, after) ? 'go' : 'changed';
}

async function checkRestore(base: TreeView, head: TreeView, id: string): Promise<Verdict> {
  const wrapper = [...trashPath, id];
  if (await head.entryAt(wrapper)) return 'go';
  const before = await base.entryAt(wrapper);
  if (!before) return 'gone';
  for await (const { name } of base.entries(before)) if (!(await livePath(base, head, [...wrapper, name]))) return 'gone';
  return 'done';
}

/** Whether the entry itself stands where it stood: in the same folder, wherever that is by now, under the same name. */
async function isUnmoved(base: TreeView, head: TreeView, then: DrivePath, now: DrivePath): Promise<boolean> {
  const [before, after] = [await base.entryAt(then.slice(0, -1)), await head.entryAt(now.slice(0, -1))];
  return then.at(-1) === now.at(-1) && before !== null && after !== null && equalBytes(before.fid, after.fid);
}
