// The collector, over real HTTP; src/routes.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { contract, joinIds } from '@reprise/protocol';
import type { TestEngine } from '../testing/service.ts';
import { Owner, sealedLike, send } from '../testing/owner.ts';
import type { TestService } from '../testing/service.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const packs = (service: TestService) => Array.fromAsync(service.chunks.listPacks());
const sizeOf = (objects: readonly { readonly bytes: Uint8Array }[]) => objects.reduce((sum, { bytes }) => sum + bytes.length, 0);
const isServed = async (service: TestService, { id }: { readonly id: string }) =>
  (await send(service.url, contract['objects.get'], { id })).status === 200;

export function describeCollector({ name, start }: TestEngine): void {
  describe(`the collector on ${name}`, { concurrency: false }, () => {
    test('bytes of a revoked link wait three days, can be listed again meanwhile, and then go', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const [kept, lost] = [sealedLike(), sealedLike()];
      const link = await owner.share([kept, lost]);
      await owner.call(contract['links.delete'], { link: link.id });
      assert.equal((await service.drive.sweep()).condemned, 2);
      service.clock.move(71 * hourMs);
      assert.equal((await service.drive.sweep()).dropped, 0);
      const again = await owner.publish();
      assert.equal((await owner.list(again.id, [kept.id])).status, 200);
      service.clock.move(2 * hourMs);
      assert.equal((await service.drive.sweep()).dropped, 1);
      assert.ok(await isServed(service, kept));
      assert.equal((await owner.list(again.id, [lost.id])).error?.code, 'objects-missing');
      assert.equal((await owner.view()).json.bytes.stored, kept.bytes.length);
    });

    test('what another link of the space lists stays', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const [both, one] = [sealedLike(), sealedLike()];
      const [first, second] = [await owner.share([both, one]), await owner.publish()];
      await owner.list(second.id, [both.id]);
      await owner.call(contract['links.delete'], { link: first.id });
      await service.drive.sweep();
      service.clock.move(4 * dayMs);
      assert.equal((await service.drive.sweep()).dropped, 1);
      assert.ok(await isServed(service, both));
    });

    test('expired and used-up links let their bytes go; extending one in time keeps them', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const [a, b, c] = [sealedLike(), sealedLike(), sealedLike()];
      const ends = service.clock.now() + dayMs;
      await owner.share([a], { expiresAt: ends });
      const extended = await owner.share([b], { expiresAt: ends });
      const capped = await owner.share([c], { downloadsMax: 1 });
      const { json } = await send(service.url, contract['links.download'], { link: capped.id }, capped.proof);
      await send(service.url, contract['links.finish'], { link: capped.id, download: json.download }, capped.proof);
      service.clock.move(dayMs + hourMs);
      await owner.call(contract['links.update'], { link: extended.id }, { expiresAt: null });
      assert.equal((await service.drive.sweep()).condemned, 2);
      service.clock.move(4 * dayMs);
      assert.equal((await service.drive.sweep()).dropped, 2);
      assert.deepEqual([await isServed(service, a), await isServed(service, b), await isServed(service, c)], [false, true, false]);
    });

    test('an upload that nobody lists is forgotten after its lease, which any question about it renews', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const [asked, left] = [sealedLike(), sealedLike()];
      await owner.put([asked, left]);
      service.clock.move(5 * dayMs);
      assert.equal((await owner.call(contract['spaces.have'], {}, joinIds([asked.id]))).bytes.length, 0);
      service.clock.move(3 * dayMs);
      assert.equal((await service.drive.sweep()).condemned, 1);
      service.clock.move(4 * dayMs - hourMs);
      assert.equal((await service.drive.sweep()).dropped, 1);
      const absent = await owner.call(contract['spaces.have'], {}, joinIds([asked.id, left.id]));
      assert.deepEqual(Buffer.from(absent.bytes), Buffer.from(joinIds([left.id])));
    });

    test('a pack without a row goes after a day, one with rows never', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const object = sealedLike();
      await owner.share([object]);
      const writer = await service.chunks.beginPack('bulk');
      await writer.write(new Uint8Array(5000));
      await writer.commit();
      assert.equal((await service.drive.sweep()).orphansDeleted, 0);
      for (const path of readdirSync(join(service.folder, 'objects', 'packs'), { recursive: true })) {
        const old = new Date(Date.now() - 25 * hourMs);
        utimesSync(join(service.folder, 'objects', 'packs', String(path)), old, old);
      }
      assert.equal((await service.drive.sweep()).orphansDeleted, 0, 'a first look takes nothing');
      assert.equal((await service.drive.sweep()).orphansDeleted, 1);
      assert.ok(await isServed(service, object));
      assert.equal((await packs(service)).length, 1);
    });

    test('a pack that is mostly dead is written anew, and every living object is still whole', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const objects = Array.from({ length: 20 }, () => sealedLike(4096));
      const [living, dying] = [objects.filter((_, i) => i % 4 === 0), objects.filter((_, i) => i % 4 !== 0)];
      await owner.put(objects);
      const [keep, drop] = [await owner.publish(), await owner.publish()];
      await owner.list(
        keep.id,
        living.map(({ id }) => id),
      );
      await owner.list(
        drop.id,
        dying.map(({ id }) => id),
      );
      await owner.call(contract['links.delete'], { link: drop.id });
      await service.drive.sweep();
      service.clock.move(4 * dayMs);
      const swept = await service.drive.sweep();
      assert.deepEqual([swept.dropped, swept.packsCompacted], [15, 1]);
      for (const object of living)
        assert.ok(
          Buffer.from((await send(service.url, contract['objects.get'], { id: object.id })).bytes).equals(Buffer.from(object.bytes)),
        );
      assert.equal((await packs(service)).length, 2, 'readers of the old pack have their time');
      service.clock.move(hourMs);
      await service.drive.sweep();
      const [pack, ...others] = await packs(service);
      assert.deepEqual([others.length, pack?.bytes], [0, sizeOf(living) + 36 * living.length]);
      assert.equal((await service.drive.sweep()).packsCompacted, 0);
      assert.deepEqual(service.faults, []);
    });

    test('uploads, listings and sweeps at the same time end with every listed object whole', async () => {
      await using service = await start({ settings: { condemnedMs: 1 } });
      const owner = await Owner.open(service);
      let running = true;
      const sweeping = (async () => {
        while (running) await service.drive.sweep();
      })();
      const listed = [];
      for (let round = 0; round < 12; round++) {
        const [keep, drop] = [[sealedLike(), sealedLike()], [sealedLike()]];
        await owner.put([...keep, ...drop]);
        const [link, brief] = [await owner.publish(), await owner.publish()];
        assert.equal(
          (
            await owner.list(
              link.id,
              keep.map(({ id }) => id),
            )
          ).status,
          200,
        );
        assert.equal(
          (
            await owner.list(
              brief.id,
              [...keep, ...drop].map(({ id }) => id),
            )
          ).status,
          200,
        );
        await owner.call(contract['links.delete'], { link: brief.id });
        listed.push(...keep);
      }
      running = false;
      await sweeping;
      await service.drive.sweep();
      service.clock.move(5);
      await service.drive.sweep();
      for (const object of listed) assert.ok(await isServed(service, object));
      assert.equal((await owner.view()).json.bytes.stored, sizeOf(listed));
    });
  });
}
