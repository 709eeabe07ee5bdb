// The bytes of files that come from the drive, whole and durable under temporary names before anything is replaced by them. spec/sync.md "Writing".
import { mapLanes } from '@reprise/kit';
import { chunkBytes, Failure } from '@reprise/protocol/formats';
import type { Replica, ReplicaHead } from '@reprise/sdk/drive';
import { type ChunkEnds, endBytes, endsOf, type Entry } from '@reprise/vault';
import { contentOfBytes, digestOf } from './contents.ts';
import { reservedBytesMax, reservedShare, smallBytesMax } from './limits.ts';
import { draftsFolder, removeIfThere } from './marker.ts';
import type { Journal } from './node/journal/journal.ts';
import { type Disk, type DiskPath, DiskRefusal, type WritableFile } from './ports.ts';
import type { Hash } from './read-file.ts';
import { inodeOf } from './stamps.ts';
import type { Content, NodeId, TreeNode } from './tree.ts';

export type FetchTools = {
  readonly disk: Disk;
  readonly journal: Journal;
  readonly replica: Replica;
  readonly head: ReplicaHead;
  readonly hash: Hash;
  readonly onBytes: (bytes: number) => void;
  readonly signal?: AbortSignal;
};

/** A file under a temporary name; `content` is its name by digest. `inode`: as `inodeOf` tells it. */
export type Draft = { readonly path: DiskPath; readonly content: Content; readonly inode: string };
export type Fetched = ReadonlyMap<NodeId, Draft | Failure | NoRoom>;

const batchBytesMax = 12 * 2 ** 20;
const batchFilesMax = 1_000;
/** Files that are made durable at the same time: the disk joins what comes together. */
const lanes = 16;
/**
 * Small files that are written before the first of them is made durable. While a file system commits its journal, nobody makes a file there: one
 * after the other, each new file waits for the one before.
 */
const openFilesMax = 256;

/** What a fetch that failed left there is in nobody's way. */
async function createAnew(disk: Disk, path: DiskPath, sizeBytes: number): Promise<WritableFile> {
  try {
    return await disk.create(path, sizeBytes);
  } catch (error) {
    if (!(error instanceof DiskRefusal && error.reason === 'taken')) throw error;
    await removeIfThere(disk, path);
    return disk.create(path, sizeBytes);
  }
}

/** There is no room for a file on this disk. */
export class NoRoom extends Error {}

/** @returns for each node its draft, or why it could not be had; failures of the network and of the disk are thrown */
export async function fetchDrafts(nodes: readonly TreeNode[], tools: FetchTools): Promise<Fetched> {
  const { journal, replica, head } = tools;
  const fetched = new Map<NodeId, Draft | Failure | NoRoom>();
  const fitting = await fitted(nodes, fetched, tools);
  const pathOf = journal.pathsIn(journal.remote);
  const paths = journal.read(() => fitting.map(({ id }) => pathOf(id) ?? []));
  const entries = await replica.entries(head, paths);
  const wanted = fitting.map((node, i) => ({ node, entry: entries[i] as Entry }));
  const isSmall = ({ entry }: { entry: Entry }): boolean => entry.size <= smallBytesMax && entry.content.kind === 'file';
  for (const batch of batches(wanted.filter(isSmall))) await fetchSmall(batch, fetched, tools);
  for (const one of wanted) if (!isSmall(one)) await fetchLarge(one, fetched, tools);
  return fetched;
}

/** Those for which there is room; what does not fit is left out, and smaller files go on. */
async function fitted(nodes: readonly TreeNode[], fetched: Map<NodeId, Draft | Failure | NoRoom>, { disk, journal }: FetchTools) {
  if (nodes.length === 0) return nodes;
  const { freeBytes, totalBytes } = await disk.room();
  let left = freeBytes - Math.min(reservedBytesMax, totalBytes * reservedShare);
  const sizes = journal.read(() => nodes.map(({ id }) => journal.remote.get(id)?.sizeBytes ?? 0));
  return nodes.filter(({ id }, i) => {
    const sizeBytes = sizes[i] as number;
    const fits = sizeBytes <= left;
    if (fits) left -= sizeBytes;
    else fetched.set(id, new NoRoom('no room'));
    return fits;
  });
}

type WantedFile = { readonly node: TreeNode; readonly entry: Entry };

function batches(wanted: readonly WantedFile[]): WantedFile[][] {
  const all: WantedFile[][] = [];
  let bytes = 0;
  for (const one of wanted) {
    const last = all.at(-1);
    bytes += one.entry.size;
    if (last && last.length < batchFilesMax && bytes <= batchBytesMax) last.push(one);
    else {
      all.push([one]);
      bytes = one.entry.size;
    }
  }
  return all;
}

