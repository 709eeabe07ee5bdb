// The bytes of a file as a disk keeps them: in blocks that are there or are holes, and apart from them what would be left after a power cut.
import type { Chance } from '../dice.ts';

export const blockBytes = 4096;

type Blocks = ReadonlyMap<number, Uint8Array>;

type Version = { readonly sizeBytes: number; readonly blocks: Blocks };

const empty: Version = { sizeBytes: 0, blocks: new Map() };

export class FileContent {
  #now: Version = empty;
  #durable: Version = empty;

  get sizeBytes(): number {
    return this.#now.sizeBytes;
  }

  /** Blocks that hold bytes; holes take no room. */
  get blockCount(): number {
    return this.#now.blocks.size;
  }

  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const end = Math.min(offset + length, this.#now.sizeBytes);
    const bytes = new Uint8Array(Math.max(0, end - offset));
    for (let at = offset; at < end; ) {
      const stop = Math.min(end, (Math.floor(at / blockBytes) + 1) * blockBytes);
      const block = this.#now.blocks.get(Math.floor(at / blockBytes));
      if (block) bytes.set(block.subarray(at % blockBytes, (at % blockBytes) + stop - at), at - offset);
      at = stop;
    }
    return bytes;
  }

  /** @param blocksLeft how much room the disk has @returns whether it was enough; otherwise nothing is changed */
  write(offset: number, bytes: Uint8Array, blocksLeft: number): boolean {
    const blocks = new Map(this.#now.blocks);
    for (let at = 0; at < bytes.length; ) {
      const index = Math.floor((offset + at) / blockBytes);
      const inBlock = (offset + at) % blockBytes;
      const piece = bytes.subarray(at, at + blockBytes - inBlock);
      const block = blocks.get(index)?.slice() ?? new Uint8Array(blockBytes);
      block.set(piece, inBlock);
      blocks.set(index, block);
      at += piece.length;
    }
    if (blocks.size - this.#now.blocks.size > blocksLeft) return false;
    this.#now = { sizeBytes: Math.max(this.#now.sizeBytes, offset + bytes.length), blocks };
    return true;
  }

  /** Longer with holes, or shorter. */
  resize(sizeBytes: number): void {
    const blocks = new Map([...this.#now.blocks].filter(([index]) => index * blockBytes < sizeBytes));
    const [last, inBlock] = [Math.floor(sizeBytes / blockBytes), sizeBytes % blockBytes];
    const block = blocks.get(last);
    if (block) {
      const cut = new Uint8Array(blockBytes);
      cut.set(block.subarray(0, inBlock));
      blocks.set(last, cut);
    }
    this.#now = { sizeBytes, blocks };
  }

  makeDurable(): void {
    this.#durable = this.#now;
  }

  get isDurable(): boolean {
    return this.#now === this.#durable;
  }

  /** What was not synced is there, as it was before, nothing but a length, nothing at all, or any mixture. */
  loseUnsynced(chance: Chance): void {
    if (this.isDurable) return;
    const [now, before] = [this.#now, this.#durable];
    this.#now = chance.one([() => now, () => before, () => ({ ...now, blocks: new Map() }), () => empty, () => mix(now, before, chance)])();
    this.#durable = this.#now;
  }

  clone(): FileContent {
    const copy = new FileContent();
    copy.#now = this.#now;
    copy.#durable = this.#durable;
    return copy;
  }
}

function mix(now: Version, before: Version, chance: Chance): Version {
  const blocks = new Map<number, Uint8Array>();
  for (let index = 0; index * blockBytes < now.sizeBytes; index++) {
    const block = chance.one([now, before]).blocks.get(index);
    if (block) blocks.set(index, block);
  }
  return { sizeBytes: now.sizeBytes, blocks };
}
