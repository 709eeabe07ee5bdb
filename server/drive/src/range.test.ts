import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRangeHeader } from './range.ts';

test('a range stays inside the object, is never empty, and is what was asked', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e7 }), fc.nat(2e7), fc.nat(2e7), (bytes, a, b) => {
      const answer = readRangeHeader(`bytes=${a}-${b}`, bytes);
      if (b < a) assert.deepEqual(answer, { kind: 'whole' });
      else if (a >= bytes) assert.deepEqual(answer, { kind: 'refused' });
      else assert.deepEqual(answer, { kind: 'part', start: a, endExclusive: Math.min(bytes, b + 1) });
    }),
  );
});

test('open and suffix ranges are cut to the object', () => {
  const table = [
    ['bytes=0-', { kind: 'part', start: 0, endExclusive: 10 }],
    ['bytes=9-', { kind: 'part', start: 9, endExclusive: 10 }],
    ['bytes=10-', { kind: 'refused' }],
    ['bytes=-3', { kind: 'part', start: 7, endExclusive: 10 }],
    ['bytes=-10', { kind: 'part', start: 0, endExclusive: 10 }],
    ['bytes=-99999999999999999999', { kind: 'part', start: 0, endExclusive: 10 }],
    ['bytes=99999999999999999999-', { kind: 'refused' }],
    ['bytes=-0', { kind: 'refused' }],
    [undefined, { kind: 'whole' }],
    ['bytes=0-1, 3-4', { kind: 'whole' }],
    ['items=0-1', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    ['bytes=1', { kind: 'whole' }],
  ] as const;
  for (const [header, answer] of table) assert.deepEqual(readRangeHeader(header, 10), answer, String(header));
  assert.deepEqual(readRangeHeader('bytes=0-1', 10, false), { kind: 'whole' });
});
