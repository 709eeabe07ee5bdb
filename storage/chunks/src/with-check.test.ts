import assert from 'node:assert/strict';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { formatHex, systemRandom, Turns } from '@reprise/kit';
import { type ObjectId, sha256 } from '@reprise/protocol';
import { CheckedLately } from './checked-lately.ts';
import { openFilesystemStore } from './filesystem.ts';
import type { ChunkStore } from './store.ts';
import { checkHoldsMs, withCheck } from './with-check.ts';
import { type Measured, withMeter } from './with-meter.ts';

/** A store that is checked by a clock in the test's hand, with a count of the bytes that checks and readers take from the disk. */
async function setUp(t: TestContext, length: number) {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-chunks-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const clock = { at: 1_000_000, now: () => clock.at };
  const reads: Measured[] = [];
  const meter = { record: (measured: Measured) => void (measured.operation === 'read' && reads.push(measured)) };
  const store = withCheck(withMeter(await openFilesystemStore({ folder, reserveBytes: 0 }), meter), clock);
  const bytes = systemRandom(length);
  const id = formatHex(await sha256(bytes)) as ObjectId;
  const writer = await store.beginPack('bulk');
  await writer.write(bytes);
  const at = { pack: await writer.commit(), offset: 0, length };
  const flip = async () => {
    await using file = await open(join(folder, 'packs', 'bulk', at.pack.slice(5, 7), at.pack), 'r+');
    await file.write(Uint8Array.of((bytes[0] as number) ^ 0x80), 0, 1, 0);
  };
  const some = (of: ChunkStore = store) => Array.fromAsync(of.readRange(id, at, { start: 10, endExclusive: 20 }));
  return { store, id, at, bytes, clock, reads, flip, some };
}

describe('a checked store', () => {
  it('checks an object once for all ranges that follow, and again when ten minutes have passed', async (t) => {
    const { reads, some, clock, bytes, flip, id } = await setUp(t, 50_000);
    for (let i = 0; i < 5; i++) assert.deepEqual(await some(), [bytes.subarray(10, 20)]);
    assert.deepEqual(
      reads.map((read) => read.bytes),
      [50_000, 10, 10, 10, 10, 10],
    );
    await flip();
    clock.at += checkHoldsMs - 1;
    assert.deepEqual(await some(), [bytes.subarray(10, 20)]);
    clock.at += 1;
    await assert.rejects(some(), { code: 'chunk-corrupt', facts: { id } });
  });

  it('checks a whole object at each read, and believes no range of it any more once it failed', async (t) => {
    const { store, id, at, bytes, flip, some } = await setUp(t, 5_000);
    assert.deepEqual(await store.read(id, at), bytes);
    await some();
    await flip();
    await assert.rejects(store.read(id, at), { code: 'chunk-corrupt' });
    await assert.rejects(some(), { code: 'chunk-corrupt' });
  });

  it('checks once for many readers that come together, and each may leave', async (t) => {
    const { store, id, at, reads, some } = await setUp(t, 3_000_000);
    const reason = new Error('left');
    const left = store.sendRange(id, at, { start: 0, endExclusive: 1 }, async () => assert.fail('it left'), AbortSignal.abort(reason));
    const rest = Array.from({ length: 20 }, () => some());
    await assert.rejects(left, (error) => error === reason);
    await Promise.all(rest);
    assert.equal(reads.filter((read) => read.bytes === 3_000_000).length, 1);
  });

  it('reads what is sent whole only once, and lets nothing wrong out as a whole', async (t) => {
    const { store, id, at, bytes, reads, flip, some } = await setUp(t, 3_000_000);
    const sendWhole = async () => {
      const sent: Uint8Array[] = [];
      const write = async (piece: Uint8Array) => void sent.push(piece.slice());
      const failure = await store.sendRange(id, at, { start: 0, endExclusive: at.length }, write).then(
        () => undefined,
        (error: unknown) => error as { readonly code?: string },
      );
      return { sent: new Uint8Array(Buffer.concat(sent)), code: failure?.code };
    };
    assert.deepEqual(await sendWhole(), { sent: bytes, code: undefined });
    await some();
    assert.deepEqual(
      reads.map((read) => read.bytes),
      [3_000_000, 10],
    );
    await flip();
    await assert.rejects(store.read(id, at), { code: 'chunk-corrupt' });
    assert.deepEqual(await sendWhole(), { sent: new Uint8Array(0), code: 'chunk-corrupt' });
  });

  it('cuts an object that turns out wrong on its way, and tells the next reader before anything is sent', async (t) => {
    const { store, id, at, flip } = await setUp(t, 3_000_000);
    await flip();
    const sent = [0, 0];
    for (const attempt of sent.keys()) {
      const write = async (piece: Uint8Array) => void (sent[attempt] = (sent[attempt] as number) + piece.length);
      await assert.rejects(store.sendRange(id, at, { start: 0, endExclusive: at.length }, write), { code: 'chunk-corrupt' });
    }
    assert.ok((sent[0] as number) < at.length, 'the last piece was kept back');
    assert.equal(sent[1], 0);
  });

  it('does not call a clock that was set back a fresh check', async (t) => {
    const { reads, some, clock } = await setUp(t, 1_000);
    await some();
    clock.at -= 1;
    await some();
    assert.equal(reads.filter((read) => read.bytes === 1_000).length, 2);
  });
});

describe('what was checked lately', () => {
  it('is remembered for the newest entries only', () => {
    const checked = new CheckedLately({ now: () => 5 }, { holdsMs: 10, entriesMax: 3 });
    for (const key of ['a', 'b', 'c', 'a', 'd']) checked.add(key);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => checked.has(key)),
      [true, false, true, true],
    );
  });
});

describe('turns', () => {
  it('let no more in than there are places, in order, and go on after a failure', async () => {
    const turns = new Turns(2);
    let inside = 0;
    const order: number[] = [];
    const work = (i: number) => async () => {
      assert.ok(++inside <= 2);
      order.push(i);
      await new Promise(setImmediate);
      inside--;
      if (i === 3) throw new Error('three');
      return i;
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => turns.run(work(i))));
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(
      outcomes.map(({ status }, i) => status === (i === 3 ? 'rejected' : 'fulfilled')),
      Array(9).fill(true),
    );
  });
});
