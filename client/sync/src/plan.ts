// What is left to do for a folder and a space to become equal: a function of three trees. It reads no clock, disk, network or random source.
// spec/sync.md carries the tables; this file says in which order they are asked.
import { assert } from '@reprise/kit';
import { adopt, type Comparing } from './adopt.ts';
import { findHeld } from './brake.ts';
import { decide, type Outcome } from './decide.ts';
import { type Decision, explain } from './explain.ts';
import { findLeaving, type Leaving } from './leaving.ts';
import { findTwins, Naming } from './names.ts';
import type { Policy } from './policy.ts';
import type { Relabel } from './relabelled.ts';
import { type Block, isSameRow, Situation, type Trees } from './situation.ts';
import { orderSteps, type Step } from './steps.ts';
import { type Content, isSamePlace, type NodeId, type StallReason, type TreeNode } from './tree.ts';
import { renewUnsent } from './unsent.ts';

/** One change of the drive's tree. All of a plan are made by one commit. */
export type Edit =
  | {
      readonly kind: 'put';
      readonly node: TreeNode;
      /** Whether its bytes have to be read here and sent; otherwise the drive has them. */
      readonly sends: boolean;
    }
  | { readonly kind: 'remove'; readonly id: NodeId };

export type Plan = {
  /** Whether it only says who is who: once that is written, all is planned again. */
  readonly isBeginning?: true;
  /** Written to the journal before anything else is done. */
  readonly relabels: readonly Relabel[];
  readonly edits: readonly Edit[];
  readonly steps: readonly Step[];
  /** Rows of the synced tree, each once its edit is committed and its step is durable. Local rows take the content named here. */
  readonly settled: readonly TreeNode[];
  /** Rows that the synced tree loses, under the same condition. */
  readonly forgotten: readonly NodeId[];
  readonly husks: readonly NodeId[];
  /** Pairs whose contents have to be compared before they can be decided. */
  readonly comparing: readonly Comparing[];
  readonly stalls: readonly { readonly id: NodeId; readonly reason: StallReason }[];
  /** Removals that wait for a person. */
  readonly held: readonly NodeId[];
  readonly decisions: readonly Decision[];
};

/** @param touched ids whose three rows are not equal, that stall, or that are deselected; more do no harm */
export function plan(trees: Trees, touched: ReadonlySet<NodeId>, policy: Policy): Plan {
  const unsent = renewUnsent(new Situation(trees, touched, policy, new Map()));
  if (unsent.length > 0) return { ...nothing, isBeginning: true, relabels: unsent };
  const blocks = new Map<NodeId, Block>(findTwins(new Situation(trees, touched, policy, new Map())));
  const comparing = new Map<NodeId, Comparing>();
  // Whatever turns out to stay may be in somebody's way: then all is decided again without it. Each round finds at least one more.
  for (let rounds = 0; ; rounds++) {
    assert(rounds <= 2 * touched.size + 2, 'every round finds something that stays');
    const round = decideRound(new Situation(trees, touched, policy, blocks));
    for (const pair of round.comparing) comparing.set(pair.local, pair);
    const found = [...round.blocks].filter(([id]) => !blocks.has(id));
    if (found.length === 0) return assemble(round, blocks, [...comparing.values()]);
    for (const [id, block] of found) blocks.set(id, block);
  }
}

const nothing: Plan = {
  relabels: [],
  edits: [],
  steps: [],
  settled: [],
  forgotten: [],
  husks: [],
  comparing: [],
  stalls: [],
  held: [],
  decisions: [],
};

type Round = {
  readonly situation: Situation;
  readonly outcomes: ReadonlyMap<NodeId, Outcome>;
  readonly leaving: Leaving;
  readonly comparing: readonly Comparing[];
  readonly blocks: ReadonlyMap<NodeId, Block>;
};

