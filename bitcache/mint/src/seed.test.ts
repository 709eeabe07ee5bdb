import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { openSeed, sealSeed, seedPrint } from './seed.ts';

test('a seed is opened by the key file that sealed it, and by nothing else', () => {
  const [key, seed] = [systemRandom(32), systemRandom(32)];
  const sealed = sealSeed(key, seed, systemRandom);
  assert.deepEqual([sealed.length, openSeed(key, sealed)], [60, seed]);
  assert.equal(openSeed(systemRandom(32), sealed), undefined);
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice();
    changed[at] = (changed[at] as number) ^ 1;
    assert.equal(openSeed(key, changed), undefined, `byte ${at}`);
  }
  for (const length of [0, 28, 59]) assert.equal(openSeed(key, sealed.subarray(0, length)), undefined);
});

test('the print of a seed tells it from others', () => {
  const [seed, other] = [systemRandom(32), systemRandom(32)];
  assert.deepEqual(seedPrint(seed), seedPrint(seed.slice()));
  assert.notDeepEqual(seedPrint(seed), seedPrint(other));
});
