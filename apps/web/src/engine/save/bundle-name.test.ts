import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleName } from './bundle-name.ts';

test('a zip of several files says that it holds more than the first', () => {
  assert.equal(bundleName('plage.jpg', 5), 'plage + 5');
  assert.equal(bundleName('Voyage à Sète', 1), 'Voyage à Sète + 1');
  assert.equal(bundleName('.profile', 2), '.profile + 2');
});
