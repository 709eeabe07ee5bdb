import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareBytes, encodeUtf8, systemRandom } from '@reprise/kit';
import fc from 'fast-check';
import { buildDirectory, readDirectory } from './directory.ts';
import { compareNames } from './directory-cut.ts';
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
  readonly boundaryKey = systemRandom(32);
  readonly model = new Map<string, Entry>();
  ref: Ref | null = null;

  static async of(names: readonly string[]): Promise<Directory> {
    const directory = new Directory();
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
    assert.deepEqual(await entriesOf(ref, this.store), await entriesOf(made, fresh));
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
    { numRuns: 60 },
  );
});
