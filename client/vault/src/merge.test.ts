import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import { conflictMoment, conflictName, numberedName, readConflictName } from './conflict-name.ts';
import type { Entry } from './entry.ts';
import { type Merged, mergeChanges } from './merge.ts';
import { becomeModel, listing, type Model, type ModelNode, noTree, readTree, rootKey, wordEntry } from './testing/model-tree.ts';
import { TreeStore } from './testing/tree-store.ts';
import { rootFid } from './tree-change.ts';
import type { TreeDifference } from './tree-diff.ts';
import { mergeTrees, type TreeMerged } from './tree-merge.ts';
import type { Ref } from './tree-node.ts';

const label = { moment: '2026-11-21 14.05', device: 'anna-laptop' };
const suffix = '(conflict 2026-11-21 14.05 anna-laptop)';

/** A small drive by names: keys are fids, made of the first letter in the test's own words. */
type Plan = Readonly<Record<string, readonly [parent: string, name: string, content: string | null]>>;

function fidOf(word: string): string {
  return word === '/' ? rootKey : Buffer.from(word.padEnd(16, '.')).toString('hex');
}

function model(plan: Plan): Model {
  return new Map(
    Object.entries(plan).map(([word, [parent, name, content]]): [string, ModelNode] => [
      fidOf(word),
      { parent: fidOf(parent), name, content },
    ]),
  );
}

type Outcome = { readonly paths: readonly string[]; readonly conflicts: readonly string[]; readonly merged: TreeMerged };

async function merge(base: Plan, ours: Plan, theirs: Plan): Promise<Outcome> {
  const store = new TreeStore();
  const boundaryKey = systemRandom(32);
  const old = await becomeModel(noTree, model(base), store, boundaryKey);
  const left = await becomeModel(old, model(ours), store, boundaryKey);
  const right = await becomeModel(old, model(theirs), store, boundaryKey);
  const merged = await mergeTrees(
    { base: old.root, ours: left.root as Ref, theirs: right.root as Ref },
    { boundaryKey, reader: store.reader, writer: store.writer, label, newFid: () => systemRandom(16) },
  );
  const tree = await readTree(merged.root, store);
  return { paths: listing(tree.model), conflicts: merged.conflicts.map(({ kind }) => kind).sort(), merged };
}

/** What one side did to the file `f`, which was `dir/f.txt` with the content `0`. */
const acts: Readonly<Record<string, (plan: Plan, word: string) => Plan>> = {
  '=': (plan) => plan,
  e: (plan, word) => ({ ...plan, f: ['dir', 'f.txt', word] }),
  m: (plan, word) => ({ ...plan, f: [word, 'f.txt', '0'] }),
  em: (plan, word) => ({ ...plan, f: [word, 'f.txt', word] }),
  d: ({ dir, ours, theirs }) => ({ dir, ours, theirs }) as Plan,
};

const start: Plan = { dir: ['/', 'dir', null], ours: ['/', 'ours', null], theirs: ['/', 'theirs', null], f: ['dir', 'f.txt', '0'] };

/** Rows: what this device did; columns: what is in the log. Where the file ends up with which content; `+` a conflict copy. */
const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '=': { '=': 'dir=0', e: 'dir=theirs', m: 'theirs=0', em: 'theirs=theirs', d: '' },
  e: { '=': 'dir=ours', e: 'dir=theirs +dir=ours', m: 'theirs=ours', em: 'theirs=theirs +theirs=ours', d: 'dir=ours' },
  m: { '=': 'ours=0', e: 'ours=theirs', m: 'theirs=0', em: 'theirs=theirs', d: 'ours=0' },
  em: { '=': 'ours=ours', e: 'ours=theirs +ours=ours', m: 'theirs=ours', em: 'theirs=theirs +theirs=ours', d: 'ours=ours' },
  d: { '=': '', e: 'dir=theirs', m: 'theirs=0', em: 'theirs=theirs', d: '' },
};

