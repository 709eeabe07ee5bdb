import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineAt, lineOf, linesOf, timeAt, topsOf, yearsOf } from './days.ts';

const heights = { month: 60, day: 30, pictures: 100 };
const at = (text: string): number => Date.parse(`${text}Z`);
const taken = [
  at('2026-03-02T10:00:00'),
  at('2026-03-01T23:59:59'),
  at('2026-03-01T12:00:00'),
  at('2026-03-01T00:00:00'),
  at('2026-02-28T23:59:59'),
  at('2025-12-31T08:00:00'),
];

test('pictures stand under their day, days under their month, whatever zone this program runs in', () => {
  const shown = linesOf(taken, 2).map((line) => (line.kind === 'pictures' ? `${line.start}-${line.end}` : line.kind));
  assert.deepEqual(shown, ['month', 'day', '0-1', 'day', '1-3', '3-4', 'month', 'day', '4-5', 'month', 'day', '5-6']);
  assert.deepEqual(linesOf([], 3), []);
});

test('each height leads to its line, and each picture to the line that holds it', () => {
  const lines = linesOf(taken, 2);
  const tops = topsOf(lines, heights);
  assert.equal(tops.at(-1), 3 * 60 + 4 * 30 + 5 * 100);
  for (const [i] of lines.entries()) assert.equal(lineAt(tops, tops[i]! + 1), i);
  for (const [index] of taken.entries()) {
    const line = lines[lineOf(lines, index)]!;
    assert.ok(line.kind === 'pictures' && line.start <= index && index < line.end, `picture ${index}`);
  }
});

test('years begin at their newest month, and a line knows its time', () => {
  const lines = linesOf(taken, 2);
  const tops = topsOf(lines, heights);
  assert.deepEqual(
    yearsOf(lines, tops).map(({ year }) => year),
    [2026, 2025],
  );
  assert.equal(timeAt(lines, 4, taken), taken[1]);
  assert.equal(timeAt(lines, 0, taken), taken[0]);
  assert.ok(Number.isNaN(timeAt(lines, 99, taken)));
});

test('twenty thousand pictures of ten years are cut within a moment of work: each is looked at a bounded number of times', () => {
  let looks = 0;
  const many = new Proxy(
    Float64Array.from({ length: 20_000 }, (_, i) => at('2026-11-01T00:00:00') - i * 15_768_000),
    {
      get: (array, key) => {
        if (key !== 'length') looks++;
        return Reflect.get(array, key);
      },
    },
  ) as unknown as ArrayLike<number>;
  const lines = linesOf(many, 6);
  assert.equal(
    lines.reduce((sum, line) => sum + (line.kind === 'pictures' ? line.end - line.start : 0), 0),
    20_000,
  );
  assert.ok(looks < 3 * 20_000, `${looks} looks`);
});
