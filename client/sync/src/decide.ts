// Where every touched node is to stand on both sides, before names are looked at. spec/sync.md "Nodes with a base", R1, R2, S2.
import type { Comparing } from './adopt.ts';
import type { Situation } from './situation.ts';
import { depthOf, isSamePlace, type LocalNode, type NodeId, rootId, type TreeNode } from './tree.ts';

/** The rows of spec/sync.md that a decision cites. */
export type Row = string;

export type Outcome = TreeNode & {
  /** Rows that made it differ from what the node's own changes say. */
  readonly rows: readonly Row[];
};

export type Decided = {
  readonly outcomes: Map<NodeId, Outcome>;
  /** Local contents that lost against the log's. */
  readonly copies: readonly NodeId[];
  readonly comparing: readonly Comparing[];
};

export function decide(situation: Situation): Decided {
  const decider = new Decider(situation);
  decider.decideEach();
  decider.keepParents();
  decider.breakCycles();
  decider.keepParents();
  return { outcomes: decider.outcomes, copies: decider.copies, comparing: decider.comparing };
}

type Side = 'ours' | 'theirs';

class Decider {
  readonly outcomes = new Map<NodeId, Outcome>();
  readonly copies: NodeId[] = [];
  readonly comparing: Comparing[] = [];
  readonly #situation: Situation;
  readonly #carried = { ours: new Map<NodeId, boolean>(), theirs: new Map<NodeId, boolean>() };

  constructor(situation: Situation) {
    this.#situation = situation;
  }

  decideEach(): void {
    const { ids, local } = this.#situation;
    for (const id of new Set(ids.map((scanned) => local.idOf(scanned)))) {
      if (this.#situation.blockOf(id) || this.#situation.isDeselected(id)) continue;
      const [ours, theirs] = [this.#situation.here(id), this.#situation.remote.get(id)];
      if (ours && theirs) this.#join(ours, theirs);
      else if (theirs && this.#survives(id, 'theirs')) this.#keep(theirs, this.#carriedRows(id, 'theirs'));
      else if (ours && this.#survives(id, 'ours')) this.#keep(ours, this.#carriedRows(id, 'ours'));
    }
  }

  #keep({ id, parent, name, kind, content, isExecutable }: TreeNode, rows: readonly Row[] = []): void {
    this.outcomes.set(id, { id, parent, name, kind, content, isExecutable, rows });
  }

  /** Both have it: of two places the log's wins, of two contents both stay, the exec bit merges by itself. */
  #join(ours: LocalNode, theirs: TreeNode): void {
    const base = this.#situation.synced.get(ours.id);
    const place = base && isSamePlace(base, theirs) ? ours : theirs;
    let content = base && theirs.content === base.content ? ours.content : theirs.content;
    const isClash = ours.content !== theirs.content && ours.content !== base?.content && theirs.content !== base?.content;
    if (isClash) {
      const comparison = this.#situation.policy.compare(ours.content, theirs.content);
      if (comparison === 'unknown') this.comparing.push({ local: ours.id, remote: theirs.id });
      if (comparison === 'other') this.copies.push(ours.id);
      content = theirs.content;
    }
    const isExecutable = base && theirs.isExecutable === base.isExecutable ? ours.isExecutable : theirs.isExecutable;
    this.#keep({ ...theirs, parent: place.parent, name: place.name, content, isExecutable });
  }

  /** Whether what one side lacks lives on as the other has it: it is new there, was changed there, or goes with a folder that was moved there. */
  #survives(id: NodeId, side: Side): boolean {
    const base = this.#situation.synced.get(id);
    const stand = this.#stand(id, side);
    if (!base || !stand) return stand !== undefined;
    if (!isSamePlace(base, stand) || base.content !== stand.content) return true;
    return this.#isCarried(stand.parent, side);
  }

  #stand(id: NodeId, side: Side): TreeNode | undefined {
    return side === 'ours' ? this.#situation.here(id) : this.#situation.remote.get(id);
  }

  #isCarried(folder: NodeId, side: Side): boolean {
    const known = this.#carried[side].get(folder);
    if (known !== undefined) return known;
    const isDeletedThere = this.#situation.synced.get(folder) && !this.#stand(folder, side === 'ours' ? 'theirs' : 'ours');
    const isCarried = Boolean(isDeletedThere && this.#stand(folder, side) && this.#survives(folder, side));
    this.#carried[side].set(folder, isCarried);
    return isCarried;
  }

  #carriedRows(id: NodeId, side: Side): readonly Row[] {
    const [base, stand] = [this.#situation.synced.get(id), this.#stand(id, side)];
    return base && stand && isSamePlace(base, stand) && base.content === stand.content ? ['R2'] : [];
  }

  /** A folder that was deleted stays for what is in it in the end, and for that alone. */
  keepParents(): void {
    const { remote, local, touched } = this.#situation;
    for (const outcome of [...this.outcomes.values()]) {
      let { parent } = outcome;
      while (parent !== rootId && !this.outcomes.has(parent) && touched.has(parent)) {
        const stand = remote.get(parent) ?? local.get(parent);
        if (!stand || this.#situation.blockOf(parent) || this.#situation.isDeselected(parent)) break;
        this.#keep(stand, ['R1']);
        parent = stand.parent;
      }
    }
  }

  /** Our moves of folders are done top down on the log's tree; one that would put a folder below itself is not. */
  breakCycles(): void {
    const { remote, local } = this.#situation;
    const moved = [...this.outcomes.values()].filter(
      ({ id, kind, parent }) => kind === 'folder' && local.get(id) && remote.get(id)?.parent !== parent,
    );
    const waiting = new Set(moved.map(({ id }) => id));
    const byDepth = moved.map(({ id }) => ({ id, depth: depthOf(local, id) }));
    byDepth.sort((a, b) => a.depth - b.depth || (a.id < b.id ? -1 : 1));
    for (const { id } of byDepth) {
      const outcome = this.outcomes.get(id) as Outcome;
      if (this.#leadsTo(outcome.parent, id, waiting)) {
        const { parent, name } = remote.get(id) ?? { ...outcome, parent: rootId };
        this.outcomes.set(id, { ...outcome, parent, name, rows: [...outcome.rows, 'S2'] });
      }
      waiting.delete(id);
    }
  }

  #leadsTo(from: NodeId, target: NodeId, waiting: ReadonlySet<NodeId>): boolean {
    for (let at: NodeId | undefined = from; at !== undefined && at !== rootId; at = this.#parentNow(at, waiting))
      if (at === target) return true;
    return false;
  }

  #parentNow(id: NodeId, waiting: ReadonlySet<NodeId>): NodeId | undefined {
    const { remote, local } = this.#situation;
    if (waiting.has(id)) return remote.get(id)?.parent;
    return (this.outcomes.get(id) ?? remote.get(id) ?? local.get(id))?.parent;
  }
}
