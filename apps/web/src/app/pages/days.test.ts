import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesOf } from './days.ts';

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
});
