import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes, formatHex, systemRandom } from '@reprise/kit';
import { readDirectory } from './directory.ts';
import { findEntry } from './directory-find.ts';
import type { Entry } from './entry.ts';
import { fileEntry, TreeStore } from './testing/tree-store.ts';
import { rootFid } from './tree-change.ts';
import { editTree, type NewDirectory, type TreeEdit, type TreeEdited } from './tree-edit.ts';
import type { Ref } from './tree-node.ts';

function newFolder(name: string): NewDirectory {
  return { ...fileEntry(name), content: { kind: 'directory', ref: null } };
}

class Tree {
  readonly store = new TreeStore();
  readonly boundaryKey = systemRandom(32);
  root: Ref | null = null;
  last: TreeEdited | undefined;

  async edit(...edits: readonly TreeEdit[]): Promise<TreeEdited> {
    this.store.reset();
    const { boundaryKey, store } = this;
    const paths = await this.#paths();
    this.last = await editTree(this.root, edits, {
      boundaryKey,
      reader: store.reader,
      writer: store.writer,
      locate: (fid) => paths.get(formatHex(fid)),
    });
    this.root = this.last.root;
    return this.last;
  }

  async #paths(): Promise<Map<string, readonly string[]>> {
    const paths = new Map<string, readonly string[]>();
    for (const { path, entry } of this.root ? await this.list() : []) paths.set(formatHex(entry.fid), path);
    return paths;
  }

  async list(root = this.root as Ref, above: readonly string[] = []): Promise<{ path: string[]; entry: Entry }[]> {
    const all: { path: string[]; entry: Entry }[] = [];
    for await (const entry of readDirectory(root, this.store.reader)) {
      const path = [...above, entry.name];
      all.push({ path, entry });
      if (entry.content.kind === 'directory') all.push(...(await this.list(entry.content.ref, path)));
    }
    return all;
  }

  async paths(): Promise<string[]> {
    return (await this.list()).map(({ path, entry }) => `${path.join('/')}${entry.content.kind === 'directory' ? '/' : ''} ${entry.size}`);
  }
}

const put = (parent: Uint8Array, entry: Entry | NewDirectory): TreeEdit => ({ kind: 'put', parent: parent as Entry['fid'], entry });
const remove = (parent: Uint8Array, name: string): TreeEdit => ({ kind: 'remove', parent: parent as Entry['fid'], name });
const sized = (name: string, size: number): Entry => fileEntry(name, { size, content: { kind: 'unknown', number: 9, value: size } });

test('a tree begins, grows in several directories at once, and sums its sizes up', async () => {
  const tree = new Tree();
  const [docs, deep, photos] = [newFolder('docs'), newFolder('deep'), newFolder('photos')];
  await tree.edit(put(rootFid, docs), put(docs.fid, deep), put(deep.fid, sized('a', 3)), put(rootFid, photos));
  assert.deepEqual(await tree.paths(), ['docs/ 3', 'docs/deep/ 3', 'docs/deep/a 3', 'photos/ 0']);
  const { changes, nodes, added } = await tree.edit(put(deep.fid, sized('b', 4)), put(photos.fid, sized('c', 5)));
  assert.deepEqual(await tree.paths(), ['docs/ 7', 'docs/deep/ 7', 'docs/deep/a 3', 'docs/deep/b 4', 'photos/ 5', 'photos/c 5']);
  assert.deepEqual(
    changes.map((change) => (change.kind === 'put' ? change.entry.name : `-${change.name}`)),
    ['b', 'deep', 'c', 'docs', 'photos'],
  );
  assert.equal(nodes.length, 0);
  assert.deepEqual(added.map(formatHex), tree.store.put);
  assert.equal(added.length, 4);
});

