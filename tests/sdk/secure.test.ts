// "Secure my account" against a real server: what a thief has of the former keys is worth nothing afterwards, and stopping it at any point loses nothing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeUtf8, formatHex, systemRandom } from '@reprise/kit';
import { Failure, splitEnvelopes } from '@reprise/protocol';
import { advanceLog, decodeEnvelope, type LogState, startLog } from '@reprise/protocol/formats';
import { connect, type Transport } from '@reprise/sdk';
import {
  AccountChanges,
  type AccountPorts,
  type DeviceStore,
  memoryDeviceStore,
  openAppCredential,
  type OpenedAccount,
  planSecuring,
  readRecord,
  recover,
  type SecurePlan,
  secureAccount,
  signIn,
  signInWithPasskey,
  signUp,
  unlock,
} from '@reprise/sdk/account';
import { type Drive, type HeadStore, hiddenName, memoryHeadStore, nameDevice, openDrive } from '@reprise/sdk/drive';
import { nodeTransport } from '@reprise/sdk/node';
import { type Entry, type Extent, homeEpochKey, openRoot } from '@reprise/vault';
import { decodeKeyring, opaqueClient, openKeyring } from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import { contentOf, memoryFile } from '../drive/content.ts';
import { type Host, startHost } from '../support/server.ts';

let host: Host;
const transport = nodeTransport();

before(async () => {
  host = await startHost({ env: { REPRISE_RATE_ACCOUNTS: 'off', REPRISE_RATE_LOGINS: 'off' } });
});
after(async () => {
  transport[Symbol.dispose]();
  await host[Symbol.asyncDispose]();
});

type DevicePorts = AccountPorts & { readonly heads: HeadStore };

function device(store: DeviceStore = memoryDeviceStore(), heads: HeadStore = memoryHeadStore(), send: Transport = transport): DevicePorts {
  return {
    connection: connect({ server: host.url, transport: send, attemptsMax: 3 }),
    engine: nodeEngine,
    store,
    heads,
    opaque: opaqueClient,
  };
}

const failure = (code: string) => (error: unknown) => error instanceof Failure && error.code === code;
const driveOf = ({ heads }: DevicePorts, { session }: OpenedAccount): Promise<Drive> => openDrive(session, { engine: nodeEngine, heads });

async function write(drive: Drive, name: string, text: string): Promise<void> {
  const upload = await drive.put('/', [memoryFile(name, text)], { onTaken: 'version' });
  await upload.finished;
}

const password = 'the first password';
const nextPassword = 'another password';
const passkey = { prf: systemRandom(32), credentialId: systemRandom(20) };
const former = { 'a.txt': 'before', 'b.txt': 'as it was' };

type Owner = { readonly ports: DevicePorts; readonly account: OpenedAccount; readonly code: string; readonly kit: string };

/** An account with files, a version, a kit. */
async function openOwner(store?: DeviceStore, heads?: HeadStore): Promise<Owner> {
  const ports = device(store, heads);
  const account = await signUp(ports, { name: null, password });
  const changes = new AccountChanges(ports, account);
  const drive = await driveOf(ports, account);
  await write(drive, 'a.txt', 'the first version');
  for (const [name, text] of Object.entries(former)) await write(drive, name, text);
  return { ports, account, code: changes.code, kit: (await changes.makeKit()).join(' ') };
}

const secure = async (ports: DevicePorts, account: OpenedAccount): Promise<{ plan: SecurePlan; secured: OpenedAccount }> => {
  const plan = await planSecuring(ports, account);
  return { plan, secured: await secureAccount(ports, account, plan, { password: nextPassword }) };
};

const contentAs = async (ports: DevicePorts, account: OpenedAccount) => contentOf(await driveOf(ports, account));
const shown = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`/${name}`, text]));

/** The file itself, as everybody reads it who has the key of the epoch; null where there is none. */
async function ringFile(drive: Drive): Promise<Uint8Array | null> {
  const file = await (await drive.parts.space.view()).entryAt([hiddenName, 'keyring']);
  if (!file) return null;
  const bytes = new Uint8Array(file.size);
  for await (const piece of drive.reader.readFile(file)) bytes.set(piece.bytes, piece.offset);
  return bytes;
}

