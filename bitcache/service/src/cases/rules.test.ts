import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Decision, type Fate, fateOf, type HeldSale } from './rules.ts';

const now = 1_000;
const [ripe, unripe]: readonly [HeldSale, HeldSale] = [
  { matures_at: now, way: 'coins' },
  { matures_at: now + 1, way: 'lightning' },
];

const table: readonly (readonly [string, HeldSale, Decision, number, Fate])[] = [
  ['dismissed, its window over', ripe, 'dismissed', 0, 'released'],
  ['dismissed inside its window', unripe, 'dismissed', 0, 'pending'],
  ['dismissed while another case stands', ripe, 'dismissed', 1, 'pending'],
  ['claimed', ripe, 'claim', 1, 'escrowed'],
  ['claimed inside its window', unripe, 'claim', 2, 'escrowed'],
  ['refunded, bought with coins', ripe, 'refund', 1, 'owed'],
  ['refunded, bought over Lightning', unripe, 'refund', 1, 'owed'],
  ['refunded, bought from a balance', { ...unripe, way: 'balance' }, 'refund', 1, 'refunded'],
];

for (const [what, sale, decision, standing, fate] of table)
  test(`a sale that was held, ${what}, is ${fate}`, () => assert.equal(fateOf(sale, decision, { now, standing }), fate));
