import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHex } from '@reprise/kit';
import { decodeKeptList, encodeKeptList } from '@reprise/vault';
import { type KeptOffer, type OfferState, offersList } from './offers-file.ts';

const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte);
const one: KeptOffer = {
  secret: fill(32, 1),
  id: fill(16, 2),
  half: fill(32, 3),
  price: { amount: 21, currency: 'SAT' },
  isFloor: false,
  isJar: false,
  salesMax: null,
  notAfter: null,
  list: fill(32, 4),
  state: 'open',
};

const encodeOffers = (items: readonly KeptOffer[]) => encodeKeptList(offersList, { items, unread: [] });
const decodeOffers = (bytes: Uint8Array) => decodeKeptList(offersList, bytes);

test('a list of offers is read as it was written', () => {
  const jar = { ...one, id: fill(16, 8), price: { amount: 1, currency: 'SAT' }, isFloor: true, isJar: true } as const;
  const offers = [one, jar, { ...one, id: fill(16, 9), notAfter: 1_700_000_000_000, price: { amount: 999, currency: 'EUR' } as const }];
  assert.deepEqual(decodeOffers(encodeOffers(offers)).items, offers);
  assert.deepEqual(decodeOffers(encodeOffers([])).items, []);
});

test('how an offer stands is the number that the chapter says', () => {
  const numbers: Readonly<Record<OfferState, number>> = { withdrawn: 0, open: 1, drawn: 2, closing: 3 };
  for (const [state, number] of Object.entries(numbers) as [OfferState, number][]) {
    const bytes = encodeOffers([{ ...one, state }]);
    assert.equal(formatHex(bytes.slice(-2)), `080${number}`);
    assert.equal(decodeOffers(bytes).items[0]?.state, state);
  }
});

test('what is no list of offers is refused', () => {
  const bytes = encodeOffers([one]);
  const ofVersion = (version: number) => bytes.map((byte, at) => (at === 1 ? version : byte));
  for (const wrong of [new Uint8Array(0), bytes.subarray(1), bytes.subarray(0, -1), ofVersion(1), ofVersion(3)])
    assert.throws(() => decodeOffers(wrong), { code: 'bad-object' });
});

test('an offer that is none keeps no other from being read', () => {
  const unknown = encodeOffers([one, { ...one, id: fill(16, 9) }]);
  unknown[unknown.length - 1] = 4;
  assert.deepEqual(decodeOffers(unknown).items, [one]);
  assert.equal(decodeOffers(unknown).unread.length, 1);
  const wrong = [
    { ...one, half: fill(31, 3) },
    { ...one, price: { amount: 1, currency: 'XMR' as 'SAT' } },
    { ...one, notAfter: Number.MAX_SAFE_INTEGER },
  ];
  assert.deepEqual(decodeOffers(encodeOffers([...wrong, one])), { items: [one], unread: wrong.map(offersList.encode) });
});
