import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  between,
  countSelected,
  everything,
  isSelected,
  keepExisting,
  nothing,
  of,
  single,
  range,
  selectedIds,
  toggle,
} from './selection.ts';

const idAt = (position: number): string => `id${position}`;
const total = 10;
const chosen = (selection: Parameters<typeof selectedIds>[0]): string => [...selectedIds(selection, total, idAt)].sort().join(' ');

test('a click selects one, Ctrl adds and takes away, Shift reaches from where the last click was', () => {
  let selection = single('id2', 2);
  assert.equal(chosen(selection), 'id2');
  selection = toggle(selection, 'id5', 5);
  assert.equal(chosen(selection), 'id2 id5');
  assert.equal(chosen(toggle(selection, 'id2', 2)), 'id5');
  assert.equal(chosen(range(selection, 7, idAt, false)), 'id5 id6 id7');
  assert.equal(chosen(range(selection, 3, idAt, true)), 'id2 id3 id4 id5');
});

test('a range shrinks again when its end comes back', () => {
  let selection = single('id4', 4);
  selection = range(selection, 8, idAt, false);
  selection = range(selection, 6, idAt, false);
  assert.equal(chosen(selection), 'id4 id5 id6');
});

test('everything is selected without naming anything, and loses what is taken away', () => {
  const all = everything(nothing);
  assert.equal(countSelected(all, 100_000), 100_000);
  assert.equal(all.ids.size, 0);
  const some = toggle(all, 'id3', 3);
  assert.equal(isSelected(some, 'id3'), false);
  assert.equal(countSelected(some, total), 9);
  assert.equal(selectedIds(some, total, idAt).length, 9);
  assert.equal(countSelected(between(some, 3, 3, idAt, true), total), 10);
});

test('a rubber band selects what it touches, with Ctrl besides what was selected', () => {
  assert.equal(chosen(of(single('id9', 9), [1, 2], idAt, false)), 'id1 id2');
  assert.equal(chosen(of(single('id9', 9), [1, 2], idAt, true)), 'id1 id2 id9');
});

test('what is gone from the folder is no longer selected', () => {
  const selection = toggle(single('id1', 1), 'id2', 2);
  const kept = keepExisting(selection, (id) => id !== 'id1');
  assert.equal(chosen(kept), 'id2');
  assert.equal(
    keepExisting(kept, () => true),
    kept,
  );
});
