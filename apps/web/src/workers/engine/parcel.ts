// One parcel: its upload while one runs, its state as the screens show it, and the lock by which one tab owns it.
// spec/web.md "Uploads that survive".
import type { Upload } from '@reprise/sdk';
import type { ParcelChange, ParcelFacts, ParcelVerb } from '../../engine/calls.ts';
import type { ParcelOptions, ParcelState } from '../../engine/port.ts';
import { durableBytes } from '../uploads/journal.ts';
import type { PickedFileItem } from '../uploads/new-upload.ts';
import type { PickedSlot } from '../uploads/picked-slot.ts';
import { type Taken, UploadFiles } from '../uploads/upload-files.ts';
import { UploadReport } from '../uploads/upload-report.ts';
import { toEngineFailure } from './failures.ts';
import { callPage } from './page.ts';
import { type ParcelEnd, parcelJournal, type SavedParcel, saveEnd, saveParcel } from './parcel-store.ts';

const publishMs = 100;

/** Between the tabs of one browser. `hello` asks the owner for everything. */
type TabMessage =
  | { readonly kind: 'change'; readonly change: ParcelChange }
  | ({ readonly kind: 'verb'; readonly id: string } & Verb)
  | { readonly kind: 'hello'; readonly id: string };
type Verb = { readonly verb: ParcelVerb | 'cancel'; readonly row: number | null };

export class Parcel {
  saved: SavedParcel;
  readonly #files: UploadFiles<Upload>;
  readonly #report: UploadReport;
  #end: ParcelEnd = 'unfinished';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #letGo: (() => void) | undefined;
  readonly #tabs = new BroadcastChannel('reprise-parcels');
  /** What the owning tab last told, while another owns it. */
  #told: ParcelState | undefined;

  constructor(saved: SavedParcel, slots: readonly PickedSlot[]) {
    this.saved = saved;
    this.#files = new UploadFiles(slots, { finished: () => this.#complete(), changed: () => this.changed() });
    this.#report = new UploadReport(this.#files, { restOf: () => this.#restPhase, toFailure: toEngineFailure });
    this.#tabs.onmessage = (event) => this.#hear(event.data as TabMessage);
  }

  get slots(): readonly PickedSlot[] {
    return this.#files.slots;
  }

  get upload(): Upload | undefined {
    return this.#files.upload;
  }

  get isOwned(): boolean {
    return this.#letGo !== undefined;
  }

  get isUnfinished(): boolean {
    return this.#end === 'unfinished';
  }

  /** Files not at hand whose bytes are still needed. */
  get missing(): number {
    return this.#files.missing;
  }

  /** @returns whether this tab owns the parcel from now on */
  own(): Promise<boolean> {
    if (this.isOwned) return Promise.resolve(true);
    return new Promise((resolve) => {
      void navigator.locks.request(`reprise-parcel-${this.saved.id}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock
          ? new Promise<void>((release) => {
              this.#letGo = release;
            })
          : undefined;
      });
    });
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#letGo?.();
    this.#letGo = undefined;
    this.#tabs.close();
  }

  follow(): void {
    this.#tabs.postMessage({ kind: 'hello', id: this.saved.id } satisfies TabMessage);
  }

  send(verb: Verb): void {
    this.#tabs.postMessage({ kind: 'verb', id: this.saved.id, ...verb } satisfies TabMessage);
  }

  async restore(end: ParcelEnd): Promise<void> {
    this.#end = end;
    if (end === 'unfinished') this.#report.recall(await durableBytes(parcelJournal(this.saved), this.saved));
  }

  begin(upload: Upload): void {
    this.saved = { ...this.saved, linkUrl: upload.linkUrl, manageUrl: upload.manageUrl };
    this.#files.follow(upload);
  }

  /** Files came back: whatever waited for them goes on. */
  wake(): void {
    this.#files.wake();
  }

  /** Takes files chosen again. */
  async take(items: readonly PickedFileItem[]): Promise<Taken> {
    const taken = this.#files.take(items);
    this.saved = { ...this.saved, files: this.#files.saved };
    if (taken.changed.length > 0) await saveParcel(this.saved);
    return taken;
  }

  act(verb: ParcelVerb, row: number | null): void {
    this.#files[verb](row);
  }

  cancelRow(row: number): void {
    this.#files.cancel(row);
  }

  /** @returns false if no upload ran here: the server has to be told by another way */
  async cancel(): Promise<boolean> {
    await this.upload?.cancel();
    return this.upload !== undefined;
  }

  async stop(): Promise<void> {
    await this.upload?.stop();
    await this.#files.settled;
  }

  markEnded(): void {
    this.#end = 'ended';
    this.#files.leave();
    this.#publish();
  }

  changeOptions(options: ParcelOptions): void {
    this.saved = { ...this.saved, options };
    this.#tell({ id: this.saved.id, options });
  }

  facts(): ParcelFacts {
    const { id, title, kind, createdAt, linkUrl, manageUrl, options, files } = this.saved;
    return { id, title, kind, createdAt, linkUrl, manageUrl, options, state: this.#state(), files, rows: this.#report.rows() };
  }

  /** Tells what changed, soon. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#publish();
    }, publishMs);
  }

  async #complete(): Promise<void> {
    this.#end = 'complete';
    await saveEnd(this.saved.id, 'complete');
    const expiresAt = (await this.upload?.finished)?.expiresAt;
    if (expiresAt === undefined || expiresAt === this.saved.options.expiresAt) return;
    this.changeOptions({ ...this.saved.options, expiresAt });
    await saveParcel(this.saved);
  }

  #hear(message: TabMessage): void {
    if (message.kind === 'change') {
      if (this.isOwned || message.change.id !== this.saved.id) return;
      this.#told = message.change.state ?? this.#told;
      if (message.change.options) this.saved = { ...this.saved, options: message.change.options };
      void callPage('parcelChanged', message.change);
      return;
    }
    if (message.id !== this.saved.id || !this.isOwned) return;
    if (message.kind === 'hello') {
      this.#report.forgetTold();
      return this.changed();
    }
    if (message.verb !== 'cancel') return this.act(message.verb, message.row);
    if (message.row !== null) return this.cancelRow(message.row);
    void this.cancel().then(
      () => this.markEnded(),
      () => this.changed(),
    );
  }

  #publish(): void {
    const rows = this.#report.news();
    this.#tell({ id: this.saved.id, state: this.#state(), ...(rows.length > 0 && { rows }) });
  }

  #tell(change: ParcelChange): void {
    void callPage('parcelChanged', change);
    this.#tabs.postMessage({ kind: 'change', change } satisfies TabMessage);
  }

  #state(): ParcelState {
    const state = this.#report.state();
    const progress = this.upload?.progress();
    if (state && progress) {
      const { phase, linkOpen } = progress;
      return { ...state, link: state.phase === 'cancelled' ? 'ended' : phase === 'done' ? 'complete' : linkOpen ? 'open' : 'making' };
    }
    if (this.#told) return this.#told;
    const link = this.#end === 'unfinished' ? 'open' : this.#end;
    return { ...this.#report.restState(this.#restPhase), link };
  }

  /** Of all of it, and of each file, while nothing is sent. */
  get #restPhase(): 'done' | 'cancelled' | 'again' | 'waiting' {
    if (this.#end === 'complete') return 'done';
    if (this.#end === 'ended') return 'cancelled';
    return this.isOwned ? 'again' : 'waiting';
  }
}
