// Carries out the steps of a plan on a disk: nothing is replaced or removed that is not as it was planned on, and what was is kept until a second
// look. Rows are written once what they say is durable. spec/sync.md "Writing", "Steps on a disk".
import { mapLanes } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { asidePath, bringAsidesBack } from './aside.ts';
import { targetOf } from './contents.ts';
import { type Draft, fetchDrafts, type Fetched, type FetchTools, NoRoom } from './fetch.ts';
import { groupBytesMax, groupFilesMax } from './limits.ts';
import { draftsFolder, safetyFolder } from './marker.ts';
import type { Journal, Placing } from './node/journal/journal.ts';
import type { LocalRow } from './node/journal/trees.ts';
import type { Plan } from './plan.ts';
import { type DiskPath, type DiskProbe, DiskRefusal, type DiskStamp } from './ports.ts';
import { bringBack, noteKept, safetyPath, type SafetyTools } from './safety.ts';
import { RootMissing } from './scan.ts';
import { isSameBytes, isSameLook, kindOfStamp, stampColumns } from './stamps.ts';
import type { Step } from './steps.ts';
import type { Move } from './together.ts';
import { type NodeId, rootId, type StallReason, type TreeNode } from './tree.ts';

export type ApplyTools = FetchTools &
  SafetyTools & {
    readonly probe: DiskProbe;
    readonly nowNs: () => bigint;
    /** Whether the root's marker is there. */
    readonly isRoot: () => Promise<boolean>;
    readonly onStep: (step: Step, path: DiskPath) => void;
  };

export type Applied = {
  /** Folders to look at again, because something in them was not as it was planned on. */
  readonly again: ReadonlySet<DiskPath>;
  /** Steps that were not done, and those that waited for them. */
  readonly left: number;
};

/** @throws Failure of the network; DiskRefusal `full` */
export async function applySteps(plan: Plan, tools: ApplyTools): Promise<Applied> {
  const applying = new Applying(plan, tools);
  await applying.run();
  return applying;
}

/** Folders that are made durable at the same time: the disk joins what comes together. */
const foldersAtOnce = 8;
/** New files that come to their places at once. */
const placedAtOnce = 512;

/** A step met a disk that is not as it was planned on. */
class Unexpected extends Error {
  readonly path: DiskPath;

  constructor(path: DiskPath) {
    super(`not as planned: ${path}`);
    this.path = path;
  }
}

/** Steps that are done together, and what they need of the drive. */
type Group = { readonly start: number; readonly end: number; readonly drafts: Promise<Fetched> };
type Change = { readonly kind: 'put'; readonly row: LocalRow } | { readonly kind: 'drop'; readonly id: NodeId };

class Applying implements Applied {
  readonly again = new Set<DiskPath>();
  left = 0;
  readonly #plan: Plan;
  readonly #tools: ApplyTools;
  readonly #failed = new Set<number>();
  /** Rows as they are by now, before the journal has them. */
  readonly #rows = new Map<NodeId, LocalRow | null>();
  /** Folders on the way to what a group is about, as the journal has them. */
  readonly #above = new Map<NodeId, LocalRow | undefined>();
  /** Where nodes wait under temporary names. */
  readonly #aside = new Map<NodeId, DiskPath>();
  readonly #lastStep = new Map<NodeId, number>();
  readonly #settled: ReadonlyMap<NodeId, TreeNode>;
  readonly #forgotten: ReadonlySet<NodeId>;
  /** New files that are in their places before it is their step's turn, and until which step that was tried. */
  readonly #placed = new Map<NodeId, { readonly lookedNs: bigint; readonly answer: DiskStamp | null | DiskRefusal }>();
  #placedUntil = 0;
  #changes: Change[] = [];
  #done: NodeId[] = [];
  #folders = new Set<DiskPath>();
  #kept = 0;

