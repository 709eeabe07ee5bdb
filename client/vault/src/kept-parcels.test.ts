import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeParcels, encodeParcels, type KeptParcel } from './kept-parcels.ts';

const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const one: KeptParcel = { secret: fill(32, 1), space: fill(32, 2), title: 'Été', keptMs: 1_700_000_000_000 };

test('kept parcels are read as they were written', () => {
  const parcels = [one, { ...one, space: fill(32, 3), title: '' }];
  assert.deepEqual(decodeParcels(encodeParcels(parcels)), parcels);
  assert.deepEqual(decodeParcels(encodeParcels([])), []);
  assert.equal(
    Buffer.from(encodeParcels([{ ...one, title: 'a' }])).toString('hex'),
    `820181a4015820${'01'.repeat(32)}025820${'02'.repeat(32)}036161041b0000018bcfe56800`,
  );
});

test('what is no list of kept parcels is refused', () => {
  const wrong = [
    new Uint8Array(0),
    encodeParcels([one]).subarray(1),
    encodeParcels([{ ...one, secret: fill(31, 1) }]),
    encodeParcels([{ ...one, space: fill(16, 1) }]),
  ];
  for (const bytes of wrong) assert.throws(() => decodeParcels(bytes), { code: 'bad-object' });
});
