// What one visitor or uploader may cost the others, over real HTTP; src/routes.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Database } from '@reprise/database';
import { formatBase64url, systemRandom } from '@reprise/kit';
import { Failure, type LinkId, contract } from '@reprise/protocol';
import { visitLink } from './links/visit.ts';
import { findListed } from './objects/store.ts';
import type { DrivePorts } from './ports.ts';
import { blockLink, unblockLink } from './reports/store.ts';
import { Owner, batchOf, sealedLike, send } from './testing/owner.ts';
import type { TestEngine, TestService } from './testing/service.ts';

const isServed = async (service: TestService, { id }: { readonly id: string }) =>
  (await send(service.url, contract['objects.get'], { id })).status === 200;
const packBytes = async (service: TestService) =>
  (await Array.fromAsync(service.chunks.listPacks())).reduce((sum, { bytes }) => sum + bytes, 0);

export function describeAbuse({ name, start }: TestEngine): void {
  describe(`abuse on ${name}`, { concurrency: false }, () => {
    test('guesses sent all at once are answered as few as guesses sent one by one, and the right one among them is not told', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const link = await owner.publish({ gate: formatBase64url(systemRandom(32)) });
      // All at one moment, however long they take: two seconds later the next guess would be answered.
      const now = service.clock.now();
      const ports = { ...service, clock: { now: () => now } } as unknown as DrivePorts;
      const guess = (gate: string | undefined) =>
        visitLink(ports, link.id as LinkId, { token: link.proof.token, gate }).then(
          () => 'opened',
          (error: unknown) => (error instanceof Failure ? error.code : String(error)),
        );
      const wrong = Array.from({ length: 120 }, () => guess(formatBase64url(systemRandom(32))));
      const right = guess(link.proof.gate);
      const codes = await Promise.all(wrong);
      assert.ok(codes.filter((code) => code === 'password-wrong').length <= 10, codes.join());
      // PostgreSQL may take it before some of the wrong ones; SQLite takes all in their turn.
      if (name === 'SQLite') assert.equal(await right, 'too-many-tries');
      await right;
    });

    test('many visitors with the right password do not stand in each other’s way', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const link = await owner.publish({ gate: formatBase64url(systemRandom(32)) });
      const opened = await Promise.all(
        Array.from({ length: 40 }, () => send(service.url, contract['links.open'], { link: link.id }, link.proof)),
      );
      assert.deepEqual([...new Set(opened.map(({ status }) => status))], [200]);
    });

    test('an object that many links list costs a reader one row', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const objects = Array.from({ length: 20 }, () => sealedLike(1024));
      const ids = objects.map(({ id }) => id);
      await owner.share(objects);
      for (let links = 0; links < 10; links++) await owner.list((await owner.publish()).id, ids);
      const stranger = await Owner.open(service);
      await stranger.share(objects);
      const { database } = service;
      let rows = 0;
      const counted = {
        ...database,
        db: database.db.withPlugin({
          transformQuery: ({ node }) => node,
          transformResult: async ({ result }) => {
            rows += result.rows.length;
            return result;
          },
        }),
      } satisfies Database;
      const found = await findListed(counted, ids, service.clock.now());
      assert.deepEqual(found.map(({ id }) => id).toSorted(), ids.toSorted());
      assert.equal(rows, ids.length);
    });

    test('what no list names any more goes, whatever other spaces list', async () => {
      await using service = await start();
      const [owner, stranger] = [await Owner.open(service), await Owner.open(service)];
      const object = sealedLike();
      const link = await owner.share([object]);
      await stranger.share([object]);
      await owner.call(contract['links.delete'], { link: link.id });
      assert.equal((await service.drive.sweep()).condemned, 1);
      assert.ok(await isServed(service, object));
    });

    test('a batch that names an object twice is refused, and nothing of it stays', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const object = sealedLike(1024);
      const answer = await owner.putBody(await owner.place(200_000), batchOf(Array.from({ length: 100 }, () => object)));
      assert.deepEqual([answer.status, answer.error?.code], [400, 'bad-request']);
      assert.equal(await packBytes(service), 0);
    });

    test('bytes that the space has already take no room a second time, also beside a new object', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const known = Array.from({ length: 8 }, () => sealedLike(131_072));
      await owner.put(known);
      const before = await packBytes(service);
      const fresh = Array.from({ length: 6 }, () => sealedLike(1024));
      const put = await Promise.all(fresh.map((object) => owner.put([...known, object])));
      assert.deepEqual(
        put.map(({ status, json }) => [status, json.stored]),
        fresh.map(() => [201, 1]),
      );
      assert.ok((await packBytes(service)) - before < 6 * 2_048, `${(await packBytes(service)) - before}`);
      const link = await owner.publish();
      assert.equal(
        (
          await owner.list(
            link.id,
            [...known, ...fresh].map(({ id }) => id),
          )
        ).status,
        200,
      );
      for (const object of [...known, ...fresh]) assert.ok(await isServed(service, object));
      assert.equal(
        (await owner.view()).json.bytes.stored,
        [...known, ...fresh].reduce((sum, { bytes }) => sum + bytes.length, 0),
      );
    });

    test('giving one link back does not give back what another removal blocks', async () => {
      await using service = await start();
      const [owner, stranger] = [await Owner.open(service), await Owner.open(service)];
      const [both, own] = [sealedLike(), sealedLike()];
      const [first, second] = [await owner.share([both, own]), await stranger.share([both])];
      await blockLink(service.database, first.id as LinkId, { reference: 'N-1', ground: 'x', removedAt: 1 });
      await blockLink(service.database, second.id as LinkId, { reference: 'N-2', ground: 'x', removedAt: 1 });
      await unblockLink(service.database, first.id as LinkId);
      assert.deepEqual([await isServed(service, both), await isServed(service, own)], [false, true]);
      await unblockLink(service.database, second.id as LinkId);
      assert.equal(await isServed(service, both), true);
    });

    test('a removed link that was growing grows no more, and may again once it is given back', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const [early, late] = [sealedLike(), sealedLike()];
      const link = await owner.share([early], { growing: true });
      await blockLink(service.database, link.id as LinkId, { reference: 'N-1', ground: 'x', removedAt: 1 });
      await owner.put([late]);
      assert.equal((await owner.list(link.id, [late.id])).error?.code, 'link-removed');
      assert.deepEqual([await isServed(service, early), await isServed(service, late)], [false, false]);
      await unblockLink(service.database, link.id as LinkId);
      assert.equal((await owner.list(link.id, [late.id])).status, 200);
      assert.deepEqual([await isServed(service, early), await isServed(service, late)], [true, true]);
    });

    test('a link that expired can be prolonged while its list stands, and never comes back without it', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const object = sealedLike();
      const hour = (hours: number) => service.clock.now() + hours * 3_600_000;
      const link = await owner.share([object], { expiresAt: hour(1) });
      const prolong = () => owner.call(contract['links.update'], { link: link.id }, { expiresAt: hour(1) });
      service.clock.move(2 * 3_600_000);
      assert.equal((await prolong()).status, 200);
      assert.ok(await isServed(service, object));
      service.clock.move(2 * 3_600_000);
      await service.drive.sweep();
      assert.equal((await prolong()).error?.code, 'not-found');
      const opened = await send(service.url, contract['links.open'], { link: link.id }, link.proof);
      assert.deepEqual(opened.error?.facts, { reason: 'expired' });
    });
  });
}
