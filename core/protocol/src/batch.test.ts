import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import fc from 'fast-check';
import { BatchReader, batchLength, encodeBatch, type Frame, frameHeader } from './batch.ts';
import { batchFramesMax, objectBytesMax } from './limits.ts';

const frames = fc
  .array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 })
  .map((list): Frame[] => list.map((bytes) => ({ id: systemRandom(32), bytes: bytes as Frame['bytes'] })));

function readIn(body: Uint8Array, cuts: readonly number[]): Frame[] {
  const reader = new BatchReader();
  const found: Frame[] = [];
  let at = 0;
  for (const cut of [...cuts.map((one) => one % (body.length + 1)).sort((a, b) => a - b), body.length]) {
    found.push(...reader.push(body.subarray(at, cut)));
    at = cut;
  }
  reader.end();
  return found;
}

test('frames come out as they went in, however the body is cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat()), (list, cuts) => {
      const body = encodeBatch(list);
      assert.equal(body.length, batchLength(list.map((frame) => frame.bytes.length)));
      assert.deepEqual(readIn(body, cuts), list);
    }),
  );
});

test('a body that ends inside a frame is refused', () => {
  const body = encodeBatch([{ id: systemRandom(32), bytes: systemRandom(50) }]);
  for (let length = 1; length < body.length; length++) assert.throws(() => readIn(body.subarray(0, length), []), { code: 'bad-object' });
});

test('a frame longer than an object is refused before its bytes come', () => {
  const reader = new BatchReader();
  assert.throws(() => [...reader.push(frameHeader(systemRandom(32), objectBytesMax + 1))], { code: 'bad-object' });
});

test('no more frames are taken than a batch may have', () => {
  const reader = new BatchReader();
  const header = frameHeader(systemRandom(32), 0);
  for (let i = 0; i < batchFramesMax; i++) assert.equal([...reader.push(header)].length, 1);
  assert.throws(() => [...reader.push(header)], { code: 'bad-object' });
});

test('four full chunks fit a batch', () => {
  assert.equal(batchLength(Array.from({ length: 4 }, () => objectBytesMax)), 16_778_528);
});
