import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkFacts } from '../links/rules.ts';
import { isOrphan, isReleased, isSparse, layOut } from './rules.ts';

const live: LinkFacts = {
  expires_at: null,
  downloads_max: null,
  finished: 0,
  ended_at: null,
  removed_reference: null,
  removed_ground: null,
  removed_at: null,
};

test('a list holds until its link ends; a removal alone ends nothing, for it may be undone', () => {
  const table: readonly (readonly [Partial<LinkFacts>, boolean])[] = [
    [{}, false],
    [{ removed_at: 1 }, false],
    [{ removed_at: 1, expires_at: 99 }, true],
    [{ removed_at: 1, ended_at: 1 }, true],
    [{ expires_at: 100 }, true],
    [{ expires_at: 101 }, false],
    [{ downloads_max: 3, finished: 3 }, true],
    [{ downloads_max: 3, finished: 2 }, false],
  ];
  for (const [facts, released] of table) assert.equal(isReleased({ ...live, ...facts }, 100), released, JSON.stringify(facts));
});

test('a pack is sparse below three fifths, and an orphan after a day', () => {
  assert.deepEqual([isSparse(59, 100), isSparse(60, 100), isSparse(0, 100)], [true, false, true]);
  assert.deepEqual([isOrphan(0, 86_400_000), isOrphan(0, 86_400_001)], [false, true]);
});

test('a copy is laid out as frames one behind the other', () => {
  assert.deepEqual(
    layOut([{ length: 10 }, { length: 5 }, { length: 1 }], 36).map(({ newOffset }) => newOffset),
    [36, 82, 123],
  );
  assert.deepEqual(layOut([], 36), []);
});
