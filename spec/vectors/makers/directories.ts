// The file directory.
import type { DcborValue } from '@reprise/protocol/formats';
import { buildDirectory, cutByName, type Engine, type Entry } from '@reprise/vault';
import { type Given, given, pattern, patternKeys, refJson } from './nodes.ts';
import { bytes, fixed, hex, type VectorCase, type VectorFile } from './reference.ts';

export async function makeDirectory(engine: Engine): Promise<VectorFile> {
  const boundaryKey = fixed('boundary key');
  const trees: VectorCase[] = [];
  for (const [i, count] of [0, 1, 256, 257, 1_000, 10_000].entries()) {
    const entries = Array.from({ length: count }, (_, n) => patternEntry('IMG_#.JPG', n));
    let objects = 0;
    const root = await buildDirectory(entries, boundaryKey, { engine, random: patternKeys(i), put: () => void objects++ });
    const leaves = count > 256 ? { leaves: cutByName(boundaryKey, 0, entries, (entry) => entry.name).map((leaf) => leaf.length) } : {};
    trees.push({
      name: `${count} entries`,
      verdict: 'accepted',
      pattern: 'IMG_#.JPG',
      entries: count,
      boundaryKey: hex(boundaryKey),
      seed: i,
      ...leaves,
      objects,
      root: refJson(root),
    });
  }
  return {
    about: 'Directories of fixed names under fixed keys, with the sizes of their leaves; small trees read from their objects.',
    spec: 'directories.md',
    cases: [...trees, ...givenDirectories()],
  };
}

function patternEntry(name: string, n: number): Entry {
  return {
    name: name.replace('#', String(n).padStart(6, '0')),
    fid: pattern(n, 2).slice(0, 16),
    content: { kind: 'file', extents: [] },
    size: 0,
    mtimeNs: 1_700_000_000_000_000_000n,
    executable: false,
    digest: null,
    thumb: null,
    ext: new Map(),
  };
}

/** An inner node: what all first names begin with stands once. */
function inner(level: number, children: readonly (readonly [name: string, ref: DcborValue, count: number])[]): DcborValue {
  const names = children.map(([name]) => name);
  let shared = 0;
  while (names.every((name) => shared < name.length && name[shared] === names[0]?.[shared])) shared++;
  return [1, 1, level, names[0]?.slice(0, shared) ?? '', children.map(([name, ...rest]) => [name.slice(shared), ...rest])];
}

