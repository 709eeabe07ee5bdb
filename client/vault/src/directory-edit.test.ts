import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareBytes, encodeUtf8, systemRandom } from '@reprise/kit';
import fc from 'fast-check';
import { buildDirectory, readDirectory } from './directory.ts';
import { compareNames, endsGroup } from './directory-cut.ts';
import { type DirectoryEdit, type DirectoryEdited, editDirectory } from './directory-edit.ts';
import { type DirectoryNode, openDirectoryNodes, sealNewNodes } from './directory-node.ts';
import type { Entry } from './entry.ts';
import { fileEntry, TreeStore } from './testing/tree-store.ts';
import type { Ref } from './tree-node.ts';

/** A tree as its cuts: the first and last name, level and number of items of every node, the top first. */
async function shapeOf(ref: Ref, store: TreeStore): Promise<string[]> {
  const [node] = (await openDirectoryNodes([{ ref }], store.reader)) as [DirectoryNode];
  if (node.kind === 'leaf') return [`0: ${node.entries.map((entry) => entry.name).join('/')}`];
  const below: string[] = [];
  for (const child of node.children) below.push(...(await shapeOf(child.ref, store)));
  return [`${node.level}: ${node.children.map(({ firstName, count }) => `${firstName}=${count}`).join('/')}`, ...below];
}

async function entriesOf(ref: Ref, store: TreeStore): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readDirectory(ref, store.reader)) entries.push(entry);
  return entries;
}

class Directory {
  readonly store = new TreeStore();
  readonly boundaryKey: Uint8Array;
  readonly model = new Map<string, Entry>();
  ref: Ref | null = null;

  constructor(boundaryKey: Uint8Array = systemRandom(32)) {
    this.boundaryKey = boundaryKey;
  }

  /** @param boundaryKey a fixed one where something is counted */
  static async of(names: readonly string[], boundaryKey?: Uint8Array): Promise<Directory> {
    const directory = new Directory(boundaryKey);
    for (const name of names) directory.model.set(name, fileEntry(name));
    directory.ref = await buildDirectory([...directory.model.values()], directory.boundaryKey, directory.store.writer);
    directory.store.reset();
    return directory;
  }

  async edit(edits: readonly DirectoryEdit[]): Promise<DirectoryEdited> {
    this.store.reset();
    const edited = await editDirectory(this.ref, edits, {
      boundaryKey: this.boundaryKey,
      reader: this.store.reader,
      seal: sealNewNodes(this.store.writer),
    });
    for (const edit of edits) {
      if (edit.kind === 'put') this.model.set(edit.entry.name, edit.entry);
      else this.model.delete(edit.name);
    }
    this.ref = edited.ref;
    return edited;
  }

  put(...names: readonly string[]): Promise<DirectoryEdited> {
    return this.edit(names.map((name) => ({ kind: 'put', entry: fileEntry(name) })));
  }

  remove(...names: readonly string[]): Promise<DirectoryEdited> {
    return this.edit(names.map((name) => ({ kind: 'remove', name })));
  }

  /** The directory is what a fresh one of the same names would be, cut for cut. */
  async check(): Promise<void> {
    const ref = this.ref as Ref;
    const fresh = new TreeStore();
    const made = await buildDirectory([...this.model.values()], this.boundaryKey, fresh.writer);
    assert.deepEqual(await shapeOf(ref, this.store), await shapeOf(made, fresh));
    if (this.model.size < 10_000) assert.deepEqual(await entriesOf(ref, this.store), await entriesOf(made, fresh));
  }
}