for (const [ours, row] of Object.entries(table)) {
  for (const [theirs, wanted] of Object.entries(row)) {
    test(`a file: ${ours} here and ${theirs} in the log`, async () => {
      const act = (name: string, side: string): Plan => (acts[name] as (plan: Plan, word: string) => Plan)(start, side);
      const { paths } = await merge(start, act(ours, 'ours'), act(theirs, 'theirs'));
      const files = wanted
        .split(' ')
        .filter(Boolean)
        .map((one) => {
          const [place, content] = one.replace('+', '').split('=');
          return `${place}/${one.startsWith('+') ? `f ${suffix}.txt` : 'f.txt'}=${content}`;
        });
      assert.deepEqual(paths, [...files, 'dir/', 'ours/', 'theirs/'].sort());
    });
  }
}

test('equal contents and equal moves merge in silence', async () => {
  const both: Plan = { ...start, f: ['ours', 'g.txt', 'same'] };
  const { paths, conflicts } = await merge(start, both, both);
  assert.deepEqual([paths, conflicts], [['dir/', 'ours/', 'ours/g.txt=same', 'theirs/'], []]);
});

/** One file of the root as the differences of both sides tell of it; null: deleted. */
function mergeOne(before: Entry, ours: Entry | null, theirs: Entry | null): Merged {
  const tell = (after: Entry | null): TreeDifference[] => [
    after
      ? { kind: 'changed', before: { parent: rootFid, entry: before }, after: { parent: rootFid, entry: after } }
      : { kind: 'removed', before: { parent: rootFid, entry: before } },
  ];
  return mergeChanges({ ours: tell(ours), theirs: tell(theirs), label, newFid: () => systemRandom(16) });
}

test('the exec bit, marks and times merge beside an edit and one by one; the log’s stays where both changed one', () => {
  const before = wordEntry('f', systemRandom(16), 'old');
  const edited: Entry = { ...before, content: { kind: 'unknown', number: 9, value: 'new' }, mtimeNs: 5n };
  const mark = (entry: Entry, key: number, value: number): Entry => ({ ...entry, ext: new Map([...entry.ext, [key, value]]) });
  const put = (entry: Entry) => [{ kind: 'put', parent: rootFid, entry }];
  const both = mergeOne(before, mark({ ...before, executable: true }, 120, 1), mark(mark(edited, 121, 2), 122, 3));
  assert.deepEqual(both.edits, put({ ...mark(mark(mark(edited, 121, 2), 122, 3), 120, 1), executable: true }));
  const touched = mergeOne(before, { ...before, mtimeNs: 7n }, mark(before, 120, 1));
  assert.deepEqual(touched.edits, put({ ...mark(before, 120, 1), mtimeNs: 7n }));
  assert.deepEqual(mergeOne(before, mark({ ...before, mtimeNs: 7n }, 120, 1), mark({ ...before, mtimeNs: 8n }, 120, 2)).edits, []);
  const unmarked = mergeOne(mark(before, 120, 1), before, { ...mark(before, 120, 1), mtimeNs: 8n });
  assert.deepEqual(unmarked.edits, put({ ...before, mtimeNs: 8n }));
});

test('a mark, a touch or the exec bit does not stop a delete', () => {
  const before = wordEntry('f', systemRandom(16), 'old');
  for (const touched of [
    { ...before, ext: new Map([[120, 1]]) },
    { ...before, mtimeNs: 9n },
    { ...before, executable: true },
  ]) {
    assert.deepEqual(mergeOne(before, null, touched).edits, [{ kind: 'remove', parent: rootFid, name: 'f' }]);
    assert.deepEqual(mergeOne(before, touched, null).edits, []);
  }
});

test('contents that somebody compared are one, whatever their references say', () => {
  const before = wordEntry('f', systemRandom(16), 'old');
  const tell = (value: string): TreeDifference[] => [
    {
      kind: 'changed',
      before: { parent: rootFid, entry: before },
      after: { parent: rootFid, entry: { ...before, content: { kind: 'unknown', number: 9, value } } },
    },
  ];
  const sides = { ours: tell('a'), theirs: tell('A'), label, newFid: () => systemRandom(16) };
  assert.deepEqual(
    mergeChanges(sides).conflicts.map(({ kind }) => kind),
    ['copied'],
  );
  const merged = mergeChanges({ ...sides, isSameContent: () => true });
  assert.deepEqual([merged.edits, merged.conflicts], [[], []]);
});

