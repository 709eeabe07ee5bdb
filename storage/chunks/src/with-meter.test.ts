import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import { type ObjectId, sha256 } from '@reprise/protocol';
import { openFilesystemStore } from './filesystem.ts';
import { type Measured, withMeter } from './with-meter.ts';

describe('a metered store', () => {
  it('records each operation once, with its outcome, bytes and duration', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'reprise-chunks-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const records: Measured[] = [];
    const store = withMeter(await openFilesystemStore({ folder, reserveBytes: 0 }), { record: (measured) => void records.push(measured) });
    const taken = () => records.splice(0).map(({ operation, outcome, bytes }) => `${operation} ${outcome} ${bytes}`);

    const bytes = systemRandom(900_000);
    const id = formatHex(await sha256(bytes)) as ObjectId;
    const writer = await store.beginPack('bulk');
    await writer.write(bytes.subarray(0, 100));
    await writer.write(bytes.subarray(100));
    const at = { pack: await writer.commit(), offset: 0, length: bytes.length };
    await writer.abort();
    assert.ok(records.every(({ durationMs }) => durationMs > 0));
    assert.deepEqual(taken(), ['write done 900000']);

    const dropped = await store.beginPack('hot');
    await dropped.write(bytes.subarray(0, 7));
    await dropped.abort();
    await dropped.abort();
    assert.deepEqual(taken(), ['write failed 7']);

    await store.read(id, at);
    await store.sendRange(id, at, { start: 1, endExclusive: 700_001 }, async () => {});
    await Array.fromAsync(store.readRange(id, at, { start: 1, endExclusive: 600_001 }));
    assert.deepEqual(taken(), ['read done 900000', 'read done 700000', 'read done 600000']);

    for await (const piece of store.readRange(id, at, { start: 0, endExclusive: 900_000 })) {
      assert.equal(piece.length, 524_288);
      break;
    }
    const gone = new Error('gone');
    await assert.rejects(
      store.sendRange(id, at, { start: 0, endExclusive: 10 }, () => Promise.reject(gone)),
      gone,
    );
    assert.deepEqual(taken(), ['read done 524288', 'read failed 0']);

    await store.deletePack(at.pack);
    await assert.rejects(store.read(id, at), { code: 'chunk-corrupt' });
    await assert.rejects(Array.fromAsync(store.readRange(id, at, { start: 0, endExclusive: 1 })), { code: 'chunk-corrupt' });
    assert.deepEqual(taken(), ['delete done 0', 'read failed 0', 'read failed 0']);
  });
});
