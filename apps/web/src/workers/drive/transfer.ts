// One drop of files on its way into a folder: its upload while one runs, its rows as the dock shows them, and the lock by which one tab owns it.
// spec/web.md "Uploads that survive".
import { parseBase64url, systemRandom } from '@reprise/kit';
import { Journal, type Row } from '@reprise/sdk';
import type { DriveUpload } from '@reprise/sdk/drive';
import { webEngine } from '@reprise/vault';
import type { TransferState } from '../../app/port.ts';
import type { RowChange } from '../../engine/calls.ts';
import type { TransferChange, TransferFacts, TransferVerb } from '../../engine/drive-calls.ts';
import { PaceMeter } from '../../engine/pace.ts';
import type { EngineFailure, PickedItem, Reattached, RowPhase } from '../../engine/port.ts';
import { PickedSlot } from '../engine/picked-source.ts';
import { toDriveFailure } from './open-drive.ts';
import { type SavedTransfer, saveTransfer, transferJournal } from './transfer-store.ts';

export type PickedFileItem = Extract<PickedItem, { kind: 'file' }>;
/** Who hears of a change: the page, and the other tabs. */
export type TellChange = (change: TransferChange) => void;

const publishMs = 100;
const chunkBytes = 4_194_304;

export class Transfer {
  saved: SavedTransfer;
  readonly slots: PickedSlot[];
  readonly #tell: TellChange;
  #upload: DriveUpload | undefined;
  /** The upload's row of each file; none if its name was refused. */
  #rows: readonly (Row | undefined)[] = [];
  #end: 'unfinished' | 'done' | 'cancelled' = 'unfinished';
  /** What an earlier visit got onto the server, by file. */
  #durable: readonly number[] = [];
  /** Why it could not begin. */
  #failure: EngineFailure | null = null;
  #starting: Promise<void> | undefined;
  #shown: RowChange[] = [];
  #pace = new PaceMeter(Date.now(), 0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #letGo: (() => void) | undefined;
  readonly #over = new AbortController();
  /** What the tab that owns it told last. */
  #told: TransferState | undefined;

  constructor(saved: SavedTransfer, slots: readonly PickedSlot[], tell: TellChange) {
    this.saved = saved;
    this.slots = [...slots];
    this.#tell = tell;
  }

  get isOwned(): boolean {
    return this.#letGo !== undefined;
  }

  get isUnfinished(): boolean {
    return this.#end === 'unfinished';
  }

  get isRunning(): boolean {
    return this.#upload !== undefined;
  }

  /** What the tab that owned it told last. */
  get lastHeard(): TransferState['phase'] | undefined {
    return this.#told?.phase;
  }

  /** Waits for the lock, which another tab may hold until it is closed. @returns false if the transfer was let go of first */
  async own(): Promise<boolean> {
    return new Promise((resolve) => {
      void navigator.locks
        .request(`reprise-transfer-${this.saved.id}`, { signal: this.#over.signal }, () => {
          resolve(true);
          return new Promise<void>((release) => {
            this.#letGo = release;
          });
        })
        .catch(() => resolve(false));
    });
  }

