import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameCheck, ObjectCheck } from './frames.ts';
import { batchOf, sealedLike } from './testing/owner.ts';

test('frames are found and checked however the body is cut', () => {
  const objects = [sealedLike(1024), sealedLike(4096), sealedLike(1024), sealedLike(262_144)];
  const body = batchOf(objects);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 40 }), (cuts) => {
      const check = new FrameCheck();
      for (let at = 0, i = 0; at < body.length; i++) {
        const length = cuts[i % cuts.length] as number;
        check.push(body.subarray(at, at + length));
        at += length;
      }
      assert.deepEqual(
        check.finish().map(({ id, length }) => ({ id, length })),
        objects.map(({ id, bytes }) => ({ id, length: bytes.length })),
      );
      for (const { offset, length, id } of check.finish()) {
        assert.deepEqual(body.subarray(offset, offset + length), new Uint8Array(objects.find((object) => object.id === id)?.bytes ?? []));
      }
    }),
    { numRuns: 30 },
  );
});

test('every flipped byte of a batch is noticed', () => {
  const body = batchOf([sealedLike(1024)]);
  for (let at = 0; at < body.length; at++) {
    const flipped = body.slice();
    flipped[at] = (flipped[at] as number) ^ 0x80;
    assert.throws(
      () => {
        const check = new FrameCheck();
        check.push(flipped);
        check.finish();
      },
      { name: 'Failure' },
      `byte ${at}`,
    );
  }
});

test('more frames than a batch may hold are refused', () => {
  const check = new FrameCheck();
  for (let i = 0; i < 8192; i++) check.push(batchOf([sealedLike(1024)]));
  assert.throws(() => check.push(batchOf([sealedLike(1024)])), { code: 'bad-request' });
});

test('a single object must have its id and an allowed length', () => {
  const object = sealedLike();
  const check = (bytes: Uint8Array) => {
    const single = new ObjectCheck(object.id);
    single.push(bytes);
    return single.finish();
  };
  assert.deepEqual(check(object.bytes), [{ id: object.id, offset: 0, length: object.bytes.length }]);
  assert.throws(() => check(sealedLike().bytes), { code: 'object-refused', facts: { id: object.id, reason: 'hash' } });
  assert.throws(() => check(object.bytes.subarray(1)), { code: 'object-refused', facts: { id: object.id, reason: 'length' } });
  assert.throws(() => new ObjectCheck(object.id).finish(), { code: 'object-refused' });
});
