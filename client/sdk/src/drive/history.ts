// What the commits of a drive did: which there were, what a file was in them, what going back to one would change. Old entries are believed
// because the accepted head follows from them. spec/drive.md "Versions", "Going back".
import { type Bytes, equalBytes, formatHex } from '@reprise/kit';
import { type DeviceId, Failure, formatId } from '@reprise/protocol';
import { decodeEntry, decodeEnvelope, depthMax, entryId, type Envelope, type LogEntry, type SealedRoot } from '@reprise/protocol/formats';
import {
  diffTrees,
  type Entry,
  isSameContent,
  isSameEntry,
  openDelta,
  type Place,
  rootFid,
  type TreeDelta,
  type TreeDifference,
} from '@reprise/vault';
import { listTrash } from './changes.ts';
import { notingReader, objectsOf } from './content-objects.ts';
import type { DriveSpace, Plan } from './drive-space.ts';
import { formatPath, hiddenName } from './path.ts';
import { withTaken } from './taken.ts';
import type { TreeView } from './tree-view.ts';
import type { EntryState } from './versions.ts';

/** A commit that was made, with the place of its tree. */
export type PastCommit = {
  readonly seq: number;
  readonly atMs: number;
  readonly deviceId: DeviceId;
  readonly root: SealedRoot;
  readonly delta: Bytes | null;
};

/** Entries that a commit added, removed and changed, as the person sees them: into the trash is removed. */
export type MomentCounts = {
  readonly added: number;
  readonly removed: number;
  readonly changed: number /** What the topmost of them is called; null where nothing is told. */;
  readonly first: string | null;
};

/** Bytes and objects are kept this long after no tree needs them. */
export const historyKeptMs = 30 * 24 * 3_600_000;
const entriesPerRead = 512;
/** A device's clock may have been wrong for a while: so many entries in a row tell that the rest is older too. */
const olderInRowMax = 64;
const deltaAttachment = 2;

export class History {
  readonly #space: DriveSpace;

  constructor(space: DriveSpace) {
    this.#space = space;
  }

  /** The commits since a moment, newest first, by what their devices' clocks said. @throws Failure log-refused if they are not those the accepted head follows from */
  async *commits(sinceMs: number, signal?: AbortSignal): AsyncGenerator<PastCommit, void, void> {
    const { service, log } = this.#space;
    let { head, seq } = log.state;
    let olderInRow = 0;
    while (seq >= 0) {
      const from = Math.max(0, seq - entriesPerRead + 1);
      const envelopes = (await service.readSpan(from, seq, [deltaAttachment], signal)).map(decodeEnvelope);
      if (envelopes.length !== seq - from + 1) throw new Failure('bad-answer', { reason: 'entries of the log are missing' });
      for (const envelope of envelopes.reverse()) {
        if (!equalBytes(await entryId(envelope.entry), head)) throw new Failure('log-refused', { step: 'prev' });
        const entry = decodeEntry(envelope.entry);
        head = entry.prev;
        seq = entry.seq - 1;
        olderInRow = entry.timeMs < sinceMs ? olderInRow + 1 : 0;
        if (olderInRow >= olderInRowMax) return;
        if (olderInRow > 0) continue;
        const commit = pastCommit(entry, envelope);
        if (commit) yield commit;
      }
    }
  }

  /** One commit, by its number. @throws Failure path-not-found if it is none, or too long ago */
  async commit(wanted: number, sinceMs: number, signal?: AbortSignal): Promise<PastCommit> {
    for await (const commit of this.commits(sinceMs, signal)) if (commit.seq === wanted) return commit;
    throw new Failure('path-not-found', { path: `#${wanted}` });
  }

