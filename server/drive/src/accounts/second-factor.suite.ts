// The second half of signing in, a passkey beside the password, over real HTTP; src/routes.test.ts runs it on every engine. spec/accounts.md.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatBase64url, formatHex, systemRandom } from '@reprise/kit';
import { contract, type UserId } from '@reprise/protocol';
import { AccountOwner, beginLogin, drawDevice, drawDoor, login, openDoor, ticketStatus, withoutToken } from '../testing/account.ts';
import { send } from '../testing/owner.ts';
import type { TestEngine, TestService } from '../testing/service.ts';
import { issueTicket, type TicketGround } from './tickets.ts';

const text = (bytes: number) => formatBase64url(systemRandom(bytes));

export function describeSecondFactor({ name, start }: TestEngine): void {
  describe(`a passkey beside the password on ${name}`, { concurrency: false }, () => {
    test('an account that demands a passkey opens by neither half alone for a password, and by the kit without it', async () => {
      await using service = await start();
      const { owner, kit, passkey, demand, isDemanded } = await openWithPasskey(service, 'anna');
      const other = await openWithPasskey(service, 'ben');
      assert.equal((await demand(passkey)).error?.code, 'kit-untried');
      assert.equal((await openDoor(service, kit.finder, kit.token)).status, 200);
      for (const wrong of [kit, other.passkey, { ...passkey, token: text(32) }, { ...passkey, finder: text(16) }])
        assert.equal((await demand(wrong)).error?.code, 'login-refused');
      assert.equal(await isDemanded(), false);
      const { ticket } = (await login(service, 'anna', 'a password')).json;
      assert.equal((await demand(passkey)).status, 204);
      assert.equal((await demand(passkey)).status, 204);
      assert.equal(await isDemanded(), true);
      assert.equal(await ticketStatus(service, owner, ticket), 401, 'what the password alone has drawn ends');

      const alone = (await finishLogin(service, 'anna')).answer;
      assert.deepEqual([alone.status, alone.json], [401, { error: { code: 'passkey-needed', facts: {} } }]);
      for (const wrong of [kit, other.passkey, { ...passkey, token: text(32) }, { ...passkey, finder: text(16) }]) {
        const { answer } = await finishLogin(service, 'anna', wrong);
        assert.deepEqual([answer.status, answer.json], [401, { error: { code: 'login-refused', facts: {} } }]);
      }
      const both = await finishLogin(service, 'anna', passkey);
      assert.equal(both.answer.status, 200);
      assert.equal((await both.again()).error?.code, 'login-refused', 'the same proofs again');
      const { slots } = (await owner.call(contract['account.slots'], {})).json;
      assert.ok(slots.every(({ usedAt }) => usedAt !== null));
      assert.equal((await openDoor(service, kit.finder, kit.token)).status, 200);
      assert.equal((await openDoor(service, passkey.finder, passkey.token)).status, 200);
      assert.equal((await finishLogin(service, 'ben')).answer.status, 200);

      assert.equal((await demand(null)).status, 204);
      assert.equal((await finishLogin(service, 'anna')).answer.status, 200);
      assert.deepEqual(service.faults, []);
    });

    test('who does not know the password learns neither that a passkey is demanded nor whether his passkey is right', async () => {
      await using service = await start();
      const { kit, passkey, demand } = await openWithPasskey(service, 'anna');
      await AccountOwner.open(service, { name: 'plain' });
      await openDoor(service, kit.finder, kit.token);
      await demand(passkey);
      for (const name of ['anna', 'plain', 'nobody'])
        for (const besides of [undefined, passkey]) {
          const { begun } = await beginLogin(service, name, 'another');
          const body = { proof: text(64), ...(besides && { passkey: proofOf(besides) }) };
          const answer = await send(service.url, contract['logins.finish'], { login: begun.json.login }, body);
          assert.deepEqual([answer.status, answer.json], [401, { error: { code: 'login-refused', facts: {} } }], name);
        }
    });

    test('a removed passkey is no second half; with the last one the demand ends, and does not come back by another', async () => {
      await using service = await start();
      const { owner, kit, passkey, demand, isDemanded } = await openWithPasskey(service, 'anna');
      const second = await drawDoor();
      const put = (door: Door) => owner.call(contract['account.putSlot'], {}, { type: 'passkey', ...withoutToken(door) });
      const remove = ({ slot }: Door) => owner.call(contract['account.deleteSlot'], { slot });
      await put(second);
      await openDoor(service, kit.finder, kit.token);
      await demand(passkey);
      await remove(passkey);
      assert.equal((await finishLogin(service, 'anna', passkey)).answer.error?.code, 'login-refused');
      assert.equal((await finishLogin(service, 'anna')).answer.error?.code, 'passkey-needed');
      assert.equal((await finishLogin(service, 'anna', second)).answer.status, 200);
      await remove(second);
      assert.equal(await isDemanded(), false);
      assert.equal((await finishLogin(service, 'anna')).answer.status, 200);
      await put(await drawDoor());
      assert.equal(await isDemanded(), false);
      assert.equal((await finishLogin(service, 'anna')).answer.status, 200);
    });

    test('a demand that comes while a ticket is drawn is kept, and guesses at the second half are limited like any', async () => {
      const rate = { perMinute: 1, burst: 12 };
      await using service = await start({
        settings: { rates: { requests: null, spaces: null, reports: null, accounts: rate, logins: null, pairings: null } },
      });
      const { owner, kit, passkey, demand } = await openWithPasskey(service, 'anna');
      await openDoor(service, kit.finder, kit.token);
      const { slots } = (await owner.call(contract['account.slots'], {})).json;
      const password = slots.find(({ type }) => type === 'password')?.slot ?? '';
      await demand(passkey);
      const issue = (ground: TicketGround) =>
        issueTicket(
          service.database,
          { hash: formatHex(systemRandom(32)), user_id: owner.userId as UserId, expires_at: service.clock.now() + 1_000 },
          ground,
          service.clock.now(),
        );
      await assert.rejects(issue({ password, passkey: null }), { code: 'passkey-needed' });
      await assert.rejects(issue({ password, passkey: formatHex(systemRandom(16)) }), { code: 'login-refused' });
      await issue({ password, passkey: passkey.slot });
      let limited = 0;
      for (let i = 0; i < 6; i++) {
        const { begun, proof } = await beginLogin(service, 'anna', 'a password');
        if (begun.status === 429) limited++;
        else {
          const guess = { proof, passkey: { finder: passkey.finder, token: text(32) } };
          const answer = await send(service.url, contract['logins.finish'], { login: begun.json.login }, guess);
          assert.ok(['login-refused', 'rate-limited'].includes(answer.error?.code ?? ''));
        }
      }
      assert.ok(limited > 0);
    });

    test('only a device that acts for the account may demand, and only as the contract says', async () => {
      await using service = await start();
      const { owner, passkey } = await openWithPasskey(service, 'anna');
      const stranger = await drawDevice();
      const body = { passkey: proofOf(passkey) };
      assert.equal((await owner.callAs(stranger, contract['account.demandPasskey'], {}, body)).error?.code, 'signature-refused');
      for (const bad of [{}, { passkey: true }, { passkey: { finder: passkey.finder } }, { passkey: { ...body.passkey, token: text(31) } }])
        assert.equal((await owner.call(contract['account.demandPasskey'], {}, bad)).error?.code, 'bad-request');
    });
  });
}

