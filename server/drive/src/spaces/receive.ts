// Receives bodies of uploads: checked while they stream, written while the next piece is checked, durable at the end.
import type { ChunkStore, PackClass, PackName } from '@reprise/chunks';
import { Failure } from '@reprise/protocol';
import type { CheckedFrame } from '../frames.ts';
import type { DrivePorts } from '../ports.ts';
import { checkDisk } from './rules.ts';

export interface PieceCheck {
  /** @throws Failure */
  push(piece: Uint8Array): void;
  finish(): readonly CheckedFrame[];
}

const writeBytes = 524_288;

/**
 * Writes a body as one pack. Nothing is left of a body that is refused, cut or too slow.
 * @throws Failure as the check, the body and the store
 */
export async function storePack(chunks: ChunkStore, packClass: PackClass, check: PieceCheck, pieces: AsyncIterable<Uint8Array>): Promise<{ readonly pack: PackName; readonly bytes: number; readonly frames: readonly CheckedFrame[] }> {
  const writer = await chunks.beginPack(packClass);
  const block = new Blocks();
  let bytes = 0;
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const piece of pieces) {
      check.push(piece);
      bytes += piece.length;
      const full = block.add(piece);
      if (!full) continue;
      await writing;
      writing = writer.write(full);
      // Awaited above or below; until then a failure must not count as unhandled.
      writing.catch(() => {});
    }
    const frames = check.finish();
    await writing;
    const rest = block.take();
    if (rest.length > 0) await writer.write(rest);
    return { pack: await writer.commit(), bytes, frames };
  } finally {
    await writing.catch(() => {});
    await writer.abort();
  }
}

/** Gathers pieces of the network's size into blocks of the disk's. */
class Blocks {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  add(piece: Uint8Array): Uint8Array | undefined {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    return this.#bytes >= writeBytes ? this.take() : undefined;
  }

  take(): Uint8Array {
    const block = this.#pieces.length === 1 ? (this.#pieces[0] as Uint8Array) : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    return block;
  }
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

  /** @throws Failure disk-full */
  async check(addedBytes: number): Promise<void> {
    if (performance.now() - this.#readAt > gaugeMs) {
      this.#freeBytes = (await this.#ports.chunks.free()).freeBytes;
      this.#readAt = performance.now();
    }
    checkDisk(this.#freeBytes, addedBytes, this.#ports.settings.diskReserveBytes);
  }
}