  /** What a file was after each commit that touched it, in the order of the log. @param path where it stands now */
  async statesOf(path: readonly string[], fid: Bytes, sinceMs: number, signal?: AbortSignal): Promise<EntryState[]> {
    const commits: PastCommit[] = [];
    for await (const commit of this.commits(sinceMs, signal)) commits.push(commit);
    commits.reverse();
    const states: EntryState[] = [];
    for (const [i, commit] of commits.entries()) {
      const { seq, atMs, deviceId } = commit;
      const before = commits[i - 1];
      const entry =
        before === undefined ? await this.#earliest(commit, path, fid, signal) : await this.#change(before, commit, fid, signal);
      if (entry) states.push({ seq, atMs, deviceId, entry });
    }
    return states;
  }

  /** What commits did, for each that is asked about and is not too long ago: compared with the one before, whose nodes are mostly at hand. */
  async countsOf(wanted: ReadonlySet<number>, sinceMs: number, signal?: AbortSignal): Promise<ReadonlyMap<number, MomentCounts>> {
    const counts = new Map<number, MomentCounts>();
    let left = wanted.size;
    let later: PastCommit | undefined;
    const count = async (before: PastCommit | null, commit: PastCommit) => {
      left--;
      counts.set(commit.seq, await this.#count(before, commit, signal));
    };
    for await (const commit of this.commits(sinceMs, signal)) {
      if (later && wanted.has(later.seq)) await count(commit, later);
      if (left === 0) return counts;
      later = commit;
    }
    // The oldest is told only where nothing was before it: what fell out of the 30 days is not read.
    if (later && wanted.has(later.seq) && (await this.#isFirst(later, signal))) await count(null, later);
    return counts;
  }

  async #isFirst(commit: PastCommit, signal: AbortSignal | undefined): Promise<boolean> {
    for await (const { seq } of this.commits(0, signal)) if (seq < commit.seq) return false;
    return true;
  }

  async #count(before: PastCommit | null, commit: PastCommit, signal: AbortSignal | undefined): Promise<MomentCounts> {
    const view = await this.viewOf(commit, signal);
    const was = before ? await this.viewOf(before, signal) : null;
    const hidden = { before: was ? await hiddenFolders(was) : new Set<string>(), after: await hiddenFolders(view) };
    const counts = { added: 0, removed: 0, changed: 0 };
    const places: Place[] = [];
    for (const difference of await diffTrees(was?.root ?? null, view.root, view.reader)) {
      const told = seen(difference, hidden);
      if (!isFelt(told)) continue;
      const place = told?.after ?? told?.before;
      if (place) places.push(place);
      if (!told?.before) counts.added++;
      else if (!told.after) counts.removed++;
      else counts.changed++;
    }
    return { ...counts, first: topmost(places) };
  }

  viewOf(commit: PastCommit, signal?: AbortSignal): Promise<TreeView> {
    return this.#space.viewAt(commit.root, signal);
  }

  async #earliest(commit: PastCommit, path: readonly string[], fid: Bytes, signal: AbortSignal | undefined): Promise<Entry | null> {
    const told = await this.#told(commit, fid);
    if (told) return told;
    const entry = await (await this.viewOf(commit, signal)).entryAt(path);
    return entry && equalBytes(entry.fid, fid) ? entry : null;
  }

  async #change(before: PastCommit, commit: PastCommit, fid: Bytes, signal: AbortSignal | undefined): Promise<Entry | null> {
    if (commit.delta) return this.#told(commit, fid);
    const view = await this.viewOf(commit, signal);
    const differences = await diffTrees((await this.viewOf(before, signal)).root, view.root, view.reader);
    return differences.map(afterOf).find((entry) => entry && equalBytes(entry.fid, fid)) ?? null;
  }

  /** What the commit's delta says about a fid. */
  async #told(commit: PastCommit, fid: Bytes): Promise<Entry | null> {
    const delta = await this.delta(commit);
    for (const change of delta?.changes ?? []) if (change.kind === 'put' && equalBytes(change.entry.fid, fid)) return change.entry;
    return null;
  }

  /** null if the commit has none, or the server dropped it. */
  async delta(commit: PastCommit): Promise<TreeDelta | null> {
    if (!commit.delta) return null;
    const { engine, epochKey } = this.#space.tools;
    const place = { ...commit.root, space: this.#space.log.state.space };
    return openDelta(engine, await epochKey(commit.root.epoch), place, commit.delta);
  }
}

