import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { openLocal, sealLocal } from './local.ts';
import { nodeEngine } from './node.ts';

test('what a machine keeps opens at its own place, under its own key, and nowhere else', async () => {
  const [key, row, message] = [systemRandom(32), systemRandom(8), systemRandom(500)];
  const sealed = await sealLocal(nodeEngine, key, { table: 'journal', row }, message, systemRandom);
  assert.deepEqual(await openLocal(nodeEngine, key, { table: 'journal', row }, sealed), message);
  await assert.rejects(openLocal(nodeEngine, key, { table: 'link', row }, sealed), { code: 'reject' });
  await assert.rejects(openLocal(nodeEngine, key, { table: 'journal', row: systemRandom(8) }, sealed), { code: 'reject' });
  await assert.rejects(openLocal(nodeEngine, systemRandom(32), { table: 'journal', row }, sealed), { code: 'reject' });
});

test('table and row do not run into each other', async () => {
  const key = systemRandom(32);
  const sealed = await sealLocal(nodeEngine, key, { table: 'a', row: Uint8Array.of(98) }, new Uint8Array(1), systemRandom);
  await assert.rejects(openLocal(nodeEngine, key, { table: 'ab', row: new Uint8Array() }, sealed), { code: 'reject' });
});
