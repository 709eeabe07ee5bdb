// One parcel: its upload while one runs, its rows as the screens show them, and the lock by which one tab owns it.
// spec/web.md "Uploads that survive".
import { Journal, type Row, type Upload, type UploadProgress } from '@reprise/sdk';
import { parseBase64url, systemRandom } from '@reprise/kit';
import { webEngine } from '@reprise/vault';
import type { ParcelChange, ParcelFacts, ParcelVerb, RowChange } from '../../engine/calls.ts';
import { PaceMeter } from '../../engine/pace.ts';
import type { ParcelOptions, ParcelPhase, ParcelState, PickedItem, RowPhase } from '../../engine/port.ts';
import { toEngineFailure } from './failures.ts';
import { callPage } from './page.ts';
import { journalStore, type ParcelEnd, type SavedParcel, saveEnd, saveParcel } from './parcel-store.ts';
import { PickedSlot } from './picked-source.ts';

const publishMs = 100;
const chunkBytes = 4_194_304;

/** Between the tabs of one browser. `hello` asks the owner for everything. */
type TabMessage =
  | { readonly kind: 'change'; readonly change: ParcelChange }
  | { readonly kind: 'verb'; readonly id: string; readonly verb: ParcelVerb | 'cancel'; readonly row: number | null }
  | { readonly kind: 'hello'; readonly id: string };
type Verb = { readonly verb: ParcelVerb | 'cancel'; readonly row: number | null };
type PickedFileItem = Extract<PickedItem, { kind: 'file' }>;

export class Parcel {
  saved: SavedParcel;
  readonly slots: PickedSlot[];
  upload: Upload | undefined;
  /** The upload's row of each file; none if its name was refused. */
  private rows: readonly (Row | undefined)[] = [];
  private end: ParcelEnd = 'unfinished';
  /** What an earlier visit got onto the server, by file. */
  private durable: readonly number[] = [];
  private shown: RowChange[] = [];
  private pace = new PaceMeter(Date.now(), 0);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private letGo: (() => void) | undefined;
  private readonly tabs = new BroadcastChannel('reprise-parcels');
  /** What the owning tab last told, while another owns it. */
  private told: ParcelState | undefined;
  private finishing: Promise<void> = Promise.resolve();

  constructor(saved: SavedParcel, slots: readonly PickedSlot[]) {
    this.saved = saved;
    this.slots = [...slots];
    this.tabs.onmessage = (event) => this.hear(event.data as TabMessage);
  }

  get isOwned(): boolean {
    return this.letGo !== undefined;
  }

  get isRunning(): boolean {
    return this.upload !== undefined;
  }

  get isUnfinished(): boolean {
    return this.end === 'unfinished';
  }

  /** Files not at hand whose bytes are still needed. */
  get missing(): number {
    return this.slots.filter((slot, i) => !slot.isThere && this.rows[i]?.phase !== 'sent').length;
  }

