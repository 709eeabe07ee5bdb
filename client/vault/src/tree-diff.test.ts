import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHex } from '@reprise/kit';
import { isSameEntry } from './entry.ts';
import { becomeModel, isBelow, type Model, noTree, type RealTree } from './testing/model-tree.ts';
import { actAtRandom, Dice } from './testing/random-tree.ts';
import { TreeStore } from './testing/tree-store.ts';
import { diffTrees, type TreeDifference } from './tree-diff.ts';

/** What a model says about how one tree became another. */
function naive(before: RealTree, after: RealTree): string[] {
  const told: string[] = [];
  for (const [key, entry] of before.entries) {
    const now = after.entries.get(key);
    const [parent, nowParent] = [before.model.get(key)?.parent, after.model.get(key)?.parent];
    if (!now) {
      if (!before.model.has(parent as string) || after.model.has(parent as string) || hasEscaped(before.model, after.model, key))
        told.push(`removed ${key} from ${parent}`);
    } else if (parent !== nowParent || !isSameEntry(entry, now))
      told.push(`changed ${key} from ${parent} ${entry.name} to ${nowParent} ${now.name}`);
  }
  for (const [key, { parent }] of after.model) if (!before.model.has(key)) told.push(`added ${key} to ${parent}`);
  return told.sort();
}

/** Whether something that was below a directory is still there elsewhere. */
function hasEscaped(before: Model, after: Model, key: string): boolean {
  return [...before.keys()].some((other) => other !== key && after.has(other) && isBelow(before, other, key));
}

function say(difference: TreeDifference): string {
  const [key, { parent, entry }] =
    difference.kind === 'removed'
      ? [formatHex(difference.before.entry.fid), difference.before]
      : [formatHex(difference.after.entry.fid), difference.after];
  if (difference.kind === 'added') return `added ${key} to ${formatHex(parent)}`;
  if (difference.kind === 'removed') return `removed ${key} from ${formatHex(parent)}`;
  return `changed ${key} from ${formatHex(difference.before.parent)} ${difference.before.entry.name} to ${formatHex(parent)} ${entry.name}`;
}

test('random trees differ as their models do', async () => {
  for (let seed = 0; seed < 150; seed++) {
    const dice = new Dice(seed);
    const store = new TreeStore();
    const boundaryKey = dice.bytes(32);
    let words = 0;
    const word = (): string => `w${words++}`;
    let tree: RealTree = noTree;
    for (let round = 0; round < 3; round++) {
      let model: Model = tree.model;
      for (let acts = 2 + dice.below(24); acts > 0; acts--) model = actAtRandom(model, dice, word);
      const next = await becomeModel(tree, model, store, boundaryKey);
      const told = (await diffTrees(tree.root, next.root, store.reader)).map(say).sort();
      assert.deepEqual(new Set(told), new Set(told.filter((one) => naive(tree, next).includes(one))), `seed ${seed}: too much`);
      const wanted = naive(tree, next);
      assert.deepEqual(told, wanted, `seed ${seed}`);
      tree = next;
    }
  }
});
