// Receives bodies of uploads: checked while they stream, written while the next piece is checked, durable at the end.
import { type ChunkStore, type PackClass, type PackName, type PackWriter, packClassOf } from '@reprise/chunks';
import { pageMemory } from '@reprise/kit';
import { Failure, idBytes } from '@reprise/protocol';
import { frameHeader, frameHeaderBytes } from '@reprise/protocol/formats';
import type { CheckedFrame } from '../frames.ts';
import type { DrivePorts } from '../ports.ts';
import { layOut } from '../sweep/rules.ts';
import { checkDisk } from './rules.ts';

export interface PieceCheck {
  /** @throws Failure */
  push(piece: Uint8Array): void;
  finish(): readonly CheckedFrame[];
}

export type StoredFrames = { readonly pack: PackName; readonly bytes: number; readonly frames: readonly CheckedFrame[] };

/** What one write to the disk takes, in memory that may go past the page cache. Two of them serve one upload: one is filled and checked while the other is written. */
const blockBytes = 524_288;
const blocksKept = 64;
const blocks: Uint8Array[] = [];

/**
 * Writes a body as one pack. Nothing is left of a body that is refused, cut or too slow.
 * @throws Failure as the check, the body and the store
 */
export async function storePack(
  chunks: ChunkStore,
  packClass: PackClass,
  check: PieceCheck,
  pieces: AsyncIterable<Uint8Array>,
): Promise<StoredFrames> {
  const writer = await chunks.beginPack(packClass);
  const body = new BlockWriter(writer, check);
  try {
    for await (const piece of pieces) await body.add(piece);
    await body.flush();
    const frames = check.finish();
    const { bytes } = writer;
    return { pack: await writer.commit(), bytes, frames };
  } finally {
    await body.end();
    await writer.abort();
  }
}

/** Writes some frames of a pack into one of their own. The old one is left to the caller. @throws Failure as the store */
export async function keepFrames(chunks: ChunkStore, pack: PackName, wanted: readonly CheckedFrame[]): Promise<StoredFrames> {
  const frames = layOut(wanted, frameHeaderBytes);
  const writer = await chunks.beginPack(packClassOf(pack));
  try {
    for (const { id, offset, length } of frames) {
      await writer.write(frameHeader(idBytes(id), length));
      await writer.write(await chunks.read(id, { pack, offset, length }));
    }
    const { bytes } = writer;
    return { pack: await writer.commit(), bytes, frames: frames.map(({ id, length, newOffset }) => ({ id, length, offset: newOffset })) };
  } finally {
    await writer.abort();
  }
}

/** Gathers pieces of the network's size into blocks of the disk's. */
class BlockWriter {
  readonly #writer: PackWriter;
  readonly #check: PieceCheck;
  #filling = takeBlock();
  #fill = 0;
  #spare: Uint8Array | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(writer: PackWriter, check: PieceCheck) {
    this.#writer = writer;
    this.#check = check;
  }

  async add(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + blockBytes - this.#fill);
      this.#filling.set(part, this.#fill);
      this.#fill += part.length;
      at += part.length;
      if (this.#fill === blockBytes) await this.#turn();
    }
  }

  /** Resolves when all that was added is checked and handed to the store. */
  async flush(): Promise<void> {
    if (this.#fill > 0) await this.#turn();
    await this.#writing;
  }

  /** Gives the blocks back; call it once, whatever happened. */
  async end(): Promise<void> {
    await this.#writing.catch(() => {});
    giveBlock(this.#filling);
    if (this.#spare) giveBlock(this.#spare);
  }

  /** Checks the full block, waits for the one before, and writes this one while the next is filled. */
  async #turn(): Promise<void> {
    const full = this.#filling.subarray(0, this.#fill);
    this.#check.push(full);
    await this.#writing;
    const written = this.#filling;
    this.#filling = this.#spare ?? takeBlock();
    this.#spare = written;
    this.#fill = 0;
    this.#writing = this.#writer.write(full);
    // Awaited at the next turn; until then a failure must not count as unhandled.
    this.#writing.catch(() => {});
  }
}

function takeBlock(): Uint8Array {
  return blocks.pop() ?? pageMemory(blockBytes);
}

/** Fresh memory for each block costs more than copying into warm memory. */
function giveBlock(block: Uint8Array): void {
  if (blocks.length < blocksKept) blocks.push(block);
}

/** Bounds the bodies received at one time: their buffers are the server's memory. */
export class UploadGate {
  readonly #max: number;
  #running = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @throws Failure unavailable */
  async admit<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#max) throw new Failure('unavailable', { retryAfterMs: 2_000 });
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
    }
  }
}

const gaugeMs = 1_000;

/** Asks the disk at most once a second how much is free. */
export class DiskGauge {
  readonly #ports: DrivePorts;
  #freeBytes = 0;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(ports: DrivePorts) {
    this.#ports = ports;
  }

  /** @param share how much of the reserve must stay free. @throws Failure disk-full */
  async check(addedBytes: number, share = 1): Promise<void> {
    if (performance.now() - this.#readAt > gaugeMs) {
      this.#freeBytes = (await this.#ports.chunks.free()).freeBytes;
      this.#readAt = performance.now();
    }
    checkDisk(this.#freeBytes, addedBytes, share * this.#ports.settings.diskReserveBytes);
  }
}
