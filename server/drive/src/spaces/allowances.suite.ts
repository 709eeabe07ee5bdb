// How much an account may store and log, and what is left of the disk. Over real HTTP; src/logs.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { contract, type SpaceId } from '@reprise/protocol';
import { attachmentNumbers, type Envelope, signRevocation } from '@reprise/protocol/formats';
import { Member, openDriveSpace, tableOf } from '../testing/member.ts';
import { type Sealed, sealedLike } from '../testing/owner.ts';
import type { TestEngine } from '../testing/service.ts';
import { assignPlan, describePlan, grantPlan } from './plans.ts';

const dayMs = 86_400_000;

/** Of a sweep that ends nothing: how long what it ends would stay. */
async function retentionOfSweep(member: Member, live: readonly Sealed[]): Promise<number> {
  assert.equal((await member.sweep([], live)).status, 201);
  const sweeps = member.service.database.db
    .selectFrom('sweeps')
    .select('retention_ms')
    .where('space', '=', member.space as SpaceId);
  return (await sweeps.orderBy('seq', 'desc').limit(1).executeTakeFirstOrThrow()).retention_ms;
}

export function describeAllowances({ name, start }: TestEngine): void {
  describe(`allowances on ${name}`, { concurrency: false }, () => {
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

    test('a plan for some time counts while it lasts, with its history a while longer, and nothing goes when it ends', async () => {
      await using service = await start({ settings: { accountBytesMax: 10_000 } });
      const home = await Member.open(service);
      const { database, clock } = service;
      const account = home.account.locator;
      const grant = (plan: string, days: number) => grantPlan(database, { account, plan, days, now: clock.now() });
      assert.equal(await grant('large', 30), undefined, 'nobody has described it');
      await describePlan(database, 'large', 50_000, 90);
      await describePlan(database, 'small', 20_000);
      const until = (await grant('large', 30)) ?? 0;
      assert.ok(until > clock.now() + 29 * dayMs && until <= clock.now() + 30 * dayMs);
      assert.equal(await grant('large', 10), until + 10 * dayMs, 'again, it lasts longer');
      await grant('small', 400);
      assert.equal(await grantPlan(database, { account: 'nobody', plan: 'large', days: 1, now: 0 }), undefined);
      const of = async () => {
        const { plan, max, until: ends, logMax } = (await home.usage()).json;
        return [plan, max, ends, logMax > 0];
      };
      assert.deepEqual(await of(), ['large', 50_000, until + 10 * dayMs, true]);
      const [first, second] = [sealedLike(8_192), sealedLike(8_192)];
      await home.add([first, second]);
      assert.equal(await retentionOfSweep(home, [first, second]), 90 * dayMs);
      // The larger one has ended, and nothing of it: the smaller counts, and what is above it stays.
      clock.move(41 * dayMs);
      assert.deepEqual((await of()).slice(0, 2), ['small', 20_000]);
      const { json } = await home.usage();
      assert.deepEqual(
        json.entitlements.map(({ plan, historyDays }) => [plan, historyDays]),
        [
          ['small', 0],
          ['large', 90],
        ],
      );
      assert.equal(await retentionOfSweep(home, [first, second]), 90 * dayMs, 'promised, and not run out');
      clock.move(90 * dayMs);
      assert.equal(await retentionOfSweep(home, [first, second]), 30 * dayMs);
      clock.move(400 * dayMs);
      assert.deepEqual((await of()).slice(0, 3), ['default', 10_000, null]);
      assert.ok((await home.usage()).json.stored > 10_000);
      const asked = { batches: [{ bytes: 1, class: 'bulk' as const }], objects: [] };
      assert.equal((await home.call(contract['spaces.puts'], {}, asked)).error?.code, 'over-quota');
      await service.drive.sweep();
      assert.ok((await home.usage()).json.stored > 10_000, 'nothing goes for want of room');
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
  });
}