/** The name of the first that is in none of the others. */
function topmost(places: readonly Place[]): string | null {
  const fids = new Set(places.map(({ entry }) => formatHex(entry.fid)));
  return places.find(({ parent }) => !fids.has(formatHex(parent)))?.entry.name ?? null;
}

function afterOf(difference: TreeDifference): Entry | null {
  return difference.kind === 'removed' ? null : difference.after.entry;
}

/** A rekey seals the same tree anew and is no moment of its own. */
function pastCommit(entry: LogEntry, envelope: Envelope): PastCommit | null {
  const { body, seq, prev, epoch, timeMs, deviceId } = entry;
  if (body.type !== 'commit') return null;
  const delta = body.deltaHash ? (envelope.attachments.get(deltaAttachment) ?? null) : null;
  return { seq, atMs: timeMs, deviceId: formatId<DeviceId>(deviceId), root: { sealed: body.root, seq, prev, epoch }, delta };
}

/** One thing that going back would do. */
export type RewindSample = { readonly what: 'returning' | 'leaving' | 'older' | 'moved'; readonly path: string };

/** What going back would do, to look at before doing it. */
export type RewindPlan = {
  readonly seq: number;
  readonly atMs: number;
  /** Files that exist again, that go, that get the content they had, that stand where they stood. */
  readonly returning: number;
  readonly leaving: number;
  readonly older: number;
  readonly moved: number;
  readonly samples: readonly RewindSample[];
};

const samplesMax = 100;

/** The folders that are not the person's, by hex fid: what stands in them is in the trash, or the account's. */
export async function hiddenFolders(view: TreeView): Promise<ReadonlySet<string>> {
  const fids = new Set<string>();
  const hidden = await view.entryAt([hiddenName]);
  if (!hidden) return fids;
  fids.add(formatHex(hidden.fid));
  const trash = await view.entryIn(hidden, 'trash');
  if (!trash) return fids;
  fids.add(formatHex(trash.fid));
  for await (const wrapper of view.entries(trash)) fids.add(formatHex(wrapper.fid));
  return fids;
}

/** Hex fids of what was thrown away, as it lies in the wrappers. */
async function trashedFids(view: TreeView): Promise<ReadonlySet<string>> {
  const fids = new Set<string>();
  for (const { entry } of await listTrash(view)) for await (const child of view.entries(entry)) fids.add(formatHex(child.fid));
  return fids;
}

export type Sides = { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string> };

/** What a difference is for the person: what goes into the trash leaves, what comes out of it returns. null: they do not see it. */
type Seen = { readonly before: Place | null; readonly after: Place | null };

/** @param hidden of the tree before, and of the one after */
export function seen(difference: TreeDifference, hidden: Sides): Seen | null {
  const before = difference.kind === 'added' ? null : visible(difference.before, hidden.before);
  const after = difference.kind === 'removed' ? null : visible(difference.after, hidden.after);
  return before || after ? { before, after } : null;
}

function visible(place: Place, hidden: ReadonlySet<string>): Place | null {
  const isHidden = hidden.has(formatHex(place.parent)) || (equalBytes(place.parent, rootFid) && place.entry.name === hiddenName);
  return isHidden ? null : place;
}

/** The path of a name in a folder named by its fid; null if it is not known. */
export type PathOf = (parent: Bytes, name: string) => string | null;

/** Counts what a rewind does, from the differences between the present tree and the old one. Pure. */
export function summarize(
  differences: readonly TreeDifference[],
  hidden: Sides,
  paths: { readonly now: PathOf; readonly past: PathOf },
): Omit<RewindPlan, 'seq' | 'atMs'> {
  const counts = { returning: 0, leaving: 0, older: 0, moved: 0 };
  const samples: RewindSample[] = [];
  const tell = (what: RewindSample['what'], side: 'now' | 'past', { parent, entry }: Place) => {
    counts[what]++;
    const path = paths[side](parent, entry.name);
    if (path !== null && samples.length < samplesMax) samples.push({ what, path });
  };
  for (const difference of differences) {
    const { before, after } = seen(difference, hidden) ?? { before: null, after: null };
    if (before && after) {
      if (!equalBytes(before.parent, after.parent) || before.entry.name !== after.entry.name) tell('moved', 'past', after);
      if (after.entry.content.kind !== 'directory' && !isSameContent(before.entry, after.entry)) tell('older', 'past', after);
    } else if (after) tell('returning', 'past', after);
    else if (before) tell('leaving', 'now', before);
  }
  return { ...counts, samples };
}

