// The file rope.
import type { DcborValue } from '@reprise/protocol/formats';
import { cbor, extent, full, fullSealed } from './nodes.ts';
import { fixed, type VectorCase, type VectorFile } from './reference.ts';

const segment = 262_144;

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
