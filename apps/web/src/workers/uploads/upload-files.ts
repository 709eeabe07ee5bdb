// The files of one upload and what sends them: which are at hand, which have to be chosen again, and the upload's row of each. Uploads into links and into
// the drive are the same here. spec/web.md "Uploads that survive".
import type { FileItem, Row, UploadPhase, UploadProgress } from '@reprise/sdk';
import type { DriveUploadPhase } from '@reprise/sdk/drive';
import type { PickedFileItem, SavedFile } from './new-upload.ts';
import { PickedSlot } from './picked-slot.ts';

/** What the SDK sends with. */
export interface RunningUpload {
  readonly rows: readonly Row[];
  readonly finished: Promise<unknown>;
  progress(): Omit<UploadProgress, 'phase' | 'linkOpen'> & { readonly phase: UploadPhase | DriveUploadPhase };
  pause(row?: Row): void;
  resume(row?: Row): void;
  retry(row?: Row, item?: FileItem): void;
  first(row: Row): void;
  cancelRow(row: Row): void;
}

/** A file has no row while nothing is sent, and if its name was refused. */
export type UploadFile = { readonly slot: PickedSlot; readonly row: Row | undefined };

export interface UploadEvents {
  /** All that could be sent was sent; once more each time that files which had failed were sent later. */
  finished(): Promise<void>;
  changed(): void;
}

/** Files chosen again: those that belong here, by their place; the names of those that are not as they were, and of those that do not belong here. */
export type Taken = {
  readonly taken: ReadonlyMap<number, PickedFileItem>;
  readonly changed: readonly string[];
  readonly strangers: readonly string[];
};

export class UploadFiles<Running extends RunningUpload> {
  #list: UploadFile[];
  #upload: Running | undefined;
  readonly #events: UploadEvents;
  #watched: Promise<unknown> | undefined;
  #settled: Promise<void> = Promise.resolve();

  /** @param slots in sending order, which is the order of all lists here */
  constructor(slots: readonly PickedSlot[], events: UploadEvents) {
    this.#list = slots.map((slot) => ({ slot, row: undefined }));
    this.#events = events;
  }

  get list(): readonly UploadFile[] {
    return this.#list;
  }

  get slots(): readonly PickedSlot[] {
    return this.#list.map(({ slot }) => slot);
  }

  get saved(): readonly SavedFile[] {
    return this.slots.map(({ path, size, modifiedAt }) => ({ path, bytes: size, modifiedAt }));
  }

  get upload(): Running | undefined {
    return this.#upload;
  }

  /** Files not at hand whose bytes are still needed. */
  get missing(): number {
    return this.#list.filter(({ slot, row }) => !slot.isThere && row?.phase !== 'sent').length;
  }

  /** Places of the files that failed. */
  get failed(): readonly number[] {
    return this.#list.flatMap(({ row }, i) => (row?.phase === 'failed' ? [i] : []));
  }

  /** Resolves when the end of the upload, if it came, was dealt with. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  /** As another tab remembered them last: what it took as changed has to be chosen again here. For as long as nothing is sent. */
  renew(files: readonly SavedFile[]): void {
    this.#list = files.map((facts, i) => {
      const known = this.#list[i];
      const isSame = known?.slot.size === facts.bytes && known.slot.modifiedAt === facts.modifiedAt;
      return known && isSame ? known : { slot: new PickedSlot(facts), row: undefined };
    });
  }

  /** An upload of these slots has begun; what is not at hand waits in it. */
  follow(upload: Running): void {
    this.#upload = upload;
    const byOpener = new Map(upload.rows.map((row) => [row.item.open, row]));
    this.#list = this.#list.map(({ slot }) => ({ slot, row: byOpener.get(slot.open) }));
    for (const { slot, row } of this.#list) if (row && !slot.isThere) upload.pause(row);
    this.#watch(upload);
    this.#events.changed();
  }

  /** The upload is over, and counts no more. */
  leave(): void {
    this.#upload = undefined;
    this.#list = this.#list.map(({ slot }) => ({ slot, row: undefined }));
  }

  /** By path, size and date those that are meant; by path alone those that have changed since, which are sent as they are now. */
  take(files: readonly PickedFileItem[]): Taken {
    const taken = new Map<number, PickedFileItem>();
    const changed: string[] = [];
    const strangers: string[] = [];
    for (const item of files) {
      const { size, lastModified, name } = item.file;
      const same = this.#indexOf(item, ({ slot }) => slot.size === size && slot.modifiedAt === lastModified);
      const index = same >= 0 ? same : this.#indexOf(item, (file) => this.#wantsAgain(file));
      if (index < 0) {
        strangers.push(name);
        continue;
      }
      taken.set(index, item);
      if (same >= 0) this.#list[index]?.slot.attach(item);
      else {
        changed.push(name);
        this.#replace(index, item);
      }
    }
    return { taken, changed, strangers };
  }

  /** Files came back: whatever waited for them goes on. */
  wake(): void {
    for (const [i, { slot, row }] of this.#list.entries()) {
      if (!slot.isThere) continue;
      if (row?.phase === 'paused') this.resume(i);
      if (row?.phase === 'failed') this.retry(i);
    }
    this.#events.changed();
  }

  /** @param index null: all files */
  pause(index: number | null): void {
    this.#act(index, (upload, row) => upload.pause(row));
  }

  resume(index: number | null): void {
    if (index === null || this.#list[index]?.slot.isThere) this.#act(index, (upload, row) => upload.resume(row));
  }

  retry(index: number | null): void {
    this.#act(index, (upload, row) => {
      upload.retry(row);
      this.#watch(upload);
    });
  }

  first(index: number | null): void {
    this.#act(index, (upload, row) => row && upload.first(row));
  }

  cancel(index: number): void {
    this.#act(index, (upload, row) => row && upload.cancelRow(row));
  }

  #act(index: number | null, act: (upload: Running, row: Row | undefined) => void): void {
    const row = index === null ? undefined : this.#list[index]?.row;
    if (this.#upload && (index === null || row)) act(this.#upload, row);
  }

  /** A retry may begin another run; each is waited for once. */
  #watch(upload: Running): void {
    const run = upload.finished;
    if (run === this.#watched) return;
    this.#watched = run;
    const changed = () => this.#events.changed();
    this.#settled = run.then(() => this.#events.finished()).then(changed, changed);
  }

  #indexOf({ path }: PickedFileItem, fits: (file: UploadFile) => boolean): number {
    const exact = this.#list.findIndex((file) => file.slot.path === path && fits(file));
    if (exact >= 0) return exact;
    // A file chosen alone has no folder in its path; its name must do.
    return this.#list.findIndex((file) => !file.slot.isThere && file.slot.path.endsWith(`/${path}`) && fits(file));
  }

  /** A file that was sent is not replaced by another of its name. */
  #wantsAgain({ slot, row }: UploadFile): boolean {
    return row ? row.phase === 'failed' || (row.phase === 'paused' && !slot.isThere) : !this.#upload;
  }

  #replace(index: number, item: PickedFileItem): void {
    const { slot: before, row } = this.#list[index] as UploadFile;
    const slot = new PickedSlot({ path: before.path, bytes: item.file.size, modifiedAt: item.file.lastModified }, item);
    this.#list[index] = { slot, row };
    if (!row || !this.#upload) return;
    // What was journaled for it is proved against what the file holds now, as after any reload.
    this.#upload.cancelRow(row);
    this.#upload.retry(row, slot.item());
    this.#watch(this.#upload);
  }
}
