// The messages between a program and the workers that seal and open for it, and the work they ask for. Pure: Web Workers and
// worker threads host the same function. Many small objects travel in one message. spec/cae-1.md, spec/batches.md. A thread reads all that
// it imports before its first job: so this imports what chunks need, and not the whole vault.
import { assert, type Bytes, concatBytes } from '@reprise/kit';
import { Failure, type FailureCode, frameHeader, frameHeaderBytes, plainLength, reject, sealedLength } from '@reprise/protocol/objects';
import type { Engine } from '@reprise/vault';
import { openChunk, openChunkSegments, sealChunk } from '@reprise/vault/chunk';

/** Plaintexts to seal as chunks, one after the other in `input`, each padded already. */
export type SealJob = {
  readonly kind: 'seal';
  /** 32 bytes for each chunk, each fresh. */
  readonly keys: Bytes;
  readonly paddedLengths: readonly number[];
  readonly input: ArrayBufferLike;
  /** Where the frames go, one after the other; large enough for all. Otherwise they are allocated. */
  readonly output?: ArrayBufferLike;
  /** For each chunk, how many of its bytes to hash as plaintext; absent: none are hashed. */
  readonly digestLengths?: readonly number[];
};

/** Sealed chunks, one after the other in `input`, to verify and open. */
export type OpenJob = {
  readonly kind: 'open';
  readonly ids: Bytes;
  readonly keys: Bytes;
  readonly sealedLengths: readonly number[];
  readonly input: ArrayBufferLike;
  /** Where the plaintext goes, of a job with one chunk; large enough for it. Otherwise it is allocated. */
  readonly output?: ArrayBufferLike;
};

/** Whole segments of one chunk, for a preview. */
export type OpenSegmentsJob = {
  readonly kind: 'open-segments';
  readonly key: Bytes;
  readonly sealedLength: number;
  readonly first: number;
  readonly count: number;
  readonly input: ArrayBufferLike;
};

/** Whole files to read, one after the other, each padded with zeros. A pool that reads files has threads of their own for it. */
export type ReadJob = {
  readonly kind: 'read';
  readonly files: readonly WantedFile[];
  /** Large enough for all. */
  readonly input: ArrayBufferLike;
};
/** A file to read as it was seen: one that has another size or time by now, or is another one, is not read. Bytes; nanoseconds since 1970. */
export type WantedFile = {
  readonly onDisk: string;
  readonly size: number;
  readonly mtimeNs: bigint;
  /** As in `FileItem`. */
  readonly inode?: string;
  readonly paddedLength: number;
};

/** What a worker is asked for. */
export type Job = SealJob | OpenJob | OpenSegmentsJob | ReadJob;

/** Chunks that were sealed. */
export type SealAnswer = {
  readonly kind: 'sealed';
  /** 32 bytes for each chunk. */
  readonly ids: Bytes;
  /** Frames of a batch body in the order of the job: u32 length || id || sealed bytes. Small chunks are joined into one piece. */
  readonly frames: readonly Bytes[];
  /** SHA-256 of the plaintexts, 32 bytes each, if the job asked. */
  readonly digests: Bytes | null;
  /** The job's input, given back for the next one. */
  readonly input: ArrayBufferLike;
};

/** Chunks that were verified and opened. */
export type OpenAnswer = {
  readonly kind: 'opened';
  /** Padded plaintexts, one after the other; for one chunk alone, that chunk's. */
  readonly plain: Bytes;
  readonly input: ArrayBufferLike;
};

/** Files that were read. */
export type ReadAnswer = {
  readonly kind: 'read';
  /** The files that were read, without gaps. */
  readonly input: ArrayBufferLike;
  /** Which were not, by their place in the job. */
  readonly failed: readonly { readonly index: number; readonly code: 'source-vanished' | 'source-changed'; readonly reason: string }[];
};

/** What a worker answers. */
export type JobAnswer = SealAnswer | OpenAnswer | ReadAnswer;
/** The answer that belongs to a job. */
export type AnswerTo<J extends Job> = J extends SealJob ? SealAnswer : J extends ReadJob ? ReadAnswer : OpenAnswer;

/** What travels to a worker and back; `transfer` of the sender holds every buffer named here. */
export type JobMessage = { readonly seq: number; readonly job: Job };
/** The answer to the message of a number, or why there is none. */
export type JobReply =
  | { readonly seq: number; readonly answer: JobAnswer }
  | { readonly seq: number; readonly failure: { readonly code: FailureCode; readonly reason: string } };

/** The worker's whole duty: does the job of a message and makes the reply with the buffers to hand over. */
export async function answerJob(engine: Engine, message: JobMessage): Promise<{ reply: JobReply; transfer: ArrayBuffer[] }> {
  try {
    const answer = await runJob(engine, message.job);
    return { reply: { seq: message.seq, answer }, transfer: answerBuffers(answer) };
  } catch (error) {
    const code = error instanceof Failure ? error.code : 'reject';
    const reason = error instanceof Error ? error.message : 'unknown';
    return { reply: { seq: message.seq, failure: { code, reason } }, transfer: [] };
  }
}

