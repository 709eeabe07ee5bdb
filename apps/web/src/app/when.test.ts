import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatClock, formatDate } from '../format.ts';
import { setLocale } from '../language.ts';
import { formatWhen, formatWhenShort } from './when.ts';

test('a moment is told nearer the nearer it is, and in few letters where there is little room', () => {
  setLocale('en');
  const now = new Date(2026, 2, 29, 0, 30).getTime();
  const [earlier, yesterday, before] = [new Date(2026, 2, 29, 0, 5), new Date(2026, 2, 28, 23, 50), new Date(2026, 2, 27, 12)].map(
    Number,
  ) as [number, number, number];
  const clock = formatClock(earlier);
  assert.match(formatWhen(earlier, now), new RegExp(`, ${clock}$`));
  assert.equal(formatWhenShort(earlier, now), clock);
  assert.equal(formatWhenShort(yesterday, now), 'yesterday');
  assert.equal(formatWhen(yesterday, now), `${formatWhenShort(yesterday, now)}, ${formatClock(yesterday)}`);
  for (const told of [formatWhen(before, now), formatWhenShort(before, now)]) assert.equal(told, formatDate(before));
});
