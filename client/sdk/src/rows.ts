// The files of an upload, what became of each of their chunks, and which chunks go into the next part. No I/O here.
import { assert } from '@reprise/kit';
import { batchBytesMax, frameHeaderBytes } from '@reprise/protocol/formats';
import { type Cut, type Extent, planRun } from '@reprise/vault';
import type { Bytes } from '@reprise/kit';
import type { Failure } from '@reprise/protocol/formats';
import type { FileItem, FileSource } from './source.ts';

/**
 * waiting: nothing was read yet. sending: chunks are under way. sent: all are durable on the server.
 * failed: `failure` says why; retry may help. paused and cancelled: by the user.
 */
export type RowPhase = 'waiting' | 'sending' | 'sent' | 'failed' | 'paused' | 'cancelled';

/** A chunk that a journal knows as durable on the server. */
export type KnownChunk = { readonly key: Bytes; readonly id: Bytes; readonly sealedLength: number };

/** One file. Fields change in place; what a screen shows is read from it. */
export class Row {
  readonly index: number;
  item: FileItem;
  phase: RowPhase = 'waiting';
  failure: Failure | undefined;
  /** Plaintext bytes that are durable on the server. */
  bytesSent = 0;
  /** SHA-256 of the plaintext, of a file that is one chunk. */
  digest: Bytes | null = null;
  /** By the number of the cut. */
  extents: (Extent | undefined)[] = [];
  /** By offset in the file. */
  known: Map<number, KnownChunk> = new Map();
  source: Promise<FileSource> | undefined;
  cutsRead = 0;
  /** Counts restarts of this row: what an earlier round still brings is dropped. */
  round = 0;
  #cuts: readonly Cut[] | undefined;
  nextCut = 0;
  cutsDone = 0;

  constructor(index: number, item: FileItem) {
    this.index = index;
    this.item = item;
  }

  get cuts(): readonly Cut[] {
    this.#cuts ??= planRun(this.item.size);
    return this.#cuts;
  }

  /** Cuts of its own, in order, for a file that had a former version. Before anything of it is planned. */
  cutAs(cuts: readonly Cut[]): void {
    assert(this.nextCut === 0, 'a file is cut before it is sent');
    this.#cuts = cuts;
  }

  get isSettled(): boolean {
    return this.phase === 'sent' || this.phase === 'failed' || this.phase === 'cancelled';
  }

  /** A chunk is durable at the server. @param cut its number in the file */
  confirm(cut: number, extent: Extent): void {
    assert(this.extents[cut] === undefined, 'a chunk is confirmed once');
    this.extents[cut] = extent;
    this.bytesSent += extent.length;
    this.cutsDone++;
    if (this.cutsDone === this.cuts.length && this.phase !== 'failed' && this.phase !== 'cancelled') this.finish();
  }

  /** Every chunk of the file is confirmed. */
  finish(): void {
    this.phase = 'sent';
  }

  /** Forgets what was sent, to begin anew; chunks that were durable stay known and are proved by sealing them again. */
  restart(item: FileItem = this.item): void {
    for (const [i, extent] of this.extents.entries()) {
      const cut = this.#cuts?.[i];
      if (extent && cut) this.known.set(cut.start, extent);
    }
    if (item.size !== this.item.size) this.#cuts = undefined;
    this.item = item;
    this.round++;
    this.phase = 'waiting';
    this.failure = undefined;
    this.digest = null;
    this.bytesSent = 0;
    this.extents = [];
    this.source = undefined;
    this.cutsRead = 0;
    this.nextCut = 0;
    this.cutsDone = 0;
  }
}

/** One chunk to read, seal and send. */
export type PlannedChunk = { readonly row: Row; readonly round: number; readonly cutIndex: number; readonly cut: Cut };

/** Chunks of one part, at most. */
const partFramesMax = 2_048;

/** Hands out the chunks of the rows in their order, a part at a time. */
export class Schedule {
  readonly rows: readonly Row[];
  /** Rows with chunks to plan, in order. */
  #queue: Row[];
  #head = 0;

  constructor(rows: readonly Row[]) {
    this.rows = rows;
    this.#queue = [...rows];
  }

  /** Puts a row before all others. */
  first(row: Row): void {
    const rest = this.#queue.slice(this.#head).filter((other) => other !== row);
    this.#queue = [row, ...rest];
    this.#head = 0;
  }

  /** Puts a restarted row at the end. */
  add(row: Row): void {
    const rest = this.#queue.slice(this.#head).filter((other) => other !== row);
    this.#queue = [...rest, row];
    this.#head = 0;
  }

  /**
   * The chunks of the next part; none if every row is planned, paused or settled.
   * @param bytesMax of the batch body; a part has at least one chunk
   */
  next(bytesMax: number): PlannedChunk[] {
    assert(bytesMax <= batchBytesMax, 'a part is a batch');
    const part: PlannedChunk[] = [];
    let bytes = 0;
    const passed: Row[] = [];
    while (this.#head < this.#queue.length) {
      const row = this.#queue[this.#head] as Row;
      if (row.phase === 'paused') {
        passed.push(row);
        this.#head++;
        continue;
      }
      const cut = row.isSettled ? undefined : row.cuts[row.nextCut];
      if (!cut) {
        if (row.phase === 'waiting') row.finish(); // a file of no bytes has no chunk
        this.#head++;
        continue;
      }
      const frame = frameHeaderBytes + cut.sealedLength;
      if (part.length > 0 && (bytes + frame > bytesMax || part.length >= partFramesMax)) break;
      row.phase = 'sending';
      part.push({ row, round: row.round, cutIndex: row.nextCut++, cut });
      bytes += frame;
    }
    if (passed.length > 0) {
      this.#queue = [...passed, ...this.#queue.slice(this.#head)];
      this.#head = 0;
    }
    return part;
  }
}

/** Whether what was planned still counts. */
export function isCurrent(chunk: PlannedChunk): boolean {
  const { row } = chunk;
  return row.round === chunk.round && row.phase !== 'failed' && row.phase !== 'cancelled';
}
