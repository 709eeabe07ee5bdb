import assert from 'node:assert/strict';
import { test } from 'node:test';
import { becomeModel, listing, type Model, noTree, readTree, type RealTree } from './testing/model-tree.ts';
import { actAtRandom, Dice } from './testing/random-tree.ts';
import { TreeStore } from './testing/tree-store.ts';
import { mergeTrees } from './tree-merge.ts';
import type { Ref } from './tree-node.ts';

const label = { moment: '2026-11-21 14.05', device: 'anna-laptop' };

/** Devices that work on copies of one tree and commit to one log, each when it likes. */
class Fleet {
  readonly store = new TreeStore();
  readonly boundaryKey: Uint8Array;
  readonly dice: Dice;
  readonly devices: { base: RealTree; tree: RealTree }[];
  head: RealTree;
  /** Contents that nobody has overwritten or deleted who had seen them. */
  readonly alive = new Set<string>();
  #words = 0;

  constructor(seed: number, devices: number) {
    this.dice = new Dice(seed);
    this.boundaryKey = this.dice.bytes(32);
    this.head = noTree;
    this.devices = Array.from({ length: devices }, () => ({ base: noTree, tree: noTree }));
  }

  async act(device: number, acts: number): Promise<void> {
    const one = this.devices[device] as Fleet['devices'][number];
    let model: Model = one.tree.model;
    for (let i = 0; i < acts; i++) {
      const before = model;
      model = actAtRandom(model, this.dice, () => `w${this.#words++}`);
      const now = contentsOf(model);
      for (const word of contentsOf(before)) if (!now.has(word)) this.alive.delete(word);
      for (const word of now) if (!contentsOf(before).has(word)) this.alive.add(word);
    }
    one.tree = await becomeModel(one.tree, model, this.store, this.boundaryKey);
  }

  /** Commits, after a merge if the log has gone on. */
  async commit(device: number): Promise<void> {
    const one = this.devices[device] as Fleet['devices'][number];
    const { base, tree } = one;
    if (tree.root === null) await this.act(device, 0);
    if (this.head.root !== null && base.root !== this.head.root) one.tree = await this.#merge(base, tree);
    this.head = one.tree;
    one.base = one.tree;
  }

  async #merge(base: RealTree, tree: RealTree): Promise<RealTree> {
    const { store, boundaryKey, dice } = this;
    const merged = await mergeTrees(
      { base: base.root, ours: tree.root as Ref, theirs: this.head.root as Ref },
      { boundaryKey, reader: store.reader, writer: store.writer, label, newFid: () => dice.bytes(16) },
    );
    return readTree(merged.root, store);
  }
}

function contentsOf(model: Model): Set<string> {
  return new Set([...model.values()].flatMap(({ content }) => content ?? []));
}

async function runFleet(seed: number, devices: number): Promise<void> {
  const fleet = new Fleet(seed, devices);
  await fleet.act(0, 8);
  for (let device = 0; device < devices; device++) await fleet.commit(device);
  for (let round = 0; round < 4; round++) {
    const device = fleet.dice.below(devices);
    for (let other = 0; other < devices; other++) await fleet.act(other, fleet.dice.below(5));
    await fleet.commit(device);
  }
  for (let round = 0; round < 2; round++) for (let device = 0; device < devices; device++) await fleet.commit(device);
  const told = `seed ${seed}, ${devices} devices`;
  for (const { tree } of fleet.devices) assert.deepEqual(listing(tree.model), listing(fleet.head.model), `${told}: converged`);
  const words = [...fleet.head.model.values()].flatMap(({ content }) => content ?? []);
  assert.equal(new Set(words).size, words.length, `${told}: nothing is there twice: ${listing(fleet.head.model).join(' ')}`);
  for (const word of fleet.alive) assert.ok(words.includes(word), `${told}: ${word} is lost from ${listing(fleet.head.model).join(' ')}`);
}

test('two devices that work apart end with one tree, and nothing that was written is lost or doubled', async () => {
  for (let seed = 0; seed < 150; seed++) await runFleet(seed, 2);
});

test('three devices that work apart end with one tree, and nothing that was written is lost or doubled', async () => {
  for (let seed = 1_000; seed < 1_100; seed++) await runFleet(seed, 3);
});
