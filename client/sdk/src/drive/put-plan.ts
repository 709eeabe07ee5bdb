// Where sent files come to stand: folders made as needed, names that are taken answered as the person said. spec/merge.md.
import { type Bytes, equalBytes, formatHex, type RandomBytes } from '@reprise/kit';
import { type Entry, type FileContent, isSameContent, type NewDirectory } from '@reprise/vault';
import type { FolderItem, SymlinkItem } from '../source.ts';
import type { TreeFile } from '../tree.ts';
import { findFolder } from './changes.ts';
import { Draft, type DraftFolder } from './draft.ts';
import { type DrivePath, formatPath } from './path.ts';
import type { SealedPicture } from './pictures.ts';
import { takenOf, withTaken } from './taken.ts';
import type { TreeView } from './tree-view.ts';

/** version: the new bytes become a version of what stands there. both: they take a name beside it. skip: nothing changes. */
export type TakenAnswer = 'version' | 'both' | 'skip';

/** A file that is put where a file of its name stands. */
export type TakenQuestion = {
  /** In the drive. */
  readonly path: string;
  readonly existing: Entry;
  readonly incoming: { readonly sizeBytes: number; readonly mtimeNs: bigint };
};

/** A file with its content as an entry names it. */
export type ReadyFile = Omit<TreeFile, 'extents'> & { readonly content: FileContent; readonly picture: SealedPicture | null };
export type ReadyItem = ReadyFile | FolderItem | SymlinkItem;

export type PutResult = {
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  readonly versions: number;
  readonly skipped: number;
};

export type PutWish = {
  readonly folder: DrivePath;
  readonly items: readonly ReadyItem[];
  readonly answer: (question: TakenQuestion) => TakenAnswer;
  /** Chunks and manifests of the files. */
  readonly adds: readonly Bytes[];
  readonly random: RandomBytes;
  readonly nowMs: number;
};

/**
 * @param first the tree as it was when the person answered: a file that another device changed since keeps both
 * @returns the draft, and what became of names that were taken
 */
export async function planPut(
  view: TreeView,
  first: TreeView,
  wish: PutWish,
): Promise<{ readonly draft: Draft; readonly result: PutResult }> {
  const draft = new Draft(view, wish.random, wish.nowMs);
  draft.adds(wish.adds);
  const folder = await folderNow(view, first, wish.folder);
  const putter = new Putter(draft, first, { ...wish, folder });
  await draft.ensureFolder(folder);
  for (const item of wish.items) if (item.kind === 'folder') await putter.folderAt(item.path.split('/'), item.mtimeNs);
  for (const [path, items] of byFolder(wish.items)) await putter.putAll(path, items);
  return { draft, result: putter.result };
}

/** Where the folder is that the person meant, if another device has moved it meanwhile. */
async function folderNow(view: TreeView, first: TreeView, path: DrivePath): Promise<DrivePath> {
  if (first === view || path.length === 0) return path;
  const meant = await first.entryAt(path);
  const there = await view.entryAt(path);
  if (!meant || (there && formatHex(there.fid) === formatHex(meant.fid))) return path;
  return (await findFolder(view, meant.fid)) ?? path;
}

type Leaf = Exclude<ReadyItem, FolderItem>;

function byFolder(items: readonly ReadyItem[]): Map<string, Leaf[]> {
  const groups = new Map<string, Leaf[]>();
  for (const item of items) {
    if (item.kind === 'folder') continue;
    const folder = item.path.slice(0, Math.max(0, item.path.lastIndexOf('/')));
    const group = groups.get(folder);
    if (group) group.push(item);
    else groups.set(folder, [item]);
  }
  return groups;
}

class Putter {
  readonly result: { renamed: { from: string; to: string }[]; versions: number; skipped: number } = {
    renamed: [],
    versions: 0,
    skipped: 0,
  };
  readonly #draft: Draft;
  readonly #first: TreeView;
  readonly #wish: PutWish;
  /** Folders of the items, by their path there: one whose name a file has stands under another. */
  readonly #folders = new Map<string, DraftFolder>();

  constructor(draft: Draft, first: TreeView, wish: PutWish) {
    this.#draft = draft;
    this.#first = first;
    this.#wish = wish;
  }

