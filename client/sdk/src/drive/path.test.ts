import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkPath, formatPath, isWithin, parsePath, splitPath } from './path.ts';

describe('a path of the drive', () => {
  test('is read as names, whatever slashes a person adds', () => {
    for (const text of ['/docs/a.txt', '/docs/a.txt/', '//docs///a.txt']) assert.equal(formatPath(parsePath(text)), '/docs/a.txt');
    assert.deepEqual(parsePath('/'), []);
    assert.equal(formatPath([]), '/');
  });

  test('is brought into the form that the tree holds', () => {
    assert.deepEqual(parsePath('/e\u0301te\u0301'), ['\u00e9t\u00e9']);
    assert.deepEqual(checkPath(['e\u0301']), ['\u00e9']);
  });

  const refused: readonly (readonly [string, string])[] = [
    ['docs/a.txt', 'relative'],
    ['', 'relative'],
    ['/a/../b', 'dots'],
    ['/.', 'dots'],
    ['/a\0b', 'nul'],
    ['/a\ud800', 'surrogate'],
    [`/${'x'.repeat(256)}`, 'too-long'],
    [`/${'é'.repeat(128)}`, 'too-long'],
    ['/.reprise', 'reserved'],
    ['/.reprise/keyring', 'reserved'],
    [`/${'d/'.repeat(129)}`, 'too-deep'],
  ];
  for (const [text, reason] of refused) {
    test(`${JSON.stringify(text.slice(0, 20))} is refused as ${reason}`, () => {
      assert.throws(
        () => parsePath(text),
        (error: { code?: string; facts?: { reason?: string } }) => {
          assert.equal(error.code, 'bad-name');
          assert.equal(error.facts?.reason, reason);
          return true;
        },
      );
    });
  }

  test('may hold the hidden name anywhere but at the root', () => assert.deepEqual(parsePath('/a/.reprise'), ['a', '.reprise']));
  test('may hold what other platforms cannot', () => assert.equal(parsePath('/CON/a:b/x.').length, 3));

  test('has a folder and a name, except the root', () => {
    assert.deepEqual(splitPath(['a', 'b']), { folder: ['a'], name: 'b' });
    assert.throws(() => splitPath([]), { code: 'bad-name' });
  });

  test('lies within itself and what is above it', () => {
    assert.ok(isWithin(['a', 'b'], ['a']) && isWithin(['a'], ['a']) && isWithin(['a'], []));
    assert.ok(!isWithin(['a'], ['a', 'b']) && !isWithin(['ab'], ['a']));
  });
});
