// Hints that something changed in a folder, from a watch on each. They are hints and no more: the system drops events in silence where many
// come at once, so a burst counts as a change anywhere. spec/sync.md "Disks".
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { type Disk, type DiskPath, DiskRefusal, type DiskStamp, type Watching } from '../ports.ts';
import { Folders } from './within.ts';

/** So many events between two turns of the loop, and some were lost. */
const burstMax = 8_000;
/** So many in one folder, and what is below it is watched anew. */
const folderBurstMax = 500;
/** A watch costs about 1.5 KB of the system's memory. */
const watchesMax = 50_000;

export type WatchOptions = {
  readonly isSkipped?: ((folder: DiskPath) => boolean) | undefined;
  readonly watchesMax?: number;
};

/** @returns once every folder is watched that can be */
export async function watchFolders(
  root: string,
  disk: Disk,
  onHint: (folder: DiskPath | null) => void,
  options: WatchOptions = {},
): Promise<Watching> {
  const watches = new FolderWatches(root, disk, onHint, options);
  await watches.add('');
  return watches;
}

type Watched = { readonly watcher: FSWatcher; readonly inode: bigint };

class FolderWatches implements Watching {
  readonly #folders: Folders;
  readonly #disk: Disk;
  readonly #onHint: (folder: DiskPath | null) => void;
  readonly #isSkipped: (folder: DiskPath) => boolean;
  readonly #max: number;
  readonly #watched = new Map<DiskPath, Watched>();
  /** Events of this turn, by folder. */
  #events = new Map<DiskPath, { count: number; readonly names: Set<string> }>();
  #count = 0;
  #isPartial = false;
  #isClosed = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(root: string, disk: Disk, onHint: (folder: DiskPath | null) => void, { isSkipped, watchesMax: max }: WatchOptions) {
    this.#folders = new Folders(root);
    this.#disk = disk;
    this.#onHint = onHint;
    this.#isSkipped = isSkipped ?? (() => false);
    this.#max = max ?? Math.min(watchesMax, Math.floor(systemMax() / 2));
  }

  get isPartial(): boolean {
    return this.#isPartial;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
    await this.#turn;
  }

  /** Watches a folder and what is below it. A folder is listed once it is watched, never before. @returns folders that are watched now and were not */
  async add(top: DiskPath): Promise<readonly DiskPath[]> {
    const added: DiskPath[] = [];
    const waiting = [top];
    for (let folder = waiting.pop(); folder !== undefined && !this.#isClosed; folder = waiting.pop()) {
      if (this.#isSkipped(folder)) continue;
      try {
        const stamp = await this.#disk.look(folder);
        if (stamp?.kind !== 'folder') continue;
        if (this.#watch(folder, stamp)) added.push(folder);
        for (const { name, stamp: child } of await this.#disk.list(folder))
          if (name !== null && child?.kind === 'folder') waiting.push(folder === '' ? name : `${folder}/${name}`);
      } catch (error) {
        // Gone, or not to be read: whoever lists the folder above finds out.
        if (!(error instanceof DiskRefusal)) throw error;
      }
    }
    return added;
  }

  /** @returns whether it was not watched before */
  #watch(folder: DiskPath, { inode }: DiskStamp): boolean {
    const known = this.#watched.get(folder);
    if (known?.inode === inode) return false;
    if (known) this.#forget(folder);
    if (this.#watched.size >= this.#max) {
      this.#isPartial = true;
      return true;
    }
    const watcher = this.#open(folder);
    if (watcher) this.#watched.set(folder, { watcher, inode });
    return true;
  }

  #open(folder: DiskPath): FSWatcher | undefined {
    try {
      const watcher = this.#folders.in(folder, (at) => watch(`${at}/.`, { encoding: 'utf8' }));
      watcher.on('change', (_kind, name) => this.#saw(folder, typeof name === 'string' ? name : undefined));
      watcher.on('error', () => {
        this.#forget(folder);
        this.#saw(folder, undefined);
      });
      return watcher;
    } catch {
      // The system's limit, or a folder that is gone: it is listed now and then.
      this.#isPartial = true;
      return undefined;
    }
  }

  /** A folder that moved away takes the watches below it along, which then tell of wrong paths. */
  #forget(top: DiskPath): void {
    for (const [folder, { watcher }] of this.#watched)
      if (folder === top || folder.startsWith(`${top}/`)) {
        watcher.close();
        this.#watched.delete(folder);
      }
  }

  #saw(folder: DiskPath, name: string | undefined): void {
    if (this.#isClosed) return;
    if (this.#count++ === 0) setImmediate(() => this.#endTurn());
    const seen = this.#events.get(folder) ?? { count: 0, names: new Set() };
    seen.count++;
    if (name !== undefined && seen.names.size <= folderBurstMax) seen.names.add(name);
    this.#events.set(folder, seen);
  }

  #endTurn(): void {
    const [events, count] = [this.#events, this.#count];
    this.#events = new Map();
    this.#count = 0;
    this.#turn = this.#turn.then(() => this.#tell(events, count));
  }

  async #tell(
    events: ReadonlyMap<DiskPath, { readonly count: number; readonly names: ReadonlySet<string> }>,
    count: number,
  ): Promise<void> {
    if (this.#isClosed) return;
    if (count >= burstMax) {
      await this.add('');
      return this.#hint(null);
    }
    for (const [folder, seen] of events) {
      this.#hint(folder);
      if (seen.count > folderBurstMax) await this.#addAndHint(folder);
      else for (const name of seen.names) await this.#addAndHint(folder === '' ? name : `${folder}/${name}`);
    }
  }

  /** What came before its watch was set was not told. */
  async #addAndHint(path: DiskPath): Promise<void> {
    if (this.#watched.has(path) && (await this.#lookQuietly(path))?.inode !== this.#watched.get(path)?.inode) this.#forget(path);
    for (const folder of await this.add(path)) this.#hint(folder);
  }

  async #lookQuietly(path: DiskPath): Promise<DiskStamp | null> {
    try {
      return await this.#disk.look(path);
    } catch (error) {
      if (error instanceof DiskRefusal) return null;
      throw error;
    }
  }

  #hint(folder: DiskPath | null): void {
    if (!this.#isClosed) this.#onHint(folder);
  }
}

function systemMax(): number {
  if (process.platform !== 'linux') return Infinity;
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_user_watches', 'utf8'));
  } catch {
    return Infinity;
  }
}
