// Looks at a disk, tells which node is which, and writes down what it saw: the local tree. Nothing is gone that was not missing from a listing
// that ended well, under the marker of this root. spec/sync.md "Which node is this", "Has it changed", S6, S9.
import { digestOf, noContent } from './contents.ts';
import { identify, type KnownItem, type SeenItem, type Verdict } from './identity.ts';
import type { Ignore } from './ignore.ts';
import { newAtOnceMost, racyNs, settleNs, smallBytesMax } from './limits.ts';
import type { Journal, Placing } from './node/journal/journal.ts';
import type { LocalRow } from './node/journal/trees.ts';
import { type Disk, type DiskPath, type DiskProbe, DiskRefusal, type DiskStamp } from './ports.ts';
import { type Hash, type Read, readContent } from './read-file.ts';
import { identityOf, identityOfRow, inodeOf, isSameBytes, isSameLook, kindOfStamp, stampColumns } from './stamps.ts';
import { isOfWhatWasRead, type NodeId, rootId, type StallReason } from './tree.ts';

export type ScanTools = {
  readonly disk: Disk;
  readonly probe: DiskProbe;
  readonly journal: Journal;
  readonly ignore: Ignore;
  readonly hash: Hash;
  readonly newId: () => NodeId;
  readonly nowNs: () => bigint;
  /** Whether the root's marker is there; asked before anything counts as gone. */
  readonly isRoot: () => Promise<boolean>;
  /** What is new is written down, and sent, in parts of about so many: what is planned at once is held in memory. */
  readonly newAtOnce?: number;
  readonly onProgress?: (seen: number, bytesRead: number) => void;
  readonly signal?: AbortSignal;
};

export type Scanned = {
  /** Folders to list again, and when the last of what somebody wrote there a moment ago has settled, ms since 1970; Infinity where something changed while it was looked at. */
  readonly again: ReadonlyMap<DiskPath, number>;
  /** Folders that were not looked at yet, since so much was new in others. */
  readonly later: ReadonlySet<DiskPath>;
  /** What cannot be synced and has no node, by path. */
  readonly troubles: ReadonlyMap<DiskPath, StallReason>;
  readonly seen: number;
};

export class RootMissing extends Error {}

/** @param folders those to list, or `all` @throws RootMissing, DiskRefusal `full` */
export async function scan(tools: ScanTools, folders: ReadonlySet<DiskPath> | 'all'): Promise<Scanned> {
  const scanning = new Scanning(tools);
  await scanning.list(folders);
  await scanning.write();
  return scanning;
}

/** A folder to list: known to the journal, or seen under a name or an inode that is new. */
type Wanted = { readonly path: DiskPath; readonly id?: NodeId; readonly above?: Seen };
type Seen = {
  readonly path: DiskPath;
  readonly diskName: string;
  readonly stamp: DiskStamp;
  /** The folder it is in: known by its id, or seen itself. */
  readonly folder: NodeId | Seen;
  verdict: Verdict;
  id?: NodeId;
  holdsIgnored: boolean;
  isUnlisted: boolean;
};

const rowsAtOnce = 2_000;
const readAtOnce = 512;

class Scanning implements Scanned {
  readonly again = new Map<DiskPath, number>();
  readonly later = new Set<DiskPath>();
  readonly troubles = new Map<DiskPath, StallReason>();
  seen = 0;
  readonly #tools: ScanTools;
  readonly #startedNs: bigint;
  /** Known by name and inode, and perhaps written to. */
  readonly #changed: { readonly row: LocalRow; readonly path: DiskPath; readonly stamp: DiskStamp }[] = [];
  #others: Seen[] = [];
  readonly #missing = new Map<NodeId, LocalRow>();
  readonly #folders: { readonly row: LocalRow; readonly holdsIgnored: boolean; readonly stamp: DiskStamp | null }[] = [];
  readonly #hidden: LocalRow[] = [];
  readonly #unreadable: LocalRow[] = [];
  readonly #listed = new Set<NodeId>();
  readonly #placed = new Map<NodeId, Placing>();
  #bytesRead = 0;
  #awaitsMore: boolean | undefined;

  constructor(tools: ScanTools) {
    this.#tools = tools;
    this.#startedNs = tools.nowNs();
  }

  // --------------------------------------------------------------------------------------------------------------- looking

