import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chunkBytes, objectBytesMax } from './limits.ts';
import { isSealedLength, padme, plainLength, sealedLength } from './sizes.ts';

test('a sealed length leads back to its plaintext length, and no other length does', () => {
  let plain = 1;
  for (let sealed = 0; sealed <= objectBytesMax + 40; sealed++) {
    const found = plainLength(sealed);
    if (plain <= chunkBytes && sealedLength(plain) === sealed) assert.equal(found, plain++);
    else assert.equal(found, undefined);
  }
  assert.equal(plain, chunkBytes + 1);
});

test('a server takes 289 lengths, 257 of them from 4 KiB up', () => {
  const plains = Array.from({ length: objectBytesMax + 1 }, (_, sealed) => sealed)
    .filter(isSealedLength)
    .map((sealed) => plainLength(sealed) as number);
  assert.equal(plains.length, 289);
  assert.equal(plains.filter((plain) => plain >= 4_096).length, 257);
});

test('Padmé never shrinks, is idempotent and grows with the length', () => {
  fc.assert(
    fc.property(
      fc.maxSafeInteger().map((value) => Math.abs(value) % 2 ** 44),
      (length) => {
        const padded = padme(length);
        assert.ok(padded >= length);
        assert.equal(padme(padded), padded);
        assert.ok(padme(length + 1) >= padded);
      },
    ),
  );
});

test('Padmé adds at most 6.25 % from 4 KiB up', () => {
  for (let length = 4_096; length < 200_000; length++) assert.ok(padme(length) <= length * 1.0625, String(length));
});

test('lengths that are none are refused', () => {
  for (const bad of [Number.NaN, 1.5, -1, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.equal(plainLength(bad), undefined);
    assert.equal(isSealedLength(bad), false);
  }
  for (const bad of [0, -1, 1.5, chunkBytes + 1]) assert.throws(() => sealedLength(bad));
  for (const bad of [-1, 0.5, 2 ** 48 + 1]) assert.throws(() => padme(bad));
});
