// Signed requests, over real HTTP; src/routes.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatBase64url, systemRandom } from '@reprise/kit';
import { contract, formatPath } from '@reprise/protocol';
import { beginRequest } from './testing/begun-request.ts';
import type { TestEngine } from './testing/service.ts';
import { Owner, drawLink, send } from './testing/owner.ts';

export function describeSignedRequests({ name, start }: TestEngine): void {
  describe(`signed requests on ${name}`, { concurrency: false }, () => {
    test('a request that changes something is taken once; one that only reads may come again', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const stamp = { nonce: systemRandom(16), timeMs: service.clock.now() };
      const body = drawLink().body;
      assert.equal((await owner.call(contract['links.create'], {}, body, stamp)).status, 201);
      assert.deepEqual((await owner.call(contract['links.create'], {}, body, stamp)).error, { code: 'replayed', facts: {} });
      const reading = { nonce: systemRandom(16), timeMs: service.clock.now() };
      assert.equal((await owner.call(contract['spaces.get'], {}, undefined, reading)).status, 200);
      assert.equal((await owner.call(contract['spaces.get'], {}, undefined, reading)).status, 200);
    });

    test('ten copies of one request at a time: one is taken', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const stamp = { nonce: systemRandom(16), timeMs: service.clock.now() };
      const body = drawLink().body;
      const answers = await Promise.all(Array.from({ length: 10 }, () => owner.call(contract['links.create'], {}, body, stamp)));
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, ...Array.from({ length: 9 }, () => 401)]);
    });

    test('a nonce is remembered for as long as its signature is timely', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const stamp = { nonce: systemRandom(16), timeMs: service.clock.now() + 290_000 };
      const body = drawLink().body;
      assert.equal((await owner.call(contract['links.create'], {}, body, stamp)).status, 201);
      service.clock.move(580_000);
      await service.drive.sweep();
      assert.equal((await owner.call(contract['links.create'], {}, body, stamp)).error?.code, 'replayed');
      service.clock.move(3_600_000);
      await service.drive.sweep();
      const { count } = await service.database.db
        .selectFrom('requests')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      assert.equal(Number(count), 0, 'and no longer');
    });

    test('a large body of nobody known is refused before it is read', async () => {
      await using service = await start();
      const [owner, stranger] = [await Owner.open(service), await Owner.draw(service)];
      const path = formatPath(contract['spaces.append'], { space: owner.space } as never);
      const answered = (authorization: string) => beginRequest(service, path, authorization);
      const params = { space: owner.space } as never;
      assert.equal(await answered('nonsense'), 401);
      assert.equal(await answered(`Ticket1 ${formatBase64url(systemRandom(32))}`), 401);
      assert.equal(await answered(await owner.sign(contract['spaces.append'], params, undefined, { timeMs: 1 })), 401);
      assert.equal(await answered(await stranger.sign(contract['spaces.append'], params)), 404);
    });

    test('a clock that is wrong is told the server’s', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      for (const skewMs of [-301_000, 301_000, -86_400_000]) {
        const answer = await owner.call(contract['spaces.get'], {}, undefined, { timeMs: service.clock.now() + skewMs });
        assert.deepEqual([answer.status, answer.error?.code], [401, 'clock-skew']);
        assert.ok(Math.abs(Number(answer.error?.facts['serverTime']) - service.clock.now()) < 60_000);
      }
      for (const skewMs of [-295_000, 295_000]) {
        assert.equal((await owner.call(contract['spaces.get'], {}, undefined, { timeMs: service.clock.now() + skewMs })).status, 200);
      }
    });

    test('a signature covers origin, method, path and body', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const link = await owner.publish();
      const path = { space: owner.space, link: link.id };
      const update = contract['links.update'];
      const body = { growing: true };
      const signed = (stamp = {}) => owner.sign(update, path, body, stamp);
      const attempt = async (
        authorization: string,
        definition: typeof update | (typeof contract)['links.delete'] = update,
        content: object | null = body,
        params = path,
      ) => (await send(service.url, definition, params, content ?? undefined, { authorization })).error?.code;
      assert.equal(await attempt(await signed()), undefined);
      assert.equal(await attempt(await signed({ origin: 'https://elsewhere.example' })), 'signature-refused');
      assert.equal(await attempt(await signed(), update, { growing: false }), 'signature-refused');
      assert.equal(await attempt(await signed(), contract['links.delete'], null), 'signature-refused');
      const other = await owner.publish();
      assert.equal(await attempt(await signed(), update, body, { space: owner.space, link: other.id }), 'signature-refused');
      assert.equal((await owner.view()).json.links.length, 2);
    });

    test('a header of another form is refused without a hint', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      const good = await owner.sign(contract['spaces.get'], { space: owner.space });
      for (const authorization of [
        '',
        'Bearer x',
        'Reprise1',
        'Reprise1 ',
        `Reprise1  ${good.slice(9)}`,
        `reprise1 ${good.slice(9)}`,
        `${good}A`,
        good.slice(0, -4),
        `Reprise1 ${'A'.repeat(4000)}`,
      ]) {
        const answer = await send(service.url, contract['spaces.get'], { space: owner.space }, undefined, { authorization });
        assert.deepEqual([answer.status, answer.error], [401, { code: 'signature-refused', facts: {} }], authorization.slice(0, 40));
      }
      assert.equal((await send(service.url, contract['spaces.get'], { space: owner.space })).error?.code, 'signature-refused');
    });
  });
}
