// Accounts against a real server, with the real stretching: what a person does on two devices, and what goes wrong.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, type Transport } from '@reprise/sdk';
import {
  AccountChanges,
  type AccountPorts,
  type DeviceStore,
  memoryDeviceStore,
  type OpenedAccount,
  introduce,
  joinByDevice,
  readRecord,
  readProof,
  recover,
  signIn,
  signInWithPasskey,
  signUp,
  unlock,
} from '@reprise/sdk/account';
import { memoryHeadStore } from '@reprise/sdk/drive';
import { nodeTransport } from '@reprise/sdk/node';
import { formatHex, systemRandom } from '@reprise/kit';
import { capabilities, Failure } from '@reprise/protocol';
import { drawPhrase, formatKit, mailboxOfInvitation, opaqueClient, parseInvitation } from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import { type Host, startHost } from '../support/server.ts';

let host: Host;
const transport = nodeTransport();

const joinWish = (signal: AbortSignal = AbortSignal.timeout(30_000)) => ({ label: 'a new device', signal });

before(async () => {
  host = await startHost();
});
after(async () => {
  transport[Symbol.dispose]();
  await host[Symbol.asyncDispose]();
});

/** A device: what it keeps, and the program on it. */
function device(store: DeviceStore = memoryDeviceStore(), send: Transport = transport): AccountPorts {
  const connection = connect({ server: host.url, transport: send, attemptsMax: 2 });
  return { connection, engine: nodeEngine, store, heads: memoryHeadStore(), opaque: opaqueClient };
}

const failure = (code: string) => (error: unknown) => error instanceof Failure && error.code === code;
const sameAccount = async (one: OpenedAccount, other: OpenedAccount) => {
  assert.equal(other.session.userId, one.session.userId);
  assert.equal(other.session.homeSpace, one.session.homeSpace);
  assert.deepEqual(await other.session.epochKey(1), await one.session.epochKey(1));
};

