// What a drive shows to whom: objects at places, links, and nothing to those it is not for. Over real HTTP; src/logs.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatBase64url } from '@reprise/kit';
import { contract, joinIds } from '@reprise/protocol';
import { anonymousSpaceKind, decodeEnvelope, encodeEnvelope, startLog } from '@reprise/protocol/formats';
import { AccountOwner } from '../testing/account.ts';
import { drawDrive, Member, openDriveSpace } from '../testing/member.ts';
import { drawLink, Owner, readAnswer, sealedLike, send } from '../testing/owner.ts';
import type { TestEngine } from '../testing/service.ts';

export function describeDriveSpaces({ name, start }: TestEngine): void {
  describe(`spaces of drives on ${name}`, { concurrency: false }, () => {
    test('objects are read at a place: whole, by ranges, in batches, by nobody else, and not for ever', async () => {
      await using service = await start();
      const member = await Member.open(service);
      const [committed, pending] = [sealedLike(8192), sealedLike()];
      await member.add([committed]);
      await member.put([pending]);
      const { json } = await member.call(contract['spaces.gets'], {}, { ids: [committed.id, pending.id] });
      assert.equal(json.urls[0], json.template?.replace('{id}', committed.id));
      const whole = await fetch(service.url + json.urls[0]);
      assert.deepEqual(Buffer.from(await whole.arrayBuffer()), committed.bytes);
      assert.equal(whole.headers.get('cache-control'), 'private, max-age=31536000, immutable');
      const part = await fetch(service.url + json.urls[0], { headers: { range: 'bytes=100-199' } });
      assert.deepEqual([part.status, Buffer.from(await part.arrayBuffer())], [206, committed.bytes.subarray(100, 200)]);
      assert.equal((await fetch(service.url + json.urls[1])).status, 200);
      assert.equal((await send(service.url, contract['objects.get'], { id: committed.id })).error?.code, 'not-found');
      const batch = await fetch(service.url + json.batchUrl, {
        method: 'POST',
        body: joinIds([committed.id, pending.id, sealedLike().id]),
      });
      assert.equal((await batch.arrayBuffer()).byteLength, 3 * 36 + committed.bytes.length + pending.bytes.length);
      const forged = json.urls[0]?.replace(/places\/./, 'places/A') ?? '';
      assert.equal((await readAnswer(await fetch(service.url + forged))).error?.code, 'place-expired');
      service.clock.move(3_600_001);
      assert.equal((await readAnswer(await fetch(service.url + json.urls[0]))).error?.code, 'place-expired');
    });

    test('a space of others, one that ended and none at all are answered alike, at every endpoint', async () => {
      await using service = await start();
      const [member, stranger] = [await Member.open(service), await Member.open(service)];
      const ended = await openDriveSpace(service, stranger.account);
      await ended.call(contract['spaces.delete'], {});
      const bodies: [keyof typeof contract, object | undefined][] = [
        ['spaces.head', undefined],
        ['spaces.get', undefined],
        ['spaces.append', encodeEnvelope(await member.commitOf([]))],
        ['spaces.log', { from: 0 }],
        ['spaces.audit', new Uint8Array(8 + 9_216)],
        ['spaces.live', { seq: 0, bucket: 0 }],
        ['spaces.gets', {}],
        ['spaces.puts', { batches: [], objects: [] }],
        ['spaces.have', new Uint8Array(0)],
      ];
      for (const [id, content] of bodies) {
        const definition = contract[id];
        const answers = await Promise.all(
          [member.space, ended.space, '0'.repeat(64)].map(async (space) => {
            const path = { space } as never;
            const authorization = await stranger.sign(definition, path, content);
            const answer = await send(service.url, definition, path, content, { authorization });
            return [answer.status, answer.error];
          }),
        );
        assert.deepEqual(
          answers,
          Array.from({ length: 3 }, () => [404, { code: 'not-found', facts: {} }]),
          id,
        );
      }
    });

    test('a drive beside the home needs an account; a home is opened with its account alone', async () => {
      await using service = await start();
      const member = await Member.open(service);
      const drive = await openDriveSpace(service, member.account);
      assert.equal((await drive.commit([])).status, 201);
      const stranger = await AccountOwner.draw(service);
      const without = await drawDrive(stranger);
      for (const genesis of [without, stranger.genesis]) {
        const answer = await send(service.url, contract['spaces.create'], {}, { genesis: formatBase64url(encodeEnvelope(genesis)) });
        assert.equal(answer.error?.code, 'genesis-refused');
      }
      assert.equal((await member.call(contract['spaces.delete'], {})).error?.code, 'role-refused');
      assert.equal((await drive.call(contract['spaces.delete'], {})).status, 204);
      await service.drive.sweep();
      const { count } = await service.database.db
        .selectFrom('log_entries')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('space', '=', drive.space as never)
        .executeTakeFirstOrThrow();
      assert.equal(Number(count), 0, 'its log goes with it');
    });

    test('links of a drive hold what they list, and tell nobody how much the drive has', async () => {
      await using service = await start({ settings: { lifeMsMax: 3_600_000, anonymousOpen: false } });
      const member = await Member.open(service);
      const object = sealedLike();
      await member.add([object]);
      const link = drawLink({ growing: true });
      const created = await member.call(contract['links.create'], {}, link.body);
      assert.deepEqual(created.json, { link: link.id, expiresAt: null });
      assert.equal((await member.call(contract['links.list'], { link: link.id }, joinIds([object.id]))).status, 200);
      const opened = await send(service.url, contract['links.open'], { link: link.id }, link.proof);
      assert.equal(opened.json.receivedBytes, 0);
      assert.equal((await send(service.url, contract['objects.get'], { id: object.id })).status, 200);
      assert.equal((await member.call(contract['links.delete'], { link: link.id })).status, 204);
      await service.drive.sweep();
      service.clock.move(40 * 86_400_000);
      await service.drive.sweep();
      service.clock.move(4 * 86_400_000);
      await service.drive.sweep();
      assert.ok(await member.reads(object), 'the tree holds it still');
    });

    test('an anonymous space has no log to read or to write', async () => {
      await using service = await start();
      const owner = await Owner.open(service);
      assert.equal((await owner.call(contract['spaces.head'], {})).error?.code, 'not-found');
      assert.equal((await owner.call(contract['spaces.log'], {}, { from: 0 })).error?.code, 'not-found');
      assert.equal((await owner.call(contract['spaces.append'], {}, owner.envelope)).error?.code, 'not-found');
      assert.equal((await startLog(decodeEnvelope(owner.envelope))).kind, anonymousSpaceKind);
      assert.deepEqual(service.faults, []);
    });
  });
}
