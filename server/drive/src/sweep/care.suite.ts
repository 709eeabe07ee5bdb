// What the collector takes no harm from: a disk whose clock is off, rounds beside each other, its own rewriting of packs. src/routes.test.ts runs it on
// every engine.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ChunkStore, PackName } from '@reprise/chunks';
import { formatHex, systemRandom } from '@reprise/kit';
import { contract } from '@reprise/protocol';
import { BatchReader, frameHeaderBytes } from '@reprise/protocol/formats';
import { defaultSettings } from '../settings.ts';
import { Owner, type Sealed, sealedLike, send } from '../testing/owner.ts';
import type { TestEngine, TestService } from '../testing/service.ts';
import { Sweeper } from './sweeper.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const sizeOf = (objects: readonly Sealed[]) => objects.reduce((sum, { bytes }) => sum + bytes.length, 0);
const pathOf = (service: TestService, pack: PackName) => {
  const [packClass = '', name = ''] = pack.split('-');
  return join(service.folder, 'objects', 'packs', packClass, name.slice(0, 2), pack);
};

/** Runs that once a pack lies in its place and before any row names it. */
function beforeItsRows(chunks: ChunkStore, act: (pack: PackName) => Promise<void>): void {
  const { beginPack } = chunks;
  Object.assign(chunks, {
    beginPack: async (...given: Parameters<typeof beginPack>) => {
      const writer = await beginPack.apply(chunks, given);
      return {
        get bytes() {
          return writer.bytes;
        },
        write: (bytes: Uint8Array) => writer.write(bytes),
        commit: async () => {
          const pack = await writer.commit();
          await act(pack);
          return pack;
        },
        abort: () => writer.abort(),
      };
    },
  });
}

async function assertWhole(service: TestService, objects: readonly Sealed[]): Promise<void> {
  for (const { id, bytes } of objects)
    assert.ok(Buffer.from((await send(service.url, contract['objects.get'], { id })).bytes).equals(Buffer.from(bytes)), id);
}

type Place = { readonly id: string; readonly pack: string; readonly offset: number; readonly length: number };
const sorted = (places: readonly Place[]) => places.toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** Every object that the packs themselves hold, found by reading them from their first byte to their last. */
async function placesInPacks(service: TestService): Promise<readonly Place[]> {
  const places: Place[] = [];
  for await (const { pack } of service.chunks.listPacks()) {
    const reader = new BatchReader();
    let at = 0;
    for (const { id, bytes } of reader.push(readFileSync(pathOf(service, pack)))) {
      assert.equal(createHash('sha256').update(bytes).digest('hex'), formatHex(id));
      places.push({ id: formatHex(id), pack, offset: at + frameHeaderBytes, length: bytes.length });
      at += frameHeaderBytes + bytes.length;
    }
    reader.end();
  }
  return sorted(places);
}

async function placesInRows({ database: { db } }: TestService): Promise<readonly Place[]> {
  const rows = await db.selectFrom('objects').select(['id', 'pack', 'pack_offset', 'length']).execute();
  return sorted(rows.map(({ id, pack, pack_offset, length }) => ({ id, pack, offset: Number(pack_offset), length: Number(length) })));
}

/** The counts that rows keep are what they count. */
async function assertCounts({ database: { db } }: TestService): Promise<void> {
  const objects = await db.selectFrom('objects').select(['pack', 'space', 'length']).execute();
  const sum = (key: 'pack' | 'space', value: string) =>
    objects.reduce((bytes, object) => bytes + (object[key] === value ? Number(object.length) : 0), 0);
  for (const { pack, live_bytes } of await db.selectFrom('packs').select(['pack', 'live_bytes']).execute())
    assert.equal(Number(live_bytes), sum('pack', pack), pack);
  for (const { space, stored_bytes } of await db.selectFrom('spaces').select(['space', 'stored_bytes']).execute())
    assert.equal(Number(stored_bytes), sum('space', space));
}