async function fetchSmall(batch: readonly WantedFile[], fetched: Map<NodeId, Draft | Failure | NoRoom>, tools: FetchTools): Promise<void> {
  const { replica, signal } = tools;
  let contents: readonly Uint8Array[];
  try {
    contents = await replica.drive.reader.readSmallFiles(
      batch.map(({ entry }) => entry),
      signal,
    );
  } catch (error) {
    if (!(error instanceof Failure && isOfFile(error))) throw error;
    // Whose bytes they are that cannot be had shows one by one.
    if (batch.length === 1) return void fetched.set((batch[0] as WantedFile).node.id, error);
    for (const one of batch) await fetchSmall([one], fetched, tools);
    return;
  }
  const whole = batch.map((one, i): WholeFile => ({ ...one, bytes: contents[i] as Uint8Array }));
  for (let at = 0; at < whole.length; at += openFilesMax) await writeTogether(whole.slice(at, at + openFilesMax), fetched, tools);
}

type WholeFile = WantedFile & { readonly bytes: Uint8Array };
type Unfinished = { readonly wanted: WantedFile; readonly draft: Omit<Draft, 'inode'>; readonly file: WritableFile };

async function writeTogether(
  files: readonly WholeFile[],
  fetched: Map<NodeId, Draft | Failure | NoRoom>,
  tools: FetchTools,
): Promise<void> {
  const open: Unfinished[] = [];
  try {
    await mapLanes(files, lanes, async ({ node, entry, bytes }) => {
      const pieces = (async function* () {
        yield { offset: 0, bytes };
      })();
      try {
        open.push(await write(node, entry, pieces, tools));
      } catch (error) {
        // Another device's lie about one file keeps no other from coming.
        if (!(error instanceof Failure && isOfFile(error))) throw error;
        fetched.set(node.id, error);
      }
    });
    await mapLanes(open, lanes, async (one) => void fetched.set(one.wanted.node.id, await finish(one)));
  } finally {
    // Of those that were finished there is nothing left to close.
    for (const { file } of open) await file.abandon().catch(() => undefined);
  }
}

async function fetchLarge({ node, entry }: WantedFile, fetched: Map<NodeId, Draft | Failure | NoRoom>, tools: FetchTools): Promise<void> {
  const { replica, signal } = tools;
  try {
    const ends = new Map<number, ChunkEnds>();
    const pieces = replica.drive.reader.readFile(entry, signal ? { signal } : {});
    fetched.set(node.id, await finish(await write(node, entry, noting(pieces, ends), tools)));
    if (entry.size > chunkBytes) await noteEnds(entry, ends, tools);
  } catch (error) {
    if (!(error instanceof Failure && isOfFile(error))) throw error;
    fetched.set(node.id, error);
  }
}

/** A piece is what one chunk holds of the file. */
async function* noting(pieces: Pieces, ends: Map<number, ChunkEnds>): Pieces {
  for await (const { offset, bytes } of pieces) {
    if (bytes.length >= endBytes) ends.set(offset, endsOf(bytes, bytes));
    yield { offset, bytes };
  }
}

/** For the day on which it is changed here. */
async function noteEnds(entry: Entry, ends: ReadonlyMap<number, ChunkEnds>, { journal, replica, signal }: FetchTools): Promise<void> {
  const noted: { id: Uint8Array; ends: ChunkEnds }[] = [];
  let at = 0;
  for (const { id, length } of await replica.drive.reader.extents(entry, signal)) {
    const own = length > 0 ? ends.get(at) : undefined;
    if (own) noted.push({ id, ends: own });
    at += length;
  }
  journal.noteEnds(noted);
}

/** What is wrong with these bytes, and not with the way to them. */
function isOfFile({ code }: Failure): boolean {
  return ['reject', 'object-missing', 'chunk-corrupt', 'bad-object', 'bad-name', 'limit-exceeded'].includes(code);
}

type Pieces = AsyncIterableIterator<{ readonly offset: number; readonly bytes: Uint8Array }>;

/** Whole, and not durable yet. */
async function write(node: TreeNode, entry: Entry, pieces: Pieces, { disk, hash, onBytes }: FetchTools): Promise<Unfinished> {
  const path = `${draftsFolder}/${node.id}`;
  const file = await createAnew(disk, path, entry.size);
  const hashing = hash();
  try {
    let length = 0;
    for await (const { offset, bytes } of pieces) {
      if (offset !== length) throw new Failure('reject', { reason: 'pieces out of order' });
      await file.write(offset, bytes);
      hashing.update(bytes);
      length += bytes.length;
      onBytes(bytes.length);
    }
    const content = contentOfBytes(hashing.digest(), length);
    const isWhole = length === entry.size && (digestOf(node.content) === undefined || node.content === content);
    if (!isWhole) throw new Failure('reject', { reason: 'not what its entry says' });
    return { wanted: { node, entry }, draft: { path, content }, file };
  } catch (error) {
    await file.abandon().catch(() => undefined);
    throw error;
  }
}

async function finish({ wanted: { node, entry }, draft, file }: Unfinished): Promise<Draft> {
  try {
    const stamp = await file.finish({ mtimeNs: entry.mtimeNs, isExecutable: node.isExecutable });
    return { ...draft, inode: inodeOf(stamp) };
  } catch (error) {
    await file.abandon().catch(() => undefined);
    throw error;
  }
}
