// Many objects in one body: frames of u32 length || id 32 || bytes. spec/batches.md.
import { type Bytes, concatBytes, readU32, u32 } from '@reprise/kit';
import { batchBytesMax, batchFramesMax, objectBytesMax } from './limits.ts';
import { badObject } from './shape.ts';

export const frameHeaderBytes = 36;

/** An object and its id, 32 bytes. In an answer, no bytes means that the object is absent. */
export type Frame = { readonly id: Bytes; readonly bytes: Bytes };

export function frameHeader(id: Uint8Array, length: number): Bytes {
  return concatBytes(u32(length), id);
}

export function encodeBatch(frames: readonly Frame[]): Bytes {
  return concatBytes(...frames.flatMap(({ id, bytes }) => [frameHeader(id, bytes.length), bytes]));
}

/** Bytes of a batch body that holds objects of these lengths. */
export function batchLength(objectLengths: readonly number[]): number {
  return objectLengths.reduce((sum, length) => sum + frameHeaderBytes + length, 0);
}

/**
 * Takes a body in pieces of any size and hands out each frame once it is complete. It compares no hash and
 * knows no rule about lengths beyond the limits: who uses a frame checks its bytes against its id.
 */
export class BatchReader {
  readonly #header = new Uint8Array(frameHeaderBytes);
  #headerFill = 0;
  #body: Bytes | undefined;
  #bodyFill = 0;
  #frames = 0;
  #bytes = 0;

  /** @throws Failure bad-object if the body exceeds a limit or a frame is longer than an object may be. */
  *push(piece: Uint8Array): Generator<Frame, void, void> {
    this.#bytes += piece.length;
    if (this.#bytes > batchBytesMax) throw badObject(`a batch has at most ${batchBytesMax} bytes`);
    let at = 0;
    while (at < piece.length) {
      at += this.#body ? this.#fillBody(this.#body, piece.subarray(at)) : this.#fillHeader(piece.subarray(at));
      if (this.#body && this.#bodyFill === this.#body.length) yield this.#finishFrame(this.#body);
    }
  }

  /** @throws Failure bad-object if the body ends inside a frame. */
  end(): void {
    if (this.#headerFill > 0 || this.#body) throw badObject('the batch ends inside a frame');
  }

  #fillHeader(piece: Uint8Array): number {
    const part = piece.subarray(0, frameHeaderBytes - this.#headerFill);
    this.#header.set(part, this.#headerFill);
    this.#headerFill += part.length;
    if (this.#headerFill === frameHeaderBytes) this.#beginBody();
    return part.length;
  }

  #beginBody(): void {
    const length = readU32(this.#header);
    if (length > objectBytesMax) throw badObject(`an object has at most ${objectBytesMax} bytes`);
    if (++this.#frames > batchFramesMax) throw badObject(`a batch has at most ${batchFramesMax} frames`);
    this.#body = new Uint8Array(length);
    this.#bodyFill = 0;
  }

  #fillBody(body: Bytes, piece: Uint8Array): number {
    const part = piece.subarray(0, body.length - this.#bodyFill);
    body.set(part, this.#bodyFill);
    this.#bodyFill += part.length;
    return part.length;
  }

  #finishFrame(bytes: Bytes): Frame {
    const frame = { id: this.#header.slice(4), bytes };
    this.#headerFill = 0;
    this.#body = undefined;
    return frame;
  }
}
