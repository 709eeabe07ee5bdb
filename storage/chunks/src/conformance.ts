// What every ChunkStore and every decorator over one must do: one suite, run on each by conformance.test.ts.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { type Bytes, concatBytes, formatHex, systemRandom } from '@reprise/kit';
import { type ObjectId, sha256 } from '@reprise/protocol';
import { type ChunkStore, type Location, type PackClass, type Range, isPackName, packClassOf, rangePieceBytes } from './store.ts';

export type StoreUnderTest = {
  /** What the suite is called in the report. */
  readonly name: string;
  /** Opens the same store again and again: what was committed is there, what was not is gone. */
  readonly open: () => Promise<ChunkStore>;
  /** Changes one bit of a stored pack behind the store's back. */
  readonly flipBit: (at: Location, byteInObject: number) => Promise<void>;
  /** Cuts the last bytes of a stored pack off, behind the store's back. */
  readonly cutTail: (at: Location, bytes: number) => Promise<void>;
  /** Files that no committed pack accounts for. */
  readonly leftovers: () => Promise<readonly string[]>;
  /** Whether reading compares the bytes with the id. */
  readonly checks: boolean;
};

export function describeChunkStore(under: StoreUnderTest): void {
  describe(under.name, () => {
    let opened: Promise<ChunkStore> | undefined;
    const store = () => (opened ??= under.open());
    const reopen = async () => {
      await (await store())[Symbol.asyncDispose]();
      opened = undefined;
      return store();
    };
    after(async () => (await opened)?.[Symbol.asyncDispose]());

    it('gives back what was written, whole, after the commit and after a restart', async () => {
      const stored = await put(await store(), 'bulk', [1, 4_096, 262_433, 4_194_596]);
      for (const object of stored) assert.deepEqual(await (await store()).read(object.id, object.at), object.bytes);
      const again = await reopen();
      for (const object of stored) assert.deepEqual(await again.read(object.id, object.at), object.bytes);
    });

    it('names a pack by its class, before and after the commit', async () => {
      for (const packClass of ['hot', 'bulk'] as const) {
        const writer = await (await store()).beginPack(packClass);
        await writer.write(systemRandom(10));
        assert.equal(await writer.commit(), writer.pack);
        assert.ok(isPackName(writer.pack));
        assert.equal(packClassOf(writer.pack), packClass);
      }
    });

    it('keeps thousands of small writes in order', async () => {
      const stored = await put(
        await store(),
        'hot',
        Array.from({ length: 3_000 }, (_, i) => 1 + ((i * 37) % 700)),
      );
      for (const object of stored.filter((_, i) => i % 100 === 0 || i > 2_990)) {
        assert.deepEqual(await (await store()).read(object.id, object.at), object.bytes);
      }
    });

    it('lets the caller use the buffer again once a write resolves', async () => {
      const buffer = new Uint8Array(1_000);
      const writer = await (await store()).beginPack('bulk');
      const parts: Bytes[] = [];
      for (let fill = 1; fill <= 5; fill++) {
        buffer.fill(fill);
        parts.push(buffer.slice());
        await writer.write(buffer);
      }
      const pack = await writer.commit();
      const bytes = concatBytes(...parts);
      assert.deepEqual(await (await store()).read(await idOf(bytes), { pack, offset: 0, length: bytes.length }), bytes);
    });

    it('gives ranges at every edge of objects and pieces', async () => {
      const [, object] = await put(await store(), 'bulk', [1_000, 4_194_596, 1_000]);
      assert.ok(object);
      const length = object.bytes.length;
      const edges = [
        0,
        1,
        262_143,
        262_144,
        rangePieceBytes - 1,
        rangePieceBytes,
        rangePieceBytes + 1,
        2 * rangePieceBytes,
        length - 1,
        length,
      ];
      for (const start of edges) {
        for (const endExclusive of edges.filter((end) => end >= start)) {
          const wanted = object.bytes.subarray(start, endExclusive);
          assert.deepEqual(await collect(await store(), object, { start, endExclusive }), wanted);
          assert.deepEqual(await sent(await store(), object, { start, endExclusive }), wanted);
        }
      }
    });

    it('refuses ranges that are not inside the object', async () => {
      const [object] = await put(await store(), 'bulk', [500]);
      assert.ok(object);
      for (const [start, endExclusive] of [
        [-1, 3],
        [3, 2],
        [0, 501],
        [501, 502],
        [0.5, 2],
        [Number.NaN, 3],
      ] as const) {
        await assert.rejects(collect(await store(), object, { start, endExclusive }), { code: 'range-refused', facts: { bytes: 500 } });
        await assert.rejects(sent(await store(), object, { start, endExclusive }), { code: 'range-refused' });
      }
    });

    it('hands a sent piece over only when the one before was written, and stops when writing fails', async () => {
      const [object] = await put(await store(), 'bulk', [4_194_596]);
      assert.ok(object);
      let writing = 0;
      let pieces = 0;
      const whole = { start: 0, endExclusive: object.bytes.length };
      await (await store()).sendRange(object.id, object.at, whole, async (piece) => {
        assert.equal(++writing, 1);
        assert.ok(piece.length > 0 && piece.length <= rangePieceBytes);
        await new Promise(setImmediate);
        pieces++;
        writing--;
      });
      assert.equal(pieces, Math.ceil(object.bytes.length / rangePieceBytes));
      const gone = new Error('the reader went away');
      const failing = (await store()).sendRange(object.id, object.at, whole, () => Promise.reject(gone));
      await assert.rejects(failing, (error) => error === gone);
    });

    it('keeps many readers and writers apart', async () => {
      const shared = await store();
      const packs = await Promise.all(Array.from({ length: 16 }, (_, i) => put(shared, i % 2 ? 'hot' : 'bulk', [70_000, 300_000 + i, 5])));
      const objects = packs.flat();
      const whole = (object: Stored) => ({ start: 0, endExclusive: object.bytes.length });
      const reads = [...objects, ...objects, ...objects].map(async (object, i) => {
        if (i % 3 === 0) assert.deepEqual(await shared.read(object.id, object.at), object.bytes);
        else if (i % 3 === 1) assert.deepEqual(await collect(shared, object, whole(object)), object.bytes);
        else assert.deepEqual(await sent(shared, object, whole(object)), object.bytes);
      });
      await Promise.all([...reads, put(shared, 'bulk', [1_000_000])]);
    });

    it('leaves nothing of an aborted pack, however far it came', async () => {
      const before = await packsOf(await store());
      for (const bytes of [0, 10, 300_000]) {
        const writer = await (await store()).beginPack('bulk');
        if (bytes > 0) await writer.write(systemRandom(bytes));
        await writer.abort();
        await writer.abort();
      }
      const midWrite = await (await store()).beginPack('bulk');
      const write = midWrite.write(systemRandom(4_000_000));
      await Promise.all([write.catch(() => {}), midWrite.abort()]);
      assert.deepEqual(await packsOf(await store()), before);
      assert.deepEqual(await under.leftovers(), []);
    });

    it('keeps a committed pack whose writer is aborted afterwards', async () => {
      const writer = await (await store()).beginPack('bulk');
      const bytes = systemRandom(2_000);
      await writer.write(bytes);
      const pack = await writer.commit();
      await writer.abort();
      assert.deepEqual(await (await store()).read(await idOf(bytes), { pack, offset: 0, length: 2_000 }), bytes);
    });

    it('lists committed packs with their class, size and time, and no other', async () => {
      const startedAt = Date.now();
      const unfinished = await (await store()).beginPack('bulk');
      await unfinished.write(systemRandom(100));
      const [hot] = await put(await store(), 'hot', [300, 200]);
      assert.ok(hot);
      const packs = await packsOf(await store());
      assert.equal(packs.has(unfinished.pack), false);
      const listed = packs.get(hot.at.pack);
      assert.ok(listed);
      assert.equal(listed.packClass, 'hot');
      assert.equal(listed.bytes, 500);
      assert.ok(Math.abs(listed.modifiedAt - startedAt) < 60_000);
      await unfinished.abort();
    });

    it('says chunk-corrupt for a pack that is deleted, and nothing for deleting it again', async () => {
      const [object] = await put(await store(), 'bulk', [5_000]);
      assert.ok(object);
      assert.deepEqual(await (await store()).read(object.id, object.at), object.bytes);
      await (await store()).deletePack(object.at.pack);
      await (await store()).deletePack(object.at.pack);
      const corrupt = { code: 'chunk-corrupt', facts: { id: object.id } };
      await assert.rejects((await store()).read(object.id, object.at), corrupt);
      await assert.rejects(sent(await store(), object, { start: 0, endExclusive: 10 }), corrupt);
      assert.equal((await packsOf(await store())).has(object.at.pack), false);
    });

    it('gives a reader that is under way whole bytes or chunk-corrupt when the pack is deleted', async () => {
      const [object] = await put(await store(), 'bulk', [4_194_596]);
      assert.ok(object);
      const whole = { start: 0, endExclusive: object.bytes.length };
      const outcomes = Array.from({ length: 12 }, async (_, i) => {
        try {
          const bytes = await (i % 2 ? collect(await store(), object, whole) : sent(await store(), object, whole));
          assert.deepEqual(bytes, object.bytes);
          return 'whole';
        } catch (error) {
          assert.equal((error as { code?: unknown }).code, 'chunk-corrupt');
          return 'refused';
        }
      });
      await new Promise(setImmediate);
      await (await store()).deletePack(object.at.pack);
      for (const outcome of await Promise.all(outcomes)) assert.match(outcome, /^(whole|refused)$/);
    });

    it('says chunk-corrupt when a pack was cut short', async () => {
      const [first, last] = await put(await store(), 'bulk', [9_000, 9_000]);
      assert.ok(first && last);
      await under.cutTail(last.at, 1);
      await assert.rejects((await store()).read(last.id, last.at), { code: 'chunk-corrupt', facts: { id: last.id } });
      await assert.rejects(collect(await store(), last, { start: 8_000, endExclusive: 9_000 }), { code: 'chunk-corrupt' });
      assert.deepEqual(await (await store()).read(first.id, first.at), first.bytes);
    });

    it('stops at once for a signal that is aborted', async () => {
      const [object] = await put(await store(), 'bulk', [5_000_000 - 900_000]);
      assert.ok(object);
      const reason = new Error('enough');
      const aborted = AbortSignal.abort(reason);
      const isReason = (error: unknown) => error === reason;
      const whole = { start: 0, endExclusive: object.bytes.length };
      await assert.rejects((await store()).read(object.id, object.at, aborted), isReason);
      await assert.rejects(collect(await store(), object, whole, aborted), isReason);
      await assert.rejects(sent(await store(), object, whole, aborted), isReason);
      const controller = new AbortController();
      const abortAtFirst = async () => {
        for await (const piece of (await store()).readRange(object.id, object.at, whole, controller.signal)) {
          assert.equal(piece.length, rangePieceBytes);
          controller.abort(reason);
        }
      };
      await assert.rejects(abortAtFirst(), isReason);
    });

    it('lets a reader leave early', async () => {
      const [object] = await put(await store(), 'bulk', [4_000_000]);
      assert.ok(object);
      for await (const piece of (await store()).readRange(object.id, object.at, { start: 7, endExclusive: 4_000_000 })) {
        assert.deepEqual(piece, object.bytes.subarray(7, 7 + rangePieceBytes));
        break;
      }
      assert.deepEqual(await (await store()).read(object.id, object.at), object.bytes);
    });

    it('knows how much room is left', async () => {
      const { freeBytes, totalBytes } = await (await store()).free();
      assert.ok(freeBytes > 0 && freeBytes <= totalBytes);
    });

    if (under.checks) describeChecks(under, store);
  });
}

