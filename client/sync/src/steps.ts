// Brings a disk from what it holds to what it should hold, one applicable step after another. spec/sync.md "Steps on a disk".
import { assert } from '@reprise/kit';
import type { Outcome } from './decide.ts';
import { type Content, foldName, type LocalNode, type NodeId, placeKey, rootId, type Tree } from './tree.ts';

type Act =
  /** A new folder, or a file or link that is written under a temporary name first. */
  | { readonly kind: 'create'; readonly id: NodeId; readonly parent: NodeId; readonly name: string; readonly node: Outcome }
  | { readonly kind: 'move'; readonly id: NodeId; readonly parent: NodeId; readonly name: string }
  /** To a temporary name, because somebody else has to go through its place. */
  | { readonly kind: 'aside'; readonly id: NodeId }
  /** `isInDrive`: its bytes are; otherwise they are kept where no sync looks. */
  | { readonly kind: 'remove'; readonly id: NodeId; readonly isInDrive: boolean }
  /** Another content under the same name. */
  | { readonly kind: 'replace'; readonly id: NodeId; readonly node: Outcome }
  | { readonly kind: 'mark'; readonly id: NodeId; readonly isExecutable: boolean };

/** Folders are named by their ids, so that a step stays right when one above it moves. `after`: the steps that come first, by index. */
export type Step = Act & { readonly after: readonly number[] };

export type Wanted = {
  readonly local: Tree<LocalNode>;
  readonly outcomes: Iterable<Outcome>;
  readonly removed: readonly { readonly id: NodeId; readonly isInDrive: boolean }[];
  readonly foldsCase: boolean;
  readonly isSameContent: (local: Content, wanted: Content) => boolean;
  /** Whether a local node stays beside another of its name, which the disk spells otherwise. */
  readonly isTwin: (id: NodeId) => boolean;
};

export function orderSteps(wanted: Wanted): readonly Step[] {
  const order = new Order(wanted);
  order.run();
  return withDependencies(order.acts, wanted);
}

type Job = Extract<Act, { readonly kind: 'create' | 'move' | 'remove' }>;

class Order {
  readonly acts: Act[] = [];
  readonly #local: Tree<LocalNode>;
  readonly #spell: (name: string) => string;
  readonly #isSameContent: Wanted['isSameContent'];
  readonly #isTwin: Wanted['isTwin'];
  readonly #jobs = new Map<NodeId, Job>();
  readonly #done = new Set<NodeId>();
  readonly #aside = new Set<NodeId>();
  readonly #contents: Act[] = [];
  /** Who came to a place that it did not have. */
  readonly #arrived = new Map<string, NodeId>();
  readonly #children = new Map<NodeId, number>();
  readonly #waiting = new Map<string, Job[]>();
  readonly #queue: Job[] = [];

  constructor({ local, outcomes, removed, foldsCase, isSameContent, isTwin }: Wanted) {
    this.#local = local;
    this.#isSameContent = isSameContent;
    this.#isTwin = isTwin;
    this.#spell = foldsCase ? foldName : (name) => name;
    const byTarget = new Map<NodeId, Outcome>([...outcomes].map((outcome) => [outcome.id, outcome]));
    const targetDepth = depths((id) => (byTarget.get(id) ?? local.get(id))?.parent);
    const localDepth = depths((id) => local.get(id)?.parent);
    for (const one of removed.toSorted((a, b) => localDepth(b.id) - localDepth(a.id))) this.#add({ kind: 'remove', ...one });
    // What goes into one folder stands together: it is opened once, here and in the drive.
    const inOrder = [...byTarget.values()].sort((a, b) => targetDepth(a.id) - targetDepth(b.id) || byText(a.parent, b.parent));
    for (const outcome of inOrder) this.#want(outcome);
    for (const id of this.#jobs.keys()) {
      const parent = local.get(id)?.parent;
      if (parent !== undefined) this.#children.set(parent, (this.#children.get(parent) ?? 0) + 1);
    }
  }

