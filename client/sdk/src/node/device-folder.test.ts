import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { deviceFolder } from './device-folder.ts';

function inFolder(work: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = fs.mkdtempSync(path.join(tmpdir(), 'reprise-device-'));
    try {
      await work(path.join(folder, 'device'));
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  };
}

test(
  'a device keeps its record and its keys, for its owner only, until it is erased',
  inFolder(async (folder) => {
    const store = deviceFolder(folder);
    assert.equal(store.load(), undefined);
    const signing = await store.signingKey();
    const sealing = await store.sealingKey();
    assert.equal(sealing.length, 32);
    store.save(Uint8Array.of(1, 2, 3));
    const later = deviceFolder(folder);
    assert.deepEqual(later.load(), Uint8Array.of(1, 2, 3));
    assert.deepEqual((await later.signingKey()).publicKey, signing.publicKey);
    assert.deepEqual(await later.sealingKey(), sealing);
    later.save(Uint8Array.of(4));
    assert.deepEqual(store.load(), Uint8Array.of(4));
    if (process.platform !== 'win32') {
      for (const name of fs.readdirSync(folder)) assert.equal(fs.statSync(path.join(folder, name)).mode & 0o077, 0, name);
      assert.equal(fs.statSync(folder).mode & 0o077, 0);
    }
    store.erase();
    assert.deepEqual(fs.readdirSync(folder), []);
    assert.notDeepEqual(await store.sealingKey(), sealing);
  }),
);

test(
  'a damaged key is refused, not replaced',
  inFolder(async (folder) => {
    const store = deviceFolder(folder);
    await store.sealingKey();
    fs.truncateSync(path.join(folder, 'sealing-key'), 31);
    await assert.rejects(store.sealingKey(), { code: 'bad-journal' });
  }),
);

test(
  'a folder that cannot be is refused with its reason',
  inFolder(async (folder) => {
    fs.writeFileSync(folder, '');
    assert.throws(() => deviceFolder(folder).save(Uint8Array.of(1)), { code: 'target-refused' });
  }),
);