  constructor(plan: Plan, tools: ApplyTools) {
    this.#plan = plan;
    this.#tools = tools;
    plan.steps.forEach((step, index) => this.#lastStep.set(step.id, index));
    this.#settled = new Map(plan.settled.map((row) => [row.id, row]));
    this.#forgotten = new Set(plan.forgotten);
  }

  /** The next group is fetched while this one is written. */
  async run(): Promise<void> {
    let group = this.#groupAt(0);
    try {
      while (group) {
        this.#tools.signal?.throwIfAborted();
        const drafts = await group.drafts;
        const next = this.#groupAt(group.end);
        try {
          await this.#carryOut(group, drafts);
        } finally {
          // What it brought is thrown away with the next start, if this one failed.
          await next?.drafts.catch(() => undefined);
        }
        group = next;
      }
    } finally {
      // Where a step was not done, who waits for it is nowhere that people look.
      if (this.#aside.size > 0) for (const folder of await bringAsidesBack(this.#tools)) this.again.add(folder);
    }
  }

  #groupAt(start: number): Group | undefined {
    const { steps } = this.#plan;
    if (start >= steps.length) return undefined;
    const end = this.#endOfGroup(start);
    const wanted = steps.slice(start, end).flatMap((step) => fetchedBy(step) ?? []);
    const { journal } = this.#tools;
    const current = journal.read(() => wanted.filter((node) => journal.remote.get(node.id)?.content === node.content));
    const drafts = fetchDrafts(current, this.#tools);
    // It is thrown when its turn comes.
    drafts.catch(() => undefined);
    return { start, end, drafts };
  }

  #endOfGroup(start: number): number {
    const { steps } = this.#plan;
    let [bytes, end] = [0, start];
    while (end < steps.length && end - start < groupFilesMax && (end === start || bytes < groupBytesMax)) {
      const fetched = fetchedBy(steps[end++] as Step);
      if (fetched) bytes += Number(fetched.content.slice(fetched.content.lastIndexOf('.') + 1));
    }
    return end;
  }

  async #carryOut({ start, end }: Group, drafts: Fetched): Promise<void> {
    const { steps } = this.#plan;
    if (!(await this.#tools.isRoot())) throw new RootMissing('marker');
    this.#notePlacings(steps.slice(start, end), drafts);
    try {
      for (let index = start; index < end; index++) {
        if (index >= this.#placedUntil) await this.#placeTogether(index, end, drafts);
        await this.#step(index, steps[index] as Step, drafts);
      }
    } finally {
      await this.#settle();
    }
  }

  /** Before any of it is done: who writes to such a file, and a stop came before its row, had seen what the drive has. */
  #notePlacings(steps: readonly Step[], drafts: Fetched): void {
    const { journal } = this.#tools;
    const placings: Placing[] = [];
    const digests = new Map<string, string>();
    for (const step of steps) {
      const [node, draft, settled] = [fetchedBy(step), drafts.get(step.id), this.#settled.get(step.id)];
      if (!node || !settled || settled.content !== node.content || !draft || !('inode' in draft)) continue;
      const row = this.#row(step.id);
      placings.push({ ...settled, inode: draft.inode, diskName: row ? this.#spelling(row, settled.name) : settled.name });
      if (draft.content !== node.content) digests.set(node.content, draft.content);
    }
    if (placings.length === 0) return;
    journal.write(() => {
      for (const [content, digest] of digests) journal.setAlias(content, digest);
      journal.notePlacings(placings);
    });
  }

  async #step(index: number, step: Step, drafts: Fetched): Promise<void> {
    if (step.after.some((other) => this.#failed.has(other))) return this.#fail(index);
    try {
      await this.#act(step, drafts.get(step.id));
      if (this.#lastStep.get(step.id) === index) this.#done.push(step.id);
    } catch (error) {
      this.#fail(index);
      if (error instanceof Unexpected) this.again.add(parentPath(error.path));
      else if (error instanceof Failure) this.#stallRemote(step.id, 'damaged');
      else if (error instanceof NoRoom) this.#stallRemote(step.id, 'disk-full');
      else if (error instanceof DiskRefusal) this.#refused(step, error);
      else throw error;
    }
  }

  /** New files that follow each other and wait for nothing that is still to be done come to their places at once; their steps find them there. */
  async #placeTogether(start: number, end: number, drafts: Fetched): Promise<void> {
    const { disk, nowNs } = this.#tools;
    this.#placedUntil = start + 1;
    if (!disk.together) return;
    const moves: (Move & { readonly id: NodeId })[] = [];
    let index = start;
    for (; index < end && moves.length < placedAtOnce; index++) {
      const step = this.#plan.steps[index] as Step;
      const draft = drafts.get(step.id);
      if (step.kind !== 'create' || !isDraft(draft) || step.after.some((other) => other >= start || this.#failed.has(other))) break;
      const to = this.#placeOf(step.parent, step.name);
      if (to === undefined) break;
      moves.push({ id: step.id, from: draft.path, to });
    }
    if (moves.length < 2) return;
    this.#placedUntil = index;
    const lookedNs = nowNs();
    const answers = await disk.together.move(moves);
    this.#placed.clear();
    for (const [i, { id }] of moves.entries()) this.#placed.set(id, { lookedNs, answer: answers[i] ?? null });
  }

  /** undefined where nothing can be placed as planned. */
  #placeOf(parent: NodeId, name: string): DiskPath | undefined {
    try {
      return this.#pathIn(parent, name);
    } catch (error) {
      if (error instanceof Unexpected) return undefined;
      throw error;
    }
  }

  #fail(index: number): void {
    this.#failed.add(index);
    this.left++;
  }

  #refused(step: Step, error: DiskRefusal): void {
    switch (error.reason) {
      case 'full':
      case 'broken':
        throw error;
      case 'name-refused':
        return this.#stallRemote(step.id, 'name-refused');
      case 'locked':
      case 'denied': {
        const reason = error.reason === 'locked' ? 'locked' : 'unreadable';
        const row = this.#row(step.id);
        if (row) this.#changes.push({ kind: 'put', row: { ...row, stall: reason } });
        else this.#stallRemote(step.id, reason);
        return;
      }
      case 'not-empty':
        this.again.add(error.path);
        return;
      default:
        this.again.add(parentPath(error.path));
    }
  }

  /** Until what is in the drive changes, or the disk is looked at again. */
  #stallRemote(id: NodeId, stall: StallReason): void {
    const { journal } = this.#tools;
    const row = journal.remote.get(id);
    if (row) journal.putRemote({ ...row, stall });
  }

  async #act(step: Step, draft: Draft | Failure | NoRoom | undefined): Promise<void> {
    switch (step.kind) {
      case 'create':
        return this.#create(step, draft);
      case 'replace':
        return this.#replace(step, draft);
      case 'move':
        return this.#move(step);
      case 'aside':
        return this.#setAside(step);
      case 'remove':
        return this.#remove(step);
      case 'mark':
        return this.#mark(step);
    }
  }

  // ----------------------------------------------------------------------------------------------------------------- steps

  async #create(step: Extract<Step, { readonly kind: 'create' }>, draft: Draft | Failure | NoRoom | undefined): Promise<void> {
    const { disk, nowNs } = this.#tools;
    const path = this.#pathIn(step.parent, step.name);
    const { kind, content } = step.node;
    let digest: string | null = null;
    const placed = this.#placed.get(step.id);
    const lookedNs = placed?.lookedNs ?? nowNs();
    let stamp: DiskStamp | null = null;
    if (kind === 'folder') await disk.makeFolder(path);
    else if (kind === 'link') await disk.makeLink(path, targetOf(content));
    else {
      const whole = this.#whole(draft, path);
      digest = whole.content;
      if (placed?.answer instanceof DiskRefusal) throw placed.answer;
      stamp = placed ? placed.answer : await disk.move(whole.path, path);
    }
    this.#tell(step, path);
    await this.#put(step.id, step.parent, path, { content, digest, isExecutable: step.node.isExecutable }, { stamp, lookedNs });
  }

  #whole(draft: Draft | Failure | NoRoom | undefined, path: DiskPath): Draft {
    if (draft instanceof Failure || draft instanceof NoRoom) throw draft;
    // What is in the drive became another while this was planned.
    if (!draft) throw new Unexpected(path);
    return draft;
  }

  async #replace(step: Extract<Step, { readonly kind: 'replace' }>, draft: Draft | Failure | NoRoom | undefined): Promise<void> {
    const { disk } = this.#tools;
    const row = this.#known(step.id);
    const path = this.#path(row);
    let from: DiskPath;
    if (step.node.kind === 'link') {
      from = `${draftsFolder}/${step.id}`;
      if (await disk.look(from)) await disk.remove(from);
      await disk.makeLink(from, targetOf(step.node.content));
    } else from = this.#whole(draft, path).path;
    await this.#lookAgain(row, path);
    const kept = await this.#keep(row, path, true);
    try {
      if (kept.isMoved) await disk.move(from, path);
      else await disk.replace(from, path, row.inode);
    } catch (error) {
      // Where somebody else's file stands by now, what it replaced waits for the second look.
      if (error instanceof DiskRefusal && error.reason !== 'taken') await this.#unkeep(kept, path);
      throw error;
    }
    this.#tell(step, path);
    const there = await disk.look(kept.path);
    if (there && !isSameBytes(row, there)) await this.#comeBack(kept.path, path);
    const digest = draft && 'content' in draft ? draft.content : null;
    await this.#put(step.id, row.parent, path, { content: step.node.content, digest, isExecutable: step.node.isExecutable });
  }