  async list(folders: ReadonlySet<DiskPath> | 'all'): Promise<void> {
    const isWhole = folders === 'all';
    const wanted: Wanted[] = isWhole ? [{ path: '', id: rootId }] : this.#knownFolders(folders);
    const waiting: Wanted[] = [];
    let left: readonly Wanted[] = [];
    do {
      for (let next = wanted.pop(); next; next = wanted.pop()) {
        this.#tools.signal?.throwIfAborted();
        if (this.#canWait(next, isWhole)) waiting.push(next);
        else await this.#look(next, wanted, isWhole);
      }
      // Those do not wait, however much is new: whether something moved or has two names is seen there.
      left = isWhole ? [] : this.#whereMoversWere();
      for (const folder of left) await this.#look(folder, wanted, isWhole);
      // What is missing may have moved into one of those.
      if (this.#missing.size > 0) wanted.push(...waiting.splice(0));
    } while (wanted.length > 0 || left.length > 0);
    for (const { path } of waiting) this.later.add(path);
  }

  /**
   * Where nothing is missing, nothing is inferred of a folder that is not looked at. In a look at all, a known one is looked at all the same. What the
   * drive has and this disk does not seem to have may be in any: it is met there, and not fetched.
   */
  #canWait({ id }: Wanted, isWhole: boolean): boolean {
    const { newAtOnce = newAtOnceMost, journal } = this.#tools;
    if (this.#others.length < newAtOnce || this.#missing.size > 0 || (isWhole && id !== undefined)) return false;
    this.#awaitsMore ??= journal.awaitsMore;
    return !this.#awaitsMore;
  }

  /** Those of the folders that the journal knows; for others the nearest above. */
  #knownFolders(folders: Iterable<DiskPath>): Wanted[] {
    const found = new Map<NodeId, DiskPath>();
    for (const folder of folders) {
      const names = folder === '' ? [] : folder.split('/');
      let id: NodeId = rootId;
      let depth = 0;
      for (const name of names) {
        const child = this.#childAt(id, name);
        if (child?.kind !== 'folder') break;
        id = child.id;
        depth++;
      }
      found.set(id, names.slice(0, depth).join('/'));
    }
    return [...found].map(([id, path]) => ({ id, path }));
  }

  #childAt(parent: NodeId, diskName: string): LocalRow | undefined {
    return this.#tools.journal.local.named(parent, diskName.normalize('NFC')).find((row) => row.diskName === diskName);
  }

