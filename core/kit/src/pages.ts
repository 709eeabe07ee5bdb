// Memory that begins at a page, which reads and writes past the page cache ask for (open(2), O_DIRECT). Buffers that may grow are
// mapped for themselves and begin at one; others lie anywhere. Who needs it still takes a refusal as an answer: no standard promises it.
import type { Bytes } from './bytes.ts';

/** A multiple of every page, sector and block that files are written in. */
export const pageBytes = 4_096;

export function pageMemory(length: number): Bytes {
  return new Uint8Array(new ArrayBuffer(length, { maxByteLength: length }), 0, length);
}

/** As pageMemory(), for several threads. */
export function sharedPageMemory(length: number): SharedArrayBuffer {
  return new SharedArrayBuffer(length, { maxByteLength: length });
}

/** Whether bytes can go past the page cache as they lie: their place in memory, their place in the file and their length. */
export function isPaged(bytes: Uint8Array, at: number): boolean {
  const { buffer } = bytes;
  const isMapped = buffer instanceof ArrayBuffer ? buffer.resizable : buffer.growable;
  return isMapped && bytes.byteOffset % pageBytes === 0 && at % pageBytes === 0 && bytes.length % pageBytes === 0;
}
