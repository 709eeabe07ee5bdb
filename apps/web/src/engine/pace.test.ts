import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PaceMeter } from './pace.ts';

test('there is no speed at first, no time left for five seconds, then both', () => {
  const pace = new PaceMeter(0, 0);
  assert.deepEqual(pace.measure(100, 1_000, 100_000), { speed: null, secondsLeft: null });
  const early = pace.measure(2_000, 20_000, 100_000);
  assert.deepEqual(early, { speed: 10_000, secondsLeft: null });
  assert.deepEqual(pace.measure(6_000, 60_000, 100_000), { speed: 10_000, secondsLeft: 4 });
});

test('speed is that of the last ten seconds', () => {
  const pace = new PaceMeter(0, 0);
  for (let second = 1; second <= 20; second++) pace.measure(second * 1_000, second * 1_000, null);
  for (let second = 21; second <= 40; second++) pace.measure(second * 1_000, 20_000 + (second - 20) * 5_000, null);
  assert.equal(Math.round(pace.measure(40_500, 122_500, null).speed ?? 0), 5_000);
});

test('while nothing moves there is no time left', () => {
  const pace = new PaceMeter(0, 500);
  assert.deepEqual(pace.measure(8_000, 500, 1_000), { speed: 0, secondsLeft: null });
});