  /** What was seen under another name than it had: the folder it had that name in is looked at as well. */
  #whereMoversWere(): Wanted[] {
    const { journal } = this.#tools;
    const folders = new Map<NodeId, DiskPath>();
    for (const { stamp } of this.#others)
      for (const row of journal.localByInode(inodeOf(stamp))) {
        if (this.#listed.has(row.parent) || this.#missing.has(row.id)) continue;
        const names = row.parent === rootId ? [] : journal.pathIn(journal.local, row.parent);
        if (names) folders.set(row.parent, names.join('/'));
      }
    return [...folders].map(([id, path]) => ({ id, path }));
  }

  async #look(wanted: Wanted, queue: Wanted[], isWhole: boolean): Promise<void> {
    const { disk, journal } = this.#tools;
    const { id, path } = wanted;
    if (id !== undefined) {
      if (this.#listed.has(id)) return;
      this.#listed.add(id);
    }
    const row = id !== undefined && id !== rootId ? journal.local.get(id) : undefined;
    let listed: Awaited<ReturnType<Disk['list']>>;
    try {
      listed = await disk.list(path);
      const inode = row?.inode ?? (wanted.above && inodeOf(wanted.above.stamp));
      if (inode !== undefined && (await this.#inodeAt(path)) !== inode) throw new DiskRefusal('absent', path);
    } catch (error) {
      if (!(error instanceof DiskRefusal)) throw error;
      return this.#notListed(wanted, row, error);
    }
    const known = new Map((id === undefined ? [] : journal.local.children(id)).map((child) => [child.id, child]));
    const byName = new Map([...known.values()].map((child) => [child.diskName, child]));
    let holdsIgnored = false;
    for (const { name, stamp } of listed) {
      this.seen++;
      if (name === null) {
        this.troubles.set(`${path}/\uFFFD`, 'name-bytes');
        holdsIgnored = true;
        continue;
      }
      const at = path === '' ? name : `${path}/${name}`;
      const there = byName.get(name);
      if (this.#tools.ignore.matches(at.normalize('NFC'), stamp?.kind === 'folder')) {
        holdsIgnored ||= path !== '';
        if (there) {
          this.#hidden.push(there);
          known.delete(there.id);
        }
      } else if (!stamp) {
        this.#lookAgain(path);
        if (there) known.delete(there.id);
      } else if (there && there.inode === inodeOf(stamp) && there.kind === kindOfStamp(stamp)) {
        known.delete(there.id);
        this.#same(there, at, stamp, queue, isWhole);
      } else this.#other({ path: at, diskName: name, stamp, folder: id ?? (wanted.above as Seen) }, queue);
    }
    for (const child of known.values()) this.#miss(child);
    if (row && ((row.holdsIgnored ?? false) !== holdsIgnored || row.stall)) this.#folders.push({ row, holdsIgnored, stamp: null });
    if (wanted.above) wanted.above.holdsIgnored = holdsIgnored;
    if (this.seen % 1_000 < listed.length) this.#tools.onProgress?.(this.seen, this.#bytesRead);
  }

  /** Of what was listed: another folder may have taken the name since the one above was. */
  async #inodeAt(path: DiskPath): Promise<string | undefined> {
    const stamp = await this.#tools.disk.look(path);
    return stamp ? inodeOf(stamp) : undefined;
  }

  #notListed({ path, above }: Wanted, row: LocalRow | undefined, { reason }: DiskRefusal): void {
    if (path === '') throw new RootMissing(reason);
    if (above) above.isUnlisted = true;
    const isGone = reason === 'absent' || reason === 'not-a-folder';
    if (isGone) this.#lookAgain(parentPath(path));
    else if (row) this.#unreadable.push(row);
  }

  #same(row: LocalRow, path: DiskPath, stamp: DiskStamp, queue: Wanted[], isWhole: boolean): void {
    if (row.kind === 'folder') {
      if (isWhole) queue.push({ path, id: row.id });
      return;
    }
    if (row.kind === 'other') return;
    // What waits for room in the drive waits as it is: another look at it makes none. Nor does one mend what a disk damaged.
    const isQuiet = isSameLook(row, stamp) && row.mtimeNs + this.#racyNs < row.lookedNs && (!row.stall || isOfWhatWasRead(row.stall));
    if (!isQuiet || row.isExecutable !== this.#isExecutable(stamp, row)) this.#changed.push({ row, path, stamp });
  }

  get #racyNs(): bigint {
    const step = this.#tools.probe.mtimeStepNs;
    return step > racyNs ? step : racyNs;
  }

