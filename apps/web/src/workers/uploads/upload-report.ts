// How far an upload and each of its files have come, in the words of the screens, and what of it was not told yet. spec/web.md "Uploads that survive".
import type { Row, UploadPhase } from '@reprise/sdk';
import type { DriveUploadPhase } from '@reprise/sdk/drive';
import type { TransferState } from '../../app/port.ts';
import type { RowChange } from '../../engine/calls.ts';
import { PaceMeter } from '../../engine/pace.ts';
import type { EngineFailure, RowPhase } from '../../engine/port.ts';
import type { PickedSlot } from './picked-slot.ts';
import type { RunningUpload, UploadFile, UploadFiles } from './upload-files.ts';

export interface ReportWords {
  /** Where a file stands while nothing is sent. */
  restOf(slot: PickedSlot): RowPhase;
  toFailure(error: unknown): EngineFailure;
}

export class UploadReport {
  readonly #files: UploadFiles<RunningUpload>;
  readonly #words: ReportWords;
  /** What an earlier visit got onto the server, by file. */
  #durable: readonly number[] = [];
  #pace: PaceMeter | undefined;
  #told: RowChange[] = [];

  constructor(files: UploadFiles<RunningUpload>, words: ReportWords) {
    this.#files = files;
    this.#words = words;
  }

  /** @param durable bytes of each file that an earlier visit got onto the server */
  recall(durable: readonly number[]): void {
    this.#durable = durable;
  }

  /** Undefined while nothing is sent. */
  state(): TransferState | undefined {
    const { upload, list } = this.#files;
    if (!upload) return undefined;
    const { phase, failure, bytesDone, bytesTotal, filesDone, filesTotal, retryAt } = upload.progress();
    this.#pace ??= new PaceMeter(Date.now(), 0);
    const pace = this.#pace.measure(Date.now(), bytesDone, bytesTotal);
    const isMoving = phase === 'sending' || phase === 'publishing' || phase === 'committing';
    return {
      phase: phaseOf(phase, list),
      bytesDone,
      bytesTotal,
      filesDone,
      filesTotal,
      speed: isMoving ? pace.speed : null,
      secondsLeft: isMoving ? pace.secondsLeft : null,
      retryAt,
      failure: failure && this.#words.toFailure(failure),
    };
  }

  /** While nothing is sent. */
  restState(phase: 'done' | 'cancelled' | 'again' | 'waiting' | 'error', failure: EngineFailure | null = null): TransferState {
    const { slots } = this.#files;
    const bytesTotal = slots.reduce((sum, { size }) => sum + size, 0);
    const filesTotal = slots.length;
    const rest = { phase, bytesTotal, filesTotal, speed: null, secondsLeft: null, retryAt: null, failure };
    if (phase === 'done') return { ...rest, bytesDone: bytesTotal, filesDone: filesTotal };
    if (phase === 'cancelled') return { ...rest, bytesDone: 0, filesDone: 0 };
    const bytesDone = this.#durable.reduce((sum, bytes) => sum + bytes, 0);
    const filesDone = slots.filter(({ size }, i) => size > 0 && size === this.#durable[i]).length;
    return { ...rest, bytesDone, filesDone };
  }

  /** Every file. */
  rows(): readonly RowChange[] {
    this.#told = this.#files.list.map((file, i) => this.#rowChange(file, i));
    return [...this.#told];
  }

  /** What is not as it was told last. */
  news(): readonly RowChange[] {
    return this.#files.list.flatMap((file, i) => {
      const [before, now] = [this.#told[i], this.#rowChange(file, i)];
      if (before && before[1] === now[1] && before[2] === now[2] && before[3]?.code === now[3]?.code) return [];
      this.#told[i] = now;
      return [now];
    });
  }

  /** Somebody came who was told nothing yet: the next news are all. */
  forgetTold(): void {
    this.#told = [];
  }

  #rowChange({ slot, row }: UploadFile, index: number): RowChange {
    if (!this.#files.upload) {
      const phase = this.#words.restOf(slot);
      return [index, phase, phase === 'done' ? slot.size : phase === 'cancelled' ? 0 : (this.#durable[index] ?? 0), null];
    }
    if (!row) return [index, 'error', 0, { code: 'bad-name', facts: {} }];
    const bytesDone = row.phase === 'sent' ? slot.size : row.bytesSent;
    return [index, rowPhase(row, slot), bytesDone, row.failure ? this.#words.toFailure(row.failure) : null];
  }
}

function rowPhase(row: Row, { isThere }: PickedSlot): RowPhase {
  switch (row.phase) {
    case 'sent':
      return 'done';
    case 'failed':
      return hasVanished(row) ? 'again' : 'error';
    case 'paused':
      return isThere ? 'paused' : 'again';
    case 'waiting':
    case 'sending':
    case 'cancelled':
      return row.phase;
  }
}

function phaseOf(phase: UploadPhase | DriveUploadPhase, files: readonly UploadFile[]): TransferState['phase'] {
  const failed = files.flatMap(({ row }) => (row?.phase === 'failed' ? [row] : []));
  switch (phase) {
    case 'preparing':
      return 'waiting';
    case 'sending': {
      const open = files.filter(({ row }) => row && !row.isSettled);
      return open.length > 0 && open.every(({ slot }) => !slot.isThere) ? 'again' : 'sending';
    }
    case 'publishing':
    case 'committing':
      return 'verifying';
    case 'done':
      return failed.some(hasVanished) ? 'again' : failed.length > 0 ? 'error' : 'done';
    case 'failed':
      return failed.some(hasVanished) ? 'again' : 'error';
    case 'paused':
    case 'offline':
    case 'cancelled':
      return phase;
  }
}

function hasVanished({ failure }: Row): boolean {
  return failure?.code === 'source-vanished';
}
