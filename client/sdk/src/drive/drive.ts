// A drive: the folders and files of an account, read, changed and watched by one of its devices. Paths are texts such as `/docs/a.txt`.
// Every change is one commit that lands or is made again on what came first. spec/drive.md, spec/log.md.
import { type Bytes, parseHex, type RandomBytes } from '@reprise/kit';
import { type DeviceId, Failure, type SpaceId } from '@reprise/protocol';
import { entryIdsMax } from '@reprise/protocol/formats';
import { type Engine, type Entry, type NodeReader, type Thumbnail, webEngine } from '@reprise/vault';
import type { AccountSession } from '../account/session.ts';
import { ContentReader, type FilePiece, type ReadOptions } from '../content.ts';
import { gateOf } from '../gate.ts';
import type { JournalStore } from '../journal.ts';
import { inlinePool, type SealPool } from '../pool.ts';
import type { UploadItem } from '../source.ts';
import {
  type ChangeTools,
  listTrash,
  type Making,
  type OnTaken,
  planContent,
  planContentBeside,
  planCopy,
  planEmptying,
  planFolder,
  planMarks,
  planMove,
  planRemoval,
  planRestore,
  planReturn,
  type Transfer,
} from './changes.ts';
import { objectsOf } from './content-objects.ts';
import { DriveLinks } from './drive-links.ts';
import { type Committed, DriveSpace, type OnConflict, type Planner } from './drive-space.ts';
import type { DriveUpload } from './drive-upload.ts';
import { type DriveEntry, driveEntry } from './entries.ts';
import { matcher } from './find.ts';
import type { Disagreement } from './followed-log.ts';
import { type HeadStore, memoryHeadStore } from './head-store.ts';
import { compareForRewind, History, historyKeptMs, type MomentCounts, pathsIn, planRewind, type RewindPlan, summarize } from './history.ts';
import type { Marks } from './marks.ts';
import { memoryNodeCache, type NodeCache } from './node-cache.ts';
import { parsePath } from './path.ts';
import { type FilePicture, type PictureMaker, planPictures, readThumbnails, sealPictures } from './pictures.ts';
import type { TakenAnswer, TakenQuestion } from './put-plan.ts';
import { startPut } from './start-put.ts';
import { type SweepReport, sweepDrive } from './sweep-drive.ts';
import { expired } from './trash.ts';
import { type Look, treeNews, type TreeNews } from './tree-news.ts';
import type { TreeView } from './tree-view.ts';
import { walkTree } from './tree-walk.ts';
import { type FileVersion, versionsOf } from './versions.ts';
import { type OnWatchState, watchHeads } from './watch.ts';

/** Where a device keeps what it knows of a drive, and by what means it reads and writes. */
export type OpenDriveOptions = {
  /** Where accepted heads are kept; in memory only, every start trusts what the account knows. */
  readonly heads?: HeadStore;
  readonly nodes?: NodeCache;
  /** Seals and opens chunks; without one that is done where the drive is used. */
  readonly pool?: SealPool;
  readonly engine?: Engine;
  /**
   * true: a device that accepted a head before opens the drive as it was then and asks the server for nothing, so that it opens without a
   * network too; `refresh` or `watch` brings what is new, and what is wrong.
   */
  readonly asKept?: boolean;
  /** Makes the small pictures that stand beside files that are put; without it there are none. */
  readonly picture?: PictureMaker;
  /** Where links lead, without a slash at the end; by default the server. */
  readonly linkOrigin?: string;
  /** Argon2id for the passwords of links; a browser gives one that runs in a worker of its own. */
  readonly stretch?: (password: string, salt: Uint8Array) => Promise<Bytes>;
  /** Ids that one entry of the log names at most; by default what the format allows. @internal */
  readonly entryIdsMax?: number;
  readonly signal?: AbortSignal;
};

/** One act of deletion. */
export type TrashEntry = {
  /** Restores or empties it. */
  readonly id: string;
  readonly removedAtMs: number;
  /** The folder the entries stood in. */
  readonly from: string;
  readonly sizeBytes: number;
  /** What was removed, as it stands in the trash. */
  readonly entries: readonly DriveEntry[];
};

