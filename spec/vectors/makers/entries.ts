// The file entry.
import type { DcborValue } from '@reprise/protocol/formats';
import { cbor, extent } from './nodes.ts';
import { bytes, fixed, hex, type VectorCase, type VectorFile } from './reference.ts';

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