  async folderAt(names: readonly string[], mtimeNs?: bigint): Promise<DraftFolder> {
    const key = names.join('/');
    const known = this.#folders.get(key);
    if (known) return known;
    const folder = names.length === 0 ? await this.#draft.ensureFolder(this.#wish.folder) : await this.#subfolder(names, mtimeNs);
    this.#folders.set(key, folder);
    return folder;
  }

  async #subfolder(names: readonly string[], mtimeNs: bigint | undefined): Promise<DraftFolder> {
    const parent = await this.folderAt(names.slice(0, -1));
    const name = names.at(-1) as string;
    const there = await this.#draft.entryIn(parent, name);
    if (there?.content.kind === 'directory') return this.#draft.folder([...parent.path, name]);
    const free = there ? await this.#draft.freeName(parent, name) : name;
    if (free !== name) this.#tellRename([...parent.path, name], free);
    return this.#draft.makeFolder(parent, free, mtimeNs);
  }

  async putAll(path: string, items: readonly Leaf[]): Promise<void> {
    const folder = await this.folderAt(path === '' ? [] : path.split('/'));
    const there = await this.#draft.entriesIn(folder, items.map(nameOf));
    for (const item of items) await this.#put(folder, item, there.get(nameOf(item)));
  }

  async #put(folder: DraftFolder, item: Leaf, existing: Entry | NewDirectory | undefined): Promise<void> {
    const name = nameOf(item);
    const path = [...folder.path, name];
    if (!existing) return this.#draft.put(folder, this.#entryOf(item, name));
    if (isLanded(existing, item)) return;
    const answer = await this.#answer(path, existing, item);
    if (answer === 'skip') {
      this.result.skipped++;
      return;
    }
    if (answer === 'version') {
      this.result.versions++;
      const { fid, ext } = existing;
      const made = this.#entryOf(item, name);
      return this.#draft.put(folder, { ...made, fid, ext: withTaken(ext, takenOf(made)) });
    }
    const free = await this.#draft.freeName(folder, name);
    this.#tellRename(path, free);
    this.#draft.put(folder, this.#entryOf(item, free));
  }

  async #answer(path: DrivePath, existing: Entry | NewDirectory, item: Leaf): Promise<TakenAnswer> {
    if (existing.content.kind !== 'file' && existing.content.kind !== 'manifest') return 'both';
    if (item.kind !== 'file') return 'both';
    const { size: sizeBytes, mtimeNs } = item;
    const answer = this.#wish.answer({ path: formatPath(path), existing: existing as Entry, incoming: { sizeBytes, mtimeNs } });
    if (answer !== 'version' || this.#first === this.#draft.view) return answer;
    const before = await this.#first.entryAt(path);
    const isSame = before && formatHex(before.fid) === formatHex(existing.fid) && isSameContent(before, existing as Entry);
    return isSame ? 'version' : 'both';
  }

  #entryOf(item: Leaf, name: string): Entry {
    const { mtimeNs } = item;
    const common = { name, fid: this.#wish.random(16), mtimeNs, thumb: null, ext: new Map() };
    if (item.kind === 'symlink')
      return { ...common, content: { kind: 'symlink', target: item.target }, size: 0, executable: false, digest: null };
    const { content, size, executable, digest, picture } = item;
    const ext = withTaken(common.ext, picture?.takenS ?? null);
    return { ...common, content, size, executable, digest, thumb: picture?.thumb ?? null, ext };
  }

  #tellRename(path: DrivePath, name: string): void {
    this.result.renamed.push({ from: formatPath(path), to: formatPath([...path.slice(0, -1), name]) });
  }
}

/** The very chunks that are to be put stand there: an earlier run's commit landed, and the run ended before it knew. */
function isLanded(existing: Entry | NewDirectory, item: Leaf): boolean {
  if (item.kind !== 'file' || existing.content.kind !== 'file' || item.content.kind !== 'file') return false;
  const [there, ours] = [existing.content.extents, item.content.extents];
  return ours.length > 0 && there.length === ours.length && ours.every(({ id }, i) => equalBytes(id, there[i]?.id ?? none));
}

const none = new Uint8Array(0);

function nameOf(item: Leaf): string {
  return item.path.slice(item.path.lastIndexOf('/') + 1);
}
