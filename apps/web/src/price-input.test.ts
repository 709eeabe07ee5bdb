import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrice } from './price-input.ts';

test('a price is read as people write it, and what is no price is refused', () => {
  assert.deepEqual(parsePrice('2 500', 'SAT'), { amount: 2500, currency: 'SAT' });
  assert.deepEqual(parsePrice('2\u202f500', 'SAT'), { amount: 2500, currency: 'SAT' });
  assert.deepEqual(parsePrice('2,5', 'EUR'), { amount: 250, currency: 'EUR' });
  assert.deepEqual(parsePrice('2.05', 'USD'), { amount: 205, currency: 'USD' });
  assert.deepEqual(parsePrice('0,01', 'EUR'), { amount: 1, currency: 'EUR' });
  for (const text of ['', '0', '-1', '1.5', '1e3', 'x', '1,000', '1234567890']) assert.equal(parsePrice(text, 'SAT'), null, text);
  for (const text of ['', '0', '0,00', '1.234', '1.2.3', '€2', '12345678']) assert.equal(parsePrice(text, 'EUR'), null, text);
});
