import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSat } from './admin-money.ts';

test('amounts of the books are printed with their sign, also below a satoshi', () => {
  const amounts = [0n, 7n, 999n, 1_000n, 123_045n, -1n, -999n, -1_000n, -123_045n];
  assert.deepEqual(amounts.map(inSat), ['0.000', '0.007', '0.999', '1.000', '123.045', '-0.001', '-0.999', '-1.000', '-123.045']);
});
