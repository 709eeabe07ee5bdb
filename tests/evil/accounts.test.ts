// A server that lies about accounts: changed, foreign and older slots, other accounts, keys of its own. What the client sends must not depend
// on where the lie is, and nothing that opens an account may ever leave it. spec/accounts.md "Slots"; Backendal, Haller, Paterson 2022.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type Bytes,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  formatBase64url,
  formatHex,
  parseBase64url,
  parseHex,
  systemRandom,
} from '@reprise/kit';
import { Failure, joinEnvelopes, splitEnvelopes } from '@reprise/protocol';
import { connect, type HttpResponse, type Transport } from '@reprise/sdk';
import {
  AccountChanges,
  type AccountPorts,
  memoryDeviceStore,
  type OpenedAccount,
  planSecuring,
  recover,
  renewCheckpoint,
  secureAccount,
  signIn,
  signInWithPasskey,
  signUp,
} from '@reprise/sdk/account';
import { memoryHeadStore, openDrive } from '@reprise/sdk/drive';
import { type NodeTransport, nodeTransport } from '@reprise/sdk/node';
import { homeEpochKey } from '@reprise/vault';
import {
  type AccountKeys,
  drawPhrase,
  opaqueClient,
  openSlot,
  parseKit,
  passkeyDoor,
  passkeyKek,
  recoveryKek,
} from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import { findCanary } from '../support/canary.ts';
import { type Host, startHost } from '../support/server.ts';