export type Comparison = {
  readonly differences: readonly TreeDifference[];
  readonly hidden: Sides;
  /** Every object that the old tree needs and the present one may not have. */
  readonly ids: readonly Bytes[];
  /** Hex fids of what stands in the trash now and stood elsewhere then. */
  readonly fromTrash: ReadonlySet<string>;
};

export async function compareForRewind(now: TreeView, past: TreeView): Promise<Comparison> {
  const ids = new Map<string, Bytes>();
  const reader = notingReader(past.reader, ids);
  const hidden = { before: await hiddenFolders(now), after: await hiddenFolders(past) };
  const trashed = await trashedFids(now);
  const fromTrash = new Set<string>();
  const differences = await diffTrees(now.root, past.root, reader);
  for (const difference of differences) {
    const entry = afterOf(difference);
    if (entry) for (const id of await objectsOf(entry, reader)) ids.set(formatHex(id), id);
    if (entry && seen(difference, hidden)?.after && trashed.has(formatHex(entry.fid))) fromTrash.add(formatHex(entry.fid));
  }
  return { differences, hidden, ids: [...ids.values()], fromTrash };
}

/** @returns null if nothing would change for the person */
export async function planRewind(now: TreeView, past: TreeView): Promise<(Plan & Pick<Comparison, 'fromTrash'>) | null> {
  const { differences, ids, hidden, fromTrash } = await compareForRewind(now, past);
  if (!differences.some((difference) => isFelt(seen(difference, hidden)))) return null;
  const kept = await now.entryAt([hiddenName]);
  const was = await past.entryAt([hiddenName]);
  const edits: Plan['edits'] = kept
    ? [{ kind: 'put', parent: rootFid, entry: kept }]
    : was
      ? [{ kind: 'remove', parent: rootFid, name: hiddenName }]
      : [];
  return { base: past, edits, places: new Map(), adds: ids, fromTrash };
}

/** A folder whose entries differ is told by them, and a small picture that was made of a file later is none of the person's doing. */
function isFelt(told: Seen | null): boolean {
  if (!told?.before || !told.after) return told !== null;
  const { before, after } = told;
  if (!equalBytes(before.parent, after.parent) || before.entry.name !== after.entry.name) return true;
  const areFolders = after.entry.content.kind === 'directory' && before.entry.content.kind === 'directory';
  return !areFolders && !isSameEntry(withoutPicture(before.entry), withoutPicture(after.entry));
}

function withoutPicture(entry: Entry): Entry {
  return { ...entry, thumb: null, ext: withTaken(entry.ext, null) };
}

/** Paths as far as the differences tell them: every folder above a difference differs too, up to the root. */
export function pathsIn(differences: readonly TreeDifference[], side: 'before' | 'after'): PathOf {
  const folders = new Map<string, Place>();
  for (const difference of differences) {
    const place =
      side === 'before'
        ? difference.kind === 'added'
          ? null
          : difference.before
        : difference.kind === 'removed'
          ? null
          : difference.after;
    if (place?.entry.content.kind === 'directory') folders.set(formatHex(place.entry.fid), place);
  }
  return (parent, name) => {
    const names = [name];
    for (let at = parent; !equalBytes(at, rootFid); ) {
      const folder = folders.get(formatHex(at));
      if (!folder || names.length > depthMax) return null;
      names.unshift(folder.entry.name);
      at = folder.parent;
    }
    return formatPath(names);
  };
}
