import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkName, nameProblem, normalName } from './names.ts';

test('what is made normal is accepted, or refused for another reason', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.notEqual(nameProblem(text.isWellFormed() ? text.normalize('NFC') : text), 'not-normal');
    }),
  );
});

test('a decomposed name from a disk takes the form of the tree', () => {
  assert.equal(normalName('cafe\u0301.txt'), 'caf\u00e9.txt');
});

test('a name that climbs out of its folder is refused wherever it comes from', () => {
  for (const name of ['..', '.', '/', 'a/b', '../a', '/etc/passwd', 'a\0']) {
    assert.throws(() => checkName(name), { code: 'bad-name' });
    assert.throws(() => normalName(name), { code: 'bad-name' });
  }
});
