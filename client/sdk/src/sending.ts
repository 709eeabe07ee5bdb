// Files on their way to a server: read, sealed and sent in bounded memory, journaled chunk by chunk. What comes out is each row's extents; an
// upload behind a link (upload.ts) or into a drive (drive/) names them in a tree. spec/ropes.md "Resuming".
import { type Bytes, formatHex, mapLanes, type RandomBytes, Turns } from '@reprise/kit';
import { batchBytesMax, batchFramesMax, Failure, formatId, joinIds, type ObjectId, splitIds } from '@reprise/protocol';
import { chunkBytes, frameHeaderBytes, objectBytesMax } from '@reprise/protocol/formats';
import type { Extent } from '@reprise/vault';
import { BufferPool } from './buffers.ts';
import type { Gate } from './gate.ts';
import type { Journal } from './journal.ts';
import { Pace } from './pace.ts';
import type { Places } from './places.ts';
import type { SealPool } from './pool.ts';
import { isCurrent, type PlannedChunk, type Row, Schedule } from './rows.ts';
import { closeSource, jobBytesMax, jobFramesBytesMax, type SealedPart, sealPart } from './seal-part.ts';
import type { FileItem } from './source.ts';

export type SendingOptions = {
  readonly rows: readonly Row[];
  readonly pool: SealPool;
  readonly places: Places;
  readonly gate: Gate;
  readonly random: RandomBytes;
  readonly journal: Journal | undefined;
  /** Nothing is asked or put before it resolves. */
  readonly ready?: () => Promise<unknown>;
  /** What was confirmed together; the next part of the lane waits for it. */
  readonly onConfirmed?: (extents: readonly Extent[]) => Promise<void>;
  /** Which of these ids the space does not hold: `spaces.have`. */
  readonly absentOf: (ids: Bytes, signal: AbortSignal) => Promise<Uint8Array>;
  /** Parts under way at the same time, on a line that is fast enough for the largest; fewer until then. */
  readonly lanes?: number | undefined;
  /** Most bytes of one part; memory is about one part a lane. */
  readonly partBytesMax?: number | undefined;
  readonly onChange: () => void;
};

const defaultLanes = 4;
/** On a slow line more parts at a time each take longer, and more is lost with a connection. */
const slowLanes = 3;
const smallGroupsAhead = 6;

export class Sending {
  readonly rows: readonly Row[];
  readonly #options: SendingOptions;
  readonly #schedule: Schedule;
  readonly #pace: Pace;
  readonly #lanes: number;
  readonly #inputs: BufferPool;
  readonly #outputs: BufferPool;
  readonly #smallInputs: BufferPool;
  readonly #smallOutputs: BufferPool;
  readonly #turns: Turns;
  readonly #smallTurns: Turns;
  /** Hex ids of known chunks that the server no longer has. */
  #absent: ReadonlySet<string> = new Set();
  #bytesTotal: number;
  #bytesSent = 0;
  /** Plaintext bytes of parts under way that the network has taken. */
  readonly #underWay = new Map<object, number>();
  #changed: (() => void)[] = [];

  constructor(options: SendingOptions) {
    const { rows, pool, lanes = defaultLanes, partBytesMax = batchBytesMax } = options;
    this.rows = rows;
    this.#options = options;
    this.#lanes = lanes;
    this.#schedule = new Schedule(rows);
    this.#pace = new Pace(partBytesMax);
    this.#turns = new Turns(pool.width + 2);
    this.#smallTurns = new Turns(pool.width + smallGroupsAhead);
    this.#inputs = new BufferPool(chunkBytes, pool.width + 2, pool.sharesMemory);
    this.#outputs = new BufferPool(frameHeaderBytes + objectBytesMax, lanes * Math.ceil(partBytesMax / chunkBytes), pool.sharesMemory);
    this.#smallInputs = new BufferPool(jobBytesMax, pool.width + smallGroupsAhead, pool.sharesMemory);
    this.#smallOutputs = new BufferPool(jobFramesBytesMax, lanes * Math.ceil(partBytesMax / jobBytesMax), pool.sharesMemory);
    this.#bytesTotal = rows.reduce((sum, row) => sum + row.item.size, 0);
  }

