import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from 'cborg';
import fc from 'fast-check';
import { type DcborValue, decodeDcbor, encodeDcbor, firstOfDcborArray, joinDcborArray, splitDcborArray } from './dcbor.ts';
import { Failure } from './failures.ts';

const wide = fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }).filter((value) => !Number.isSafeInteger(Number(value)));
const leaf = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -300, max: 300 }),
  wide,
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 300 }),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec<{ value: DcborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.array(tie('value'), { maxLength: 30 }),
    fc.array(fc.tuple(fc.nat(), tie('value')), { maxLength: 30 }).map((pairs) => new Map(pairs)),
  ) as fc.Arbitrary<DcborValue>,
}));

function decodeOrRefuse(bytes: Uint8Array): DcborValue | undefined {
  try {
    return decodeDcbor(bytes);
  } catch (error) {
    assert.ok(error instanceof Failure && error.code === 'bad-object', String(error));
    return undefined;
  }
}

test('what is encoded decodes to the same bytes again', () => {
  fc.assert(
    fc.property(value, (one) => {
      const bytes = encodeDcbor(one);
      assert.deepEqual(encodeDcbor(decodeDcbor(bytes)), bytes);
    }),
  );
});

test('another encoder makes the same bytes', () => {
  fc.assert(fc.property(value, (one) => assert.deepEqual(encodeDcbor(one), Uint8Array.from(encode(one)))));
});

test('an array falls into the encodings of its items, and is put together from them', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 30 }), (items) => {
      const bytes = encodeDcbor(items);
      const parts = splitDcborArray(bytes);
      assert.deepEqual(
        parts.map((part) => Uint8Array.from(part)),
        items.map((item) => Uint8Array.from(encodeDcbor(item))),
      );
      assert.deepEqual(joinDcborArray(parts), bytes);
      if (items.length > 0) assert.deepEqual(encodeDcbor(firstOfDcborArray(bytes)), encodeDcbor(items[0] as DcborValue));
    }),
  );
});

test('what decodes splits, and what does not split does not decode', () => {
  const bytes = fc
    .tuple(fc.array(value, { maxLength: 8 }), fc.nat(), fc.nat(255))
    .map(([one, at, byte]) => spoil(encodeDcbor(one), at, byte));
  fc.assert(
    fc.property(bytes, (one) => {
      let isSplit = true;
      try {
        splitDcborArray(one);
      } catch (error) {
        assert.ok(error instanceof Failure && error.code === 'bad-object', String(error));
        isSplit = false;
      }
      const decoded = decodeOrRefuse(one);
      if (Array.isArray(decoded)) assert.ok(isSplit);
    }),
    { numRuns: 3_000 },
  );
});

test('arrays of arrays are split no deeper than they are decoded', () => {
  const nested = (depth: number): Uint8Array => Uint8Array.from([...Array.from({ length: depth }, () => 0x81), 0x00]);
  assert.deepEqual(encodeDcbor(decodeDcbor(nested(16))), nested(16));
  assert.equal(splitDcborArray(nested(16)).length, 1);
  for (const refuse of [decodeDcbor, splitDcborArray, (bytes: Uint8Array) => splitDcborArray(bytes.subarray(2), 2)])
    assert.throws(() => refuse(nested(17)), { code: 'bad-object' });
  assert.throws(() => splitDcborArray(nested(100_000)), { code: 'bad-object' });
});

test('any bytes decode to what encodes to them, or are refused', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.tuple(value, fc.nat(), fc.nat(255)).map(([one, at, byte]) => spoil(encodeDcbor(one), at, byte)),
  );
  fc.assert(
    fc.property(bytes, (one) => {
      const decoded = decodeOrRefuse(one);
      if (decoded !== undefined) assert.deepEqual(encodeDcbor(decoded), Uint8Array.from(one));
    }),
    { numRuns: 3_000 },
  );
});

test('another strict decoder accepts whatever is accepted', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (one) => {
      if (decodeOrRefuse(one) === undefined) return;
      decode(one, { strict: true, useMaps: true, allowIndefinite: false, allowUndefined: false, rejectDuplicateMapKeys: true });
    }),
    { numRuns: 3_000 },
  );
});

test('every cut of an encoding is refused', () => {
  fc.assert(
    fc.property(value, (one) => {
      const bytes = encodeDcbor(one).slice(0, 200);
      for (let length = 0; length < bytes.length; length++) {
        const decoded = decodeOrRefuse(bytes.subarray(0, length));
        assert.equal(decoded, undefined);
      }
    }),
    { numRuns: 30 },
  );
});

test('a leading U+FEFF stays in the text', () => {
  assert.equal(decodeDcbor(encodeDcbor('\ufeffa')), '\ufeffa');
});

test('integers beyond 2^53 come back as bigint, others as numbers', () => {
  assert.equal(decodeDcbor(encodeDcbor(2n ** 53n)), 2n ** 53n);
  assert.equal(decodeDcbor(encodeDcbor(5n)), 5);
  assert.equal(decodeDcbor(encodeDcbor(-(2n ** 53n))), -(2n ** 53n));
  assert.equal(decodeDcbor(encodeDcbor(-(2n ** 53n) + 1n)), -(2 ** 53) + 1);
});

test('what has no form is refused by the encoder', () => {
  const nested = Array.from({ length: 17 }).reduce<DcborValue>((inner) => [inner], 0);
  for (const bad of [
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    2n ** 64n,
    -(2n ** 64n) - 1n,
    '\ud800',
    new Map([[-1, 0]]),
    new Map([[0.5, 0]]),
    nested,
  ]) {
    assert.throws(() => encodeDcbor(bad as DcborValue), { code: 'bad-object' });
  }
});

test('decoded bytes are copies, so that who keeps one does not keep the whole', () => {
  const source = encodeDcbor([new Uint8Array(8)]);
  const [bytes] = decodeDcbor(source) as readonly Uint8Array[];
  assert.notEqual(bytes?.buffer, source.buffer);
});

test('a count that no body can hold is refused before anything is reserved', () => {
  assert.throws(() => decodeDcbor(Uint8Array.of(0x9b, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0)), { code: 'bad-object' });
});

function spoil(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  if (bytes.length > 0) bytes[at % bytes.length] = byte;
  return bytes;
}
