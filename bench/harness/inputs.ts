// What is sent: random bytes that no compression or deduplication can shorten, made once a run.
import { randomFillSync } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const stepBytes = 8 * 2 ** 20;

export function makeRandomFile(path: string, bytes: number): string {
  const file = openSync(path, 'w');
  const buffer = Buffer.alloc(Math.min(stepBytes, bytes));
  for (let written = 0; written < bytes; ) {
    const length = Math.min(buffer.length, bytes - written);
    randomFillSync(buffer, 0, length);
    written += writeSync(file, buffer, 0, length);
  }
  closeSync(file);
  return path;
}

/** A file of `bytes` zeros that takes no room: for memory figures only, never for speed. */
export function makeSparseFile(path: string, bytes: number): string {
  const file = openSync(path, 'w');
  ftruncateSync(file, bytes);
  closeSync(file);
  return path;
}

export function makeSmallFiles(folder: string, count: number, bytesEach: number): string {
  mkdirSync(folder, { recursive: true });
  for (let n = 0; n < count; n++) makeRandomFile(join(folder, `record-${String(n).padStart(6, '0')}.bin`), bytesEach);
  return folder;
}
