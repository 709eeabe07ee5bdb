import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byDay, byOffer, totalOf } from './earnings.ts';
import type { EarnedOn } from './sales-port.ts';

const line = (offer: string, day: string, sales: number, gross: number, waiting = 0, held = 0): EarnedOn => ({
  offer,
  kind: offer === 'a' ? 'sale' : 'tip',
  day,
  sales,
  gross,
  commission: gross / 100,
  net: gross - gross / 100,
  waiting,
  held,
});
const lines = [
  line('a', '2026-11-20', 1, 100),
  line('b', '2026-11-20', 2, 0.3),
  line('a', '2026-11-22', 3, 300.1, 297.099, 99.033),
  line('b', '2026-11-22', 1, 0.1),
];

test('sums are exact to the thousandth of a satoshi', () => {
  assert.deepEqual(totalOf(lines), { sales: 7, gross: 400.5, commission: 4.005, net: 396.495, waiting: 297.099, held: 99.033 });
  assert.deepEqual(totalOf([]), { sales: 0, gross: 0, commission: 0, net: 0, waiting: 0, held: 0 });
});

test('links stand in the order of what they earned', () => {
  assert.deepEqual(
    byOffer(lines).map(({ offer, kind, sales, gross }) => [offer, kind, sales, gross]),
    [
      ['a', 'sale', 4, 400.1],
      ['b', 'tip', 3, 0.4],
    ],
  );
});

test('days without a sale stand between the others, up to today', () => {
  const days = byDay(lines, Date.UTC(2026, 10, 23, 1), 4);
  assert.deepEqual(
    days.map(({ day, sales }) => [day, sales]),
    [
      ['2026-11-20', 3],
      ['2026-11-21', 0],
      ['2026-11-22', 4],
      ['2026-11-23', 0],
    ],
  );
});
