// What a program that keeps a copy of a folder sends and commits: the bytes of files first, then one commit on exactly the tree it planned on.
// What it removes goes to the trash, as what a person removes. spec/sync.md "A plan", spec/drive.md "Trash".
import { type Bytes, equalBytes, formatHex, parseHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import { chunkBytes } from '@reprise/protocol/formats';
import { type Entry, type Extent, type NewDirectory, readExtents, rootFid } from '@reprise/vault';
import { Gate } from '../gate.ts';
import { Journal, type JournalStore } from '../journal.ts';
import { Row } from '../rows.ts';
import { Sending } from '../sending.ts';
import type { FileItem } from '../source.ts';
import { ensureTrash, planReturn } from './changes.ts';
import { Draft, type DraftFolder } from './draft.ts';
import type { Committed, Plan } from './drive-space.ts';
import { type EndsStore, inherit, noteEnds } from './inherit.ts';
import { type DrivePath, formatPath } from './path.ts';
import type { ReadyFile } from './put-plan.ts';
import type { Replica, ReplicaHead } from './replica.ts';
import { journalStart, makeReady } from './start-put.ts';
import { takenOf, withTaken } from './taken.ts';
import { wrapperFacts } from './trash.ts';
import type { TreeView } from './tree-view.ts';

/** Paths are below the folder that is followed; fids are hex, zeros for that folder. */
export type ReplicaEdit =
  | {
      readonly kind: 'put';
      readonly fid: string;
      readonly parent: string;
      readonly name: string;
      /** Where it stands now; null if it is not in the tree. */
      readonly from: DrivePath | null;
      readonly content: ReplicaContent;
      readonly isExecutable: boolean;
    }
  | { readonly kind: 'remove'; readonly path: DrivePath };

/** What an entry that is put holds. */
export type ReplicaContent =
  | { readonly kind: 'kept' }
  | { readonly kind: 'folder'; readonly mtimeNs: bigint }
  | { readonly kind: 'link'; readonly target: string; readonly mtimeNs: bigint }
  /** Of a file that is sent, by its item's path. */
  | { readonly kind: 'sent'; readonly file: string }
  /** Of another file of the tree, which began with the same bytes. */
  | { readonly kind: 'taken'; readonly of: DrivePath; readonly mtimeNs: bigint };

/** A file that is sent. */
export type ReplicaFile = FileItem & {
  /** The digest of the whole, if it is known: an entry says it. */
  readonly digest: Bytes | null;
  /** A file of the tree whose chunks are not sent again where this one has the same bytes, wherever. */
  readonly like?: DrivePath;
};

/** How far a push has come. */
export type PushProgress = {
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly filesDone: number;
  readonly filesTotal: number;
};

/** What is to be pushed, and how. */
export type PushWish = {
  readonly head: ReplicaHead;
  readonly edits: readonly ReplicaEdit[];
  readonly files: readonly ReplicaFile[];
  /** Hex fids of what edits put that stood in the tree before. */
  readonly revived: ReadonlySet<string>;
  /** Where folders stand that edits name as parents and that stand in the tree now. */
  readonly placeOf: (fid: string) => DrivePath | undefined;
  /** Called when all is sent, and before it is committed. What it throws ends the push. */
  readonly isUnchanged: () => Promise<void>;
  /** What was sent is found again by a later run. */
  readonly journal?: { readonly store: JournalStore; readonly key: Bytes };
  /** By what chunks of a former version are found in a later one. */
  readonly ends?: EndsStore;
  readonly patienceMs?: number;
  /** Called after every change, often. */
  readonly onProgress?: (progress: PushProgress) => void;
  /** Called before each wait for the network, and with null when it is over. */
  readonly onWait?: (retryAt: number | null, failure: Failure | null) => void;
  readonly signal?: AbortSignal;
};

const patienceMsDefault = 60_000;
const commitRoundsMax = 4;

/**
 * @returns null if another commit came first: plan again
 * @throws Failure source-changed, source-vanished with facts.path of the item; path-taken; drive-frozen, over-quota, network …
 */
export async function pushReplica(replica: Replica, wish: PushWish): Promise<Committed | null> {
  const { drive } = replica;
  const { space, engine, random } = drive.parts;
  space.log.assertWritable();
  const gate = new Gate();
  const end = (): void => gate.end(new Failure('cancelled'));
  wish.signal?.addEventListener('abort', end, { once: true });
  if (wish.signal?.aborted) end();
  try {
    const journal = wish.journal && new Journal(wish.journal.store, { engine, key: wish.journal.key, random });
    const sending = await prepareSending(replica, wish, gate, journal);
    for (let round = 1; ; round++) {
      await sending.run();
      const failed = sending.rows.find(({ failure }) => failure);
      if (failed?.failure) throw new Failure(failed.failure.code, { ...failed.failure.facts, path: failed.item.path });
      for (const [index, { digest, item }] of sending.rows.entries()) {
        const wanted = wish.files[index]?.digest;
        if (digest && wanted && !equalBytes(digest, wanted)) throw new Failure('source-changed', { path: item.path });
      }
      if (wish.ends) for (const row of sending.rows) await noteEnds(row, wish.ends);
      await wish.isUnchanged();
      try {
        const committed = await commitSent(replica, wish, sending, gate);
        // Who plans again has not to send again.
        if (committed) await journal?.remove();
        return committed;
      } catch (error) {
        if (!(error instanceof Failure && error.code === 'objects-missing') || round === commitRoundsMax) throw error;
        const { missing } = error.facts;
        if (!sending.sendAgain(new Set(Array.isArray(missing) ? missing : []))) throw error;
      }
    }
  } finally {
    wish.signal?.removeEventListener('abort', end);
  }
}

async function prepareSending(replica: Replica, wish: PushWish, gate: Gate, journal: Journal | undefined): Promise<Sending> {
  const { drive } = replica;
  const { space, pool, random } = drive.parts;
  const rows = wish.files.map((item, index) => new Row(index, item));
  if (rows.length > 0 && journal) {
    const state = await journal.load();
    if (state && !state.complete && formatHex(state.start.space) === drive.spaceId) {
      for (const row of rows) for (const [at, chunk] of state.known.get(row.item.path) ?? []) row.known.set(at, chunk);
    } else await journal.start(journalStart(drive));
    await journal.files(wish.files);
  }
  for (const [index, row] of rows.entries()) {
    const { like } = wish.files[index] as ReplicaFile;
    if (like && row.item.size > chunkBytes) await inherit(row, await formerExtents(replica, wish.head, like), wish.ends);
  }
  const tell = (): void => {
    const { done, total } = sending.bytes;
    const filesDone = rows.reduce((sum, { phase }) => sum + Number(phase === 'sent'), 0);
    wish.onProgress?.({ bytesDone: done, bytesTotal: total, filesDone, filesTotal: rows.length });
  };
  const places = space.places(gate, (at, failure) => wish.onWait?.(at, failure), wish.patienceMs ?? patienceMsDefault);
  const sending: Sending = new Sending({
    rows,
    pool,
    places,
    gate,
    random,
    journal: rows.length > 0 ? journal : undefined,
    absentOf: (ids, signal) => space.service.have(ids, signal),
    onChange: tell,
  });
  return sending;
}

async function formerExtents({ drive }: Replica, { view, path }: ReplicaHead, like: DrivePath): Promise<readonly Extent[]> {
  const entry = await view.entryAt([...path, ...like]);
  if (entry?.content.kind !== 'file' && entry?.content.kind !== 'manifest') return [];
  return readExtents(entry.content, entry.size, drive.nodeReader());
}

async function commitSent(replica: Replica, wish: PushWish, sending: Sending, gate: Gate): Promise<Committed | null> {
  const { drive } = replica;
  const places = drive.parts.space.places(gate, (at, failure) => wish.onWait?.(at, failure));
  const items = sending.rows.map((row, index) => ({
    ...row.item,
    extents: row.extents as Extent[],
    digest: row.digest ?? wish.files[index]?.digest ?? null,
  }));
  const { ready, adds } = await makeReady(drive, { items, places, pictures: undefined });
  const sent = new Map(ready.flatMap((item) => (item.kind === 'file' ? [[item.path, item] as const] : [])));
  const committed = await drive.commit(async (view) => {
    // Nothing is merged here: who planned on another tree plans again.
    if (!isSame(view, wish.head.view)) return null;
    return new Editing(replica, wish, view, sent).plan(adds);
  }, wish.signal);
  // What stands where it stood is not in the trash any more.
  if (committed && wish.revived.size > 0) await drive.commit((view) => planReturn(view, wish.revived, drive.tools()), wish.signal);
  return committed;
}

function isSame(a: TreeView, b: TreeView): boolean {
  return a.root === null || b.root === null ? a.root === b.root : formatHex(a.root.id) === formatHex(b.root.id);
}

type Put = Extract<ReplicaEdit, { readonly kind: 'put' }>;

/** Turns edits by fid into edits of the tree. */
class Editing {
  readonly #replica: Replica;
  readonly #wish: PushWish;
  readonly #draft: Draft;
  readonly #sent: ReadonlyMap<string, ReadyFile>;
  /** Folders that the edits put, by hex fid. */
  readonly #puts = new Map<string, DraftFolder>();

  constructor(replica: Replica, wish: PushWish, view: TreeView, sent: ReadonlyMap<string, ReadyFile>) {
    const { random, nowMs } = replica.drive.tools();
    this.#replica = replica;
    this.#wish = wish;
    this.#sent = sent;
    this.#draft = new Draft(view, random, nowMs);
  }

  async plan(adds: readonly Bytes[]): Promise<Plan> {
    const { edits } = this.#wish;
    const draft = this.#draft;
    const paths = edits.flatMap((edit) => (edit.kind === 'remove' ? [edit.path] : edit.from ? [edit.from] : []));
    await draft.lookAhead([...paths, ...this.#newPlaces()].map((path) => this.#whole(path)));
    const now = new Map<ReplicaEdit, Entry>();
    for (const edit of edits) {
      const path = edit.kind === 'remove' ? edit.path : edit.from;
      if (path) now.set(edit, await this.#existing(path));
    }
    const puts = edits.filter((edit) => edit.kind === 'put');
    await this.#refuseTaken(puts, new Set([...now.values()].map(({ fid }) => formatHex(fid))));
    const made = new Map<Put, Entry | NewDirectory>();
    for (const put of puts) {
      const entry = await this.#entryOf(put, now.get(put));
      made.set(put, entry);
      if (entry.content.kind === 'directory') this.#puts.set(put.fid, { fid: entry.fid, path: [], entry });
    }
    for (const put of puts) {
      if (put.from) draft.remove(await this.#folder(put.from.slice(0, -1)), put.from.at(-1) as string);
      draft.put(await this.#parent(put), made.get(put) as Entry | NewDirectory);
    }
    await this.#throwAway(edits, now);
    draft.adds(adds);
    return draft.plan();
  }

  #whole(path: DrivePath): DrivePath {
    return [...this.#wish.head.path, ...path];
  }

  #newPlaces(): DrivePath[] {
    return this.#wish.edits.flatMap((edit) => {
      const folder = edit.kind === 'put' ? this.#placeOf(edit.parent) : undefined;
      return folder && edit.kind === 'put' ? [[...folder, edit.name]] : [];
    });
  }

  #placeOf(fid: string): DrivePath | undefined {
    return fid === formatHex(rootFid) ? [] : this.#wish.placeOf(fid);
  }

  async #existing(path: DrivePath): Promise<Entry> {
    const entry = await this.#draft.entryIn(await this.#folder(path.slice(0, -1)), path.at(-1) as string);
    if (!entry) throw new Failure('path-not-found', { path: formatPath(path) });
    return entry as Entry;
  }

  /** A folder that stands in the tree now. */
  #folder(path: DrivePath): Promise<DraftFolder> {
    return this.#draft.folder(this.#whole(path));
  }

  async #parent({ parent }: Put): Promise<DraftFolder> {
    const put = this.#puts.get(parent);
    if (put) return put;
    const path = this.#placeOf(parent);
    if (!path) throw new Failure('path-not-found', { path: parent });
    return this.#folder(path);
  }

  /** What stands under a name and was not planned for is never put aside. */
  async #refuseTaken(puts: readonly Put[], leaving: ReadonlySet<string>): Promise<void> {
    const byParent = Map.groupBy(puts, ({ parent }) => parent);
    for (const [parent, own] of byParent) {
      const path = this.#placeOf(parent);
      if (!path) continue;
      const there = await this.#draft.entriesIn(
        await this.#folder(path),
        own.map(({ name }) => name),
      );
      for (const { name, fid } of own) {
        const other = there.get(name);
        const isOther = other && formatHex(other.fid) !== fid && !leaving.has(formatHex(other.fid));
        if (isOther) throw new Failure('path-taken', { path: formatPath([...path, name]) });
      }
    }
  }

  async #entryOf(put: Put, now: Entry | undefined): Promise<Entry | NewDirectory> {
    const { name, content, isExecutable: executable } = put;
    const fid = parseHex(put.fid) as Bytes;
    const ext = now?.ext ?? new Map();
    const empty = { name, fid, size: 0, executable, digest: null, thumb: null, ext };
    switch (content.kind) {
      case 'kept': {
        if (!now) throw new Failure('path-not-found', { path: name });
        return { ...now, name, executable: now.content.kind === 'directory' ? now.executable : executable };
      }
      case 'folder':
        return { ...empty, executable: false, content: { kind: 'directory', ref: null }, mtimeNs: content.mtimeNs };
      case 'link':
        return { ...empty, executable: false, content: { kind: 'symlink', target: content.target }, mtimeNs: content.mtimeNs };
      case 'sent': {
        const file = this.#sent.get(content.file);
        if (!file) throw new Failure('source-vanished', { path: content.file });
        const { size, mtimeNs, digest } = file;
        return { ...empty, size, mtimeNs, digest, content: file.content, ext: withTaken(ext, null) };
      }
      case 'taken': {
        const other = await this.#existing(content.of);
        const { size, digest, thumb } = other;
        return { ...empty, size, digest, thumb, content: other.content, mtimeNs: content.mtimeNs, ext: withTaken(ext, takenOf(other)) };
      }
    }
  }

  /** One wrapper for each folder that something is taken from; what goes with its folder stays in it. */
  async #throwAway(edits: readonly ReplicaEdit[], now: ReadonlyMap<ReplicaEdit, Entry>): Promise<void> {
    const removed = edits.filter((edit) => edit.kind === 'remove');
    if (removed.length === 0) return;
    const all = new Set(removed.map(({ path }) => path.join('/')));
    const trash = await ensureTrash(this.#draft);
    const { random, removalMs } = this.#replica.drive.tools();
    const wrappers = new Map<string, DraftFolder>();
    for (const edit of removed) {
      const above = edit.path.slice(0, -1);
      if (above.length > 0 && all.has(above.join('/'))) continue;
      const source = await this.#folder(above);
      const key = formatHex(source.fid);
      let wrapper = wrappers.get(key);
      if (!wrapper) {
        const facts = wrapperFacts({ parentFid: source.fid, path: formatPath(source.path), atMs: removalMs }, random);
        wrapper = this.#draft.makeFolder(trash, facts.name, facts.mtimeNs, { fid: facts.fid, ext: facts.ext });
        wrappers.set(key, wrapper);
      }
      this.#draft.remove(source, edit.path.at(-1) as string);
      this.#draft.put(wrapper, now.get(edit) as Entry);
    }
  }
}