/** Uploads of which a quarter stays listed. @returns what stays */
async function mostlyDead(owner: Owner, uploads: number): Promise<Sealed[]> {
  const left: Sealed[] = [];
  for (let upload = 0; upload < uploads; upload++) {
    const objects = Array.from({ length: 12 }, () => sealedLike(4096));
    const [living, dying] = [objects.filter((_, i) => i % 4 === upload % 4), objects.filter((_, i) => i % 4 !== upload % 4)];
    await owner.put(objects);
    const [keep, drop] = [await owner.publish(), await owner.publish()];
    for (const [link, some] of [
      [keep, living],
      [drop, dying],
    ] as const)
      await owner.list(
        link.id,
        some.map(({ id }) => id),
      );
    await owner.call(contract['links.delete'], { link: drop.id });
    left.push(...living);
  }
  return left;
}

export function describeCare({ name, start }: TestEngine): void {
  describe(`the care of the collector on ${name}`, { concurrency: false }, () => {
    test('an upload whose pack looks days old, by a disk whose clock is off, is not taken before its rows are there', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const object = sealedLike();
      let looked = 0;
      beforeItsRows(service.chunks, async (pack) => {
        const old = new Date(Date.now() - 3 * dayMs);
        utimesSync(pathOf(service, pack), old, old);
        looked++;
        assert.equal((await service.drive.sweep()).orphansDeleted, 0);
      });
      await owner.share([object]);
      assert.equal(looked, 1);
      await assertWhole(service, [object]);
      for (let round = 0; round < 3; round++) assert.equal((await service.drive.sweep()).orphansDeleted, 0);
      await assertWhole(service, [object]);
    });

    test('rounds beside each other are one in a program, and those of two programs count nothing twice', async () => {
      await using service = await start({ settings: { condemnedMs: 1 } });
      const owner = await Owner.open(service);
      const living = await mostlyDead(owner, 4);
      const { database, chunks, clock, events } = service;
      const watch = { request: () => undefined, event: () => undefined, fault: (_: string, cause: unknown) => assert.fail(String(cause)) };
      const settings = { ...defaultSettings, condemnedMs: 1 };
      const other = new Sweeper({ database, chunks, uncheckedChunks: chunks, clock, random: systemRandom, watch, settings });
      let dropped = 0;
      for (const ms of [0, 5, 2 * hourMs, 2 * hourMs]) {
        clock.move(ms);
        const before = events.filter((event) => event.name === 'sweep').length;
        const rounds = await Promise.all([...Array.from({ length: 8 }, () => service.drive.sweep()), other.sweep()]);
        assert.deepEqual(new Set(rounds.slice(0, 8)).size, 1);
        assert.equal(events.filter((event) => event.name === 'sweep').length, before + 1);
        dropped += (rounds[0]?.dropped ?? 0) + (rounds[8]?.dropped ?? 0);
        await assertCounts(service);
      }
      assert.equal(dropped, 36);
      await assertWhole(service, living);
      assert.equal((await owner.view()).json.bytes.stored, sizeOf(living));
    });

    test('the rows that say where objects lie are those that the packs themselves give, before and after packs are written anew', async () => {
      await using service = await start({ settings: { condemnedMs: 1 } });
      const owner = await Owner.open(service);
      const living = await mostlyDead(owner, 4);
      const before = await placesInPacks(service);
      assert.equal(before.length, 48);
      assert.deepEqual(await placesInRows(service), before);
      await service.drive.sweep();
      service.clock.move(2 * hourMs);
      assert.equal((await service.drive.sweep()).packsCompacted, 4);
      service.clock.move(hourMs);
      await service.drive.sweep();
      const after = await placesInPacks(service);
      assert.deepEqual(
        after.map(({ id }) => id),
        living.map(({ id }) => id).toSorted(),
      );
      assert.deepEqual(await placesInRows(service), after);
      await assertCounts(service);
    });
  });
}
