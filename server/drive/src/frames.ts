// Checks a batch body while it streams: each frame's bytes must have the frame's id as their hash (spec/batches.md).
import { createHash, type Hash } from 'node:crypto';
import { Failure, type ObjectId, batchFramesMax, formatId } from '@reprise/protocol';
import { isSealedLength } from '@reprise/protocol/formats';

const headerBytes = 36;

/** An object's bytes at `offset` of the body. */
export type CheckedFrame = { readonly id: ObjectId; readonly offset: number; readonly length: number };

/** Holds no bytes of the body beyond a frame's header, whatever the frames' lengths. */
export class FrameCheck {
  readonly #frames: CheckedFrame[] = [];
  readonly #ids = new Set<ObjectId>();
  readonly #header = Buffer.alloc(headerBytes);
  #headerFill = 0;
  #offset = 0;
  #current: { readonly frame: CheckedFrame; readonly hash: Hash; missingBytes: number } | undefined;

  /** @throws Failure object-refused, bad-request */
  push(piece: Uint8Array): void {
    let at = 0;
    while (at < piece.length) {
      const taken = this.#current ? this.#takeBytes(piece, at) : this.#takeHeader(piece, at);
      at += taken;
      this.#offset += taken;
      if (this.#headerFill === headerBytes) this.#beginFrame();
    }
  }

  /** The frames, in the body's order. @throws Failure bad-request if the body ends inside a frame */
  finish(): readonly CheckedFrame[] {
    if (this.#headerFill > 0 || this.#current) throw badBody('the body ends inside a frame');
    if (this.#frames.length === 0) throw badBody('the body holds no frame');
    return this.#frames;
  }

  #takeHeader(piece: Uint8Array, at: number): number {
    const part = piece.subarray(at, at + headerBytes - this.#headerFill);
    this.#header.set(part, this.#headerFill);
    this.#headerFill += part.length;
    return part.length;
  }

  #beginFrame(): void {
    this.#headerFill = 0;
    const length = this.#header.readUInt32BE(0);
    const id = formatId<ObjectId>(this.#header.subarray(4));
    if (!isSealedLength(length)) throw new Failure('object-refused', { id, reason: 'length' });
    // A copy would take room on the disk that no allowance counts.
    if (this.#ids.has(id)) throw badBody('an id stands twice');
    if (this.#frames.length === batchFramesMax) throw badBody(`at most ${batchFramesMax} frames`);
    this.#ids.add(id);
    this.#current = { frame: { id, offset: this.#offset, length }, hash: createHash('sha256'), missingBytes: length };
  }

  #takeBytes(piece: Uint8Array, at: number): number {
    const current = this.#current;
    if (!current) return 0;
    const part = piece.subarray(at, at + current.missingBytes);
    current.hash.update(part);
    current.missingBytes -= part.length;
    if (current.missingBytes === 0) this.#endFrame(current.frame, current.hash);
    return part.length;
  }

  #endFrame(frame: CheckedFrame, hash: Hash): void {
    if (hash.digest('hex') !== frame.id) throw new Failure('object-refused', { id: frame.id, reason: 'hash' });
    this.#frames.push(frame);
    this.#current = undefined;
  }
}

/** One object in a body of its own. */
export class ObjectCheck {
  readonly #hash = createHash('sha256');
  readonly #id: ObjectId;
  #bytes = 0;

  constructor(id: ObjectId) {
    this.#id = id;
  }

  push(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#bytes += piece.length;
  }

  /** @throws Failure object-refused */
  finish(): readonly CheckedFrame[] {
    if (!isSealedLength(this.#bytes)) throw new Failure('object-refused', { id: this.#id, reason: 'length' });
    if (this.#hash.digest('hex') !== this.#id) throw new Failure('object-refused', { id: this.#id, reason: 'hash' });
    return [{ id: this.#id, offset: 0, length: this.#bytes }];
  }
}

function badBody(reason: string): Failure {
  return new Failure('bad-request', { field: 'body', reason });
}
