import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineAt, linesOf, topsOf } from './days.ts';

test('pictures stand under their own day, so many a line', () => {
  const noon = (day: number): number => new Date(2026, 9, day, 12).getTime();
  const lines = linesOf([noon(25) + 7, noon(25), noon(25) - 9, noon(24), noon(2)], 2);
  assert.deepEqual(lines, [
    { kind: 'day', at: noon(25) + 7 },
    { kind: 'pictures', start: 0, end: 2 },
    { kind: 'pictures', start: 2, end: 3 },
    { kind: 'day', at: noon(24) },
    { kind: 'pictures', start: 3, end: 4 },
    { kind: 'day', at: noon(2) },
    { kind: 'pictures', start: 4, end: 5 },
  ]);
  assert.deepEqual(linesOf([], 3), []);
  const tops = topsOf(lines, 56, 100);
  assert.deepEqual([...tops], [0, 56, 156, 256, 312, 412, 468, 568]);
  assert.deepEqual(
    [0, 55, 56, 311, 312, 9999].map((y) => lineAt(tops, y)),
    [0, 0, 1, 3, 4, 6],
  );
});