function describeChecks(under: StoreUnderTest, store: () => Promise<ChunkStore>): void {
  it('refuses an object with one changed bit, whole or in part, and no other of its pack', async () => {
    const [first, second] = await put(await store(), 'bulk', [300_000, 300_000]);
    assert.ok(first && second);
    await under.flipBit(second.at, 299_999);
    const corrupt = { code: 'chunk-corrupt', facts: { id: second.id } };
    // A range far from the change is refused as well: the object no longer is what its id says.
    await assert.rejects(sent(await store(), second, { start: 0, endExclusive: 10 }), corrupt);
    await assert.rejects(collect(await store(), second, { start: 0, endExclusive: 10 }), corrupt);
    await assert.rejects((await store()).read(second.id, second.at), corrupt);
    assert.deepEqual(await sent(await store(), first, { start: 5, endExclusive: 10 }), first.bytes.subarray(5, 10));
  });

  it('refuses bytes that are whole but another object’s', async () => {
    const [first, second] = await put(await store(), 'bulk', [700, 700]);
    assert.ok(first && second);
    await assert.rejects((await store()).read(first.id, second.at), { code: 'chunk-corrupt' });
    const swapped = (await store()).sendRange(first.id, second.at, { start: 0, endExclusive: 1 }, async () =>
      assert.fail('nothing is sent'),
    );
    await assert.rejects(swapped, { code: 'chunk-corrupt' });
  });
}

