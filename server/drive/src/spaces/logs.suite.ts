// Appending to logs and reading them, over real HTTP; src/logs.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { insertRows } from '@reprise/database';
import { concatBytes, formatBase64url, formatHex, systemRandom, u64 } from '@reprise/kit';
import { contract, joinIds, type ObjectId } from '@reprise/protocol';
import {
  advanceLog,
  anonymousSpaceKind,
  attachmentNumbers,
  decodeEntry,
  decodeEnvelope,
  descentPath,
  encodeEnvelope,
  encodeLiveTable,
  encodeWraps,
  type Envelope,
  entryId,
  kemRecordHash,
  sealedRootBytes,
  signKemRecord,
  signRevocation,
  splitEnvelopes,
  startLog,
  userIdOf,
  writeEntry,
} from '@reprise/protocol/formats';
import { AccountOwner, beginLogin, drawDevice, login } from '../testing/account.ts';
import { drawDrive, Member, openDriveSpace, tableOf } from '../testing/member.ts';
import { batchOf, drawLink, Owner, readAnswer, sealedLike, send } from '../testing/owner.ts';
import type { TestEngine } from '../testing/service.ts';
import { assignPlan, describePlan } from './allowance.ts';

const seqOf = (envelope: { readonly entry: Uint8Array }) => decodeEntry(envelope.entry).seq;

