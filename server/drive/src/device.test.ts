import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTimely } from './device.ts';

test('five minutes of skew are taken on either side, not more', () => {
  const now = 1_800_000_000_000;
  for (const [timeMs, timely] of [
    [now, true],
    [now - 300_000, true],
    [now + 300_000, true],
    [now - 300_001, false],
    [now + 300_001, false],
    [0, false],
  ] as const) {
    assert.equal(isTimely(timeMs, now), timely);
  }
});