type Door = Awaited<ReturnType<typeof drawDoor>>;
const proofOf = ({ finder, token }: Door) => ({ finder, token });

/** An account with a kit and a passkey; the kit is not tried yet. */
async function openWithPasskey(service: TestService, name: string) {
  const owner = await AccountOwner.open(service, { name });
  const [kit, passkey] = [await drawDoor(), await drawDoor()];
  await owner.call(contract['account.putSlot'], {}, { type: 'recovery', ...withoutToken(kit) });
  await owner.call(contract['account.putSlot'], {}, { type: 'passkey', ...withoutToken(passkey) });
  const demand = (door: Door | null) => owner.call(contract['account.demandPasskey'], {}, { passkey: door && proofOf(door) });
  const isDemanded = async () => (await owner.call(contract['account.slots'], {})).json.demandsPasskey;
  return { owner, kit, passkey, demand, isDemanded };
}

/** The second step of a login with a right password. */
async function finishLogin(service: TestService, name: string, passkey?: Door) {
  const { begun, proof } = await beginLogin(service, name, 'a password');
  const body = { proof, ...(passkey && { passkey: proofOf(passkey) }) };
  const finish = () => send(service.url, contract['logins.finish'], { login: begun.json.login }, body);
  return { answer: await finish(), again: finish };
}
