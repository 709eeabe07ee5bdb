import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retentionInForce } from './retention.ts';

const dayMs = 86_400_000;
const inForce = (promised: readonly (readonly [days: number, fromDay: number])[], day: number) =>
  retentionInForce(
    promised.map(([days, from]) => ({ days, fromMs: from * dayMs })),
    day * dayMs,
  ) / dayMs;

test('a shorter retention counts once the longer one has run out, a longer one at once', () => {
  assert.equal(inForce([[30, 0]], 400), 30);
  const shortened = [
    [30, 0],
    [0, 100],
  ] as const;
  assert.deepEqual(
    [100, 115, 129, 130, 400].map((day) => inForce(shortened, day)),
    [30, 30, 30, 0, 0],
  );
  const prolonged = [
    [30, 0],
    [90, 100],
  ] as const;
  assert.deepEqual([inForce(prolonged, 100), inForce(prolonged, 400)], [90, 90]);
});

test('steps downwards shorten nothing that an earlier entry promised', () => {
  const steps = [
    [90, 0],
    [60, 10],
    [1, 11],
    [0, 12],
  ] as const;
  assert.deepEqual(
    [12, 70, 99, 100, 101].map((day) => inForce(steps, day)),
    [90, 90, 90, 0, 0],
  );
});
