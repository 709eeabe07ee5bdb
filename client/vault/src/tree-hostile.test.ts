// Trees that no program of ours makes: made by a member to keep the others busy for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, systemRandom } from '@reprise/kit';
import { buildDirectory } from './directory.ts';
import type { Entry } from './entry.ts';
import { fileEntry, folderEntry, TreeStore } from './testing/tree-store.ts';
import { diffTrees } from './tree-diff.ts';
import { mergeTrees } from './tree-merge.ts';
import type { Ref } from './tree-node.ts';

const label = { moment: '2026-11-22 05.00', device: 'anna-laptop' };

class Maker {
  readonly store = new TreeStore();
  readonly boundaryKey = systemRandom(32);

  directory(...entries: readonly Entry[]): Promise<Ref> {
    return buildDirectory(entries, this.boundaryKey, this.store.writer);
  }

  /** Folders in one another, a file in the innermost. */
  async chain(depth: number, file = fileEntry('deep')): Promise<Ref> {
    let ref = await this.directory(file);
    for (let i = 0; i < depth; i++) ref = await this.directory(folderEntry('f', ref, { fid: fidOf(i) }));
    return ref;
  }

  diff(before: Ref | null, after: Ref, bounds?: Parameters<typeof diffTrees>[3]) {
    return diffTrees(before, after, this.store.reader, bounds);
  }

  merge(base: Ref | null, ours: Ref, theirs: Ref) {
    const { boundaryKey } = this;
    const { reader, writer } = this.store;
    return mergeTrees({ base, ours, theirs }, { boundaryKey, reader, writer, label, newFid: () => systemRandom(16) });
  }
}

function fidOf(number: number): Bytes {
  const fid = new Uint8Array(16).fill(1);
  new DataView(fid.buffer).setUint32(0, number);
  return fid;
}

const tooDeep = { code: 'limit-exceeded', facts: { limit: 'depth of a tree' } };

test('folders in one another beyond all bounds are refused by a comparison, whether they are new, changed or gone', async () => {
  const maker = new Maker();
  const empty = await maker.directory();
  const [deep, other] = [await maker.chain(1_100), await maker.chain(1_100, fileEntry('deep', { mtimeNs: 2n }))];
  await assert.rejects(maker.diff(empty, deep), tooDeep);
  await assert.rejects(maker.diff(deep, other), tooDeep);
  assert.equal((await maker.diff(deep, empty)).length, 1);
  await assert.rejects(maker.merge(empty, await maker.directory(fileEntry('mine')), deep), tooDeep);
  assert.equal((await maker.diff(empty, await maker.chain(1_000))).length, 1_001);
});

test('a few nodes that unfold without end are read up to a bound', async () => {
  const maker = new Maker();
  let ref = await maker.directory(fileEntry('x'));
  for (let level = 0; level < 30; level++)
    ref = await maker.directory(...Array.from({ length: 10 }, (_, i) => folderEntry(`f${i}`, ref, { fid: systemRandom(16) })));
  const bounds = { depth: 1_024, entries: 5_000 };
  await assert.rejects(maker.diff(null, ref, bounds), { code: 'limit-exceeded', facts: { limit: 'entries that differ' } });
  assert.ok(maker.store.fetched.length < 2_000, `${maker.store.fetched.length} nodes were read`);
});

test('one fid for all entries is told entry by entry, and merged without losing one', async () => {
  const maker = new Maker();
  const fid = fidOf(7);
  const names = Array.from({ length: 5_000 }, (_, i) => `file ${i}`);
  const [base, ours] = [await maker.directory(), await maker.directory(fileEntry('mine'))];
  const theirs = await maker.directory(...names.map((name) => fileEntry(name, { fid })));
  const told = await maker.diff(base, theirs);
  assert.equal(new Set(told.map((one) => (one.kind === 'added' ? one.after.entry.name : one.kind))).size, names.length);
  const { root } = await maker.merge(base, ours, theirs);
  assert.equal((await maker.diff(base, root)).length, names.length + 1);
});

test('folders that lie in one another by their fids are refused by a merge', async () => {
  const maker = new Maker();
  const [a, b, c, d, e] = [1, 2, 3, 4, 5].map(fidOf) as [Bytes, Bytes, Bytes, Bytes, Bytes];
  // Down one way A holds B, down the other B holds A.
  const ring = async (word: string): Promise<Ref> => {
    const leaf = await maker.directory(fileEntry(word));
    const inA = await maker.directory(folderEntry('b', leaf, { fid: b }));
    const inE = await maker.directory(folderEntry('a', inA, { fid: a }));
    const inD = await maker.directory(folderEntry('e', inE, { fid: e }));
    const inB = await maker.directory(folderEntry('a', leaf, { fid: a }));
    const inC = await maker.directory(folderEntry('b', inB, { fid: b }));
    return maker.directory(folderEntry('1', inD, { fid: d }), folderEntry('2', inC, { fid: c }));
  };
  const [base, ours, theirs] = [await ring('base'), await ring('ours'), await ring('theirs')];
  await assert.rejects(maker.merge(base, ours, theirs), { code: 'bad-object' });
});

test('a node named with another length is refused by a comparison and by a merge', async () => {
  const maker = new Maker();
  const first = await maker.directory(fileEntry('a'));
  const inA = await maker.directory(folderEntry('a', first, { fid: fidOf(1) }));
  const lying = { ...inA, length: inA.length - 1 };
  await assert.rejects(maker.diff(null, lying), { code: 'bad-object' });
  await assert.rejects(maker.merge(null, first, lying), { code: 'bad-object' });
});
