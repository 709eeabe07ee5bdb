// The digest of a file as it stands, or word that it was written to meanwhile: a mix of two versions is never taken for one. spec/sync.md "Reading".
import { contentOfBytes, contentOfLink } from './contents.ts';
import { type Disk, type DiskPath, DiskRefusal, type DiskStamp, type ReadableFile } from './ports.ts';
import { inodeOf } from './stamps.ts';
import type { Content, StallReason } from './tree.ts';

/** SHA-256 over bytes that come one after the other. */
export type Hash = () => { update(bytes: Uint8Array): void /** @returns hex */; digest(): string };

export type Read =
  | { readonly kind: 'content'; readonly content: Content; readonly stamp: DiskStamp }
  /** It was written to, or is gone. */
  | { readonly kind: 'changing' }
  | { readonly kind: 'stall'; readonly reason: StallReason };

const pieceBytes = 1_048_576;
/** What the drive takes. spec/directories.md. */
const linkBytesMax = 640;

/** @param seen what the listing said of it */
export async function readContent(disk: Disk, path: DiskPath, seen: DiskStamp, hash: Hash, signal?: AbortSignal): Promise<Read> {
  try {
    if (seen.kind === 'link') {
      const target = await disk.readLink(path);
      const isTooLong = new TextEncoder().encode(target).length > linkBytesMax;
      return isTooLong ? { kind: 'stall', reason: 'special-file' } : { kind: 'content', content: contentOfLink(target), stamp: seen };
    }
    return await readFile(disk, path, seen, hash, signal);
  } catch (error) {
    if (!(error instanceof DiskRefusal)) throw error;
    if (error.reason === 'denied' || error.reason === 'broken') return { kind: 'stall', reason: 'unreadable' };
    if (error.reason === 'locked') return { kind: 'stall', reason: 'locked' };
    if (error.reason === 'name-bytes') return { kind: 'stall', reason: 'special-file' };
    return { kind: 'changing' };
  }
}

async function readFile(disk: Disk, path: DiskPath, seen: DiskStamp, hash: Hash, signal: AbortSignal | undefined): Promise<Read> {
  const file = await disk.open(path);
  try {
    const before = await file.stat();
    if (!isSame(before, seen)) return { kind: 'changing' };
    const hashing = hash();
    const length = await digestPieces(file, before.sizeBytes, hashing, signal);
    const after = await file.stat();
    if (length !== before.sizeBytes || !isSame(after, before)) return { kind: 'changing' };
    return { kind: 'content', content: contentOfBytes(hashing.digest(), length), stamp: after };
  } finally {
    await file.close();
  }
}

/** A piece is read while the one before is digested, into the same two places in turns. @returns how many bytes there were */
async function digestPieces(file: ReadableFile, sizeBytes: number, hashing: ReturnType<Hash>, signal?: AbortSignal): Promise<number> {
  const places: Uint8Array<ArrayBuffer>[] = [];
  const begin = (at: number, turn: number): Promise<Uint8Array> | undefined => {
    const length = Math.min(pieceBytes, sizeBytes - at);
    if (length <= 0) return undefined;
    if (sizeBytes > pieceBytes) places[turn % 2] ??= new Uint8Array(pieceBytes);
    return file.read(at, length, places[turn % 2]);
  };
  let at = 0;
  let reading = begin(0, 0);
  for (let turn = 1; reading; turn++) {
    const bytes = await reading;
    if (bytes.length === 0) break;
    at += bytes.length;
    // What is being read has to end before the file may be closed: so nothing is begun that is not waited for.
    signal?.throwIfAborted();
    reading = begin(at, turn);
    hashing.update(bytes);
  }
  return at;
}

function isSame(a: DiskStamp, b: DiskStamp): boolean {
  return inodeOf(a) === inodeOf(b) && a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}
