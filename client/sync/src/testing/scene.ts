// Three trees in a few lines of text, and what comes of a plan for them.
import assert from 'node:assert/strict';
import { type Plan, plan } from '../plan.ts';
import type { Policy } from '../policy.ts';
import { findTouched } from '../situation.ts';
import type { Step } from '../steps.ts';
import { foldName, type LocalNode, MemoryTree, type NodeId, rootId, type TreeNode } from '../tree.ts';
import { checkTree, listTree, ModelDrive } from './model-drive.ts';

/** `ID /path/`, `ID /path content`, `ID /path -> target`; then `!reason` stalls, `+ignored` and `+husk` are folders that hold such or are one, `x` is the exec bit. */
export type Lines = readonly string[];

export type Scene = {
  readonly synced?: Lines;
  readonly local?: Lines;
  readonly remote?: Lines;
  readonly policy?: Partial<Policy>;
};

export type Shown = {
  readonly plan: Plan;
  /** Id → `row: actions`, in the order of the actions' names. */
  readonly decisions: Readonly<Record<string, string>>;
  readonly drive: readonly string[];
  readonly disk: readonly string[];
  readonly stalls: Readonly<Record<string, string>>;
};

export const plainPolicy: Policy = {
  disk: { foldsCase: false, refusesName: () => false },
  compare: (local, remote) => (local === remote ? 'same' : 'other'),
  label: { moment: '2026-11-21 14.05', device: 'anna' },
  newId: (of) => `${of}2` as NodeId,
  deselected: new Set(),
  brake: { recentRemovals: 0, allowed: new Set() },
};

export const foldingPolicy: Policy = { ...plainPolicy, disk: { ...plainPolicy.disk, foldsCase: true } };

export function show({ synced = [], local = [], remote = [], policy = {} }: Scene): Shown {
  const wanted = { ...plainPolicy, ...policy };
  const trees = { synced: read(synced), local: read(local), remote: read(remote) };
  const made = plan(trees, findTouched(trees, wanted.deselected), wanted);
  const drive = new ModelDrive();
  drive.nodes = new Map([...trees.remote.nodes()].map((node) => [node.id, node]));
  assert.ok(drive.commit(made.edits, 0));
  return {
    plan: made,
    decisions: Object.fromEntries(made.decisions.map(({ id, row, actions }) => [id, `${row}: ${actions.toSorted().join(', ')}`])),
    drive: listTree(drive.nodes),
    disk: listTree(replay(trees.local, made, wanted.disk.foldsCase)),
    stalls: Object.fromEntries(made.stalls.map(({ id, reason }) => [id, reason])),
  };
}

/** The plan's steps on a disk that refuses what real ones refuse. */
function replay(local: MemoryTree<LocalNode>, { relabels, steps }: Plan, foldsCase: boolean): Map<NodeId, TreeNode> {
  const renamed = new Map(relabels.map(({ from, to }) => [from, to]));
  const nodes = new Map<NodeId, TreeNode>();
  for (const node of local.nodes()) {
    const [id, parent] = [renamed.get(node.id) ?? node.id, renamed.get(node.parent) ?? node.parent];
    nodes.set(id, { ...node, id, parent });
  }
  for (const step of steps) applyStep(nodes, step, foldsCase);
  assert.ok(![...nodes.values()].some(({ parent }) => parent === aside), 'nothing is left aside');
  return nodes;
}

const aside = 'aside' as NodeId;

function applyStep(nodes: Map<NodeId, TreeNode>, step: Step, foldsCase: boolean): void {
  const node = nodes.get(step.id);
  if (step.kind === 'create') assert.ok(!node);
  else assert.ok(node, `${step.id} is there`);
  if (step.kind === 'create' || step.kind === 'move') {
    const spell = (name: string): string => (foldsCase ? foldName(name) : name);
    const isTaken = [...nodes.values()].some((one) => one.parent === step.parent && spell(spelledAs(one)) === spell(step.name));
    assert.ok(!isTaken, `${step.name} is free`);
    nodes.set(step.id, { ...(step.kind === 'create' ? step.node : (node as TreeNode)), parent: step.parent, name: step.name });
    checkTree(new Map([...nodes].filter(([, one]) => one.parent !== aside).map(([id, one]) => [id, { ...one, name: one.name + id }])));
  } else if (step.kind === 'remove') {
    assert.ok(![...nodes.values()].some(({ parent }) => parent === step.id), `${step.id} is empty`);
    nodes.delete(step.id);
  } else if (step.kind === 'aside') nodes.set(step.id, { ...(node as TreeNode), parent: aside });
  else if (step.kind === 'replace') nodes.set(step.id, { ...(node as TreeNode), content: step.node.content });
  else nodes.set(step.id, { ...(node as TreeNode), isExecutable: step.isExecutable });
}

function spelledAs(node: TreeNode & { readonly diskName?: string }): string {
  return node.diskName ?? node.name;
}

function read(lines: Lines): MemoryTree<LocalNode> {
  const byPath = new Map<string, NodeId>([['', rootId]]);
  return new MemoryTree(
    lines.map((line): LocalNode => {
      const [id = '', path = '', ...words] = line.split(' ');
      const isFolder = path.endsWith('/');
      const plain = isFolder ? path.slice(0, -1) : path;
      const parent = byPath.get(plain.slice(0, plain.lastIndexOf('/')));
      assert.ok(parent !== undefined, `${path} is in a folder of this tree`);
      byPath.set(plain, id as NodeId);
      const spelled = plain.slice(plain.lastIndexOf('/') + 1);
      const name = spelled.normalize('NFC');
      const marks = new Set(words.filter((word) => /^([!+].*|x)$/.test(word)));
      const stall = [...marks].find((mark) => mark.startsWith('!'))?.slice(1);
      return {
        id: id as NodeId,
        parent,
        name,
        kind: marks.has('+other') ? 'other' : isFolder ? 'folder' : words[0] === '->' ? 'link' : 'file',
        content: words.filter((word) => !marks.has(word)).join(' '),
        isExecutable: marks.has('x'),
        ...(name === spelled ? {} : { diskName: spelled }),
        ...(stall === undefined ? {} : { stall: stall as NonNullable<LocalNode['stall']> }),
        ...(marks.has('+ignored') ? { holdsIgnored: true } : {}),
        ...(marks.has('+husk') ? { isHusk: true } : {}),
      };
    }),
  );
}