  #other(found: Pick<Seen, 'path' | 'diskName' | 'stamp' | 'folder'>, queue: Wanted[]): void {
    const seen: Seen = { ...found, verdict: { row: 'I7' }, holdsIgnored: false, isUnlisted: false };
    this.#others.push(seen);
    if (found.stamp.kind === 'folder') queue.push({ path: found.path, above: seen });
  }

  /** With all that was below it: nobody will list that under the name it had. */
  #miss(row: LocalRow): void {
    this.#missing.set(row.id, row);
    if (row.kind !== 'folder') return;
    for (const child of this.#tools.journal.local.children(row.id)) this.#miss(child);
  }

  // --------------------------------------------------------------------------------------------------------------- telling

  async write(): Promise<void> {
    const gone = new Set(this.#identify());
    this.#recognisePlaced(gone);
    for (const seen of this.#others) seen.id ??= seen.verdict.id ?? this.#tools.newId();
    await this.#writeNew();
    const changes = await this.#readKnown();
    if (!(await this.#tools.isRoot())) throw new RootMissing('marker');
    const { journal } = this.#tools;
    journal.write(() => {
      for (const id of gone) journal.dropLocal(id);
      for (const row of this.#hidden) this.#hide(row);
      for (const row of changes) this.#put(row);
      for (const { row, holdsIgnored } of this.#folders) {
        const now = journal.local.get(row.id);
        if (now) journal.putLocal({ ...withoutStall(now), holdsIgnored });
      }
      for (const row of this.#unreadable) {
        const now = journal.local.get(row.id);
        if (now) journal.putLocal({ ...now, stall: 'unreadable' });
      }
    });
  }

  /** What came from the drive, and a stop came before its row: whoever wrote to it since had seen what the drive has. */
  #recognisePlaced(gone: Set<NodeId>): void {
    const { journal } = this.#tools;
    const placings = new Map(journal.placings().map((placing) => [placing.inode, placing]));
    if (placings.size === 0) return;
    for (const seen of this.#others) {
      const placing = placings.get(inodeOf(seen.stamp));
      if (seen.stamp.kind !== 'file' || !placing || placing.diskName !== seen.diskName) continue;
      const { id } = placing;
      const isNew = seen.verdict.id === undefined && !journal.local.get(id);
      // It was moved as well.
      const isMoved = seen.verdict.id === undefined && gone.delete(id);
      if (!isNew && !isMoved && seen.verdict.id !== id) continue;
      if (isMoved) seen.verdict = { ...seen.verdict, id };
      seen.id = id;
      this.#placed.set(id, placing);
    }
  }

  #put(row: LocalRow): void {
    const { journal } = this.#tools;
    journal.putLocal(row);
    const placing = this.#placed.get(row.id);
    if (!placing) return;
    journal.putSynced(placing);
    journal.forgetPlacing(placing.id);
  }

  /** What was seen in a folder before that turned out to be gone from its place says nothing. */
  #leaveDoubtful(): void {
    const doubtful = new Set<Seen>();
    for (const seen of byDepth(this.#others)) {
      const isDoubtful = typeof seen.folder === 'string' ? this.#missing.has(seen.folder) : doubtful.has(seen.folder);
      if (isDoubtful) doubtful.add(seen);
    }
    if (doubtful.size === 0) return;
    this.#others = this.#others.filter((seen) => !doubtful.has(seen));
    for (const { path } of doubtful) this.#lookAgain(parentPath(path));
  }

  /** @returns who is gone */
  #identify(): NodeId[] {
    this.#leaveDoubtful();
    if (this.#others.length === 0) return [...this.#missing.keys()];
    const known: KnownItem[] = [];
    const items: SeenItem[] = [];
    const indexOfFolder = new Map<NodeId, number>();
    const indexOfSeen = new Map<Seen, number>();
    const { journal } = this.#tools;
    /** A folder that is where it was, as something that others are in. */
    const standing = (id: NodeId): number | undefined => {
      if (id === rootId) return undefined;
      const there = indexOfFolder.get(id);
      if (there !== undefined) return there;
      const row = journal.local.get(id) as LocalRow;
      const folder = standing(row.parent);
      known.push(knownOf(row));
      const index =
        items.push({ ...(folder !== undefined && { folder }), name: row.diskName, kind: 'folder', stamp: identityOfRow(row) }) - 1;
      indexOfFolder.set(id, index);
      return index;
    };
    for (const row of this.#missing.values()) known.push(knownOf(row));
    for (const seen of byDepth(this.#others)) {
      const folder = typeof seen.folder === 'string' ? standing(seen.folder) : indexOfSeen.get(seen.folder);
      const { diskName: name, stamp } = seen;
      indexOfSeen.set(seen, items.length);
      items.push({ ...(folder !== undefined && { folder }), name, kind: kindOfStamp(stamp), stamp: identityOf(stamp) });
    }
    const { verdicts, gone } = identify(known, items);
    for (const [seen, index] of indexOfSeen) seen.verdict = verdicts[index] as Verdict;
    return this.#surelyGone(gone);
  }

  /** What was in a folder that moved and could not be listed is not known to be gone. */
  #surelyGone(gone: readonly NodeId[]): NodeId[] {
    const closed = new Set(this.#others.filter(({ isUnlisted }) => isUnlisted).map(({ verdict }) => verdict.id));
    if (closed.size === 0) return [...gone];
    return gone.filter((id) => {
      for (let row = this.#missing.get(id); row; row = this.#missing.get(row.parent)) if (closed.has(row.parent)) return false;
      return true;
    });
  }

  /** New nodes only add to what is known: they are written as they are read. */
  async #writeNew(): Promise<void> {
    const { journal } = this.#tools;
    let rows: LocalRow[] = [];
    const flush = (): void => {
      journal.write(() => {
        for (const row of rows) this.#put(row);
        for (const parent of new Set(rows.map((row) => row.parent))) this.#wake(parent);
      });
      rows = [];
    };
    const unread = new Set<Seen>();
    const found = byDepth(this.#others).filter(({ verdict }) => verdict.id === undefined);
    for await (const { seen, read } of this.#readAhead(found)) {
      if (typeof seen.folder !== 'string' && unread.has(seen.folder)) continue;
      const row = await this.#rowOf(seen, undefined, read);
      if (row) rows.push(row);
      else unread.add(seen);
      if (rows.length >= rowsAtOnce) flush();
    }
    flush();
  }

  /** Small files are read together where the disk can, the next ones while rows of the first are written. */
  async *#readAhead(found: readonly Seen[]): AsyncGenerator<{ readonly seen: Seen; readonly read: Read | undefined }> {
    const { disk, signal } = this.#tools;
    const begin = (at: number) => {
      const some = found.slice(at, at + readAtOnce);
      const small = some.filter(({ stamp }) => stamp.kind === 'file' && stamp.sizeBytes <= smallBytesMax && !this.#isFresh(stamp));
      const reading = disk.together?.read(small.map(({ path, stamp }) => ({ path, seen: stamp }))) ?? Promise.resolve([]);
      // It is thrown when its turn comes.
      reading.catch(() => undefined);
      return { some, small, reading };
    };
    let next = begin(0);
    for (let at = 0; at < found.length; at += readAtOnce) {
      signal?.throwIfAborted();
      const { some, small, reading } = next;
      next = begin(at + readAtOnce);
      const answers = await reading;
      const reads = new Map(small.map((seen, i) => [seen, answers[i]]));
      for (const seen of some) yield { seen, read: reads.get(seen) };
    }
  }

  /** A husk counts as new once something new is in it. */
  #wake(folder: NodeId): void {
    const { journal } = this.#tools;
    for (let row = journal.local.get(folder); row?.isHusk; row = journal.local.get(row.parent)) {
      const { isHusk: _, ...awake } = row;
      journal.putLocal(awake);
    }
  }

  async #readKnown(): Promise<LocalRow[]> {
    const { journal } = this.#tools;
    const rows: LocalRow[] = [];
    for (const seen of this.#others) {
      if (seen.verdict.id === undefined) continue;
      const row = await this.#rowOf(seen, this.#missing.get(seen.verdict.id) ?? journal.local.get(seen.verdict.id));
      if (row) rows.push(row);
    }
    for (const { row, path, stamp } of this.#changed) {
      const read = await this.#read(path, stamp, row);
      if (read) rows.push(this.#changedRow(row, stamp, read));
    }
    return rows;
  }

  /** @param early what it holds, if it was read already @returns undefined for what cannot be told yet */
  async #rowOf(seen: Seen, before: LocalRow | undefined, early?: Read): Promise<LocalRow | undefined> {
    const { stamp, diskName, folder, path } = seen;
    const id = seen.id as NodeId;
    const parent = typeof folder === 'string' ? folder : (folder.id as NodeId);
    const kind = kindOfStamp(stamp);
    const base = {
      id,
      parent,
      name: diskName.normalize('NFC'),
      diskName,
      kind,
      isExecutable: this.#isExecutable(stamp, before),
      ...stampColumns(stamp),
      lookedNs: this.#startedNs,
      source: seen.verdict.contentOf ?? before?.source ?? null,
    };
    if (kind === 'other') return { ...base, content: noContent, digest: null, stall: 'special-file' };
    if (kind === 'folder') {
      const marks = { ...(seen.holdsIgnored && { holdsIgnored: true }), ...(before?.isHusk && { isHusk: true }) };
      return { ...base, ...marks, content: noContent, digest: null, ...(seen.isUnlisted && { stall: 'unreadable' as const }) };
    }
    const read = await this.#read(path, stamp, before, early);
    // It is surely not where it was: whoever came there would share its name.
    if (!read && before && (before.parent !== parent || before.diskName !== diskName))
      return { ...base, content: before.content, digest: before.digest, stall: 'changing' };
    if (!read) return undefined;
    if (read.kind === 'stall')
      return { ...base, content: before?.content ?? noContent, digest: before?.digest ?? null, stall: read.reason };
    if (before && staysDamaged(before, read))
      return { ...base, ...stampColumns(read.stamp), content: before.content, digest: before.digest, stall: 'disk-damaged' };
    return { ...base, ...stampColumns(read.stamp), ...namesOf(read.content, before) };
  }

  #changedRow(row: LocalRow, stamp: DiskStamp, read: Exclude<Read, { readonly kind: 'changing' }>): LocalRow {
    if (read.kind === 'stall') return { ...row, stall: read.reason };
    const isExecutable = this.#isExecutable(stamp, row);
    if (staysDamaged(row, read)) return { ...row, ...stampColumns(read.stamp), isExecutable, lookedNs: this.#startedNs };
    const names = namesOf(read.content, row);
    const waits = row.stall === 'quota-full' && names.content === row.content;
    const marks = waits ? { stall: row.stall } : {};
    return { ...withoutStall(row), ...stampColumns(read.stamp), ...names, ...marks, isExecutable, lookedNs: this.#startedNs };
  }

  /** @returns undefined if it was written to a moment ago, or is being written to */
  async #read(
    path: DiskPath,
    stamp: DiskStamp,
    before: LocalRow | undefined,
    early?: Read,
  ): Promise<Exclude<Read, { readonly kind: 'changing' }> | undefined> {
    const { disk, hash, signal, onProgress } = this.#tools;
    const isFresh = this.#isFresh(stamp) && !(before && isSameLook(before, stamp) && !before.stall);
    const settles = isFresh && stamp.kind === 'file' && !early;
    const read: Read = settles ? { kind: 'changing' } : (early ?? (await readContent(disk, path, stamp, hash, signal)));
    this.#bytesRead += stamp.sizeBytes;
    onProgress?.(this.seen, this.#bytesRead);
    if (read.kind !== 'changing') return read;
    this.#lookAgain(parentPath(path), settles ? settledMs(stamp) : Infinity);
    return undefined;
  }

  #isFresh({ mtimeNs }: DiskStamp): boolean {
    const ageNs = this.#tools.nowNs() - mtimeNs;
    return ageNs >= 0n && ageNs < settleNs;
  }

  #lookAgain(folder: DiskPath, whenMs = Infinity): void {
    this.again.set(folder, Math.max(whenMs, this.again.get(folder) ?? 0));
  }

  #isExecutable(stamp: DiskStamp, before: LocalRow | undefined): boolean {
    if (stamp.kind !== 'file') return false;
    return this.#tools.probe.hasExecutableBit ? stamp.isExecutable : (before?.isExecutable ?? false);
  }

  /** Ignored from now on: out of the trees, and nothing happens to it on either side. */
  #hide(row: LocalRow): void {
    const { journal } = this.#tools;
    for (const child of journal.local.children(row.id)) this.#hide(child);
    journal.dropLocal(row.id);
    journal.dropSynced(row.id);
  }
}

