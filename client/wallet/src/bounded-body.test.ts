import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBounded } from './bounded-body.ts';

test('an answer is read to its bound, and one without end is left there', async () => {
  const bytes = new Uint8Array([1, 2, 3, 4]);
  assert.deepEqual(await readBounded(new Response(bytes), 4), bytes);
  assert.equal(await readBounded(new Response(bytes), 3), null);
  assert.deepEqual(await readBounded(new Response(null), 4), new Uint8Array(0));
  let isLeft = false;
  let pieces = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      pieces++;
      controller.enqueue(new Uint8Array(1_000));
    },
    cancel: () => void (isLeft = true),
  });
  assert.equal(await readBounded(new Response(endless), 10_000), null);
  assert.ok(isLeft && pieces < 20);
});
