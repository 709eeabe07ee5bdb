import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { type DeviceId, encodeDcbor, formatId } from '@reprise/protocol';
import { decodeDeviceNames, encodeDeviceNames } from './device-names.ts';

const draw = () => formatId<DeviceId>(systemRandom(32));

test('names of devices read back, in whatever order they were given', () => {
  const names = new Map(Array.from({ length: 20 }, (_, i) => [draw(), `Gerät ${i} · мой`] as const));
  assert.deepEqual(new Map([...decodeDeviceNames(encodeDeviceNames(names))].toSorted()), new Map([...names].toSorted()));
  assert.equal(decodeDeviceNames(encodeDeviceNames(new Map())).size, 0);
});

test('what is no list of names is refused, and a name that is too long is not written', () => {
  const id = systemRandom(32);
  const bad = [
    [2, []],
    [1],
    [1, [[id, '']]],
    [1, [[id, 'x'.repeat(121)]]],
    [1, [[id.slice(1), 'x']]],
    [
      1,
      [
        [id, 'x'],
        [id, 'y'],
      ],
    ],
    [
      1,
      [
        [id.map(() => 2), 'x'],
        [id.map(() => 1), 'y'],
      ],
    ],
  ];
  for (const value of bad) assert.throws(() => decodeDeviceNames(encodeDcbor(value)), { code: 'bad-object' });
  for (const name of ['', 'é'.repeat(61)]) assert.throws(() => encodeDeviceNames(new Map([[draw(), name]])), { code: 'limit-exceeded' });
});