/** A timer may ring a millisecond early, and who comes too early waits twice. */
function settledMs({ mtimeNs }: DiskStamp): number {
  return Number((mtimeNs + settleNs) / 1_000_000n) + 2;
}

/** Renamed or marked, and not written to: what this disk made of it is no edit. */
function staysDamaged(before: LocalRow, { content, stamp }: Extract<Read, { readonly kind: 'content' }>): boolean {
  if (before.stall !== 'disk-damaged' || before.inode !== inodeOf(stamp) || !isSameBytes(before, stamp)) return false;
  return content !== before.content && content !== before.digest;
}

function knownOf(row: LocalRow): KnownItem {
  return { id: row.id, parent: row.parent, name: row.diskName, kind: row.kind, stamp: identityOfRow(row) };
}

/** Folders before what is in them. */
function byDepth(others: readonly Seen[]): readonly Seen[] {
  return others.toSorted((a, b) => depth(a.path) - depth(b.path));
}

function depth(path: DiskPath): number {
  return path.split('/').length;
}

function parentPath(path: DiskPath): DiskPath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Equal bytes keep the name they had. */
function namesOf(content: string, before: LocalRow | undefined): Pick<LocalRow, 'content' | 'digest'> {
  const isSame = before !== undefined && (before.content === content || before.digest === content);
  if (isSame) return { content: before.content, digest: before.digest };
  return { content, digest: digestOf(content) === undefined ? null : content };
}

function withoutStall(row: LocalRow): LocalRow {
  const { stall: _, ...rest } = row;
  return rest;
}