/** Does one job where it is called. @throws Failure reject, bad-object, limit-exceeded */
export async function runJob<J extends Job>(engine: Engine, job: J): Promise<AnswerTo<J>> {
  switch (job.kind) {
    case 'read':
      throw new TypeError('only a pool that reads files is asked to');
    case 'seal':
      return (await runSeal(engine, job)) as AnswerTo<J>;
    case 'open':
      return (await runOpen(engine, job)) as AnswerTo<J>;
    case 'open-segments': {
      const range = { first: job.first, count: job.count };
      const plain = await openChunkSegments(engine, { key: job.key, sealedLength: job.sealedLength }, range, viewOf(job.input));
      return { kind: 'opened', plain, input: job.input } as unknown as AnswerTo<J>;
    }
  }
}

/** Frames up to this size are joined with their neighbours: one buffer to transfer and to send instead of thousands. */
const joinedFrameBytesMax = 64 * 1024;

async function runSeal(engine: Engine, job: SealJob): Promise<SealAnswer> {
  const ids = new Uint8Array(32 * job.paddedLengths.length);
  const digests = job.digestLengths ? new Uint8Array(ids.length) : null;
  const frames: Bytes[] = [];
  const small = job.output ? undefined : new JoinedFrames(job.paddedLengths);
  let at = 0;
  let framesEnd = 0;
  for (const [i, length] of job.paddedLengths.entries()) {
    const plain = viewOf(job.input, at, length);
    at += length;
    const key = job.keys.slice(32 * i, 32 * i + 32);
    const room = job.output && viewOf(job.output, framesEnd + frameHeaderBytes, sealedLength(length));
    const sealed = await sealChunk(engine, key, plain, room);
    ids.set(sealed.id, 32 * i);
    if (digests) digests.set(await engine.sha256(plain.subarray(0, job.digestLengths?.[i] ?? 0)), 32 * i);
    if (job.output) {
      viewOf(job.output, framesEnd, frameHeaderBytes).set(frameHeader(sealed.id, sealed.bytes.length));
      framesEnd += frameHeaderBytes + sealed.bytes.length;
    } else if (frameHeaderBytes + sealed.bytes.length <= joinedFrameBytesMax) small?.add(sealed);
    else frames.push(...(small?.take() ?? []), frameHeader(sealed.id, sealed.bytes.length), sealed.bytes);
  }
  if (job.output) frames.push(viewOf(job.output, 0, framesEnd));
  else frames.push(...(small?.take() ?? []));
  return { kind: 'sealed', ids, frames, digests, input: job.input };
}

/** Bytes of a buffer that may be shared with other threads: one at a time writes it, as the messages say. */
function viewOf(buffer: ArrayBufferLike, at = 0, length = buffer.byteLength - at): Bytes {
  return new Uint8Array(buffer, at, length) as Bytes;
}

/** Collects small frames in one allocation. */
class JoinedFrames {
  readonly #bytes: Bytes;
  #start = 0;
  #end = 0;

  constructor(paddedLengths: readonly number[]) {
    const frames = paddedLengths.map((length) => frameHeaderBytes + sealedLength(length)).filter((length) => length <= joinedFrameBytesMax);
    this.#bytes = new Uint8Array(frames.reduce((sum, length) => sum + length, 0));
  }

  add(sealed: { readonly id: Bytes; readonly bytes: Bytes }): void {
    this.#bytes.set(frameHeader(sealed.id, sealed.bytes.length), this.#end);
    this.#bytes.set(sealed.bytes, this.#end + frameHeaderBytes);
    this.#end += frameHeaderBytes + sealed.bytes.length;
  }

  take(): Bytes[] {
    if (this.#start === this.#end) return [];
    const joined = this.#bytes.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return [joined];
  }
}

async function runOpen(engine: Engine, job: OpenJob): Promise<OpenAnswer> {
  assert(!job.output || job.sealedLengths.length === 1, 'an output takes one chunk');
  const plains: Bytes[] = [];
  let at = 0;
  for (const [i, length] of job.sealedLengths.entries()) {
    if (at + length > job.input.byteLength) throw reject();
    const ref = { id: job.ids.slice(32 * i, 32 * i + 32), key: job.keys.slice(32 * i, 32 * i + 32), sealedLength: length };
    const room = job.output && viewOf(job.output, 0, plainLength(length));
    plains.push(await openChunk(engine, ref, viewOf(job.input, at, length), room));
    at += length;
  }
  const only = plains.length === 1 ? plains[0] : undefined;
  return { kind: 'opened', plain: only ?? concatBytes(...plains), input: job.input };
}

/** The buffers that go with a job: they are empty at the sender afterwards. Shared ones stay where they are. */
export function jobBuffers(job: Job): ArrayBuffer[] {
  return transferable([job.input, ...('output' in job && job.output ? [job.output] : [])]);
}

function answerBuffers(answer: JobAnswer): ArrayBuffer[] {
  const made = answer.kind === 'read' ? [] : answer.kind === 'opened' ? [answer.plain] : [answer.ids, ...answer.frames];
  return transferable([answer.input, ...made.map((bytes) => bytes.buffer)]);
}

function transferable(buffers: readonly ArrayBufferLike[]): ArrayBuffer[] {
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}