  /** Stops here; a later visit, or another tab, goes on. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#over.abort();
    await this.#upload?.stop();
    this.#letGo?.();
    this.#letGo = undefined;
  }

  /** Reads how far an earlier visit came. */
  async recall(): Promise<void> {
    const tools = { engine: webEngine, key: parseBase64url(this.saved.journalKey) ?? new Uint8Array(32), random: systemRandom };
    const state = await new Journal(transferJournal(this.saved.id), tools).load().catch(() => undefined);
    this.#durable = this.saved.files.map(({ path, bytes }) => {
      const starts = [...(state?.known.get(path.normalize('NFC'))?.keys() ?? [])];
      return starts.reduce((sum, start) => sum + Math.max(0, Math.min(chunkBytes, bytes - start)), 0);
    });
  }

  /** Begins to send what is at hand; what is not waits. @param start gives the upload of these slots */
  begin(start: (slots: readonly PickedSlot[], changed: () => void) => Promise<DriveUpload>, ended: () => Promise<void>): Promise<void> {
    this.#starting ??= this.#begin(start, ended).finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #begin(
    start: (slots: readonly PickedSlot[], changed: () => void) => Promise<DriveUpload>,
    ended: () => Promise<void>,
  ): Promise<void> {
    this.#failure = null;
    this.#pace = new PaceMeter(Date.now(), 0);
    try {
      const upload = await start(this.slots, () => this.changed());
      if (this.#over.signal.aborted) return await upload.stop();
      this.#upload = upload;
      const byOpener = new Map(upload.rows.map((row) => [row.item.open, row]));
      this.#rows = this.slots.map((slot) => byOpener.get(slot.open));
      for (const [i, slot] of this.slots.entries()) {
        const row = this.#rows[i];
        if (row && !slot.isThere) upload.pause(row);
      }
      this.#watchEnd(upload, ended);
    } catch (error) {
      this.#failure = toDriveFailure(error);
      throw error;
    } finally {
      this.changed();
    }
  }

  /**
   * Takes files chosen again: by path, size and date those that are meant; by path alone those that have changed since, which are sent as they are now.
   */
  async attach(files: readonly PickedFileItem[]): Promise<Reattached & { readonly indexes: ReadonlyMap<number, PickedFileItem> }> {
    const indexes = new Map<number, PickedFileItem>();
    const changed: string[] = [];
    const strangers: string[] = [];
    for (const item of files) {
      const same = this.#indexOf(item, (slot) => slot.size === item.file.size && slot.modifiedAt === item.file.lastModified);
      const index = same >= 0 ? same : this.#indexOf(item, (_, i) => this.#rowPhase(i) === 'again' || this.#rows[i]?.phase === 'failed');
      if (index < 0) strangers.push(item.file.name);
      else {
        indexes.set(index, item);
        if (same >= 0) this.slots[index]?.attach(item);
        else {
          changed.push(item.file.name);
          this.#replace(index, item);
        }
      }
    }
    if (changed.length > 0) await saveTransfer(this.saved);
    return { matched: indexes.size, stillMissing: this.#missing, strangers, changed, indexes };
  }

  /** Files came back: whatever waited for them goes on. */
  wake(ended: () => Promise<void>): void {
    const upload = this.#upload;
    if (!upload) return;
    for (const [i, slot] of this.slots.entries()) {
      const row = this.#rows[i];
      if (!row || !slot.isThere) continue;
      if (row.phase === 'paused') upload.resume(row);
      if (row.phase === 'failed') upload.retry(row, slot.item());
    }
    this.#watchEnd(upload, ended);
    this.changed();
  }

  /** @param lookUp finds the file again behind its handle, for a row whose file changed */
  async act(
    verb: TransferVerb,
    index: number | null,
    ended: () => Promise<void>,
    lookUp: (index: number) => Promise<PickedFileItem | undefined>,
  ): Promise<void> {
    const upload = this.#upload;
    const row = index === null ? undefined : this.#rows[index];
    if (!upload || (index !== null && !row)) return;
    if (verb === 'first') return row && upload.first(row);
    if (verb === 'resume' && index !== null && !this.slots[index]?.isThere) return;
    if (verb !== 'retry') return upload[verb](row);
    let found = false;
    for (const [i, failed] of this.#rows.entries()) {
      if (failed?.phase !== 'failed' || (row && failed !== row)) continue;
      const item = await lookUp(i);
      if (item) {
        await this.attach([item]);
        upload.retry(failed, this.slots[i]?.item());
      } else upload.retry(failed);
      found = true;
    }
    if (!found) upload.retry();
    this.#watchEnd(upload, ended);
  }

  async cancel(index: number | null): Promise<void> {
    const row = index === null ? undefined : this.#rows[index];
    if (row) return this.#upload?.cancelRow(row);
    if (index !== null) return;
    await this.#upload?.cancel();
    this.end('cancelled');
  }

  end(as: 'done' | 'cancelled'): void {
    this.#end = as;
    this.changed();
  }

  /** What the tab that owns it says. */
  hear(change: TransferChange): void {
    this.#told = change.state;
    this.#shown = [];
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#publish();
    }, publishMs);
  }

  /** Everything, for a tab that has just come. */
  tellAll(): void {
    this.#shown = [];
    this.changed();
  }

  facts(): TransferFacts {
    const { id, title, kind, createdAt, folderId, files } = this.saved;
    this.#shown = files.map((_, i) => this.#rowChange(i));
    return { id, title, kind, createdAt, folderId, files, state: this.#state(), rows: this.#shown, isHere: this.isOwned };
  }

  get #missing(): number {
    return this.slots.filter((slot, i) => !slot.isThere && this.#rows[i]?.phase !== 'sent').length;
  }

  #indexOf({ path }: PickedFileItem, fits: (slot: PickedSlot, index: number) => boolean): number {
    const exact = this.slots.findIndex((slot, i) => slot.path === path && fits(slot, i));
    // A file chosen alone has no folder in its path; its name must do.
    return exact >= 0 ? exact : this.slots.findIndex((slot, i) => !slot.isThere && slot.path.endsWith(`/${path}`) && fits(slot, i));
  }

  #replace(index: number, item: PickedFileItem): void {
    const before = this.slots[index] as PickedSlot;
    const facts = { path: before.path, bytes: item.file.size, modifiedAt: item.file.lastModified };
    const slot = new PickedSlot(facts, item);
    this.slots[index] = slot;
    this.saved = { ...this.saved, files: this.saved.files.map((file, i) => (i === index ? facts : file)) };
    const row = this.#rows[index];
    if (!row || !this.#upload) return;
    // What was journaled for it is proved against what the file holds now, as after any reload.
    this.#upload.cancelRow(row);
    this.#upload.retry(row, slot.item());
  }

  #watchEnd(upload: DriveUpload, ended: () => Promise<void>): void {
    void upload.finished.then(
      async () => {
        if (!this.#rows.some((row) => row?.phase === 'failed')) {
          this.#end = 'done';
          await ended();
        }
        this.changed();
      },
      () => this.changed(),
    );
  }

  #publish(): void {
    const rows: RowChange[] = [];
    for (let i = 0; i < this.saved.files.length; i++) {
      const now = this.#rowChange(i);
      const before = this.#shown[i];
      if (before && before[1] === now[1] && before[2] === now[2] && before[3]?.code === now[3]?.code) continue;
      this.#shown[i] = now;
      rows.push(now);
    }
    this.#tell({ id: this.saved.id, state: this.#state(), rows, isHere: this.isOwned });
  }

  #rowChange(index: number): RowChange {
    const bytes = this.saved.files[index]?.bytes ?? 0;
    const row = this.#rows[index];
    const phase = this.#rowPhase(index);
    if (!this.#upload) return [index, phase, phase === 'done' ? bytes : (this.#durable[index] ?? 0), null];
    if (!row) return [index, phase, 0, { code: 'bad-name', facts: {} }];
    return [index, phase, row.phase === 'sent' ? bytes : row.bytesSent, row.failure ? toDriveFailure(row.failure) : null];
  }

  #rowPhase(index: number): RowPhase {
    if (this.#end === 'done' && !this.#upload) return 'done';
    if (this.#end === 'cancelled') return 'cancelled';
    if (!this.#upload) return this.isOwned && !this.slots[index]?.isThere ? 'again' : 'waiting';
    const row = this.#rows[index];
    switch (row?.phase) {
      case undefined:
        return 'error';
      case 'sent':
        return 'done';
      case 'failed':
        return row.failure?.code === 'source-vanished' ? 'again' : 'error';
      case 'paused':
        return this.slots[index]?.isThere ? 'paused' : 'again';
      case 'waiting':
      case 'sending':
      case 'cancelled':
        return row.phase;
    }
  }

  #state(): TransferState {
    if (!this.#upload) return this.#restState();
    const progress = this.#upload.progress();
    const { bytesDone, bytesTotal, filesDone, filesTotal, retryAt, failure } = progress;
    const pace = this.#pace.measure(Date.now(), bytesDone, bytesTotal);
    const moving = progress.phase === 'sending' || progress.phase === 'committing';
    return {
      phase: this.#phaseOf(progress.phase),
      bytesDone,
      bytesTotal,
      filesDone,
      filesTotal,
      speed: moving ? pace.speed : null,
      secondsLeft: moving ? pace.secondsLeft : null,
      retryAt,
      failure: failure && toDriveFailure(failure),
    };
  }

  #restState(): TransferState {
    if (this.#told && !this.isOwned) return this.#told;
    const bytesTotal = this.saved.files.reduce((sum, file) => sum + file.bytes, 0);
    const filesTotal = this.saved.files.length;
    const rest = { bytesTotal, filesTotal, speed: null, secondsLeft: null, retryAt: null, failure: this.#failure } as const;
    if (this.#end === 'done') return { ...rest, phase: 'done', bytesDone: bytesTotal, filesDone: filesTotal };
    if (this.#end === 'cancelled') return { ...rest, phase: 'cancelled', bytesDone: 0, filesDone: 0 };
    const bytesDone = this.#durable.reduce((sum, bytes) => sum + bytes, 0);
    const filesDone = this.saved.files.filter((file, i) => file.bytes > 0 && file.bytes === this.#durable[i]).length;
    const phase = this.#failure ? 'error' : this.isOwned && this.#missing > 0 && this.#starting === undefined ? 'again' : 'waiting';
    return { ...rest, phase, bytesDone, filesDone };
  }

  #phaseOf(phase: ReturnType<DriveUpload['progress']>['phase']): TransferState['phase'] {
    const isAgain = this.slots.some((_, i) => this.#rowPhase(i) === 'again');
    const failed = this.#rows.some((row) => row?.phase === 'failed');
    switch (phase) {
      case 'sending': {
        const open = this.#rows.flatMap((row, i) =>
          row && !['sent', 'failed', 'cancelled'].includes(row.phase) ? [this.slots[i]?.isThere] : [],
        );
        return open.length > 0 && open.every((there) => there === false) ? 'again' : 'sending';
      }
      case 'committing':
        return 'verifying';
      case 'failed':
        return isAgain ? 'again' : 'error';
      case 'done':
        return isAgain ? 'again' : failed ? 'error' : 'done';
      case 'paused':
      case 'offline':
      case 'cancelled':
        return phase;
    }
  }
}
