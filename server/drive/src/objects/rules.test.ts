import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PackName } from '@reprise/chunks';
import type { ObjectId } from '@reprise/protocol';
import fc from 'fast-check';
import { planReads, stretchBytesMax } from './rules.ts';
import type { Found } from './store.ts';

const [first, second] = ['bulk-1' as PackName, 'bulk-2' as PackName];
const object = (pack: PackName, offset: number, length: number): Found => ({ id: `${pack}/${offset}` as ObjectId, pack, offset, length });

test('neighbours are read together, across small gaps and within a bound', () => {
  const plan = planReads([
    object(first, 36, 100),
    object(first, 172, 100),
    object(first, 20_000, 100),
    object(second, 36, 100),
    object(second, 172, 4_194_596),
  ]);
  assert.deepEqual(
    plan.map(({ pack, start, endExclusive, objects }) => [pack, start, endExclusive, objects.length]),
    [
      [first, 36, 272, 2],
      [first, 20_000, 20_100, 1],
      [second, 36, 136, 1],
      [second, 172, 4_194_768, 1],
    ],
  );
});

test('every object is in exactly one stretch that covers it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(50_000), fc.integer({ min: 1, max: 300_000 })), { maxLength: 60 }), (steps) => {
      const next = { [first]: 0, [second]: 0 };
      const found = steps.map(([isFirst, gap, length]) => {
        const pack = isFirst ? first : second;
        const offset = (next[pack] ?? 0) + gap;
        next[pack] = offset + length;
        return object(pack, offset, length);
      });
      const sorted = found.toSorted((a, b) => (a.pack < b.pack ? -1 : a.pack > b.pack ? 1 : a.offset - b.offset));
      const plan = planReads(sorted);
      assert.deepEqual(
        plan.flatMap(({ objects }) => objects),
        sorted,
      );
      for (const { pack, start, endExclusive, objects } of plan) {
        for (const { offset, length, pack: own } of objects) assert.ok(own === pack && offset >= start && offset + length <= endExclusive);
        assert.ok(objects.length === 1 || endExclusive - start <= stretchBytesMax);
      }
    }),
  );
});
