// A tree of which some directories do not open is told of without them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHex } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { becomeModel, type Model, noTree, type RealTree, rootKey } from './testing/model-tree.ts';
import { TreeStore } from './testing/tree-store.ts';
import { diffTrees } from './tree-diff.ts';
import { TreeGaps } from './tree-gaps.ts';

const key = (letter: string): string => letter.repeat(32);
const [d, deep, e] = [key('a'), key('b'), key('c')];
const before: Model = new Map([
  [d, { parent: rootKey, name: 'd', content: null }],
  [deep, { parent: d, name: 'deep', content: null }],
  [key('1'), { parent: deep, name: 'g', content: 'g' }],
  [key('2'), { parent: d, name: 'f', content: 'f' }],
  [e, { parent: rootKey, name: 'e', content: null }],
  [key('3'), { parent: e, name: 'f', content: 'f' }],
]);
const after: Model = new Map([
  ...before,
  [key('3'), { parent: e, name: 'f', content: 'changed' }],
  [key('4'), { parent: d, name: 'new', content: 'new' }],
]);

async function compare(spoil: (trees: { readonly old: RealTree; readonly now: RealTree }) => readonly RealTree['root'][]) {
  const store = new TreeStore();
  const boundaryKey = new Uint8Array(32);
  const old = await becomeModel(noTree, before, store, boundaryKey);
  const now = await becomeModel(old, after, store, boundaryKey);
  for (const ref of spoil({ old, now })) if (ref) store.objects.delete(formatHex(ref.id));
  const gaps = new TreeGaps();
  await assert.rejects(diffTrees(old.root, now.root, store.reader), Failure);
  const differences = await diffTrees(old.root, now.root, store.reader, undefined, gaps);
  const told = differences.map((one) => `${one.kind} ${(one.kind === 'removed' ? one.before : one.after).entry.name}`);
  return { told: told.toSorted(), unread: [...gaps.unread], whole: [...gaps.whole(differences)] };
}

function nodeOf({ entries }: RealTree, fid: string): RealTree['root'] {
  const content = entries.get(fid)?.content;
  return content?.kind === 'directory' ? content.ref : null;
}

test('of a directory that does not open nothing is told, and of all others everything', async () => {
  const { told, unread, whole } = await compare(({ now }) => [nodeOf(now, d)]);
  assert.deepEqual([told, unread, whole], [['changed d', 'changed e', 'changed f'], [d], []]);
});

test('of a directory that opens again everything is told that is in it', async () => {
  const { told, unread, whole } = await compare(({ old }) => [nodeOf(old, d)]);
  assert.deepEqual(told, ['added deep', 'added f', 'added g', 'added new', 'changed d', 'changed e', 'changed f']);
  assert.deepEqual([unread, whole], [[], [d, deep]]);
});

test('a directory in one that opens again may still not open', async () => {
  const { told, unread, whole } = await compare(({ old, now }) => [nodeOf(old, d), nodeOf(now, deep)]);
  assert.deepEqual(told, ['added deep', 'added f', 'added new', 'changed d', 'changed e', 'changed f']);
  assert.deepEqual([unread, whole], [[deep], [d]]);
});

test('nothing is told without the two that are compared', async () => {
  await assert.rejects(
    compare(({ now }) => [now.root]),
    Failure,
  );
});
