// The laws of spec/sync.md on devices that work apart, by seed: a failure prints the seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Device, type Stop } from './testing/device.ts';
import { Dice } from './testing/dice.ts';
import { listTree, ModelDrive } from './testing/model-drive.ts';
import { actOnDisk, fillDisk } from './testing/person.ts';
import { type Inode, rootNumber, VirtualDisk, type VirtualTraits } from './testing/virtual-disk.ts';
import type { NodeId, TreeNode } from './tree.ts';

const plainDisk: VirtualTraits = { foldsCase: false, forms: 'keeps' };
const kinds: readonly VirtualTraits[] = [plainDisk, { foldsCase: false, forms: 'decomposes' }];

class Fleet {
  readonly dice: Dice;
  readonly drive = new ModelDrive();
  readonly devices: readonly Device[];
  /** Contents that nobody has overwritten or deleted who had seen them. */
  readonly alive = new Set<string>();
  readonly #stops: boolean;
  #words = 0;
  #ids = 0;

  constructor(seed: number, disks: readonly VirtualTraits[], stops: boolean) {
    this.dice = new Dice(seed);
    this.#stops = stops;
    this.devices = disks.map((traits, i) => new Device(`device-${i}`, new VirtualDisk(traits), () => this.#newId()));
  }

  #newId(): NodeId {
    return `${this.dice
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0')}${(++this.#ids).toString(16).padStart(24, '0')}` as NodeId;
  }

  act({ disk }: Device, acts: number): void {
    for (let i = 0; i < acts; i++) {
      const before = wordsOn(disk);
      actOnDisk(disk, this.dice, () => `w${this.#words++}`);
      const after = wordsOn(disk);
      for (const word of before) if (!after.has(word)) this.alive.delete(word);
      for (const word of after) if (!before.has(word)) this.alive.add(word);
    }
  }

  fill(device: Device): void {
    fillDisk(device.disk, this.dice, () => `w${this.#words++}`);
    for (const word of wordsOn(device.disk)) this.alive.add(word);
  }

  /** @returns how much there was to do */
  sync(device: Device): number {
    const on = this.drive.version;
    const made = device.plan(this.drive);
    const isStopped = this.#stops && this.dice.below(3) === 0;
    const stop: Stop | undefined = isStopped
      ? { afterSteps: this.dice.below(made.steps.length + 1), commits: this.dice.below(2) === 0 }
      : undefined;
    device.apply(made, this.drive, on, this.dice, stop);
    return made.edits.length + made.steps.length + made.settled.length + made.forgotten.length + made.relabels.length;
  }

  /** From a tree that all have, each goes its way for a while and now and then looks at the drive. */
  work(rounds: number): void {
    this.fill(this.devices[0] as Device);
    this.settle();
    for (let round = 0; round < rounds; round++)
      for (const device of this.dice.shuffled(this.devices)) {
        this.act(device, this.dice.below(7));
        if (this.dice.below(3) === 0) this.sync(device);
      }
  }

  settle(): void {
    for (let round = 0; round < 40; round++) {
      const work = this.devices.map((device) => this.sync(device)).reduce((sum, one) => sum + one, 0);
      if (work === 0) return;
    }
    assert.fail('the devices came to rest');
  }
}

function wordsOn(disk: VirtualDisk): Set<string> {
  return new Set([...disk.walk()].filter(({ kind }) => kind === 'file').map(({ content }) => content));
}

function runFleet(seed: number, disks: readonly VirtualTraits[], stops: boolean): void {
  const fleet = new Fleet(seed, disks, stops);
  try {
    fleet.work(4);
    fleet.settle();
    const inDrive = listTree(fleet.drive.nodes);
    for (const device of fleet.devices) assert.deepEqual(listTree(device.scan()), inDrive);
    const words = [...fleet.drive.nodes.values()].flatMap(({ kind, content }) => (kind === 'file' ? [content] : []));
    assert.equal(new Set(words).size, words.length, 'nothing is there twice');
    for (const word of fleet.alive) assert.ok(words.includes(word), `${word} is lost`);
  } catch (cause) {
    throw new Error(`seed ${seed}, ${disks.length} devices`, { cause });
  }
}

/** One device tells cases apart, one does not. */
function runFolding(seed: number, stops: boolean): void {
  const fleet = new Fleet(seed, [plainDisk, { foldsCase: true, forms: 'decomposes' }], stops);
  try {
    fleet.work(3);
    fleet.settle();
    const seen = new Set<string>();
    for (const device of fleet.devices) {
      const local = device.scan();
      const stalled = new Set(device.plan(fleet.drive).stalls.map(({ id }) => id));
      const isExcused = (nodes: ReadonlyMap<NodeId, TreeNode>, id: NodeId): boolean => {
        for (let at: NodeId | undefined = id; at !== undefined; at = nodes.get(at)?.parent) if (stalled.has(at)) return true;
        return false;
      };
      for (const [id, node] of fleet.drive.nodes) {
        if (isExcused(fleet.drive.nodes, id) || isExcused(local, id)) continue;
        const there = local.get(id);
        assert.deepEqual([there?.parent, there?.name, there?.content], [node.parent, node.name, node.content], `${node.name} is here`);
      }
      for (const id of local.keys()) assert.ok(fleet.drive.nodes.has(id) || isExcused(local, id), `${local.get(id)?.name} is in the drive`);
      for (const { content } of local.values()) seen.add(content);
    }
    for (const { content } of fleet.drive.nodes.values()) seen.add(content);
    for (const word of fleet.alive) assert.ok(seen.has(word), `${word} is lost`);
  } catch (cause) {
    throw new Error(`seed ${seed}`, { cause });
  }
}

test('devices that work apart become equal; nothing that was written is lost or doubled, whatever order the steps run in', () => {
  for (let seed = 0; seed < 400; seed++) runFleet(seed, kinds, false);
});

test('the same with three devices', () => {
  for (let seed = 0; seed < 200; seed++) runFleet(seed, [...kinds, plainDisk], false);
});

test('a disk that folds case holds all but what it cannot, says so, and deletes nothing for it', () => {
  for (let seed = 0; seed < 300; seed++) runFolding(seed, seed % 2 === 0);
});

test('the same when every third run stops somewhere in the middle, before or after its commit', () => {
  for (let seed = 0; seed < 300; seed++) runFleet(seed, kinds, true);
});

test('a run that stops after a copy was relabelled neither deletes the log’s content nor copies twice, even if the log goes back to the base', () => {
  const fleet = new Fleet(1, [plainDisk, plainDisk], false);
  const [here, there] = fleet.devices as readonly [Device, Device];
  here.disk.create(rootNumber, 'x', 'file', 'base');
  fleet.settle();
  for (const [device, word] of [
    [there, 'theirs'],
    [here, 'ours'],
  ] as const)
    (device.disk.find(rootNumber, 'x') as Inode).content = word;
  fleet.sync(there);
  here.apply(here.plan(fleet.drive), fleet.drive, fleet.drive.version, undefined, { afterSteps: 0, commits: false });
  (there.disk.find(rootNumber, 'x') as Inode).content = 'base';
  fleet.sync(there);
  fleet.settle();
  const words = [...fleet.drive.nodes.values()].map(({ content }) => content);
  assert.deepEqual(words.toSorted(), ['base', 'ours']);
  for (const device of fleet.devices) assert.deepEqual(listTree(device.scan()), listTree(fleet.drive.nodes));
});