test('a new folder that meets a known one meets what nobody touched in it, too', async () => {
  const base: Plan = { k: ['/', 'old', null], u: ['k', 'u', '1'], v: ['k', 'v', '2'], s: ['k', 's', null], w: ['s', 'w', '3'] };
  const renamed: Plan = { ...base, k: ['/', 'd', null] };
  const made: Plan = {
    ...base,
    n: ['/', 'd', null],
    a: ['n', 'u', 'new'],
    b: ['n', 'v', '2'],
    t: ['n', 's', null],
    c: ['t', 'w', 'newer'],
  };
  const { paths, conflicts } = await merge(base, made, renamed);
  assert.deepEqual(paths, ['d/', 'd/s/', 'd/s/w=3', `d/s/w ${suffix}=newer`, 'd/u=1', `d/u ${suffix}=new`, 'd/v=2'].sort());
  assert.deepEqual(conflicts, ['adopted', 'adopted', 'adopted', 'renamed', 'renamed']);
});

test('a folder’s delete spares what the other side added, edited or moved in, and that alone', async () => {
  const base: Plan = { a: ['/', 'a', null], b: ['a', 'b', null], x: ['b', 'x', '1'], y: ['b', 'y', '2'], z: ['/', 'z', '3'] };
  const gone: Plan = { z: ['/', 'z', '3'] };
  for (const [change, wanted] of [
    [{ ...base, n: ['b', 'n', 'new'] }, 'a/b/n=new'],
    [{ ...base, x: ['b', 'x', 'edited'] }, 'a/b/x=edited'],
    [{ ...base, z: ['b', 'z', '3'] }, 'a/b/z=3'],
  ] as const) {
    for (const [ours, theirs] of [
      [gone, change],
      [change, gone],
    ] as const) {
      const { paths } = await merge(base, ours, theirs);
      assert.deepEqual(
        paths.filter((path) => path !== 'z=3'),
        ['a/', 'a/b/', wanted],
      );
    }
  }
});

test('a folder that one side moved and the other deleted lives on with everything in it', async () => {
  const base: Plan = { a: ['/', 'a', null], b: ['a', 'b', null], x: ['b', 'x', '1'], o: ['/', 'o', null], k: ['b', 'k', '2'] };
  const moved: Plan = { ...base, b: ['o', 'moved', null] };
  const gone: Plan = { o: ['/', 'o', null] };
  const escaped: Plan = { ...gone, k: ['/', 'k', '2'] };
  for (const [ours, theirs] of [
    [gone, moved],
    [moved, gone],
  ] as const)
    assert.deepEqual(
      (await merge(base, ours, theirs)).paths,
      ['a/', 'o/', 'o/moved/', 'o/moved/k=2', 'o/moved/x=1'].filter((path) => path !== 'a/'),
    );
  for (const [ours, theirs] of [
    [escaped, moved],
    [moved, escaped],
  ] as const)
    assert.deepEqual((await merge(base, ours, theirs)).paths, ['k=2', 'o/', 'o/moved/', 'o/moved/x=1']);
});

test('moves that would close a cycle leave the folder where the log has it', async () => {
  const base: Plan = { a: ['/', 'a', null], b: ['/', 'b', null], x: ['a', 'x', '1'], y: ['b', 'y', '2'] };
  const { paths, conflicts } = await merge(base, { ...base, a: ['b', 'a', null] }, { ...base, b: ['a', 'b', null] });
  assert.deepEqual(paths, ['a/', 'a/b/', 'a/b/y=2', 'a/x=1']);
  assert.deepEqual(conflicts, ['unmoved']);
});

test('two new files of one name: equal ones are one, others both stay', async () => {
  const same = await merge({}, { p: ['/', 'n', '1'] }, { q: ['/', 'n', '1'] });
  assert.deepEqual([same.paths, same.conflicts], [['n=1'], ['adopted']]);
  const other = await merge({}, { p: ['/', 'n', '1'] }, { q: ['/', 'n', '2'] });
  assert.deepEqual([other.paths, other.conflicts], [['n=2', `n ${suffix}=1`].sort(), ['renamed']]);
});

