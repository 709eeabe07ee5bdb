// The files rope, manifest, entry and directory.
import { type DcborValue, encodeDcbor } from '@reprise/protocol/formats';
import { buildContent, buildDirectory, cutByName, cutEvenly, type Engine, type Entry, type Extent, type Ref } from '@reprise/vault';
import { bytes, fixed, hash, hex, sealA, u32, type VectorCase, type VectorFile } from './reference.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const full = 4_194_304;
const fullSealed = 4_194_596;
const segment = 262_144;

function cbor(value: DcborValue): string {
  return hex(encodeDcbor(value));
}

function extent(name: string, sealedLength: number, offset: number, length: number): DcborValue[] {
  return [fixed(`id ${name}`), fixed(`key ${name}`), sealedLength, offset, length];
}

export function makeRope(): VectorFile {
  const run = (length: number, chunks: readonly (readonly number[])[]): VectorCase => ({
    name: `run of ${length}`,
    verdict: 'accepted',
    run: length,
    chunks,
  });
  const whole = (start: number): number[] => [start, full, full, fullSealed];
  const edited = [
    extent('c0', fullSealed, 0, full),
    extent('c1', fullSealed, 0, 786_432),
    extent('new', 270_404, 0, 263_144),
    extent('c1', fullSealed, 1_048_576, 3_145_728),
    extent('c2', 1_835_156, 0, 1_611_392),
  ];
  const original = [extent('c0', fullSealed, 0, full), extent('c1', fullSealed, 0, full), extent('c2', 1_835_156, 0, 1_611_392)];
  const split = [extent('c0', fullSealed, 0, segment), extent('c0', fullSealed, segment, 3 * segment), extent('c1', fullSealed, 0, full)];
  const padding = [extent('c0', fullSealed, 0, full), extent('pad', fullSealed, 0, 0)];
  const refuse = (name: string, step: string, list: DcborValue): VectorCase => ({
    name,
    verdict: 'refused',
    code: 'bad-object',
    step,
    extents: cbor(list),
    whole: [],
    joined: '',
    reads: [],
  });
  return {
    about:
      'Runs cut into chunks [start, length, P, S]; ropes: which extents cover their whole chunk, joined form, reads [index, offset in chunk, length, offset in file, first segment, segments].',
    spec: 'ropes.md',
    cases: [
      run(0, []),
      run(1, [[0, 1, 4_096, 4_148]]),
      run(4_096, [[0, 4_096, 4_096, 4_148]]),
      run(4_097, [[0, 4_097, 4_352, 4_404]]),
      run(263_144, [[0, 263_144, 270_336, 270_404]]),
      run(full, [whole(0)]),
      run(full + 1, [whole(0), [full, 1, 131_072, 131_124]]),
      run(10_000_000, [whole(0), whole(full), [2 * full, 1_611_392, 1_835_008, 1_835_156]]),
      run(270_000_000, [
        ...Array.from({ length: 64 }, (_, i) => whole(i * full)),
        [64 * full, 270_000_000 - 64 * full, full, fullSealed],
        [65 * full, 0, full, fullSealed],
      ]),
      rope('the worked example', original, [true, true, true], original, [
        { start: 9_000_000, length: 1, pieces: [[2, 611_392, 1, 9_000_000, 2, 1]] },
        {
          start: 4_194_303,
          length: 2,
          pieces: [
            [0, 4_194_303, 1, 4_194_303, 15, 1],
            [1, 0, 1, 4_194_304, 0, 1],
          ],
        },
      ]),
      rope('after an insertion', edited, [true, false, true, false, true], edited, [
        {
          start: 4_980_735,
          length: 2,
          pieces: [
            [1, 786_431, 1, 4_980_735, 2, 1],
            [2, 0, 1, 4_980_736, 0, 1],
          ],
        },
        { start: 10_000_990, length: 100, pieces: [[4, 1_611_382, 10, 10_000_990, 6, 1]] },
      ]),
      rope(
        'extents that continue each other',
        split,
        [false, false, true],
        [extent('c0', fullSealed, 0, 4 * segment), extent('c1', fullSealed, 0, full)],
        [],
      ),
      rope('a chunk of padding', padding, [true, true], padding, [
        { start: 0, length: 9, pieces: [[0, 0, 9, 0, 0, 1]] },
        { start: full, length: 1, pieces: [] },
      ]),
      rope('no bytes', [], [], [], [{ start: 0, length: 1, pieces: [] }]),
      refuse('beyond the chunk', 'bounds', [extent('x', 4_148, 0, 4_097)]),
      refuse('offset and length beyond the chunk', 'bounds', [extent('x', fullSealed, segment, full)]),
      refuse('offset between segments', 'alignment', [extent('x', fullSealed, 1, 1)]),
      refuse('a length no object has', 'length', [extent('x', 36, 0, 0)]),
      refuse('a length no server takes', 'length', [extent('x', 4_149, 0, 1)]),
      refuse('four fields', 'form', [extent('x', 4_148, 0, 1).slice(0, 4)]),
      refuse('six fields', 'form', [[...extent('x', 4_148, 0, 1), 0]]),
      refuse('an id of 31 bytes', 'form', [[fixed('id').slice(1), fixed('key'), 4_148, 0, 1]]),
      refuse('a key of 33 bytes', 'form', [[fixed('id'), fixed('key', 33), 4_148, 0, 1]]),
      refuse('a negative offset', 'form', [extent('x', 4_148, -1, 1)]),
      refuse('a negative length', 'form', [extent('x', 4_148, 0, -1)]),
    ],
  };
}

