import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { chunkBytes, isSealedLength, padme, segmentBytes } from '@reprise/protocol/formats';
import fc from 'fast-check';
import {
  type Extent,
  decodeExtent,
  encodeExtent,
  joinExtents,
  locateRange,
  planRun,
  ropeLength,
  segmentsOf,
  storedLength,
} from './rope.ts';

const length = fc.oneof(fc.nat(10_000), fc.nat(50_000_000), fc.nat(2_000_000_000));

function extentsOf(bytes: number): Extent[] {
  return planRun(bytes).map((cut) => ({
    id: systemRandom(32),
    key: systemRandom(32),
    sealedLength: cut.sealedLength,
    offset: 0,
    length: cut.length,
  }));
}

test('the chunks of a run add up to it, are padded as a whole, and have lengths that a server takes', () => {
  fc.assert(
    fc.property(length, (bytes) => {
      const cuts = planRun(bytes);
      assert.equal(
        cuts.reduce((sum, cut) => sum + cut.length, 0),
        bytes,
      );
      assert.equal(
        cuts.reduce((sum, cut) => sum + cut.paddedLength, 0),
        bytes === 0 ? 0 : Math.max(4_096, padme(bytes)),
      );
      assert.equal(
        cuts.reduce((sum, cut) => sum + cut.sealedLength, 0),
        storedLength(bytes),
      );
      for (const [i, cut] of cuts.entries()) {
        assert.equal(cut.start, i * chunkBytes);
        assert.ok(isSealedLength(cut.sealedLength));
        assert.ok(cut.length <= cut.paddedLength);
      }
    }),
  );
});

test('the number and sizes of chunks depend on the padded length alone', () => {
  fc.assert(
    fc.property(length, (bytes) => {
      const shape = (of: number): readonly number[] => planRun(of).map((cut) => cut.sealedLength);
      if (bytes > 0) assert.deepEqual(shape(bytes), shape(Math.max(4_096, padme(bytes))));
    }),
  );
});

test('a range is made of pieces that follow each other and lie in their segments', () => {
  fc.assert(
    fc.property(fc.nat(40_000_000), fc.nat(40_000_000), fc.nat(10_000_000), (bytes, start, wanted) => {
      const extents = extentsOf(bytes);
      let at = start;
      for (const piece of locateRange(extents, start, wanted)) {
        assert.equal(piece.fileOffset, at);
        assert.equal(piece.index * chunkBytes + piece.chunkOffset, at);
        const { first, count } = segmentsOf(piece);
        assert.ok(first * segmentBytes <= piece.chunkOffset && piece.chunkOffset + piece.length <= (first + count) * segmentBytes);
        at += piece.length;
      }
      assert.equal(at, Math.max(start, Math.min(start + wanted, bytes)));
    }),
  );
});

test('an extent comes back from its encoding', () => {
  for (const extent of extentsOf(9_000_000)) assert.deepEqual(decodeExtent(encodeExtent(extent)), extent);
});

test('joining keeps the bytes and merges neighbours of one chunk only', () => {
  const [a, b] = extentsOf(2 * chunkBytes) as [Extent, Extent];
  const parts = [
    { ...a, length: segmentBytes },
    { ...a, offset: segmentBytes, length: segmentBytes },
    b,
    { ...a, offset: 3 * segmentBytes, length: segmentBytes },
  ];
  const joined = joinExtents(parts);
  assert.equal(joined.length, 3);
  assert.equal(ropeLength(joined), ropeLength(parts));
});

test('a run is a whole number of bytes up to 4 TiB', () => {
  for (const bad of [-1, 0.5, Number.NaN, 4 * 2 ** 40 + 1]) assert.throws(() => planRun(bad), { name: 'AssertionFailure' });
});
