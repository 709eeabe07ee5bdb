import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawReference } from './rules.ts';

test('references use letters that are not mistaken for each other, each as likely as the others', () => {
  let next = 0;
  const counting = (length: number) => Uint8Array.from({ length }, () => next++ % 256);
  const counts = new Map<string, number>();
  for (let i = 0; i < 2_480; i++) for (const letter of drawReference(counting).slice(2)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  assert.equal(counts.size, 31);
  const [least, most] = [Math.min(...counts.values()), Math.max(...counts.values())];
  assert.ok(most - least < most * 0.1, `${least} to ${most}`);
});
