// Attack: a delta that differs from the tree it came with.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import { applyDelta } from './delta-apply.ts';
import type { Entry } from './entry.ts';
import { becomeModel, type Model, type ModelNode, noTree, type RealTree, rootKey } from './testing/model-tree.ts';
import { actAtRandom, Dice } from './testing/random-tree.ts';
import { TreeStore } from './testing/tree-store.ts';
import type { RewrittenNode, TreeChange, TreeDelta } from './tree-change.ts';
import type { Ref } from './tree-node.ts';

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

/** A folder of 400 files, so that its nodes are told; a file edited, one added, one removed in it. */
async function oneCommit() {
  const [writer, peer] = [new TreeStore(), new TreeStore()];
  const boundaryKey = systemRandom(32);
  const folder = formatHex(systemRandom(16));
  const files = Array.from({ length: 400 }, (_, i): [string, ModelNode] => [
    formatHex(systemRandom(16)),
    { parent: folder, name: `file ${i}`, content: `${i}` },
  ]);
  const model = new Map<string, ModelNode>([[folder, { parent: rootKey, name: 'folder', content: null }], ...files]);
  const before = await becomeModel(noTree, model, writer, boundaryKey);
  for (const [id, bytes] of writer.objects) peer.objects.set(id, bytes);
  const [edited, removed] = files as [[string, ModelNode], [string, ModelNode]];
  const next = new Map(model);
  next.set(edited[0], { ...edited[1], content: 'new' });
  next.delete(removed[0]);
  next.set(formatHex(systemRandom(16)), { parent: folder, name: 'added', content: 'added' });
  const after = await becomeModel(before, next, writer, boundaryKey);
  const apply = (delta: TreeDelta, root = after.edited.root) => applyDelta(before.root, root, delta, { boundaryKey, reader: peer.reader });
  return { before, after, peer, apply, boundaryKey };
}

test('a delta that tells anything else than the tree is refused, and nothing of it is kept', async () => {
  const { before, after, peer, apply } = await oneCommit();
  const { changes, nodes } = after.edited;
  assert.ok(nodes.length > 0 && changes.length === 4);
  const put = changes.findIndex((change) => change.kind === 'put' && change.entry.name === 'added');
  const folder = changes.findIndex((change) => change.kind === 'put' && change.entry.content.kind === 'directory');
  const edit = (index: number, fields: Partial<Entry>): TreeChange[] =>
    changes.map((change, i) => (i === index && change.kind === 'put' ? { ...change, entry: { ...change.entry, ...fields } } : change));
  const without = <Item>(items: readonly Item[], index: number): Item[] => items.filter((_, i) => i !== index);
  const other = (node: RewrittenNode, fields: Partial<RewrittenNode['ref']>): RewrittenNode => ({
    ...node,
    ref: { ...node.ref, ...fields },
  });
  const [node] = nodes as [RewrittenNode];
  const folderBefore = [...before.entries.values()].find(({ name }) => name === 'folder') as Entry;
  const lies: Record<string, TreeDelta> = {
    'another size': { changes: edit(put, { size: 6 }), nodes },
    'another name': { changes: edit(put, { name: 'adde' }), nodes },
    'another fid': { changes: edit(put, { fid: systemRandom(16) }), nodes },
    'another time': { changes: edit(put, { mtimeNs: 2n }), nodes },
    'another sum of sizes': { changes: edit(folder, { size: 1 }), nodes },
    'another top node': { changes: edit(folder, { content: folderBefore.content }), nodes },
    'a change left out': { changes: without(changes, put), nodes },
    'the folder left out': { changes: without(changes, folder), nodes },
    'nothing at all': { changes: [], nodes: [] },
    'a change twice': { changes: [...changes, changes[put] as TreeChange], nodes },
    'one change more': { changes: [...changes, { kind: 'remove', parent: (changes[put] as TreeChange).parent, name: 'file 7' }], nodes },
    'an unknown folder': { changes: [...changes, { kind: 'remove', parent: systemRandom(16), name: 'x' }], nodes },
    'a node left out': { changes, nodes: without(nodes, 0) },
    'a node twice': { changes, nodes: [...nodes, node] },
    'another id': { changes, nodes: [other(node, { id: systemRandom(32) }), ...nodes.slice(1)] },
    'another key': { changes, nodes: [other(node, { key: systemRandom(32) }), ...nodes.slice(1)] },
    'another length': { changes, nodes: [other(node, { length: node.ref.length + 1 }), ...nodes.slice(1)] },
    'another first name': { changes, nodes: [{ ...node, firstName: 'x' }, ...nodes.slice(1)] },
    'another level': { changes, nodes: [{ ...node, level: 1 }, ...nodes.slice(1)] },
  };
  const held = peer.objects.size;
  for (const [name, lie] of Object.entries(lies)) await assert.rejects(apply(lie), { code: 'delta-refused' }, name);
  await assert.rejects(apply(after.edited, before.root as Ref), { code: 'delta-refused' }, 'another signed root');
  assert.equal(peer.objects.size, held);
  assert.equal((await apply(after.edited)).length, after.edited.added.length);
  assert.ok((await apply({ changes: changes.toReversed(), nodes: nodes.toReversed() })).length > 0, 'the order says nothing');
});

test('a peer that lacks a node says so, and does not blame the delta', async () => {
  const { before, after, peer, apply } = await oneCommit();
  peer.objects.delete(formatHex((before.root as Ref).id));
  await assert.rejects(apply(after.edited), { code: 'reject' });
});
