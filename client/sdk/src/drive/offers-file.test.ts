import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, formatHex } from '@reprise/kit';
import { decodeOffers, encodeOffers, type KeptOffer, type OfferState } from './offers-file.ts';

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

test('a list of offers is read as it was written', () => {
  const jar = { ...one, price: { amount: 1, currency: 'SAT' }, isFloor: true, isJar: true } as const;
  const offers = [one, jar, { ...one, notAfter: 1_700_000_000_000, price: { amount: 999, currency: 'EUR' } as const }];
  assert.deepEqual(decodeOffers(encodeOffers(offers)), offers);
  assert.deepEqual(decodeOffers(encodeOffers([])), []);
});

test('how an offer stands is the number that the chapter says', () => {
  const numbers: Readonly<Record<OfferState, number>> = { withdrawn: 0, open: 1, drawn: 2, closing: 3 };
  for (const [state, number] of Object.entries(numbers) as [OfferState, number][]) {
    const bytes = encodeOffers([{ ...one, state }]);
    assert.equal(formatHex(bytes.slice(-2)), `080${number}`);
    assert.equal(decodeOffers(bytes)[0]?.state, state);
  }
});

test('what is no list of offers is refused', () => {
  const bytes = encodeOffers([one]);
  const changed = (edit: (copy: Bytes) => void) => {
    const copy = bytes.slice();
    edit(copy);
    return copy;
  };
  const unknown = changed((copy) => void (copy[copy.length - 1] = 4));
  const earlier = changed((copy) => void (copy[1] = 1));
  const later = changed((copy) => void (copy[1] = 3));
  for (const wrong of [
    new Uint8Array(0),
    bytes.subarray(1),
    bytes.subarray(0, -1),
    unknown,
    earlier,
    later,
    encodeOffers([{ ...one, half: fill(31, 3) }]),
  ])
    assert.throws(() => decodeOffers(wrong), { code: 'bad-object' });
});
