// One space as a device reads and changes it: the accepted head, the tree behind it, and commits that land or are made again on what came
// first. spec/log.md "Rules of a client", R1 to R4; spec/merge.md.
import { type Bytes, equalBytes, formatHex, sleep } from '@reprise/kit';
import { Failure, type SpaceId } from '@reprise/protocol';
import {
  advanceLog,
  attachmentNumbers,
  encodeEnvelope,
  joinSortedIds,
  type LogState,
  type SealedRoot,
  type SigningKey,
  writeEntry,
} from '@reprise/protocol/formats';
import {
  applyDelta,
  conflictMoment,
  editTree,
  type Engine,
  mergeTrees,
  type NodeReader,
  type NodeWriter,
  nextPlace,
  openDelta,
  openRoot,
  type Ref,
  type SealedObject,
  sealDelta,
  sealRoot,
  type SpaceRoot,
  type TreeEdit,
  type TreeEdited,
} from '@reprise/vault';
import type { LogPoint } from '../account/session.ts';
import type { Connection } from '../connect.ts';
import { type Gate, gateOf } from '../gate.ts';
import { Places } from '../places.ts';
import { objectsBeyond } from './content-objects.ts';
import { epochKeys } from './epoch-keys.ts';
import { type Accepted, FollowedLog } from './followed-log.ts';
import type { HeadStore } from './head-store.ts';
import { cachedFetch, type NodeCache } from './node-cache.ts';
import { ObjectBatches } from '../object-batches.ts';
import type { DrivePath } from './path.ts';
import type { Soon } from '../source.ts';
import { SpaceObjects } from './space-objects.ts';
import { type RequestDevice, SpaceService } from './space-service.ts';
import { TreeView } from './tree-view.ts';

export type SpaceTools = {
  readonly connection: Connection;
  readonly engine: Engine;
  readonly space: SpaceId;
  /** Signs requests and entries. */
  readonly device: RequestDevice & SigningKey;
  /** 32 bytes. */
  readonly epochKey: (epoch: number) => Promise<Bytes>;
  readonly heads: HeadStore;
  readonly nodes: NodeCache;
  /** What the account knows of the log. */
  readonly start: LogPoint | null;
  /** Ids that one entry of the log names at most. */
  readonly entryIdsMax: number;
  /** Whether the log is followed before the space opens, where a head was accepted before. */
  readonly followFirst: boolean;
};

/** Changes to make in one commit. */
export type Plan = {
  readonly edits: readonly TreeEdit[];
  /** By hex fid: where the folders that edits name as parents stand, from the root down. */
  readonly places: ReadonlyMap<string, DrivePath>;
  /** What the edits name that no tree named before, and the server holds already: chunks and manifests. */
  readonly adds: readonly Bytes[];
  /** The tree that the edits begin from, if it is not the present one: what it holds and they do not touch comes back. */
  readonly base?: TreeView;
};

/**
 * Decides what to change in the tree as it is. Asked again, about the newer tree, when another device's commit came first.
 * @param first the tree as it was when it was asked the first time
 * @returns null if there is nothing to do
 */
export type Planner = (view: TreeView, first: TreeView) => Promise<Plan | null>;

/** Who loses a race joins both changes, or decides anew. */
export type OnConflict = 'merge' | 'again';

/** What a device made of a tree that is not the newest any more. */
export type Carried = {
  /** The tree it began from, read through whatever keeps the nodes of both. */
  readonly base: TreeView;
  readonly ours: Ref;
  /** Nodes that were sealed for it and may never have been sent; undefined for all others. */
  readonly kept: (id: Bytes) => Soon<Bytes | undefined>;
  /** Asked about the newest tree before anything is sent. */
  readonly isWanted: (view: TreeView) => Promise<boolean>;
};

/** A commit that landed: its number in the log and the id of its entry, 32 bytes. */
export type Committed = { readonly seq: number; readonly id: Bytes };

/** A new tree whose nodes are at the server, and what else its commit adds. */
type Prepared = { readonly edited: TreeEdited; readonly adds: readonly Bytes[]; readonly boundaryKey: Bytes };

/** Another device may be as busy as this one; each round one of them gets through. */
const commitRoundsMax = 200;
const commitDelayMsMax = 400;
/** More entries than this never fit a delta. */
const deltaChangesMax = 1_000;
const patienceMs = 60_000;
/** After a longer absence nodes are fetched. */
const deltasFollowedMax = 64;