function givenDirectories(): VectorCase[] {
  const label = 'rp1/obj/node';
  const entry = (name: string): DcborValue => [name, fixed(`fid ${name}`, 16), 0, 0, 0, 0, [], null, null, new Map()];
  const leaf = (...names: string[]): DcborValue => [1, 0, names.map(entry)];
  const read = (name: string, names: readonly string[], tree: Given): VectorCase => ({ name, verdict: 'accepted', names, ...tree });
  const refuse = (name: string, step: string, code: string, tree: Given): VectorCase => ({
    name,
    verdict: 'refused',
    step,
    code,
    names: [],
    ...tree,
  });
  const two = (
    first: DcborValue,
    second: DcborValue,
    names: readonly [string, string],
    counts: readonly [number, number],
    level = 1,
  ): Given =>
    given(label, (add) =>
      add(
        inner(level, [
          [names[0], add(first), counts[0]],
          [names[1], add(second), counts[1]],
        ]),
      ),
    );
  return [
    read(
      'one leaf',
      ['a', 'b'],
      given(label, (add) => add(leaf('a', 'b'))),
    ),
    read(
      'no entry',
      [],
      given(label, (add) => add(leaf())),
    ),
    read(
      'order of bytes',
      ['B', 'a', '\uff5e', '\u{1f642}'],
      given(label, (add) => add(leaf('B', 'a', '\uff5e', '\u{1f642}'))),
    ),
    read('two leaves', ['a', 'b', 'c'], two(leaf('a', 'b'), leaf('c'), ['a', 'c'], [2, 1])),
    read(
      'three levels',
      ['a', 'b'],
      given(label, (add) =>
        add(
          inner(2, [
            ['a', add(inner(1, [['a', add(leaf('a')), 1]])), 1],
            ['b', add(inner(1, [['b', add(leaf('b')), 1]])), 1],
          ]),
        ),
      ),
    ),
    refuse(
      'names unsorted',
      'order',
      'bad-object',
      given(label, (add) => add(leaf('b', 'a'))),
    ),
    refuse(
      'order of UTF-16',
      'order',
      'bad-object',
      given(label, (add) => add(leaf('\u{1f642}', '\uff5e'))),
    ),
    refuse(
      'a name twice',
      'order',
      'bad-object',
      given(label, (add) => add(leaf('a', 'a'))),
    ),
    refuse(
      'a bad name',
      'name',
      'bad-name',
      given(label, (add) => add(leaf('a/b'))),
    ),
    refuse('first names unsorted', 'order', 'bad-object', two(leaf('c'), leaf('a'), ['c', 'a'], [1, 1])),
    refuse('leaves overlap', 'order', 'bad-object', two(leaf('a', 'c'), leaf('b'), ['a', 'b'], [2, 1])),
    refuse('a leaf ends with the next one’s name', 'order', 'bad-object', two(leaf('a', 'b'), leaf('b'), ['a', 'b'], [2, 1])),
    refuse(
      'subtrees overlap',
      'order',
      'bad-object',
      given(label, (add) =>
        add(
          inner(2, [
            ['a', add(inner(1, [['a', add(leaf('a', 'c')), 2]])), 2],
            ['b', add(inner(1, [['b', add(leaf('b')), 1]])), 1],
          ]),
        ),
      ),
    ),
    read('first names that begin alike', ['IMG_1', 'IMG_2'], two(leaf('IMG_1'), leaf('IMG_2'), ['IMG_1', 'IMG_2'], [1, 1])),
    refuse(
      'a prefix shorter than need be',
      'prefix',
      'bad-object',
      given(label, (add) =>
        add([
          1,
          1,
          1,
          'IM',
          [
            ['G_1', add(leaf('IMG_1')), 1],
            ['G_2', add(leaf('IMG_2')), 1],
          ],
        ]),
      ),
    ),
    refuse(
      'a bad name behind a prefix',
      'name',
      'bad-name',
      given(label, (add) =>
        add([
          1,
          1,
          1,
          'a',
          [
            ['/b', add(leaf('a')), 1],
            ['c', add(leaf('ac')), 1],
          ],
        ]),
      ),
    ),
    refuse('another first name', 'first name', 'bad-object', two(leaf('b'), leaf('c'), ['a', 'c'], [1, 1])),
    refuse('another count', 'count', 'bad-object', two(leaf('a'), leaf('c'), ['a', 'c'], [2, 1])),
    refuse('count 0', 'form', 'bad-object', two(leaf(), leaf('c'), ['a', 'c'], [0, 1])),
    refuse('a level too high', 'level', 'bad-object', two(leaf('a'), leaf('c'), ['a', 'c'], [1, 1], 2)),
    refuse('level 0', 'level', 'bad-object', two(leaf('a'), leaf('c'), ['a', 'c'], [1, 1], 0)),
    refuse('level 4', 'level', 'bad-object', two(leaf('a'), leaf('c'), ['a', 'c'], [1, 1], 4)),
    refuse('more than a million', 'limit', 'limit-exceeded', two(leaf('a'), leaf('c'), ['a', 'c'], [1_000_000, 1])),
    refuse(
      'an inner node of nothing',
      'form',
      'bad-object',
      given(label, (add) => add([1, 1, 1, '', []])),
    ),
    refuse(
      'version 2',
      'form',
      'bad-object',
      given(label, (add) => add([2, 0, []])),
    ),
    refuse(
      'type of a manifest leaf',
      'form',
      'bad-object',
      given(label, (add) => add([1, 2, []])),
    ),
    refuse(
      'padding that is not zero',
      'padding',
      'bad-object',
      given(label, (add) => add(leaf('a'), (plain) => plain.map((byte, i) => (i === 1_000 ? 1 : byte)))),
    ),
    refuse(
      'label of a manifest',
      'commitment',
      'reject',
      given('rp1/obj/manifest', (add) => add(leaf('a'))),
    ),
    refuse('an object that is not there', 'length', 'reject', { ...given(label, (add) => add(leaf('a'))), objects: [] }),
  ];
}