export function describeLogs({ name, start }: TestEngine): void {
  describe(`logs on ${name}`, { concurrency: false }, () => {
    test('a commit makes what was put live, and the head moves', async () => {
      await using service = await start();
      const member = await Member.open(service);
      const objects = [sealedLike(), sealedLike()];
      await member.put(objects);
      assert.equal(
        (await member.usage()).json.pending,
        objects.reduce((sum, { bytes }) => sum + bytes.length, 0),
      );
      const answer = await member.commit(objects);
      assert.deepEqual(answer.json, { seq: 1, head: formatHex(member.state.head) });
      assert.deepEqual((await member.head()).json, { seq: 1, head: formatHex(member.state.head), epoch: 1, largeSweeps: [] });
      assert.equal((await member.usage()).json.pending, 0);
      const rows = await service.database.db.selectFrom('objects').select(['state', 'born', 'last_add', 'end_seq']).execute();
      assert.deepEqual(
        rows,
        Array.from({ length: 2 }, () => ({ state: 'live', born: 1, last_add: 1, end_seq: null })),
      );
      assert.deepEqual(service.faults, []);
    });

    test('a commit that names a missing id changes nothing and names it; with the id put it goes through', async () => {
      await using service = await start();
      const member = await Member.open(service);
      const [there, missing] = [sealedLike(), sealedLike()];
      await member.put([there]);
      const envelope = await member.commitOf([there, missing]);
      const refused = await member.send(envelope);
      assert.deepEqual(refused.error, { code: 'objects-missing', facts: { count: 1, missing: [missing.id] } });
      assert.equal((await member.head()).json.seq, 0);
      assert.deepEqual(await service.database.db.selectFrom('objects').select(['state', 'born']).execute(), [
        { state: 'pending', born: null },
      ]);
      await member.put([missing]);
      assert.equal((await member.send(envelope)).status, 201);
    });

    test('ids of another space are missing like ids of none', async () => {
      await using service = await start();
      const [alice, bob] = [await Member.open(service), await Member.open(service)];
      const [hers, nobodys] = [sealedLike(), sealedLike()];
      await alice.add([hers]);
      const claims = await Promise.all(
        [hers, nobodys].map(async (object) => {
          const refused = await bob.send(await bob.commitOf([object]));
          const place = (await bob.gets()).json;
          const read = await readAnswer(await fetch(service.url + (place.template ?? '').replace('{id}', object.id)));
          const batch = await fetch(service.url + place.batchUrl, { method: 'POST', body: joinIds([object.id]) });
          const have = await bob.call(contract['spaces.have'], {}, joinIds([object.id]));
          return {
            commit: [refused.status, refused.error?.code, refused.error?.facts['count']],
            read: [read.status, read.error],
            batch: new Uint8Array(await batch.arrayBuffer()).slice(0, 4),
            have: have.bytes.length,
          };
        }),
      );
      assert.deepEqual(claims[0], claims[1]);
      assert.equal(claims[0]?.read[0], 404);
    });

    test('of two entries on one head one is taken, and the other learns where the head is', async () => {
      await using service = await start();
      const member = await Member.open(service);
      const twin = member.twin();
      assert.equal((await member.commit([])).status, 201);
      const late = await twin.commit([]);
      assert.deepEqual(late.error, { code: 'head-conflict', facts: { seq: 1, head: formatHex(member.state.head) } });
      await twin.follow();
      assert.equal((await twin.commit([])).json.seq, 2);
    });

    test('an answer that was lost is given again, also when the log has gone on', async () => {
      await using service = await start();
      const member = await Member.open(service);
      const envelope = await member.commitOf([]);
      const first = await member.send(envelope);
      const again = await member.call(contract['spaces.append'], {}, encodeEnvelope(envelope));
      assert.deepEqual([again.status, again.json], [201, first.json]);
      await member.commit([]);
      const later = await member.call(contract['spaces.append'], {}, encodeEnvelope(envelope));
      assert.deepEqual([later.status, later.json], [201, first.json]);
      assert.equal((await member.head()).json.seq, 2);
    });

    test('what the rules of the log refuse is refused by its step', async () => {
      await using service = await start();
      const member = await Member.open(service);
      await member.commit([]);
      const good = await member.commitOf([]);
      const post = (bytes: Uint8Array) => member.call(contract['spaces.append'], {}, bytes);
      const flipped = good.signature.slice();
      flipped[40] = (flipped[40] as number) ^ 1;
      const elsewhere = await Member.open(service);
      await elsewhere.commit([]);
      const cases: [string, Uint8Array][] = [
        ['form', new Uint8Array(0)],
        ['form', systemRandom(300)],
        ['form', new Uint8Array([...encodeEnvelope(good), 0])],
        ['signature', encodeEnvelope({ ...good, signature: flipped })],
        ['space', encodeEnvelope(await elsewhere.commitOf([]))],
        ['type', encodeEnvelope(member.account.genesis)],
        ['attachment', encodeEnvelope({ ...good, attachments: new Map([[attachmentNumbers.adds, systemRandom(32)]]) })],
        [
          'change',
          encodeEnvelope(
            await member.write({ type: 'sweep', seq: 1, id: systemRandom(32), ids: new Uint8Array(0), table: await tableOf([]) }),
          ),
        ],
      ];
      for (const [step, bytes] of cases) {
        const answer = await post(bytes);
        assert.deepEqual([answer.status, answer.error?.code, step, answer.error?.facts['step']], [422, 'log-refused', step, step]);
      }
      assert.equal((await post(new Uint8Array(4_456_449))).error?.code, 'body-too-large');
      assert.equal((await member.head()).json.seq, 1);
      assert.deepEqual(service.faults, []);
    });

    test('a thousand commits of two devices at once: one winner each time, and an unbroken chain', async () => {
      await using service = await start({ settings: { rates: { ...noRates } } });
      const first = await Member.open(service);
      const second = await first.enrol();
      const begun = first.state.seq;
      const rounds = 500;
      for (let round = 0; round < rounds; round++) {
        const answers = await Promise.all([first.commit([]), second.commit([])]);
        assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409], `round ${round}`);
        const loser = answers[0]?.status === 409 ? first : second;
        assert.deepEqual(answers.find(({ status }) => status === 409)?.error, {
          code: 'head-conflict',
          facts: { seq: begun + round + 1, head: formatHex((loser === first ? second : first).state.head) },
        });
        loser.state = (loser === first ? second : first).state;
      }
      const reader = new Member(service, first.account, first.device, await startLog(first.account.genesis, 'all'));
      await reader.follow();
      assert.equal(reader.state.seq, begun + rounds);
      assert.deepEqual(reader.state.head, first.state.head);
    });

    test('many entries at once for one head: one is taken', async () => {
      await using service = await start();
      const member = await Member.open(service);
      const envelopes = await Promise.all(Array.from({ length: 40 }, () => member.commitOf([])));
      const answers = await Promise.all(envelopes.map((envelope) => member.call(contract['spaces.append'], {}, encodeEnvelope(envelope))));
      assert.equal(answers.filter(({ status }) => status === 201).length, 1);
      assert.equal(answers.filter(({ error }) => error?.code === 'head-conflict').length, 39);
      assert.equal((await member.head()).json.seq, 1);
    });

    test('commits of many spaces at once do not disturb each other, also when one of them cannot be', async () => {
      await using service = await start();
      const account = await Member.open(service);
      const members = await Promise.all(Array.from({ length: 12 }, () => openDriveSpace(service, account.account)));
      const objects = await Promise.all(
        members.map(async (member) => {
          const object = sealedLike();
          await member.put([object]);
          return object;
        }),
      );
      const missing = sealedLike();
      const answers = await Promise.all(
        members.map((member, i) => member.commit(i % 4 === 3 ? [missing] : [objects[i] as { readonly id: ObjectId }])),
      );
      assert.deepEqual(
        answers.map(({ status }) => status),
        members.map((_, i) => (i % 4 === 3 ? 409 : 201)),
      );
      const heads = await Promise.all(members.map((member) => member.head()));
      assert.deepEqual(
        heads.map(({ json }) => json.seq),
        members.map((_, i) => (i % 4 === 3 ? 0 : 1)),
      );
    });

    test('the log is read in pages from any entry, with the attachments asked for', async () => {
      await using service = await start();
      const member = await Member.open(service);
      const object = sealedLike();
      await member.put([object]);
      const delta = systemRandom(2_000);
      await member.send(await member.commitOf([object], delta));
      for (let i = 0; i < 8; i++) await member.commit([]);
      await member.append({ type: 'checkpoint' });
      const all = await member.page({ from: 0 });
      assert.deepEqual(
        all.map(seqOf),
        Array.from({ length: 11 }, (_, i) => i),
      );
      assert.ok(all.every(({ attachments }) => attachments.size === 0));
      let state = await startLog(all[0] as (typeof all)[0]);
      for (const envelope of all.slice(1)) state = (await advanceLog(state, envelope)).state;
      assert.deepEqual(state.head, member.state.head);
      const [full] = await member.page({ from: 1, to: 1, attachments: [1, 2] });
      assert.deepEqual([...(full?.attachments.keys() ?? [])], [1, 2]);
      assert.deepEqual(full?.attachments.get(2), delta);
      assert.deepEqual((await member.page({ from: 3, entriesMax: 4 })).map(seqOf), [3, 4, 5, 6]);
      assert.deepEqual((await member.page({ from: 11 })).map(seqOf), []);
      assert.deepEqual((await member.page({ from: 5, to: 2 })).map(seqOf), []);
    });

    test('a few entries show that a head descends from one long before', async () => {
      await using service = await start();
      const member = await Member.open(service);
      const remembered = { seq: 0, id: await entryId(member.account.genesis.entry) };
      for (let i = 0; i < 70; i++) await member.commit([]);
      const path: Envelope[] = [];
      for (const seq of descentPath(0, 70).toReversed()) path.push(...(await member.page({ from: seq, to: seq })));
      assert.ok(path.length <= 8);
      let wanted = member.state.head;
      for (const envelope of path.toReversed()) {
        assert.deepEqual(await entryId(envelope.entry), wanted);
        const { seq, prev, skips } = decodeEntry(envelope.entry);
        const next = descentPath(0, seq)[1] ?? 0;
        wanted = next === seq - 1 ? prev : (skips[Math.log2(seq - next) - 1] as typeof wanted);
      }
      assert.deepEqual(wanted, remembered.id);
    });

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

    test('the log leaves the reserve of the disk free; what frees or shuts out may use half of it', async () => {
      const { bavail, bsize } = statfsSync(tmpdir());
      const keeping = (share: number) => ({ settings: { diskReserveBytes: Math.round(share * bavail * bsize) } });
      await using low = await start(keeping(1.5));
      const member = await Member.open(low);
      const other = await member.enrol();
      assert.deepEqual([(await member.commit([])).error?.code, member.state.seq], ['disk-full', 1]);
      const revocation = await signRevocation(member.account.identity, { deviceId: other.device.deviceId, timeMs: low.clock.now() });
      const shutOut = await member.write({ type: 'device', revocation });
      assert.equal((await member.send(shutOut)).status, 201);
      await using full = await start(keeping(4));
      await assert.rejects((await Member.open(full)).enrol(), /disk-full/);
    });

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

    test('bad input is refused at every endpoint, and leaves no fault', async () => {
      await using service = await start();
      const member = await Member.open(service);
      await member.commit([]);
      const cases: [keyof typeof contract, object, string][] = [
        ['spaces.log', {}, 'from'],
        ['spaces.log', { from: -1 }, 'from'],
        ['spaces.log', { from: 0, entriesMax: 0 }, 'entriesMax'],
        ['spaces.log', { from: 0, entriesMax: 100_000 }, 'entriesMax'],
        ['spaces.log', { from: 0, attachments: [7] }, 'attachments.0'],
        ['spaces.log', { from: 0, to: -1 }, 'to'],
        ['spaces.audit', new Uint8Array(9_216), 'body'],
        ['spaces.live', { seq: 0, bucket: 256 }, 'bucket'],
        ['spaces.live', { seq: 0, bucket: 0, after: 'x' }, 'after'],
        ['spaces.gets', { ids: ['x'] }, 'ids.0'],
        ['spaces.have', new Uint8Array(31), 'body'],
      ];
      for (const [id, content, field] of cases) {
        const answer = await member.call(contract[id], {} as never, content);
        assert.deepEqual([id, answer.error?.code, answer.error?.facts['field']], [id, 'bad-request', field]);
      }
      const place = (await member.gets()).json;
      const odd = await readAnswer(await fetch(service.url + place.batchUrl, { method: 'POST', body: new Uint8Array(33) }));
      assert.equal(odd.error?.code, 'bad-request');
      assert.equal((await readAnswer(await fetch(`${service.url}${place.batchUrl}/xyz`))).error?.code, 'not-found');
      assert.equal(
        (await readAnswer(await fetch(`${service.url}/api/v1/places/short/objects/${'0'.repeat(64)}`))).error?.code,
        'not-found',
      );
      assert.deepEqual((await member.page({ from: Number.MAX_SAFE_INTEGER })).length, 0);
      const far = new Uint8Array(8 + 9_216).fill(255, 0, 8);
      assert.equal((await member.call(contract['spaces.audit'], {}, far)).json.seq, 1);
      assert.deepEqual(service.faults, []);
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

    test('logs have an allowance of their own over all spaces; what ends objects or devices may go twice as far', async () => {
      await using service = await start({ settings: { accountBytesMax: 0, accountLogBytesMin: 40_000 } });
      const home = await Member.open(service);
      const drive = await openDriveSpace(service, home.account);
      const told = async () => (await home.usage()).json;
      const bytesOf = ({ entry, signature, attachments }: Envelope) =>
        [...attachments.values()].reduce((sum, { length }) => sum + length, entry.length + signature.length);
      const [genesis] = await drive.page({ from: 0, attachments: [attachmentNumbers.kemRecords] });
      const opened = bytesOf(home.account.genesis) + bytesOf(genesis as Envelope);
      assert.deepEqual([(await told()).log, (await told()).logMax], [opened, 40_000]);
      const delta = systemRandom(30_000);
      const first = await home.commitOf([], delta);
      assert.equal((await home.send(first)).status, 201);
      assert.equal((await told()).log, opened + bytesOf(first));

      const late = await drive.commitOf([], delta);
      const missingBytes = opened + bytesOf(first) + bytesOf(late) - 40_000;
      assert.deepEqual((await drive.send(late)).error, {
        code: 'over-quota',
        facts: { missingBytes, bytesMax: 40_000, of: 'log' },
      });
      assert.equal((await told()).log, opened + bytesOf(first));
      const sweep = async () => {
        const { seq, head: id } = drive.state;
        return drive.append({ type: 'sweep', seq, id, ids: new Uint8Array(0), table: await tableOf([]) });
      };
      assert.equal((await drive.commit([])).status, 201, 'a small one fits');
      assert.equal((await sweep()).status, 201);
      assert.equal((await drive.commit([])).error?.code, 'over-quota');
      await home.enrol();
      let last = await sweep();
      while (last.status === 201) last = await sweep();
      assert.deepEqual([last.error?.code, last.error?.facts['bytesMax']], ['over-quota', 80_000]);

      service.clock.move(31 * 86_400_000);
      await service.drive.sweep();
      const before = (await told()).log;
      assert.ok(before < 80_000 - 30_000, 'the delta counts no more');
      assert.equal((await drive.call(contract['spaces.delete'], {})).status, 204);
      await service.drive.sweep();
      assert.ok((await told()).log < 15_000, 'nor does the log of a space that ended');
      assert.equal((await home.commit([])).status, 201);
      assert.deepEqual(service.faults, []);
    });

    test('entries of a crowd are counted one by one', async () => {
      await using service = await start({ settings: { accountBytesMax: 0, accountLogBytesMin: 60_000 } });
      const home = await Member.open(service);
      const drives = await Promise.all(Array.from({ length: 12 }, () => openDriveSpace(service, home.account)));
      const opened = (await home.usage()).json.log;
      const answers = await Promise.all(drives.map(async (drive) => drive.send(await drive.commitOf([], systemRandom(5_000)))));
      const taken = answers.filter(({ status }) => status === 201).length;
      const { log } = (await home.usage()).json;
      const each = (log - opened) / taken;
      assert.ok(each > 5_000 && each < 6_000);
      assert.equal(taken, Math.floor((60_000 - opened) / each));
      assert.ok(taken < 12);
      for (const { status, error } of answers) assert.ok(status === 201 || error?.code === 'over-quota');
    });

    test('the allowance is the account’s, over all its spaces, and follows its plan at once', async () => {
      await using service = await start({ settings: { accountBytesMax: 20_000 } });
      const home = await Member.open(service);
      const drive = await openDriveSpace(service, home.account);
      const object = sealedLike(8192);
      await home.add([object]);
      const asked = { batches: [{ bytes: 15_000, class: 'bulk' as const }], objects: [] };
      const refused = await drive.call(contract['spaces.puts'], {}, asked);
      const missingBytes = object.bytes.length + 15_000 - 20_000;
      assert.deepEqual(refused.error, { code: 'over-quota', facts: { missingBytes, bytesMax: 20_000 } });
      await describePlan(service.database, 'large', 50_000);
      assert.equal(await assignPlan(service.database, home.account.locator, 'large'), true);
      assert.equal(await assignPlan(service.database, 'nobody', 'large'), false);
      assert.equal((await drive.call(contract['spaces.puts'], {}, asked)).status, 200);
      const { json } = await home.usage();
      assert.deepEqual([json.plan, json.max, json.stored, json.spaces.length], ['large', 50_000, object.bytes.length, 2]);
    });

    test('an upload that takes the last bytes while another runs is refused whole', async () => {
      await using service = await start({ settings: { accountBytesMax: 10_000 } });
      const [home] = [await Member.open(service)];
      const drive = await openDriveSpace(service, home.account);
      const answers = await Promise.all(
        [home.put([sealedLike(8192)]), drive.put([sealedLike(8192)])].map((put) => put.catch((error: Error) => error)),
      );
      const stored = answers.filter((answer) => !(answer instanceof Error) && answer.status === 201);
      assert.equal(stored.length, 1);
      assert.ok((await home.usage()).json.stored <= 10_000);
    });

    test('a server that was set back to yesterday shows an older head than its client remembers', async () => {
      await using service = await start();
      const member = await Member.open(service);
      await member.commit([]);
      const yesterday = {
        log: await service.database.db.selectFrom('space_logs').selectAll().executeTakeFirstOrThrow(),
        seq: member.state.seq,
      };
      await member.commit([]);
      await member.commit([]);
      const remembered = member.state;
      await service.database.transaction(async (queries) => {
        await queries.deleteFrom('log_entries').where('seq', '>', yesterday.seq).execute();
        await queries.updateTable('space_logs').set(yesterday.log).where('space', '=', yesterday.log.space).execute();
      });
      const { json } = await member.head();
      assert.ok(json.seq < remembered.seq, 'the head went back');
      assert.deepEqual(await member.page({ from: json.seq + 1 }), []);
      const refused = await member.commit([]);
      assert.deepEqual(refused.error, { code: 'head-conflict', facts: { seq: yesterday.seq, head: yesterday.log.head } });
      // Another device, which knows less, goes on there: the chain then holds another entry where the first one remembers its own.
      const fresh = new Member(service, member.account, member.device, await startLog(member.account.genesis, 'all'));
      await fresh.follow();
      assert.equal((await fresh.commit([])).status, 201);
      assert.equal((await fresh.commit([])).status, 201);
      assert.equal(fresh.state.seq, remembered.seq);
      assert.notDeepEqual(fresh.state.head, remembered.head);
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

    test('a commit of very many objects is one step', async () => {
      await using service = await start();
      const member = await Member.open(service);
      const ids = Array.from({ length: 20_000 }, () => ({ id: formatHex(systemRandom(32)) as ObjectId }));
      const space = member.space as never;
      await service.database.transaction(async (queries) => {
        await insertRows(queries, 'packs', [{ pack: 'bulk-made', space, class: 'bulk', bytes: 1, live_bytes: 1, created_at: 0 }]);
        const row = { space, length: 1_062, pack: 'bulk-made', pack_offset: 0, state: 'pending' as const, added_at: 0, lease_until: 9e15 };
        await insertRows(
          queries,
          'objects',
          ids.map(({ id }) => ({ ...row, id })),
        );
      });
      assert.equal((await member.commit([...ids, sealedLike()])).error?.facts['count'], 1);
      assert.equal((await member.commit(ids)).status, 201);
      const audit = await member.call(contract['spaces.audit'], {}, await auditBody(member.state.seq, ids));
      assert.deepEqual(audit.json, { seq: 1, objects: 20_000, bytes: 20_000 * 1_062, buckets: [] });
    });
  });
}

const noRates = { requests: null, spaces: null, reports: null, accounts: null, logins: null, pairings: null };

export async function auditBody(seq: number, objects: readonly { readonly id: string }[]): Promise<Uint8Array> {
  return concatBytes(u64(seq), encodeLiveTable(await tableOf(objects)));
}