function rope(
  name: string,
  list: readonly DcborValue[],
  whole: readonly boolean[],
  joined: readonly DcborValue[],
  reads: readonly unknown[],
): VectorCase {
  return { name, verdict: 'accepted', extents: cbor(list), whole, joined: cbor(joined), reads };
}

/** SHA-256(u32 number || u8 use): see vectors/README.md. */
function pattern(number: number, use: number): Bytes {
  return hash(u32(number >>> 0), Uint8Array.of(use)) as Bytes;
}

function patternKeys(seed: number): () => Bytes {
  let i = 0;
  return () => pattern(seed * 65_536 + i++, 3);
}

function refJson(ref: Ref): { id: string; key: string; length: number } {
  return { id: hex(ref.id), key: hex(ref.key), length: ref.length };
}

type Given = { readonly ref: string; readonly objects: readonly string[] };

/** Nodes sealed by the reference implementation: the first is the top; the others are made first, for their references. */
function given(
  label: string,
  build: (add: (value: DcborValue, change?: (plain: Uint8Array) => Uint8Array) => DcborValue) => DcborValue,
): Given {
  const objects: string[] = [];
  const add = (value: DcborValue, change = (plain: Uint8Array) => plain): DcborValue => {
    const encoded = encodeDcbor(value);
    const plain = new Uint8Array(1_024);
    plain.set(encoded);
    const key = fixed(`node ${objects.length}`);
    const sealed = sealA(label, key, change(plain));
    objects.push(hex(sealed));
    return [hash(sealed), key, encoded.length];
  };
  return { ref: cbor(build(add)), objects };
}

export async function makeManifest(engine: Engine): Promise<VectorFile> {
  const cuts = [5, 512, 513, 600, 639, 640, 641, 1_024, 1_025, 1_151, 1_152, 2_000].map(
    (cut): VectorCase => ({
      name: `leaves of ${cut} extents`,
      verdict: 'accepted',
      cut,
      leaves: cutEvenly(Array.from({ length: cut }), 512, 128).map((leaf) => leaf.length),
    }),
  );
  const trees: VectorCase[] = [];
  for (const count of [5, 512, 600, 1_200]) {
    let objects = 0;
    const extents = Array.from(
      { length: count },
      (_, i): Extent => ({ id: pattern(i, 0), key: pattern(i, 1), sealedLength: fullSealed, offset: 0, length: full }),
    );
    const content = await buildContent(extents, { engine, random: patternKeys(count), put: () => void objects++ });
    trees.push({
      name: `manifest of ${count} extents`,
      verdict: 'accepted',
      extents: count,
      objects,
      root: content.kind === 'manifest' ? refJson(content.ref) : null,
    });
  }
  return {
    about: 'Leaves by position; whole manifests under fixed keys; small trees read from their objects.',
    spec: 'ropes.md#manifests',
    cases: [...cuts, ...trees, ...givenManifests()],
  };
}