  #want(outcome: Outcome): void {
    const { id, parent, name, content, isExecutable } = outcome;
    const ours = this.#local.get(id);
    if (!ours) return this.#add({ kind: 'create', id, parent, name, node: outcome });
    if (ours.parent !== parent || ours.name !== name) this.#add({ kind: 'move', id, parent, name });
    if (!this.#isSameContent(ours.content, content)) this.#contents.push({ kind: 'replace', id, node: outcome });
    else if (ours.isExecutable !== isExecutable) this.#contents.push({ kind: 'mark', id, isExecutable });
  }

  #add(job: Job): void {
    this.#jobs.set(job.id, job);
    this.#queue.push(job);
  }

  run(): void {
    const movers = [...this.#jobs.values()].filter(({ kind }) => kind === 'move');
    const wanted = movers.values();
    const any = movers.values();
    this.#drain();
    while (this.#done.size < this.#jobs.size) {
      const stuck = this.#nextStuck(wanted, (job) => this.#waiting.has(this.#freeKey(job.id))) ?? this.#nextStuck(any, () => true);
      assert(stuck, 'whatever a disk holds can be brought to what it should hold');
      this.#setAside(stuck.id);
      this.#drain();
    }
    this.acts.push(...this.#contents);
  }

  #nextStuck(movers: Iterator<Job>, isRight: (job: Job) => boolean): Job | undefined {
    for (let next = movers.next(); !next.done; next = movers.next())
      if (!this.#done.has(next.value.id) && !this.#aside.has(next.value.id) && isRight(next.value)) return next.value;
    return undefined;
  }

  #drain(): void {
    // Every round finishes a job, or puts one under a key that is woken once.
    for (let i = 0; i < this.#queue.length; i++) {
      const job = this.#queue[i] as Job;
      const obstacle = this.#obstacle(job);
      if (obstacle === undefined) this.#do(job);
      else push(this.#waiting, obstacle, job);
    }
    this.#queue.length = 0;
  }

  /** What a job waits for, if anything. */
  #obstacle(job: Job): string | undefined {
    if (job.kind === 'remove') return (this.#children.get(job.id) ?? 0) > 0 ? `empty ${job.id}` : undefined;
    const { id, parent, name } = job;
    if (parent !== rootId) {
      const isThere = this.#local.get(parent) !== undefined || this.#done.has(parent);
      if (!isThere || this.#aside.has(parent)) return `there ${parent}`;
      const inside = this.#moverBetween(parent, id);
      if (inside !== undefined) return `there ${inside}`;
    }
    const occupant = this.#occupant(parent, name);
    if (occupant === undefined || occupant === id) return undefined;
    return `free ${placeKey(parent, this.#spell(name))}`;
  }

  /** The nearest folder from `from` up that still has to move, if `from` is inside `folder` now. */
  #moverBetween(from: NodeId, folder: NodeId): NodeId | undefined {
    let mover: NodeId | undefined;
    for (let at: NodeId | undefined = from; at !== undefined && at !== rootId; at = this.#parentNow(at)) {
      if (at === folder) return mover;
      if (!this.#done.has(at) && this.#jobs.has(at)) mover ??= at;
    }
    return undefined;
  }

  #parentNow(id: NodeId): NodeId | undefined {
    if (this.#aside.has(id)) return rootId;
    const job = this.#done.has(id) ? this.#jobs.get(id) : undefined;
    return job && job.kind !== 'remove' ? job.parent : this.#local.get(id)?.parent;
  }

  #occupant(parent: NodeId, name: string): NodeId | undefined {
    const arrived = this.#arrived.get(placeKey(parent, this.#spell(name)));
    if (arrived !== undefined) return arrived;
    const there = this.#local.named(parent, name).filter((node) => this.#spell(node.name) === this.#spell(name));
    // A twin that the disk spells otherwise is no obstacle, and stays.
    return there.find(({ id }) => !this.#hasLeft(id) && !this.#isTwin(id))?.id;
  }

  #hasLeft(id: NodeId): boolean {
    return this.#aside.has(id) || this.#done.has(id);
  }

  #freeKey(id: NodeId): string {
    const ours = this.#local.get(id);
    return ours ? `free ${placeKey(ours.parent, this.#spell(ours.name))}` : '';
  }

  #do(job: Job): void {
    const ours = this.#local.get(job.id);
    if (job.kind === 'move' && ours && !this.#aside.has(job.id)) {
      const isRespelled = ours.parent === job.parent && this.#spell(ours.name) === this.#spell(job.name);
      if (isRespelled) this.#setAside(job.id);
    }
    this.acts.push(job);
    const wasAside = this.#aside.delete(job.id);
    this.#done.add(job.id);
    if (job.kind !== 'remove') this.#arrived.set(placeKey(job.parent, this.#spell(job.name)), job.id);
    if (!wasAside) this.#leave(job.id);
    this.#wake(`there ${job.id}`);
  }

  #setAside(id: NodeId): void {
    this.acts.push({ kind: 'aside', id });
    this.#aside.add(id);
    this.#leave(id);
  }

  #leave(id: NodeId): void {
    const ours = this.#local.get(id);
    if (!ours) return;
    const left = (this.#children.get(ours.parent) ?? 1) - 1;
    this.#children.set(ours.parent, left);
    if (left === 0) this.#wake(`empty ${ours.parent}`);
    this.#wake(this.#freeKey(id));
  }

  #wake(key: string): void {
    const jobs = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (jobs) this.#queue.push(...jobs);
  }
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function depths(parentOf: (id: NodeId) => NodeId | undefined): (id: NodeId) => number {
  const known = new Map<NodeId, number>([[rootId, 0]]);
  return (id) => {
    const path: NodeId[] = [];
    let at: NodeId | undefined = id;
    while (at !== undefined && !known.has(at)) {
      path.push(at);
      at = parentOf(at);
    }
    let depth = at === undefined ? 0 : (known.get(at) as number);
    for (const folder of path.reverse()) known.set(folder, ++depth);
    return depth;
  };
}