type Stored = { readonly id: ObjectId; readonly bytes: Bytes; readonly at: Location };

async function idOf(bytes: Bytes): Promise<ObjectId> {
  return formatHex(await sha256(bytes)) as ObjectId;
}

/** Writes one pack of random objects with these lengths. */
async function put(store: ChunkStore, packClass: PackClass, lengths: readonly number[]): Promise<readonly Stored[]> {
  const writer = await store.beginPack(packClass);
  const stored: Stored[] = [];
  for (const length of lengths) {
    const bytes = systemRandom(length);
    stored.push({ id: await idOf(bytes), bytes, at: { pack: writer.pack, offset: writer.bytes, length } });
    await writer.write(bytes);
  }
  await writer.commit();
  return stored;
}

async function collect(store: ChunkStore, { id, at }: Stored, range: Range, signal?: AbortSignal): Promise<Bytes> {
  const pieces: Bytes[] = [];
  for await (const piece of store.readRange(id, at, range, signal)) pieces.push(piece);
  return concatBytes(...pieces);
}

async function sent(store: ChunkStore, { id, at }: Stored, range: Range, signal?: AbortSignal): Promise<Bytes> {
  const pieces: Bytes[] = [];
  await store.sendRange(id, at, range, async (piece) => void pieces.push(new Uint8Array(piece)), signal);
  return concatBytes(...pieces);
}

async function packsOf(store: ChunkStore) {
  const packs = new Map<string, { readonly packClass: PackClass; readonly bytes: number; readonly modifiedAt: number }>();
  for await (const { pack, packClass, bytes, modifiedAt } of store.listPacks()) packs.set(pack, { packClass, bytes, modifiedAt });
  return packs;
}
