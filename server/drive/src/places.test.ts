import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectId, SpaceId } from '@reprise/protocol';
import type { Bearer } from './bearer.ts';
import { type Place, formatPlace, parsePlace } from './places.ts';

const secret = new Uint8Array(32).fill(7);
const space = 'ab'.repeat(32) as SpaceId;
const bearer = 'ef'.repeat(32) as Bearer;
const places: readonly Place[] = [
  { kind: 'batch', space, bearer, bytesMax: 16_842_752, expiresAt: 2_000, packClass: 'hot' },
  { kind: 'batch', space, bearer, bytesMax: 1, expiresAt: 2_000, packClass: 'bulk' },
  { kind: 'object', space, bearer, bytesMax: 4_194_596, expiresAt: 9_007_199_254_740_991, id: 'cd'.repeat(32) as ObjectId },
];

test('a place reads back as it was given', () => {
  for (const place of places) assert.deepEqual(parsePlace(secret, formatPlace(secret, place), 1_999), place);
});

test('a place with any bit changed, cut, prolonged, of another server or over is no place', () => {
  for (const place of places) {
    const text = formatPlace(secret, place);
    const bytes = Buffer.from(text, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.throws(() => parsePlace(secret, flipped.toString('base64url'), 0), { code: 'place-expired' });
    }
    for (const wrong of [text.slice(1), text.slice(0, -1), `${text}A`, '', '%%', text.slice(0, 60)])
      assert.throws(() => parsePlace(secret, wrong, 0), { code: 'place-expired' });
    assert.throws(() => parsePlace(new Uint8Array(32), text, 0), { code: 'place-expired' });
    assert.throws(() => parsePlace(secret, text, place.expiresAt), { code: 'place-expired' });
  }
});
