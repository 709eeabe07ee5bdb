import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextPosition } from './grid-keys.ts';
import { heightMax, positionsIn, rowWindow, scrollTopFor, spacerHeight } from './window.ts';

const view = { viewHeight: 800, rowHeight: 44, rows: 100_000, overscan: 8 };

test('only the rows in view and a few around them exist', () => {
  assert.deepEqual(rowWindow({ ...view, scrollTop: 0 }), { start: 0, end: 27, shift: 0 });
  const middle = rowWindow({ ...view, scrollTop: 44_000 });
  assert.deepEqual(middle, { start: 992, end: 1027, shift: 0 });
  const last = rowWindow({ ...view, scrollTop: 100_000 * 44 - 800 });
  assert.equal(last.end, 100_000);
});

test('a list of any length reaches its last row at the end of the scroll bar', () => {
  const rows = 1_000_000;
  const scrollTop = spacerHeight(rows, 64) - 800;
  assert.equal(spacerHeight(rows, 64), heightMax);
  const { start, end, shift } = rowWindow({ scrollTop, viewHeight: 800, rowHeight: 64, rows, overscan: 0 });
  assert.equal(end, rows);
  // The first row drawn stands at the top of what is seen, not where the unscaled list would have it.
  assert.ok(Math.abs(start * 64 + shift - scrollTop) <= 64);
});

test('a row is brought into view with as little movement as possible, also in a scaled list', () => {
  assert.equal(scrollTopFor(5, { ...view, scrollTop: 0 }), null);
  assert.equal(scrollTopFor(0, { ...view, scrollTop: 500 }), 0);
  assert.equal(scrollTopFor(100, { ...view, scrollTop: 0 }), 101 * 44 - 800);
  const rows = 1_000_000;
  for (const row of [0, 1234, 500_000, rows - 1]) {
    const at = { viewHeight: 800, rowHeight: 64, rows };
    const scrollTop = scrollTopFor(row, { ...at, scrollTop: row < rows / 2 ? spacerHeight(rows, 64) : 0 });
    assert.notEqual(scrollTop, null);
    const { start, end } = rowWindow({ ...at, scrollTop: scrollTop!, overscan: 0 });
    assert.ok(start <= row && row < end, `${row} is not within ${start} to ${end}`);
  }
});

test('a rubber band touches cells by columns and rows', () => {
  const cells = { count: 10, columns: 4, cellWidth: 100, cellHeight: 80 };
  assert.deepEqual(positionsIn({ left: 50, top: 10, right: 150, bottom: 90 }, cells), [0, 1, 4, 5]);
  assert.deepEqual(positionsIn({ left: 0, top: 161, right: 900, bottom: 900 }, cells), [8, 9]);
  assert.deepEqual(positionsIn({ left: -50, top: -50, right: -10, bottom: -10 }, cells), []);
});

test('arrows stay inside the grid, pages and ends lead where their names say', () => {
  const list = { count: 50, columns: 1, pageRows: 10 };
  assert.equal(nextPosition('ArrowDown', 49, list), 49);
  assert.equal(nextPosition('ArrowUp', 0, list), 0);
  assert.equal(nextPosition('ArrowRight', 3, list), null);
  assert.equal(nextPosition('PageDown', 3, list), 12);
  assert.equal(nextPosition('End', 3, list), 49);
  assert.equal(nextPosition('x', 3, list), null);
  assert.equal(nextPosition('Home', 0, { ...list, count: 0 }), null);
  const tiles = { count: 10, columns: 4, pageRows: 2 };
  assert.equal(nextPosition('ArrowDown', 5, tiles), 9);
  assert.equal(nextPosition('ArrowDown', 6, tiles), 6);
  assert.equal(nextPosition('ArrowRight', 9, tiles), 9);
});
