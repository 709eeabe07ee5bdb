// Changes that a person makes while the server cannot be reached: each becomes a tree of its own on this device, shown at once, kept, and joined with
// the newest tree once the server answers. What cannot be carried out any more is held for the person to see. spec/drive.md "Changes that wait".
import { type Bytes, formatHex } from '@reprise/kit';
import { Failure, type FailureCode } from '@reprise/protocol/formats';
import {
  conflictMoment,
  editTree,
  isSameRef,
  mergeTrees,
  type NodeReader,
  type NodeWriter,
  type Ref,
  type SealedObject,
} from '@reprise/vault';
import type { Soon } from '../source.ts';
import { type OnTaken, planFolder, planMarks, planMove, planRemoval, planRestore } from './changes.ts';
import type { Drive } from './drive.ts';
import type { Plan } from './drive-space.ts';
import type { Marks } from './marks.ts';
import { parsePath } from './path.ts';
import { trashPath } from './trash.ts';
import { TreeView } from './tree-view.ts';
import { checkWaiting, type Verdict, verdictOf } from './waiting-check.ts';
import {
  type HeldReason,
  openRecord,
  type RecordKey,
  sealRecord,
  type WaitingAct,
  type WaitingChange,
  type WaitingRecord,
  type WaitingStore,
} from './waiting-record.ts';

/** How many changes are done, and how many cannot be any more. */
export type CarriedOut = { readonly landed: number; readonly held: number };

/** More than a person does by hand; whoever makes more is told. */
const waitingMax = 1_000;

/** What was done on a device without a network: shown, kept, and carried out later. */
export class WaitingChanges {
  readonly #drive: Drive;
  readonly #store: WaitingStore;
  readonly #key: RecordKey;
  readonly #network: () => AbortSignal | undefined;
  #records: readonly WaitingRecord[] = [];
  #unreadable: readonly string[] = [];
  /** Nodes of trees that are shown and are in no record yet. */
  readonly #made = new Map<string, SealedObject>();
  #shown: { readonly of: string; readonly view: Promise<TreeView> } | undefined;

  private constructor(drive: Drive, store: WaitingStore, key: RecordKey, network: () => AbortSignal | undefined) {
    this.#drive = drive;
    this.#store = store;
    this.#key = key;
    this.#network = network;
  }

  /**
   * Reads what waits; from then on the drive shows its tree as these changes make it.
   * @param kept.key of this device, 32 bytes
   * @param kept.network aborted while there is none: what an act reads is then kept here, or the act fails at once
   */
  static async open(
    drive: Drive,
    kept: { readonly store: WaitingStore; readonly key: Bytes; readonly network?: () => AbortSignal },
  ): Promise<WaitingChanges> {
    const { engine, random } = drive.parts;
    const waiting = new WaitingChanges(drive, kept.store, { engine, key: kept.key, random }, kept.network ?? (() => undefined));
    await waiting.reload();
    drive.waiting = waiting;
    return waiting;
  }

  /** In the order in which they were made. */
  get list(): readonly WaitingChange[] {
    return this.#records.map(({ id, madeAtMs, act, fids, held }) => ({ id, madeAtMs, act, fids, held }));
  }

