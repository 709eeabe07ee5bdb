import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asFailure } from '../parts/failure-words.ts';
import { isMissingPart } from './missing-part.ts';
import { describeFailure } from './rpc.ts';

const url = 'https://reprise.example/assets/ShareSheet-x3l8Qw2a.js';

test('a part that does not come is told from other faults in the words of three browsers', () => {
  for (const message of [
    `Unable to preload CSS for ${url.replace('.js', '.css')}`,
    `Failed to fetch dynamically imported module: ${url}`,
    `error loading dynamically imported module: ${url}`,
    'Importing a module script failed.',
  ]) {
    const error = message.startsWith('Unable') ? new Error(message) : new TypeError(message);
    assert.ok(isMissingPart(error), message);
    assert.deepEqual(describeFailure(error), { code: 'part-missing', facts: {} });
    assert.deepEqual(asFailure(error), { code: 'part-missing', facts: {} });
  }
  for (const other of [new TypeError('Failed to fetch'), { message: 'Importing a module script failed.' }, 'text', null])
    assert.ok(!isMissingPart(other), String(other));
  assert.equal(asFailure(new TypeError('x is not a function')).code, 'unexpected');
});