/** What the account's keys open of it: numbers of former seeds. */
async function seedsOf(ports: DevicePorts, account: OpenedAccount): Promise<readonly number[]> {
  const bytes = await ringFile(await driveOf(ports, account));
  if (!bytes) return [];
  const ring = await openKeyring({ engine: nodeEngine, space: account.record.homeSpace }, account.keys, bytes);
  return [...ring.kemSeeds.keys()];
}

/** The drive as somebody reads or writes it who has a tool's credential of the account. */
async function toolOf(ports: DevicePorts, account: OpenedAccount, access: 'read' | 'write'): Promise<Drive> {
  const { text } = await new AccountChanges(ports, account).addAppCredential(access);
  const { session } = await openAppCredential(text, { transport });
  return openDrive(session, { engine: nodeEngine, heads: memoryHeadStore() });
}

/** Puts a file in place of whatever stands at a path, though no path of a person leads there. @param change of the file's entry */
async function spoil(drive: Drive, path: readonly string[], change: (entry: Entry) => Partial<Entry> = () => ({})): Promise<void> {
  await (await drive.put('/', [memoryFile('rubbish', 'no keyring')], { onTaken: 'version' })).finished;
  const folder = path.slice(0, -1);
  await drive.commit(async (view) => {
    const [parent, rubbish] = [(await view.entryAt(folder)) ?? assert.fail('no such folder'), await view.entryAt(['rubbish'])];
    const name = path.at(-1) as string;
    assert.ok(rubbish);
    return {
      edits: [{ kind: 'put', parent: parent.fid, entry: { ...rubbish, ...change(rubbish), fid: systemRandom(16), name } }],
      places: new Map([[formatHex(parent.fid), folder]]),
      adds: [],
    };
  });
}

/** Every state of the home log, as a device of the account reads it. */
async function statesOf(ports: DevicePorts, { session }: OpenedAccount): Promise<LogState[]> {
  const call = { params: { space: session.homeSpace }, device: session.author.device as never };
  const envelopes = splitEnvelopes(await ports.connection.call('spaces.log', { ...call, body: { from: 0 } }));
  const states: LogState[] = [];
  for (const bytes of envelopes) {
    const last = states.at(-1);
    states.push(last ? (await advanceLog(last, decodeEnvelope(bytes))).state : await startLog(decodeEnvelope(bytes)));
  }
  return states;
}

