// Two nodes that come to one name: which keeps it, what the other is called, and what a disk cannot hold. spec/sync.md "One name for two", "Names".
import { conflictName } from '@reprise/vault';
import type { Outcome } from './decide.ts';
import type { Block, Situation } from './situation.ts';
import { foldName, type LocalNode, type NodeId, placeKey, type TreeNode } from './tree.ts';

type Claim = { readonly outcome: Outcome; readonly isInLogHere: boolean };

/** Local names that are one in normalization form C: all but one of them stall. */
export function findTwins(situation: Situation): Map<NodeId, Block> {
  const twins = new Map<NodeId, Block>();
  for (const id of situation.ids) {
    const node = situation.local.get(id);
    if (!node) continue;
    const others = situation.namedExactly(situation.local, node.parent, node.name);
    if (others.length > 1 && byBirthright(situation, others)[0] !== id) twins.set(id, { reason: 'name-twin', closes: true });
  }
  return twins;
}

function byBirthright(situation: Situation, nodes: readonly LocalNode[]): NodeId[] {
  const rank = ({ id }: LocalNode): number => Number(!situation.synced.get(id));
  const spelling = ({ name, diskName = name }: LocalNode): string => diskName;
  return nodes.toSorted((a, b) => rank(a) - rank(b) || (spelling(a) < spelling(b) ? -1 : 1)).map(({ id }) => id);
}

export class Naming {
  readonly #situation: Situation;
  readonly #outcomes: Map<NodeId, Outcome>;
  readonly #byFold = new Map<string, Set<NodeId>>();

  /** @param outcomes changed in place */
  constructor(situation: Situation, outcomes: Map<NodeId, Outcome>) {
    this.#situation = situation;
    this.#outcomes = outcomes;
    for (const outcome of outcomes.values()) this.#enter(outcome);
  }