test('a move is a removal and a put, and rewrites two parents and their ancestors whatever hangs below', async () => {
  const tree = new Tree();
  const [a, b, below] = [newFolder('a'), newFolder('b'), newFolder('below')];
  await tree.edit(put(rootFid, a), put(rootFid, b), put(a.fid, below), put(below.fid, sized('x', 10)), put(below.fid, newFolder('y')));
  const inA = await findEntry(
    ((await findEntry(tree.root as Ref, 'a', tree.store.reader)) as Entry & { content: { ref: Ref } }).content.ref,
    'below',
    tree.store.reader,
  );
  await tree.edit(remove(a.fid, 'below'), put(b.fid, { ...(inA as Entry), name: 'moved' }));
  assert.deepEqual(await tree.paths(), ['a/ 0', 'b/ 10', 'b/moved/ 10', 'b/moved/x 10', 'b/moved/y/ 0']);
  assert.equal(tree.store.put.length, 3);
  // With an edit below it, addressed by its fid at its old place.
  const moved = (await tree.list()).find(({ entry }) => entry.name === 'moved')?.entry as Entry;
  await tree.edit(remove(b.fid, 'moved'), put(rootFid, moved), put(below.fid, sized('z', 1)), remove(below.fid, 'y'));
  assert.deepEqual(await tree.paths(), ['a/ 0', 'b/ 0', 'moved/ 11', 'moved/x 10', 'moved/z 1']);
});

test('two entries change places', async () => {
  const tree = new Tree();
  const [x, y] = [sized('x', 1), sized('y', 2)];
  await tree.edit(put(rootFid, x), put(rootFid, y));
  await tree.edit(remove(rootFid, 'x'), remove(rootFid, 'y'), put(rootFid, { ...x, name: 'y' }), put(rootFid, { ...y, name: 'x' }));
  const list = await tree.list();
  assert.deepEqual(
    list.map(({ entry }) => [entry.name, entry.size]),
    [
      ['x', 2],
      ['y', 1],
    ],
  );
  assert.ok(equalBytes(list[0]?.entry.fid as Uint8Array, y.fid));
});

test('what does not fit the tree is refused', async () => {
  const tree = new Tree();
  const [a, b] = [newFolder('a'), newFolder('b')];
  await tree.edit(put(rootFid, a), put(a.fid, b), put(b.fid, sized('x', 1)));
  const [entryA, entryB] = (await tree.list()).map(({ entry }) => entry) as [Entry, Entry];
  const refused = (reason: string, ...edits: readonly TreeEdit[]) =>
    assert.rejects(tree.edit(...edits), { code: 'edit-refused', facts: { reason } });
  await refused('unknown-directory', put(systemRandom(16), sized('y', 1)));
  await refused('twice', put(rootFid, sized('y', 1)), put(rootFid, sized('y', 1)));
  await refused('twice', remove(a.fid, 'b'), put(rootFid, entryB), put(a.fid, { ...entryB, name: 'c' }));
  await refused('cycle', remove(rootFid, 'a'), put(b.fid, entryA));
  await refused('removed', remove(rootFid, 'a'), put(b.fid, sized('y', 1)));
  await refused('removed', put(rootFid, fileEntry('a')), put(a.fid, sized('y', 1)));
});

test('removals below what is removed, and of what is not there, change nothing more', async () => {
  const tree = new Tree();
  const [a, b] = [newFolder('a'), newFolder('b')];
  await tree.edit(put(rootFid, a), put(a.fid, sized('x', 1)), put(a.fid, b), put(b.fid, sized('y', 1)));
  const root = tree.root;
  const none = await tree.edit(remove(a.fid, 'absent'));
  assert.deepEqual([none.root, none.changes, none.added], [root, [], []]);
  const { changes } = await tree.edit(remove(b.fid, 'y'), remove(a.fid, 'x'), remove(rootFid, 'a'));
  assert.deepEqual(await tree.paths(), []);
  assert.deepEqual(changes, [{ kind: 'remove', parent: rootFid, name: 'a' }]);
});
