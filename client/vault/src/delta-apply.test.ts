import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHex } from '@reprise/kit';
import { applyDelta } from './delta-apply.ts';
import type { Entry } from './entry.ts';
import { becomeModel, type Model, noTree, type RealTree } from './testing/model-tree.ts';
import { actAtRandom, Dice } from './testing/random-tree.ts';
import { TreeStore } from './testing/tree-store.ts';

test('a peer that holds the tree follows any commit without fetching a node', async () => {
  for (let seed = 0; seed < 100; seed++) {
    const dice = new Dice(seed);
    const [writer, peer] = [new TreeStore(), new TreeStore()];
    const boundaryKey = dice.bytes(32);
    let words = 0;
    let tree: RealTree = noTree;
    for (let round = 0; round < 4; round++) {
      let model: Model = tree.model;
      for (let acts = 2 + dice.below(12); acts > 0; acts--) model = actAtRandom(model, dice, () => `w${words++}`);
      const next = await becomeModel(tree, model, writer, boundaryKey);
      const olds = tree.entries;
      const objects = await applyDelta(tree.root, next.edited.root, next.edited, {
        boundaryKey,
        reader: peer.reader,
        findDirectory: async (fid) => {
          const content = (olds.get(formatHex(fid)) as Entry | undefined)?.content;
          return content?.kind === 'directory' ? content.ref : undefined;
        },
      });
      assert.deepEqual(objects.map(({ id }) => formatHex(id)).sort(), next.edited.added.map(formatHex).sort(), `seed ${seed}`);
      for (const { id, bytes } of objects) peer.objects.set(formatHex(id), bytes);
      tree = next;
    }
  }
});
