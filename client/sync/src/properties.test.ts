// What holds of every plan, whatever the three trees are. fast-check shortens a failure to the acts that it needs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Plan, plan } from './plan.ts';
import type { Policy } from './policy.ts';
import { findTouched } from './situation.ts';
import { Device } from './testing/device.ts';
import { Tape } from './testing/dice.ts';
import { listTree, ModelDrive } from './testing/model-drive.ts';
import { actOnDisk, fillDisk } from './testing/person.ts';
import { foldingPolicy, type Lines, plainPolicy, show } from './testing/scene.ts';
import { VirtualDisk } from './testing/virtual-disk.ts';
import { ancestors, type LocalNode, MemoryTree, type NodeId, type Tree, type TreeNode, rootId } from './tree.ts';

type World = { readonly drive: ModelDrive; readonly here: Device; readonly there: Device };

const tape = fc.array(fc.nat(9_999), { maxLength: 60 });
const runs = { numRuns: 250 };
/** In a disk with one folder: it goes, and one of its name comes. */
const removedAndMadeAgain = [0, 0, 9820, 0, 0, 0, 0, 0, 5196];

/** Two devices that were equal, after each did something, the other one's changes being in the log already. */
function makeWorld(start: readonly number[], here: readonly number[], there: readonly number[]): World {
  let words = 0;
  let ids = 0;
  const drive = new ModelDrive();
  const device = (name: string): Device =>
    new Device(name, new VirtualDisk({ foldsCase: false, forms: 'keeps' }), () => (++ids).toString(16).padStart(32, '0') as NodeId);
  const world: World = { drive, here: device('here'), there: device('there') };
  fillDisk(world.here.disk, new Tape(start), () => `w${words++}`);
  for (const one of [world.here, world.there]) sync(one, drive);
  act(world.there, there);
  sync(world.there, drive);
  act(world.here, here);
  return world;

  function act({ disk }: Device, numbers: readonly number[]): void {
    for (let at = 0; at < numbers.length; at += 6) actOnDisk(disk, new Tape(numbers.slice(at, at + 6)), () => `w${words++}`);
  }
}

function sync(device: Device, drive: ModelDrive): Plan {
  const made = device.plan(drive);
  assert.ok(device.apply(made, drive, drive.version));
  return made;
}

function holds(what: (world: World) => void): void {
  fc.assert(
    fc.property(tape, tape, tape, (start, here, there) => what(makeWorld(start, here, there))),
    runs,
  );
}

test('a plan that was carried out leaves both sides equal and nothing to do', () => {
  holds(({ drive, here }) => {
    sync(here, drive);
    assert.deepEqual(listTree(here.scan()), listTree(drive.nodes));
    const { decisions: _, ...rest } = here.plan(drive);
    for (const [part, list] of Object.entries(rest)) assert.deepEqual(list, [], part);
  });
});

test('a side that changed nothing changes nothing on the other', () => {
  fc.assert(
    fc.property(tape, tape, (start, acts) => {
      const passive = makeWorld(start, [], acts);
      assert.deepEqual([passive.here.plan(passive.drive).edits, passive.here.plan(passive.drive).relabels], [[], []]);
      const active = makeWorld(start, acts, []);
      const { steps, relabels } = active.here.plan(active.drive);
      assert.deepEqual(steps, []);
      // A folder that was removed and made again is the one that the log has.
      for (const { kind, to } of relabels) {
        assert.equal(kind, 'adopt');
        assert.ok(active.here.synced.has(to) && !active.here.scan().has(to), 'only what was removed here is taken up again');
      }
    }),
    { ...runs, examples: [[[], removedAndMadeAgain]] },
  );
});

test('a plan names only what changed, what was copied, and files that a folder took the name of', () => {
  holds(({ drive, here }) => {
    const trees = here.trees(drive);
    const made = here.plan(drive);
    const may = new Set([...findTouched(trees), ...made.relabels.map(({ to }) => to)]);
    for (const { id, row } of made.decisions) if (row === 'N7') may.add(id);
    for (const edit of made.edits) assert.ok(may.has(edit.kind === 'put' ? edit.node.id : edit.id));
    for (const { id } of [...made.steps, ...made.settled]) assert.ok(may.has(id));
    for (const id of made.forgotten) assert.ok(may.has(id));
    assert.ok(made.edits.length + made.steps.length <= 4 * may.size, 'the work is bounded by what changed');
  });
});