test('two new folders of one name become one, and what is in them is decided one by one', async () => {
  const ours: Plan = { p: ['/', 'd', null], s: ['p', 's', null], i: ['s', 'i', '1'], j: ['p', 'j', '2'], k: ['p', 'k', '3'] };
  const theirs: Plan = { q: ['/', 'd', null], t: ['q', 's', null], l: ['t', 'l', '4'], m: ['q', 'j', '5'], n: ['q', 'k', '3'] };
  const { paths, conflicts } = await merge({}, ours, theirs);
  assert.deepEqual(paths, ['d/', 'd/s/', 'd/s/i=1', 'd/s/l=4', 'd/j=5', `d/j ${suffix}=2`, 'd/k=3'].sort());
  assert.deepEqual(conflicts, ['adopted', 'adopted', 'adopted', 'renamed']);
});

test('a folder keeps its name against a file, whoever came first; a known folder is never merged', async () => {
  const file: Plan = { f: ['/', 'n', '1'] };
  const folder: Plan = { d: ['/', 'n', null], x: ['d', 'x', '2'] };
  const wanted = ['n/', 'n/x=2', `n ${suffix}=1`].sort();
  assert.deepEqual((await merge({}, file, folder)).paths, wanted);
  assert.deepEqual((await merge({}, folder, file)).paths, wanted);
  const base: Plan = { p: ['/', 'p', null], q: ['/', 'q', null] };
  const known = await merge(base, { ...base, p: ['/', 'n', null] }, { ...base, q: ['/', 'n', null] });
  assert.deepEqual([known.paths, known.conflicts], [['n/', `n ${suffix}/`].sort(), ['renamed']]);
});

test('a name is one in either normalization form', async () => {
  const { paths } = await merge(
    {},
    { p: ['/', 'e\u0301t\u00e9'.normalize('NFC'), '1'] },
    { q: ['/', '\u00e9te\u0301'.normalize('NFC'), '2'] },
  );
  assert.deepEqual(paths, ['été=2', `été ${suffix}=1`].sort());
});

test('entries that change places on one side do so in the merge', async () => {
  const base: Plan = { a: ['/', 'a', '1'], b: ['/', 'b', '2'], c: ['/', 'c', '3'] };
  const turned: Plan = { a: ['/', 'b', '1'], b: ['/', 'c', '2'], c: ['/', 'a', '3'] };
  const edited: Plan = { ...base, a: ['/', 'a', 'new'] };
  assert.deepEqual((await merge(base, turned, edited)).paths, ['a=3', 'b=new', 'c=2']);
  assert.deepEqual((await merge(base, edited, turned)).paths, ['a=3', 'b=new', 'c=2']);
});

test('a side that changed nothing never wins, and leaves no edit', async () => {
  const changed: Plan = { ...start, f: ['ours', 'f.txt', 'new'], n: ['dir', 'n', '1'] };
  const behind = await merge(start, start, changed);
  assert.deepEqual([behind.merged.changes, behind.merged.added], [[], []]);
  assert.deepEqual((await merge(start, changed, start)).paths, ['dir/', 'dir/n=1', 'ours/', 'ours/f.txt=new', 'theirs/']);
});

test('what only one side changed is taken over by its nodes', async () => {
  const base: Plan = { a: ['/', 'a', null], b: ['/', 'b', null], x: ['a', 'x', '1'], y: ['b', 'y', '2'] };
  const { merged } = await merge(base, { ...base, x: ['a', 'x', 'ours'] }, { ...base, y: ['b', 'y', 'theirs'] });
  assert.equal(merged.added.length, 1, 'the root alone is new');
});

test('a name made up for a copy gives way to one that stands there already', async () => {
  const taken = `f ${suffix}.txt`;
  const base: Plan = { ...start, c: ['dir', taken, 'old'] };
  const { paths } = await merge(base, { ...base, f: ['dir', 'f.txt', 'ours'] }, { ...base, f: ['dir', 'f.txt', 'theirs'] });
  assert.deepEqual(
    paths.filter((path) => path.includes('.txt')),
    ['dir/f.txt=theirs', `dir/${taken}=old`, `dir/f ${suffix} 2.txt=ours`].sort(),
  );
});

