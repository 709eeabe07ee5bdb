// A folder as a zip made while it streams: stored, with its exact length known before the first byte. spec/web.md "Zip of a folder".
import type { Bytes } from '@reprise/kit';
import type { WalkedEntry } from '@reprise/sdk';
import type { Entry as VaultEntry } from '@reprise/vault';
import { makeZip, predictLength } from 'client-zip';
import { UniqueNames } from '../../engine/save/zip-names.ts';
import { describeFailure } from '../../engine/rpc.ts';
import { fileBytes, type Reading } from './file-bytes.ts';

export type PlacedFile = {
  /** Safe and unique, parts divided by '/'. */
  readonly path: string;
  readonly entry: VaultEntry;
};
export type FolderPlan = {
  readonly files: readonly PlacedFile[];
  /** Folders in which nothing lies. */
  readonly emptyFolders: readonly { readonly path: string; readonly modifiedAt: Date }[];
};
export type ZipPlan = FolderPlan & {
  readonly size: number;
  /** Names of files that are not in the zip, and the text that says so, if any. */
  readonly leftOut: readonly string[];
  readonly note: { readonly name: string; readonly text: string } | null;
};

const dosEpoch = Date.UTC(1980, 0, 2);
const dosEnd = Date.UTC(2107, 11, 30);
const smallBytesMax = 262_144;
const groupBytesMax = 8 * 2 ** 20;
const groupFilesMax = 512;
const joinBytes = 1_048_576;

/** Gives every file and empty folder below a folder its place; what a browser cannot hold (links, mounts) is passed over. */
export async function planFolder(walk: AsyncIterable<WalkedEntry>): Promise<FolderPlan> {
  const names = new UniqueNames();
  const files: PlacedFile[] = [];
  const folders = new Map<string, { path: string; modifiedAt: Date; filled: boolean }>();
  for await (const { path, entry } of walk) {
    const parentPath = path.slice(0, path.length - entry.name.length);
    const parent = folders.get(parentPath);
    if (parent) parent.filled = true;
    const base = parent ? `${parent.path}/` : '';
    const { kind } = entry.content;
    if (kind === 'directory')
      folders.set(`${path}/`, { path: base + names.take(base, entry.name), modifiedAt: dateOf(entry), filled: false });
    else if (kind === 'file' || kind === 'manifest') files.push({ path: base + names.take(base, entry.name), entry });
  }
  return { files, emptyFolders: [...folders.values()].filter((folder) => !folder.filled) };
}

/** @param missing files that cannot be read whole; they are named in a note instead */
export function planZip(plan: FolderPlan, missing: ReadonlySet<PlacedFile>, noteName: string): ZipPlan {
  const files = plan.files.filter((file) => !missing.has(file));
  const leftOut = plan.files.filter((file) => missing.has(file)).map((file) => file.path);
  const note = leftOut.length > 0 ? { name: noteName, text: `${leftOut.join('\n')}\n` } : null;
  const metadata = [
    ...(note ? [{ name: note.name, size: new TextEncoder().encode(note.text).length }] : []),
    ...plan.emptyFolders.map(({ path }) => ({ name: `${path}/` })),
    ...files.map(({ path, entry }) => ({ name: path, size: entry.size })),
  ];
  return { ...plan, files, size: Number(predictLength(metadata)), leftOut, note };
}

/** The bytes of the zip, in pieces whose buffers are the caller's. */
export async function* zipBytes(plan: ZipPlan, reading: Reading): AsyncGenerator<Bytes, void, void> {
  const reader = makeZip(zipEntries(plan, reading), { buffersAreUTF8: true }).getReader();
  const small = new Joiner();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const piece = next.value as Bytes;
      if (piece.length >= joinBytes) {
        yield* small.take();
        yield piece;
      } else yield* small.add(piece);
    }
    yield* small.take();
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function* zipEntries(plan: ZipPlan, reading: Reading) {
  if (plan.note) yield { name: plan.note.name, input: plan.note.text, lastModified: new Date() };
  for (const { path, modifiedAt } of plan.emptyFolders) yield { name: `${path}/`, lastModified: modifiedAt };
  for await (const { file, bytes } of fileContents(plan.files, reading)) {
    yield {
      name: file.path,
      lastModified: dateOf(file.entry),
      size: file.entry.size,
      input: bytes ?? named(file.path, fileBytes(reading, file.entry)),
    };
  }
}

/** Small neighbours are fetched together, large files are left to be streamed. */
export async function* fileContents(
  files: readonly PlacedFile[],
  reading: Reading,
): AsyncGenerator<{ readonly file: PlacedFile; readonly bytes: Bytes | null }, void, void> {
  for (let at = 0; at < files.length; ) {
    const group = smallGroup(files, at);
    if (group.length < 2) {
      yield { file: files[at++] as PlacedFile, bytes: null };
      continue;
    }
    const contents = await readGroup(group, reading);
    for (const [i, file] of group.entries()) yield { file, bytes: contents?.[i] ?? null };
    at += group.length;
  }
}

/** Null if it did not work out: then each is read alone, with patience, and the one at fault is named. */
async function readGroup(group: readonly PlacedFile[], reading: Reading): Promise<readonly Bytes[] | null> {
  try {
    return await reading.content.readSmallFiles(
      group.map((file) => file.entry),
      reading.signal,
    );
  } catch (error) {
    if (reading.signal.aborted) throw error;
    return null;
  }
}

function smallGroup(files: readonly PlacedFile[], at: number): readonly PlacedFile[] {
  let end = at;
  for (let bytes = 0; end < files.length && end - at < groupFilesMax; end++) {
    const { entry } = files[end] as PlacedFile;
    bytes += entry.size;
    if (entry.content.kind !== 'file' || entry.size > smallBytesMax || bytes > groupBytesMax) break;
  }
  return files.slice(at, end);
}

/** The archive keeps a piece while it asks for the next, so it gets its own copy; a failure names the file. */
async function* named(path: string, bytes: AsyncIterable<Bytes>): AsyncGenerator<Bytes, void, void> {
  try {
    for await (const piece of bytes) yield piece.slice();
  } catch (error) {
    throw Object.assign(new Error('a file of the archive'), {
      code: describeFailure(error).code,
      facts: { ...describeFailure(error).facts, path },
    });
  }
}

/** The years a zip can say. */
export function dateOf(entry: VaultEntry): Date {
  const ms = Number(entry.mtimeNs / 1_000_000n);
  return new Date(Math.min(dosEnd, Math.max(dosEpoch, ms)));
}

/** Joins small pieces, so that ten thousand headers do not travel as ten thousand messages. */
class Joiner {
  private bytes = new Uint8Array(joinBytes);
  private length = 0;

  *add(piece: Uint8Array): Generator<Bytes> {
    if (this.length + piece.length > this.bytes.length) yield* this.take();
    this.bytes.set(piece, this.length);
    this.length += piece.length;
  }

  *take(): Generator<Bytes> {
    if (this.length === 0) return;
    const full = this.bytes.subarray(0, this.length);
    this.bytes = new Uint8Array(joinBytes);
    this.length = 0;
    yield full;
  }
}