test('a plan is the same when it is made twice, and when it looks at more than changed', () => {
  holds(({ drive, here }) => {
    const ids = [...drive.nodes.keys(), ...here.scan().keys()];
    const [once, again, wider] = [plain(here.plan(drive)), plain(here.plan(drive)), plain(here.plan(drive, ids))];
    assert.deepEqual(again, once);
    assert.deepEqual(wider, once);
  });
});

test('nothing is removed once somebody waits under a temporary name, where it would come back', () => {
  const below = ['a1 /a/sub/', 'a2 /a/sub/f x', 'a3 /a/g x', 'b1 /b/f x'];
  const local = ['a /a/', 'b /b/', 'c /c x', ...below];
  const swaps: readonly (readonly [remote: Lines, policy: Policy])[] = [
    [['a /b/', 'b /a/'], plainPolicy],
    [['a /b/', 'b /c/', 'c /a x'], plainPolicy],
    [['a /A/', 'b /B/'], foldingPolicy],
  ];
  for (const [remote, policy] of swaps) {
    const { steps } = show({ synced: local, local, remote, policy }).plan;
    const asides = steps.flatMap((step, index) => (step.kind === 'aside' ? index : []));
    const removals = steps.flatMap((step, index) => (step.kind === 'remove' ? index : []));
    assert.ok(removals.length > 1, 'something is removed');
    assert.ok(asides.length > 0, 'somebody is set aside');
    for (const index of removals) assert.ok(index < Math.min(...asides), JSON.stringify(steps));
  }
});

/** Copies get a fresh id each time; what is left must not differ. */
function plain(made: Plan): unknown {
  const copies = new Set(made.relabels.flatMap(({ to, kind }) => (kind === 'copy' ? [to] : [])));
  const text = (part: unknown): string => JSON.stringify(part, (_, value) => (copies.has(value) ? 'copy' : value));
  const sorted = (list: readonly unknown[]): string[] => list.map(text).sort();
  return {
    edits: sorted(made.edits),
    steps: sorted(made.steps.map((step) => ({ ...step, after: [] }))),
    forgotten: sorted(made.forgotten),
  };
}

test('without a base nothing is deleted on either side', () => {
  holds(({ drive, here }) => {
    const [inDrive, onDisk] = [contents(drive.nodes.values()), contents(here.scan().values())];
    here.synced.clear();
    const made = here.plan(drive);
    assert.ok(made.edits.every(({ kind }) => kind === 'put'));
    assert.ok(made.steps.every(({ kind }) => kind !== 'remove'));
    assert.ok(here.apply(made, drive, drive.version));
    const after = contents(drive.nodes.values());
    for (const content of [...inDrive, ...onDisk]) assert.ok(after.has(content), `${content} is lost`);
    assert.deepEqual(listTree(here.scan()), listTree(drive.nodes));
  });
});

test('a folder that is left out leaves this disk, and nothing of it moves in the drive', () => {
  let leftOut = 0;
  holds(({ drive, here }) => {
    const trees = here.trees(drive);
    for (const folder of [...drive.nodes.values()].filter(({ kind }) => kind === 'folder').slice(0, 3)) {
      leftOut++;
      const deselected = new Set([folder.id]);
      const policy: Policy = { ...plainPolicy, deselected, brake: { recentRemovals: 0, allowed: 'all' } };
      const isBelow = (tree: Tree, id: NodeId): boolean => [...ancestors(tree, id)].some((above) => above.id === folder.id);
      const touched = findTouched(trees, deselected);
      const made = plan(trees, touched, policy);
      for (const edit of made.edits) {
        const id = edit.kind === 'put' ? edit.node.id : edit.id;
        assert.ok(id !== folder.id && !isBelow(trees.remote, id), `${edit.kind} of what is left out`);
      }
      for (const step of made.steps) {
        if (step.kind === 'create') assert.ok(!isBelow(trees.remote, step.id), 'nothing of it is fetched');
        if (step.kind !== 'remove' || !step.isInDrive) continue;
        const [ours, known] = [trees.local.get(step.id), [trees.remote.get(step.id), trees.synced.get(step.id)]];
        assert.ok(ours?.kind === 'folder' || known.some((one) => one?.content === ours?.content), 'what only this disk has is kept');
      }
      // What has left this disk costs no plan anything.
      const fewer = [...touched].filter((id) => trees.local.get(id) || trees.synced.get(id) || !isBelow(trees.remote, id));
      assert.deepEqual(plain(plan(trees, new Set(fewer), policy)), plain(made));
    }
  });
  assert.ok(leftOut > 100, `only ${leftOut} folders were left out`);
});

