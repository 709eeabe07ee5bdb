// What each act of a person changes in the tree, decided on the tree as it is: folders made, entries moved, copied, marked, thrown away and
// brought back. Each returns the plan of one commit, or null if there is nothing to do. spec/drive.md.
import { type Bytes, formatHex, type RandomBytes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { type Entry, isSameContent, rootFid } from '@reprise/vault';
import { Draft, type DraftFolder } from './draft.ts';
import type { Plan } from './drive-space.ts';
import { type Marks, withMarks } from './marks.ts';
import { type DrivePath, formatPath, hiddenName, isWithin, splitPath } from './path.ts';
import { takenOf, withTaken } from './taken.ts';
import { trashItem, type TrashItem, trashPath, wrapperFacts } from './trash.ts';
import type { TreeView } from './tree-view.ts';

export type ChangeTools = {
  readonly random: RandomBytes;
  readonly nowMs: number;
  /** When something counts as thrown away: the later of what this device's clock and the server's say. */
  readonly removalMs: number;
};

function draftOf(view: TreeView, tools: ChangeTools): Draft {
  return new Draft(view, tools.random, tools.nowMs);
}

/** @param makeParents also makes what is missing above, and takes a folder that is there for made. @throws Failure path-taken, path-not-found, not-a-folder */
export async function planFolder(view: TreeView, path: DrivePath, makeParents: boolean, tools: ChangeTools): Promise<Plan | null> {
  const draft = draftOf(view, tools);
  const { folder, name } = splitPath(path);
  const parent = makeParents ? await draft.ensureFolder(folder) : await draft.folder(folder);
  const there = await draft.entryIn(parent, name);
  if (there && !(makeParents && there.content.kind === 'directory')) throw new Failure('path-taken', { path: formatPath(path) });
  if (!there) draft.makeFolder(parent, name);
  return draft.plan();
}

export type Transfer = { readonly from: DrivePath; readonly to: DrivePath };
/** What happens where a name is taken: nothing at all (a failure), or another name. */
export type OnTaken = 'fail' | 'both';

/**
 * Moves and renames: the entries keep their fids, whatever lies below them.
 * @throws Failure path-not-found, path-taken, not-a-folder, into-itself
 */
export async function planMove(view: TreeView, transfers: readonly Transfer[], onTaken: OnTaken, tools: ChangeTools): Promise<Plan | null> {
  const draft = draftOf(view, tools);
  await draft.lookAhead(transfers.flatMap(({ from, to }) => [from, to]));
  for (const { from, to } of transfers) {
    if (formatPath(from) === formatPath(to)) continue;
    const { source, entry } = await take(draft, from);
    if (isWithin(to, from)) throw new Failure('into-itself', { path: formatPath(from) });
    draft.remove(source, entry.name);
    await putAt(draft, to, entry, onTaken);
  }
  return draft.plan();
}

/** A plan, and the names of what it makes: hex fids of copies, ids of wrappers in the trash. */
export type Making = { readonly plan: Plan | null; readonly made: readonly string[] };

/** Copies: new fids all the way down, the same sealed content. @throws as `planMove` */
export async function planCopy(view: TreeView, transfers: readonly Transfer[], onTaken: OnTaken, tools: ChangeTools): Promise<Making> {
  const draft = draftOf(view, tools);
  const made: string[] = [];
  await draft.lookAhead(transfers.flatMap(({ from, to }) => [from, to]));
  for (const { from, to } of transfers) {
    const { entry } = await take(draft, from);
    if (isWithin(to, from) && entry.content.kind === 'directory') throw new Failure('into-itself', { path: formatPath(from) });
    const { folder, name } = splitPath(to);
    const parent = await draft.folder(folder);
    const fid = tools.random(16);
    made.push(formatHex(fid));
    await copyInto(draft, parent, { ...entry, name: await nameFor(draft, parent, name, onTaken) }, fid, tools);
  }
  return { plan: draft.plan(), made };
}

/** Depth is bounded by the tree's, so this may call itself. */
async function copyInto(draft: Draft, parent: DraftFolder, entry: Entry, fid: Bytes, tools: ChangeTools): Promise<void> {
  if (entry.content.kind !== 'directory') return draft.put(parent, { ...entry, fid });
  const made = draft.makeFolder(parent, entry.name, entry.mtimeNs, { fid, ext: entry.ext });
  for await (const child of draft.view.entries(entry)) await copyInto(draft, made, child, tools.random(16), tools);
}

async function take(draft: Draft, path: DrivePath): Promise<{ readonly source: DraftFolder; readonly entry: Entry }> {
  const { folder, name } = splitPath(path);
  const source = await draft.folder(folder);
  const entry = await draft.entryIn(source, name);
  if (!entry) throw new Failure('path-not-found', { path: formatPath(path) });
  return { source, entry: entry as Entry };
}

async function putAt(draft: Draft, path: DrivePath, entry: Entry, onTaken: OnTaken): Promise<void> {
  const { folder, name } = splitPath(path);
  const parent = await draft.folder(folder);
  draft.put(parent, { ...entry, name: await nameFor(draft, parent, name, onTaken) });
}

async function nameFor(draft: Draft, parent: DraftFolder, name: string, onTaken: OnTaken): Promise<string> {
  if (onTaken === 'both') return draft.freeName(parent, name);
  if (await draft.entryIn(parent, name)) throw new Failure('path-taken', { path: formatPath([...parent.path, name]) });
  return name;
}

/** Stars and colours. Entries that are gone are passed over, if not all are. @throws Failure path-not-found */
export async function planMarks(
  view: TreeView,
  paths: readonly DrivePath[],
  marks: Partial<Marks>,
  tools: ChangeTools,
): Promise<Plan | null> {
  const draft = draftOf(view, tools);
  await draft.lookAhead(paths);
  for (const path of paths) {
    const { source, entry } = await take(draft, path);
    draft.put(source, { ...entry, ext: withMarks(entry.ext, marks) });
  }
  return draft.plan();
}

/**
 * Into the trash: one wrapper for each folder that something is taken from.
 * @param first the tree that the person saw: a file that another device changed since then stays
 * @throws Failure path-not-found
 */
export async function planRemoval(view: TreeView, first: TreeView, paths: readonly DrivePath[], tools: ChangeTools): Promise<Making> {
  const draft = draftOf(view, tools);
  const made: string[] = [];
  await draft.lookAhead(paths);
  const trash = await ensureTrash(draft);
  const wrappers = new Map<string, DraftFolder>();
  for (const path of paths) {
    const { source, entry } = await take(draft, path);
    if (view !== first && (await isEdited(first, path, entry))) continue;
    const key = formatHex(source.fid);
    const from = { parentFid: source.fid, path: formatPath(source.path), atMs: tools.removalMs };
    const facts = wrapperFacts(from, tools.random);
    let wrapper = wrappers.get(key);
    if (!wrapper) {
      wrapper = draft.makeFolder(trash, facts.name, facts.mtimeNs, { fid: facts.fid, ext: facts.ext });
      wrappers.set(key, wrapper);
      made.push(facts.name);
    }
    draft.remove(source, entry.name);
    draft.put(wrapper, entry);
  }
  return { plan: wrappers.size > 0 ? draft.plan() : null, made };
}

async function isEdited(first: TreeView, path: DrivePath, entry: Entry): Promise<boolean> {
  const before = await first.entryAt(path);
  return entry.content.kind !== 'directory' && !(before && isSameContent(before, entry));
}

export async function ensureTrash(draft: Draft): Promise<DraftFolder> {
  return draft.ensureFolder(trashPath);
}

/** The wrappers of the trash, newest first. */
export async function listTrash(view: TreeView): Promise<TrashItem[]> {
  const trash = await view.entryAt(trashPath);
  if (trash?.content.kind !== 'directory') return [];
  const items: TrashItem[] = [];
  for await (const entry of view.entries(trash)) {
    const item = trashItem(entry);
    if (item) items.push(item);
  }
  return items.reverse();
}

/**
 * Back to where things stood: to the folder by its fid, else to its path, made again; under another name if theirs is taken.
 * @throws Failure path-not-found for an item that is gone
 */
export async function planRestore(view: TreeView, ids: readonly string[], tools: ChangeTools): Promise<Plan | null> {
  const draft = draftOf(view, tools);
  const trash = await draft.folder(trashPath);
  for (const id of ids) {
    const wrapper = await draft.entryIn(trash, id);
    const item = wrapper && trashItem(wrapper as Entry);
    if (!item) throw new Failure('path-not-found', { path: id });
    const target = await homeOf(draft, item);
    for await (const entry of view.entries(item.entry)) draft.put(target, { ...entry, name: await draft.freeName(target, entry.name) });
    draft.remove(trash, id);
  }
  return draft.plan();
}

/** The folder that a trashed item returns to. */
async function homeOf(draft: Draft, item: TrashItem): Promise<DraftFolder> {
  if (formatHex(item.fromFid) === formatHex(rootFid)) return draft.folder([]);
  const names = item.from.split('/').filter(Boolean);
  const there = await draft.view.entryAt(names);
  if (there?.content.kind === 'directory' && formatHex(there.fid) === formatHex(item.fromFid)) return draft.folder(names);
  const moved = await findFolder(draft.view, item.fromFid);
  return moved
    ? draft.folder(moved)
    : draft.ensureFolder(there && there.content.kind !== 'directory' ? [...names.slice(0, -1), `${names.at(-1)} (2)`] : names);
}

/** Where the folder with a fid stands now; reads folders until it is found. */
export async function findFolder(view: TreeView, fid: Bytes): Promise<DrivePath | null> {
  const wanted = formatHex(fid);
  let level: { readonly entry: Entry; readonly path: DrivePath }[] = [{ entry: view.rootEntry(), path: [] }];
  while (level.length > 0) {
    const below: typeof level = [];
    for (const { entry, path } of level) {
      for await (const child of view.entries(entry)) {
        if (child.content.kind !== 'directory') continue;
        const at = [...path, child.name];
        if (formatHex(child.fid) === wanted) return at;
        below.push({ entry: child, path: at });
      }
    }
    level = below;
  }
  return null;
}

/** For good. What is not there any more is passed over. */
export async function planEmptying(view: TreeView, ids: readonly string[], tools: ChangeTools): Promise<Plan | null> {
  const draft = draftOf(view, tools);
  if (!(await view.entryAt(trashPath))) return null;
  const trash = await draft.folder(trashPath);
  let found = false;
  for (const id of ids) {
    if (!(await draft.entryIn(trash, id))) continue;
    found = true;
    draft.remove(trash, id);
  }
  return found ? draft.plan() : null;
}

/** A file of the hidden directory gets new content; it is made if it is not there. */
export async function planHiddenFile(
  view: TreeView,
  name: string,
  file: Pick<Entry, 'content' | 'size' | 'digest'> & { readonly adds: readonly Bytes[] },
  tools: ChangeTools,
): Promise<Plan> {
  const draft = draftOf(view, tools);
  const folder = await draft.ensureFolder([hiddenName]);
  const there = await draft.entryIn(folder, name);
  const { content, size, digest, adds } = file;
  const mtimeNs = BigInt(tools.nowMs) * 1_000_000n;
  const made = { name, fid: tools.random(16), executable: false, thumb: null, ext: new Map() };
  draft.put(folder, { ...made, ...(there && { fid: there.fid, ext: there.ext }), content, size, digest, mtimeNs });
  draft.adds(adds);
  return draft.plan();
}

/** A file's entry takes the content of another state of it. @throws Failure path-not-found, not-a-file */
export async function planContent(
  view: TreeView,
  path: DrivePath,
  from: Entry,
  adds: readonly Bytes[],
  tools: ChangeTools,
): Promise<Plan | null> {
  const draft = draftOf(view, tools);
  const { source, entry } = await take(draft, path);
  if (entry.content.kind === 'directory') throw new Failure('not-a-file', { path: formatPath(path) });
  if (isSameContent(entry, from)) return null;
  const { content, size, digest, thumb, executable } = from;
  const ext = withTaken(entry.ext, takenOf(from));
  draft.put(source, { ...entry, content, size, digest, thumb, executable, ext, mtimeNs: BigInt(tools.nowMs) * 1_000_000n });
  draft.adds(adds);
  return draft.plan();
}

/** Another state of a file as a file of its own, beside it. */
export async function planContentBeside(
  view: TreeView,
  path: DrivePath,
  from: Entry,
  adds: readonly Bytes[],
  tools: ChangeTools,
): Promise<{ readonly plan: Plan; readonly path: string }> {
  const draft = draftOf(view, tools);
  const { folder, name } = splitPath(path);
  const parent = await draft.ensureFolder(folder);
  const free = await draft.freeName(parent, name);
  draft.put(parent, { ...from, name: free, fid: tools.random(16) });
  draft.adds(adds);
  return { plan: draft.plan(), path: formatPath([...folder, free]) };
}

/** Takes out of the trash what stands elsewhere again. @param back hex fids */
export async function planReturn(view: TreeView, back: ReadonlySet<string>, tools: ChangeTools): Promise<Plan | null> {
  const draft = draftOf(view, tools);
  for (const item of await listTrash(view)) {
    const names: string[] = [];
    let left = 0;
    for await (const child of view.entries(item.entry)) {
      if (back.has(formatHex(child.fid))) names.push(child.name);
      else left++;
    }
    if (names.length === 0) continue;
    const trash = await draft.folder(trashPath);
    if (left === 0) draft.remove(trash, item.id);
    else for (const name of names) draft.remove(await draft.folder([...trashPath, item.id]), name);
  }
  return draft.plan();
}