  /** Plaintext; what was handed to the network and not yet confirmed counts as done. */
  get bytes(): { readonly done: number; readonly total: number } {
    let underWay = 0;
    for (const bytes of this.#underWay.values()) underWay += bytes;
    return { done: Math.min(this.#bytesTotal, this.#bytesSent + underWay), total: this.#bytesTotal };
  }

  /** Resolves when every row is settled. @throws Failure as the server refuses, and when the gate ends */
  async run(): Promise<void> {
    for (const row of this.rows) this.#planAgain(row);
    await this.#findAbsent();
    await mapLanes([...Array(this.#lanes).keys()], this.#lanes, async (lane) => {
      try {
        await this.#lane(lane);
      } catch (error) {
        // The first failure ends the other lanes too.
        this.#options.gate.end(error instanceof Failure ? error : new Failure('cancelled', {}, { cause: error }));
        this.change();
        throw error;
      }
    });
  }

  /** Sends a row before all others. */
  first(row: Row): void {
    this.#schedule.first(row);
  }

  pause(row: Row): void {
    if (row.phase === 'waiting' || row.phase === 'sending') row.phase = 'paused';
    this.change();
  }

  resume(row: Row): void {
    if (row.phase === 'paused') row.phase = row.nextCut > 0 ? 'sending' : 'waiting';
    this.change();
  }

  /** Leaves a row out, unless it was sent. */
  cancel(row: Row): void {
    if (row.phase === 'sent') return;
    row.phase = 'cancelled';
    closeSource(row);
    this.change();
  }

  /** Puts a row that failed or was cancelled back. @param item the row's file, if it was chosen again */
  retry(row: Row, item?: FileItem): void {
    if (row.phase !== 'failed' && row.phase !== 'cancelled') return;
    this.#bytesSent -= row.bytesSent;
    this.#bytesTotal += (item ?? row.item).size - row.item.size;
    row.restart(item && { ...item, path: row.item.path });
    this.#schedule.add(row);
    this.change();
  }

  /** The server lost objects it had confirmed: their files are read and sent once more. @param missing hex ids @returns whether any is ours */
  sendAgain(missing: ReadonlySet<string>): boolean {
    this.#absent = new Set([...this.#absent, ...missing]);
    let found = false;
    for (const row of this.rows) {
      if (row.phase !== 'sent' || !row.extents.some((extent) => extent && missing.has(formatHex(extent.id)))) continue;
      found = true;
      this.#bytesSent -= row.bytesSent;
      row.restart();
      this.#schedule.add(row);
    }
    return found;
  }

  /** Wakes lanes that wait for a row to be resumed, and tells who watches. */
  change(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
    this.#options.onChange();
  }

  /** What a run that failed had planned and not confirmed is planned anew; what was confirmed is proved, not sent. */
  #planAgain(row: Row): void {
    if (row.isSettled || row.nextCut === 0) return;
    const { phase } = row;
    this.#bytesSent -= row.bytesSent;
    row.restart();
    if (phase === 'paused') row.phase = 'paused';
    this.#schedule.add(row);
  }

  /** Asks which chunks of an earlier run the server still has. */
  async #findAbsent(): Promise<void> {
    const ids = this.rows.flatMap((row) => (row.isSettled ? [] : [...row.known.values()].map((chunk) => formatId<ObjectId>(chunk.id))));
    if (ids.length === 0) return;
    await this.#options.ready?.();
    const absent = new Set(this.#absent);
    for (let at = 0; at < ids.length; at += batchFramesMax) {
      const body = joinIds(ids.slice(at, at + batchFramesMax));
      const answer = await this.#options.places.persist((signal) => this.#options.absentOf(body, signal));
      for (const id of splitIds(answer, batchFramesMax)) absent.add(id);
    }
    this.#absent = absent;
  }

  async #lane(lane: number): Promise<void> {
    for (;;) {
      await this.#options.gate.pass();
      const planned = lane < slowLanes || this.#pace.isFull ? this.#schedule.next(this.#pace.partBytes) : [];
      if (planned.length > 0) await this.#sendPart(planned);
      else if (this.rows.every((row) => row.isSettled || (row.phase === 'sending' && row.nextCut === row.cuts.length))) return;
      else await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  async #sendPart(planned: readonly PlannedChunk[]): Promise<void> {
    const { pool, random, journal } = this.#options;
    const part = await sealPart(planned, {
      pool,
      inputs: this.#inputs,
      outputs: this.#outputs,
      smallInputs: this.#smallInputs,
      smallOutputs: this.#smallOutputs,
      turns: this.#turns,
      smallTurns: this.#smallTurns,
      random,
      absent: this.#absent,
      onSourceFailure: (row, failure) => this.#failRow(row, failure),
    });
    try {
      if (part.body.length > 0) await this.#putPart(part);
    } finally {
      for (const output of part.outputs) {
        this.#outputs.give(output);
        this.#smallOutputs.give(output);
      }
    }
    const current = part.chunks.filter((chunk) => isCurrent(chunk.planned));
    await journal?.chunks(
      current
        .filter((chunk) => !chunk.kept)
        .map(({ planned: { row, cut }, extent }) => ({ ...extent, path: row.item.path, start: cut.start })),
    );
    for (const { planned: chunk, extent, digest } of current) {
      if (digest) chunk.row.digest = digest;
      chunk.row.confirm(chunk.cutIndex, extent);
      this.#bytesSent += extent.length;
    }
    this.change();
    await this.#options.onConfirmed?.(current.map(({ extent }) => extent));
  }

  async #putPart(part: SealedPart): Promise<void> {
    await this.#options.ready?.();
    const plainBytes = part.chunks.reduce((sum, chunk) => sum + (chunk.kept ? 0 : chunk.extent.length), 0);
    const bodyBytes = part.body.reduce((sum, piece) => sum + piece.length, 0);
    const left = this.#bytesTotal - this.#bytesSent - plainBytes;
    const startedAt = performance.now();
    try {
      await this.#options.places.put('bulk', part.body, left, (sent) => {
        this.#underWay.set(part, Math.floor((plainBytes * sent) / bodyBytes));
        this.#options.onChange();
      });
      this.#pace.took(bodyBytes, performance.now() - startedAt);
    } finally {
      this.#underWay.delete(part);
    }
  }

  #failRow(row: Row, failure: Failure): void {
    row.phase = 'failed';
    row.failure = failure;
    closeSource(row);
    this.change();
  }
}