function contents(nodes: Iterable<TreeNode>): Set<string> {
  return new Set([...nodes].map(({ content }) => content));
}

test('while a pair of contents waits to be compared, it stays as it is on both sides; afterwards it is decided', () => {
  const knows: Policy = {
    ...plainPolicy,
    compare: (local: string, remote: string) => (local.slice(2) === remote.slice(2) ? 'same' : 'other'),
  };
  const asks: Policy = { ...plainPolicy, compare: () => 'unknown' };
  const node = (id: string, name: string, content: string): TreeNode => ({
    id: id as NodeId,
    parent: rootId,
    name,
    kind: 'file',
    content,
    isExecutable: false,
  });
  const trees = {
    synced: new MemoryTree([node('E', 'e', 'r:0')]),
    local: new MemoryTree<LocalNode>([node('L', 'a', 'l:1'), node('M', 'b', 'l:2'), node('E', 'e', 'l:3'), node('O', 'o', 'l:5')]),
    remote: new MemoryTree([node('R', 'a', 'r:1'), node('S', 'b', 'r:9'), node('E', 'e', 'r:3')]),
  };
  const touched = findTouched(trees);
  const first = plan(trees, touched, asks);
  assert.deepEqual(first.comparing.map(({ local, remote }) => `${local} ${remote}`).toSorted(), ['E E', 'L R', 'M S']);
  assert.deepEqual([first.edits.length, first.steps, first.relabels, first.stalls], [1, [], [], []]);
  const then = plan(trees, touched, knows);
  assert.deepEqual(then.relabels, [{ from: 'L', to: 'R', kind: 'adopt' }]);
  assert.deepEqual(then.edits.map((edit) => edit.kind === 'put' && edit.node.id).toSorted(), ['M', 'O']);
  assert.deepEqual(
    then.settled
      .filter(({ id }) => id === 'E' || id === 'R')
      .map(({ content }) => content)
      .toSorted(),
    ['r:1', 'r:3'],
  );
});

test('ten times as many changes ask the trees about ten times as often', () => {
  for (const change of [renameAll, rotateAll, removeHalf, addAll]) {
    const [few, many] = [1_000, 10_000].map((count) => countQuestions(count, change)) as [number, number];
    assert.ok(many < 12 * few, `${change.name}: ${few} questions, then ${many}`);
  }
});

type Change = (node: TreeNode, index: number, all: readonly TreeNode[]) => TreeNode | undefined;
const renameAll: Change = (node) => ({ ...node, name: `new ${node.name}` });
const rotateAll: Change = (node, index, all) => ({ ...node, name: (all[(index + 1) % all.length] as TreeNode).name });
const removeHalf: Change = (node, index) => (index % 2 === 0 ? undefined : node);
const addAll: Change = (node) => ({ ...node, id: `n${node.id.slice(2)}` as NodeId, parent: rootId, name: `n ${node.name}` });

function countQuestions(count: number, change: Change): number {
  const base = Array.from({ length: count }, (_, i): TreeNode => {
    const id = i.toString(16).padStart(32, '0').replace(/^0/, 'f') as NodeId;
    return { id, parent: rootId, name: `file ${i}`, kind: 'file', content: `w${i}`, isExecutable: false };
  });
  const changed = base.flatMap((node, i) => change(node, i, base) ?? []);
  const trees = { synced: new MemoryTree(base), local: new MemoryTree<LocalNode>(base), remote: new MemoryTree(changed) };
  let questions = 0;
  const counted = <Node extends TreeNode>(tree: Tree<Node>): Tree<Node> => ({
    size: tree.size,
    get: (id) => (questions++, tree.get(id)),
    named: (parent, name) => (questions++, tree.named(parent, name)),
  });
  const asked = { synced: counted(trees.synced), local: counted(trees.local), remote: counted(trees.remote) };
  plan(asked, findTouched(trees), { ...plainPolicy, brake: { recentRemovals: 0, allowed: 'all' } });
  return questions;
}