/** How files are put into a drive. */
export type PutOptions = {
  /** What happens to files whose name a file has; `both` unless said otherwise. A folder joins the folder of its name. */
  readonly onTaken?: TakenAnswer | ((question: TakenQuestion) => TakenAnswer);
  /** Without one, an upload cannot be resumed after the program's end. */
  readonly journal?: { readonly store: JournalStore; readonly key: Bytes };
  /** Instead of the drive's own. */
  readonly picture?: PictureMaker;
  readonly lanes?: number;
  readonly partBytesMax?: number;
  /** Network failures are met with new attempts for this long. */
  readonly patienceMs?: number;
  /** Called after every change, often; read what is needed then. */
  readonly onChange?: (upload: DriveUpload) => void;
};

/** What the account may hold and holds. */
export type DriveUsage = {
  readonly plan: string;
  /** When it ends, ms since 1970; null: it does not. */
  readonly until: number | null;
  /** Every plan that the account has or had for some time, the one that lasts longest first. */
  readonly entitlements: readonly {
    readonly plan: string;
    readonly until: number;
    readonly bytesMax: number;
    readonly historyDays: number;
  }[];
  /** Sealed bytes that the account may hold, and holds. */
  readonly maxBytes: number;
  readonly storedBytes: number;
  /** Of the present tree, of what history keeps, and of uploads that no commit names yet. */
  readonly liveBytes: number;
  readonly historyBytes: number;
  readonly pendingBytes: number;
};

/** A commit, as something to go back to. */
export type Moment = { readonly seq: number /** What the device's clock said. */; readonly atMs: number; readonly deviceId: DeviceId };

/** @internal */
export type WaitingView = { readonly view: (signal?: AbortSignal) => Promise<TreeView> };

/** What the parts of a drive share. @internal */
export type DriveParts = {
  readonly session: AccountSession;
  readonly space: DriveSpace;
  readonly engine: Engine;
  readonly pool: SealPool;
  readonly random: RandomBytes;
  readonly options: OpenDriveOptions;
};

/**
 * Opens the drive of an account: follows its log from the head that was accepted here before. A drive whose server shows another history
 * than the one seen before opens too: it can be read, and `disagreement` says what is wrong; writing is refused.
 * @throws Failure network, not-found, device-revoked, log-refused, drive-frozen (on a device that has accepted nothing yet) …
 */
export async function openDrive(session: AccountSession, options: OpenDriveOptions = {}): Promise<Drive> {
  const { connection, homeSpace, author, epochKey, start } = session;
  const engine = options.engine ?? webEngine;
  const device = { ...author.device, deviceId: parseHex(session.deviceId) as Bytes };
  const space = await DriveSpace.open(
    {
      connection,
      engine,
      space: homeSpace,
      device,
      epochKey,
      heads: options.heads ?? memoryHeadStore(),
      nodes: options.nodes ?? memoryNodeCache(),
      start,
      entryIdsMax: options.entryIdsMax ?? entryIdsMax,
      followFirst: !options.asKept,
    },
    options.signal,
  );
  return new Drive({ session, space, engine, pool: options.pool ?? inlinePool(engine), random: connection.random, options });
}

/** The drive of an account, open on one of its devices. */
export class Drive {
  /** @internal */
  readonly parts: DriveParts;
  /** Changes that wait for the server: what is read is the tree as they make it. @internal */
  waiting: WaitingView | undefined;

  /** What had been heard when the drive was opened. */
  readonly #heardFirst: number;

  constructor(parts: DriveParts) {
    this.parts = parts;
    this.#heardFirst = parts.space.log.heard;
  }

  get spaceId(): SpaceId {
    return this.parts.session.homeSpace;
  }

  /** The number of the newest entry of the log that was accepted here. */
  get seq(): number {
    return this.parts.space.log.state.seq;
  }

  /** Why writing is refused: both histories, signed. null while the server's agrees with the one seen before. */
  get disagreement(): Disagreement | null {
    return this.parts.space.log.disagreement;
  }

  /** Follows the log. @returns whether something is new @throws Failure drive-frozen, log-refused, network … */
  async refresh(signal?: AbortSignal): Promise<boolean> {
    return (await this.parts.space.refresh(signal ? { signal } : {})).length > 0;
  }

  /** A person looked at both histories and goes on with the server's. What only this device saw is no more in the drive. */
  adoptServersHistory(signal?: AbortSignal): Promise<void> {
    return this.parts.space.log.adoptServers(signal);
  }

  // ------------------------------------------------------------------------------------------------------------- reading

