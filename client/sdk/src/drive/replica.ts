// A folder of the drive as a program follows it that keeps a copy of it on a disk: what changed since a state it kept, and changes that are made
// on exactly the state it planned on, or not at all. spec/sync.md "A plan", spec/merge.md "Differences".
import { type Bytes, formatHex, parseHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import { decodeDcbor, encodeDcbor, readBytes, readTuple, readUint, type SealedRoot } from '@reprise/protocol/formats';
import { diffTrees, type Entry, isGap, type Ref, rootFid, type TreeDifference, TreeGaps } from '@reprise/vault';
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
  | { readonly kind: 'gone'; readonly fid: string }
  /** A folder that does not open: nothing is told of what is in it. */
  | { readonly kind: 'unread'; readonly fid: string }
  /** Of a folder, all is told that is in it: anything else is there no more. */
  | { readonly kind: 'whole'; readonly fid: string };

/** A folder that did not open before. */
export type UnreadFolder = { readonly fid: string /** Below the folder that is followed. */; readonly path: DrivePath };

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
   * @param unread folders of which nothing was told when they were last told of @param isRetried also where nothing changed since
   */
  async changes(
    before: Bytes | null,
    head: ReplicaHead,
    isKnown: (fid: string) => boolean,
    unread: readonly UnreadFolder[] = [],
    isRetried = false,
  ): Promise<readonly ReplicaChange[]> {
    const { space } = this.drive.parts;
    const past = before && before.length > 0 ? await space.viewAt(decodeRoot(before)) : null;
    const [from, to] = [past && (await this.#folderIn(past)), await this.#folderIn(head.view)];
    const told: ReplicaChange[] = [];
    if (!(from && to && formatHex(from.id) === formatHex(to.id))) {
      const gaps = new TreeGaps();
      const differences = await diffTrees(from, to, head.view.reader, undefined, gaps);
      told.push(...(await this.#told(differences, head.view, isKnown)), ...tellGaps(gaps, differences));
    }
    const changed = new Map(told.flatMap((change) => (change.kind === 'put' ? [[formatHex(change.entry.fid), change.entry]] : [])));
    for (const { fid, path } of unread) {
      const entry = changed.get(fid) ?? (isRetried ? await entryOf(head, path) : undefined);
      if (entry && formatHex(entry.fid) === fid) told.push(...(await readAnew(head.view, entry)));
    }
    return told;
  }

  /**
   * All that stands below the folder, parents before what is in them, a node of the tree at a time: for who knows nothing of it yet.
   * @returns whether all folders opened; else `changes` tells which did not
   */
  async eachBelow(head: ReplicaHead, tell: (parent: string, entry: Entry) => void): Promise<boolean> {
    try {
      const top = this.#isWhole ? head.view.rootEntry() : await head.view.entryAt(head.path);
      if (!head.view.root || !top) return true;
      for await (const { parent, entry } of walkTree(head.view, { names: [], entry: top }))
        tell(formatHex(parent === top ? rootFid : parent.fid), entry);
      return true;
    } catch (error) {
      if (isGap(error)) return false;
      throw error;
    }
  }

  /** Entries of files that stand at paths below the folder, in that order. @throws Failure path-not-found */
  async entries(head: ReplicaHead, paths: readonly DrivePath[]): Promise<readonly Entry[]> {
    const whole = paths.map((path) => [...head.path, ...path]);
    const found = await head.view.entriesByPath(whole);
    return whole.map((path, i) => {
      const entry = found.get(formatPath(path));
      if (!entry) throw new Failure('path-not-found', { path: formatPath(paths[i] as DrivePath) });
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
      if (difference.kind === 'changed' && entry.content.kind === 'directory' && !isKnown(fid)) puts.push(...(await readAnew(view, entry)));
    }
    return [...puts, ...gone];
  }
}

/** All that is below a folder, whatever was told of it before. */
async function readAnew(view: TreeView, folder: Entry): Promise<ReplicaChange[]> {
  if (folder.content.kind !== 'directory') return [];
  const fid = formatHex(folder.fid);
  const gaps = new TreeGaps();
  try {
    const differences = await diffTrees(null, folder.content.ref, view.reader, undefined, gaps);
    const found = differences.flatMap((difference): ReplicaChange[] => {
      if (difference.kind !== 'added') return [];
      const { parent, entry } = difference.after;
      const isTop = formatHex(parent) === formatHex(rootFid);
      return [{ kind: 'put', parent: isTop ? fid : formatHex(parent), entry }];
    });
    const folders = found.flatMap((change) =>
      change.kind === 'put' && change.entry.content.kind === 'directory' ? [formatHex(change.entry.fid)] : [],
    );
    const whole = [fid, ...folders].filter((one) => !gaps.unread.has(one));
    return [...found, ...tellGaps(gaps, differences), ...whole.map((one) => ({ kind: 'whole' as const, fid: one }))];
  } catch (error) {
    if (isGap(error)) return [{ kind: 'unread', fid }];
    throw error;
  }
}

function tellGaps(gaps: TreeGaps, differences: readonly TreeDifference[]): ReplicaChange[] {
  return [
    ...[...gaps.unread].map((fid) => ({ kind: 'unread' as const, fid })),
    ...[...gaps.whole(differences)].map((fid) => ({ kind: 'whole' as const, fid })),
  ];
}

async function entryOf({ view, path }: ReplicaHead, below: DrivePath): Promise<Entry | undefined> {
  try {
    return (await view.entryAt([...path, ...below])) ?? undefined;
  } catch (error) {
    // One above it does not open either.
    if (isGap(error)) return undefined;
    throw error;
  }
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
