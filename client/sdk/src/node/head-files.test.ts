import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { SpaceId } from '@reprise/protocol';
import { type HeadStore, memoryHeadStore } from '../drive/head-store.ts';
import { headFiles } from './head-files.ts';

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)] as SpaceId[] as [SpaceId, SpaceId];
let folder: string;
before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reprise-heads-'))));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const stores: readonly (readonly [string, () => HeadStore])[] = [
  ['in memory', () => memoryHeadStore()],
  ['in files', () => headFiles(fs.mkdtempSync(path.join(folder, 's-')))],
];
for (const [name, make] of stores) {
  describe(`heads ${name}`, () => {
    test('are found again, each space its own', async () => {
      const store = make();
      assert.equal(await store.load(a), undefined);
      await store.save(a, 7, Uint8Array.of(7));
      await store.save(b, 1, Uint8Array.of(1));
      assert.deepEqual(await store.load(a), Uint8Array.of(7));
      assert.deepEqual(await store.load(b), Uint8Array.of(1));
      await store.forget(a);
      assert.equal(await store.load(a), undefined);
      assert.deepEqual(await store.load(b), Uint8Array.of(1));
    });

    test('never go back, and of one seq the last stays', async () => {
      const store = make();
      for (const [seq, mark] of [
        [9, 1],
        [10, 2],
        [8, 3],
        [10, 4],
        [100, 5],
        [99, 6],
      ] as const)
        await store.save(a, seq, Uint8Array.of(mark));
      assert.deepEqual(await store.load(a), Uint8Array.of(5));
    });
  });
}

test('a folder of heads survives drafts of programs that ended, and holds one file a space', async () => {
  const own = path.join(folder, 'deep', 'heads');
  const store = headFiles(own);
  await store.save(a, 1, Uint8Array.of(1));
  fs.writeFileSync(path.join(own, 'draft-00'), 'cut');
  await store.save(a, 2, Uint8Array.of(2));
  assert.deepEqual(await headFiles(own).load(a), Uint8Array.of(2));
  assert.deepEqual(
    fs.readdirSync(own).filter((name) => name.startsWith(a)),
    [`${a}.0000000000000002`],
  );
});

test('a folder that cannot be written is told as such', () => {
  fs.writeFileSync(path.join(folder, 'file'), '');
  assert.throws(() => headFiles(path.join(folder, 'file', 'x')).save(a, 1, Uint8Array.of(1)), { code: 'target-refused' });
});
