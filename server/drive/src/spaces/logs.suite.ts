// Appending to logs and reading them, over real HTTP; src/logs.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { insertRows } from '@reprise/database';
import { concatBytes, formatHex, systemRandom, u64 } from '@reprise/kit';
import { contract, joinIds, type ObjectId } from '@reprise/protocol';
import {
  advanceLog,
  attachmentNumbers,
  decodeEntry,
  descentPath,
  encodeEnvelope,
  encodeLiveTable,
  type Envelope,
  entryId,
  startLog,
} from '@reprise/protocol/formats';
import { Member, openDriveSpace, tableOf } from '../testing/member.ts';
import { readAnswer, sealedLike } from '../testing/owner.ts';
import type { TestEngine } from '../testing/service.ts';

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

async function auditBody(seq: number, objects: readonly { readonly id: string }[]): Promise<Uint8Array> {
  return concatBytes(u64(seq), encodeLiveTable(await tableOf(objects)));
}