  /** @returns whether this tab owns the parcel from now on */
  own(): Promise<boolean> {
    if (this.isOwned) return Promise.resolve(true);
    return new Promise((resolve) => {
      void navigator.locks.request(`reprise-parcel-${this.saved.id}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock
          ? new Promise<void>((release) => {
              this.letGo = release;
            })
          : undefined;
      });
    });
  }

  release(): void {
    clearTimeout(this.timer);
    this.letGo?.();
    this.letGo = undefined;
    this.tabs.close();
  }

  follow(): void {
    this.tabs.postMessage({ kind: 'hello', id: this.saved.id } satisfies TabMessage);
  }

  send(verb: Verb): void {
    this.tabs.postMessage({ kind: 'verb', id: this.saved.id, ...verb } satisfies TabMessage);
  }

  async restore(end: ParcelEnd): Promise<void> {
    this.end = end;
    if (end !== 'unfinished') return;
    const tools = { engine: webEngine, key: parseBase64url(this.saved.journalKey) ?? new Uint8Array(32), random: systemRandom };
    const state = await new Journal(journalStore(this.saved.id), tools).load().catch(() => undefined);
    this.durable = this.saved.files.map(({ path, bytes }) => {
      const starts = [...(state?.known.get(path.normalize('NFC'))?.keys() ?? [])];
      return starts.reduce((sum, start) => sum + Math.max(0, Math.min(chunkBytes, bytes - start)), 0);
    });
  }

  async begin(start: (changed: () => void) => Promise<Upload>): Promise<void> {
    this.pace = new PaceMeter(Date.now(), 0);
    const upload = await start(() => this.changed());
    this.upload = upload;
    this.saved = { ...this.saved, linkUrl: upload.linkUrl, manageUrl: upload.manageUrl };
    const byOpener = new Map(upload.rows.map((row) => [row.item.open, row]));
    this.rows = this.slots.map((slot) => byOpener.get(slot.open));
    for (const [i, slot] of this.slots.entries()) {
      const row = this.rows[i];
      if (row && !slot.isThere) upload.pause(row);
    }
    this.watchEnd(upload);
    this.changed();
  }

  /** Files came back: whatever waited for them goes on. */
  wake(): void {
    const { upload } = this;
    if (!upload) return;
    for (const [i, slot] of this.slots.entries()) {
      const row = this.rows[i];
      if (!row || !slot.isThere) continue;
      if (row.phase === 'paused') upload.resume(row);
      if (row.phase === 'failed') this.retryRow(upload, row);
    }
  }

  /**
   * Takes files chosen again: by path, size and date those that are meant; by path alone those that have changed since, which are sent as they are now.
   * @returns which were taken, by their place; the names that changed, and those that are not this parcel's
   */
  attach(files: readonly PickedFileItem[]): {
    readonly taken: ReadonlyMap<number, PickedFileItem>;
    readonly changed: readonly string[];
    readonly strangers: readonly string[];
  } {
    const taken = new Map<number, PickedFileItem>();
    const changed: string[] = [];
    const strangers: string[] = [];
    for (const item of files) {
      const same = this.indexOf(item, (slot) => slot.size === item.file.size && slot.modifiedAt === item.file.lastModified);
      const index = same >= 0 ? same : this.indexOf(item, (_, i) => this.wantsAgain(i));
      if (index < 0) {
        strangers.push(item.file.name);
        continue;
      }
      taken.set(index, item);
      if (same >= 0) this.slots[index]?.attach(item);
      else {
        changed.push(item.file.name);
        this.replace(index, item);
      }
    }
    return { taken, changed, strangers };
  }

  act(verb: ParcelVerb, index: number | null): void {
    const { upload } = this;
    if (!upload) return;
    const row = index === null ? undefined : this.rows[index];
    if (index !== null && !row) return;
    switch (verb) {
      case 'pause':
        return upload.pause(row);
      case 'resume':
        if (row && !this.slots[index as number]?.isThere) return;
        return upload.resume(row);
      case 'retry':
        if (row) return this.retryRow(upload, row);
        upload.retry();
        return this.watchEnd(upload);
      case 'first':
        if (row) upload.first(row);
    }
  }

  cancelRow(index: number): void {
    const row = this.rows[index];
    if (row) this.upload?.cancelRow(row);
  }

  /** @returns false if no upload ran here: the server has to be told by another way */
  async cancel(): Promise<boolean> {
    if (!this.upload) return false;
    await this.upload.cancel();
    return true;
  }

  async stop(): Promise<void> {
    await this.upload?.stop();
    await this.finishing;
  }

  markEnded(): void {
    this.end = 'ended';
    this.upload = undefined;
    this.publish();
  }

  changeOptions(options: ParcelOptions): void {
    this.saved = { ...this.saved, options };
    this.tell({ id: this.saved.id, options });
  }

  facts(): ParcelFacts {
    const { id, title, kind, createdAt, linkUrl, manageUrl, options, files } = this.saved;
    this.shown = files.map((_, i) => this.rowChange(i));
    return { id, title, kind, createdAt, linkUrl, manageUrl, options, state: this.state(), files, rows: this.shown };
  }

  private indexOf({ path }: PickedFileItem, fits: (slot: PickedSlot, index: number) => boolean): number {
    const exact = this.slots.findIndex((slot, i) => slot.path === path && fits(slot, i));
    // A file chosen alone has no folder in its path; its name must do.
    return exact >= 0 ? exact : this.slots.findIndex((slot, i) => !slot.isThere && slot.path.endsWith(`/${path}`) && fits(slot, i));
  }

  /** A file that was sent is not replaced by another of its name. */
  private wantsAgain(index: number): boolean {
    const row = this.rows[index];
    return row ? row.phase === 'failed' || (row.phase === 'paused' && !this.slots[index]?.isThere) : !this.upload;
  }

  private replace(index: number, item: PickedFileItem): void {
    const facts = { path: this.slots[index]?.path ?? item.path, bytes: item.file.size, modifiedAt: item.file.lastModified };
    const slot = new PickedSlot(facts, item);
    this.slots[index] = slot;
    this.saved = { ...this.saved, files: this.saved.files.map((file, i) => (i === index ? facts : file)) };
    const row = this.rows[index];
    if (!row || !this.upload) return;
    // What was journaled for it is proved against what the file holds now, as after any reload.
    this.upload.cancelRow(row);
    this.upload.retry(row, slot.item());
    this.watchEnd(this.upload);
  }

  private retryRow(upload: Upload, row: Row): void {
    upload.retry(row);
    this.watchEnd(upload);
  }

  private watchEnd(upload: Upload): void {
    this.finishing = upload.finished.then(
      async ({ expiresAt }) => {
        this.end = 'complete';
        await saveEnd(this.saved.id, 'complete');
        if (expiresAt !== this.saved.options.expiresAt) {
          this.changeOptions({ ...this.saved.options, expiresAt });
          await saveParcel(this.saved);
        }
        this.changed();
      },
      () => this.changed(),
    );
  }

  private hear(message: TabMessage): void {
    if (message.kind === 'change') {
      if (this.isOwned || message.change.id !== this.saved.id) return;
      this.told = message.change.state ?? this.told;
      if (message.change.options) this.saved = { ...this.saved, options: message.change.options };
      void callPage('parcelChanged', message.change);
      return;
    }
    if (message.id !== this.saved.id || !this.isOwned) return;
    if (message.kind === 'hello') {
      this.shown = [];
      return this.changed();
    }
    if (message.verb !== 'cancel') return this.act(message.verb, message.row);
    if (message.row !== null) return this.cancelRow(message.row);
    void this.cancel().then(
      () => this.markEnded(),
      () => this.changed(),
    );
  }

  private changed(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.publish();
    }, publishMs);
  }

  private publish(): void {
    const rows: RowChange[] = [];
    for (let i = 0; i < this.slots.length; i++) {
      const now = this.rowChange(i);
      const before = this.shown[i];
      if (before && before[1] === now[1] && before[2] === now[2] && before[3]?.code === now[3]?.code) continue;
      this.shown[i] = now;
      rows.push(now);
    }
    this.tell({ id: this.saved.id, state: this.state(), ...(rows.length > 0 && { rows }) });
  }

  private tell(change: ParcelChange): void {
    void callPage('parcelChanged', change);
    this.tabs.postMessage({ kind: 'change', change } satisfies TabMessage);
  }

  private rowChange(index: number): RowChange {
    const bytes = this.saved.files[index]?.bytes ?? 0;
    const row = this.rows[index];
    if (!this.upload) {
      if (this.end === 'complete') return [index, 'done', bytes, null];
      if (this.end === 'ended') return [index, 'cancelled', 0, null];
      return [index, this.isOwned ? 'again' : 'waiting', this.durable[index] ?? 0, null];
    }
    if (!row) return [index, 'error', 0, { code: 'bad-name', facts: {} }];
    const failure = row.failure ? toEngineFailure(row.failure) : null;
    return [index, this.rowPhase(row, index), row.phase === 'sent' ? bytes : row.bytesSent, failure];
  }

  private rowPhase(row: Row, index: number): RowPhase {
    switch (row.phase) {
      case 'waiting':
      case 'sending':
        return row.phase;
      case 'sent':
        return 'done';
      case 'failed':
        return row.failure?.code === 'source-vanished' ? 'again' : 'error';
      case 'paused':
        return this.slots[index]?.isThere ? 'paused' : 'again';
      case 'cancelled':
        return 'cancelled';
    }
  }

  private state(): ParcelState {
    if (!this.upload) return this.restState();
    const progress = this.upload.progress();
    const now = Date.now();
    const moving = progress.phase === 'sending' || progress.phase === 'publishing';
    const pace = this.pace.measure(now, progress.bytesDone, progress.bytesTotal);
    const phase = this.phaseOf(progress);
    return {
      phase,
      link: phase === 'cancelled' ? 'ended' : progress.phase === 'done' ? 'complete' : progress.linkOpen ? 'open' : 'making',
      bytesDone: progress.bytesDone,
      bytesTotal: progress.bytesTotal,
      filesDone: progress.filesDone,
      filesTotal: progress.filesTotal,
      speed: moving ? pace.speed : null,
      secondsLeft: moving ? pace.secondsLeft : null,
      retryAt: progress.retryAt,
      failure: progress.failure ? toEngineFailure(progress.failure) : null,
    };
  }

  private restState(): ParcelState {
    if (this.told) return this.told;
    const bytesTotal = this.saved.files.reduce((sum, file) => sum + file.bytes, 0);
    const filesTotal = this.saved.files.length;
    const rest = { bytesTotal, filesTotal, speed: null, secondsLeft: null, retryAt: null, failure: null } as const;
    if (this.end === 'complete') return { ...rest, phase: 'done', link: 'complete', bytesDone: bytesTotal, filesDone: filesTotal };
    if (this.end === 'ended') return { ...rest, phase: 'cancelled', link: 'ended', bytesDone: 0, filesDone: 0 };
    const bytesDone = this.durable.reduce((sum, bytes) => sum + bytes, 0);
    const filesDone = this.saved.files.filter((file, i) => file.bytes === this.durable[i]).length;
    return { ...rest, phase: this.isOwned ? 'again' : 'waiting', link: 'open', bytesDone, filesDone };
  }

  private phaseOf(progress: UploadProgress): ParcelPhase {
    const failed = this.rows.some((row) => row?.phase === 'failed');
    const again = this.rows.some((row, i) => row?.phase === 'failed' && this.rowPhase(row, i) === 'again');
    switch (progress.phase) {
      case 'preparing':
        return 'waiting';
      case 'sending': {
        const open = this.rows.flatMap((row, i) =>
          row && !['sent', 'failed', 'cancelled'].includes(row.phase) ? [this.slots[i]?.isThere] : [],
        );
        return open.length > 0 && open.every((there) => there === false) ? 'again' : 'sending';
      }
      case 'publishing':
        return 'verifying';
      case 'done':
        return again ? 'again' : failed ? 'error' : 'done';
      case 'failed':
        return again ? 'again' : 'error';
      case 'paused':
      case 'offline':
      case 'cancelled':
        return progress.phase;
    }
  }
}
