// How much an account may store and log, and what is left of the disk. Over real HTTP; src/logs.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { contract } from '@reprise/protocol';
import { attachmentNumbers, type Envelope, signRevocation } from '@reprise/protocol/formats';
import { Member, openDriveSpace, tableOf } from '../testing/member.ts';
import { sealedLike } from '../testing/owner.ts';
import type { TestEngine } from '../testing/service.ts';
import { assignPlan, describePlan } from './allowance.ts';

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
