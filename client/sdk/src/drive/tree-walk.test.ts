// Walks over trees, whole ones and such as a member makes to keep the others busy for ever.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bytes, formatHex, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol';
import { buildDirectory, type Content, type Entry, type NodeReader, type NodeWriter, type Ref, treeDepthMax } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { objectsBelow } from './content-objects.ts';
import { TreeView } from './tree-view.ts';
import { walkTree, type WalkBounds } from './tree-walk.ts';

class Store {
  readonly objects = new Map<string, Bytes>();
  readonly asked: number[] = [];
  readonly writer: NodeWriter = {
    engine: nodeEngine,
    random: systemRandom,
    put: ({ id, bytes }) => void this.objects.set(formatHex(id), bytes as Bytes),
  };
  readonly reader: NodeReader = {
    engine: nodeEngine,
    fetch: async (wanted) => {
      this.asked.push(wanted.length);
      return wanted.map(({ id }) => {
        const bytes = this.objects.get(formatHex(id));
        if (!bytes) throw new Failure('object-missing', { id: formatHex(id) });
        return bytes;
      });
    },
  };

  folder(...entries: readonly Entry[]): Promise<Ref> {
    return buildDirectory(
      entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      systemRandom(32),
      this.writer,
    );
  }

  async walk(root: Ref, bounds?: WalkBounds): Promise<{ readonly paths: string[]; readonly failure: unknown }> {
    const view = new TreeView(root, this.reader);
    const paths: string[] = [];
    try {
      for await (const { names } of walkTree(view, { names: [], entry: view.rootEntry() }, bounds)) paths.push(names.join('/'));
      return { paths, failure: null };
    } catch (failure) {
      return { paths, failure };
    }
  }
}

function entryOf(name: string, content: Content): Entry {
  return { name, fid: systemRandom(16), content, size: 0, mtimeNs: 0n, executable: false, digest: null, thumb: null, ext: new Map() };
}
const file = (name: string) => entryOf(name, { kind: 'file', extents: [] });
const folder = (name: string, ref: Ref) => entryOf(name, { kind: 'directory', ref });
const codeOf = (failure: unknown) => (failure instanceof Failure ? [failure.code, failure.facts['limit'] ?? null] : failure);

describe('a walk', () => {
  test('tells parents before children and names in order, and asks for many folders at once', async () => {
    const store = new Store();
    const folders: Entry[] = [];
    for (let n = 10; n < 90; n++) folders.push(folder(`f${n}`, await store.folder(file('a'), file('b'))));
    const deep = await store.folder(folder('x', await store.folder(file('y'))));
    const { paths, failure } = await store.walk(await store.folder(...folders, folder('g', deep), file('z')));
    assert.equal(failure, null);
    const expected = folders.flatMap(({ name }) => [`${name}/a`, `${name}/b`]);
    assert.deepEqual(
      paths.filter((path) => /^f\d+\//.test(path)),
      expected,
    );
    assert.deepEqual(paths.slice(-2), ['g/x', 'g/x/y']);
    assert.ok(store.asked.length <= 5, `${store.asked}`);
  });

  test('tells what stands beside a folder that cannot be had, up to that folder', async () => {
    const store = new Store();
    const lost = await store.folder(file('never'));
    store.objects.delete(formatHex(lost.id));
    const root = await store.folder(
      folder('a', await store.folder(file('1'))),
      folder('b', lost),
      folder('c', await store.folder(file('2'))),
    );
    const { paths, failure } = await store.walk(root);
    assert.deepEqual(paths, ['a', 'b', 'c', 'a/1']);
    assert.deepEqual(codeOf(failure), ['object-missing', null]);
  });

  test('of a few nodes that unfold without end has an end', async () => {
    const store = new Store();
    let ref = await store.folder(file('f'));
    for (let level = 0; level < 40; level++) ref = await store.folder(folder('a', ref), folder('b', ref));
    const { paths, failure } = await store.walk(ref, { depth: treeDepthMax, entries: 500 });
    assert.equal(paths.length, 500);
    assert.deepEqual(codeOf(failure), ['limit-exceeded', 'entries of a tree']);
    // What the tree needs is few objects, and they are found without unfolding it.
    assert.equal((await objectsBelow(ref, store.reader)).size, 41);
  });

  test('ends where folders lie too deep in one another', async () => {
    const store = new Store();
    let ref = await store.folder(file('f'));
    for (let level = 0; level < treeDepthMax + 1; level++) ref = await store.folder(folder('d', ref));
    assert.deepEqual(codeOf((await store.walk(ref)).failure), ['limit-exceeded', 'depth of a tree']);
    assert.equal((await store.walk(ref, { depth: treeDepthMax + 1, entries: 10_000 })).failure, null);
  });
});
