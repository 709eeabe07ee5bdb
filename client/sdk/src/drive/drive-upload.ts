// Files and folders on their way into a folder of the drive: sent in bounded memory, then named in the tree by one commit. Pausing,
// resuming after the program's end, and what happens to names that are taken. spec/drive.md, spec/ropes.md "Resuming".
import { assert } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import type { Extent } from '@reprise/vault';
import type { Gate } from '../gate.ts';
import type { Row } from '../rows.ts';
import { closeSource } from '../seal-part.ts';
import type { FileItem, FolderItem, SymlinkItem } from '../source.ts';
import type { TreeFile, TreeItem } from '../tree.ts';
import type { LeftOut } from '../upload.ts';
import type { Sending } from '../sending.ts';

/**
 * sending, committing, then done. paused and offline wait; failed and cancelled have ended, of which failed may be run again:
 * nothing that was sent is sent twice.
 */
export type DriveUploadPhase = 'sending' | 'committing' | 'done' | 'paused' | 'offline' | 'failed' | 'cancelled';

/** How far an upload is, at one moment. */
export type DriveUploadProgress = {
  readonly phase: DriveUploadPhase;
  /** Plaintext bytes; those handed to the network and not yet confirmed are counted as done. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly filesDone: number;
  readonly filesTotal: number;
  /** While offline: when the next attempt starts, ms. */
  readonly retryAt: number | null;
  readonly failure: Failure | null;
};

/** What came of it. */
export type DriveUploadOutcome = {
  /** Of the commit that names the files; null if everything was skipped. */
  readonly seq: number | null;
  readonly files: number;
  readonly sizeBytes: number;
  /** What is not in the drive, and why. */
  readonly leftOut: readonly LeftOut[];
  /** What stands under another name than asked, because that was taken; paths in the drive. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  /** Files that became a new version of what stood there. */
  readonly versions: number;
  /** Left as they were, as the clash's answer said. */
  readonly skipped: number;
};

/** What the commit made of the items. */
export type Placed = Pick<DriveUploadOutcome, 'seq' | 'renamed' | 'versions' | 'skipped'>;

export type DriveUploadParts = {
  readonly sending: Sending;
  readonly gate: Gate;
  readonly others: readonly (FolderItem | SymlinkItem)[];
  readonly leftOut: readonly LeftOut[];
  readonly skipped: number;
  readonly renamed: DriveUploadOutcome['renamed'];
  /** An earlier run's journal was found: what it sent is not sent again. */
  readonly isResumed: boolean;
  /** Names the items in the tree. @throws Failure objects-missing, drive-frozen, network … */
  readonly commit: (items: readonly TreeItem[]) => Promise<Placed>;
  /** Called when nothing is left to resume. */
  readonly forget: () => Promise<void>;
  readonly onChange: ((upload: DriveUpload) => void) | undefined;
};

const commitRoundsMax = 4;

/** Files on their way into a drive. */
export class DriveUpload {
  readonly isResumed: boolean;
  readonly #parts: DriveUploadParts;
  #phase: DriveUploadPhase = 'sending';
  #failure: Failure | null = null;
  #retryAt: number | null = null;
  #running: Promise<DriveUploadOutcome> | undefined;

  constructor(parts: DriveUploadParts) {
    this.#parts = parts;
    this.isResumed = parts.isResumed;
  }

  /** Files in the order of the items. What is read from them changes as they are sent. */
  get rows(): readonly Row[] {
    return this.#parts.sending.rows;
  }