  async #move(step: Extract<Step, { readonly kind: 'move' }>): Promise<void> {
    const { disk, journal } = this.#tools;
    const row = this.#known(step.id);
    const aside = this.#aside.get(step.id);
    const from = aside ?? this.#path(row);
    const to = this.#pathIn(step.parent, this.#spelling(row, step.name));
    if (!aside) await this.#lookAgain(row, from);
    await disk.move(from, to);
    if (aside !== undefined) {
      this.#aside.delete(step.id);
      journal.bringBack(step.id);
    }
    this.#folders.add(parentPath(from));
    this.#tell(step, to);
    await this.#put(step.id, step.parent, to, row);
  }

  /** The disk's own spelling of a name that stays as it is. */
  #spelling({ name, diskName }: LocalRow, wanted: string): string {
    return name === wanted ? diskName : wanted;
  }

  async #setAside(step: Extract<Step, { readonly kind: 'aside' }>): Promise<void> {
    const { disk, journal } = this.#tools;
    const row = this.#known(step.id);
    const from = this.#path(row);
    await this.#lookAgain(row, from);
    const to = asidePath(step.id);
    // Written before it is done: what a stop leaves there finds its way back.
    journal.setAside(step.id, row.parent, row.diskName);
    await disk.move(from, to);
    this.#folders.add(parentPath(from));
    this.#aside.set(step.id, to);
  }

  async #remove(step: Extract<Step, { readonly kind: 'remove' }>): Promise<void> {
    const { disk } = this.#tools;
    const row = this.#known(step.id);
    const path = this.#path(row);
    await this.#lookAgain(row, path);
    if (row.kind === 'folder') await disk.removeFolder(path);
    else {
      const kept = await this.#keep(row, path, step.isInDrive, 'move');
      const there = await disk.look(kept.path);
      if (there && !isSameBytes(row, there)) await this.#comeBack(kept.path, path);
    }
    this.#tell(step, path);
    this.#folders.add(parentPath(path));
    this.#rows.set(step.id, null);
    this.#changes.push({ kind: 'drop', id: step.id });
  }

  async #mark(step: Extract<Step, { readonly kind: 'mark' }>): Promise<void> {
    const row = this.#known(step.id);
    const path = this.#path(row);
    await this.#lookAgain(row, path);
    if (this.#tools.probe.hasExecutableBit) await this.#tools.disk.mark(path, step.isExecutable);
    this.#tell(step, path);
    await this.#put(step.id, row.parent, path, { ...row, isExecutable: step.isExecutable });
  }

  // ---------------------------------------------------------------------------------------------------------------- safety

  /** Into the safety folder, as a second name where the disk has those. */
  async #keep(
    row: LocalRow,
    path: DiskPath,
    isInDrive: boolean,
    how: 'link' | 'move' = 'link',
  ): Promise<{ path: DiskPath; isMoved: boolean }> {
    const { disk, nowMs } = this.#tools;
    const to = safetyPath(row.id, nowMs(), this.#kept++);
    noteKept(this.#tools, to, path, row, isInDrive);
    this.#folders.add(safetyFolder);
    if (how === 'link' && row.kind === 'file') {
      try {
        await disk.link(path, to);
        return { path: to, isMoved: false };
      } catch (error) {
        if (!(error instanceof DiskRefusal && error.reason === 'unsupported')) throw error;
      }
    }
    await disk.move(path, to);
    return { path: to, isMoved: true };
  }

  /** Nothing was replaced after all: what was there stays under its own name. The second look lets go, once no power cut brings the other back. */
  async #unkeep(kept: { path: DiskPath; isMoved: boolean }, path: DiskPath): Promise<void> {
    const { disk } = this.#tools;
    try {
      if (kept.isMoved) await disk.move(kept.path, path);
      else await disk.remove(kept.path);
    } catch (error) {
      // The second look finds it there.
      if (!(error instanceof DiskRefusal)) throw error;
    }
  }

  async #comeBack(from: DiskPath, was: DiskPath): Promise<void> {
    this.again.add(await bringBack(this.#tools, from, was));
    this.#tools.journal.letGo(from);
  }

  // ------------------------------------------------------------------------------------------------------------------ rows

  #row(id: NodeId): LocalRow | undefined {
    const own = this.#rows.get(id);
    return own === null ? undefined : (own ?? this.#tools.journal.local.get(id));
  }

  #folder(id: NodeId): LocalRow | undefined {
    const own = this.#rows.get(id);
    if (own !== undefined) return own ?? undefined;
    if (!this.#above.has(id)) this.#above.set(id, this.#tools.journal.local.get(id));
    return this.#above.get(id);
  }

  #known(id: NodeId): LocalRow {
    const row = this.#row(id);
    if (!row) throw new Unexpected(id);
    return row;
  }

  #path(row: LocalRow): DiskPath {
    return this.#pathIn(row.parent, row.diskName);
  }

  #pathIn(folder: NodeId, name: string): DiskPath {
    const names = [name];
    for (let at = folder; at !== rootId; ) {
      const aside = this.#aside.get(at);
      if (aside !== undefined) return [aside, ...names].join('/');
      const row = this.#folder(at);
      if (!row) throw new Unexpected(names.join('/'));
      names.unshift(row.diskName);
      at = row.parent;
    }
    return names.join('/');
  }

  async #lookAgain(row: LocalRow, path: DiskPath): Promise<void> {
    const now = await this.#tools.disk.look(path);
    if (!now || !isSameLook(row, now)) throw new Unexpected(path);
  }

  /** @param look that somebody took already, and when it began */
  async #put(
    id: NodeId,
    parent: NodeId,
    path: DiskPath,
    of: Pick<LocalRow, 'content' | 'digest' | 'isExecutable'>,
    look: { readonly stamp: DiskStamp | null; readonly lookedNs: bigint } = { stamp: null, lookedNs: this.#tools.nowNs() },
  ): Promise<void> {
    const stamp = look.stamp ?? (await this.#tools.disk.look(path));
    if (!stamp) throw new Unexpected(path);
    const before = this.#row(id);
    const diskName = path.slice(path.lastIndexOf('/') + 1);
    // Written to since: the next scan is told by stamps that do not fit.
    const isOurs = !before || of !== before || before.kind === 'folder' || isSameBytes(before, stamp);
    const row: LocalRow = {
      id,
      parent,
      name: diskName.normalize('NFC'),
      diskName,
      kind: kindOfStamp(stamp),
      content: of.content,
      digest: of.digest,
      isExecutable: of.isExecutable,
      ...stampColumns(stamp),
      ...(isOurs ? {} : { ctimeNs: 0n }),
      lookedNs: look.lookedNs,
      source: null,
      ...(before?.holdsIgnored && { holdsIgnored: true }),
      ...(before?.isHusk && { isHusk: true }),
    };
    this.#folders.add(parentPath(path));
    this.#rows.set(id, row);
    this.#changes.push({ kind: 'put', row });
  }

  #tell(step: Step, path: DiskPath): void {
    this.#tools.onStep(step, path);
  }

  /** Names become durable, then rows say so. */
  async #settle(): Promise<void> {
    const { disk, journal } = this.#tools;
    const folders = [...this.#folders];
    this.#folders = new Set();
    await mapLanes(folders, foldersAtOnce, async (folder) => {
      try {
        await disk.sync(folder);
      } catch (error) {
        // It was removed after something in it was.
        if (!(error instanceof DiskRefusal && (error.reason === 'absent' || error.reason === 'not-a-folder'))) throw error;
      }
    });
    const [changes, done] = [this.#changes, this.#done];
    this.#changes = [];
    this.#done = [];
    const written = new Map<NodeId, LocalRow>();
    journal.write(() => {
      for (const change of changes) {
        if (change.kind === 'put') {
          journal.putLocal(change.row);
          written.set(change.row.id, change.row);
        } else {
          journal.dropLocal(change.id);
          written.delete(change.id);
        }
      }
      for (const { row } of changes.filter((change) => change.kind === 'put')) {
        if (row.digest !== null && row.digest !== row.content && row.kind === 'file') journal.setAlias(row.content, row.digest);
      }
      for (const id of done) {
        if (this.#forgotten.has(id)) journal.dropSynced(id);
        const settled = this.#settled.get(id);
        if (settled) settleRow(journal, settled, written.get(id));
      }
      journal.forgetPlacings();
    });
    this.#rows.clear();
    this.#above.clear();
  }
}

/** Both sides have it so. Equal bytes are called alike from now on. */
export function settleRow(journal: Journal, row: TreeNode, ours: LocalRow | undefined = journal.local.get(row.id)): void {
  journal.putSynced(row);
  if (!ours) return;
  // What both have is no husk any more.
  const { isHusk, ...awake } = ours;
  if (ours.content !== row.content) journal.putLocal({ ...awake, content: row.content, digest: ours.digest ?? ours.content });
  else if (isHusk) journal.putLocal(awake);
}

function isDraft(draft: Draft | Failure | NoRoom | undefined): draft is Draft {
  return draft !== undefined && !(draft instanceof Failure) && !(draft instanceof NoRoom);
}

function fetchedBy(step: Step): TreeNode | undefined {
  return (step.kind === 'create' || step.kind === 'replace') && step.node.kind === 'file' ? step.node : undefined;
}

function parentPath(path: DiskPath): DiskPath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
