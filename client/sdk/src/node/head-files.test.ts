import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeUtf8 } from '@reprise/kit';
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
      assert.equal(await store.save(a, Uint8Array.of(7), undefined), true);
      assert.equal(await store.save(b, Uint8Array.of(1), undefined), true);
      assert.deepEqual(await store.load(a), Uint8Array.of(7));
      assert.deepEqual(await store.load(b), Uint8Array.of(1));
    });

    test('are replaced only by who has read them', async () => {
      const store = make();
      assert.equal(await store.save(a, Uint8Array.of(1), Uint8Array.of(0)), false);
      assert.equal(await store.load(a), undefined);
      assert.equal(await store.save(a, Uint8Array.of(1), undefined), true);
      assert.equal(await store.save(a, Uint8Array.of(2), undefined), false);
      assert.equal(await store.save(a, Uint8Array.of(2), Uint8Array.of(3)), false);
      for (let n = 1; n < 20; n++) assert.equal(await store.save(a, Uint8Array.of(n + 1), Uint8Array.of(n)), true);
      assert.equal(await store.save(a, Uint8Array.of(99), Uint8Array.of(19)), false);
      assert.deepEqual(await store.load(a), Uint8Array.of(20));
    });
  });
}

test('a folder of heads survives drafts of programs that ended, and holds a few files a space', async () => {
  const own = path.join(folder, 'deep', 'heads');
  const store = headFiles(own);
  await store.save(a, Uint8Array.of(0), undefined);
  fs.writeFileSync(path.join(own, 'draft-00'), 'cut');
  for (let n = 0; n < 40; n++) assert.equal(await store.save(a, Uint8Array.of(n + 1), Uint8Array.of(n)), true);
  assert.deepEqual(await headFiles(own).load(a), Uint8Array.of(40));
  assert.equal(fs.readdirSync(own).filter((name) => name.startsWith(a)).length, 32);
});

test('a folder that cannot be written is told as such', () => {
  fs.writeFileSync(path.join(folder, 'file'), '');
  assert.throws(() => headFiles(path.join(folder, 'file', 'x')).save(a, Uint8Array.of(1), undefined), { code: 'target-refused' });
});

test('of processes that replace a head at once none takes back what another has kept', async () => {
  const own = path.join(folder, 'processes');
  const [processes, times] = [4, 40];
  const child = path.join(import.meta.dirname, 'head-files.child.ts');
  const ended = await Promise.all(
    Array.from({ length: processes }, async (_, n) => {
      const adding = spawn(process.execPath, [child, own, a, String(n), String(times)], { stdio: ['ignore', 'ignore', 'inherit'] });
      return (await once(adding, 'exit'))[0];
    }),
  );
  assert.deepEqual(
    ended,
    Array.from({ length: processes }, () => 0),
  );
  const marks = decodeUtf8((await headFiles(own).load(a)) ?? new Uint8Array(0))
    .trim()
    .split('\n');
  const expected = Array.from({ length: processes * times }, (_, i) => `${i % processes}.${Math.floor(i / processes)}`);
  assert.deepEqual(marks.toSorted(), expected.toSorted());
});
