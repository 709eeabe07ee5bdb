// Devices and members of a space: who is let in by what, what each may do, and how they are shut out. Over real HTTP; src/logs.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { contract, joinIds, type ObjectId } from '@reprise/protocol';
import {
  encodeEnvelope,
  encodeWraps,
  kemRecordHash,
  sealedRootBytes,
  signKemRecord,
  signRevocation,
  splitEnvelopes,
  userIdOf,
  writeEntry,
} from '@reprise/protocol/formats';
import { beginLogin, drawDevice, login } from '../testing/account.ts';
import { Member, openDriveSpace } from '../testing/member.ts';
import { batchOf, drawLink, readAnswer, sealedLike, send } from '../testing/owner.ts';
import type { TestEngine } from '../testing/service.ts';

export function describeMembers({ name, start }: TestEngine): void {
  describe(`members on ${name}`, { concurrency: false }, () => {
    test('a certified device takes part, with what its certificate allows; a revoked one is told so and can do nothing', async () => {
      await using service = await start();
      const owner = await Member.open(service);
      const reader = await owner.enrol(0);
      const object = sealedLike();
      await owner.add([object]);
      await reader.follow();
      assert.ok(await reader.reads(object));
      assert.deepEqual((await reader.commit([])).error?.facts['step'], 'capability');
      for (const answer of [
        await reader.call(contract['spaces.puts'], {}, { batches: [], objects: [] }),
        await reader.call(contract['spaces.have'], {}, joinIds([object.id])),
        await reader.call(contract['links.create'], {}, drawLink().body),
      ])
        assert.deepEqual([answer.status, answer.error?.code], [403, 'role-refused']);
      const revocation = await signRevocation(owner.account.identity, { deviceId: reader.device.deviceId, timeMs: service.clock.now() });
      assert.equal((await owner.append({ type: 'device', revocation })).status, 201);
      for (const answer of [await reader.head(), await reader.gets(), await reader.usage()])
        assert.deepEqual(answer.error, { code: 'device-revoked', facts: { seq: owner.state.seq } });
    });

    test('a ticket reads the home and certifies one device, once', async () => {
      await using service = await start();
      const owner = await Member.open(service);
      const object = sealedLike();
      await owner.add([object]);
      const { json } = await login(service, owner.account.locator, owner.account.password);
      const authorization = `Ticket1 ${json.ticket}`;
      const home = { space: owner.space };
      const head = await send(service.url, contract['spaces.head'], home, undefined, { authorization });
      assert.equal(head.json.seq, 1);
      const log = await send(service.url, contract['spaces.log'], home, { from: 0 }, { authorization });
      assert.equal(splitEnvelopes(log.bytes).length, 2);
      const gets = await send(service.url, contract['spaces.gets'], home, { ids: [object.id] }, { authorization });
      assert.equal((await fetch(service.url + gets.json.urls[0])).status, 200);
      const post = (bytes: Uint8Array) => send(service.url, contract['spaces.append'], home, bytes, { authorization });
      assert.equal((await post(encodeEnvelope(await owner.commitOf([])))).error?.code, 'role-refused');
      const other = await Member.open(service);
      assert.equal(
        (await send(service.url, contract['spaces.head'], { space: other.space }, undefined, { authorization })).error?.code,
        'not-found',
      );
      assert.equal((await send(service.url, contract['spaces.puts'], home, { batches: [], objects: [] }, { authorization })).status, 401);
      const device = await drawDevice();
      const enrolment = await writeEntry(
        owner.state,
        device,
        { type: 'device', certificate: await owner.certify(device) },
        service.clock.now(),
      );
      assert.equal((await post(encodeEnvelope(enrolment))).status, 201);
      assert.equal((await send(service.url, contract['spaces.head'], home, undefined, { authorization })).error?.code, 'ticket-refused');
      const enrolled = new Member(service, owner.account, device, owner.state);
      await enrolled.follow();
      assert.equal((await enrolled.commit([])).status, 201);
      assert.equal((await enrolled.usage()).status, 200);
    });

    test('a revoked device does not come back by a ticket or a login that it began before', async () => {
      await using service = await start();
      const owner = await Member.open(service);
      const other = await owner.enrol();
      const { ticket } = (await other.call(contract['account.ticket'], {})).json;
      const { locator, password, identity } = owner.account;
      const underWay = await beginLogin(service, locator, password);
      const headBy = (given: string) =>
        send(service.url, contract['spaces.head'], { space: owner.space }, undefined, { authorization: `Ticket1 ${given}` });
      assert.equal((await headBy(ticket)).status, 200);
      const revocation = await signRevocation(identity, { deviceId: other.device.deviceId, timeMs: service.clock.now() });
      assert.equal((await owner.append({ type: 'device', revocation })).status, 201);
      assert.equal((await headBy(ticket)).error?.code, 'ticket-refused');
      const device = await drawDevice();
      const certificate = await owner.certify(device);
      const entry = encodeEnvelope(await writeEntry(owner.state, device, { type: 'device', certificate }, service.clock.now()));
      const back = await send(service.url, contract['spaces.append'], { space: owner.space }, entry, {
        authorization: `Ticket1 ${ticket}`,
      });
      assert.equal(back.error?.code, 'ticket-refused');
      const late = await send(
        service.url,
        contract['logins.finish'],
        { login: underWay.begun.json.login },
        { proof: underWay.proof ?? '' },
      );
      assert.equal(late.error?.code, 'login-refused');
      const { json } = await login(service, locator, password);
      await owner.commit([]);
      await owner.enrol();
      assert.equal((await headBy(json.ticket)).status, 200, 'other entries end nothing');
    });

    test('a place to read or to write ends at once with the device or the ticket that was told of it, and for nobody else', async () => {
      await using service = await start();
      const owner = await Member.open(service);
      const lost = await owner.enrol();
      const object = sealedLike();
      await owner.add([object]);
      const { json: ticketed } = await login(service, owner.account.locator, owner.account.password);
      const home = { space: owner.space };
      const authorization = `Ticket1 ${ticketed.ticket}`;
      const places = async (member: Member) => (await member.call(contract['spaces.gets'], {}, { ids: [object.id] })).json;
      const [ours, theirs] = [await places(owner), await places(lost)];
      const { json: guest } = await send(service.url, contract['spaces.gets'], home, { ids: [object.id] }, { authorization });
      const body = batchOf([sealedLike()]);
      const asked = await lost.call(contract['spaces.puts'], {}, { batches: [{ bytes: body.length, class: 'bulk' }], objects: [] });
      const put = asked.json.puts[0]?.url ?? '';
      const get = async (path: string | undefined, id?: string) => {
        const batch = id === undefined ? {} : { method: 'POST', body: joinIds([id as ObjectId]) };
        const answer = await readAnswer(await fetch(service.url + path, batch));
        return answer.error?.code ?? answer.status;
      };
      for (const { urls, batchUrl } of [ours, theirs, guest])
        assert.deepEqual([await get(urls[0]), await get(batchUrl ?? '', object.id)], [200, 200]);

      const revocation = await signRevocation(owner.account.identity, { deviceId: lost.device.deviceId, timeMs: service.clock.now() });
      assert.equal((await owner.append({ type: 'device', revocation })).status, 201);
      for (const { urls, batchUrl } of [theirs, guest])
        assert.deepEqual([await get(urls[0]), await get(batchUrl ?? '', object.id)], ['place-expired', 'place-expired']);
      const late = await readAnswer(await fetch(service.url + put, { method: 'PUT', body }));
      assert.equal(late.error?.code, 'place-expired');
      assert.deepEqual([await get(ours.urls[0]), await get(ours.batchUrl ?? '', object.id)], [200, 200]);
      assert.equal(await get(ours.template?.replace('{id}', sealedLike().id)), 'not-found', 'what is not there is told as before');
    });

    test('rekeys by an owner put members in and take them out, and the server follows at once', async () => {
      await using service = await start();
      const [alice, bob] = [await Member.open(service), await Member.open(service)];
      const shared = await openDriveSpace(service, alice.account);
      await shared.commit([]);
      const wrapFor = async (identity: Uint8Array) => ({
        userId: await userIdOf(identity),
        enc: systemRandom(1_120),
        ciphertext: systemRandom(48),
      });
      const bobs = bob.account.identity.publicKey;
      const record = await signKemRecord(bob.account.identity, { kemPublic: systemRandom(1_216), number: 1 });
      const rekey = async (role: 0 | 2) =>
        shared.append({
          type: 'rekey',
          epochCommitment: systemRandom(32),
          changes: [{ identityKey: bobs, role, kemHash: role === 0 ? null : await kemRecordHash(record) }],
          wraps: encodeWraps(await Promise.all([alice.account.identity.publicKey, ...(role === 0 ? [] : [bobs])].map(wrapFor))),
          root: systemRandom(sealedRootBytes),
          history: null,
          kemRecords: role === 0 ? [] : [record],
        });
      assert.equal((await rekey(2)).status, 201);
      const certificate = bob.account.certificate;
      const enrolment = await writeEntry(shared.state, bob.device, { type: 'device', certificate }, service.clock.now());
      assert.equal((await shared.send(enrolment)).status, 201, 'a member carries the entry of a new one');
      const member = new Member(service, bob.account, bob.device, shared.state);
      const object = sealedLike();
      await member.add([object]);
      await shared.follow();
      assert.ok(await shared.reads(object));
      const { json } = await alice.usage();
      assert.equal(json.stored, object.bytes.length, 'what a member adds counts for the account whose space it is');
      assert.equal((await rekey(0)).status, 201);
      assert.equal((await member.head()).error?.code, 'not-found');
      assert.equal((await member.commit([])).error?.code, 'not-found');
    });
  });
}