  /** @throws Failure path-not-found, bad-name */
  async stat(path: string, signal?: AbortSignal): Promise<DriveEntry> {
    const names = parsePath(path);
    return driveEntry(names, await (await this.#view(signal)).existing(names));
  }

  /** The entries of a folder by name, fetched as they are asked for. @throws Failure path-not-found, not-a-folder */
  async *list(path: string, signal?: AbortSignal): AsyncGenerator<DriveEntry, void, void> {
    const names = parsePath(path);
    const view = await this.#view(signal);
    for await (const entry of view.entries(await view.folder(names))) yield driveEntry([...names, entry.name], entry);
  }

  /** Everything below a folder, parents before children. @throws as `list`, and limit-exceeded beyond 4,000,000 entries or 1,024 folders in one another */
  async *walk(path: string, signal?: AbortSignal): AsyncGenerator<DriveEntry, void, void> {
    const view = await this.#view(signal);
    const names = parsePath(path);
    const top = { names, entry: await view.folder(names) };
    for await (const { names: at, entry } of walkTree(view, top)) yield driveEntry(at, entry);
  }

  /** The tree as it is now, to be asked later what became of it. */
  async look(signal?: AbortSignal): Promise<Look> {
    return { view: await this.#view(signal) };
  }

  /** What changed since a look, and the look that was taken now. @throws as `treeNews`: then only reading everything again tells */
  async newsSince(look: Look, signal?: AbortSignal): Promise<TreeNews & { readonly look: Look }> {
    const now = await this.look(signal);
    return { ...(await treeNews(look.view, now.view)), look: now };
  }

  /** Entries below a folder whose name holds every word of the question, whatever its case and accents. */
  async *find(question: string, path = '/', signal?: AbortSignal): AsyncGenerator<DriveEntry, void, void> {
    const matches = matcher(question);
    for await (const entry of this.walk(path, signal)) if (matches(entry.name)) yield entry;
  }

  /**
   * A file's bytes in order, as whole checked chunks.
   * @param file a path, or an entry that was listed: of that content, whatever happened since
   * @throws Failure path-not-found, not-a-file, reject, object-missing, network …
   */
  async *read(file: string | DriveEntry, options: ReadOptions = {}): AsyncGenerator<FilePiece, void, void> {
    yield* this.reader.readFile(await this.#fileEntry(file, options.signal), options);
  }

  /** The whole of a file that fits in memory. @throws Failure limit-exceeded above `bytesMax` */
  async readWhole(file: string | DriveEntry, bytesMax = 64 * 2 ** 20, signal?: AbortSignal): Promise<Bytes> {
    const entry = await this.#fileEntry(file, signal);
    if (entry.size > bytesMax) throw new Failure('limit-exceeded', { limit: 'bytes in memory' });
    const bytes = new Uint8Array(entry.size);
    for await (const piece of this.reader.readFile(entry, signal ? { signal } : {})) bytes.set(piece.bytes, piece.offset);
    return bytes;
  }

  /** Part of a file, for showing it: never to be written, cached or passed on; see `ContentReader.readRange`. */
  async readRange(file: string | DriveEntry, start: number, length: number, signal?: AbortSignal): Promise<Bytes> {
    return this.reader.readRange(await this.#fileEntry(file, signal), start, length, signal);
  }

  /** The small pictures of files, in the order asked; null where a file has none that can be shown. @throws Failure network … */
  thumbnails(files: readonly DriveEntry[], signal?: AbortSignal): Promise<(Thumbnail | null)[]> {
    return readThumbnails(
      files.map(({ entry }) => entry),
      this.nodeReader(signal),
    );
  }

  /** Reads contents of entries, and hands out what a saver of folders needs. */
  get reader(): ContentReader {
    const { engine, pool, space } = this.parts;
    this.#reader ??= new ContentReader(
      { engine, pool, objects: space.objects, fetchNodes: (wanted, signal) => space.reader(signal).fetch(wanted) },
      null,
    );
    return this.#reader;
  }
  #reader: ContentReader | undefined;

  // ------------------------------------------------------------------------------------------------------------ changing

  /** @param options.parents makes what is missing above, and is content with a folder that is there. @throws Failure path-taken, path-not-found */
  async makeFolder(path: string, options: { readonly parents?: boolean; readonly signal?: AbortSignal } = {}): Promise<void> {
    const names = parsePath(path);
    await this.commit((view) => planFolder(view, names, options.parents ?? false, this.tools()), options.signal, 'merge');
  }

  /**
   * Files and folders into a folder, which is made if it is not there.
   * @param items their paths are below the folder
   * @returns once sending begins; see `DriveUpload.finished`
   * @throws Failure bad-name, drive-frozen, nothing-to-send, not-a-folder
   */
  put(folder: string, items: readonly UploadItem[], options: PutOptions = {}): Promise<DriveUpload> {
    return startPut(this, parsePath(folder), items, options);
  }

  /** Moves or renames: `to` is where the entry is to stand, name included. @throws Failure path-not-found, path-taken, not-a-folder, into-itself */
  async move(from: string, to: string, options: { readonly onTaken?: OnTaken; readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.moveAll([{ from, to }], options);
  }

  /** As `move`, all in one commit. */
  async moveAll(
    transfers: readonly { readonly from: string; readonly to: string }[],
    options: { readonly onTaken?: OnTaken; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const wanted = transfers.map(parseTransfer);
    await this.commit((view) => planMove(view, wanted, options.onTaken ?? 'fail', this.tools()), options.signal, 'merge');
  }

  /** Copies a file or a folder without sending its content again. @throws as `move` */
  async copy(from: string, to: string, options: { readonly onTaken?: OnTaken; readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.copyAll([{ from, to }], options);
  }

  /** As `copy`, all in one commit. @returns the fids of the copies, hex, in the order asked */
  async copyAll(
    transfers: readonly { readonly from: string; readonly to: string }[],
    options: { readonly onTaken?: OnTaken; readonly signal?: AbortSignal } = {},
  ): Promise<readonly string[]> {
    const wanted = transfers.map(parseTransfer);
    return this.#make((view) => planCopy(view, wanted, options.onTaken ?? 'fail', this.tools()), options.signal, 'merge');
  }

  /** Stars and colours; what is absent stays. All in one commit. @throws Failure path-not-found, drive-frozen */
  async mark(paths: readonly string[], marks: Partial<Marks>, signal?: AbortSignal): Promise<void> {
    const names = paths.map(parsePath);
    await this.commit((view) => planMarks(view, names, marks, this.tools()), signal, 'merge');
  }

  /**
   * Puts pictures that were made of files in the drive beside them. A file that changed, moved or got one meanwhile is left as it is.
   * @throws Failure drive-frozen, over-quota, network …
   */
  async keepPictures(made: readonly { readonly entry: DriveEntry; readonly picture: FilePicture }[], signal?: AbortSignal): Promise<void> {
    using gate = gateOf(signal);
    const kept = await sealPictures(
      this,
      made,
      this.parts.space.places(gate.gate, () => undefined),
    );
    await this.commit((view) => planPictures(view, kept, this.tools()), signal, 'merge');
  }

  // --------------------------------------------------------------------------------------------------------------- trash

  /** Into the trash, where it stays 30 days. @returns ids of what that made in the trash, for `restore` @throws Failure path-not-found */
  async remove(paths: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
    const names = paths.map(parsePath);
    return this.#make((view, first) => planRemoval(view, first, names, this.tools()), signal);
  }

  /** Acts of deletion, newest first. */
  async *trash(signal?: AbortSignal): AsyncGenerator<TrashEntry, void, void> {
    const view = await this.#view(signal);
    for (const { id, removedAtMs, from, sizeBytes, entry } of await listTrash(view)) {
      const entries: DriveEntry[] = [];
      for await (const child of view.entries(entry)) entries.push(driveEntry([...from.split('/').filter(Boolean), child.name], child));
      yield { id, removedAtMs, from, sizeBytes, entries };
    }
  }

  /** Back to where things stood. @throws Failure path-not-found for an id that is not in the trash */
  async restore(ids: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.commit((view) => planRestore(view, ids, this.tools()), signal);
  }

  /** Deletes for good: all of the trash, or these items. History keeps the bytes for 30 days after the next sweep. */
  async emptyTrash(ids?: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.commit(async (view) => planEmptying(view, ids ?? (await listTrash(view)).map((item) => item.id), this.tools()), signal);
  }

  /** Deletes what has been in the trash for 30 days. @returns how many items that were */
  async expireTrash(signal?: AbortSignal): Promise<number> {
    const { connection } = this.parts.session;
    // A clock that is wrong, here or at the server, deletes nothing early.
    const nowMs = Math.min(connection.clock.now(), connection.serverNow());
    const due = expired(await listTrash(await this.#view(signal)), nowMs).map((item) => item.id);
    if (due.length > 0) await this.emptyTrash(due, signal);
    return due.length;
  }

  // ------------------------------------------------------------------------------------------------------------- history

  /** A file's versions of the last 30 days, newest first; the present one among them. @throws Failure path-not-found, not-a-file */
  async versions(path: string, signal?: AbortSignal): Promise<FileVersion[]> {
    const names = parsePath(path);
    const { entry } = await this.#file(path, signal);
    const states = await this.#history.statesOf(names, entry.fid, this.#historySince, signal);
    return versionsOf(states, entry);
  }

  /** A version as an entry to read from: `read(drive.versionEntry(path, version))`. */
  versionEntry(path: string, version: FileVersion): DriveEntry {
    return driveEntry(parsePath(path), version.entry);
  }

  /** Makes the content of a version the present one, as a new version. @param seq of the version @throws Failure path-not-found */
  async restoreVersion(path: string, seq: number, signal?: AbortSignal): Promise<void> {
    const names = parsePath(path);
    const version = await this.#version(path, seq, signal);
    const adds = await objectsOf(version.entry, this.nodeReader(signal));
    await this.commit((view) => planContent(view, names, version.entry, adds, this.tools()), signal);
  }

  /** Puts the content of a version beside the file, under a free name. @returns the copy's path */
  async copyVersion(path: string, seq: number, signal?: AbortSignal): Promise<string> {
    const names = parsePath(path);
    const version = await this.#version(path, seq, signal);
    const adds = await objectsOf(version.entry, this.nodeReader(signal));
    let made = '';
    await this.commit(async (view) => {
      const planned = await planContentBeside(view, names, version.entry, adds, this.tools());
      made = planned.path;
      return planned.plan;
    }, signal);
    return made;
  }

  /** The commits of the last 30 days, newest first: moments to go back to. */
  async *moments(signal?: AbortSignal): AsyncGenerator<Moment, void, void> {
    for await (const { seq, atMs, deviceId } of this.#history.commits(this.#historySince, signal)) yield { seq, atMs, deviceId };
  }

  /** What these commits added, removed and changed; one that is too long ago is left out. @param seqs of `moments` */
  momentCounts(seqs: readonly number[], signal?: AbortSignal): Promise<ReadonlyMap<number, MomentCounts>> {
    return this.#history.countsOf(new Set(seqs), this.#historySince, signal);
  }

  /** The newest commit at a time or before it. @throws Failure path-not-found if there is none in the last 30 days */
  async momentAt(atMs: number, signal?: AbortSignal): Promise<Moment> {
    for await (const moment of this.moments(signal)) if (moment.atMs <= atMs) return moment;
    throw new Failure('path-not-found', { path: new Date(atMs).toISOString() });
  }

  /** What going back to a commit would do. Nothing is changed. @throws Failure path-not-found */
  async rewindPlan(seq: number, signal?: AbortSignal): Promise<RewindPlan> {
    const commit = await this.#history.commit(seq, this.#historySince, signal);
    const [now, past] = [await this.parts.space.view(signal), await this.#history.viewOf(commit, signal)];
    const { differences, hidden } = await compareForRewind(now, past);
    const paths = { now: pathsIn(differences, 'before'), past: pathsIn(differences, 'after') };
    return { seq, atMs: commit.atMs, ...summarize(differences, hidden, paths) };
  }

  /** Makes the drive what it was after a commit, as a new commit; the trash stays. @returns the new commit, null if nothing differs */
  async rewind(seq: number, signal?: AbortSignal): Promise<Committed | null> {
    const commit = await this.#history.commit(seq, this.#historySince, signal);
    let back: ReadonlySet<string> = new Set();
    const committed = await this.commit(async (view) => {
      const plan = await planRewind(view, await this.#history.viewOf(commit, signal));
      back = plan?.fromTrash ?? new Set();
      return plan;
    }, signal);
    // What is back where it stood is not in the trash any more.
    if (committed && back.size > 0) await this.commit((view) => planReturn(view, back, this.tools()), signal);
    return committed;
  }

  // --------------------------------------------------------------------------------------------------------------- links

  /** Links made from this drive. */
  get links(): DriveLinks {
    this.#links ??= new DriveLinks(this);
    return this.#links;
  }
  #links: DriveLinks | undefined;

  // ------------------------------------------------------------------------------------------------------------- account

  /**
   * Follows the drive as it changes elsewhere, until the signal ends. Nothing is missed: what another call of this drive happened to take in
   * is told too, and at the start what came since the drive was opened.
   * @param onChange called after something was accepted that this program did not make, and when the server's history disagrees
   * @throws Failure device-revoked …
   */
  async watch(
    onChange: () => void,
    options: {
      readonly signal: AbortSignal;
      readonly onState?: OnWatchState;
      /** The server's history was followed to its end and agrees. */
      readonly onAgreed?: () => void;
    },
  ): Promise<void> {
    const { connection } = this.parts.session;
    const { tools, log } = this.parts.space;
    let told = this.#heardFirst;
    await watchHeads({
      connection,
      device: tools.device,
      space: this.spaceId,
      signal: options.signal,
      onState: options.onState,
      onHead: async () => {
        try {
          await this.refresh(options.signal);
          if (log.heard !== told) onChange();
          told = log.heard;
          options.onAgreed?.();
        } catch (error) {
          if (!(error instanceof Failure && error.code === 'drive-frozen')) throw error;
          onChange();
        }
      },
    });
  }

  /** Lets the server free what no tree of the last 30 days needs; after the trash was emptied. Reads the whole tree. */
  sweep(signal?: AbortSignal): Promise<SweepReport> {
    return sweepDrive(this.parts.space, signal);
  }

  /** Asks the server what the account holds. @throws Failure network */
  async usage(signal?: AbortSignal): Promise<DriveUsage> {
    const { plan, until, entitlements, max, stored, live, history, pending } = await this.parts.space.service.usage(signal);
    return { plan, until, entitlements, maxBytes: max, storedBytes: stored, liveBytes: live, historyBytes: history, pendingBytes: pending };
  }

  /** Makes one commit as a planner decides. @internal */
  commit(planner: Planner, signal?: AbortSignal, onConflict?: OnConflict): Promise<Committed | null> {
    return this.parts.space.commit(planner, signal, onConflict);
  }

  /** @returns what the plan that landed made; empty if there was nothing to do */
  async #make(
    planner: (view: TreeView, first: TreeView) => Promise<Making>,
    signal?: AbortSignal,
    onConflict?: OnConflict,
  ): Promise<readonly string[]> {
    let made: readonly string[] = [];
    const landed = await this.commit(
      async (view, first) => {
        const making = await planner(view, first);
        made = making.made;
        return making.plan;
      },
      signal,
      onConflict,
    );
    return landed ? made : [];
  }

  /** @internal */
  tools(): ChangeTools {
    const { random, session } = this.parts;
    const { clock, serverNow } = session.connection;
    const nowMs = serverNow();
    // A server that names an old time would have what is thrown away now deleted at once by the next device.
    return { random, nowMs, removalMs: Math.max(nowMs, clock.now()) };
  }

  /** @internal */
  nodeReader(signal?: AbortSignal): NodeReader {
    return this.parts.space.reader(signal);
  }

  #view(signal?: AbortSignal): Promise<TreeView> {
    return (this.waiting ?? this.parts.space).view(signal);
  }

  async #fileEntry(file: string | DriveEntry, signal?: AbortSignal): Promise<Entry> {
    return (await this.#file(file, signal)).entry;
  }

  async #file(file: string | DriveEntry, signal?: AbortSignal): Promise<DriveEntry> {
    const found = typeof file === 'string' ? await this.stat(file, signal) : file;
    if (found.kind !== 'file') throw new Failure('not-a-file', { path: found.path });
    return found;
  }

  async #version(path: string, seq: number, signal: AbortSignal | undefined): Promise<FileVersion> {
    const version = (await this.versions(path, signal)).find((one) => one.seq === seq);
    if (!version) throw new Failure('path-not-found', { path: `${path}#${seq}` });
    return version;
  }

  get #history(): History {
    return new History(this.parts.space);
  }

  get #historySince(): number {
    return this.tools().nowMs - historyKeptMs;
  }
}

function parseTransfer({ from, to }: { readonly from: string; readonly to: string }): Transfer {
  return { from: parsePath(from), to: parsePath(to) };
}
