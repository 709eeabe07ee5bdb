// How long news are waited with before somebody looks. spec/sync.md "Following".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatheringMs } from './follow.ts';

const cases: readonly (readonly [what: string, isHere: boolean, restedMs: number, expectedMs: number])[] = [
  ['something changed on the disk, after a long rest', true, 60_000, 60],
  ['something changed on the disk, at once after a look', true, 0, 60],
  ['a commit in the drive, after a long rest', false, 60_000, 0],
  ['a commit in the drive, 60 ms after a look', false, 60, 0],
  ['a commit in the drive, 20 ms after a look', false, 20, 40],
  ['a commit in the drive, at once after a look', false, 0, 60],
  ['a commit in the drive, and the clock was set back', false, -3_600_000, 60],
];

for (const [what, isHere, restedMs, expectedMs] of cases)
  test(`${what}: ${expectedMs} ms are waited`, () => assert.equal(gatheringMs(isHere, restedMs), expectedMs));