  #enter({ id, parent, name }: Outcome): void {
    const key = placeKey(parent, foldName(name));
    this.#byFold.set(key, (this.#byFold.get(key) ?? new Set()).add(id));
  }

  #change(outcome: Outcome, to: Outcome): void {
    this.#byFold.get(placeKey(outcome.parent, foldName(outcome.name)))?.delete(outcome.id);
    this.#outcomes.set(to.id, to);
    this.#enter(to);
  }

  /** Folders before what is none, then what the log has here, then the lower id: so every device decides alike. */
  separate(): void {
    for (const id of [...this.#outcomes.keys()].sort()) {
      const outcome = this.#outcomes.get(id) as Outcome;
      const [winner, ...losers] = this.#claims(outcome);
      for (const loser of losers) this.#rename(loser.outcome, this.#rowOf(loser, winner as Claim));
    }
  }

  #claims({ parent, name }: Outcome): Claim[] {
    const { remote, touched } = this.#situation;
    const together = this.#together(parent, name).filter((one) => one.name === name);
    const settled = this.#situation.namedExactly(remote, parent, name).filter(({ id }) => !touched.has(id) && !this.#outcomes.has(id));
    const claims = [...together, ...settled.map((node): Outcome => ({ ...node, rows: [] }))].map((outcome): Claim => {
      const theirs = remote.get(outcome.id);
      return { outcome, isInLogHere: theirs?.parent === parent && theirs.name === name };
    });
    return claims.sort(byRight);
  }

  #together(parent: NodeId, name: string): Outcome[] {
    const ids = this.#byFold.get(placeKey(parent, foldName(name))) ?? [];
    return [...ids].map((id) => this.#outcomes.get(id) as Outcome);
  }

  #rowOf(loser: Claim, winner: Claim): string {
    const [mine, other] = [loser.outcome.kind === 'folder', winner.outcome.kind === 'folder'];
    if (mine && other) return 'N10';
    if (other) return loser.isInLogHere ? 'N7' : 'N6';
    return this.#situation.synced.get(loser.outcome.id) ? 'N9' : 'N4';
  }

  #rename(outcome: Outcome, row: string): void {
    const name = this.#freeName(outcome.parent, outcome.name, outcome.kind === 'folder');
    this.#change(outcome, { ...outcome, name, rows: [...outcome.rows, row] });
  }

  #freeName(parent: NodeId, from: string, isFolder: boolean): string {
    for (let number = 1; ; number++) {
      const name = conflictName(from, isFolder, this.#situation.policy.label, number);
      const { remote, local } = this.#situation;
      const isTaken = this.#together(parent, name).length + remote.named(parent, name).length + local.named(parent, name).length > 0;
      if (!isTaken) return name;
    }
  }

  /** Our contents that lost become nodes of their own beside the log's. */
  copy(lost: readonly NodeId[]): void {
    for (const id of lost) {
      const [outcome, ours] = [this.#outcomes.get(id), this.#situation.local.get(id)];
      if (!outcome || !ours) continue;
      const to = this.#situation.policy.newId(id);
      const { kind, content, isExecutable } = ours;
      const name = this.#freeName(outcome.parent, outcome.name, false);
      const copy: Outcome = { id: to, parent: outcome.parent, name, kind, content, isExecutable, rows: ['copy'] };
      this.#outcomes.set(to, copy);
      this.#enter(copy);
      this.#situation.local.relabel({ from: id, to, kind: 'copy' });
    }
  }

  /** What cannot stand where it should, because of the disk or of what stays as it is. @param husks folders that only the disk keeps */
  findBlocks(husks: ReadonlySet<NodeId>): Map<NodeId, Block> {
    const blocks = new Map<NodeId, Block>();
    for (const outcome of this.#outcomes.values()) {
      const block = this.#parentBlock(outcome) ?? this.#occupied(outcome, husks) ?? this.#unfit(outcome);
      if (block) blocks.set(this.#situation.local.copiedFrom(outcome.id) ?? outcome.id, block);
    }
    return blocks;
  }

  #parentBlock({ parent }: Outcome): Block | undefined {
    if (this.#outcomes.has(parent)) return undefined;
    if (this.#situation.isDeselected(parent)) return { reason: 'name-clash', closes: true };
    return this.#situation.blockOf(parent);
  }

  #occupied({ id, parent, name }: Outcome, husks: ReadonlySet<NodeId>): Block | undefined {
    const { remote, local } = this.#situation;
    const clash: Block = { reason: 'name-clash', closes: true };
    for (const there of this.#situation.namedExactly(remote, parent, name)) {
      if (there.id === id) continue;
      if (this.#situation.isDeselected(there.id)) return clash;
      const block = this.#situation.blockOf(there.id);
      if (block) return block.reason === 'foreign' ? clash : block;
    }
    const ours = local.get(id);
    const isHere = ours?.parent === parent && ours.name === name;
    for (const there of this.#isOneHere(local.named(parent, name), name)) {
      if (there.id === id) continue;
      if (husks.has(there.id)) return clash;
      const block = this.#situation.blockOf(there.id);
      // A twin is in the way of what comes under its own spelling.
      const isBeside = block?.reason === 'name-twin' && (isHere || (there.diskName ?? there.name) !== name);
      if (block && !isBeside) return block;
    }
    return undefined;
  }

  #isOneHere<Node extends TreeNode>(nodes: readonly Node[], name: string): readonly Node[] {
    return this.#situation.policy.disk.foldsCase ? nodes : nodes.filter((node) => node.name === name);
  }

  /** Names that this disk refuses, or takes for one that is there. */
  #unfit(outcome: Outcome): Block | undefined {
    const { policy, local, touched } = this.#situation;
    const { id, parent, name } = outcome;
    const ours = local.get(id);
    if (ours?.parent === parent && ours.name === name) return undefined;
    if (policy.disk.refusesName(name)) return { reason: 'name-refused', closes: true };
    if (!policy.disk.foldsCase) return undefined;
    const settled = local.named(parent, name).filter((node) => !touched.has(node.id) && !this.#outcomes.has(node.id));
    const others = this.#together(parent, name).filter((one) => one.id !== id);
    const isHereAlready = (one: TreeNode): boolean => {
      const there = local.get(one.id);
      return there?.parent === parent && foldName(there.name) === foldName(name);
    };
    if (isHereAlready(outcome)) return undefined;
    const isSecond = settled.length > 0 || others.some((one) => isHereAlready(one) || one.name < name);
    return isSecond ? { reason: 'name-clash', closes: true } : undefined;
  }
}

function byRight(a: Claim, b: Claim): number {
  return (
    Number(b.outcome.kind === 'folder') - Number(a.outcome.kind === 'folder') ||
    Number(b.isInLogHere) - Number(a.isInLogHere) ||
    (a.outcome.id < b.outcome.id ? -1 : 1)
  );
}
