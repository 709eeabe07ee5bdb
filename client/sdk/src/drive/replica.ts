// A folder of the drive as a program follows it that keeps a copy of it on a disk: what changed since a state it kept, and changes that are made
// on exactly the state it planned on, or not at all. spec/sync.md "A plan", spec/merge.md "Differences".
import { type Bytes, formatHex, parseHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import { decodeDcbor, encodeDcbor, readBytes, readTuple, readUint, type SealedRoot } from '@reprise/protocol/formats';
import { diffTrees, type Entry, type Ref, rootFid, type TreeDifference } from '@reprise/vault';
import { findFolder } from './changes.ts';
import type { Drive } from './drive.ts';
import { type DrivePath, formatPath, hiddenName } from './path.ts';
import type { TreeView } from './tree-view.ts';
import { walkTree } from './tree-walk.ts';

/** A point of the drive's history, as what follows it sees it. */
export type ReplicaHead = {
  readonly seq: number;
  /** What is kept to ask for differences later; opens for nobody without the account's keys. Empty before the first commit. */
  readonly state: Bytes;
  readonly view: TreeView;
  /** Where the folder stands now, from the drive's root down. */
  readonly path: DrivePath;
};

/** `parent` is the hex fid of a folder, zeros for the one that is followed. `gone` takes along what stood below it and is not put elsewhere. */
export type ReplicaChange =
  | { readonly kind: 'put'; readonly parent: string; readonly entry: Entry }
  | { readonly kind: 'gone'; readonly fid: string };

/** A folder of the drive that a folder elsewhere is kept equal to. */
export class Replica {
  readonly drive: Drive;
  /** Of the folder; zeros for the drive's root. */
  readonly fid: Bytes;
  #path: DrivePath;

  private constructor(drive: Drive, fid: Bytes, path: DrivePath) {
    this.drive = drive;
    this.fid = fid;
    this.#path = path;
  }

  /** @throws Failure path-not-found, not-a-folder */
  static async at(drive: Drive, path: string): Promise<Replica> {
    const there = path === '/' ? null : await drive.stat(path);
    if (there && there.kind !== 'folder') throw new Failure('not-a-folder', { path });
    return new Replica(drive, there ? there.entry.fid : rootFid, path.split('/').filter(Boolean));
  }

  /** A folder that was followed before, wherever it stands now. @param fid hex @param path where it stood */
  static of(drive: Drive, fid: string, path: DrivePath): Replica {
    return new Replica(drive, parseHex(fid) as Bytes, path);
  }

  /** The accepted head. @throws Failure path-not-found if the folder is gone from it */
  async head(signal?: AbortSignal): Promise<ReplicaHead> {
    const { space } = this.drive.parts;
    const { seq, root } = space.log.state;
    const view = await space.view(signal);
    if (view.root) this.#path = await this.#find(view);
    return { seq, state: root ? encodeRoot(root) : new Uint8Array(0), view, path: this.#path };
  }

  /**
   * What changed below the folder, parents before what is in them.
   * @param before a head's `state`, or null for nothing at all
   * @param isKnown whether a fid stood below the folder then
   */
  async changes(before: Bytes | null, head: ReplicaHead, isKnown: (fid: string) => boolean): Promise<readonly ReplicaChange[]> {
    const { space } = this.drive.parts;
    const past = before && before.length > 0 ? await space.viewAt(decodeRoot(before)) : null;
    const [from, to] = [past && (await this.#folderIn(past)), await this.#folderIn(head.view)];
    if (from && to && formatHex(from.id) === formatHex(to.id)) return [];
    return this.#told(await diffTrees(from, to, head.view.reader), head.view, isKnown);
  }

  /** Entries of files that stand at paths below the folder, in that order. @throws Failure path-not-found */
  async entries(head: ReplicaHead, paths: readonly DrivePath[]): Promise<readonly Entry[]> {
    const byFolder = new Map<string, { readonly path: DrivePath; readonly names: string[] }>();
    for (const path of paths) {
      const folder = [...head.path, ...path.slice(0, -1)];
      const key = formatPath(folder);
      const group = byFolder.get(key);
      if (group) group.names.push(path.at(-1) as string);
      else byFolder.set(key, { path: folder, names: [path.at(-1) as string] });
    }
    const found = new Map<string, ReadonlyMap<string, Entry>>();
    for (const [key, { path, names }] of byFolder) found.set(key, await head.view.entriesAt(path, names));
    return paths.map((path) => {
      const entry = found.get(formatPath([...head.path, ...path.slice(0, -1)]))?.get(path.at(-1) as string);
      if (!entry) throw new Failure('path-not-found', { path: formatPath(path) });
      return entry;
    });
  }

  async #find(view: TreeView): Promise<DrivePath> {
    if (this.#isWhole) return [];
    const there = await view.entryAt(this.#path);
    if (there?.content.kind === 'directory' && formatHex(there.fid) === formatHex(this.fid)) return this.#path;
    const moved = await findFolder(view, this.fid);
    if (!moved || moved[0] === hiddenName) throw new Failure('path-not-found', { path: formatPath(this.#path) });
    return moved;
  }

  get #isWhole(): boolean {
    return formatHex(this.fid) === formatHex(rootFid);
  }

  /** Its top node in a tree; null if it is not there. */
  async #folderIn(view: TreeView): Promise<Ref | null> {
    if (this.#isWhole || !view.root) return view.root;
    const there = await view.entryAt(this.#path);
    const entry = there && formatHex(there.fid) === formatHex(this.fid) ? there : await this.#entryMoved(view);
    return entry?.content.kind === 'directory' ? entry.content.ref : null;
  }

  async #entryMoved(view: TreeView): Promise<Entry | null> {
    const path = await findFolder(view, this.fid);
    return path && view.entryAt(path);
  }

  async #told(
    differences: readonly TreeDifference[],
    view: TreeView,
    isKnown: (fid: string) => boolean,
  ): Promise<readonly ReplicaChange[]> {
    const hidden = this.#isWhole ? hiddenIn(differences) : new Set<string>();
    const puts: ReplicaChange[] = [];
    const gone: ReplicaChange[] = [];
    for (const difference of differences) {
      if (difference.kind === 'removed') {
        const fid = formatHex(difference.before.entry.fid);
        if (isKnown(fid)) gone.push({ kind: 'gone', fid });
        continue;
      }
      const { parent, entry } = difference.after;
      const fid = formatHex(entry.fid);
      if (hidden.has(fid)) {
        if (isKnown(fid)) gone.push({ kind: 'gone', fid });
        continue;
      }
      puts.push({ kind: 'put', parent: formatHex(parent), entry });
      // Out of what is hidden come folders whose contents nobody told.
      if (difference.kind === 'changed' && entry.content.kind === 'directory' && !isKnown(fid)) puts.push(...(await below(view, entry)));
    }
    return [...puts, ...gone];
  }
}

async function below(view: TreeView, folder: Entry): Promise<ReplicaChange[]> {
  const found: ReplicaChange[] = [];
  const fids = new Map<string, string>([['', formatHex(folder.fid)]]);
  for await (const { names, entry } of walkTree(view, { names: [], entry: folder })) {
    fids.set(names.join('/'), formatHex(entry.fid));
    found.push({ kind: 'put', parent: fids.get(names.slice(0, -1).join('/')) as string, entry });
  }
  return found;
}

/** Fids of what stands in the hidden directory now: whatever leads to a change is told, so its folders are among the differences. */
function hiddenIn(differences: readonly TreeDifference[]): ReadonlySet<string> {
  const children = new Map<string, string[]>();
  const pending: string[] = [];
  for (const difference of differences) {
    if (difference.kind === 'removed') continue;
    const { parent, entry } = difference.after;
    const fid = formatHex(entry.fid);
    if (entry.name === hiddenName && formatHex(parent) === formatHex(rootFid)) pending.push(fid);
    const list = children.get(formatHex(parent));
    if (list) list.push(fid);
    else children.set(formatHex(parent), [fid]);
  }
  const hidden = new Set<string>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (hidden.has(next)) continue;
    hidden.add(next);
    pending.push(...(children.get(next) ?? []));
  }
  return hidden;
}

function encodeRoot({ sealed, seq, prev, epoch }: SealedRoot): Bytes {
  return encodeDcbor([sealed, seq, prev, epoch]);
}

/** @throws Failure bad-object */
function decodeRoot(bytes: Bytes): SealedRoot {
  const [sealed, seq, prev, epoch] = readTuple(decodeDcbor(bytes), 4);
  return { sealed: readBytes(sealed), seq: readUint(seq), prev: readBytes(prev, 32), epoch: readUint(epoch) };
}