describe('an account', { concurrency: false }, () => {
  test('opens with a password of one’s own, and comes back on a second device with the code, not without', async () => {
    const first = device();
    const account = await signUp(first, { name: 'Márta.K', password: 'correct horse' });
    const { code } = new AccountChanges(first, account);
    await assert.rejects(signIn(device(), { identifier: 'márta.k', password: 'correct horse' }), { code: 'bad-code' });
    await assert.rejects(signIn(device(), { identifier: code, password: 'wrong horse' }), failure('login-refused'));
    const second = device();
    const steps: string[] = [];
    const again = await signIn(second, { identifier: code, password: 'correct horse', onStep: (step) => steps.push(step) });
    assert.deepEqual(steps, ['key', 'account']);
    await sameAccount(account, again);
    assert.notEqual(again.session.deviceId, account.session.deviceId);
    assert.equal(again.session.start.seq, 1);
    const devices = await new AccountChanges(first, account).devices();
    assert.deepEqual(
      devices.map(({ device: id, isThis, isRevoked }) => [id, isThis, isRevoked]).toSorted(),
      [
        [account.session.deviceId, true, false],
        [again.session.deviceId, false, false],
      ].toSorted(),
    );
  });

  test('opens with seven words alone, however they are typed', async () => {
    const phrase = drawPhrase(systemRandom);
    const account = await signUp(device(), { name: 'seven', password: phrase });
    await sameAccount(account, await signIn(device(), { identifier: ' SEVEN ', password: phrase.toUpperCase() }));
    await assert.rejects(signIn(device(), { identifier: 'seven', password: drawPhrase(systemRandom) }), failure('login-refused'));
    await assert.rejects(signIn(device(), { identifier: 'nobody', password: phrase }), failure('login-refused'));
  });

  test('is opened again on its device without a request', async () => {
    const store = memoryDeviceStore();
    const account = await signUp(device(store), { name: null, password: drawPhrase(systemRandom) });
    const offline = device(store, () => Promise.reject(new Failure('network')));
    await sameAccount(account, await unlock(offline));
    await assert.rejects(signUp(device(store), { name: null, password: 'x' }), failure('already-exists'));
    await assert.rejects(unlock(device()), failure('not-enrolled'));
  });

  test('with a name that somebody has is not opened, and the device is as before', async () => {
    await signUp(device(), { name: 'taken', password: drawPhrase(systemRandom) });
    const store = memoryDeviceStore();
    await assert.rejects(signUp(device(store), { name: 'Taken', password: drawPhrase(systemRandom) }), {
      code: 'name-taken',
      facts: { name: 'taken' },
    });
    assert.equal(await store.load(), undefined);
    await signUp(device(store), { name: 'free', password: drawPhrase(systemRandom) });
  });

  test('stopped in the middle of a sign-up is found, or found not to be, at the next start', async () => {
    for (const arrives of [true, false]) {
      const store = memoryDeviceStore();
      const cut = device(store, async (request) => {
        if (!request.url.endsWith('/api/v1/accounts')) return transport(request);
        if (arrives) await transport(request);
        throw new Failure('network');
      });
      await assert.rejects(signUp(cut, { name: arrives ? 'arrived' : 'lost', password: drawPhrase(systemRandom) }), failure('network'));
      if (arrives) assert.equal((await unlock(device(store))).record.enrolled, true);
      else await assert.rejects(unlock(device(store)), failure('not-enrolled'));
      if (!arrives) await signUp(device(store), { name: 'lost', password: drawPhrase(systemRandom) });
    }
  });

  test('comes back from 24 words on a wiped device, with a new password then', async () => {
    const first = device();
    const account = await signUp(first, { name: 'kit', password: drawPhrase(systemRandom) });
    const changes = new AccountChanges(first, account);
    const former = await changes.makeKit();
    const kit = await changes.makeKit();
    assert.equal(await changes.tryKit(kit.join(' ')), true);
    assert.equal(await changes.tryKit(former.join(' ')), true, 'the former kit counts until the new one was rehearsed');
    assert.equal(await changes.keepKit(kit.join(' ')), true);
    await assert.rejects(changes.tryKit(former.join(' ')), failure('login-refused'));
    const wrong = [...kit];
    wrong[6] = 'reprise';
    await assert.rejects(recover(device(), wrong.join(' ')), { code: 'bad-kit', facts: { reason: 'word', index: 6 } });
    const ports = device();
    const recovered = await recover(ports, kit.join('  ').toUpperCase());
    await sameAccount(account, recovered);
    const next = drawPhrase(systemRandom);
    await new AccountChanges(ports, recovered).setPassword(next);
    await sameAccount(account, await signIn(device(), { identifier: 'kit', password: next }));
    const stranger = await signUp(device(), { name: 'stranger', password: drawPhrase(systemRandom) });
    assert.equal(await new AccountChanges(device(), stranger).tryKit(kit.join(' ')), false);
  });

  test('changes its password, and the former one ends', async () => {
    const ports = device();
    const account = await signUp(ports, { name: 'changing', password: 'first password' });
    const changes = new AccountChanges(ports, account);
    await assert.rejects(changes.changePassword('not the first', 'second'), failure('login-refused'));
    await changes.changePassword('first password', 'second password');
    const at = { identifier: changes.code };
    await assert.rejects(signIn(device(), { ...at, password: 'first password' }), failure('login-refused'));
    await sameAccount(account, await signIn(device(), { ...at, password: 'second password' }));
  });

  test('is entered though answers are lost on the way: the proof is made again, and the device is enrolled once', async () => {
    const phrase = drawPhrase(systemRandom);
    const first = device();
    const account = await signUp(first, { name: 'lossy', password: phrase });
    for (const path of [/\/logins\/[^/]+$/, /\/spaces\/[^/]+\/log$/]) {
      let lost = 0;
      const lossy: Transport = async (request) => {
        const response = await transport(request);
        if (!path.test(new URL(request.url).pathname) || lost++ > 0) return response;
        await response.bytes(1 << 20);
        throw new Failure('network');
      };
      await sameAccount(account, await signIn(device(memoryDeviceStore(), lossy), { identifier: 'lossy', password: phrase }));
      assert.ok(lost >= 1, String(path));
    }
    assert.equal((await new AccountChanges(first, account).devices()).length, 3);
  });

  test('takes another sign-in name, also on the device’s own record', async () => {
    const store = memoryDeviceStore();
    const changes = new AccountChanges(device(store), await signUp(device(store), { name: 'former', password: drawPhrase(systemRandom) }));
    await changes.rename('Latter');
    assert.equal((await changes.get()).name, 'latter');
    assert.equal((await readRecord({ store }))?.name, 'latter');
    await changes.rename(null);
    assert.equal((await readRecord({ store }))?.name, (await changes.get()).locator);
  });

  test('opens with a passkey, until that is taken away', async () => {
    const ports = device();
    const account = await signUp(ports, { name: 'passkey', password: drawPhrase(systemRandom) });
    const changes = new AccountChanges(ports, account);
    const passkey = { prf: systemRandom(32), credentialId: systemRandom(20) };
    await assert.rejects(signInWithPasskey(device(), passkey), failure('login-refused'));
    await changes.addPasskey(passkey);
    await sameAccount(account, await signInWithPasskey(device(), passkey));
    const slots = await changes.slots();
    assert.deepEqual(slots.map(({ type }) => type).toSorted(), ['passkey', 'password']);
    for (const { type, slot } of slots) {
      if (type === 'passkey') await changes.removeSlot(slot);
      else await assert.rejects(changes.removeSlot(slot), failure('last-slot'));
    }
    await assert.rejects(signInWithPasskey(device(), passkey), failure('login-refused'));
  });

  test('demands a passkey besides the password once a kit was tried; the kit and other devices still come in without', async () => {
    const ports = device();
    const phrase = drawPhrase(systemRandom);
    const account = await signUp(ports, { name: 'twofold', password: phrase });
    const changes = new AccountChanges(ports, account);
    const passkey = { prf: systemRandom(32), credentialId: systemRandom(20) };
    const stranger = { prf: systemRandom(32), credentialId: systemRandom(20) };
    await assert.rejects(changes.demandPasskey(passkey), failure('login-refused'));
    await changes.addPasskey(passkey);
    const kit = (await changes.makeKit()).join(' ');
    await assert.rejects(changes.demandPasskey(passkey), failure('kit-untried'));
    await changes.keepKit(kit);
    await changes.demandPasskey(passkey);
    assert.equal((await changes.ways()).demandsPasskey, true);
    const wish = { identifier: 'twofold', password: phrase };
    await assert.rejects(signIn(device(), wish), failure('passkey-needed'));
    await assert.rejects(signIn(device(), { ...wish, passkey: stranger }), failure('login-refused'));
    await assert.rejects(signIn(device(), { ...wish, password: drawPhrase(systemRandom), passkey }), failure('login-refused'));
    await sameAccount(account, await signIn(device(), { ...wish, passkey }));
    await sameAccount(account, await signInWithPasskey(device(), passkey));
    await sameAccount(account, await recover(device(), kit));
    const next = drawPhrase(systemRandom);
    await assert.rejects(changes.changePassword(next, next), failure('login-refused'));
    await changes.changePassword(phrase, next);
    await assert.rejects(signIn(device(), { ...wish, password: next }), failure('passkey-needed'));
    const again = { by: 'password', password: next } as const;
    await assert.rejects(changes.deleteAccount(again), failure('passkey-needed'));
    await assert.rejects(changes.deleteAccount({ ...again, passkey: stranger }), failure('login-refused'));
    await assert.rejects(changes.deleteAccount({ ...again, passkey }), failure('proof-too-new'));
    await changes.demandPasskey(null);
    await sameAccount(account, await signIn(device(), { ...wish, password: next }));
  });

  test('revokes a lost device, which is refused from then on', async () => {
    const phrase = drawPhrase(systemRandom);
    const ports = device();
    const account = await signUp(ports, { name: 'losing', password: phrase });
    const lostPorts = device();
    const lost = await signIn(lostPorts, { identifier: 'losing', password: phrase });
    const changes = new AccountChanges(ports, account);
    await changes.revokeDevice(lost.session.deviceId);
    await changes.revokeDevice(lost.session.deviceId);
    const lostChanges = new AccountChanges(lostPorts, lost);
    await assert.rejects(lostChanges.get(), failure('device-revoked'));
    await assert.rejects(lostChanges.makeKit(), failure('device-revoked'));
    const devices = await changes.devices();
    assert.deepEqual(
      devices.filter(({ isRevoked }) => isRevoked).map((one) => one.device),
      [lost.session.deviceId],
    );
  });

  test('ends when its owner says so with the password, and can be kept meanwhile', async () => {
    const phrase = drawPhrase(systemRandom);
    const ports = device();
    const changes = new AccountChanges(ports, await signUp(ports, { name: 'ending', password: phrase }));
    await assert.rejects(changes.deleteAccount(readProof(drawPhrase(systemRandom))), failure('login-refused'));
    const kit = (await changes.makeKit()).join(' ');
    await assert.rejects(changes.deleteAccount(readProof(kit)), failure('proof-too-new'));
    await assert.rejects(changes.deleteAccount(readProof(formatKit(systemRandom(32)).join(' '))), failure('login-refused'));
    const endsAt = await changes.deleteAccount(readProof(phrase));
    assert.equal((await changes.get()).endsAt, endsAt);
    await changes.keepAccount();
    assert.equal((await changes.get()).endsAt, null);
    const exported = await changes.exportAccount();
    assert.deepEqual([exported.account.name, exported.devices.length, exported.slots.length], ['ending', 1, 2]);
    assert.doesNotMatch(JSON.stringify(exported), /sealed|(?<!pass)key|seed/i);
  });
});