/** A step needs its own node's earlier steps, its place freed, the way to its folder as it was, and a folder's removal all that left it. */
function withDependencies(acts: readonly Act[], { local, foldsCase }: Wanted): readonly Step[] {
  const spell = foldsCase ? foldName : (name: string): string => name;
  const last = new Map<NodeId, number>();
  const freed = new Map<string, number>();
  const left = new Map<NodeId, number[]>();
  const parents = new Map<NodeId, NodeId>();
  const parentOf = (id: NodeId): NodeId | undefined => parents.get(id) ?? local.get(id)?.parent;
  return acts.map((act, index) => {
    const after = new Set<number>();
    const need = (step: number | undefined): void => {
      if (step !== undefined) after.add(step);
    };
    need(last.get(act.id));
    if (act.kind === 'remove') for (const step of left.get(act.id) ?? []) after.add(step);
    if (act.kind === 'create' || act.kind === 'move') {
      need(freed.get(placeKey(act.parent, spell(act.name))));
      for (let at: NodeId | undefined = act.parent; at !== undefined && at !== rootId; at = parentOf(at)) need(last.get(at));
    }
    const ours = local.get(act.id);
    const isFirst = !last.has(act.id);
    if (ours && isFirst && (act.kind === 'move' || act.kind === 'aside' || act.kind === 'remove')) {
      freed.set(placeKey(ours.parent, spell(ours.name)), index);
      push(left, ours.parent, index);
    }
    if (act.kind === 'create' || act.kind === 'move') parents.set(act.id, act.parent);
    if (act.kind === 'aside') parents.set(act.id, rootId);
    last.set(act.id, index);
    return { ...act, after: [...after].sort((a, b) => a - b) };
  });
}

function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
