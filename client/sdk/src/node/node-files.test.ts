import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Bytes, formatHex, systemRandom } from '@reprise/kit';
import { nodeEngine } from '@reprise/vault/node';
import { nodeFiles } from './node-files.ts';

const scratch = mkdtempSync(join(tmpdir(), 'reprise-nodes-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

let folders = 0;
const newFolder = () => join(scratch, `cache-${folders++}`);
async function drawNode(length: number): Promise<{ readonly id: Bytes; readonly sealed: Bytes }> {
  const sealed = systemRandom(length);
  return { id: await nodeEngine.sha256(sealed), sealed };
}
const fileOf = (folder: string, id: Bytes) => join(folder, formatHex(id).slice(0, 2), formatHex(id));
const filesOf = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

test('a node is found by another program, readable by its owner alone', async () => {
  const folder = newFolder();
  const { id, sealed } = await drawNode(2_000);
  assert.equal(await nodeFiles(folder).get(id), undefined);
  await nodeFiles(folder).put(id, sealed);
  assert.deepEqual(await nodeFiles(folder).get(id), sealed);
  assert.equal(statSync(fileOf(folder, id)).mode & 0o077, 0);
  assert.equal(statSync(folder).mode & 0o077, 0);
});

test('what a disk has changed counts as absent, and goes', async () => {
  const folder = newFolder();
  const cache = nodeFiles(folder);
  for (const damaged of [new Uint8Array(0), systemRandom(1_999), systemRandom(2_000)]) {
    const { id, sealed } = await drawNode(2_000);
    await cache.put(id, sealed);
    writeFileSync(fileOf(folder, id), damaged);
    assert.equal(await cache.get(id), undefined);
    assert.equal(filesOf(folder).length, 0);
    await cache.put(id, sealed);
    assert.deepEqual(await cache.get(id), sealed);
    rmSync(fileOf(folder, id));
  }
});

test('the folder stays within its bytes, whichever program writes, and keeps what it can', async () => {
  const folder = newFolder();
  const bytesMax = 256 * 4_000;
  for (let round = 0; round < 4; round++) {
    const cache = nodeFiles(folder, bytesMax);
    for (let i = 0; i < 500; i++) {
      const { id, sealed } = await drawNode(1_000);
      await cache.put(id, sealed);
    }
  }
  const kept = filesOf(folder).reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
  assert.ok(kept <= bytesMax, `${kept}`);
  assert.ok(kept >= bytesMax / 2, `${kept}`);
  const huge = await drawNode(4_001);
  await nodeFiles(folder, bytesMax).put(huge.id, huge.sealed);
  assert.equal(await nodeFiles(folder, bytesMax).get(huge.id), undefined);
});

test('a place that cannot be written keeps nothing, and is no failure', async () => {
  const file = newFolder();
  writeFileSync(file, 'no folder');
  const { id, sealed } = await drawNode(2_000);
  await nodeFiles(file).put(id, sealed);
  assert.equal(await nodeFiles(file).get(id), undefined);
});
