// From planned chunks to the body of a batch: reads, pads and seals. A key seals one plaintext: a chunk that a journal knows is sealed
// again under its key only to prove that it is the same, and is never sent under it. spec/ropes.md "Resuming".
import { type Bytes, concatBytes, equalBytes, formatHex, type RandomBytes, type Turns } from '@reprise/kit';
import { Failure, frameHeaderBytes, sealedLength } from '@reprise/protocol/formats';
import type { Extent } from '@reprise/vault';
import type { BufferPool } from './buffers.ts';
import type { SealPool } from './pool.ts';
import { isCurrent, type KnownChunk, type PlannedChunk, type Row } from './rows.ts';
import type { FileSource } from './source.ts';

export type SealedPart = {
  /** The body of the batch in pieces; empty if every chunk is on the server already. */
  readonly body: readonly Bytes[];
  /** To give back once the body is not needed any more. */
  readonly outputs: readonly ArrayBufferLike[];
  readonly chunks: readonly SealedChunk[];
};

export type SealedChunk = {
  readonly planned: PlannedChunk;
  readonly extent: Extent;
  readonly digest: Bytes | null;
  /** Proved to be on the server already; not in the body. */
  readonly kept: boolean;
};

export type SealingTools = {
  readonly pool: SealPool;
  /** Of a full chunk's plaintext, and of its frame. */
  readonly inputs: BufferPool;
  readonly outputs: BufferPool;
  /** The same of a group of small chunks. */
  readonly smallInputs: BufferPool;
  readonly smallOutputs: BufferPool;
  /** Bounds how many chunks are read and not sealed yet. */
  readonly turns: Turns;
  /** The same for groups of small ones, which take little memory and wait for the disk more often. */
  readonly smallTurns: Turns;
  readonly random: RandomBytes;
  /** Hex ids of known chunks that the server no longer has. */
  readonly absent: ReadonlySet<string>;
  /** Called with each row whose file changed, vanished or cannot be read. */
  readonly onSourceFailure: (row: Row, failure: Failure) => void;
};

/** Plaintext that travels to a worker in one message: a full chunk, or small ones up to this. */
export const jobBytesMax = 1_048_576;
export const jobChunksMax = 512;
/** Most bytes of their frames: the few segments more of larger ones cost less than one byte of each. */
export const jobFramesBytesMax: number = jobBytesMax + jobChunksMax * (frameHeaderBytes + sealedLength(1));

/** Chunks whose file failed are left out; the failure is told through `onSourceFailure`. */
export async function sealPart(planned: readonly PlannedChunk[], tools: SealingTools): Promise<SealedPart> {
  const jobs = groupJobs(planned).map((group) => (group.length > 1 ? tools.smallTurns : tools.turns).run(() => sealGroup(group, tools)));
  const results = await Promise.allSettled(jobs);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  const sealed = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  return {
    body: sealed.flatMap((group) => group.body),
    outputs: sealed.flatMap((group) => group.outputs),
    chunks: sealed.flatMap((group) => group.chunks),
  };
}

function groupJobs(planned: readonly PlannedChunk[]): PlannedChunk[][] {
  const groups: PlannedChunk[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const chunk of planned) {
    const last = groups.at(-1);
    if (last && last.length < jobChunksMax && bytes + chunk.cut.paddedLength <= jobBytesMax) last.push(chunk);
    else {
      groups.push([chunk]);
      bytes = 0;
    }
    bytes += chunk.cut.paddedLength;
  }
  return groups;
}

/** The plaintexts of a group, one after the other in a buffer. */
type Plain = { readonly chunks: PlannedChunk[]; readonly input: ArrayBufferLike };

async function sealGroup(group: readonly PlannedChunk[], tools: SealingTools): Promise<SealedPart[]> {
  const plain = await readGroup(group, tools);
  if (plain.chunks.length === 0) {
    giveInput(plain.input, tools);
    return [];
  }
  const proved = plain.chunks.some((chunk) => knownOf(chunk, tools)) ? await proveKnown(plain, tools) : undefined;
  const input = proved?.input ?? plain.input;
  const fresh = plain.chunks.filter((chunk) => !proved?.kept.has(chunk));
  const keptParts = proved ? [{ body: [], outputs: [], chunks: [...proved.kept.values()] }] : [];
  if (fresh.length === 0) {
    giveInput(input, tools);
    return keptParts;
  }
  if (fresh.length < plain.chunks.length) moveTogether(plain.chunks, fresh, input);
  return [...keptParts, await sealFresh({ chunks: fresh, input }, tools)];
}