function decideRound(situation: Situation): Round {
  const adopted = adopt(situation);
  const { outcomes, copies, comparing: clashing } = decide(situation);
  const comparing = [...adopted, ...clashing];
  const naming = new Naming(situation, outcomes);
  naming.separate();
  naming.copy(copies);
  const leaving = findLeaving(situation, outcomes);
  const waits: Block = { reason: 'comparing', closes: false };
  const waiting = comparing.flatMap(({ local, remote }) => [[local, waits] as const, [remote, waits] as const]);
  let blocks = new Map([...waiting, ...leaving.waiting, ...naming.findBlocks(leaving.husks)]);
  if (blocks.size === 0) blocks = holdBack(situation, leaving);
  return { situation, outcomes, leaving, comparing, blocks };
}

function holdBack(situation: Situation, { gone, husks }: Leaving): Map<NodeId, Block> {
  const removed = gone.filter((id) => !husks.has(id) && (situation.local.get(id) || situation.remote.get(id)));
  const held = findHeld(removed, situation.synced.size, situation.policy.brake);
  return new Map(held.map((id) => [id, { reason: 'held', closes: false }]));
}

function assemble(round: Round, blocks: ReadonlyMap<NodeId, Block>, comparing: readonly Comparing[]): Plan {
  const { situation, outcomes, leaving } = round;
  const { local, remote, policy, ids } = situation;
  const isSameContent = (a: Content, b: Content): boolean => a === b || policy.compare(a, b) === 'same';
  const isTwin = (id: NodeId): boolean => blocks.get(id)?.reason === 'name-twin';
  const { gone, hidden, husks } = leaving;
  const removed = [...gone, ...hidden].flatMap((id) => {
    if (husks.has(id)) return [];
    const ours = local.get(id);
    const known = [situation.base(id), remote.get(id)];
    return ours ? [{ id, isInDrive: ours.kind === 'folder' || known.some((one) => one?.content === ours.content) }] : [];
  });
  const stalls = ids.flatMap((id) => {
    const block = situation.ownBlock(id);
    return block && block.reason !== 'comparing' && block.reason !== 'foreign' ? [{ id, reason: block.reason }] : [];
  });
  return {
    relabels: local.relabels,
    edits: findEdits(situation, outcomes, gone, isSameContent),
    steps: orderSteps({ local, outcomes: outcomes.values(), removed, foldsCase: policy.disk.foldsCase, isSameContent, isTwin }),
    settled: [...outcomes.values()].flatMap((outcome) => settle(outcome)),
    forgotten: [...gone, ...hidden].filter((id) => situation.base(id)),
    husks: [...husks].filter((id) => local.get(id)?.isHusk !== true),
    comparing,
    stalls,
    held: [...blocks].flatMap(([id, { reason }]) => (reason === 'held' ? [id] : [])),
    decisions: explain(situation, outcomes, leaving, isSameContent).concat(
      hidden.filter((id) => local.get(id) && !husks.has(id)).map(hide),
    ),
  };

  function hide(id: NodeId): Decision {
    return { id, row: 'S8', actions: ['trash'] };
  }

  function settle(outcome: Outcome): readonly TreeNode[] {
    const row = rowOf(outcome);
    const [known, ours] = [situation.base(outcome.id), remote.get(outcome.id) && local.get(outcome.id)];
    const isKnown = known && isSameRow(known, row) && ours !== undefined && ours.content === row.content;
    return isKnown ? [] : [row];
  }
}

function rowOf({ id, parent, name, kind, content, isExecutable }: Outcome): TreeNode {
  return { id, parent, name, kind, content, isExecutable };
}

function findEdits(
  { remote, synced }: Situation,
  outcomes: ReadonlyMap<NodeId, Outcome>,
  gone: readonly NodeId[],
  isSameContent: (a: Content, b: Content) => boolean,
): readonly Edit[] {
  const puts = [...outcomes.values()].flatMap((outcome): Edit[] => {
    const node = rowOf(outcome);
    const theirs = remote.get(node.id);
    const hasContent = theirs !== undefined && isSameContent(node.content, theirs.content);
    if (hasContent && isSamePlace(theirs, node) && theirs.isExecutable === node.isExecutable) return [];
    const isInHistory = !theirs && synced.get(node.id)?.content === node.content;
    return [{ kind: 'put', node, sends: node.kind !== 'folder' && !hasContent && !isInHistory }];
  });
  return [...puts, ...gone.filter((id) => remote.get(id)).map((id): Edit => ({ kind: 'remove', id }))];
}