let host: Host;
let network: NodeTransport;
before(async () => {
  host = await startHost({ env: { REPRISE_RATE_ACCOUNTS: 'off' } });
  network = nodeTransport();
});
after(async () => {
  network?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

/** @param attemptsMax more than one where passwords are stretched between requests: the server closes a connection that is idle for long */
function device(transport: Transport, attemptsMax = 1): AccountPorts {
  const connection = connect({ server: host.url, transport, attemptsMax });
  return { connection, engine: nodeEngine, store: memoryDeviceStore(), heads: memoryHeadStore(), opaque: opaqueClient };
}

type Sent = { readonly shape: string; readonly bytes: Uint8Array };

/** Keeps what was sent, as its shape and as its bytes. */
function watching(sent: Sent[], inner: Transport): Transport {
  return (request) => {
    const { body = new Uint8Array(0) } = request;
    const bytes = body instanceof Uint8Array ? body : concatBytes(...body);
    const head = `${request.method} ${request.url} ${JSON.stringify(request.headers ?? {})}\n`;
    sent.push({
      shape: `${request.method} ${new URL(request.url).pathname.replaceAll(/[A-Za-z0-9_-]{22,}/g, '*')} ${bytes.length}`,
      bytes: concatBytes(encodeUtf8(head), bytes),
    });
    return inner(request);
  };
}

type Json = Record<string, unknown>;

/** A server whose answer to one kind of request is changed. */
function lying(path: RegExp, change: (answer: Json) => Json): Transport {
  return async (request) => {
    const response = await network(request);
    if (!path.test(new URL(request.url).pathname)) return response;
    const answer = JSON.parse(decodeUtf8(await response.bytes(1 << 20))) as Json;
    const bytes = encodeUtf8(JSON.stringify(change(answer)));
    return {
      ...response,
      status: response.status,
      header: (name: string) => response.header(name),
      bytes: async () => bytes,
    } as HttpResponse;
  };
}

/** A server that needs no account to answer. */
function replaying(answer: Json): Transport {
  const bytes = encodeUtf8(JSON.stringify(answer));
  return async () => ({ status: 200, header: () => null, bytes: async () => bytes }) as unknown as HttpResponse;
}

/** What an honest server says to a kit. */
function recordDoor(kit: string): Promise<Json> {
  return recordAnswer(doors, (at) => recover(at, kit));
}

/** What the honest server answers to this kind of request when somebody comes in. */
async function recordAnswer(path: RegExp, way: (at: AccountPorts) => Promise<unknown>): Promise<Json> {
  let recorded: Json = {};
  const keep = (answer: Json): Json => {
    recorded = answer;
    return answer;
  };
  await way(device(lying(path, keep)));
  return recorded;
}

const doors = /^\/api\/v1\/doors$/;
const slotOf = (answer: Json) => answer['slot'] as { readonly slot: string; readonly version: number; readonly sealed: string };

async function withKit(): Promise<{ readonly account: OpenedAccount; readonly ports: AccountPorts; readonly kit: string }> {
  const ports = device(network);
  const account = await signUp(ports, { name: null, password: drawPhrase(systemRandom) });
  return { account, ports, kit: (await new AccountChanges(ports, account).makeKit()).join(' ') };
}

/** Tries a kit against a server that lies; answers with what was sent. */
async function refusedShapes(kit: string, change: (answer: Json) => Json, recorded?: Json): Promise<string> {
  const sent: Sent[] = [];
  const ports = device(watching(sent, recorded ? replaying(change(recorded)) : lying(doors, change)));
  await assert.rejects(
    recover(ports, kit),
    (error) => error instanceof Failure && error.code === 'reject' && Object.keys(error.facts).length === 0,
  );
  assert.equal(await ports.store.load(), undefined, 'nothing of it is kept');
  return sent.map(({ shape }) => shape).join('\n');
}

test('a slot with any one byte changed is refused, and what is sent is the same for every byte', async () => {
  const { kit } = await withKit();
  const recorded = await recordDoor(kit);
  const transcripts = new Set<string>();
  for (let at = 0; at < 340; at++) {
    transcripts.add(
      await refusedShapes(
        kit,
        (answer) => {
          const sealed = parseBase64url(slotOf(answer).sealed) as Uint8Array;
          sealed[at] = (sealed[at] as number) ^ (1 << (at & 7));
          return { ...answer, slot: { ...slotOf(answer), sealed: formatBase64url(sealed) } };
        },
        recorded,
      ),
    );
  }
  assert.equal(transcripts.size, 1);
  assert.equal([...transcripts][0]?.split('\n').length, 1, 'the door was asked for, and then nothing');
});

test('a foreign slot, another place and another account are refused alike', async () => {
  const [mine, other] = [await withKit(), await withKit()];
  const foreign = await recordDoor(other.kit);
  const changes: readonly ((answer: Json) => Json)[] = [
    (answer) => ({ ...answer, slot: foreign['slot'] }),
    () => foreign,
    (answer) => ({ ...answer, userId: foreign['userId'] }),
    (answer) => ({ ...answer, homeSpace: foreign['homeSpace'] }),
    (answer) => ({ ...answer, slot: { ...slotOf(answer), version: 2 } }),
    (answer) => ({ ...answer, slot: { ...slotOf(answer), slot: '00'.repeat(16) } }),
  ];
  const transcripts = new Set<string>();
  for (const change of changes) transcripts.add(await refusedShapes(mine.kit, change));
  assert.equal(transcripts.size, 1);
});

/** A server that has gone back: of the log it shows so many entries. */
function rolledBack(entries: number): Transport {
  return async (request) => {
    const response = await network(request);
    if (!request.url.endsWith('/log/read')) return response;
    const { from } = JSON.parse(decodeUtf8(request.body as Uint8Array)) as { readonly from: number };
    const page = joinEnvelopes(splitEnvelopes(await response.bytes(1 << 20)).slice(0, Math.max(0, entries - from)));
    return { ...response, status: 200, header: (name: string) => response.header(name), bytes: async () => page } as HttpResponse;
  };
}

test('a log that ends before the slot’s checkpoint is refused', async () => {
  const { account, ports } = await withKit();
  const changes = new AccountChanges(ports, account);
  await recover(device(network), (await changes.makeKit()).join(' '));
  const later = (await changes.makeKit()).join(' ');
  await assert.rejects(recover(device(rolledBack(1)), later), { code: 'drive-frozen' });
});

test('every sign-in renews the checkpoint of what it came by: a server that goes back behind it is refused by the next', async () => {
  const ports = device(network);
  const password = drawPhrase(systemRandom);
  const account = await signUp(ports, { name: null, password });
  const changes = new AccountChanges(ports, account);
  const kit = (await changes.makeKit()).join(' ');
  const passkey = { prf: systemRandom(32), credentialId: systemRandom(20) };
  await changes.addPasskey(passkey);
  const identifier = account.record.locator;
  const ways: readonly (readonly [string, (at: AccountPorts) => Promise<OpenedAccount>])[] = [
    ['password', (at) => signIn(at, { identifier, password })],
    ['kit', (at) => recover(at, kit)],
    ['passkey', (at) => signInWithPasskey(at, passkey)],
  ];
  // Until now the log holds its genesis alone; each of the first round adds one device.
  for (const [name, way] of ways) {
    const { session } = await way(device(network));
    const known = session.start.seq;
    await assert.rejects(way(device(rolledBack(known))), { code: 'drive-frozen' }, name);
    const again = device(network);
    await way(again);
    assert.notEqual(await again.store.load(), undefined, `${name}: and opens as before`);
  }
});

test('the checkpoint is renewed as the log grows, too: a server that goes back behind that is refused by who signs in next', async () => {
  const ports = device(network, 3);
  const password = drawPhrase(systemRandom);
  const account = await signUp(ports, { name: null, password });
  const { locator: identifier } = account.record;
  const drive = await openDrive(account.session, { engine: nodeEngine, heads: ports.heads });
  for (let n = 0; n < 63; n++) await drive.makeFolder(`/${n}`);
  await renewCheckpoint(ports, account);
  // Not due yet: this server is followed, until what it is sent meets the log as it is.
  await assert.rejects(signIn(device(rolledBack(40), 3), { identifier, password }), { code: 'head-conflict' });
  await drive.makeFolder('/63');
  await renewCheckpoint(ports, account);
  await assert.rejects(signIn(device(rolledBack(40), 3), { identifier, password }), { code: 'drive-frozen' });
  const again = device(network, 3);
  await signIn(again, { identifier, password });
  assert.notEqual(await again.store.load(), undefined, 'and opens as before');
});

test('a server that goes back behind the securing of an account, or hands out a slot of before, lets nobody in', async () => {
  const { account, ports, kit } = await withKit();
  const before = await recordDoor(kit);
  const password = drawPhrase(systemRandom);
  const plan = await planSecuring(ports, account);
  const secured = await secureAccount(ports, account, plan, { password });
  const newKit = plan.kit.join(' ');
  const rekeyed = secured.session.start.seq;
  await assert.rejects(recover(device(rolledBack(rekeyed), 3), newKit), { code: 'drive-frozen' });
  await assert.rejects(recover(device(rolledBack(1), 3), newKit), { code: 'drive-frozen' });
  await refusedShapes(newKit, () => before);
  // Who still has the former kit is let in by this server to what was there before, and to nothing that came after.
  const drive = await openDrive(secured.session, { engine: nodeEngine, heads: ports.heads });
  await drive.makeFolder('/made after');
  const thief = await openSlotOf(kit, before);
  const formerKeys = { ...secured.session, epochKey: (epoch: number) => homeEpochKey(nodeEngine, thief.amk, epoch) };
  const stolen = await openDrive(formerKeys, { engine: nodeEngine, heads: memoryHeadStore() });
  await assert.rejects(Array.fromAsync(stolen.list('/')), { code: 'reject' });
  await assert.rejects(stolen.makeFolder('/planted'), { code: 'reject' });
});

/** What a kit opened before, for whoever kept it. */
async function openSlotOf(kit: string, { userId, slot }: Json): Promise<AccountKeys> {
  const { slot: slotId, version, sealed } = slot as { readonly slot: string; readonly version: number; readonly sealed: string };
  const place = { userId: parseHex(String(userId)) as Bytes, slotId: parseHex(slotId) as Bytes, version };
  const kek = await recoveryKek(nodeEngine, parseKit(kit), place.userId);
  return (await openSlot(nodeEngine, 'recovery', kek, place, parseBase64url(sealed) as Bytes)).keys;
}

const finishes = /^\/api\/v1\/logins\/[^/]+$/;

/** A server that demands a passkey of whoever proved a password, and otherwise does what the host does. */
function demanding(inner: Transport): Transport {
  const bytes = encodeUtf8(JSON.stringify({ error: { code: 'passkey-needed', facts: {} } }));
  return async (request) => {
    const isAlone = finishes.test(new URL(request.url).pathname) && !decodeUtf8(request.body as Uint8Array).includes('passkey');
    return isAlone ? ({ status: 401, header: () => null, bytes: async () => bytes } as unknown as HttpResponse) : inner(request);
  };
}

/** An account that demands a passkey, which works. */
async function withSecondFactor() {
  const ports = device(network);
  const password = drawPhrase(systemRandom);
  const account = await signUp(ports, { name: null, password });
  const changes = new AccountChanges(ports, account);
  const kit = (await changes.makeKit()).join(' ');
  await changes.keepKit(kit);
  const passkey = { prf: systemRandom(32), credentialId: systemRandom(20) };
  await changes.addPasskey(passkey);
  return { account, changes, kit, password, passkey, identifier: account.record.locator };
}

test('a server that keeps quiet about a second factor, or demands one that nobody asked for, gains nothing', async () => {
  const { account, changes, kit, password, passkey, identifier } = await withSecondFactor();
  await changes.demandPasskey(passkey);
  const demanded: Sent[] = [];
  await assert.rejects(signIn(device(watching(demanded, network)), { identifier, password }), { code: 'passkey-needed' });
  await changes.demandPasskey(null);

  // The host demands nothing now, as one that breaks its word: it hears what it heard when it did, and the device is let in.
  const quiet: Sent[] = [];
  await signIn(device(watching(quiet, network)), { identifier, password });
  assert.deepEqual(
    quiet.slice(0, 2).map(({ shape }) => shape),
    demanded.map(({ shape }) => shape),
  );

  // It demands what nobody asked for: nothing is kept, and nothing more is sent until a person brings the passkey.
  const invented: Sent[] = [];
  const ports = device(watching(invented, demanding(network)));
  await assert.rejects(signIn(ports, { identifier, password }), { code: 'passkey-needed' });
  assert.equal(await ports.store.load(), undefined);
  assert.deepEqual(
    invented.map(({ shape }) => shape),
    demanded.map(({ shape }) => shape),
  );
  await signIn(ports, { identifier, password, passkey });

  // A token was shown whose hash it had; neither that nor the rest opens the slots that lie there.
  const { token } = await passkeyDoor(nodeEngine, passkey);
  const heard = invented.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join('');
  assert.ok(heard.includes(formatBase64url(token)));
  const { slot } = await recordAnswer(doors, (at) => signInWithPasskey(at, passkey));
  const { slot: id, version, sealed } = slot as { slot: string; version: number; sealed: string };
  const place = { userId: account.record.userId, slotId: parseHex(id) as Bytes, version };
  await assert.rejects(openSlot(nodeEngine, 'passkey', token, place, parseBase64url(sealed) as Bytes), { code: 'reject' });
  const secrets = [password, kit, passkey.prf, await passkeyKek(nodeEngine, passkey), account.keys.amk, account.keys.identitySeed];
  for (const secret of secrets)
    for (const text of typeof secret === 'string' ? [secret] : [formatBase64url(secret), formatHex(secret)])
      assert.ok(!heard.includes(text));
});

test('a password with its passkey takes no other slot than its own, and a passkey none but its own, told alike', async () => {
  const { changes, kit, password, passkey, identifier } = await withSecondFactor();
  await changes.demandPasskey(passkey);
  const other = await withSecondFactor();
  const byPassword = (at: AccountPorts) => signIn(at, { identifier, password, passkey });
  const byPasskey = (at: AccountPorts) => signInWithPasskey(at, passkey);
  const honest = {
    password: await recordAnswer(finishes, byPassword),
    passkey: await recordAnswer(doors, byPasskey),
    kit: await recordAnswer(doors, (at) => recover(at, kit)),
    foreign: await recordAnswer(doors, (at) => signInWithPasskey(at, other.passkey)),
  };
  const ways = [
    { at: finishes, way: byPassword, others: [honest.passkey, honest.kit, honest.foreign] },
    { at: doors, way: byPasskey, others: [honest.password, honest.kit, honest.foreign] },
  ];
  for (const { at, way, others } of ways) {
    const transcripts = new Set<string>();
    for (const answer of others) {
      const sent: Sent[] = [];
      const ports = device(
        watching(
          sent,
          lying(at, (own) => ({ ...own, slot: answer['slot'] })),
        ),
      );
      await assert.rejects(way(ports), { code: 'reject', facts: {} });
      assert.equal(await ports.store.load(), undefined);
      transcripts.add(sent.map(({ shape }) => shape).join('\n'));
    }
    assert.equal(transcripts.size, 1);
    await way(device(network));
  }
});

test('nothing that opens an account leaves the device, in no form', async () => {
  const sent: Sent[] = [];
  const transport = watching(sent, network);
  const ports = device(transport);
  const [password, next] = ['correct horse battery', 'another staple entirely'];
  const account = await signUp(ports, { name: 'canary', password });
  const changes = new AccountChanges(ports, account);
  const kit = await changes.makeKit();
  await changes.keepKit(kit.join(' '));
  const passkey = { prf: systemRandom(32), credentialId: systemRandom(20) };
  await changes.addPasskey(passkey);
  await signInWithPasskey(device(transport), passkey);
  await recover(device(transport), kit.join(' '));
  await changes.changePassword(password, next);
  await signIn(device(transport), { identifier: changes.code, password: next });
  // Changed a moment ago, it does not count for that; it was sent all the same.
  await assert.rejects(changes.deleteAccount({ by: 'password', password: next, passkey }), { code: 'proof-too-new' });
  await assert.rejects(changes.deleteAccount({ by: 'kit', words: kit.join(' ') }), { code: 'proof-too-new' });
  const folder = mkdtempSync(join(tmpdir(), 'reprise-canary-'));
  try {
    const captured = join(folder, 'sent');
    writeFileSync(captured, concatBytes(...sent.map(({ bytes }) => bytes)));
    const { keys } = account;
    const secrets: Readonly<Record<string, string | Uint8Array>> = {
      password,
      next,
      'master key': keys.amk,
      'identity seed': keys.identitySeed,
      'wrapping seed': keys.kem.seed,
      'code secret': keys.codeSecret,
      'printed code': changes.code.slice(10),
      'letters of the code': changes.code.slice(10).replaceAll('-', '').toLowerCase(),
      'kit entropy': parseKit(kit.join(' ')),
      'kit words': kit.slice(0, 4).join(' '),
      prf: passkey.prf,
      'epoch key': await account.session.epochKey(1),
    };
    for (const [name, secret] of Object.entries(secrets))
      assert.deepEqual(await findCanary(secret, [captured, host.dataFolder, host.logFile]), [], name);
    assert.notDeepEqual(await findCanary(account.record.identityKey, [host.dataFolder]), [], 'what a server may see is found');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
