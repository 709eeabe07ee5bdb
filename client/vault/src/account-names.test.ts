import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import { encodeDcbor } from '@reprise/protocol/formats';
import { decodeAccountNames, encodeAccountNames } from './account-names.ts';

const draw = (bytes: number) => formatHex(systemRandom(bytes));

test('names of devices and passkeys read back, in whatever order they were given', () => {
  const names = new Map(Array.from({ length: 40 }, (_, i) => [draw(i % 2 ? 32 : 16), `Gerät ${i} · мой`] as const));
  assert.deepEqual(new Map([...decodeAccountNames(encodeAccountNames(names))].toSorted()), new Map([...names].toSorted()));
  assert.equal(decodeAccountNames(encodeAccountNames(new Map())).size, 0);
});

test('names of devices alone are written so that a program from before passkeys had names reads them', () => {
  const ids = [draw(32), draw(16)] as const;
  assert.equal(encodeAccountNames(new Map([[ids[0], 'a']]))[1], 1);
  assert.equal(encodeAccountNames(new Map(ids.map((id) => [id, 'a'])))[1], 2);
});

test('what is no list of names is refused, and a name that is too long is not written', () => {
  const [id, slot] = [systemRandom(32), systemRandom(16)];
  const twice = [
    [id, 'x'],
    [id, 'y'],
  ];
  const descending = [
    [id.map(() => 2), 'x'],
    [id.map(() => 1), 'y'],
  ];
  const lists = [[[id, '']], [[id, 'x'.repeat(121)]], [[id.slice(1), 'x']], twice, descending];
  for (const value of [[2, []], [2, [[id, 'x']]], [1, [[slot, 'x']]], [3, [[slot, 'x']]], [1], ...lists.map((list) => [1, list])])
    assert.throws(() => decodeAccountNames(encodeDcbor(value)), { code: 'bad-object' });
  for (const name of ['', 'é'.repeat(61)]) assert.throws(() => encodeAccountNames(new Map([[draw(32), name]])), { code: 'limit-exceeded' });
});