describe('two devices that meet', { concurrency: false }, () => {
  test('by a scan, after the same four words on both', async () => {
    const ports = device();
    const account = await signUp(ports, { name: 'meeting', password: 'a password' });
    const guest = device();
    const joining = await joinByDevice(guest, joinWish());
    const { words, label, admit } = await introduce(ports, account, joining.invitation, AbortSignal.timeout(30_000));
    assert.deepEqual(words, await joining.words);
    assert.equal(label, 'a new device');
    const { device: admitted } = await admit(capabilities.commit | capabilities.rekey);
    joining.confirm(true);
    const joined = await joining.opened;
    assert.equal(joined.session.deviceId, admitted);
    await sameAccount(account, joined);
    assert.equal(new AccountChanges(guest, joined).code, new AccountChanges(ports, account).code);
    await assert.rejects(new AccountChanges(guest, joined).makeKit(), failure('role-refused'));
    await sameAccount(account, await unlock(device(guest.store)));
  });

  test('by a short code, after the same four words on both', async () => {
    const ports = device();
    const account = await signUp(ports, { name: 'typed', password: 'a password' });
    const guest = device();
    const joining = await joinByDevice(guest, joinWish());
    const introduction = await introduce(ports, account, joining.code.toLowerCase().replace('-', ' '), AbortSignal.timeout(30_000));
    const words = await joining.words;
    assert.equal(words.length, 4);
    assert.deepEqual(introduction.words, words);
    joining.confirm(true);
    await introduction.admit(15);
    await sameAccount(account, await joining.opened);
  });

  test('take nothing that a person did not confirm on the new one, after a scan either', async () => {
    const stranger = device();
    const theirs = await signUp(stranger, { name: 'quicker', password: 'a password' });
    for (const way of ['invitation', 'code'] as const) {
      const guest = device();
      const joining = await joinByDevice(guest, joinWish());
      // Somebody who saw the code is quicker, and lets the device into an account of his own.
      const { admit } = await introduce(stranger, theirs, joining[way], AbortSignal.timeout(30_000));
      await admit(15);
      await joining.words;
      assert.equal(await guest.store.load(), undefined);
      await assert.rejects(
        introduce(stranger, theirs, joining[way], AbortSignal.timeout(30_000)),
        { code: 'pairing-refused', facts: { reason: 'somebody was quicker' } },
        'a code serves one meeting',
      );
      joining.confirm(false);
      await assert.rejects(joining.opened, { code: 'pairing-refused', facts: { reason: 'other words' } });
      assert.equal(await guest.store.load(), undefined);
    }
  });

  test('part when the enrolled one refuses', async () => {
    const ports = device();
    const account = await signUp(ports, { name: 'refusing', password: 'a password' });
    const guest = device();
    const joining = await joinByDevice(guest, joinWish());
    const { refuse } = await introduce(ports, account, joining.code, AbortSignal.timeout(30_000));
    await refuse();
    joining.confirm(true);
    await assert.rejects(joining.opened, { code: 'pairing-refused', facts: { reason: 'not let in' } });
    assert.equal((await new AccountChanges(ports, account).devices()).length, 1);
  });

  test('are parted when the mailbox holds another’s letters, or when the time is over', async () => {
    const joining = await joinByDevice(device(), joinWish());
    const { bytes } = parseInvitation(joining.invitation);
    const pairing = formatHex(await mailboxOfInvitation(bytes));
    const { connection } = device();
    await connection.call('pairings.put', { params: { pairing, step: '1' }, body: systemRandom(1_500) });
    await assert.rejects(joining.opened, failure('pairing-refused'));
    let movedMs = 0;
    const clock = { now: () => Date.now() + movedMs };
    const late = { ...device(), connection: connect({ server: host.url, transport, clock }) };
    const alone = await joinByDevice(late, joinWish());
    movedMs = 600_001;
    await assert.rejects(alone.opened, failure('pairing-refused'));
  });

  test('that do not meet wait until they are told to stop; a code that nobody shows is refused at once', async () => {
    const stop = new AbortController();
    const joining = await joinByDevice(device(), joinWish(stop.signal));
    stop.abort(new Failure('cancelled'));
    await assert.rejects(joining.opened, failure('cancelled'));
    await assert.rejects(joining.words, failure('cancelled'));
    const ports = device();
    const account = await signUp(ports, { name: null, password: drawPhrase(systemRandom) });
    const ask = (text: string) => introduce(ports, account, text, AbortSignal.timeout(30_000));
    await assert.rejects(ask('ABCD'), { code: 'pairing-refused', facts: { reason: 'no code' } });
    await assert.rejects(ask('ABCD-EFGH'), { code: 'pairing-refused', facts: { reason: 'no such code' } });
    await assert.rejects(ask('https://drive.example/s#1.x'), { code: 'pairing-refused', facts: { reason: 'no invitation' } });
  });
});
