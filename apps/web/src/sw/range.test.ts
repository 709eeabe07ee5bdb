import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRange } from './range.ts';

test('a range is answered as asked, cut at the end of the file', () => {
  const size = 1_000;
  const cases = [
    ['bytes=0-1', { start: 0, end: 2 }],
    ['bytes=10-', { start: 10, end: 1_000 }],
    ['bytes=-10', { start: 990, end: 1_000 }],
    ['bytes=-5000', { start: 0, end: 1_000 }],
    ['bytes=990-5000', { start: 990, end: 1_000 }],
    ['bytes=1000-', 'outside'],
    ['bytes=-0', 'outside'],
    ['bytes=5-4', undefined],
    ['bytes=-', undefined],
    ['bytes=0-1,5-6', undefined],
    ['items=0-1', undefined],
    [null, undefined],
  ] as const;
  for (const [header, expected] of cases) assert.deepEqual(parseRange(header, size), expected, String(header));
});

test('an empty file has no range', () => {
  assert.equal(parseRange('bytes=0-', 0), 'outside');
});
