// The drive that is open in this tab: the SDK's drive, what the screens follow of it, and the news that reach them. One a worker.
// spec/web.md "Threads", spec/drive.md.
import { sleep } from '@reprise/kit';
import type { Failure } from '@reprise/protocol/formats';
import type { Drive, DriveEntry, DriveLink as SdkLink, WaitingChanges } from '@reprise/sdk/drive';
import { type DriveLink, type DriveState, type FolderPlace, type FolderView, type TrashItem, type Usage } from '../../app/port.ts';
import type { DriveNews } from '../../engine/drive-calls.ts';
import { type Call, EngineError } from '../../engine/rpc.ts';
import { toEngineFailure } from '../engine/failures.ts';
import { buffersOf, isShown, type LinksByFid, tableOf } from './columns.ts';
import type { NameFeed } from './names.ts';
import { PhotoFeed } from './photos.ts';
import { PlaceIndex } from './place-index.ts';
import type { Waiting } from './waiting.ts';

export type Tell = Call<DriveNews>;
/** What an act changed: the tree alone, or the links made from it as well. */
export type Touched = 'tree' | 'all';

/** What can be done without a network: by the drive, or by what keeps changes until there is one. */
export type Changes = Pick<WaitingChanges, 'makeFolder' | 'move' | 'moveAll' | 'mark' | 'remove' | 'restore'>;

type TabMessage = { readonly space: string; readonly seq: number; readonly touched: Touched; readonly waits?: true };

const trashKeptMs = 30 * 24 * 3_600_000;
const usageDelayMs = 300;
/** Longer than it takes another device to sell a link, or to change one. */
const settleDelayMs = 30_000;
/** The page says when the rows of the first folder stand on the screen: nothing else is asked of the server before. One in the background draws none. */
const drawnMsMax = 3_000;
/** And a moment longer, so that what is asked then does not hold up what the person does first. */
const restMs = 600;
/** A page without a folder asks for none; what else there is to know waits no longer than this. */
const firstFolderMsMax = 500;
/** A server that shows what is refused is asked again, less and less often. */
const askAgainMs = 2_000;
const askAgainMsMax = 60_000;
/** How long an act waits to see whether a network that was away is back. */
const reachMsMax = 2_000;
/** Entries of folders that were listed last are kept for questions about them. */
const listedMax = 16;

export class OpenDrive {
  readonly drive: Drive;
  readonly places: PlaceIndex;
  readonly tell: Tell;
  readonly photos = new PhotoFeed(this);
  /** Once somebody searched. */
  names: NameFeed | undefined;
  /** Resolves when a first folder is on the screen, or when a page seems to show none. */
  readonly shown: Promise<void>;
  readonly #markShown: () => void;
  readonly #followed = new Set<string>();
  /** What the page was told of each folder was made of this: the same is not read and told again. */
  readonly #toldOf = new Map<string, string>();
  readonly #listed = new Map<string, readonly DriveEntry[]>();
  #links: readonly SdkLink[] = [];
  #state: DriveState = { online: true, refused: null, history: { kind: 'agrees' }, waiting: [], unreadWaiting: [] };
  #waiting: Promise<Waiting> | undefined;
  #carrying: Promise<void> | undefined;
  #settleDue: ReturnType<typeof setTimeout> | undefined;
  /** What was cut short before the drive was opened has been looked for, or will be. */
  #isLooked = false;
  #usageDue: ReturnType<typeof setTimeout> | undefined;
  readonly #over = new AbortController();
  readonly #onEnded: () => void;
  #network = new AbortController();
  /** Ends the wait before the server is asked again. */
  #askNow: AbortController = new AbortController();
  /** Commits of this browser's tabs, told sooner than the server does. */
  readonly #tabs = new BroadcastChannel('reprise-drive');

