// One drop of files on its way into a folder: its upload while one runs, its state as the dock shows it, and the lock by which one tab owns it.
// spec/web.md "Uploads that survive".
import type { DriveUpload } from '@reprise/sdk/drive';
import type { TransferState } from '../../app/port.ts';
import type { TransferChange, TransferFacts, TransferVerb } from '../../engine/drive-calls.ts';
import type { EngineFailure } from '../../engine/port.ts';
import { durableBytes } from '../uploads/journal.ts';
import type { PickedFileItem } from '../uploads/new-upload.ts';
import type { PickedSlot } from '../uploads/picked-slot.ts';
import { type Taken, UploadFiles } from '../uploads/upload-files.ts';
import { UploadReport } from '../uploads/upload-report.ts';
import { toDriveFailure } from './open-drive.ts';
import { type CopiedParcel, type SavedTransfer, saveTransfer, transferJournal } from './transfer-store.ts';

export interface TransferPorts {
  /** The page hears of a change, and the other tabs. */
  tell(change: TransferChange): void;
  /** Begins to send; what is not at hand waits. */
  start(transfer: Transfer): Promise<DriveUpload>;
  /** Everything stands in the drive. */
  landed(transfer: Transfer): Promise<void>;
}

const publishMs = 100;

export class Transfer {
  readonly #ports: TransferPorts;
  readonly #files: UploadFiles<DriveUpload>;
  readonly #report: UploadReport;
  #saved: SavedTransfer;
  #end: 'unfinished' | 'done' | 'cancelled' = 'unfinished';
  /** Why it could not begin. */
  #failure: EngineFailure | null = null;
  #starting: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #letGo: (() => void) | undefined;
  readonly #over = new AbortController();
  /** What the tab that owns it told last. */
  #told: TransferState | undefined;

  constructor(saved: SavedTransfer, slots: readonly PickedSlot[], ports: TransferPorts) {
    this.#saved = saved;
    this.#ports = ports;
    this.#files = new UploadFiles(slots, { finished: () => this.#finished(), changed: () => this.changed() });
    this.#report = new UploadReport(this.#files, { restOf: (slot) => this.#restOf(slot), toFailure: toDriveFailure });
  }

  get saved(): SavedTransfer {
    return this.#saved;
  }

  get slots(): readonly PickedSlot[] {
    return this.#files.slots;
  }

  get isOwned(): boolean {
    return this.#letGo !== undefined;
  }

  get isUnfinished(): boolean {
    return this.#end === 'unfinished';
  }

  get isRunning(): boolean {
    return this.#files.upload !== undefined;
  }

  /** Files not at hand whose bytes are still needed. */
  get missing(): number {
    return this.#files.missing;
  }

  /** Places of the files that failed. */
  get failed(): readonly number[] {
    return this.#files.failed;
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
    await this.#files.upload?.stop();
    this.#letGo?.();
    this.#letGo = undefined;
  }

  /** Reads how far an earlier visit, or the tab that was before, came. */
  async recall(saved: SavedTransfer = this.saved): Promise<void> {
    this.#saved = saved;
    this.#files.renew(saved.files);
    this.#report.recall(await durableBytes(transferJournal(saved), saved));
  }

  /** Sends what is at hand, or goes on with it. @throws what kept it from beginning */
  async goOn(): Promise<void> {
    if (this.isRunning) return this.#files.wake();
    if (!this.isUnfinished) return;
    this.#starting ??= this.#begin().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /** Takes files chosen again. */
  async take(items: readonly PickedFileItem[]): Promise<Taken> {
    const taken = this.#files.take(items);
    this.#saved = { ...this.saved, files: this.#files.saved };
    if (taken.changed.length > 0) await saveTransfer(this.saved);
    return taken;
  }

  /** The copy is read by this link from now on. */
  async remember(copied: CopiedParcel): Promise<void> {
    if (copied.link === this.saved.copied?.link) return;
    this.#saved = { ...this.saved, copied };
    await saveTransfer(this.saved);
  }

  act(verb: TransferVerb, row: number | null): void {
    this.#files[verb](row);
  }

  async cancel(row: number | null): Promise<void> {
    if (row !== null) return this.#files.cancel(row);
    await this.#files.upload?.cancel();
    this.end('cancelled');
  }

  end(as: 'done' | 'cancelled'): void {
    this.#end = as;
    if (as === 'cancelled') this.#files.leave();
    this.changed();
  }

  /** What the tab that owns it says. */
  hear(change: TransferChange): void {
    this.#told = change.state;
    this.#report.forgetTold();
  }

  /** Tells what changed, soon. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#ports.tell({ id: this.saved.id, state: this.#state(), rows: this.#report.news(), isHere: this.isOwned });
    }, publishMs);
  }

  /** Everything, for a tab that has just come. */
  tellAll(): void {
    this.#report.forgetTold();
    this.changed();
  }

  facts(): TransferFacts {
    const { id, title, kind, createdAt, folderId, files, copied } = this.saved;
    return {
      id,
      title,
      kind,
      createdAt,
      folderId,
      files,
      parcel: copied?.parcel ?? null,
      state: this.#state(),
      rows: this.#report.rows(),
      isHere: this.isOwned,
    };
  }

  async #begin(): Promise<void> {
    this.#failure = null;
    try {
      const upload = await this.#ports.start(this);
      if (this.#over.signal.aborted) return await upload.stop();
      this.#files.follow(upload);
    } catch (error) {
      this.#failure = toDriveFailure(error);
      throw error;
    } finally {
      this.changed();
    }
  }

  async #finished(): Promise<void> {
    if (this.#files.failed.length > 0) return;
    this.#end = 'done';
    await this.#ports.landed(this);
  }

  #state(): TransferState {
    if (this.#told && !this.isOwned) return this.#told;
    return this.#report.state() ?? this.#report.restState(this.#restPhase, this.#failure);
  }

  get #restPhase(): 'done' | 'cancelled' | 'error' | 'again' | 'waiting' {
    if (this.#end !== 'unfinished') return this.#end;
    if (this.#failure) return 'error';
    return this.isOwned && this.#wantsChoosing && this.missing > 0 && this.#starting === undefined ? 'again' : 'waiting';
  }

  #restOf({ isThere }: PickedSlot): 'done' | 'cancelled' | 'again' | 'waiting' {
    if (this.#end !== 'unfinished') return this.#end;
    return this.isOwned && this.#wantsChoosing && !isThere ? 'again' : 'waiting';
  }

  get #wantsChoosing(): boolean {
    return this.saved.copied === undefined;
  }
}