function givenManifests(): VectorCase[] {
  const label = 'rp1/obj/manifest';
  const [a, b] = [extent('a', fullSealed, 0, full), extent('b', fullSealed, 0, 100)];
  const leaf = (...extents: DcborValue[]): DcborValue => [1, 2, extents];
  const read = (name: string, size: number, count: number, tree: Given): VectorCase => ({
    name,
    verdict: 'accepted',
    size,
    count,
    ...tree,
  });
  const refuse = (name: string, step: string, code: string, size: number, tree: Given): VectorCase => ({
    name,
    verdict: 'refused',
    step,
    code,
    size,
    count: 0,
    ...tree,
  });
  const padding = Array.from({ length: 8 }, () => extent('p', 4_148, 0, 0));
  const repeated = (times: number): Given =>
    given(label, (add) => {
      const below = add(leaf(...padding));
      const node = add([1, 3, 1, Array.from({ length: 10 }, () => [below, 0])]);
      return add([1, 3, 2, Array.from({ length: times }, () => [node, 0])]);
    });
  return [
    read('one leaf, 120 times', 0, 960, repeated(12)),
    refuse('one leaf, 130 times', 'limit', 'limit-exceeded', 0, repeated(13)),
    read(
      'one leaf',
      full + 100,
      2,
      given(label, (add) => add(leaf(a, b))),
    ),
    read(
      'two leaves',
      full + 100,
      2,
      given(label, (add) =>
        add([
          1,
          3,
          1,
          [
            [add(leaf(a)), full],
            [add(leaf(b)), 100],
          ],
        ]),
      ),
    ),
    read(
      'three levels',
      full + 100,
      2,
      given(label, (add) =>
        add([
          1,
          3,
          2,
          [
            [
              add([
                1,
                3,
                1,
                [
                  [add(leaf(a)), full],
                  [add(leaf(b)), 100],
                ],
              ]),
              full + 100,
            ],
          ],
        ]),
      ),
    ),
    refuse(
      'the entry gives another size',
      'sum',
      'bad-object',
      full + 101,
      given(label, (add) => add(leaf(a, b))),
    ),
    refuse(
      'a parent gives another number',
      'sum',
      'bad-object',
      full + 100,
      given(label, (add) =>
        add([
          1,
          3,
          1,
          [
            [add(leaf(a)), full - 1],
            [add(leaf(b)), 101],
          ],
        ]),
      ),
    ),
    refuse(
      'an inner node does not add up',
      'sum',
      'bad-object',
      full + 100,
      given(label, (add) =>
        add([
          1,
          3,
          1,
          [
            [add(leaf(a)), full],
            [add(leaf(b)), 101],
          ],
        ]),
      ),
    ),
    refuse(
      'a level too high',
      'level',
      'bad-object',
      full + 100,
      given(label, (add) => add([1, 3, 2, [[add(leaf(a, b)), full + 100]]])),
    ),
    refuse(
      'a level left out',
      'level',
      'bad-object',
      full,
      given(label, (add) => add([1, 3, 2, [[add([1, 3, 2, [[add(leaf(a)), full]]]), full]]])),
    ),
    refuse(
      'level 0',
      'level',
      'bad-object',
      full,
      given(label, (add) => add([1, 3, 0, [[add(leaf(a)), full]]])),
    ),
    refuse(
      'four levels',
      'level',
      'bad-object',
      full,
      given(label, (add) => add([1, 3, 3, [[add([1, 3, 2, [[add([1, 3, 1, [[add(leaf(a)), full]]]), full]]]), full]]])),
    ),
    refuse(
      'leaves on two levels',
      'level',
      'bad-object',
      2 * full,
      given(label, (add) =>
        add([
          1,
          3,
          2,
          [
            [add([1, 3, 1, [[add(leaf(a)), full]]]), full],
            [add(leaf(a)), full],
          ],
        ]),
      ),
    ),
    refuse(
      'a leaf of nothing',
      'form',
      'bad-object',
      0,
      given(label, (add) => add(leaf())),
    ),
    refuse(
      'an inner node of nothing',
      'form',
      'bad-object',
      0,
      given(label, (add) => add([1, 3, 1, []])),
    ),
    refuse(
      'version 2',
      'form',
      'bad-object',
      full,
      given(label, (add) => add([2, 2, [a]])),
    ),
    refuse(
      'type of a directory leaf',
      'form',
      'bad-object',
      full,
      given(label, (add) => add([1, 0, [a]])),
    ),
    refuse(
      'a field too many',
      'form',
      'bad-object',
      full,
      given(label, (add) => add([1, 2, [a], 0])),
    ),
    refuse(
      'padding that is not zero',
      'padding',
      'bad-object',
      full,
      given(label, (add) => add(leaf(a), (plain) => plain.map((byte, i) => (i === 1_023 ? 1 : byte)))),
    ),
    refuse(
      'label of a directory',
      'commitment',
      'reject',
      full,
      given('rp1/obj/node', (add) => add(leaf(a))),
    ),
    refuse('an object that is not there', 'length', 'reject', full, { ...given(label, (add) => add(leaf(a))), objects: [] }),
  ];
}

