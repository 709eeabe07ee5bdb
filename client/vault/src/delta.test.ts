import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { type DcborValue, encodeDcbor } from '@reprise/protocol/formats';
import { decodeDelta, encodeDelta, openDelta, sealDelta } from './delta.ts';
import type { Entry } from './entry.ts';
import { nodeEngine } from './node.ts';
import { type TreeDelta, rootFid } from './tree-change.ts';

const random = systemRandom;
const place = { space: random(32), seq: 3, prev: random(32), epoch: 1 };

function file(name: string): Entry {
  const content = { kind: 'file', extents: [] } as const;
  return { name, fid: random(16), content, size: 0, mtimeNs: 5n, executable: false, digest: null, thumb: null, ext: new Map() };
}

const ref = { id: random(32), key: random(32), length: 700 };
const delta: TreeDelta = {
  changes: [
    { kind: 'put', parent: rootFid, entry: file('a.txt') },
    { kind: 'remove', parent: random(16), name: 'b.txt' },
  ],
  nodes: [
    { directory: random(16), level: 0, firstName: '', ref },
    { directory: random(16), level: 2, firstName: 'c', ref },
  ],
};

describe('a delta', () => {
  test('says again what it was made of, at its place', async () => {
    const key = random(32);
    const sealed = await sealDelta(nodeEngine, key, place, delta, random);
    assert.ok(sealed);
    assert.deepEqual(await openDelta(nodeEngine, key, place, sealed), delta);
    await assert.rejects(openDelta(nodeEngine, key, { ...place, seq: 4 }, sealed), { code: 'reject' });
    await assert.rejects(openDelta(nodeEngine, random(32), place, sealed), { code: 'reject' });
  });

  test('has one of few lengths, and is left out where it would be longer than 64 KiB', async () => {
    const sealed = async (entries: number): Promise<number | undefined> => {
      const changes = Array.from({ length: entries }, (_, i) => ({ kind: 'put', parent: rootFid, entry: file(`${i}`) }) as const);
      return (await sealDelta(nodeEngine, random(32), place, { changes, nodes: [] }, random))?.length;
    };
    assert.equal(await sealed(0), 1_108);
    assert.equal(await sealed(8), 1_108);
    const most = await sealed(800);
    assert.ok(most !== undefined && most <= 65_536, String(most));
    assert.equal(await sealed(1_400), undefined);
  });

  const good = encodeDelta(delta);
  const parts = (edit: (parts: DcborValue[]) => void): Uint8Array => {
    const value: DcborValue[] = [1, [[1, rootFid, 'x']], [[rootFid, 0, 'x', [ref.id, ref.key, ref.length]]]];
    edit(value);
    return encodeDcbor(value);
  };
  const refused: readonly (readonly [string, Uint8Array])[] = [
    ['another version', parts((value) => (value[0] = 2))],
    ['a third kind of change', parts((value) => (value[1] = [[2, rootFid, 'x']]))],
    ['a fid of 15 bytes', parts((value) => (value[1] = [[1, random(15), 'x']]))],
    ['a name that is none', parts((value) => (value[1] = [[1, rootFid, 'a/b']]))],
    ['an entry that is none', parts((value) => (value[1] = [[0, rootFid, 'x']]))],
    ['level 4', parts((value) => (value[2] = [[rootFid, 4, 'x', [ref.id, ref.key, 1]]]))],
    ['a first name that is none', parts((value) => (value[2] = [[rootFid, 0, '..', [ref.id, ref.key, 1]]]))],
    ['a ref of two parts', parts((value) => (value[2] = [[rootFid, 0, 'x', [ref.id, ref.key]]]))],
    ['no nodes', parts((value) => value.pop())],
    ['bytes after the end', Uint8Array.of(...good, 0)],
  ];
  for (const [name, bytes] of refused)
    test(`with ${name} is refused`, () =>
      assert.throws(
        () => decodeDelta(bytes),
        (error: { code?: string }) => error.code === 'bad-object' || error.code === 'bad-name',
      ));
  test('is accepted before it is spoilt', () => assert.equal(decodeDelta(parts(() => {})).changes.length, 1));
});
