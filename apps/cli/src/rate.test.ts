import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRate } from './rate.ts';

test('a rate is read as people write it', () => {
  const rates: readonly (readonly [string, number])[] = [
    ['800000', 800_000],
    ['500k', 500_000],
    ['2M', 2_000_000],
    ['2.5m', 2_500_000],
    ['1.5MB/s', 1_500_000],
    ['1g', 1e9],
  ];
  for (const [text, rate] of rates) assert.equal(parseRate(text), rate, text);
});

test('what is no rate, or one that would never end, is refused', () => {
  for (const text of ['', '0', '999', '-1', 'fast', '1,5M', '10x', 'NaN', '1e9', '0.5k'])
    assert.throws(() => parseRate(text), { code: 'usage', facts: { reason: 'rate', value: text } }, text);
});