export function makeEntry(): VectorFile {
  const fid = fixed('fid', 16);
  const ref = [fixed('ref id'), fixed('ref key'), 900];
  const time = 1_700_000_000_123_456_789n;
  const photo: DcborValue[] = [
    'photo.jpg',
    fid,
    0,
    3_000_000,
    time,
    0,
    [extent('photo', 3_014_884, 0, 3_000_000)],
    fixed('digest'),
    null,
    new Map(),
  ];
  const change = (index: number, value: DcborValue): DcborValue[] => photo.map((field, i) => (i === index ? value : field));
  const directory: DcborValue[] = ['holiday', fid, 2, 3_000_000, time, 0, ref, null, null, new Map()];
  const link = (target: DcborValue): DcborValue[] => ['latest', fid, 3, 0, time, 0, target, null, null, new Map()];
  const empty: DcborValue[] = ['empty', fid, 0, 0, time, 0, [], null, null, new Map()];
  const refuse = (name: string, step: string, code: string, entry: DcborValue): VectorCase => ({
    name,
    verdict: 'refused',
    code,
    step,
    bytes: cbor(entry),
    entry: null,
  });
  return {
    about: 'Entries of every kind, and their fields.',
    spec: 'directories.md#entries',
    cases: [
      entryCase('a photo', photo, { kind: 'file', extents: [extentJson('photo', 3_014_884, 0, 3_000_000)] }),
      entryCase('an empty file', empty, { kind: 'file', extents: [] }),
      entryCase('a program', ['run', fid, 0, 0, 0, 1, [], fixed('digest'), null, new Map()], { kind: 'file', extents: [] }),
      entryCase(
        'four extents',
        ['four', fid, 0, 400, -1, 0, [1, 2, 3, 4].map((i) => extent(`four ${i}`, 4_148, 0, 100)), null, null, new Map()],
        { kind: 'file', extents: [1, 2, 3, 4].map((i) => extentJson(`four ${i}`, 4_148, 0, 100)) },
      ),
      entryCase('a large file', ['video', fid, 1, 4 * 2 ** 40, time, 0, ref, null, ref, new Map()], { kind: 'manifest', ref: refOf(ref) }),
      entryCase('a directory', directory, { kind: 'directory', ref: refOf(ref) }),
      entryCase('a symlink', link('../a/b'), { kind: 'symlink', target: '../a/b' }),
      entryCase('a mount', ['space', fid, 4, 0, 0, 0, fixed('space'), null, null, new Map()], {
        kind: 'mount',
        space: hex(fixed('space')),
      }),
      entryCase('a kind of a later version', ['new', fid, 9, 7, 0, 0, [1, 'x'], fixed('digest'), null, new Map()], {
        kind: 'unknown',
        number: 9,
        value: [1, 'x'],
      }),
      entryCase(
        'ext',
        change(
          9,
          new Map<number, DcborValue>([
            [100, bytes('ff66')],
            [101, time],
            [4_000, 'later'],
          ]),
        ),
        { kind: 'file', extents: [extentJson('photo', 3_014_884, 0, 3_000_000)] },
      ),
      entryCase('the earliest time', ['t', fid, 0, 0, -(2n ** 63n), 0, [], null, null, new Map()], { kind: 'file', extents: [] }),
      entryCase('the latest time', ['t', fid, 0, 0, 2n ** 63n - 1n, 0, [], null, null, new Map()], { kind: 'file', extents: [] }),
      refuse('a name with a slash', 'name', 'bad-name', change(0, 'a/b')),
      refuse('a name of bytes', 'form', 'bad-object', change(0, bytes('61'))),
      refuse('two dots', 'name', 'bad-name', change(0, '..')),
      refuse('fid of 15 bytes', 'form', 'bad-object', change(1, fixed('fid', 15))),
      refuse('a negative kind', 'form', 'bad-object', change(2, -1)),
      refuse('a size that is not the sum', 'sum', 'bad-object', change(3, 2_999_999)),
      refuse('a negative size', 'form', 'bad-object', change(3, -1)),
      refuse('a file beyond 4 TiB', 'limit', 'limit-exceeded', ['video', fid, 1, 4 * 2 ** 40 + 1, time, 0, ref, null, null, new Map()]),
      refuse('a time of text', 'form', 'bad-object', change(4, '1700000000')),
      refuse('a time beyond 64 bits', 'form', 'bad-object', change(4, 2n ** 63n)),
      refuse('a time before 64 bits', 'form', 'bad-object', change(4, -(2n ** 63n) - 1n)),
      refuse('flag 2', 'form', 'bad-object', change(5, 2)),
      refuse(
        'five extents',
        'form',
        'bad-object',
        change(
          6,
          [1, 2, 3, 4, 5].map((i) => extent(`five ${i}`, 600_084, 0, 600_000)),
        ),
      ),
      refuse('a ref as content of a file', 'form', 'bad-object', change(6, ref)),
      refuse('digest of 31 bytes', 'form', 'bad-object', change(7, fixed('digest', 31))),
      refuse('digest false', 'form', 'bad-object', change(7, false)),
      refuse('thumb of two fields', 'form', 'bad-object', change(8, ref.slice(0, 2))),
      refuse('ext key 99', 'form', 'bad-object', change(9, new Map([[99, 1]]))),
      refuse('ext of 257 bytes', 'limit', 'bad-object', change(9, new Map([[100, fixed('ext', 252)]]))),
      refuse('ext null', 'form', 'bad-object', change(9, null)),
      refuse('nine fields', 'form', 'bad-object', photo.slice(0, 9)),
      refuse('eleven fields', 'form', 'bad-object', [...photo, null]),
      refuse(
        'a directory with a digest',
        'form',
        'bad-object',
        directory.map((field, i) => (i === 7 ? fixed('digest') : field)),
      ),
      refuse(
        'a directory that runs',
        'form',
        'bad-object',
        directory.map((field, i) => (i === 5 ? 1 : field)),
      ),
      refuse(
        'a directory of no node',
        'form',
        'bad-object',
        directory.map((field, i) => (i === 6 ? [fixed('id'), fixed('key'), 0] : field)),
      ),
      refuse(
        'a node beyond 1 MiB',
        'form',
        'bad-object',
        directory.map((field, i) => (i === 6 ? [fixed('id'), fixed('key'), 1_048_577] : field)),
      ),
      refuse('a symlink with a size', 'form', 'bad-object', ['l', fid, 3, 1, 0, 0, 'a', null, null, new Map()]),
      refuse('a symlink to nothing', 'form', 'bad-object', link('')),
      refuse('a target of 641 bytes', 'limit', 'bad-object', link('a'.repeat(641))),
      refuse('a mount of 31 bytes', 'form', 'bad-object', ['space', fid, 4, 0, 0, 0, fixed('space', 31), null, null, new Map()]),
      refuse('an entry beyond 1,280 bytes', 'limit', 'limit-exceeded', [
        'new',
        fid,
        9,
        0,
        0,
        0,
        fixed('later', 1_300),
        null,
        null,
        new Map(),
      ]),
      refuse('no array', 'form', 'bad-object', new Map([[1, 'photo.jpg']])),
    ],
  };
}

function extentJson(name: string, sealedLength: number, offset: number, length: number): unknown {
  return { id: hex(fixed(`id ${name}`)), key: hex(fixed(`key ${name}`)), sealedLength, offset, length };
}

function refOf(ref: readonly DcborValue[]): { id: string; key: string; length: number } {
  return { id: hex(ref[0] as Uint8Array), key: hex(ref[1] as Uint8Array), length: ref[2] as number };
}

function entryCase(name: string, entry: readonly DcborValue[], content: unknown): VectorCase {
  const [title, fid, , size, mtime, flags, , digest, thumb, ext] = entry as DcborValue[];
  return {
    name,
    verdict: 'accepted',
    bytes: cbor(entry as DcborValue),
    entry: {
      name: title,
      fid: hex(fid as Uint8Array),
      content,
      size,
      mtimeNs: String(mtime),
      executable: flags === 1,
      digest: digest === null ? null : hex(digest as Uint8Array),
      thumb: thumb === null ? null : refOf(thumb as DcborValue[]),
      ext: [...(ext as Map<number, DcborValue>)].map(([key, value]) => [
        key,
        value instanceof Uint8Array ? hex(value) : typeof value === 'bigint' ? String(value) : value,
      ]),
    },
  };
}

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
