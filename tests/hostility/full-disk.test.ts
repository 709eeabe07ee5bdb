// A server whose disk is full refuses uploads in words, keeps what it has, serves it, and takes uploads again when there is room.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { contract } from '@reprise/protocol';
import { Owner, batchOf, drawLink, sealedLike, send } from '../../server/drive/src/testing/owner.ts';
import { startService } from '../../server/drive/src/testing/service.ts';
import { until } from '../support/until.ts';

const mebibyte = 2 ** 20;

/** A file system of its own, of `bytes`. @returns undefined where mounting is not allowed */
function mountSmall(bytes: number): (Disposable & { readonly folder: string }) | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-small-'));
  if (spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]).status !== 0) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    [Symbol.dispose]() {
      spawnSync('/bin/umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test('when the packs’ disk is full, an upload is refused whole, and what was stored is served', async (t) => {
  using small = mountSmall(24 * mebibyte);
  if (!small) return t.skip('a small file system can be mounted by root only');
  await using service = await startService({
    packFolder: join(small.folder, 'objects'),
    reserveBytes: 0,
    settings: { diskReserveBytes: 0 },
  });
  const owner = await Owner.open(service);
  const kept = sealedLike(4_194_304);
  await owner.share([kept]);
  const body = batchOf(Array.from({ length: 4 }, () => sealedLike(4_194_304)));
  const place = await owner.place(body.length);
  writeFileSync(join(small.folder, 'filler'), new Uint8Array(10 * mebibyte));
  const refused = await owner.putBody(place, body);
  assert.deepEqual([refused.status, refused.error?.code], [507, 'disk-full']);
  assert.equal((await owner.view()).json.bytes.stored, kept.bytes.length);
  assert.equal((await Array.fromAsync(service.chunks.listPacks())).length, 1);
  assert.ok(Buffer.from((await send(service.url, contract['objects.get'], { id: kept.id })).bytes).equals(Buffer.from(kept.bytes)));
  rmSync(join(small.folder, 'filler'));
  // What is free is looked up now and then, not at every put.
  await until('the same place is good again', async () => (await owner.putBody(place, body)).status === 201);
  assert.deepEqual(service.faults, []);
});

test('below the operator’s reserve no place is given, and listing still works', async (t) => {
  using small = mountSmall(24 * mebibyte);
  if (!small) return t.skip('a small file system can be mounted by root only');
  await using service = await startService({
    packFolder: join(small.folder, 'objects'),
    reserveBytes: 0,
    settings: { diskReserveBytes: 16 * mebibyte },
  });
  const owner = await Owner.open(service);
  const object = sealedLike(1_048_576);
  await owner.put([object]);
  const asked = await owner.call(contract['spaces.puts'], {}, { batches: [{ bytes: 9 * mebibyte, class: 'bulk' }], objects: [] });
  assert.deepEqual([asked.status, asked.error?.code], [507, 'disk-full']);
  const link = await owner.publish();
  assert.equal((await owner.list(link.id, [object.id])).status, 200);
  assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).status, 200);
});

test('when the database’s disk is full too, links still open and nothing half-written stays', async (t) => {
  using small = mountSmall(24 * mebibyte);
  if (!small) return t.skip('a small file system can be mounted by root only');
  const settings = { diskReserveBytes: 0 };
  const object = sealedLike(1_048_576);
  {
    await using service = await startService({
      databasePath: join(small.folder, 'reprise.sqlite'),
      packFolder: join(small.folder, 'objects'),
      reserveBytes: 0,
      settings,
    });
    const owner = await Owner.open(service);
    const link = await owner.share([object]);
    fill(join(small.folder, 'filler'));
    const refusals = [];
    for (let i = 0; i < 400; i++) {
      const answer = await owner.call(contract['links.create'], {}, drawLink().body);
      if (answer.status !== 201) refusals.push(answer.error?.code);
    }
    assert.ok(refusals.length > 0, 'the disk was full');
    assert.deepEqual([...new Set(refusals)], ['disk-full']);
    const opened = await send(service.url, contract['links.open'], { link: link.id }, link.proof);
    assert.equal(opened.status, 200);
    assert.equal((await send(service.url, contract['links.download'], { link: link.id }, link.proof)).status, 201);
    assert.ok(Buffer.from((await send(service.url, contract['objects.get'], { id: object.id })).bytes).equals(Buffer.from(object.bytes)));
    rmSync(join(small.folder, 'filler'));
    assert.equal((await owner.call(contract['links.create'], {}, drawLink().body)).status, 201);
    assert.deepEqual(service.faults, []);
  }
  const database = new DatabaseSync(join(small.folder, 'reprise.sqlite'));
  assert.deepEqual(
    database
      .prepare('pragma integrity_check')
      .all()
      .map((row) => ({ ...row })),
    [{ integrity_check: 'ok' }],
  );
  database.close();
});

/** Takes every byte that is left. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const bytes of [mebibyte, 4096]) {
      const block = new Uint8Array(bytes);
      try {
        for (;;) if (writeSync(file, block) < bytes) break;
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      }
    }
  } finally {
    closeSync(file);
  }
}
