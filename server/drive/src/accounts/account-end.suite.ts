// The end of an account, over real HTTP; src/routes.test.ts runs it on every engine. spec/accounts.md "The end of an account".
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatBase64url, systemRandom } from '@reprise/kit';
import { contract } from '@reprise/protocol';
import { accountEndMs } from '@reprise/protocol/formats';
import { AccountOwner, beginLogin, drawDoor, drawSlot, login, openDoor, withoutToken } from '../testing/account.ts';
import type { TestEngine, TestService } from '../testing/service.ts';

const text = (bytes: number) => formatBase64url(systemRandom(bytes));

export function describeAccountEnd({ name, start }: TestEngine): void {
  describe(`the end of an account on ${name}`, { concurrency: false }, () => {
    test('a deleted account can be brought back for seven days, and is gone then', async () => {
      await using service = await start();
      const owner = await AccountOwner.open(service, { name: 'anna' });
      const ended = await end(owner, await byPassword(service, 'anna'));
      assert.equal(ended.status, 200);
      assert.ok(Math.abs(ended.json.endsAt - service.clock.now() - accountEndMs) < 60_000);
      assert.equal((await end(owner, await byPassword(service, 'anna'))).json.endsAt, ended.json.endsAt, 'the first time counts');
      assert.equal((await login(service, 'anna', 'a password')).json.endsAt, ended.json.endsAt);
      service.clock.move(accountEndMs - 120_000);
      await service.drive.sweep();
      assert.equal((await owner.call(contract['account.keep'], {})).status, 204);
      service.clock.move(accountEndMs);
      await service.drive.sweep();
      assert.equal((await owner.call(contract['account.get'], {})).status, 200);
      await end(owner, await byPassword(service, 'anna'));
      service.clock.move(accountEndMs + 1);
      await service.drive.sweep();
      assert.equal((await owner.call(contract['account.get'], {})).error?.code, 'signature-refused');
      assert.equal((await beginLogin(service, 'anna', 'a password')).proof, null);
      for (const table of ['accounts', 'account_names', 'account_slots', 'account_devices', 'tickets', 'login_states'] as const) {
        const rows = await service.database.db.selectFrom(table).selectAll().execute();
        if (table === 'login_states') assert.ok(rows.length <= 1, 'the invented login');
        else assert.deepEqual(rows, [], table);
      }
      const heir = await AccountOwner.open(service, { name: 'anna' });
      assert.notEqual(heir.userId, owner.userId);
      assert.deepEqual(service.faults, []);
    });

    test('a device alone, a stolen one say, does not end the account, whatever it makes of it', async () => {
      await using service = await start();
      const owner = await AccountOwner.open(service, { name: 'anna' });
      await AccountOwner.open(service, { name: 'thief' });
      for (const bad of [undefined, {}, { proof: null }, { proof: { by: 'device' } }, { proof: { by: 'password' } }])
        assert.equal((await owner.call(contract['account.delete'], {}, bad)).error?.code, 'bad-request');
      const guessed = { by: 'password', login: (await beginLogin(service, 'anna', 'a guess')).begun.json.login, proof: text(64) };
      for (const wrong of [guessed, await byPassword(service, 'thief'), { by: 'door', finder: text(16), token: text(32) }])
        assert.equal((await end(owner, wrong)).error?.code, 'login-refused');

      // It signs for the account: it may make ways of its own, and prove those.
      service.clock.move(1_000);
      const kit = await drawDoor();
      await owner.call(contract['account.putSlot'], {}, { type: 'recovery', ...withoutToken(kit) });
      const password = { ...drawSlot(), version: 2 };
      await owner.call(contract['account.password'], {}, { record: await owner.record('of a thief'), password, slots: [] });
      assert.equal((await openDoor(service, kit.finder, kit.token)).status, 200);
      for (const young of [byDoor(kit), await byPassword(service, 'anna', 'of a thief')]) {
        const { status, error } = await end(owner, young);
        assert.deepEqual([status, error?.code], [403, 'proof-too-new']);
        const waitMs = Number(error?.facts['countsAt']) - service.clock.now();
        assert.ok(waitMs <= accountEndMs && waitMs > accountEndMs - 60_000);
      }
      assert.equal((await owner.call(contract['account.get'], {})).json.endsAt, null);
      assert.deepEqual(service.faults, []);
    });

    test('a kit, a passkey or a password that stands ends it; where a passkey is demanded, the password with one', async () => {
      await using service = await start();
      const owner = await AccountOwner.open(service, { name: 'anna' });
      const [kit, passkey] = [await drawDoor(), await drawDoor()];
      await owner.call(contract['account.putSlot'], {}, { type: 'recovery', ...withoutToken(kit) });
      await owner.call(contract['account.putSlot'], {}, { type: 'passkey', ...withoutToken(passkey) });
      service.clock.move(accountEndMs + 1);
      await openDoor(service, kit.finder, kit.token);
      await owner.call(contract['account.demandPasskey'], {}, { passkey: { finder: passkey.finder, token: passkey.token } });
      assert.equal((await end(owner, await byPassword(service, 'anna'))).error?.code, 'passkey-needed');
      const besides = (door: Door) => ({ passkey: { finder: door.finder, token: door.token } });
      assert.equal((await end(owner, { ...(await byPassword(service, 'anna')), ...besides(kit) })).error?.code, 'login-refused');
      assert.equal((await owner.call(contract['account.get'], {})).json.endsAt, null);
      for (const proof of [byDoor(kit), byDoor(passkey), { ...(await byPassword(service, 'anna')), ...besides(passkey) }]) {
        assert.equal((await end(owner, proof)).status, 200);
        await owner.call(contract['account.keep'], {});
      }
      const used = await byPassword(service, 'anna');
      await end(owner, { ...used, ...besides(passkey) });
      assert.equal((await end(owner, { ...used, ...besides(passkey) })).error?.code, 'login-refused', 'a login is judged once');
    });

    test('a device takes away the passkey that is demanded, or brings another: for seven days the password ends nothing', async () => {
      const acts: readonly ((owner: AccountOwner, passkeySlot: string) => Promise<{ readonly status: number }>)[] = [
        (owner) => owner.call(contract['account.demandPasskey'], {}, { passkey: null }),
        (owner, slot) => owner.call(contract['account.deleteSlot'], { slot }),
      ];
      for (const act of acts) {
        await using service = await start();
        const owner = await AccountOwner.open(service, { name: 'anna' });
        const [kit, passkey] = [await drawDoor(), await drawDoor()];
        await owner.call(contract['account.putSlot'], {}, { type: 'recovery', ...withoutToken(kit) });
        await owner.call(contract['account.putSlot'], {}, { type: 'passkey', ...withoutToken(passkey) });
        service.clock.move(accountEndMs + 1);
        await openDoor(service, kit.finder, kit.token);
        await owner.call(contract['account.demandPasskey'], {}, { passkey: { finder: passkey.finder, token: passkey.token } });

        const own = await drawDoor();
        await owner.call(contract['account.putSlot'], {}, { type: 'passkey', ...withoutToken(own) });
        const withOwn = { ...(await byPassword(service, 'anna')), passkey: { finder: own.finder, token: own.token } };
        assert.equal((await end(owner, withOwn)).error?.code, 'proof-too-new');
        await owner.call(contract['account.deleteSlot'], { slot: own.slot });

        assert.equal((await act(owner, passkey.slot)).status, 204);
        const { error } = await end(owner, await byPassword(service, 'anna'));
        assert.equal(error?.code, 'proof-too-new');
        assert.ok(Math.abs(Number(error?.facts['countsAt']) - service.clock.now() - accountEndMs) < 60_000);
        assert.equal((await act(owner, passkey.slot)).status, act === acts[0] ? 204 : 404, 'again: the first time counts');
        assert.equal((await end(owner, byDoor(kit))).status, 200, 'the kit needs no passkey');
        await owner.call(contract['account.keep'], {});
        service.clock.move(accountEndMs);
        assert.equal((await end(owner, await byPassword(service, 'anna'))).status, 200);
        assert.deepEqual(service.faults, []);
      }
    });
  });
}

type Door = Awaited<ReturnType<typeof drawDoor>>;

const end = (owner: AccountOwner, proof: object) => owner.call(contract['account.delete'], {}, { proof });
const byDoor = ({ finder, token }: Door) => ({ by: 'door', finder, token });

async function byPassword(service: TestService, name: string, password = 'a password') {
  const { begun, proof } = await beginLogin(service, name, password);
  return { by: 'password', login: begun.json.login, proof: proof ?? text(64) };
}
