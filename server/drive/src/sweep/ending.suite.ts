// How objects of a tree end: sweeps, retention, purge, and all the ways back, over real HTTP; src/logs.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concatBytes, u64 } from '@reprise/kit';
import { contract, joinIds, type ObjectId, type SpaceId } from '@reprise/protocol';
import { encodeLiveTable } from '@reprise/protocol/formats';
import { Member, sortedIds, tableOf } from '../testing/member.ts';
import { drawLink, type Sealed, sealedLike, send } from '../testing/owner.ts';
import type { TestEngine, TestService } from '../testing/service.ts';

const dayMs = 86_400_000;
/** Ten objects, so that ending one is no large sweep. */
const ten = () => Array.from({ length: 10 }, () => sealedLike());
const bytesOf = (objects: readonly Sealed[]) => objects.reduce((sum, { bytes }) => sum + bytes.length, 0);
const collect = async (service: TestService, days: number) => {
  service.clock.move(days * dayMs);
  await service.drive.sweep();
};

async function withTen(service: TestService) {
  const member = await Member.open(service);
  const objects = ten();
  await member.add(objects);
  const [ended, ...rest] = objects as [Sealed, ...Sealed[]];
  return { member, objects, ended, rest };
}

export function describeEnding({ name, start }: TestEngine): void {
  describe(`sweeps on ${name}`, { concurrency: false }, () => {
    test('what a sweep ends stays for thirty days and three more, and then goes', async () => {
      await using service = await start();
      const { member, ended, rest } = await withTen(service);
      assert.equal((await member.sweep([ended], rest)).status, 201);
      const { json } = await member.usage();
      assert.deepEqual([json.live, json.history, json.pending], [bytesOf(rest), ended.bytes.length, 0]);
      await collect(service, 29);
      assert.ok(await member.reads(ended));
      await collect(service, 2);
      assert.ok(await member.reads(ended), 'condemned, and readable');
      await collect(service, 2);
      assert.ok(await member.reads(ended));
      await collect(service, 2);
      assert.equal(await member.reads(ended), false);
      assert.equal((await member.usage()).json.stored, bytesOf(rest));
      assert.equal(await member.has(rest), true);
    });

    test('a commit undoes it, while it is kept and while it is condemned', async () => {
      await using service = await start();
      const { member, ended, rest } = await withTen(service);
      await member.sweep([ended], rest);
      assert.equal((await member.commit([ended])).status, 201);
      await collect(service, 40);
      assert.ok(await member.reads(ended));
      await member.sweep([ended], rest);
      await collect(service, 31);
      assert.equal((await member.commit([ended])).status, 201);
      await collect(service, 10);
      await collect(service, 10);
      assert.ok(await member.reads(ended));
      assert.equal((await member.usage()).json.history, 0);
    });

    test('a table that differs ends nothing, and names the buckets; the server’s ids of one tell what is missing where', async () => {
      await using service = await start();
      const { member, ended, rest } = await withTen(service);
      const garbage = sealedLike();
      await member.add([garbage]);
      const refused = await member.sweep([ended], rest);
      assert.deepEqual(refused.error, { code: 'table-differs', facts: { buckets: [garbage.id.slice(0, 2)] } });
      assert.equal((await member.usage()).json.history, 0);
      const audit = await member.call(
        contract['spaces.audit'],
        {},
        concatBytes(u64(member.state.seq), encodeLiveTable(await tableOf([ended, ...rest]))),
      );
      const bucket = Number.parseInt(garbage.id.slice(0, 2), 16);
      assert.deepEqual(audit.json.buckets, [bucket]);
      assert.equal(audit.json.objects, 11);
      const live = await member.call(contract['spaces.live'], {}, { seq: member.state.seq, bucket });
      const theirs = [ended, ...rest, garbage].map(({ id }) => id).filter((id) => id.startsWith(garbage.id.slice(0, 2)));
      assert.deepEqual(Buffer.from(live.bytes), Buffer.from(joinIds(theirs.toSorted() as ObjectId[])));
      const after = theirs.toSorted().at(-1);
      assert.equal((await member.call(contract['spaces.live'], {}, { seq: member.state.seq, bucket, after })).bytes.length, 0);
      assert.equal((await member.sweep([ended, garbage], rest)).status, 201);
    });

    test('what a later commit added does not end', async () => {
      await using service = await start();
      const { member, ended, rest } = await withTen(service);
      const walked = member.state;
      await member.commit([ended]);
      const answer = await member.append({
        type: 'sweep',
        seq: walked.seq,
        id: walked.head,
        ids: sortedIds([ended]),
        table: await tableOf(rest),
      });
      assert.equal(answer.status, 201);
      assert.equal((await member.usage()).json.history, 0);
      await collect(service, 60);
      assert.ok(await member.reads(ended));
    });

    test('objects born after the walked entry, and those only links hold, stand outside of the comparison', async () => {
      await using service = await start();
      const { member, ended, rest } = await withTen(service);
      const walked = member.state;
      const [later, linked] = [sealedLike(), sealedLike()];
      await member.add([later]);
      await member.put([linked]);
      const link = drawLink();
      await member.call(contract['links.create'], {}, link.body);
      await member.call(contract['links.list'], { link: link.id }, joinIds([linked.id]));
      const draft = { type: 'sweep', seq: walked.seq, id: walked.head, ids: sortedIds([ended]), table: await tableOf(rest) } as const;
      assert.equal((await member.append(draft)).status, 201);
      await collect(service, 31);
      await collect(service, 4);
      assert.deepEqual([await member.reads(later), await member.reads(linked), await member.reads(ended)], [true, true, false]);
    });

    test('a sweep that names what is not live where it walked is refused, and takes no room in the log', async () => {
      await using service = await start();
      const { member, ended, rest } = await withTen(service);
      const [pending, nowhere] = [sealedLike(), sealedLike()];
      await member.put([pending]);
      const { log } = (await member.usage()).json;
      for (const other of [pending, nowhere]) {
        const refused = await member.sweep([ended, other], rest);
        assert.deepEqual([refused.error?.code, refused.error?.facts['step']], ['log-refused', 'change']);
      }
      assert.deepEqual([(await member.usage()).json.log, (await member.usage()).json.history], [log, 0]);
      assert.equal((await member.sweep([ended], rest)).status, 201);
      assert.deepEqual((await member.sweep([ended], rest)).error?.facts['step'], 'change', 'ended by the one before');
    });

    test('a sweep walks an entry of this log, and none before the last one walked', async () => {
      await using service = await start();
      const { member, objects } = await withTen(service);
      await member.commit([]);
      const other = { type: 'sweep', seq: 1, id: member.state.head, ids: new Uint8Array(0), table: await tableOf(objects) } as const;
      assert.deepEqual((await member.append(other)).error?.facts['step'], 'change');
      const first = member.state;
      assert.equal((await member.sweep([], objects)).status, 201);
      const [entry] = await member.page({ from: 1, to: 1 });
      assert.ok(entry);
      const older = { type: 'sweep', seq: first.seq - 1, id: first.head, ids: new Uint8Array(0), table: await tableOf(objects) } as const;
      assert.deepEqual((await member.append(older)).error?.facts['step'], 'change');
    });

    test('ending more than a fifth doubles both waits, and is told at the head', async () => {
      await using service = await start();
      const { member, objects } = await withTen(service);
      const [ended, rest] = [objects.slice(0, 3), objects.slice(3)];
      await member.sweep(ended, rest);
      const { json } = await member.head();
      assert.deepEqual(
        json.largeSweeps.map(({ seq, objects: count, bytes, sweptAt, goneAt }) => [seq, count, bytes, goneAt - sweptAt]),
        [[2, 3, bytesOf(ended), 66 * dayMs]],
      );
      await collect(service, 59);
      await collect(service, 2);
      await collect(service, 5);
      assert.ok(await member.reads(ended[0] as Sealed));
      await collect(service, 2);
      assert.equal(await member.reads(ended[0] as Sealed), false);
      assert.deepEqual((await member.head()).json.largeSweeps, []);
    });

    test('a policy that keeps no history shortens nothing that the one before it promised', async () => {
      await using service = await start();
      const { member, objects, ended, rest } = await withTen(service);
      const policy = { ...member.state.policy, retentionDays: 0 };
      assert.equal((await member.append({ type: 'policy', policy })).status, 201);
      assert.equal((await member.sweep([ended], rest)).status, 201);
      await collect(service, 29);
      await collect(service, 0);
      assert.ok(await member.reads(ended));
      assert.equal((await member.commit([])).status, 201);
      await collect(service, 2);
      const [next, ...kept] = rest as [Sealed, ...Sealed[]];
      assert.equal((await member.sweep([next, ...kept.slice(0, 1)], kept.slice(1))).status, 201);
      await collect(service, 0);
      await collect(service, 7);
      assert.deepEqual([await member.reads(ended), await member.reads(next)], [false, false], 'the longer one has run out');
      assert.equal(objects.length, 10);
    });

    test('a purge takes the retention after a day, of what a sweep ended and of nothing else', async () => {
      await using service = await start();
      const { member, ended, rest } = await withTen(service);
      await member.sweep([ended], rest);
      for (const others of [[rest[0] as Sealed], [ended, rest[0] as Sealed], [ended, sealedLike()]]) {
        const refused = await member.append({ type: 'purge', ids: sortedIds(others) });
        assert.deepEqual([refused.status, refused.error?.code, refused.error?.facts['step']], [422, 'log-refused', 'change']);
      }
      assert.equal((await member.append({ type: 'purge', ids: sortedIds([ended]) })).status, 201);
      await collect(service, 0.9);
      assert.ok(await member.reads(ended));
      await collect(service, 0.2);
      await collect(service, 2.9);
      assert.ok(await member.reads(ended));
      await collect(service, 0.2);
      assert.deepEqual([await member.reads(ended), await member.reads(rest[0] as Sealed)], [false, true]);
    });

    test('purges of thirty days take a fifth at most, in one or in many: the rest stays as long as it was promised', async () => {
      await using service = await start();
      const { member, objects } = await withTen(service);
      await member.sweep(objects, []);
      const purge = async (of: readonly Sealed[]) => {
        const { status, error } = await member.append({ type: 'purge', ids: sortedIds(of) });
        return error ? [status, error.code, error.facts['step']] : [status];
      };
      const refused = [422, 'log-refused', 'change'];
      assert.deepEqual(await purge(objects), refused);
      assert.deepEqual(await purge(objects.slice(0, 3)), refused);
      assert.deepEqual(await purge(objects.slice(0, 1)), [201]);
      assert.deepEqual(await purge(objects.slice(1, 3)), refused);
      assert.deepEqual(await purge(objects.slice(1, 2)), [201]);
      assert.deepEqual(await purge(objects.slice(2, 3)), refused);
      await collect(service, 29);
      await collect(service, 7);
      assert.deepEqual(await purge(objects.slice(2, 3)), [201], 'after thirty days again');
      await collect(service, 10);
      await collect(service, 7);
      const left = [];
      for (const object of objects) left.push(await member.reads(object));
      assert.deepEqual(left, [false, false, false, true, true, true, true, true, true, true], 'a large sweep keeps for sixty days');
    });

    test('a link holds what a sweep ended, for as long as it lives', async () => {
      await using service = await start();
      const { member, ended, rest } = await withTen(service);
      const link = drawLink();
      await member.call(contract['links.create'], {}, link.body);
      await member.call(contract['links.list'], { link: link.id }, joinIds([ended.id]));
      await member.sweep([ended], rest);
      for (let month = 0; month < 3; month++) await collect(service, 31);
      assert.equal((await send(service.url, contract['objects.get'], { id: ended.id })).status, 200);
      await member.call(contract['links.delete'], { link: link.id });
      await collect(service, 2);
      await collect(service, 4);
      assert.equal(await member.reads(ended), false);
    });

    test('a question of an upload keeps what is about to go', async () => {
      await using service = await start();
      const { member, ended, rest } = await withTen(service);
      await member.sweep([ended], rest);
      await collect(service, 29);
      assert.equal(await member.has([ended]), true);
      await collect(service, 6);
      assert.ok(await member.reads(ended));
      assert.equal((await member.commit([ended])).status, 201);
      await collect(service, 30);
      assert.ok(await member.reads(ended));
    });

    test('deltas are dropped after a month and count no more, and the log reads on without them', async () => {
      await using service = await start();
      const [one, other] = [await Member.open(service), await Member.open(service)];
      const logBytes = async ({ space }: Member) => {
        const row = await service.database.db
          .selectFrom('spaces')
          .select('log_bytes')
          .where('space', '=', space as SpaceId)
          .executeTakeFirstOrThrow();
        return row.log_bytes;
      };
      for (const [member, delta] of [
        [one, 1_200],
        [one, 900],
        [other, 400],
      ] as const)
        await member.send(await member.commitOf([], new Uint8Array(delta)));
      const before = [await logBytes(one), await logBytes(other)] as const;
      await collect(service, 31);
      assert.deepEqual([before[0] - (await logBytes(one)), before[1] - (await logBytes(other))], [2_100, 400]);
      const entries = await one.page({ from: 1, attachments: [2] });
      assert.deepEqual(
        entries.map(({ attachments }) => attachments.size),
        [0, 0],
      );
    });
  });
}
