// Opening, filling and ending spaces, over real HTTP; src/routes.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatBase64url } from '@reprise/kit';
import { type ObjectId, contract, joinIds } from '@reprise/protocol';
import { switchAnonymous } from '../secrets.ts';
import type { TestEngine } from '../testing/service.ts';
import { Owner, batchOf, drawLink, sealedLike, send } from '../testing/owner.ts';

const sizeOf = (objects: readonly { readonly bytes: Uint8Array }[]) => objects.reduce((sum, { bytes }) => sum + bytes.length, 0);

export function describeSpaces({ name, start }: TestEngine): void {
  describe(`spaces on ${name}`, { concurrency: false }, () => {
    test('the same genesis twice opens one space', async () => {
      await using service = await start();
      const owner = await Owner.draw(service);
      const [first, second] = [await owner.create(), await owner.create()];
      assert.equal(first.status, 201);
      assert.deepEqual(second.json, first.json);
      assert.equal(first.json.space, owner.space);
    });

    test('a genesis with a changed byte is refused, and no space is opened', async () => {
      await using service = await start();
      const owner = await Owner.draw(service);
      for (const at of [0, 40, owner.envelope.length - 70, owner.envelope.length - 2]) {
        const flipped = owner.envelope.slice();
        flipped[at] = (flipped[at] as number) ^ 1;
        const answer = await send(service.url, contract['spaces.create'], {}, { genesis: formatBase64url(flipped) });
        assert.equal(answer.error?.code, 'genesis-refused', `byte ${at}`);
      }
      const { count } = await service.database.db
        .selectFrom('spaces')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      assert.equal(Number(count), 0);
    });

    test('the operator closes uploads without an account at once, and what exists stays', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const object = sealedLike();
      await owner.share([object]);
      await switchAnonymous(service.database, false);
      assert.equal((await (await Owner.draw(service)).create()).error?.code, 'anonymous-closed');
      assert.equal((await owner.call(contract['links.create'], {}, drawLink().body)).error?.code, 'anonymous-closed');
      assert.equal((await send(service.url, contract['server.get'], {})).json.anonymous.open, false);
      assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).status, 200);
      await switchAnonymous(service.database, true);
      assert.equal((await (await Owner.draw(service)).create()).status, 201);
    });

    test('bytes are counted once, however often an object is put', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const [a, b, c] = [sealedLike(), sealedLike(), sealedLike()];
      assert.deepEqual((await owner.put([a, b])).json, { stored: 2, bytes: sizeOf([a, b]) });
      assert.deepEqual((await owner.put([b, c])).json, { stored: 1, bytes: c.bytes.length });
      assert.deepEqual((await owner.put([a, b, c])).json, { stored: 0, bytes: 0 });
      assert.equal((await owner.view()).json.bytes.stored, sizeOf([a, b, c]));
      const packs = await Array.fromAsync(service.chunks.listPacks());
      assert.equal(packs.length, 2, 'a pack that brought nothing new is gone');
    });

    test('one object can be put alone where it was asked for, and nowhere else', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const [object, other] = [sealedLike(), sealedLike()];
      const asked = await owner.call(
        contract['spaces.puts'],
        {},
        { batches: [], objects: [{ id: object.id, bytes: object.bytes.length }] },
      );
      const url = asked.json.puts[0]?.url ?? '';
      assert.equal((await owner.putBody(url.replace(object.id, other.id), other.bytes)).error?.code, 'place-expired');
      assert.equal((await owner.putBody(url, other.bytes)).error?.code, 'object-refused');
      assert.deepEqual((await owner.putBody(url, object.bytes)).json, { stored: 1, bytes: object.bytes.length });
    });

    test('have names the absent ids in the order asked, and never tells of another space', async () => {
      await using service = await start();
      const [owner, stranger] = [await Owner.open(service), await Owner.open(service)];
      const mine = [sealedLike(), sealedLike()];
      const theirs = sealedLike();
      await owner.put(mine);
      await stranger.put([theirs]);
      const unknown = sealedLike();
      const asked = [unknown.id, (mine[0] as { id: ObjectId }).id, theirs.id, (mine[1] as { id: ObjectId }).id];
      const answer = await owner.call(contract['spaces.have'], {}, joinIds(asked));
      assert.deepEqual(Buffer.from(answer.bytes), Buffer.from(joinIds([unknown.id, theirs.id])));
    });

    test('above the allowance a place is refused with what is missing, and so is a batch when the last bytes went meanwhile', async () => {
      await using service = await start({ settings: { anonymousBytesMax: 20_000 } });
      const owner = await Owner.open(service);
      const refused = await owner.call(contract['spaces.puts'], {}, { batches: [{ bytes: 25_000, class: 'bulk' }], objects: [] });
      assert.equal(refused.status, 413);
      assert.deepEqual(refused.error, { code: 'over-quota', facts: { missingBytes: 5_000, bytesMax: 20_000 } });
      const [first, second] = [[sealedLike(8192)], [sealedLike(4096), sealedLike(8192)]];
      const places = [await owner.place(batchOf(first).length), await owner.place(batchOf(second).length)];
      assert.equal((await owner.putBody(places[0] ?? '', batchOf(first))).status, 201);
      const late = await owner.putBody(places[1] ?? '', batchOf(second));
      assert.equal(late.error?.code, 'over-quota');
      assert.equal((await owner.view()).json.bytes.stored, sizeOf(first));
      assert.equal((await Array.fromAsync(service.chunks.listPacks())).length, 1, 'the refused batch left no pack');
    });

    test('a wrong hash, a forbidden length or a cut frame stores nothing of the batch', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const good = sealedLike();
      const wrongHash = { id: sealedLike().id, bytes: sealedLike().bytes };
      const longer = new Uint8Array(5000);
      const cases = [
        { body: batchOf([good, wrongHash]), code: 'object-refused', facts: { id: wrongHash.id, reason: 'hash' } },
        {
          body: batchOf([good, { id: wrongHash.id, bytes: longer }]),
          code: 'object-refused',
          facts: { id: wrongHash.id, reason: 'length' },
        },
        {
          body: batchOf([good, { id: wrongHash.id, bytes: new Uint8Array(0) }]),
          code: 'object-refused',
          facts: { id: wrongHash.id, reason: 'length' },
        },
        { body: batchOf([good]).slice(0, -1), code: 'bad-request', facts: { field: 'body', reason: 'the body ends inside a frame' } },
        { body: batchOf([good]).slice(0, 20), code: 'bad-request', facts: { field: 'body', reason: 'the body ends inside a frame' } },
        { body: new Uint8Array(0), code: 'bad-request', facts: { field: 'body', reason: 'the body holds no frame' } },
      ];
      for (const { body, code, facts } of cases) {
        assert.deepEqual((await owner.putBody(await owner.place(Math.max(1, body.length)), body)).error, { code, facts });
      }
      assert.equal((await Array.fromAsync(service.chunks.listPacks())).length, 0);
      assert.equal((await owner.view()).json.bytes.stored, 0);
      assert.deepEqual(service.faults, []);
    });

    test('a place takes no more bytes than it was asked for, ends in time, and cannot be made up', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const body = batchOf([sealedLike(4096)]);
      const small = await owner.place(body.length - 1);
      assert.deepEqual((await owner.putBody(small, body)).error, { code: 'body-too-large', facts: { bytesMax: body.length - 1 } });
      const url = await owner.place(body.length);
      const changed = `${url.slice(0, -1)}${url.endsWith('A') ? 'B' : 'A'}`;
      assert.equal((await owner.putBody(changed, body)).error?.code, 'place-expired');
      assert.equal((await owner.putBody(`/api/v1/packs/${'A'.repeat(103)}`, body)).error?.code, 'place-expired');
      service.clock.move(25 * 3_600_000);
      assert.equal((await owner.putBody(url, body)).error?.code, 'place-expired');
    });

    test('deleting a space ends its links at once, may be repeated, and lets nobody in again', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const object = sealedLike();
      const link = await owner.share([object]);
      const body = batchOf([sealedLike()]);
      const place = await owner.place(body.length);
      assert.equal((await owner.call(contract['spaces.delete'], {})).status, 204);
      assert.deepEqual((await send(service.url, contract['links.open'], { link: link.id }, link.proof)).error, {
        code: 'link-unavailable',
        facts: { reason: 'revoked' },
      });
      assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).error?.code, 'not-found');
      assert.equal((await owner.call(contract['spaces.delete'], {})).status, 204);
      assert.equal((await owner.view()).error?.code, 'not-found');
      assert.equal((await owner.putBody(place, body)).error?.code, 'place-expired');
      assert.equal((await owner.create()).error?.code, 'genesis-refused');
      await service.drive.sweep();
      assert.equal((await Array.fromAsync(service.chunks.listPacks())).length, 0, 'the bytes go with the next round of the collector');
    });

    test('only the device of a space sees or changes it', async () => {
      await using service = await start();
      const [owner, stranger] = [await Owner.open(service), await Owner.open(service)];
      const link = await owner.share([sealedLike()]);
      const authorization = await stranger.sign(contract['spaces.get'], { space: owner.space });
      const seen = await send(service.url, contract['spaces.get'], { space: owner.space }, undefined, { authorization });
      const unknown = await send(service.url, contract['spaces.get'], { space: '0'.repeat(64) }, undefined, { authorization });
      assert.deepEqual([seen.status, seen.error], [unknown.status, unknown.error]);
      for (const [definition, params] of [
        [contract['spaces.delete'], { space: owner.space }],
        [contract['links.delete'], { space: owner.space, link: link.id }],
      ] as const) {
        const answer = await send(service.url, definition, params as never, undefined, {
          authorization: await stranger.sign(definition, params as never),
        });
        assert.equal(answer.error?.code, 'not-found');
      }
      // In one's own space, another's link is no link.
      assert.equal((await stranger.call(contract['links.delete'], { link: link.id })).error?.code, 'not-found');
      assert.equal((await stranger.list(link.id, [])).error?.code, 'not-found');
      assert.equal((await send(service.url, contract['links.open'], { link: link.id }, link.proof)).status, 200);
    });

    test('eight uploads of one space at a time lose no byte of the count', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const batches = Array.from({ length: 8 }, () => Array.from({ length: 5 }, () => sealedLike()));
      const answers = await Promise.all(batches.map((objects) => owner.put(objects)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        batches.map(() => 201),
      );
      assert.equal((await owner.view()).json.bytes.stored, sizeOf(batches.flat()));
    });
  });
}
