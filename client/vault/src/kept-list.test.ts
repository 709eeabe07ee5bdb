import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import { type DcborValue, encodeDcbor } from '@reprise/protocol/formats';
import { namesList } from './account-names.ts';
import { decodeKeptList, encodeKeptList, type ListFormat, readMoment } from './kept-list.ts';
import { type KeptParcel, parcelsList } from './kept-parcels.ts';

const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const one: KeptParcel = { secret: fill(32, 1), space: fill(32, 2), title: 'Été', keptMs: 1_700_000_000_000 };
const two: KeptParcel = { ...one, space: fill(32, 3), title: '' };
const rubbish: readonly DcborValue[] = [
  7,
  new Map<number, DcborValue>([[1, 'no entry']]),
  [],
  parcelsList.encode({ ...one, secret: fill(31, 1) }),
];

test('a list is read as it was written', () => {
  const list = { items: [one, two], unread: [] };
  assert.deepEqual(decodeKeptList(parcelsList, encodeKeptList(parcelsList, list)), list);
  assert.equal(
    formatHex(encodeKeptList(parcelsList, { items: [{ ...one, title: 'a' }], unread: [] })),
    `820181a4015820${'01'.repeat(32)}025820${'02'.repeat(32)}036161041b0000018bcfe56800`,
  );
  const names = Array.from({ length: 40 }, (_, i) => [formatHex(systemRandom(i % 2 ? 32 : 16)), `Gerät ${i} · мой`] as const);
  assert.deepEqual(decodeKeptList(namesList, encodeKeptList(namesList, { items: names, unread: [] })).items, names);
});

test('what nobody can read keeps nothing else from being read, and stays as it is when the list is written anew', () => {
  const [a, b] = [one, two].map(parcelsList.encode) as [DcborValue, DcborValue];
  const [first, ...others] = rubbish as [DcborValue, ...DcborValue[]];
  const list = decodeKeptList(parcelsList, encodeDcbor([1, [first, a, ...others, b]]));
  assert.deepEqual(list, { items: [one, two], unread: rubbish });
  const anew = decodeKeptList(parcelsList, encodeKeptList(parcelsList, { ...list, items: [two] }));
  assert.deepEqual(anew, { items: [two], unread: rubbish });
});

test('of two entries for the same the first stands, and the other is kept', () => {
  const twice = { ...one, title: 'another' };
  const list = decodeKeptList(parcelsList, encodeDcbor([1, [one, twice].map(parcelsList.encode)]));
  assert.deepEqual(list, { items: [one], unread: [parcelsList.encode(twice)] });
});

test('what is no list of this version is refused, and so is one that is too long, whatever is in it', () => {
  const [bytes, small] = [encodeKeptList(parcelsList, { items: [one], unread: [] }), { ...parcelsList, itemsMax: 2 }];
  for (const wrong of [new Uint8Array(0), bytes.subarray(1), bytes.subarray(0, -1), encodeDcbor([2, []]), encodeDcbor([1])])
    assert.throws(() => decodeKeptList(parcelsList, wrong), { code: 'bad-object' });
  const full = { items: [one, two], unread: rubbish.slice(0, 1) };
  assert.throws(() => decodeKeptList(small, encodeKeptList(parcelsList, full)), { code: 'bad-object' });
  assert.throws(() => encodeKeptList(small, full), { code: 'limit-exceeded' });
});

test('a fault of a program is not taken for something that cannot be read', () => {
  const broken: ListFormat<KeptParcel> = {
    ...parcelsList,
    decode: () => {
      throw new TypeError('a fault');
    },
  };
  assert.throws(() => decodeKeptList(broken, encodeKeptList(parcelsList, { items: [one], unread: [] })), TypeError);
});

test('a name that is too long is not written', () => {
  for (const name of ['', 'é'.repeat(61)])
    assert.throws(() => encodeKeptList(namesList, { items: [['00'.repeat(32), name]], unread: [] }), { code: 'limit-exceeded' });
});

test('a moment is one that a date can say', () => {
  assert.equal(new Date(readMoment(8_640_000_000_000_000)).getTime(), 8_640_000_000_000_000);
  for (const wrong of [8_640_000_000_000_001, -1, '1', undefined]) assert.throws(() => readMoment(wrong), { code: 'bad-object' });
});