async function sealFresh(plain: Plain, tools: SealingTools): Promise<SealedPart> {
  const keys = tools.random(32 * plain.chunks.length);
  const wantsDigests = plain.chunks.some(isWholeFile);
  const only = plain.chunks.length === 1 ? plain.chunks[0] : undefined;
  const isLarge = only !== undefined && only.cut.paddedLength > jobBytesMax;
  const output = isLarge ? tools.outputs.take() : only ? undefined : tools.smallOutputs.take();
  const answer = await tools.pool.run({
    kind: 'seal',
    keys,
    paddedLengths: plain.chunks.map((chunk) => chunk.cut.paddedLength),
    input: plain.input,
    ...(output && { output }),
    ...(wantsDigests && { digestLengths: plain.chunks.map((chunk) => (isWholeFile(chunk) ? chunk.cut.length : 0)) }),
  });
  giveInput(answer.input, tools);
  const chunks = plain.chunks.map((planned, i): SealedChunk => {
    const digest = answer.digests && isWholeFile(planned) ? answer.digests.slice(32 * i, 32 * i + 32) : null;
    return { planned, extent: extentOf(planned, at32(answer.ids, i), at32(keys, i)), digest, kept: false };
  });
  const outputs = output ? answer.frames.map((frame) => frame.buffer) : [];
  return { body: answer.frames, outputs, chunks };
}

/** Each takes those of its own length. */
function giveInput(input: ArrayBufferLike, { inputs, smallInputs }: SealingTools): void {
  inputs.give(input);
  smallInputs.give(input);
}

/** Seals known chunks under the keys they have; what gives the known id is the same plaintext, and is kept. */
async function proveKnown(plain: Plain, tools: SealingTools): Promise<{ kept: Map<PlannedChunk, SealedChunk>; input: ArrayBufferLike }> {
  const known = plain.chunks.map((chunk) => knownOf(chunk, tools));
  const answer = await tools.pool.run({
    kind: 'seal',
    // A chunk that is not known is sealed under a key that nobody keeps; what comes out is thrown away.
    keys: concatBytes(...known.map((chunk) => chunk?.key ?? tools.random(32))),
    paddedLengths: plain.chunks.map((chunk) => chunk.cut.paddedLength),
    input: plain.input,
    ...(plain.chunks.some(isWholeFile) && { digestLengths: plain.chunks.map((chunk) => (isWholeFile(chunk) ? chunk.cut.length : 0)) }),
  });
  const kept = new Map<PlannedChunk, SealedChunk>();
  for (const [i, planned] of plain.chunks.entries()) {
    const before = known[i];
    if (!before || !equalBytes(before.id, at32(answer.ids, i))) continue;
    const digest = answer.digests && isWholeFile(planned) ? at32(answer.digests, i) : null;
    kept.set(planned, { planned, extent: extentOf(planned, before.id, before.key), digest, kept: true });
  }
  return { kept, input: answer.input };
}

function knownOf(chunk: PlannedChunk, tools: SealingTools): KnownChunk | undefined {
  const known = chunk.row.known.get(chunk.cut.start);
  if (known?.sealedLength !== chunk.cut.sealedLength || tools.absent.has(formatHex(known.id))) return undefined;
  return known;
}

function isWholeFile(chunk: PlannedChunk): boolean {
  return chunk.cut.length === chunk.row.item.size;
}

function extentOf(planned: PlannedChunk, id: Bytes, key: Bytes): Extent {
  return { id, key, sealedLength: planned.cut.sealedLength, offset: 0, length: planned.cut.length };
}

function at32(list: Bytes, i: number): Bytes {
  return list.slice(32 * i, 32 * i + 32);
}

