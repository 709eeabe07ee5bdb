// The bytes of files that come from the drive, whole and durable under temporary names before anything is replaced by them. spec/sync.md "Writing".
import { chunkBytes, Failure } from '@reprise/protocol/formats';
import type { Replica, ReplicaHead } from '@reprise/sdk/drive';
import { type ChunkEnds, endBytes, endsOf, type Entry } from '@reprise/vault';
import { contentOfBytes, digestOf } from './contents.ts';
import { reservedBytesMax, reservedShare, smallBytesMax } from './limits.ts';
import { draftsFolder } from './marker.ts';
import type { Journal } from './node/journal/journal.ts';
import type { RemoteRow } from './node/journal/trees.ts';
import { type Disk, type DiskPath, DiskRefusal } from './ports.ts';
import type { Hash } from './read-file.ts';
import { inodeOf } from './stamps.ts';
import { createAnew, oneByOne, type WholeFile, type Written } from './together.ts';
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
/** There is no room for a file on this disk. */
export class NoRoom extends Error {}

/** @returns for each node its draft, or why it could not be had; failures of the network and of the disk are thrown */
export async function fetchDrafts(nodes: readonly TreeNode[], tools: FetchTools): Promise<Fetched> {
  const { journal, replica, head } = tools;
  const fetched = new Map<NodeId, Draft | Failure | NoRoom>();
  const rows = journal.read(() => nodes.map((node) => ({ node, row: journal.remote.get(node.id) })));
  const fitting = await fitted(rows, fetched, tools);
  const pathOf = journal.pathsIn(journal.remote);
  const paths = journal.read(() => fitting.map(({ row }) => (row && pathOf(row)) ?? []));
  const entries = await replica.entries(head, paths);
  const wanted = fitting.map(({ node }, i) => ({ node, entry: entries[i] as Entry }));
  const isSmall = ({ entry }: { entry: Entry }): boolean => entry.size <= smallBytesMax && entry.content.kind === 'file';
  for (const batch of batches(wanted.filter(isSmall))) await fetchSmall(batch, fetched, tools);
  for (const one of wanted) if (!isSmall(one)) await fetchLarge(one, fetched, tools);
  return fetched;
}

type Planned = { readonly node: TreeNode; readonly row: RemoteRow | undefined };

/** Those for which there is room; what does not fit is left out, and smaller files go on. */
async function fitted(nodes: readonly Planned[], fetched: Map<NodeId, Draft | Failure | NoRoom>, { disk }: FetchTools) {
  if (nodes.length === 0) return nodes;
  const { freeBytes, totalBytes } = await disk.room();
  let left = freeBytes - Math.min(reservedBytesMax, totalBytes * reservedShare);
  return nodes.filter(({ node, row }) => {
    const sizeBytes = row?.sizeBytes ?? 0;
    const fits = sizeBytes <= left;
    if (fits) left -= sizeBytes;
    else fetched.set(node.id, new NoRoom('no room'));
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
  const { disk, hash, onBytes } = tools;
  const files = batch.map(({ node, entry }, i): WholeFile => {
    const bytes = contents[i] as Uint8Array;
    return { path: draftPath(node), bytes, mtimeNs: entry.mtimeNs, isExecutable: node.isExecutable };
  });
  const answers = await (disk.together ?? oneByOne(disk, hash)).write(files);
  for (const [i, { node, entry }] of batch.entries()) {
    const [{ path, bytes }, written] = [files[i] as WholeFile, answers[i] as Written | DiskRefusal];
    if (written instanceof DiskRefusal) throw written;
    const content = contentOfBytes(written.digest, bytes.length);
    // Another device's lie about one file keeps no other from coming.
    const isRight = isAsItsEntrySays(content, bytes.length, { node, entry });
    fetched.set(node.id, isRight ? { path, content, inode: written.inode } : notAsItsEntrySays());
    onBytes(bytes.length);
  }
}

function isAsItsEntrySays(content: Content, length: number, { node, entry }: WantedFile): boolean {
  return length === entry.size && (digestOf(node.content) === undefined || node.content === content);
}

function notAsItsEntrySays(): Failure {
  return new Failure('reject', { reason: 'not what its entry says' });
}

async function fetchLarge({ node, entry }: WantedFile, fetched: Map<NodeId, Draft | Failure | NoRoom>, tools: FetchTools): Promise<void> {
  const { replica, signal } = tools;
  try {
    const ends = new Map<number, ChunkEnds>();
    const pieces = replica.drive.reader.readFile(entry, signal ? { signal } : {});
    fetched.set(node.id, await write(node, entry, noting(pieces, ends), tools));
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

function draftPath({ id }: TreeNode): DiskPath {
  return `${draftsFolder}/${id}`;
}

type Pieces = AsyncIterableIterator<{ readonly offset: number; readonly bytes: Uint8Array }>;

/** Whole and durable. */
async function write(node: TreeNode, entry: Entry, pieces: Pieces, { disk, hash, onBytes }: FetchTools): Promise<Draft> {
  const path = draftPath(node);
  const file = await createAnew(disk, path, entry.size);
  const hashing = hash();
  try {
    let length = 0;
    for await (const { offset, bytes } of pieces) {
      if (offset !== length) throw new Failure('reject', { reason: 'pieces out of order' });
      // While the disk takes it.
      const writing = file.write(offset, bytes);
      hashing.update(bytes);
      await writing;
      length += bytes.length;
      onBytes(bytes.length);
    }
    const content = contentOfBytes(hashing.digest(), length);
    if (!isAsItsEntrySays(content, length, { node, entry })) throw notAsItsEntrySays();
    const stamp = await file.finish({ mtimeNs: entry.mtimeNs, isExecutable: node.isExecutable });
    return { path, content, inode: inodeOf(stamp) };
  } catch (error) {
    await file.abandon().catch(() => undefined);
    throw error;
  }
}