describe('securing an account', { concurrency: false }, () => {
  test('shuts out everybody who has the former password, kit, passkey, keys or devices, and keeps all files with their past', async () => {
    const { ports, account, code, kit } = await openOwner();
    await new AccountChanges(ports, account).addPasskey(passkey);
    const thiefPorts = device();
    const thief = await signIn(thiefPorts, { identifier: code, password });
    const thiefDrive = await driveOf(thiefPorts, thief);
    assert.deepEqual(await contentOf(thiefDrive), shown(former));

    const { plan, secured } = await secure(ports, account);
    assert.notEqual(plan.code, code);
    await assert.rejects(signIn(device(), { identifier: code, password }), failure('login-refused'));
    await assert.rejects(signIn(device(), { identifier: plan.code, password }), failure('login-refused'));
    await assert.rejects(signIn(device(), { identifier: code, password: nextPassword }), failure('login-refused'));
    await assert.rejects(recover(device(), kit), failure('login-refused'));
    await assert.rejects(signInWithPasskey(device(), passkey), failure('login-refused'));
    await assert.rejects(thiefDrive.refresh(), failure('device-revoked'));
    await assert.rejects(write(thiefDrive, 'planted.txt', 'planted'), failure('device-revoked'));

    const drive = await driveOf(ports, secured);
    await write(drive, 'a.txt', 'after');
    const now = { ...former, 'a.txt': 'after' };
    // A server that shows the thief everything shows him nothing new: every tree since then is sealed under keys that his do not lead to.
    const states = await statesOf(ports, secured);
    const stolen = await Promise.all([1, 2, 3].map((epoch) => homeEpochKey(nodeEngine, account.keys.amk, epoch)));
    const rekeyed = states.findIndex(({ epoch }) => epoch === 2);
    assert.ok(rekeyed > 0 && states.at(-1)!.seq > rekeyed);
    for (const state of states.slice(rekeyed)) {
      assert.ok(state.root);
      for (const key of stolen) await assert.rejects(openRoot(nodeEngine, key, state.space, state.root), failure('reject'));
    }
    const before = states[rekeyed - 1]!;
    await openRoot(nodeEngine, stolen[0]!, before.space, before.root!);

    const ways = [
      (at: DevicePorts) => signIn(at, { identifier: plan.code, password: nextPassword }),
      (at: DevicePorts) => recover(at, plan.kit.join(' ')),
    ];
    for (const enter of ways) {
      const at = device();
      const again = await driveOf(at, await enter(at));
      assert.deepEqual(await contentOf(again), shown(now));
      const versions = await again.versions('/a.txt');
      const texts = [];
      for (const version of versions) texts.push(decodeUtf8(await again.readWhole(again.versionEntry('/a.txt', version))));
      assert.deepEqual(texts, ['after', 'before', 'the first version'], 'those under the former keys too');
    }
    assert.equal((await unlock(ports)).record.next, null);
    assert.deepEqual(await contentAs(ports, await unlock(ports)), shown(now));
  });

  test('keeps the former seed for the account alone: a tool has the file and not the seed', async () => {
    const { ports, account } = await openOwner();
    const { secured } = await secure(ports, account);
    assert.deepEqual(await seedsOf(ports, secured), [account.keys.kem.number]);
    const seen = await ringFile(await toolOf(ports, secured, 'read'));
    assert.ok(seen && !Buffer.from(seen).includes(account.keys.kem.seed));
    assert.throws(() => decodeKeyring(seen), failure('bad-object'));
  });

  test('is stopped by nothing that a stolen credential has written over what the account keeps', async () => {
    const { ports, account } = await openOwner();
    await nameDevice(await driveOf(ports, account), account.session.deviceId, 'Laptop');
    await spoil(await toolOf(ports, account, 'write'), [hiddenName, 'keyring']);
    const { secured } = await secure(ports, account);
    assert.deepEqual(await seedsOf(ports, secured), [account.keys.kem.number], 'the ring begins anew');
    await spoil(await toolOf(ports, secured, 'write'), [hiddenName]);
    const again = await secure(ports, secured);
    assert.deepEqual(await contentAs(ports, again.secured), shown({ ...former, rubbish: 'no keyring' }));
  });

  test('is stopped by no keyring that does not open: gone from the server, under another key, or a folder', async () => {
    const changed =
      (change: (extent: Extent) => Partial<Extent>) =>
      (entry: Entry): Partial<Entry> => {
        assert.ok(entry.content.kind === 'file');
        return { content: { kind: 'file', extents: entry.content.extents.map((extent) => ({ ...extent, ...change(extent) })) } };
      };
    const ways: readonly ((entry: Entry) => Partial<Entry>)[] = [
      changed(() => ({ id: systemRandom(32) })),
      changed(() => ({ key: systemRandom(32) })),
      () => ({
        digest: null,
        executable: false,
        content: { kind: 'directory', ref: { id: systemRandom(32), key: systemRandom(32), length: 4_096 } },
      }),
    ];
    const { ports, account: first } = await openOwner();
    await nameDevice(await driveOf(ports, first), first.session.deviceId, 'Laptop');
    let account = first;
    for (const way of ways) {
      await spoil(await toolOf(ports, account, 'write'), [hiddenName, 'keyring'], way);
      const { secured } = await secure(ports, account);
      assert.deepEqual(await seedsOf(ports, secured), [account.keys.kem.number], 'the ring begins anew');
      account = secured;
    }
  });

  test('goes on against somebody who signs in with the former password in the middle of it', async () => {
    const { ports, account, code } = await openOwner();
    const thieves: { readonly ports: DevicePorts; readonly account: OpenedAccount }[] = [];
    const racing: Transport = async (request) => {
      if (request.method === 'PUT' && request.url.endsWith('/api/v1/account/keys') && thieves.length < 2) {
        const at = device();
        thieves.push({ ports: at, account: await signIn(at, { identifier: code, password }) });
      }
      return transport(request);
    };
    const raced = { ...ports, connection: device(undefined, undefined, racing).connection };
    const { plan, secured } = await secure(raced, account);
    assert.equal(thieves.length, 2);
    for (const thief of thieves) await assert.rejects(new AccountChanges(thief.ports, thief.account).get(), failure('device-revoked'));
    const devices = await new AccountChanges(ports, secured).devices();
    assert.deepEqual(
      devices.filter(({ isRevoked }) => !isRevoked).map(({ isThis }) => isThis),
      [true],
    );
    await signIn(device(), { identifier: plan.code, password: nextPassword });
  });

  test('stopped before or after any of its steps opens by the former ways or by the new ones, and going on finishes it', async () => {
    // Whatever changes something, a request that writes or what the device keeps, is done, and the device never hears of it.
    for (let stop = 0; ; stop++) {
      const kept = memoryDeviceStore();
      const heads = memoryHeadStore();
      const { account, code, kit } = await openOwner(kept, heads);
      await signIn(device(), { identifier: code, password });
      let step = 0;
      let isDead = false;
      const live = () => {
        if (isDead) throw new Failure('cancelled');
      };
      const cut = async <Result>(work: () => Promise<Result>): Promise<Result> => {
        live();
        const result = await work();
        isDead ||= step++ === stop;
        live();
        return result;
      };
      const cutting: Transport = async (request) => {
        live();
        const changesNothing = request.method === 'GET' || request.url.endsWith('/log/read');
        return changesNothing ? transport(request) : cut(() => transport(request));
      };
      const store: DeviceStore = { ...kept, save: (record) => cut(async () => kept.save(record)) };
      const stopped = device(store, heads, cutting);
      const plan = await planSecuring(stopped, account);
      const wish = { password: nextPassword };
      const error = await secureAccount(stopped, account, plan, wish).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      assert.ok(error === null || failure('cancelled')(error), String(error));
      if (step <= stop) {
        assert.ok(step >= 6, `${step} steps`);
        break;
      }
      const ports = device(kept, heads);
      const resumed = await unlock(ports);
      assert.deepEqual(await contentAs(ports, resumed), shown(former), `stopped at ${stop}: the device opens`);
      const seeds = await seedsOf(ports, resumed);
      assert.deepEqual(seeds, seeds.length === 0 ? [] : [account.keys.kem.number], `stopped at ${stop}: the keyring opens`);
      const opens = async (enter: (at: DevicePorts) => Promise<OpenedAccount>): Promise<boolean> => {
        const at = device();
        try {
          assert.deepEqual(await contentAs(at, await enter(at)), shown(former), `stopped at ${stop}`);
          return true;
        } catch (error) {
          assert.ok(failure('login-refused')(error), `stopped at ${stop}: ${String(error)}`);
          return false;
        }
      };
      const [old, anew] = [
        await opens((at) => signIn(at, { identifier: code, password })),
        await opens((at) => signIn(at, { identifier: plan.code, password: nextPassword })),
      ];
      assert.notEqual(old, anew, `stopped at ${stop}: one of the passwords opens`);
      assert.equal(await opens((at) => recover(at, kit)), old, `stopped at ${stop}: the kit of that password too`);
      assert.equal(await opens((at) => recover(at, plan.kit.join(' '))), anew, `stopped at ${stop}: the kit of that password too`);

      const { plan: last, secured } = await secure(ports, resumed);
      assert.ok((await seedsOf(ports, secured)).includes(account.keys.kem.number), `stopped at ${stop}: the former seed is kept`);
      assert.equal(await opens((at) => signIn(at, { identifier: last.code, password: nextPassword })), true);
      assert.equal(await opens((at) => signIn(at, { identifier: code, password })), false);
      assert.equal(await opens((at) => recover(at, kit)), false);
    }
  });

  test('a device that was shut out comes back with the new password, and keeps what it had sealed for itself', async () => {
    const { ports, account, code } = await openOwner();
    const store = memoryDeviceStore();
    const heads = memoryHeadStore();
    const tablet = await signIn(device(store, heads), { identifier: code, password });
    await driveOf(device(store, heads), tablet);
    const sealing = await store.sealingKey();
    await assert.rejects(signIn(device(store, heads), { identifier: code, password }), failure('already-exists'));
    const { plan } = await secure(ports, account);
    await assert.rejects(signIn(device(store, heads), { identifier: plan.code, password }), failure('login-refused'));
    assert.equal((await readRecord({ store }))?.locator, account.record.locator, 'who is not let in loses nothing');
    const back = await signIn(device(store, heads), { identifier: plan.code, password: nextPassword });
    assert.notEqual(back.session.deviceId, tablet.session.deviceId);
    assert.deepEqual(await store.sealingKey(), sealing);
    assert.deepEqual(await contentAs(device(store, heads), back), shown(former));
  });
});