  /** @param onEnded the server refuses this device */
  constructor(drive: Drive, tell: Tell, onEnded: () => void) {
    this.drive = drive;
    this.tell = tell;
    this.#onEnded = onEnded;
    const { promise, resolve } = Promise.withResolvers<void>();
    [this.shown, this.#markShown] = [promise, resolve];
    this.places = new PlaceIndex(drive, () => this.network);
    this.#tabs.onmessage = (event) => void this.#hear(event.data as TabMessage);
  }

  /** Begins to follow the server's news. Ends with `close`. */
  begin(): void {
    setTimeout(() => this.#followed.size === 0 && this.#markShown(), firstFolderMsMax);
    void this.#followNews();
    void this.shown.then(() => (this.#over.signal.aborted ? undefined : this.changed()));
  }

  /** A hint: when a line goes, an answer that is being listened to may say nothing for minutes, so the server is asked anew. */
  lineChanged(): void {
    this.#askNow.abort();
  }

  /** Aborted by `close`. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  close(): void {
    this.#over.abort();
    this.#tabs.close();
  }

  /** Without end: whatever the server says or shows, it is asked again, and what was accepted stays. */
  async #followNews(): Promise<void> {
    for (let failures = 0; !this.#over.signal.aborted; ) {
      this.#askNow = new AbortController();
      const signal = AbortSignal.any([this.#over.signal, this.#askNow.signal]);
      const agreed = () => {
        failures = 0;
        this.#setState({ refused: null });
        this.#tellHistory();
        // What fails now is tried again when the server is heard of again.
        void this.#carryOut().catch(() => undefined);
      };
      const onState = (retryAt: number | null, failure: Failure | null) => this.#noteNetwork(retryAt, failure);
      try {
        await this.drive.watch(() => void this.changed(), { signal, onState, onAgreed: agreed });
      } catch (error) {
        if (signal.aborted) continue;
        const failure = toDriveFailure(error);
        if (failure.code === 'device-revoked') return this.#onEnded();
        this.#setState({ refused: failure });
        await sleep(Math.min(askAgainMsMax, askAgainMs * 2 ** failures++), signal).catch(() => undefined);
      }
    }
  }

  /** Aborted while the server cannot be reached: nodes that are kept here are read, and others fail at once. */
  get network(): AbortSignal {
    return this.#network.signal;
  }

  #noteNetwork(retryAt: number | null, failure: Failure | null): void {
    const wasOffline = !this.#state.online;
    if (retryAt === null) {
      if (wasOffline) this.#network = new AbortController();
      this.#setState({ online: true });
      if (wasOffline) void this.changed();
    } else if (failure !== null) {
      const { code, facts } = toEngineFailure(failure);
      if (code !== 'offline') return this.#setState({ refused: { code, facts } });
      this.#network.abort(failure);
      this.#setState({ online: false });
    }
  }

  /** Known at once, instead of after all the patience of a commit. */
  async #isReachable(): Promise<boolean> {
    if (this.#state.online) return true;
    try {
      await this.drive.refresh(AbortSignal.any([this.#over.signal, AbortSignal.timeout(reachMsMax)]));
      this.#askNow.abort();
      // Before the news say so.
      if (this.#network.signal.aborted) this.#network = new AbortController();
      return true;
    } catch {
      return false;
    }
  }

  /** The tree is another: folders that are followed and the trash are told anew. */
  async changed(touched: Touched = 'all'): Promise<void> {
    this.#listed.clear();
    this.#tellHistory();
    // Links first: rows show which entries have one. What the server alone knows is not waited for.
    if (touched === 'all' && this.#state.online) await Promise.allSettled([this.#tellLinks()]);
    await Promise.allSettled([...this.#followed].map((id) => this.#tellFolder(id)));
    await Promise.allSettled([this.#tellTrash()]);
    this.photos.changed();
    this.names?.changed();
    this.#tellUsageSoon();
  }

  /** What the screens do changes the tree: they are told before they are answered. @throws EngineError offline at once */
  async act<Result>(work: (drive: Drive) => Promise<Result>, touched: Touched = 'tree'): Promise<Result> {
    if (!(await this.#isReachable())) throw new EngineError({ code: 'offline', facts: {} });
    try {
      await this.#carryOut();
      const result = await work(this.drive);
      await this.landed(touched);
      return result;
    } catch (error) {
      this.#tellHistory();
      throw new EngineError(toDriveFailure(error));
    }
  }

  /** As `act`; without a network the change is kept, shown as waiting, and carried out later. */
  async change<Result>(work: (changes: Changes) => Promise<Result>): Promise<Result> {
    if (await this.#isReachable()) return this.act(work);
    try {
      const { changes, expect } = await this.#openWaiting();
      await expect();
      const result = await work(changes);
      await this.#tellWaiting();
      return result;
    } catch (error) {
      throw new EngineError(toDriveFailure(error));
    }
  }

  async dropWaiting(ids: readonly string[]): Promise<void> {
    await (await this.#openWaiting()).changes.drop(ids);
    await this.#tellWaiting();
  }

  #openWaiting(): Promise<Waiting> {
    const opening = (this.#waiting ??= import('./waiting.ts').then(({ openWaiting }) => openWaiting(this.drive, () => this.network)));
    // What failed is tried again when it is next asked for.
    opening.catch(() => {
      if (this.#waiting === opening) this.#waiting = undefined;
    });
    return opening;
  }

  /** What an earlier visit or another tab left waiting is shown with the first folder. */
  async showWaiting(): Promise<void> {
    const { changes, facts } = await this.#openWaiting();
    await changes.reload();
    this.#setState(await facts());
  }

  async #tellWaiting(): Promise<void> {
    this.#setState(await (await this.#openWaiting()).facts());
    this.#tabs.postMessage({ space: this.drive.spaceId, seq: 0, touched: 'tree', waits: true } satisfies TabMessage);
    await this.changed('tree');
  }

  /** In the order they were made, before anything newer; once at a time. */
  #carryOut(): Promise<void> {
    if (!this.#state.waiting.some(({ held }) => held === null)) return Promise.resolve();
    this.#carrying ??= this.#carryOutNow().finally(() => {
      this.#carrying = undefined;
    });
    return this.#carrying;
  }

  async #carryOutNow(): Promise<void> {
    const { changes, facts } = await this.#openWaiting();
    try {
      // Once the network is gone nothing is to be waited for: other tabs have their turn.
      await changes.carryOut(AbortSignal.any([this.#over.signal, this.network]));
    } finally {
      this.#setState(await facts());
      await this.landed();
    }
  }

  /** A commit of this tab landed: its screens are told, and the other tabs. */
  async landed(touched: Touched = 'tree'): Promise<void> {
    if (!this.#over.signal.aborted)
      this.#tabs.postMessage({ space: this.drive.spaceId, seq: this.drive.seq, touched } satisfies TabMessage);
    await this.changed(touched);
  }

  async #hear({ space, seq, touched, waits }: TabMessage): Promise<void> {
    if (space !== this.drive.spaceId || this.#over.signal.aborted) return;
    try {
      if (waits || this.#state.waiting.length > 0) await this.showWaiting();
      if (waits) return await this.changed(touched);
      // The server is asked, as ever: a tab's word alone moves no head.
      if (this.drive.seq >= seq || (await this.drive.refresh(this.#over.signal))) await this.changed(touched);
    } catch {
      this.#tellHistory();
    }
  }

  async follow(id: string): Promise<FolderView> {
    this.#followed.add(id);
    setTimeout(this.#markShown, drawnMsMax);
    const made = this.#madeOf();
    const view = await this.folder(id);
    this.#noteTold(id, view, made);
    return view;
  }

  /** What was given last stands on the screen. */
  drawn(): void {
    setTimeout(this.#markShown, restMs);
  }

  unfollow(id: string): void {
    this.#followed.delete(id);
    this.#toldOf.delete(id);
  }

  async folder(id: string): Promise<FolderView> {
    try {
      const path = await this.places.chainOf(id);
      const waiting = new Set(this.#state.waiting.flatMap(({ held, ids }) => (held ? [] : ids)));
      const table = tableOf(await this.entriesOf(id), this.linksByFid(), waiting);
      return { state: 'ready', path, table, stale: !this.#state.online };
    } catch (error) {
      const failure = toDriveFailure(error);
      return failure.code === 'no-such-entry' ? { state: 'gone' } : { state: 'failed', failure };
    }
  }

  /** @throws Failure path-not-found, network … */
  async entriesOf(folder: string): Promise<readonly DriveEntry[]> {
    const known = this.#listed.get(folder);
    if (known) return known;
    const entries: DriveEntry[] = [];
    for await (const entry of this.drive.list(await this.places.pathOf(folder), this.network)) if (isShown(entry)) entries.push(entry);
    this.places.note(folder, entries);
    this.#listed.set(folder, entries);
    for (const old of this.#listed.keys()) if (this.#listed.size > listedMax) this.#listed.delete(old);
    return entries;
  }

  async subfolders(id: string): Promise<readonly FolderPlace[]> {
    return (await this.entriesOf(id)).filter((entry) => entry.kind === 'folder').map((entry) => ({ id: entry.fid, name: entry.name }));
  }

  async entry(id: string): Promise<DriveEntry> {
    return this.drive.stat(await this.places.pathOf(id), this.network);
  }

  linkOf(link: SdkLink): DriveLink {
    return {
      id: link.id,
      url: link.url,
      label: link.label === '' ? null : link.label,
      title: link.title,
      bytes: link.sizeBytes,
      createdAt: link.createdAt,
      expiresAt: link.expiresAt,
      hasPassword: link.hasPassword,
      downloadsMax: link.downloadsMax,
      downloads: link.downloads.finished,
      visits: link.opened,
      phase: phaseOf(link),
      entryId: link.fid,
      entryKind: this.#kindOf(link.fid),
      sale: link.sale,
      takesTips: link.jar?.isOpen === true,
    };
  }

  #kindOf(fid: string): 'file' | 'folder' {
    for (const entries of this.#listed.values()) {
      const found = entries.find((entry) => entry.fid === fid);
      if (found) return found.kind === 'folder' ? 'folder' : 'file';
    }
    return 'file';
  }

  linksByFid(): LinksByFid {
    return Map.groupBy(this.#links, (link) => link.fid);
  }

  async #tellFolder(id: string): Promise<void> {
    const made = this.#madeOf();
    if (this.#toldOf.get(id) === made) return;
    const view = await this.folder(id);
    if (!this.#followed.has(id)) return;
    this.#noteTold(id, view, made);
    const transfer = view.state === 'ready' ? buffersOf(view.table) : [];
    void this.tell('folderChanged', { id, view }, { transfer });
  }

  /** Everything that the view of a folder depends on. */
  #madeOf(): string {
    const { online, history, waiting } = this.#state;
    const links = this.#links.map(({ fid, isLive, hasPassword }) => [fid, isLive, hasPassword]);
    return JSON.stringify([this.drive.seq, online, history, waiting, links]);
  }

  #noteTold(id: string, view: FolderView, made: string): void {
    if (view.state === 'failed') this.#toldOf.delete(id);
    else this.#toldOf.set(id, made);
  }

  async #tellLinks(): Promise<void> {
    this.#links = await this.drive.links.list();
    void this.tell(
      'linksChanged',
      this.#links.map((link) => this.linkOf(link)),
    );
    if (!this.#isLooked || this.#links.some(({ isCurrent }) => !isCurrent)) this.#settleSoon();
  }

  /** What another program, or this one before, was stopped at, is carried out: whoever is at it now is given the time to end. */
  #settleSoon(): void {
    this.#isLooked = true;
    if (this.#settleDue !== undefined) return;
    this.#settleDue = setTimeout(() => {
      this.#settleDue = undefined;
      if (this.#over.signal.aborted) return;
      void this.drive.links
        .settle(this.#over.signal)
        .then((isChanged) => (isChanged ? this.#tellLinks() : undefined))
        .catch(() => undefined);
    }, settleDelayMs);
  }

  async #tellTrash(): Promise<void> {
    const items: TrashItem[] = [];
    for await (const { id, removedAtMs, from, sizeBytes, entries } of this.drive.trash(this.network)) {
      const first = entries[0];
      if (!first) continue;
      items.push({
        id,
        name: first.name,
        kind: first.kind === 'folder' ? 'folder' : 'file',
        entriesCount: entries.length,
        bytes: sizeBytes,
        deletedAt: removedAtMs,
        purgedAt: removedAtMs + trashKeptMs,
        from: from === '/' ? '' : from,
        fromExists: await this.#exists(from),
      });
    }
    void this.tell('trashChanged', items);
  }

  async #exists(path: string): Promise<boolean> {
    return this.drive.stat(path, this.network).then(
      ({ kind }) => kind === 'folder',
      () => false,
    );
  }

  /** One question for many acts: figures may lag a moment behind. */
  #tellUsageSoon(): void {
    if (this.#usageDue !== undefined) return;
    this.#usageDue = setTimeout(() => {
      this.#usageDue = undefined;
      if (!this.#over.signal.aborted) void this.#tellUsage().catch(() => undefined);
    }, usageDelayMs);
  }

  /** Told to the page at once. */
  readUsage(): Promise<void> {
    return this.#tellUsage();
  }

  async #tellUsage(): Promise<void> {
    const { plan, until, entitlements, maxBytes, storedBytes, liveBytes, historyBytes, pendingBytes } = await this.drive.usage();
    const ended = storedBytes > maxBytes ? entitlements.find((one) => one.until <= Date.now() && one.bytesMax > maxBytes) : undefined;
    const usage: Usage = {
      liveBytes,
      keptBytes: historyBytes,
      pendingBytes,
      quotaBytes: maxBytes,
      plan: plan === 'default' ? null : plan,
      planUntil: until,
      planEnded: ended?.until ?? null,
    };
    void this.tell('usageChanged', usage);
  }

  #tellHistory(): void {
    const { disagreement } = this.drive;
    if (!disagreement) return this.#setState({ history: { kind: 'agrees' } });
    const { reason: why, ours, theirs, seenAtMs } = disagreement;
    const mine = { at: ours.timeMs, entry: ours.seq };
    // A server that shows nothing at all has gone back to before the beginning.
    const other = theirs ? { at: theirs.timeMs, entry: theirs.seq } : { at: seenAtMs, entry: 0 };
    this.#setState({ history: { kind: 'disagrees', why, mine, theirs: other } });
  }

  #setState(change: Partial<DriveState>): void {
    const next = { ...this.#state, ...change };
    if (JSON.stringify(next) === JSON.stringify(this.#state)) return;
    this.#state = next;
    void this.tell('stateChanged', next);
  }
}

function phaseOf(link: SdkLink): DriveLink['phase'] {
  if (link.removed) return 'removed';
  if (!link.isLive) return 'ended';
  if (link.expiresAt !== null && link.expiresAt <= Date.now()) return 'expired';
  return link.downloadsMax !== null && link.downloads.finished >= link.downloadsMax ? 'used-up' : 'open';
}

const renamed: Readonly<Record<string, string>> = {
  'path-not-found': 'no-such-entry',
  'path-taken': 'name-taken',
  'drive-frozen': 'history-disagrees',
};

/** The drive's failures in the words of app/port.ts. */
export function toDriveFailure(error: unknown) {
  const failure = toEngineFailure(error);
  return { ...failure, code: renamed[failure.code] ?? failure.code };
}
