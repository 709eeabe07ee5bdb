// What a tool holds instead of an account: what it may do, what no server and no program lets it do, and how it ends.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { contract, type EndpointId, type Failure, idBytes } from '@reprise/protocol';
import { type Connection, connect, inlinePool } from '@reprise/sdk';
import { AccountChanges, appAccessOf, memoryDeviceStore, type OpenedAccount, openAppCredential, signUp } from '@reprise/sdk/account';
import { type Drive, memoryHeadStore, nameDevice, namePasskey, openDrive, readAccountNames } from '@reprise/sdk/drive';
import { nodeTransport, type NodeTransport } from '@reprise/sdk/node';
import { drawPhrase, formatAppCredential, opaqueClient, parseAppCredential } from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import { contentOf, memoryFile } from '../drive/content.ts';
import { type Host, startHost } from '../support/server.ts';

let host: Host;
let transport: NodeTransport;
let connection: Connection;
let account: OpenedAccount;
let changes: AccountChanges;
let drive: Drive;
before(async () => {
  host = await startHost();
  transport = nodeTransport();
  connection = connect({ server: host.url, transport });
  const ports = { connection, engine: nodeEngine, store: memoryDeviceStore(), heads: memoryHeadStore(), opaque: opaqueClient };
  account = await signUp(ports, { name: null, password: drawPhrase(systemRandom) });
  changes = new AccountChanges(ports, account);
  drive = await openDrive(account.session, { engine: nodeEngine, heads: ports.heads });
  await (await drive.put('/docs', [memoryFile('a.txt', 'one'), memoryFile('b.txt', 'two')])).finished;
});
after(async () => {
  transport?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

async function openTool(text: string) {
  const { session, access } = await openAppCredential(text, { transport });
  const opened = await openDrive(session, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });
  return { session, access, drive: opened, device: { ...session.author.device, deviceId: idBytes(session.deviceId) } };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (failure: Failure) => failure.code ?? String(failure),
  );

/** Bodies that fit the contract: what is refused is refused for who asks. */
const text = (bytes: number) => Buffer.from(systemRandom(bytes)).toString('base64url');
const slot = () => ({ slot: Buffer.from(systemRandom(16)).toString('hex'), version: 1, sealed: text(340) });

describe('a credential that reads', () => {
  test('sees the drive as it is and as it becomes', async () => {
    const { text: credential, device } = await changes.addAppCredential('read');
    assert.match(credential, /^rp1_app_[\w-]{300,400}$/);
    const tool = await openTool(credential);
    assert.deepEqual([tool.access, tool.session.deviceId, tool.session.userId], ['read', device, account.session.userId]);
    assert.deepEqual(await contentOf(tool.drive), { '/docs/': null, '/docs/a.txt': 'one', '/docs/b.txt': 'two' });
    await drive.makeFolder('/later');
    await tool.drive.refresh();
    assert.ok('/later/' in (await contentOf(tool.drive)));
    assert.equal((await tool.drive.versions('/docs/a.txt')).length, 1);
    await drive.remove(['/later']);
  });

  test('changes nothing, whatever it asks for', async () => {
    const tool = await openTool((await changes.addAppCredential('read')).text);
    const before_ = await contentOf(tool.drive);
    const acts: Readonly<Record<string, () => Promise<unknown>>> = {
      'make a folder': () => tool.drive.makeFolder('/x'),
      'put a file': async () => (await tool.drive.put('/docs', [memoryFile('c.txt', 'x')])).finished,
      move: () => tool.drive.move('/docs/a.txt', '/a.txt'),
      remove: () => tool.drive.remove(['/docs']),
      link: () => tool.drive.links.create('/docs'),
    };
    for (const [name, act] of Object.entries(acts)) assert.equal(await codeOf(act()), 'role-refused', name);
    await drive.refresh();
    assert.deepEqual(await contentOf(drive), before_);
  });
});

describe('a credential that writes', () => {
  test('adds, changes and removes, and what it removes comes back', async () => {
    const tool = await openTool((await changes.addAppCredential('write')).text);
    await (await tool.drive.put('/backup', [memoryFile('c.txt', 'three')])).finished;
    await tool.drive.remove(['/docs']);
    await drive.refresh();
    assert.deepEqual(await contentOf(drive), { '/backup/': null, '/backup/c.txt': 'three' });
    const [deletion] = await Array.fromAsync(drive.trash());
    await drive.restore([deletion?.id ?? '']);
    assert.ok('/docs/a.txt' in (await contentOf(drive)));
    const { id } = await tool.drive.links.create('/backup');
    await tool.drive.links.revoke([id]);
  });

  test('lets no history go early', async () => {
    const tool = await openTool((await changes.addAppCredential('write')).text);
    assert.equal(await codeOf(tool.drive.emptyTrash()), 'done');
    await (await tool.drive.put('/gone', [memoryFile('d.txt', 'four')])).finished;
    await tool.drive.emptyTrash(await tool.drive.remove(['/gone']));
    assert.match(await codeOf(tool.drive.sweep()), /^(role-refused|log-refused)$/);
  });
});

test('no credential has anything to do with the account beyond its name', async () => {
  for (const access of ['read', 'write'] as const) {
    const { device, session } = await openTool((await changes.addAppCredential(access)).text);
    const space = { space: session.homeSpace };
    const asked: Partial<Record<EndpointId, object>> = {
      'account.slots': {},
      'account.rename': { body: { name: null } },
      'account.putSlot': { body: { type: 'recovery', ...slot(), finder: text(16), tokenHash: text(32) } },
      'account.renewSlot': { params: { slot: slot().slot }, body: { version: 2, sealed: text(340) } },
      'account.deleteSlot': { params: { slot: slot().slot } },
      'account.password': { body: { record: text(192), password: slot(), slots: [] } },
      'account.ticket': {},
      'account.delete': { body: { proof: { by: 'door', finder: text(16), token: text(32) } } },
      'account.keep': {},
      'spaces.delete': { params: space },
      ...(access === 'read' && {
        'spaces.puts': { params: space, body: { batches: [{ bytes: 2_000, class: 'hot' }], objects: [] } },
        'spaces.have': { params: space, body: systemRandom(32) },
      }),
    };
    for (const [id, call] of Object.entries(asked)) {
      assert.ok(Object.hasOwn(contract, id));
      const refused = await codeOf(connection.call(id as 'account.ticket', { params: {}, device, ...(call as object) }));
      assert.equal(refused, 'role-refused', `${access}: ${id}`);
    }
    assert.equal((await connection.call('account.get', { params: {}, device })).userId, session.userId);
  }
});

test('credentials and passkeys are listed with the names they were given, and a credential ends when its device is revoked', async () => {
  const made = await changes.addAppCredential('write');
  await nameDevice(drive, made.device, 'nightly backup');
  const tool = await openTool(made.text);
  const listed = (await changes.devices()).find(({ device }) => device === made.device);
  assert.deepEqual([appAccessOf(listed?.caps ?? 15), listed?.isRevoked], ['write', false]);
  assert.equal((await readAccountNames(tool.drive)).get(made.device), 'nightly backup');
  await nameDevice(drive, made.device, null);
  assert.equal((await readAccountNames(drive)).get(made.device), undefined);
  const seq = drive.seq;
  await nameDevice(drive, made.device, null);
  assert.equal(drive.seq, seq, 'a name that stands is not written again');
  const passkey = await changes.addPasskey({ prf: systemRandom(32), credentialId: systemRandom(16) });
  for (const name of ['blue key', 'red key']) await namePasskey(drive, passkey, name);
  assert.deepEqual([...(await readAccountNames(drive))], [[passkey, 'red key']]);
  await changes.revokeDevice(made.device);
  assert.equal(await codeOf(tool.drive.makeFolder('/x')), 'device-revoked');
  assert.equal(await codeOf(openTool(made.text)), 'device-revoked');
});

test('a text that was changed is no credential, and one of another epoch opens nothing', async () => {
  const { text: credential } = await changes.addAppCredential('read');
  for (const [changed, reason] of [
    ['', 'prefix'],
    [credential.slice(8), 'prefix'],
    [credential.slice(0, -2), 'form'],
    [`${credential}AAAA`, 'form'],
  ] as const)
    await assert.rejects(openAppCredential(changed, { transport }), { code: 'bad-credential', facts: { reason } });
  assert.deepEqual((await openAppCredential(` ${credential}\n`, { transport })).access, 'read');
  const parsed = await parseAppCredential(credential);
  // More rights than the identity signed are not there for the asking.
  const raised = formatAppCredential({ ...parsed, access: 'write' });
  await assert.rejects(openAppCredential(raised, { transport }), { code: 'bad-credential', facts: { reason: 'certificate' } });
  const later = formatAppCredential({ ...parsed, epoch: { ...parsed.epoch, number: 2 } });
  const tool = await openTool(later);
  assert.equal(await codeOf(Array.fromAsync(tool.drive.list('/'))), 'bad-credential');
  const another = formatAppCredential({ ...parsed, epoch: { ...parsed.epoch, key: systemRandom(32) } });
  assert.match(await codeOf(openTool(another).then(({ drive: opened }) => Array.fromAsync(opened.list('/')))), /^reject$/);
});
