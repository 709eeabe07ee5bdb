import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import fc from 'fast-check';
import { buildContent, cutEvenly, readExtents } from './manifest.ts';
import { nodeEngine } from './node.ts';
import type { Extent } from './rope.ts';

function extents(count: number): Extent[] {
  return Array.from({ length: count }, () => ({
    id: systemRandom(32),
    key: systemRandom(32),
    sealedLength: 4_194_596,
    offset: 0,
    length: 4_194_304,
  }));
}

test('extents come back from any manifest', async () => {
  for (const count of [0, 1, 4, 5, 511, 512, 513, 640, 5_000]) {
    const objects = new Map<string, Uint8Array>();
    const list = extents(count);
    const content = await buildContent(list, {
      engine: nodeEngine,
      random: systemRandom,
      put: ({ id, bytes }) => void objects.set(formatHex(id), bytes),
    });
    assert.equal(content.kind, count <= 4 ? 'file' : 'manifest');
    const read = await readExtents(content, count * 4_194_304, {
      engine: nodeEngine,
      fetch: async (wanted) => wanted.map(({ id }) => objects.get(formatHex(id)) as Uint8Array),
    });
    assert.deepEqual(read, list);
  }
});

test('a rope in more pieces than are ever written is refused on both sides', async () => {
  const crumbs = extents(1_041).map((extent) => ({ ...extent, length: 1 }));
  const writer = { engine: nodeEngine, random: systemRandom, put: () => undefined };
  await assert.rejects(buildContent(crumbs, writer), { code: 'limit-exceeded' });
  assert.equal((await buildContent(crumbs.slice(1), writer)).kind, 'manifest');
});

test('groups keep the order, are full but for the last two, and not small', () => {
  fc.assert(
    fc.property(fc.nat(5_000), (count) => {
      const groups = cutEvenly(
        Array.from({ length: count }, (_, i) => i),
        512,
        128,
      );
      assert.deepEqual(
        groups.flat(),
        Array.from({ length: count }, (_, i) => i),
      );
      for (const group of groups.slice(0, -2)) assert.equal(group.length, 512);
      for (const group of groups) assert.ok(group.length <= 512 && (group.length >= 128 || groups.length === 1));
    }),
  );
});
