import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { sealedRootBytes } from '@reprise/protocol/formats';
import { nodeEngine } from './node.ts';
import { nextPlace, openRoot, sealRoot } from './space-root.ts';

const random = systemRandom;
const root = { ref: { id: random(32), key: random(32), length: 1_048_576 }, boundaryKey: random(32) };

test('a root opens at its place in the log and nowhere else', async () => {
  const key = random(32);
  const place = nextPlace({ space: random(32), seq: 7, head: random(32), epoch: 2 });
  assert.equal(place.seq, 8);
  const sealed = await sealRoot(nodeEngine, key, place, root, random);
  assert.equal(sealed.length, sealedRootBytes);
  assert.deepEqual(await openRoot(nodeEngine, key, place.space, { ...place, sealed }), root);
  for (const other of [{ seq: 9 }, { prev: random(32) }, { epoch: 3 }])
    await assert.rejects(openRoot(nodeEngine, key, place.space, { ...place, ...other, sealed }), { code: 'reject' });
  await assert.rejects(openRoot(nodeEngine, key, random(32), { ...place, sealed }), { code: 'reject' });
  await assert.rejects(openRoot(nodeEngine, random(32), place.space, { ...place, sealed }), { code: 'reject' });
  await assert.rejects(openRoot(nodeEngine, key, place.space, { ...place, sealed: sealed.slice(1) }), { code: 'bad-object' });
});
