// One root at work: looks at both sides, plans, commits, applies, until there is nothing left to do. Whatever stops it, the next round finds what
// is left by looking again. spec/sync.md "A plan".
import { formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import type { PushProgress, PushWish, Replica, ReplicaHead } from '@reprise/sdk/drive';
import { conflictMoment, type ConflictLabel } from '@reprise/vault';
import { applySteps, settleRow } from './apply.ts';
import { bringAsidesBack } from './aside.ts';
import { checkFiles, damagedFiles, repairDamaged } from './check.ts';
import { compareContents } from './contents.ts';
import { feed } from './feed.ts';
import { Ignore, ignoreFile } from './ignore.ts';
import { rehashAllMs, rehashEveryMs, removalsMs, retryMs } from './limits.ts';
import { readMarker } from './marker.ts';
import type { Journal, Trouble } from './node/journal/journal.ts';
import type { Plan } from './plan.ts';
import { JournalPlanner } from './plan-journal.ts';
import type { Policy } from './policy.ts';
import { type DiskPath, type DiskProbe, DiskRefusal, type Ports } from './ports.ts';
import { localPath, push } from './push.ts';
import type { Hash } from './read-file.ts';
import { proveSame } from './prove-same.ts';
import { purgeSafety } from './safety.ts';
import { RootMissing, scan, type Scanned } from './scan.ts';
import { lookAfterAbsence } from './start.ts';
import type { Content, NodeId, StallReason } from './tree.ts';

export type RootOptions = {
  readonly ports: Pick<Ports, 'disk' | 'clock' | 'random' | 'schedule'>;
  readonly probe: DiskProbe;
  readonly journal: Journal;
  readonly replica: Replica;
  readonly hash: Hash;
  /** Words in the names of conflict copies. */
  readonly device: string;
  readonly onDisk?: (path: DiskPath) => string;
  /** Of new things: `scan`. */
  readonly newAtOnce?: number;
  readonly store?: PushWish['journal'];
  readonly onProgress?: (progress: RootProgress) => void;
};

export type RootProgress = {
  readonly stage: 'looking' | 'sending' | 'fetching' | 'waiting';
  /** Things that were looked at, while looking. */
  readonly seen: number;
  readonly transfer: PushProgress;
  /** While waiting for the network: when the next attempt starts, ms. */
  readonly retryAt: number | null;
};

/** What a run did. */
export type RootReport = {
  readonly sent: number;
  readonly received: number;
  readonly removedHere: number;
  readonly removedThere: number;
  readonly conflicts: readonly string[];
  readonly troubles: readonly Trouble[];
  readonly held: number;
  readonly seq: number;
};

const retryAfterMs = {
  locked: retryMs.passing,
  unreadable: retryMs.passing,
  changing: retryMs.passing,
  'disk-full': retryMs.passing,
  'quota-full': retryMs['quota-full'],
  damaged: retryMs.damaged,
} as const satisfies Partial<Record<StallReason, number>>;

/** Rows by which something takes a conflict name. */
const conflictRows: ReadonlySet<string> = new Set(['copy', 'N4', 'N6', 'N7', 'N9', 'N10']);
/** A file that is written to all the time stalls after this many looks. */
const changingRoundsMax = 12;
/** Who changes things faster than they are synced is left for the next run. */
const roundsMax = 200;
const firstAgainMs = 160;
const againMsMax = 2_000;

export class RootSync {
  readonly #options: RootOptions;
  /** Folders to list; `all` at the start. */
  #dirty: Set<DiskPath> | 'all' = 'all';
  #isFollowed = false;
  /** Whether what did not open in the drive is read again. */
  #isRetried = false;
  #head: ReplicaHead | undefined;
  #ignore = new Ignore([]);
  #unscannable: ReadonlyMap<DiskPath, StallReason> = new Map();
  readonly #others = new Set<string>();
  /** When each reason to stall was last put to the test. */
  readonly #retriedMs = new Map<StallReason, number>();
  readonly #report = { sent: 0, received: 0, removedHere: 0, removedThere: 0, conflicts: [] as string[] };
  #progress: RootProgress = {
    stage: 'looking',
    seen: 0,
    transfer: { bytesDone: 0, bytesTotal: 0, filesDone: 0, filesTotal: 0 },
    retryAt: null,
  };

  readonly #planner: JournalPlanner;
  /** Whether folders that are new wait for what is in others. */
  #hasLater = false;

  constructor(options: RootOptions) {
    this.#options = options;
    this.#planner = new JournalPlanner(options.journal, options.newAtOnce);
  }

  /** Something in a folder may have changed; null: anywhere. */
  hint(folder: DiskPath | null): void {
    if (folder === null) this.#dirty = 'all';
    else if (this.#dirty !== 'all') this.#dirty.add(folder);
  }

  /** What a person has set aside waits until then, ms since 1970; null if nothing does. */
  get pausedUntilMs(): number | null {
    const until = this.#options.journal.fact('paused');
    return typeof until === 'number' && until > this.#options.ports.clock.now() ? until : null;
  }

  /** Changes each time somebody chose something that a plan depends on. */
  get choices(): number {
    return (this.#options.journal.fact('choices') as number | undefined) ?? 0;
  }

  get ports(): RootOptions['ports'] {
    return this.#options.ports;
  }

  get drive(): Replica['drive'] {
    return this.#options.replica.drive;
  }

  /** What is ignored here, as it was read last. */
  get rules(): Ignore {
    return this.#ignore;
  }

  get #isInParts(): boolean {
    return this.#hasLater || this.#planner.isInParts;
  }

  get isDirty(): boolean {
    return this.#dirty === 'all' || this.#dirty.size > 0;
  }

  /**
   * Until both sides are equal but for what stalls, and nobody is writing.
   * @throws Failure network, drive-frozen, over-quota, target-refused (`root-missing`) …; DiskRefusal `full`
   */
  async run(signal?: AbortSignal): Promise<RootReport> {
    try {
      return await this.#run(signal);
    } catch (error) {
      if (!(error instanceof RootMissing)) throw error;
      this.#options.journal.setFact('missing', 1);
      throw new Failure('target-refused', { reason: 'root-missing' }, { cause: error });
    }
  }

  async #run(signal?: AbortSignal): Promise<RootReport> {
    const { ports } = this.#options;
    Object.assign(this.#report, { sent: 0, received: 0, removedHere: 0, removedThere: 0, conflicts: [] });
    await this.#options.replica.drive.refresh(signal);
    this.#isFollowed = false;
    this.#hasLater = false;
    this.#planner.beginAnew();
    this.#retryStalled();
    await this.#putRight();
    let againMs = firstAgainMs;
    const changing = new Map<DiskPath, number>();
    // Parts are as many as it takes.
    for (let isDone = false, rounds = 1; !isDone; rounds += Number(!this.#isInParts)) {
      if (rounds > roundsMax) throw new Failure('source-changed', { path: [...changing.keys()][0] ?? '' });
      signal?.throwIfAborted();
      const again = await this.#look(signal);
      const made = this.#planner.plan(this.#policy());
      isDone = await this.#carryOut(made, signal);
      if (this.#planner.isInParts) isDone = false;
      // What was written once is waited for until it has settled, and no longer; what changes again and again, longer each time.
      const isNews = again.keys().every((folder) => !changing.has(folder));
      const settledMs = isNews ? Math.max(...again.values()) : Infinity;
      for (const folder of again.keys()) {
        const times = (changing.get(folder) ?? 0) + 1;
        changing.set(folder, times);
        if (times > changingRoundsMax) continue;
        this.hint(folder);
        isDone = false;
      }
      if (isDone && this.isDirty) isDone = false;
      if (again.size > 0 && !isDone) {
        await ports.schedule.sleep(Math.min(againMs, Math.max(0, settledMs - ports.clock.now())), signal);
        againMs = Math.min(againMsMax, 2 * againMs);
      }
    }
    return this.report();
  }

  /** What another program, a full disk or a full drive was in the way of may go on by now. */
  #retryStalled(): void {
    const { journal, ports } = this.#options;
    const nowMs = ports.clock.now();
    const due = (Object.keys(retryAfterMs) as (keyof typeof retryAfterMs)[]).filter((reason) => {
      const lastMs = this.#retriedMs.get(reason);
      return lastMs === undefined || nowMs - lastMs >= retryAfterMs[reason];
    });
    for (const reason of due) this.#retriedMs.set(reason, nowMs);
    this.#isRetried ||= due.includes('damaged');
    const troubles = journal.troubles().filter(({ reason }) => (due as StallReason[]).includes(reason));
    if (troubles.length === 0) return;
    // A folder that could not be listed is listed itself; of anything else, the folder that it is in.
    for (const { path, reason } of troubles) if (reason !== 'quota-full') this.hint(path);
    journal.releaseStalls(due);
  }

  /** What an earlier run could not, and what happened to a disk that was away. */
  async #putRight(): Promise<void> {
    const { journal, ports, hash } = this.#options;
    if (!(await this.#isRoot())) throw new RootMissing('marker');
    await lookAfterAbsence({ ...this.#safetyTools(), hash });
    for (const folder of await repairDamaged({ disk: ports.disk, journal, nowMs: () => ports.clock.now() })) this.hint(folder);
    for (const folder of await bringAsidesBack(this.#safetyTools())) this.hint(folder);
  }

  /** A part of the files is read again, so that in a month all are. @returns whether it found one that this disk damaged */
  async rehash(signal?: AbortSignal): Promise<boolean> {
    const { journal, ports, hash } = this.#options;
    const known = damagedFiles(journal).length;
    journal.setFact('rehashedAt', ports.clock.now());
    const tools = { disk: ports.disk, journal, hash, nowMs: () => ports.clock.now() };
    const bytesMax = Math.max(1, Math.ceil((journal.localBytes * rehashEveryMs) / rehashAllMs));
    await checkFiles(tools, { cursor: 'rehashed', bytesMax, ...(signal && { signal }) });
    return damagedFiles(journal).length !== known;
  }

  /** When the next part of the files is read again, ms. */
  get rehashAtMs(): number {
    const { journal, ports } = this.#options;
    const lastMs = journal.fact('rehashedAt') as number | undefined;
    if (lastMs === undefined || lastMs > ports.clock.now()) journal.setFact('rehashedAt', ports.clock.now());
    return (journal.fact('rehashedAt') as number) + rehashEveryMs;
  }

  report(): RootReport {
    const { journal } = this.#options;
    const troubles = journal.troubles();
    const held = new Set(troubles.flatMap(({ reason, node }) => (reason === 'held' ? [node] : []))).size;
    return {
      ...this.#report,
      conflicts: [...this.#report.conflicts],
      troubles,
      held,
      seq: (journal.fact('seq') as number | undefined) ?? 0,
    };
  }

  /** A second look at what was replaced and removed. @returns when the next one is due, ms; null if nothing waits */
  async purge(): Promise<number | null> {
    const { back, nextMs } = await purgeSafety({ ...this.#safetyTools(), isRoot: () => this.#isRoot() });
    for (const folder of back) this.hint(folder);
    return nextMs;
  }

  // --------------------------------------------------------------------------------------------------------------- looking

  async #look(signal?: AbortSignal): Promise<Scanned['again']> {
    const { ports, journal, replica, hash, probe } = this.#options;
    if (!this.#isFollowed) await this.readRules();
    if (!this.#isFollowed || !this.#head)
      this.#head = await feed({ journal, replica, ignore: this.#ignore, isRetried: this.#isRetried }, undefined, signal);
    this.#isFollowed = true;
    this.#isRetried = false;
    const folders = this.#dirty;
    if (this.#planner.isInParts || (folders !== 'all' && folders.size === 0)) return new Map();
    this.#dirty = new Set();
    this.#show({ stage: 'looking', seen: 0 });
    const tools = {
      disk: ports.disk,
      probe,
      journal,
      ignore: this.#ignore,
      hash,
      newId: () => this.#newId(),
      nowNs: () => this.#nowNs(),
      isRoot: () => this.#isRoot(),
      ...(this.#options.newAtOnce !== undefined && { newAtOnce: this.#options.newAtOnce }),
      onProgress: (seen: number) => this.#show({ seen }),
      ...(signal && { signal }),
    };
    let scanned: Scanned;
    try {
      scanned = await scan(tools, folders);
    } catch (error) {
      // What it would have told is still to be told.
      this.#dirty = 'all';
      throw error;
    }
    this.#hasLater = scanned.later.size > 0;
    for (const folder of scanned.later) this.hint(folder);
    this.#unscannable = folders === 'all' ? scanned.troubles : new Map([...this.#unscannable, ...scanned.troubles]);
    return scanned.again;
  }

  /** @throws Failure source-vanished if they cannot be read */
  async readRules(): Promise<void> {
    const { ports, journal } = this.#options;
    const lines = [...journal.choices('rule')];
    try {
      const file = await ports.disk.open(ignoreFile);
      try {
        const { sizeBytes } = await file.stat();
        lines.push(...new TextDecoder().decode(await file.read(0, Math.min(sizeBytes, 1_048_576))).split('\n'));
      } finally {
        await file.close();
      }
    } catch (error) {
      if (!(error instanceof DiskRefusal)) throw error;
      if (error.reason !== 'absent' && error.reason !== 'special')
        throw new Failure('source-vanished', { path: ignoreFile, reason: error.reason });
    }
    const ignore = new Ignore(lines);
    if (ignore.text !== this.#ignore.text) this.#dirty = 'all';
    this.#ignore = ignore;
  }

  async #isRoot(): Promise<boolean> {
    const marker = await readMarker(this.#options.ports.disk);
    return marker?.root === this.#options.journal.fact('root');
  }

  // -------------------------------------------------------------------------------------------------------------- planning

  #policy(): Policy {
    const { journal, probe } = this.#options;
    const fresh = new Map<NodeId, NodeId>();
    const alias = (content: Content): Content | undefined => journal.alias(content);
    const ignored = journal.choices('ignored') as ReadonlySet<string> as ReadonlySet<NodeId>;
    return {
      disk: probe,
      compare: (a, b) => (this.#others.has(`${a} ${b}`) ? 'other' : compareContents(a, b, alias)),
      label: this.#label(),
      newId: (of) => {
        const id = fresh.get(of) ?? this.#newId();
        fresh.set(of, id);
        return id;
      },
      deselected: new Set([...(journal.choices('deselected') as ReadonlySet<NodeId>), ...ignored]),
      ignored,
      brake: { recentRemovals: this.#recentRemovals(), allowed: this.#allowed() },
    };
  }

  #allowed(): ReadonlySet<NodeId> {
    return new Set([...this.#options.journal.choices('allowed')] as NodeId[]);
  }

  #recentRemovals(): number {
    return this.#removals().reduce((sum, [, count]) => sum + count, 0);
  }

  #removals(): (readonly [number, number])[] {
    const text = this.#options.journal.fact('removals');
    const since = this.#options.ports.clock.now() - removalsMs;
    const all = typeof text === 'string' ? (JSON.parse(text) as (readonly [number, number])[]) : [];
    return all.filter(([atMs]) => atMs > since);
  }

  #label(): ConflictLabel {
    return { moment: conflictMoment(this.#options.ports.clock.now()), device: this.#options.device };
  }

  // ---------------------------------------------------------------------------------------------------------- carrying out

  /** @returns whether nothing was left to do */
  async #carryOut(made: Plan, signal?: AbortSignal): Promise<boolean> {
    if (made.isBeginning) {
      this.#relabel(made);
      return false;
    }
    this.#tellTroubles(made);
    if (made.comparing.length > 0) return this.#compare(made, signal);
    const isIdle = made.edits.length === 0 && made.steps.length === 0;
    this.#relabel(made);
    if (made.edits.length > 0) {
      this.#planner.beginAnew();
      if (!(await this.#push(made, signal))) return false;
    }
    this.#note(made);
    if (made.steps.length > 0) await this.#apply(made, signal);
    this.#remember(made);
    return isIdle;
  }

  #relabel({ relabels, husks }: Plan): void {
    const { journal } = this.#options;
    journal.write(() => {
      for (const { from, to, kind } of relabels) {
        journal.relabelLocal(from, to);
        if (kind === 'copy') journal.dropSynced(from);
      }
      for (const id of husks) {
        const row = journal.local.get(id);
        if (row) journal.putLocal({ ...row, isHusk: true });
      }
    });
  }

  async #push(made: Plan, signal?: AbortSignal): Promise<boolean> {
    const { ports, journal, replica, onDisk, store } = this.#options;
    this.#show({ stage: 'sending' });
    try {
      const committed = await push(made, this.#head as ReplicaHead, {
        disk: ports.disk,
        journal,
        replica,
        ...(onDisk && { onDisk }),
        ...(store && { store }),
        ...(signal && { signal }),
        onProgress: (transfer) => this.#show({ stage: 'sending', transfer, retryAt: null }),
        onWait: (retryAt) => this.#show({ stage: retryAt === null ? 'sending' : 'waiting', retryAt }),
      });
      if (!committed) await replica.drive.refresh(signal);
      // A commit that landed is later than all that were made before: none of those lands any more.
      const landed = committed ? () => journal.forgetSent() : undefined;
      this.#head = await feed({ journal, replica, ignore: this.#ignore }, landed, signal);
      if (committed) this.#report.sent += made.edits.filter((edit) => edit.kind === 'put' && edit.sends).length;
      return committed !== null;
    } catch (error) {
      if (error instanceof Failure && error.code === 'over-quota' && this.#stallSent(made) > 0) return false;
      if (!(error instanceof Failure && isSourceFailure(error))) throw error;
      this.#stallChanging(error.facts['path'] as NodeId);
      return false;
    }
  }

  /** The drive has no room: files wait, and everything that needs none goes on. @returns how many wait */
  #stallSent({ edits }: Plan): number {
    const { journal } = this.#options;
    const rows = edits.flatMap((edit) => (edit.kind === 'put' && edit.sends ? (journal.local.get(edit.node.id) ?? []) : []));
    const files = rows.filter(({ kind }) => kind === 'file');
    journal.write(() => {
      for (const row of files) journal.putLocal({ ...row, stall: 'quota-full' });
    });
    return files.length;
  }

  /** It is left out until it was read again. */
  #stallChanging(id: NodeId): void {
    const { journal } = this.#options;
    const row = journal.local.get(id);
    if (!row) return;
    const path = localPath(journal, id);
    journal.putLocal({ ...row, stall: 'changing' });
    this.hint(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
  }

  /** Rows of nodes that no step has to reach first. */
  #note({ settled, forgotten, steps }: Plan): void {
    const { journal } = this.#options;
    const moving = new Set(steps.map(({ id }) => id));
    journal.write(() => {
      for (const id of forgotten) if (!moving.has(id)) journal.dropSynced(id);
      for (const row of settled) {
        if (moving.has(row.id)) continue;
        const ours = journal.local.get(row.id);
        // Somebody else may have gone on from our commit already.
        if (ours && journal.remote.get(row.id) !== undefined) settleRow(journal, row, ours);
      }
    });
  }

  async #apply(made: Plan, signal?: AbortSignal): Promise<void> {
    const { journal, replica, hash, probe } = this.#options;
    const bytesTotal = journal.read(() =>
      made.steps.reduce((sum, step) => sum + ('node' in step ? (journal.remote.get(step.id)?.sizeBytes ?? 0) : 0), 0),
    );
    let [bytesDone, filesDone] = [0, 0];
    const filesTotal = made.steps.length;
    const tell = (): void => this.#show({ stage: 'fetching', transfer: { bytesDone, bytesTotal, filesDone, filesTotal } });
    tell();
    const { again, left } = await applySteps(made, {
      ...this.#safetyTools(),
      probe,
      replica,
      head: this.#head as ReplicaHead,
      hash,
      nowNs: () => this.#nowNs(),
      isRoot: () => this.#isRoot(),
      onBytes: (bytes) => {
        bytesDone += bytes;
        tell();
      },
      onStep: (step) => {
        filesDone++;
        if (step.kind === 'create' || step.kind === 'replace') this.#report.received++;
        if (step.kind === 'remove') this.#report.removedHere++;
      },
      ...(signal && { signal }),
    });
    for (const folder of again) this.hint(folder);
    if (left > 0) await this.#options.ports.schedule.sleep(firstAgainMs, signal);
  }

  async #compare({ comparing }: Plan, signal?: AbortSignal): Promise<boolean> {
    const { ports, journal, replica } = this.#options;
    for (const { local, remote } of comparing) {
      const [ours, theirs] = [journal.local.get(local), journal.remote.get(remote)];
      if (!ours || !theirs) continue;
      const isSame = await proveSame(ours, theirs, {
        disk: ports.disk,
        journal,
        replica,
        head: this.#head as ReplicaHead,
        ...(signal && { signal }),
      });
      if (isSame) journal.setAlias(theirs.content, ours.digest ?? ours.content);
      else this.#others.add(`${ours.content} ${theirs.content}`);
    }
    return false;
  }

  // -------------------------------------------------------------------------------------------------------------- telling

  #tellTroubles({ stalls }: Plan): void {
    const { journal, ports } = this.#options;
    // What stands elsewhere in the drive is told under both names: a person may know it by either.
    const ofNodes = stalls.flatMap(({ id: node, reason }) => {
      const [here, there] = [journal.pathIn(journal.local, node), journal.pathIn(journal.remote, node)];
      const known = here || there ? [here, there] : [journal.pathIn(journal.synced, node) ?? [node]];
      const paths = new Map(
        known.flatMap((names) => (names ? [[names.join('/').normalize('NFC'), names.join('/')] as const] : [])).reverse(),
      );
      return [...paths.values()].map((path) => ({ node, reason, path }));
    });
    const others = [...this.#unscannable].map(([path, reason]) => ({ node: null, path, reason }));
    journal.setTroubles([...ofNodes, ...others], ports.clock.now());
  }

  #remember(made: Plan): void {
    const { journal, ports } = this.#options;
    const atMs = ports.clock.now();
    const removedThere = made.edits.filter(({ kind }) => kind === 'remove').length;
    this.#report.removedThere += removedThere;
    const removed = removedThere + made.steps.filter(({ kind }) => kind === 'remove').length;
    journal.write(() => {
      // Who is gone on both sides needs no leave any more, and shall have none should it come back.
      for (const id of this.#allowed()) if (!journal.local.get(id) && !journal.remote.get(id)) journal.choose('allowed', id, false);
      if (removed > 0) journal.setFact('removals', JSON.stringify([...this.#removals(), [atMs, removed]]));
      const [here, there] = [journal.pathsIn(journal.local), journal.pathsIn(journal.remote)];
      journal.tell(
        made.decisions.map(({ id: node, row, actions }) => {
          const path = (here(node) ?? there(node) ?? []).join('/');
          return { atMs, node, path, row, what: actions.join(', ') };
        }),
      );
    });
    for (const { id, row } of made.decisions) {
      const names = conflictRows.has(row) && journal.pathIn(journal.local, id);
      if (names) this.#report.conflicts.push(names.join('/'));
    }
  }

  #show(change: Partial<RootProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#options.onProgress?.(this.#progress);
  }

  #safetyTools() {
    const { ports, journal } = this.#options;
    return { disk: ports.disk, journal, nowMs: () => ports.clock.now(), label: () => this.#label() };
  }

  #newId(): NodeId {
    return formatHex(this.#options.ports.random(16)) as NodeId;
  }

  #nowNs(): bigint {
    return BigInt(Math.trunc(this.#options.ports.clock.now() * 1_000)) * 1_000n;
  }
}

function isSourceFailure({ code }: Failure): boolean {
  return code === 'source-changed' || code === 'source-vanished';
}