const numbered = (count: number, prefix = 'file '): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(6, '0')}`);

test('names are ordered by their bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (start, a, b) => {
      const [left, right] = [start + a, start + b];
      assert.equal(Math.sign(compareNames(left, right)), Math.sign(compareBytes(encodeUtf8(left), encodeUtf8(right))));
    }),
    { numRuns: 3_000 },
  );
});

test('any edits lead to the directory that a fresh build of the same names gives', async () => {
  const step = fc.array(fc.tuple(fc.boolean(), fc.nat(1_500)), { maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(fc.nat(1_000), fc.array(step, { minLength: 1, maxLength: 4 }), async (start, steps) => {
      const directory = await Directory.of(numbered(start));
      for (const one of steps) {
        const byName = new Map(one.map(([isPut, number]) => [`file ${String(number).padStart(6, '0')}`, isPut]));
        await directory.edit(
          [...byName].map(([name, isPut]) => (isPut ? { kind: 'put', entry: fileEntry(name) } : { kind: 'remove', name })),
        );
        await directory.check();
      }
    }),
    { numRuns: 40 },
  );
});

test('a directory passes 256 and 257 entries, begins empty and ends empty', async () => {
  const directory = new Directory();
  await directory.edit([]);
  await directory.check();
  for (const [from, to] of [
    [0, 256],
    [256, 257],
    [257, 400],
  ] as const) {
    await directory.put(...numbered(400).slice(from, to));
    await directory.check();
  }
  for (const [from, to] of [
    [257, 400],
    [256, 257],
    [1, 256],
    [0, 1],
  ] as const) {
    await directory.remove(...numbered(400).slice(from, to));
    await directory.check();
  }
  assert.equal(directory.model.size, 0);
});

test('levels come and go as a directory grows past 512 leaves and shrinks again', async () => {
  const directory = await Directory.of(numbered(100_000));
  await directory.put(...numbered(40_000, 'more '));
  assert.match((await shapeOf(directory.ref as Ref, directory.store))[0] as string, /^2:/);
  await directory.check();
  await directory.remove(...numbered(70_000));
  assert.match((await shapeOf(directory.ref as Ref, directory.store))[0] as string, /^1:/);
  await directory.check();
});

test('an update rewrites the leaf and the nodes above it, and reads no other', async () => {
  const directory = await Directory.of(numbered(30_000));
  const { nodes } = await directory.put('file 015000');
  assert.equal(directory.store.put.length, 2);
  assert.equal(directory.store.fetched.length, 2);
  assert.deepEqual(
    nodes.map(({ level }) => level),
    [0],
  );
});

test('a new or removed name rewrites few nodes', async () => {
  const directory = await Directory.of(numbered(30_000), new Uint8Array(32).fill(6));
  let rewritten = 0;
  for (let i = 0; i < 50; i++) {
    await directory.put(`file 0${10_000 + i * 217}a`);
    rewritten += directory.store.put.length;
  }
  assert.ok(rewritten / 50 < 3.5, `${rewritten / 50} nodes on average`);
});

test('what changes nothing keeps the top node, and puts nothing', async () => {
  for (const count of [10, 5_000]) {
    const directory = await Directory.of(numbered(count));
    const before = directory.ref;
    const same = directory.model.get('file 000003') as Entry;
    const { ref, replaced } = await directory.edit([
      { kind: 'put', entry: { ...same } },
      { kind: 'remove', name: 'absent' },
    ]);
    assert.equal(ref, before);
    assert.deepEqual([...replaced.keys()], ['file 000003']);
    assert.deepEqual(directory.store.put, []);
  }
});

test('one name twice is refused', async () => {
  const directory = await Directory.of([]);
  await assert.rejects(directory.put('a', 'a'), { code: 'bad-name' });
});

test('names chosen against a known key make nodes of 768 entries and no larger; without the key they are as good as any', async () => {
  const guessed = new Uint8Array(32);
  // Names after none of which a level 0 that was cut 192 items ago would be cut again.
  const never = numbered(4_000).filter((name) => !endsGroup(guessed, 0, 192, name));
  const leavesOf = async (boundaryKey: Uint8Array): Promise<number[]> => {
    const store = new TreeStore();
    let ref: Ref | null = null;
    for (let at = 0; at < never.length; at += 500) {
      const edits = never.slice(at, at + 500).map((name): DirectoryEdit => ({ kind: 'put', entry: fileEntry(name) }));
      ref = (await editDirectory(ref, edits, { boundaryKey, reader: store.reader, seal: sealNewNodes(store.writer) })).ref;
    }
    return (await shapeOf(ref as Ref, store)).filter((line) => line.startsWith('0')).map((line) => line.split('/').length);
  };
  const against = await leavesOf(guessed);
  assert.ok(against.every((count) => count <= 768) && Math.max(...against) === 768);
  const blind = await leavesOf(systemRandom(32));
  assert.ok(blind.length > 2 * against.length, `${blind.length} leaves and ${against.length}`);
});

test('an entry that no edit names is carried over byte for byte, and one nested too deep is not written', async () => {
  const store = new TreeStore();
  const boundaryKey = systemRandom(32);
  const nested = (depth: number): Entry => {
    let value: readonly unknown[] = [];
    for (let i = 1; i < depth; i++) value = [value];
    return fileEntry('of a later version', { content: { kind: 'unknown', number: 9, value: value as never } });
  };
  // A leaf, its list and the entry are around the value, which may be nested 16 deep in all.
  const top = await buildDirectory([nested(13), fileEntry('other')], boundaryKey, store.writer);
  await assert.rejects(() => buildDirectory([nested(15)], boundaryKey, store.writer), { code: 'bad-object' });
  const editing = { boundaryKey, reader: store.reader, seal: sealNewNodes(store.writer) };
  const edited = await editDirectory(top, [{ kind: 'remove', name: 'other' }], editing);
  assert.deepEqual(
    (await entriesOf(edited.ref, store)).map(({ content }) => content),
    [nested(13).content],
  );
});
