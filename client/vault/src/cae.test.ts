import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bytes, systemRandom } from '@reprise/kit';
import { sealedLength, sealedSegmentBytes, segmentBytes, sha256 } from '@reprise/protocol/formats';
import fc from 'fast-check';
import { openMessage, openObject, openSegments, paddedMessageLength, sealMessage, sealObject, segmentByteRange } from './cae.ts';
import type { Engine } from './engine.ts';
import { nodeEngine } from './node.ts';
import { nobleEngine } from './testing/noble-engine.ts';
import { webEngine } from './web-engine.ts';

const label = 'rp1/obj/data';
const refused = { code: 'reject' };

const engines: Readonly<Record<string, Engine>> = { WebCrypto: webEngine, 'node:crypto': nodeEngine, noble: nobleEngine };

for (const [name, engine] of Object.entries(engines)) {
  describe(`CAE-1 on ${name}`, () => {
    test('opens what any engine sealed, to the same bytes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), async (plain) => {
          const key = systemRandom(32);
          const sealed = await sealObject(engine, label, key, plain);
          assert.equal(sealed.bytes.length, sealedLength(plain.length));
          for (const other of Object.values(engines)) {
            assert.deepEqual(await sealObject(other, label, key, plain), sealed);
            const opened = await openObject(other, label, { id: sealed.id, key, sealedLength: sealed.bytes.length }, sealed.bytes);
            assert.deepEqual(opened, plain);
          }
        }),
        { numRuns: 20 },
      );
    });

    test('refuses every flipped byte of an object, under the id it was given and under its own', async () => {
      const key = systemRandom(32);
      const sealed = await sealObject(engine, label, key, systemRandom(40));
      for (let at = 0; at < sealed.bytes.length; at++) {
        const bytes = flip(sealed.bytes, at);
        const ref = { key, sealedLength: bytes.length };
        await assert.rejects(openObject(engine, label, { ...ref, id: sealed.id }, bytes), refused, `byte ${at}`);
        await assert.rejects(openObject(engine, label, { ...ref, id: await sha256(bytes) }, bytes), refused, `byte ${at}, own id`);
      }
    });

    test('refuses every other order of segments', async () => {
      const [key, count] = [systemRandom(32), 4];
      const { bytes } = await sealObject(engine, label, key, new Uint8Array(count * segmentBytes));
      for (const order of permutations([0, 1, 2, 3])) {
        const shuffled = bytes.slice();
        order.forEach((from, to) =>
          shuffled.set(bytes.subarray(36 + from * sealedSegmentBytes, 36 + (from + 1) * sealedSegmentBytes), 36 + to * sealedSegmentBytes),
        );
        const opening = openObject(engine, label, { id: await sha256(shuffled), key, sealedLength: shuffled.length }, shuffled);
        if (order.every((from, to) => from === to)) await opening;
        else await assert.rejects(opening, refused, order.join());
      }
    });

    test('opens any run of segments without the rest', async () => {
      const [key, plain] = [systemRandom(32), systemRandom(3 * segmentBytes + 5)];
      const { bytes } = await sealObject(engine, label, key, plain);
      const ref = { key, sealedLength: bytes.length };
      for (let first = 0; first < 4; first++) {
        for (let count = 1; first + count <= 4; count++) {
          const { start, end } = segmentByteRange(bytes.length, { first, count });
          const part = await openSegments(engine, label, ref, { first, count }, bytes.subarray(start, end));
          assert.ok(Buffer.from(part).equals(plain.subarray(first * segmentBytes, (first + count) * segmentBytes)));
          await assert.rejects(openSegments(engine, label, ref, { first, count }, flip(bytes.slice(start, end), 7)), refused);
        }
      }
    });

    test('gives a message back under its key and context only', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.uint8Array({ maxLength: 60 }), async (message, context) => {
          const seal = { label: 'rp1/seal/link', key: systemRandom(32), context } as const;
          const bytes = await sealMessage(engine, seal, message, paddedMessageLength(message.length), systemRandom);
          assert.deepEqual(await openMessage(webEngine, seal, bytes), message);
          await assert.rejects(openMessage(engine, { ...seal, key: systemRandom(32) }, bytes), refused);
          await assert.rejects(openMessage(engine, { ...seal, context: Uint8Array.of(...context, 0) }, bytes), refused);
          await assert.rejects(openMessage(engine, { ...seal, label: 'rp1/seal/note' }, bytes), refused);
        }),
        { numRuns: 20 },
      );
    });

    test('refuses every flipped byte of a message', async () => {
      const seal = { label: 'rp1/seal/link', key: systemRandom(32), context: systemRandom(3) } as const;
      const bytes = await sealMessage(engine, seal, systemRandom(5), 64, systemRandom);
      for (let at = 0; at < bytes.length; at++) await assert.rejects(openMessage(engine, seal, flip(bytes, at)), refused, `byte ${at}`);
    });
  });
}

test('two seals of one message share neither salt nor ciphertext', async () => {
  const seal = { label: 'rp1/seal/link', key: systemRandom(32), context: new Uint8Array() } as const;
  const [a, b] = [
    await sealMessage(webEngine, seal, new Uint8Array(9), 64, systemRandom),
    await sealMessage(webEngine, seal, new Uint8Array(9), 64, systemRandom),
  ];
  assert.notDeepEqual(a.subarray(4, 36), b.subarray(4, 36));
  assert.notDeepEqual(a.subarray(68), b.subarray(68));
});

test('what would break the format is a bug of the caller, not sealed', async () => {
  const key = systemRandom(32);
  await assert.rejects(sealObject(webEngine, label, key, new Uint8Array()), { name: 'AssertionFailure' });
  await assert.rejects(sealObject(webEngine, label, key, new Uint8Array(4_194_305)), { name: 'AssertionFailure' });
  await assert.rejects(sealObject(webEngine, label, key.subarray(1), new Uint8Array(1)), { name: 'AssertionFailure' });
  const seal = { label: 'rp1/seal/link', key, context: new Uint8Array() } as const;
  await assert.rejects(sealMessage(webEngine, seal, new Uint8Array(64), 64, systemRandom), { name: 'AssertionFailure' });
});

test('bytes that are sealed and opened into a given place are the same', async () => {
  const [key, plain] = [systemRandom(32), systemRandom(segmentBytes + 9)];
  for (const engine of Object.values(engines)) {
    const [place, back] = [new Uint8Array(sealedLength(plain.length)), new Uint8Array(plain.length)];
    const sealed = await sealObject(engine, label, key, plain, place);
    assert.equal(sealed.bytes.buffer, place.buffer);
    assert.ok(Buffer.from(place).equals((await sealObject(webEngine, label, key, plain)).bytes));
    const ref = { id: sealed.id, key, sealedLength: place.length };
    await openObject(engine, label, ref, place, back);
    assert.ok(Buffer.from(back).equals(plain));
    await assert.rejects(sealObject(engine, label, key, plain, new Uint8Array(place.length + 1)), { name: 'AssertionFailure' });
    await assert.rejects(openObject(engine, label, ref, place, new Uint8Array(plain.length + 1)), { name: 'AssertionFailure' });
  }
});

test('sealed bytes own their memory, so that a worker can hand them over', async () => {
  const { bytes } = await sealObject(nodeEngine, label, systemRandom(32), systemRandom(5_000));
  assert.equal(bytes.buffer.byteLength, bytes.length);
});

function flip(bytes: Bytes, at: number): Bytes {
  const flipped = bytes.slice();
  flipped[at] = (flipped[at] as number) ^ 0x10;
  return flipped;
}

function permutations(items: readonly number[]): number[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