  /** Settles when the files stand in the drive, or with the failure that ended it. */
  get finished(): Promise<DriveUploadOutcome> {
    assert(this.#running, 'an upload runs from its start');
    return this.#running;
  }

  /** How far it is; cheap, to be asked often. */
  progress(): DriveUploadProgress {
    const { done, total } = this.#parts.sending.bytes;
    return {
      phase: this.#phase,
      bytesDone: done,
      bytesTotal: total,
      filesDone: this.rows.reduce((sum, row) => sum + (row.phase === 'sent' ? 1 : 0), 0),
      filesTotal: this.rows.length,
      retryAt: this.#retryAt,
      failure: this.#failure,
    };
  }

  /** Begins, or begins again after a failure: over quota, say, once there is room. */
  run(): void {
    const { gate } = this.#parts;
    gate.reset();
    this.#failure = null;
    this.#setPhase('sending');
    this.#running = this.#work().catch((error: unknown) => {
      const failure = error instanceof Failure ? error : new Failure('server-error', { reason: String(error) }, { cause: error });
      for (const row of this.rows) closeSource(row);
      gate.end(failure);
      this.#failure = failure;
      this.#setPhase(failure.code === 'cancelled' ? 'cancelled' : 'failed');
      throw error;
    });
    // Who does not ask for `finished` reads the failure from `progress`.
    this.#running.catch(() => undefined);
  }

  /** Stops reading and sending, of one row or of all. What is on its way arrives. */
  pause(row?: Row): void {
    const { sending, gate } = this.#parts;
    if (row) return sending.pause(row);
    gate.pause();
    if (this.#phase !== 'done') this.#setPhase('paused');
    this.change();
  }

  /** Goes on after `pause`. */
  resume(row?: Row): void {
    const { sending, gate } = this.#parts;
    if (row) return sending.resume(row);
    gate.resume();
    if (this.#phase === 'paused') this.#setPhase('sending');
    this.change();
  }

  /** Sends a row before all others. */
  first(row: Row): void {
    this.#parts.sending.first(row);
  }

  /** Tries failed rows again, or the whole upload after it failed. @param item the row's file, if it was chosen again */
  retry(row?: Row, item?: FileItem): void {
    for (const failed of row ? [row] : this.rows.filter((other) => other.phase === 'failed')) this.#parts.sending.retry(failed, item);
    if (this.#phase === 'failed' || this.#phase === 'done') this.run();
  }

  /** Leaves a row out. */
  cancelRow(row: Row): void {
    this.#parts.sending.cancel(row);
  }

  /** Stops; what was sent stays for a week, and the journal with it, for a later run. */
  async stop(): Promise<void> {
    this.#parts.gate.end(new Failure('cancelled'));
    this.change();
    await this.#running?.then(
      () => undefined,
      () => undefined,
    );
  }

  /** Stops and forgets; nothing of it shows in the drive. The server lets go of what was sent after a week. */
  async cancel(): Promise<void> {
    await this.stop();
    await this.#parts.forget();
    this.#setPhase('cancelled');
  }

  /** Wakes lanes that wait for a row, and tells who watches. @internal */
  change(): void {
    this.#parts.sending.change();
  }

  /** @internal */
  told(): void {
    this.#parts.onChange?.(this);
  }

  /** @internal */
  wait(retryAt: number | null, failure: Failure | null): void {
    this.#retryAt = retryAt;
    this.#failure = failure;
    if (retryAt !== null && this.#phase === 'sending') this.#setPhase('offline');
    else if (retryAt === null && this.#phase === 'offline') this.#setPhase('sending');
    else this.told();
  }

  async #work(): Promise<DriveUploadOutcome> {
    for (let round = 1; ; round++) {
      await this.#parts.sending.run();
      try {
        return await this.#finish();
      } catch (error) {
        if (!(error instanceof Failure && error.code === 'objects-missing') || round === commitRoundsMax) throw error;
        const missing = error.facts['missing'];
        this.#parts.sending.sendAgain(new Set(Array.isArray(missing) ? missing : []));
        this.#setPhase('sending');
      }
    }
  }

  async #finish(): Promise<DriveUploadOutcome> {
    const { others, leftOut, commit, forget } = this.#parts;
    const items: TreeItem[] = [...others, ...this.rows.flatMap((row) => treeFile(row) ?? [])];
    const failed = this.rows.flatMap((row) => (row.failure ? [{ path: row.item.path, failure: row.failure }] : []));
    if (items.length === 0 && failed[0]) throw failed[0].failure;
    this.#setPhase('committing');
    const placed = items.length > 0 ? await commit(items) : { seq: null, renamed: [], versions: 0, skipped: 0 };
    await forget();
    this.#setPhase('done');
    const files = items.filter((item) => item.kind === 'file');
    return {
      ...placed,
      files: files.length,
      sizeBytes: files.reduce((sum, file) => sum + file.size, 0),
      leftOut: [...leftOut, ...failed],
      renamed: [...this.#parts.renamed, ...placed.renamed],
      skipped: this.#parts.skipped + placed.skipped,
    };
  }

  #setPhase(phase: DriveUploadPhase): void {
    this.#phase = phase;
    this.change();
  }
}

function treeFile(row: Row): TreeFile | undefined {
  if (row.phase !== 'sent') return undefined;
  const { path, size, mtimeNs, executable } = row.item;
  return { kind: 'file', path, size, mtimeNs, executable, extents: row.extents as Extent[], digest: row.digest };
}
