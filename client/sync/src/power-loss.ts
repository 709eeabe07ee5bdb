// What a power cut may have done to files that the drive has: their bytes were read and sent, and never reached the disk. What it emptied is no
// edit, what it took is not gone, and what it brought back is not newer. spec/sync.md "After a power cut".
import { asidePath } from './aside.ts';
import { digestOf } from './contents.ts';
import { racyNs, unsafeNs } from './limits.ts';
import type { Journal } from './node/journal/journal.ts';
import type { LocalRow } from './node/journal/trees.ts';
import { type Disk, type DiskPath, DiskRefusal, type DiskStamp } from './ports.ts';
import { type Hash, readContent } from './read-file.ts';
import { bringBack, lookOr, noteKept, safetyPath, type SafetyTools } from './safety.ts';
import { isSameBytes, kindOfStamp } from './stamps.ts';
import { isOfWhatWasRead, type NodeId, rootId } from './tree.ts';

export type PowerLossTools = SafetyTools & {
  readonly hash: Hash;
  /** When the program ended by itself before, ms since 1970; null if it did not. */
  readonly endedMs: number | null;
};

/** `undone`: an older file is back where another had taken its place. */
type Harm = 'none' | 'emptied' | 'taken' | 'undone';

/**
 * Looks at what was new when the machine went down. What is not as the drive has it is forgotten here, so that the drive's comes down again;
 * what was emptied waits in the safety folder, and what is older stays beside it. The journal tells of it. Stopped anywhere, it is done again.
 */
export async function undoPowerLoss(tools: PowerLossTools): Promise<void> {
  const { journal, nowMs } = tools;
  const asides = new Set(journal.asides().map(({ node }) => node));
  let kept = 0;
  for (const row of journal.filesLookedLately(unsafeNs, BigInt(nowMs()) * 1_000_000n)) {
    // What the drive has not, is nowhere else: it stays as it is.
    if (row.sizeBytes === 0 || journal.synced.get(row.id)?.content !== row.content) continue;
    const path = journal.pathIn(journal.local, row.id)?.join('/');
    if (path === undefined) continue;
    const found = await find(row, path, asides, tools);
    const harm = await harmTo(row, found, tools);
    if (harm === 'none') continue;
    if (harm === 'emptied' && !(await putAway(row, found, path, kept++, tools))) continue;
    forget(row, path, harm, tools);
  }
  await undoLostFolders(tools);
}

/** Folders in which nothing is known any more, and that are not there: the drive's come down again. Those that hold something come with it. */
async function undoLostFolders(tools: PowerLossTools): Promise<void> {
  const { journal, nowMs, disk } = tools;
  const asides = new Set(journal.asides().map(({ node }) => node));
  for (const row of journal.foldersLookedLately(unsafeNs, BigInt(nowMs()) * 1_000_000n)) {
    if (!journal.synced.get(row.id) || journal.local.children(row.id).length > 0 || asides.has(row.id)) continue;
    // One that was there long before was moved: the look that follows finds it where it came from.
    if (row.birthNs !== 0n && row.birthNs + unsafeNs < row.lookedNs) continue;
    const path = journal.pathIn(journal.local, row.id)?.join('/');
    const stamp = path === undefined ? 'hidden' : await look(disk, path);
    if (path === undefined || (await harmTo(row, { path, stamp, isAside: false }, tools)) !== 'taken') continue;
    forget(row, path, 'taken', tools);
  }
}

function forget({ id: node }: LocalRow, path: DiskPath, harm: Harm, { journal, nowMs }: PowerLossTools): void {
  journal.write(() => {
    journal.dropLocal(node);
    journal.dropSynced(node);
    journal.tell([{ atMs: nowMs(), node, path, row: null, what: `power cut: ${harm}` }]);
  });
}

/**
 * What cannot be moved stays; without a base it takes a conflict name later, when it can.
 * @returns whether it was still what was looked at: what somebody wrote in between goes back to where it was, and is an edit
 */
async function putAway(row: LocalRow, { path, stamp }: Found, was: DiskPath, number: number, tools: PowerLossTools): Promise<boolean> {
  const { disk, journal } = tools;
  const to = safetyPath(row.id, tools.nowMs(), number);
  noteKept(tools, to, was, row, false);
  try {
    await disk.move(path, to);
    const there = await disk.look(to);
    if (!there || stamp === null || stamp === 'hidden' || isSameBytes(stamp, there)) return true;
    await disk.move(to, path);
    journal.letGo(to);
    return false;
  } catch (error) {
    if (!(error instanceof DiskRefusal)) throw error;
    // Where something else has the name by now, it comes back beside it.
    if ((await lookOr(disk, to)) !== null) await bringBack(tools, to, was);
    journal.letGo(to);
    return true;
  }
}