  /** Another program of this device may have added some, or carried them out. */
  async reload(): Promise<void> {
    const { spaceId } = this.#drive;
    const records: WaitingRecord[] = [];
    const unreadable: string[] = [];
    for (const { id, sealed } of await this.#store.records(spaceId)) {
      try {
        records.push(await openRecord(spaceId, id, sealed, this.#key));
      } catch (error) {
        if (!(error instanceof Failure && error.code === 'reject')) throw error;
        // Of a device that was here before, or damaged: which of the two, nobody can tell. What a person did is not thrown away for that.
        unreadable.push(id);
      }
    }
    this.#unreadable = unreadable;
    this.#take(records);
  }

  /** Changes that are kept here and cannot be read: damaged, or of another key of this device. They stay until the person drops them. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  #take(records: readonly WaitingRecord[]): void {
    this.#records = records;
    this.#shown = undefined;
  }

  // --------------------------------------------------------------------------------------------------------------- acts

  /** @throws Failure path-taken, path-not-found … as the drive's own, limit-exceeded when a thousand changes wait */
  async makeFolder(path: string): Promise<void> {
    const names = parsePath(path);
    await this.#add({ kind: 'folder', path }, (view) => planFolder(view, names, false, this.#drive.tools()));
  }

  /** As the drive’s own. @throws Failure path-not-found, path-taken, not-a-folder, into-itself */
  async move(from: string, to: string, options: { readonly onTaken?: OnTaken } = {}): Promise<void> {
    await this.moveAll([{ from, to }], options);
  }

  /** As `move`, all in one change. */
  async moveAll(
    transfers: readonly { readonly from: string; readonly to: string }[],
    options: { readonly onTaken?: OnTaken } = {},
  ): Promise<void> {
    const wanted = transfers.map(({ from, to }) => ({ from: parsePath(from), to: parsePath(to) }));
    await this.#add({ kind: 'move', transfers }, (view) => planMove(view, wanted, options.onTaken ?? 'fail', this.#drive.tools()));
  }

  /** Stars and colours. @throws Failure path-not-found */
  async mark(paths: readonly string[], marks: Partial<Marks>): Promise<void> {
    const names = paths.map(parsePath);
    await this.#add({ kind: 'mark', paths, marks }, (view) => planMarks(view, names, marks, this.#drive.tools()));
  }

  /** @returns ids of what that makes in the trash */
  async remove(paths: readonly string[]): Promise<readonly string[]> {
    const names = paths.map(parsePath);
    let made: readonly string[] = [];
    await this.#add({ kind: 'remove', paths }, async (view) => {
      const making = await planRemoval(view, view, names, this.#drive.tools());
      made = making.made;
      return making.plan;
    });
    return made;
  }

  /** Back to where things stood. @throws Failure path-not-found for an id that is not in the trash */
  async restore(ids: readonly string[]): Promise<void> {
    const names = await namesIn(await this.view(), ids);
    await this.#add({ kind: 'restore', ids, names }, (now) => planRestore(now, ids, this.#drive.tools()));
  }

  #add(act: WaitingAct, planner: (view: TreeView) => Promise<Plan | null>): Promise<void> {
    return this.#store.inTurn(async () => {
      await this.reload();
      if (this.#records.length + this.#unreadable.length >= waitingMax) throw new Failure('limit-exceeded', { limit: 'changes that wait' });
      const { space } = this.#drive.parts;
      space.log.assertWritable();
      const base = await this.view();
      const made = await this.#edit(base, await planner(base));
      if (!made) return;
      const nowMs = this.#drive.tools().nowMs;
      const record: WaitingRecord = {
        id: nextId([...this.#records.map(({ id }) => id), ...this.#unreadable], nowMs),
        madeAtMs: nowMs,
        act,
        held: null,
        base: base.root,
        ...made,
      };
      await this.#save(record);
      this.#take([...this.#records, record]);
    });
  }

  /** The tree that a plan makes of another. */
  async #edit(base: TreeView, plan: Plan | null): Promise<Pick<WaitingRecord, 'fids' | 'ours'> | null> {
    if (!plan || plan.edits.length === 0) return null;
    const edited = await editTree(base.root, plan.edits, {
      ...(await this.#writing()),
      reader: base.reader,
      locate: (fid) => plan.places.get(formatHex(fid)),
    });
    return { fids: plan.edits.flatMap((edit) => (edit.kind === 'put' ? [formatHex(edit.entry.fid)] : [])), ours: edited.root };
  }

  /** An act that was kept, done once more to the tree that it was done to. */
  async #make(act: WaitingAct, base: TreeView): Promise<Pick<WaitingRecord, 'fids' | 'ours'> | null> {
    const tools = this.#drive.tools();
    switch (act.kind) {
      case 'folder':
        return this.#edit(base, await planFolder(base, parsePath(act.path), false, tools));
      case 'move': {
        // A name that was taken there was told at once, or given a number.
        const transfers = act.transfers.map(({ from, to }) => ({ from: parsePath(from), to: parsePath(to) }));
        return this.#edit(base, await planMove(base, transfers, 'both', tools));
      }
      case 'mark':
        return this.#edit(base, await planMarks(base, act.paths.map(parsePath), act.marks, tools));
      case 'remove':
        return this.#edit(base, (await planRemoval(base, base, act.paths.map(parsePath), tools)).plan);
      case 'restore':
        return this.#edit(base, await planRestore(base, act.ids, tools));
    }
  }

  async #save(record: WaitingRecord): Promise<void> {
    const { spaceId } = this.#drive;
    const sealed = await sealRecord(spaceId, record, this.#key);
    const nodes = [...this.#made];
    await this.#store.save(
      spaceId,
      record.id,
      sealed,
      nodes.map(([, node]) => node),
    );
    // What was read meanwhile has made nodes of its own, which are in no record yet.
    for (const [id] of nodes) this.#made.delete(id);
  }