test('a conflict name tells which name was lost, and by which device', () => {
  const read = (name: string) => readConflictName(name, false);
  assert.deepEqual(read(`report ${suffix}.docx`), { plain: 'report.docx', device: 'anna-laptop' });
  assert.deepEqual(read(`report ${suffix} 2`), { plain: 'report', device: 'anna-laptop' });
  assert.deepEqual(read(`.profile ${suffix}`), { plain: '.profile', device: 'anna-laptop' });
  assert.deepEqual(
    [read('report.docx'), read(`${suffix}.docx`), read(` ${suffix}`), read(`report ${suffix} or so.docx`)],
    [null, null, null, null],
  );
  assert.deepEqual(readConflictName(`photos.d ${suffix}`, true), { plain: 'photos.d', device: 'anna-laptop' });
});

test('names of conflict copies keep the extension, replace an older suffix and fit 255 bytes', () => {
  assert.equal(conflictName('report.docx', false, label), `report ${suffix}.docx`);
  assert.equal(conflictName(`report (conflict 2025-01-02 03.04 bob) 3.docx`, false, label), `report ${suffix}.docx`);
  assert.equal(conflictName('report (conflict 2025-01-02 03.04 bob)', false, label), `report ${suffix}`);
  assert.equal(conflictName('report (conflict 2025-01-02 03.04 bob) 2', false, label), `report ${suffix}`);
  assert.equal(conflictName('log (conflict 2025-01-02 03.04 bob) 2.txt.1', false, label), `log.txt ${suffix}.1`);
  assert.equal(conflictName('report.docx', false, label, 2), `report ${suffix} 2.docx`);
  assert.equal(conflictName('photos.d', true, label), `photos.d ${suffix}`);
  assert.equal(conflictName('.profile', false, label), `.profile ${suffix}`);
  assert.equal(
    conflictName('a', false, { ...label, device: 'Zoë’s très long nom d’ordinateur' }),
    'a (conflict 2026-11-21 14.05 Zoe-s-tres-long-nom-d-or)',
  );
  assert.equal(conflictName('a', false, { ...label, device: '日本' }), 'a (conflict 2026-11-21 14.05 device)');
  const long = conflictName(`${'é'.repeat(125)}.txt`, false, label);
  assert.ok(Buffer.byteLength(long) <= 255 && long.endsWith(` ${suffix}.txt`) && long.startsWith('ééé'));
  const family = conflictName(`${'👨‍👩‍👧'.repeat(14)}x`, false, label);
  assert.ok(family.startsWith('👨‍👩‍👧') && !family.includes('\ufffd') && Buffer.byteLength(family) <= 255);
  assert.equal(conflictMoment(Date.UTC(2026, 10, 21, 23, 5), 60), '2026-11-22 00.05');
});

test('names of 255 bytes keep their number and their extension, in whole characters', () => {
  for (const stem of ['a'.repeat(251), `${'é'.repeat(125)}x`, `${'日本'.repeat(41)}xyzab`, `${'👨‍👩‍👧'.repeat(13)}${'x'.repeat(17)}`]) {
    const name = `${stem}.txt`;
    assert.equal(Buffer.byteLength(name), 255, stem);
    const all = [2, 10, 100].flatMap((number) => [conflictName(name, false, label, number), numberedName(name, false, number)]);
    assert.equal(new Set(all).size, all.length);
    for (const one of all) {
      assert.ok(Buffer.byteLength(one) <= 255 && one.endsWith('.txt') && one.isWellFormed(), one);
      const kept = one.replace(/(?: \(conflict .*\))? \d+\.txt$/, '');
      assert.ok(stem.startsWith(kept) && kept.length > 10);
      const characters = (text: string) => [...new Intl.Segmenter('und').segment(text)].map(({ segment }) => segment);
      assert.deepEqual(characters(kept), characters(stem).slice(0, characters(kept).length), 'no character is cut in two');
    }
  }
  assert.equal(numberedName('report.tar', false, 2), 'report 2.tar');
  assert.equal(numberedName('photos.d', true, 3), 'photos.d 3');
});

test('fids of copies are the caller’s', async () => {
  const { merged } = await merge(start, { ...start, f: ['dir', 'f.txt', 'ours'] }, { ...start, f: ['dir', 'f.txt', 'theirs'] });
  const [copied] = merged.conflicts;
  assert.ok(copied?.kind === 'copied' && formatHex(copied.fid) === fidOf('f') && copied.name === `f ${suffix}.txt`);
});