export class DriveSpace {
  readonly tools: SpaceTools;
  readonly log: FollowedLog;
  readonly service: SpaceService;
  readonly objects: SpaceObjects;
  /** Commits of this program, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #root: { readonly sealed: SealedRoot; readonly opened: Promise<SpaceRoot> } | undefined;
  readonly #fetch: ReturnType<typeof cachedFetch>;

  private constructor(tools: SpaceTools, log: FollowedLog, service: SpaceService) {
    const { connection, space, device, nodes, engine } = tools;
    this.tools = { ...tools, epochKey: epochKeys(engine, log, tools.epochKey) };
    this.log = log;
    this.service = service;
    this.objects = new SpaceObjects(connection, space, device);
    this.#fetch = cachedFetch(nodes, engine, (wanted, signal) => this.objects.fetchMany(wanted, signal));
  }

  /** Finds the head that was accepted before and follows the log from there. A drive that disagrees opens too, and can be read. */
  static async open(tools: SpaceTools, signal?: AbortSignal): Promise<DriveSpace> {
    const { connection, space, device, heads: store, start } = tools;
    const service = new SpaceService(connection, space, device);
    const log = await FollowedLog.open({ space, store, feed: service, start, clock: connection.clock });
    try {
      if (tools.followFirst || !log.isStarted) await log.refresh({ signal });
    } catch (error) {
      if (!(error instanceof Failure && error.code === 'drive-frozen') || !log.isStarted) throw error;
    }
    return new DriveSpace(tools, log, service);
  }

  reader(signal?: AbortSignal): NodeReader {
    return { engine: this.tools.engine, fetch: (wanted) => this.#fetch(wanted, signal) };
  }

  /** The tree of the accepted head. */
  async view(signal?: AbortSignal): Promise<TreeView> {
    const root = await this.#currentRoot(this.log.state);
    return new TreeView(root?.ref ?? null, this.reader(signal));
  }

  /** The tree that an entry of the log made. @throws Failure reject if its root does not open */
  async viewAt(root: SealedRoot, signal?: AbortSignal): Promise<TreeView> {
    return new TreeView((await this.#openRoot(root)).ref, this.reader(signal));
  }

  /** Follows the log. @returns what is new */
  refresh(options: { readonly signal?: AbortSignal } = {}): Promise<Accepted[]> {
    return this.#inTurn(() => this.#follow(options));
  }

  /** Follows the log, and makes the new nodes from the old ones and the deltas, as long as that is less than fetching them. */
  async #follow(options: { readonly target?: number; readonly signal?: AbortSignal | undefined }): Promise<Accepted[]> {
    const before = this.log.isStarted ? this.log.state.root : null;
    const accepted = await this.log.refresh({ ...options, ...(before && { attachments: [attachmentNumbers.delta] }) });
    if (before && accepted.length <= deltasFollowedMax) await this.#applyDeltas(before, accepted);
    return accepted;
  }

  /** A delta only saves time: where one does not lead to its tree, nodes are fetched when they are needed. */
  async #applyDeltas(before: SealedRoot, accepted: readonly Accepted[]): Promise<void> {
    const { engine, epochKey, nodes } = this.tools;
    try {
      let root = await this.#openRoot(before);
      for (const { entry, attachments, state } of accepted) {
        const sealed = attachments.get(attachmentNumbers.delta);
        if (entry.body.type !== 'commit' || !state.root) continue;
        const next = await this.#unseal(state.root);
        if (!sealed) return;
        const place = { ...state.root, space: state.space };
        const delta = await openDelta(engine, await epochKey(state.root.epoch), place, sealed);
        const objects = await applyDelta(root.ref, next.ref, delta, { boundaryKey: root.boundaryKey, reader: this.reader() });
        for (const object of objects) await nodes.put(object.id, object.bytes);
        root = next;
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  /**
   * Makes a commit, again and again on whatever came first, until it lands.
   * @param onConflict `merge`: what was decided on the first tree is joined with what others did since, by fid. `again`: the planner decides anew.
   * @returns null if there was nothing to do
   * @throws Failure drive-frozen, head-conflict when others were always quicker, objects-missing, over-quota, network …, and what the planner throws
   */
  commit(planner: Planner, signal?: AbortSignal, onConflict: OnConflict = 'again'): Promise<Committed | null> {
    return this.#inTurn(async () => {
      const first = await this.view(signal);
      let ours: Prepared | null = null;
      return this.#untilLanded(signal, async (view, places) => {
        const prepared =
          ours && view.root && onConflict === 'merge'
            ? await this.#merge(first, ours, view.root, places)
            : await this.#prepare(view, await planner(isSameTree(view, first) ? first : view, first), places);
        ours ??= prepared;
        return prepared;
      });
    });
  }