type Found = {
  readonly path: DiskPath;
  readonly stamp: DiskStamp | null | 'hidden';
  /** Under a temporary name of its own: our rename changed its time of change. */
  readonly isAside: boolean;
};

/** Where it stands, or waits while others go through its place. */
async function find({ id }: LocalRow, path: DiskPath, asides: ReadonlySet<NodeId>, { disk, journal }: PowerLossTools): Promise<Found> {
  const aside = asides.size === 0 ? undefined : pathAside(id, asides, journal);
  if (aside !== undefined) {
    const stamp = await look(disk, aside);
    if (stamp !== null) return { path: aside, stamp, isAside: aside === asidePath(id) };
  }
  return { path, stamp: await look(disk, path), isAside: false };
}

function pathAside(id: NodeId, asides: ReadonlySet<NodeId>, journal: Journal): DiskPath | undefined {
  const names: string[] = [];
  for (let at = id; at !== rootId; ) {
    if (asides.has(at)) return [asidePath(at), ...names].join('/');
    const row = journal.local.get(at);
    if (!row) return undefined;
    names.unshift(row.diskName);
    at = row.parent;
  }
  return undefined;
}

/** @returns `hidden` for what cannot be looked at: the scan tells of it */
async function look(disk: Disk, path: DiskPath): Promise<DiskStamp | null | 'hidden'> {
  try {
    return await disk.look(path);
  } catch (error) {
    if (!(error instanceof DiskRefusal)) throw error;
    // What it was in is no folder any more.
    return error.reason === 'not-a-folder' ? null : 'hidden';
  }
}

async function harmTo(row: LocalRow, { path, stamp, isAside }: Found, tools: PowerLossTools): Promise<Harm> {
  const { endedMs } = tools;
  if (stamp === 'hidden') return 'none';
  // What was on the disk long before the program ended, and changed since then, somebody changed.
  const isOnDisk = endedMs !== null && latest(row.ctimeNs, row.lookedNs) + unsafeNs <= BigInt(endedMs) * 1_000_000n;
  if (stamp === null || kindOfStamp(stamp) !== row.kind) return isOnDisk ? 'none' : 'taken';
  if (row.kind === 'folder') return 'none';
  // Somebody wrote to it since the look, or put another file there. It is not told by inodes, which a disk that is repaired hands out anew.
  const isWritten = !isAside && stamp.ctimeNs > latest(row.ctimeNs, row.lookedNs - racyNs);
  // Who empties a file changes its times; so does who begins to write it anew, and a cut keeps the bytes from following.
  if (isOnDisk && isWritten) return 'none';
  if (stamp.sizeBytes === 0) return 'emptied';
  if (isWritten) return (await isAllZeros(path, stamp, tools)) ? 'emptied' : 'none';
  if (stamp.mtimeNs !== row.mtimeNs) return 'undone';
  // Moved, and not read since: its row has the times of now and what it held before. Other bytes are somebody's.
  if (row.stall && !isOfWhatWasRead(row.stall)) return (await isAllZeros(path, stamp, tools)) ? 'emptied' : 'none';
  if (stamp.sizeBytes === row.sizeBytes && !(await hasOtherBytes(row, path, stamp, tools))) return 'none';
  return isAside || stamp.ctimeNs <= row.ctimeNs ? 'emptied' : 'undone';
}

async function hasOtherBytes(row: LocalRow, path: DiskPath, stamp: DiskStamp, { disk, hash }: PowerLossTools): Promise<boolean> {
  const isLegible = (content: string | null): boolean => content !== null && (row.kind === 'link' || digestOf(content) !== undefined);
  const known = [row.content, row.digest].find(isLegible);
  if (!known) return false;
  const read = await readContent(disk, path, stamp, hash);
  return read.kind === 'content' && read.content !== known;
}

const pieceBytes = 65_536;

/** As long as it was to become, and nothing in it. */
async function isAllZeros(path: DiskPath, { kind, sizeBytes }: DiskStamp, { disk }: PowerLossTools): Promise<boolean> {
  if (kind !== 'file') return false;
  try {
    const file = await disk.open(path);
    try {
      for (let at = 0; at < sizeBytes; at += pieceBytes) {
        const bytes = await file.read(at, Math.min(pieceBytes, sizeBytes - at));
        if (bytes.length === 0 || bytes.some((byte) => byte !== 0)) return false;
      }
      return true;
    } finally {
      await file.close();
    }
  } catch (error) {
    // The scan tells of it.
    if (error instanceof DiskRefusal) return false;
    throw error;
  }
}

function latest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