  // -------------------------------------------------------------------------------------------------------------- reading

  /** The newest accepted tree, and on it everything that waits and is not held. */
  async view(signal = this.#network()): Promise<TreeView> {
    const head = await this.#drive.parts.space.view(signal);
    const of = head.root ? formatHex(head.root.id) : '';
    if (this.#shown?.of !== of) {
      const view = this.#show(head, signal);
      this.#shown = { of, view };
      view.catch(() => {
        if (this.#shown?.view === view) this.#shown = undefined;
      });
    }
    return new TreeView((await this.#shown.view).root, this.#reader(signal));
  }

  async #show(head: TreeView, signal: AbortSignal | undefined): Promise<TreeView> {
    let { root } = head;
    for (const { base, ours, held } of this.#records) {
      if (held) continue;
      if (base && root ? isSameRef(base, root) : base === root) root = ours;
      else if (root) root = await this.#joined(base, ours, root, signal).catch((error: unknown) => passOver(error, root));
    }
    return new TreeView(root, this.#reader(signal));
  }

  async #joined(base: Ref | null, ours: Ref, theirs: Ref, signal: AbortSignal | undefined): Promise<Ref> {
    const { random, session } = this.#drive.parts;
    const label = { moment: conflictMoment(session.connection.serverNow()), device: session.deviceId.slice(0, 8) };
    const tools = { ...(await this.#writing()), reader: this.#reader(signal), label, newFid: () => random(16) };
    return (await mergeTrees({ base, ours, theirs }, tools)).root;
  }

  async #writing(): Promise<{ readonly boundaryKey: Bytes; readonly writer: NodeWriter }> {
    const { engine, random, space } = this.#drive.parts;
    const put = (object: SealedObject) => void this.#made.set(formatHex(object.id), object);
    return { boundaryKey: await space.boundaryKey(), writer: { engine, random, put } };
  }

  #reader(signal: AbortSignal | undefined): NodeReader {
    const under = this.#drive.parts.space.reader(signal);
    return {
      engine: under.engine,
      fetch: async (wanted) => {
        const kept = await Promise.all(wanted.map(({ id }) => this.#node(id)));
        const fetched = await under.fetch(wanted.filter((_, i) => !kept[i]));
        let next = 0;
        return kept.map((bytes) => bytes ?? (fetched[next++] as Bytes));
      },
    };
  }

  #node(id: Bytes): Soon<Bytes | undefined> {
    return this.#made.get(formatHex(id))?.bytes ?? this.#store.node(id);
  }

  // ------------------------------------------------------------------------------------------------------------ afterwards

  /**
   * Follows the log and makes a commit of each change in turn. Stops at the first that fails for now; it and those after it go on waiting.
   * @throws Failure network, drive-frozen, over-quota, device-revoked …
   */
  carryOut(signal?: AbortSignal): Promise<CarriedOut> {
    return this.#store.inTurn(async () => {
      await this.reload();
      if (this.#records.every(({ held }) => held)) return { landed: 0, held: 0 };
      await this.#drive.refresh(signal);
      let [landed, held] = [0, 0];
      try {
        for (const record of this.#records.filter((one) => !one.held)) {
          let due = record;
          let verdicts = await this.#carry(due, signal);
          // Of several entries those that can go on do, as an act of their own. Others may come in between again: each time there are fewer.
          while (isPart(verdicts)) {
            held += await this.#holdPart(due, verdicts, signal);
            const part = await this.#partOf(due, verdicts, signal);
            verdicts = [];
            if (!part) break;
            due = part;
            await this.#save(due);
            verdicts = await this.#carry(due, signal);
          }
          const reason = verdicts.find(isHeld);
          if (reason) held++;
          else landed++;
          if (reason) await this.#save({ ...due, held: reason });
          else await this.#store.drop(this.#drive.spaceId, [due.id]);
        }
      } finally {
        await this.reload();
      }
      return { landed, held };
    });
  }

  /** @returns why it went no further, of each entry; nothing is changed unless all of them say `go` or `done` */
  async #carry(record: WaitingRecord, signal: AbortSignal | undefined): Promise<readonly Verdict[]> {
    const base = new TreeView(record.base, this.#reader(signal));
    let verdicts: readonly Verdict[] = ['go'];
    try {
      await this.#drive.parts.space.carry(
        {
          base,
          ours: record.ours,
          kept: (id) => this.#node(id),
          isWanted: async (head) => {
            verdicts = await checkWaiting(record.act, base, new TreeView(head.root, base.reader));
            return verdictOf(verdicts) === 'go';
          },
        },
        signal,
      );
    } catch (error) {
      if (error instanceof Failure && lost.has(error.code)) return ['impossible'];
      throw error;
    }
    return verdicts;
  }

  /** The entries that go no further, by their reasons: held before the rest goes on, so that none of them is forgotten. @returns how many acts that makes */
  async #holdPart(record: WaitingRecord, verdicts: readonly Verdict[], signal: AbortSignal | undefined): Promise<number> {
    const reasons = new Set(verdicts.flatMap((verdict) => (isHeld(verdict) ? [verdict] : [])));
    for (const held of reasons) {
      const act = await this.#only(record, verdicts, (verdict) => verdict === held, signal);
      // A program that ended before the rest went on has held them already.
      const isSame = (one: WaitingRecord) =>
        one.held === held && one.id.startsWith(`${record.id}.`) && JSON.stringify(one.act) === JSON.stringify(act);
      if (this.#records.some(isSame)) continue;
      const id = nextPartId(
        record.id,
        [...(await this.#store.records(this.#drive.spaceId))].map((one) => one.id),
      );
      await this.#save({ ...record, id, act, fids: [], held });
    }
    return reasons.size;
  }

  /** The act on those entries alone that can go on, as it would have been done to the tree that the person saw; null where that changes nothing. */
  async #partOf(record: WaitingRecord, verdicts: readonly Verdict[], signal: AbortSignal | undefined): Promise<WaitingRecord | null> {
    const act = await this.#only(record, verdicts, (verdict) => verdict === 'go', signal);
    const made = await this.#make(act, new TreeView(record.base, this.#reader(signal)));
    return made && { ...record, act, ...made };
  }

  async #only(
    record: WaitingRecord,
    verdicts: readonly Verdict[],
    isWanted: (verdict: Verdict) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<WaitingAct> {
    const { act } = record;
    const pick = <Item>(items: readonly Item[]) => items.filter((_, i) => isWanted(verdicts[i] ?? 'go'));
    switch (act.kind) {
      case 'folder':
        return act;
      case 'move':
        return { ...act, transfers: pick(act.transfers) };
      case 'mark':
      case 'remove':
        return { ...act, paths: pick(act.paths) };
      case 'restore': {
        const ids = pick(act.ids);
        return { ...act, ids, names: await namesIn(new TreeView(record.base, this.#reader(signal)), ids) };
      }
    }
  }

  /** What a person does not want any more. Those made after it stand as they can without it. */
  drop(ids: readonly string[]): Promise<void> {
    return this.#store.inTurn(async () => {
      await this.#store.drop(this.#drive.spaceId, ids);
      await this.reload();
    });
  }
}

/** Failures that no later attempt mends: the older tree cannot be read any more, or its joining makes no tree. */
const lost: ReadonlySet<FailureCode> = new Set(['object-missing', 'edit-refused', 'bad-name', 'limit-exceeded']);

function isHeld(verdict: Verdict): verdict is HeldReason {
  return verdict !== 'go' && verdict !== 'done';
}

/** Some of the entries can go on, and some cannot. */
function isPart(verdicts: readonly Verdict[]): boolean {
  return verdicts.includes('go') && verdicts.some(isHeld);
}

/** What wrappers of the trash hold. */
async function namesIn(view: TreeView, ids: readonly string[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const id of ids) {
    const wrapper = await view.entryAt([...trashPath, id]);
    if (wrapper) for await (const { name } of view.entries(wrapper)) names.push(name);
  }
  return names;
}

/** Between the act it is a part of and the next one. */
function nextPartId(id: string, taken: readonly string[]): string {
  for (let n = 1; ; n++) if (!taken.includes(`${id}.${n}`)) return `${id}.${n}`;
}

function nextId(ids: readonly string[], nowMs: number): string {
  return ids
    .reduce((next, id) => Math.max(next, Number.parseInt(id, 16) + 1), nowMs)
    .toString(16)
    .padStart(12, '0');
}

/** What cannot be read without the network is not shown; the change waits all the same. */
function passOver(error: unknown, root: Ref | null): Ref | null {
  if (error instanceof Failure) return root;
  throw error;
}