  /**
   * Makes what this device did to an older tree part of the newest one, joined by fid with what others did since, until it lands.
   * @returns null if the newest tree holds it already, or `isWanted` said no
   * @throws as `commit`, and object-missing or reject where the older trees cannot be read any more
   */
  carry(carried: Carried, signal?: AbortSignal): Promise<Committed | null> {
    return this.#inTurn(() =>
      this.#untilLanded(signal, async (view, places) => {
        if (!(await carried.isWanted(view))) return null;
        if (!view.root) await this.#beginTree(places, signal);
        const { root: theirs } = view.root ? view : await this.view(signal);
        return theirs && this.#join(carried, theirs, places);
      }),
    );
  }

  /** @param make asked again whenever another tree is in the log; null: nothing to do */
  async #untilLanded(
    signal: AbortSignal | undefined,
    make: (view: TreeView, places: Places) => Promise<Prepared | null>,
  ): Promise<Committed | null> {
    let last: { readonly on: TreeView; readonly prepared: Prepared } | null = null;
    using gate = gateOf(signal);
    const places = this.places(gate.gate, () => undefined);
    for (let round = 1; ; round++) {
      await this.log.hear();
      this.log.assertWritable();
      const view: TreeView = await this.view(signal);
      // An entry that leaves the tree as it is, a new device say, changes nothing of what was decided.
      const prepared: Prepared | null = last && isSameTree(last.on, view) ? last.prepared : await make(view, places);
      if (!prepared) return null;
      last = { on: view, prepared };
      const committed = await this.#land(prepared, places, signal);
      if (committed) return committed;
      if (round >= commitRoundsMax) throw new Failure('head-conflict', { seq: this.log.state.seq });
      await sleep(Math.random() * Math.min(commitDelayMsMax, 5 * round), signal);
    }
  }

  /** Decides where directories are cut into nodes; 32 bytes, drawn anew until there is a tree. */
  async boundaryKey(): Promise<Bytes> {
    return (await this.#currentRoot(this.log.state))?.boundaryKey ?? this.tools.connection.random(32);
  }

  /** Where objects of the space are put. */
  places(gate: Gate, onWait: (retryAt: number | null, failure: Failure | null) => void, patience = patienceMs): Places {
    const { connection, space, device } = this.tools;
    const bytes = Uint8Array.from(space.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    return new Places({ connection, space: bytes, owner: { device }, gate, patienceMs: patience, onWait });
  }

  async #prepare(view: TreeView, plan: Plan | null, places: Places): Promise<Prepared | null> {
    if (!plan || (plan.edits.length === 0 && !plan.base)) return null;
    const base = plan.base ?? view;
    return this.#seal(places, plan.adds, (tools) =>
      editTree(base.root, plan.edits, { ...tools, reader: base.reader, locate: (fid) => plan.places.get(formatHex(fid)) }),
    );
  }

  /**
   * What this device made of the first tree, joined with what is in the log now. What others deleted may be back by that, and may have been
   * swept: the commit adds everything that the head's tree does not name, or it ended for good 30 days later.
   */
  async #merge(first: TreeView, ours: Prepared, theirs: Ref, places: Places): Promise<Prepared> {
    const { connection, device } = this.tools;
    const label = { moment: conflictMoment(connection.serverNow()), device: formatHex(device.deviceId).slice(0, 8) };
    const roots = { base: first.root, ours: ours.edited.root, theirs };
    const newFid = () => connection.random(16);
    const merged = await this.#seal(places, [...ours.adds, ...ours.edited.added], (tools) =>
      mergeTrees(roots, { ...tools, reader: first.reader, label, newFid }),
    );
    return { ...merged, adds: [...merged.adds, ...(await objectsBeyond(theirs, merged.edited.root, first.reader))] };
  }

  /** As `#merge`, of trees whose nodes the server may not have yet: those that the outcome needs are sent. @returns null if nothing comes of it */
  async #join({ base, ours, kept }: Carried, theirs: Ref, places: Places): Promise<Prepared | null> {
    const made = { edited: { root: ours, added: [], changes: [], nodes: [] }, adds: [], boundaryKey: new Uint8Array(32) };
    const merged = await this.#merge(base, made, theirs, places);
    if (equalBytes(merged.edited.root.id, theirs.id)) return null;
    const batches = new ObjectBatches(places, 'hot');
    for (const id of distinct(merged.adds)) {
      const bytes = await kept(id);
      if (!bytes) continue;
      await this.tools.nodes.put(id, bytes);
      await batches.add({ id, bytes });
    }
    await batches.flush();
    return merged;
  }

  /** Seals the nodes of an edit, sends them, and keeps them for the next one. */
  async #seal(
    places: Places,
    adds: readonly Bytes[],
    edit: (tools: { readonly boundaryKey: Bytes; readonly writer: NodeWriter }) => Promise<TreeEdited>,
  ): Promise<Prepared> {
    const { engine, connection, nodes } = this.tools;
    const boundaryKey = await this.boundaryKey();
    const batches = new ObjectBatches(places, 'hot');
    const put = async (object: SealedObject) => {
      await nodes.put(object.id, object.bytes);
      await batches.add(object);
    };
    const edited = await edit({ boundaryKey, writer: { engine, random: connection.random, put } });
    await batches.flush();
    return { edited, adds, boundaryKey };
  }

  /** @returns null if another commit came first, or a tree had to be begun; the log was followed past it */
  async #land({ edited, adds, boundaryKey }: Prepared, places: Places, signal: AbortSignal | undefined): Promise<Committed | null> {
    const left = await this.#addEarly(distinct([...adds, ...edited.added]), places, signal);
    return left && this.#append({ ref: edited.root, boundaryKey }, left, edited, signal);
  }

  /** More new objects than one entry names go ahead in commits that leave the tree as it is. @returns those left, null as `#land` */
  async #addEarly(ids: readonly Bytes[], places: Places, signal: AbortSignal | undefined): Promise<readonly Bytes[] | null> {
    const step = this.tools.entryIdsMax;
    if (ids.length <= step) return ids;
    const opened = await this.#currentRoot(this.log.state);
    if (!opened) {
      await this.#beginTree(places, signal);
      return null;
    }
    let left = ids;
    for (; left.length > step; left = left.slice(step)) {
      if (!(await this.#append(opened, left.slice(0, step), null, signal))) return null;
    }
    return left;
  }

  /** The empty tree, for what goes ahead of a first commit. If another device begins one at once, theirs serves as well. */
  async #beginTree(places: Places, signal: AbortSignal | undefined): Promise<void> {
    const { edited, boundaryKey } = await this.#seal(places, [], (tools) =>
      editTree(null, [], { ...tools, reader: this.reader(signal), locate: () => undefined }),
    );
    await this.#append({ ref: edited.root, boundaryKey }, edited.added, edited, signal);
  }

  async #append(
    root: SpaceRoot,
    adds: readonly Bytes[],
    edited: TreeEdited | null,
    signal: AbortSignal | undefined,
  ): Promise<Committed | null> {
    const { engine, device, connection } = this.tools;
    const { state } = this.log;
    const key = await this.tools.epochKey(state.epoch);
    const place = nextPlace(state);
    const sealedRoot = await sealRoot(engine, key, place, root, connection.random);
    const delta = edited && edited.changes.length <= deltaChangesMax && (await sealDelta(engine, key, place, edited, connection.random));
    const draft = { type: 'commit', root: sealedRoot, adds: joinSortedIds(adds), delta: delta || null } as const;
    const envelope = await writeEntry(state, device, draft, connection.serverNow());
    const advanced = await advanceLog(state, envelope, 'all');
    const conflict = await this.service.append(encodeEnvelope(envelope), signal);
    const isOurs = conflict && conflict.head === formatHex(advanced.id);
    if (!conflict || isOurs) {
      await this.log.accept(advanced.state, envelope);
      return { seq: advanced.state.seq, id: advanced.id };
    }
    const accepted = await this.#follow({ target: conflict.seq, signal });
    if (this.log.state.seq <= state.seq) throw new Failure('bad-answer', { reason: 'the server names a head and does not show it' });
    // The answer to an earlier attempt was lost, and others have gone on from it.
    return accepted.some(({ id }) => formatHex(id) === formatHex(advanced.id)) ? { seq: advanced.state.seq, id: advanced.id } : null;
  }

  async #currentRoot(state: LogState): Promise<SpaceRoot | null> {
    return state.root && this.#openRoot(state.root);
  }

  #openRoot(sealed: SealedRoot): Promise<SpaceRoot> {
    if (this.#root?.sealed === sealed) return this.#root.opened;
    const opened = this.#unseal(sealed);
    if (sealed === this.log.state.root) this.#root = { sealed, opened };
    return opened;
  }

  async #unseal(root: SealedRoot): Promise<SpaceRoot> {
    const { engine, epochKey } = this.tools;
    const key = await epochKey(root.epoch);
    return openRoot(engine, key, this.log.state.space, root);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function isSameTree(a: TreeView, b: TreeView): boolean {
  return a.root !== null && b.root !== null && formatHex(a.root.id) === formatHex(b.root.id);
}

function distinct(ids: readonly Bytes[]): Bytes[] {
  return [...new Map(ids.map((id) => [formatHex(id), id])).values()];
}