/** Closes the gaps that chunks which need no sealing leave in the buffer. */
function moveTogether(all: readonly PlannedChunk[], wanted: readonly PlannedChunk[], buffer: ArrayBufferLike): void {
  const bytes = new Uint8Array(buffer);
  const keep = new Set(wanted);
  let from = 0;
  let to = 0;
  for (const { cut, ...chunk } of all.map((planned) => ({ cut: planned.cut, planned }))) {
    if (keep.has(chunk.planned)) {
      bytes.copyWithin(to, from, from + cut.paddedLength);
      to += cut.paddedLength;
    }
    from += cut.paddedLength;
  }
}

async function readGroup(group: readonly PlannedChunk[], tools: SealingTools): Promise<Plain> {
  const wanted = tools.pool.readsFiles && group.length > 1 ? group.filter(isCurrent) : [];
  if (wanted.length > 0 && wanted.every(isUnopenedOnDisk)) return readByThread(wanted, tools);
  const length = group.reduce((sum, chunk) => sum + chunk.cut.paddedLength, 0);
  const input = bufferFor(group, length, tools);
  const chunks: PlannedChunk[] = [];
  let at = 0;
  for (const chunk of group) {
    if (!isCurrent(chunk)) continue;
    try {
      await readChunk(chunk, new Uint8Array(input, at, chunk.cut.paddedLength));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (isCurrent(chunk)) tools.onSourceFailure(chunk.row, error);
      closeSource(chunk.row);
      continue;
    }
    chunks.push(chunk);
    at += chunk.cut.paddedLength;
  }
  return { chunks, input };
}

/** What is in it behind the chunks means nothing. */
function bufferFor(group: readonly PlannedChunk[], length: number, { inputs, smallInputs }: SealingTools): ArrayBufferLike {
  if (length > jobBytesMax) return inputs.take();
  return group.length > 1 ? smallInputs.take() : new ArrayBuffer(length);
}

type OnDisk = PlannedChunk & { readonly row: { readonly item: { readonly onDisk: string } } };

function isUnopenedOnDisk(chunk: PlannedChunk): chunk is OnDisk {
  return chunk.row.item.onDisk !== undefined && chunk.row.source === undefined && isWholeFile(chunk);
}

/** Files that are one chunk each, read where it does not matter that the disk takes its time. */
async function readByThread(chunks: readonly OnDisk[], tools: SealingTools): Promise<Plain> {
  const files = chunks.map(({ row: { item }, cut }) => ({
    onDisk: item.onDisk,
    size: item.size,
    mtimeNs: item.mtimeNs,
    ...(item.inode !== undefined && { inode: item.inode }),
    paddedLength: cut.paddedLength,
  }));
  const { input, failed } = await tools.pool.run({ kind: 'read', files, input: tools.smallInputs.take() });
  const left = new Map(failed.map(({ index, ...why }) => [index, why]));
  const read: PlannedChunk[] = [];
  for (const [i, chunk] of chunks.entries()) {
    const why = left.get(i);
    if (!why) {
      chunk.row.cutsRead++;
      read.push(chunk);
    } else if (isCurrent(chunk)) tools.onSourceFailure(chunk.row, new Failure(why.code, { path: chunk.row.item.path, reason: why.reason }));
  }
  return { chunks: read, input };
}

async function readChunk(chunk: PlannedChunk, into: Uint8Array): Promise<void> {
  const { row, cut } = chunk;
  const { path } = row.item;
  row.source ??= Promise.resolve(row.item.open());
  const source: FileSource = await row.source;
  if (cut.length > 0) {
    const read = await source.read(cut.start, bytesIn(into, cut.length));
    if (read < cut.length) throw new Failure('source-changed', { path, reason: 'shorter than it was' });
  }
  into.fill(0, cut.length);
  if (++row.cutsRead < row.cuts.length) return;
  const now = await source.stat();
  if (now.size !== row.item.size || now.mtimeNs !== row.item.mtimeNs) throw new Failure('source-changed', { path });
  closeSource(row);
}

/** Gives the file back; an error on closing what was only read changes nothing. */
export function closeSource(row: Row): void {
  const { source } = row;
  row.source = undefined;
  source?.then((open) => open.close()).catch(() => undefined);
}

function bytesIn(into: Uint8Array, length: number): Uint8Array {
  return into.subarray(0, length);
}
