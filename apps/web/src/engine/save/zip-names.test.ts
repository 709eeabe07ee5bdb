import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { safeName, UniqueNames } from './zip-names.ts';

test('names that some system cannot hold are made harmless', () => {
  const cases = [
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['a/b\\c', 'a_b_c'],
    ['..', '__'],
    ['trailing. ', 'trailing__'],
    ['what?*<>|":', 'what_______'],
    ['tab\there', 'tab_here'],
    ['invoice\u202efdp.exe', 'invoice_fdp.exe'],
    ['', '_'],
    ['Éte\u0301.txt', 'Été.txt'],
    ['console.log', 'console.log'],
  ] as const;
  for (const [given, safe] of cases) assert.equal(safeName(given), safe);
});

test('twins get numbers before their extension, also when they differ by case alone', () => {
  const names = new UniqueNames();
  assert.deepEqual(
    ['a.txt', 'A.TXT', 'a.txt', 'a (2).txt'].map((name) => names.take('', name)),
    ['a.txt', 'A (2).TXT', 'a (3).txt', 'a (2) (2).txt'],
  );
  assert.equal(names.take('folder/', 'a.txt'), 'a.txt', 'another folder has names of its own');
});

test('whatever a name is, what comes out is one component of at most 255 bytes, and no two are alike', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), { maxLength: 20 }), (given) => {
      const names = new UniqueNames();
      const taken = given.map((name) => names.take('', name));
      assert.equal(new Set(taken.map((name) => name.toLowerCase())).size, taken.length);
      for (const name of taken) {
        assert.ok(
          Buffer.byteLength(name) <= 255 && name !== '' && !/[/\\]/.test(name) && name !== '.' && name !== '..',
          JSON.stringify(name),
        );
      }
    }),
  );
});
