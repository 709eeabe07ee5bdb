// Accounts over real HTTP, with the client's half of OPAQUE; src/routes.test.ts runs it on every engine.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatBase64url, formatHex, systemRandom } from '@reprise/kit';
import { contract, type DeviceId, type UserId } from '@reprise/protocol';
import {
  encodeEnvelope,
  type Envelope,
  epochCommitment,
  kemRecordHash,
  type LogState,
  loginLifeMs,
  pairingLifeMs,
  pairingMessageBytesMax,
  roles,
  signKemRecord,
  signRequestProof,
  sha256,
  slotBytes,
  startLog,
  ticketLifeMs,
  writeEntry,
} from '@reprise/protocol/formats';
import { client } from '@serenity-kit/opaque';
import {
  AccountOwner,
  beginLogin,
  bytesOfText,
  drawDevice,
  drawDoor,
  drawLocator,
  drawSlot,
  login,
  openDoor,
  ticketStatus,
  withoutToken,
} from '../testing/account.ts';
import { Owner, send } from '../testing/owner.ts';
import type { TestEngine } from '../testing/service.ts';
import { issueTicket, type TicketGround } from './tickets.ts';

const text = (bytes: number) => formatBase64url(systemRandom(bytes));

/** What begins the next epoch of the account's home. */
async function homeRekey(owner: AccountOwner, state: LogState): Promise<Envelope> {
  const { identity } = owner;
  const kemRecord = await signKemRecord(identity, { kemPublic: systemRandom(1_216), number: 2 });
  const draft = {
    type: 'rekey',
    epochCommitment: await epochCommitment(state.space, systemRandom(32), state.epoch + 1),
    changes: [{ identityKey: identity.publicKey, role: roles.owner, kemHash: await kemRecordHash(kemRecord) }],
    wraps: null,
    root: null,
    history: systemRandom(148),
    kemRecords: [kemRecord],
  } as const;
  return writeEntry(state, owner.device, draft, owner.service.clock.now());
}

export function describeAccounts(engine: TestEngine): void {
  describe(`accounts on ${engine.name}`, { concurrency: false }, () => {
    describeOpening(engine);
    describeLogins(engine);
    describeWays(engine);
    describeEnds(engine);
    describePairings(engine);
  });
}

function describeOpening({ start }: TestEngine): void {
  test('an account opens once, and the same request again changes nothing', async () => {
    await using service = await start();
    const owner = await AccountOwner.draw(service, { name: 'márta.k' });
    const body = await owner.body();
    const first = await owner.create(body);
    assert.equal(first.status, 201);
    assert.deepEqual(first.json, { userId: owner.userId, homeSpace: owner.homeSpace });
    assert.deepEqual((await owner.create(body)).json, first.json);
    const { json } = await owner.call(contract['account.get'], {});
    assert.deepEqual(json, {
      userId: owner.userId,
      homeSpace: owner.homeSpace,
      locator: owner.locator,
      name: 'márta.k',
      plan: 'default',
      createdAt: json.createdAt,
      endsAt: null,
    });
    const devices = await owner.call(contract['account.devices'], {});
    assert.deepEqual(
      devices.json.devices.map(({ device, caps, revokedAt }) => ({ device, caps, revokedAt })),
      [{ device: formatHex(owner.device.deviceId), caps: 15, revokedAt: null }],
    );
    assert.deepEqual(service.faults, []);
  });

  test('of two sign-ups at once with one name exactly one wins, whatever their number', async () => {
    await using service = await start();
    for (let round = 0; round < 4; round++) {
      const name = `name${round}`;
      const owners = await Promise.all(Array.from({ length: 5 }, () => AccountOwner.draw(service, { name })));
      const bodies = await Promise.all(owners.map((owner) => owner.body()));
      const answers = await Promise.all(owners.map((owner, i) => owner.create(bodies[i] ?? {})));
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409, 409, 409, 409]);
      for (const answer of answers.filter(({ status }) => status === 409)) {
        assert.equal(answer.error?.code, 'name-taken');
        assert.deepEqual(answer.error?.facts, { name });
      }
      const winner = owners[answers.findIndex(({ status }) => status === 201)];
      assert.equal((await login(service, name, 'a password')).json.userId, winner?.userId);
    }
    assert.deepEqual(service.faults, []);
  });

  test('a name cannot be another account’s locator, nor a locator another’s name', async () => {
    await using service = await start();
    const locator = drawLocator();
    await AccountOwner.open(service, { locator });
    const named = await AccountOwner.draw(service, { name: locator });
    assert.equal((await named.create(await named.body())).error?.code, 'name-taken');
    await AccountOwner.open(service, { name: '0000aaaa' });
    const located = await AccountOwner.draw(service, { locator: '0000aaaa' });
    assert.equal((await located.create(await located.body())).error?.code, 'name-taken');
  });

  test('what does not fit together opens nothing', async () => {
    await using service = await start();
    const owner = await AccountOwner.draw(service);
    const body = await owner.body();
    const { genesis } = owner;
    const changed = genesis.entry.slice();
    changed[60] = (changed[60] as number) ^ 1;
    const stranger = await Owner.draw(service);
    const door = withoutToken(await drawDoor());
    const bad: readonly (readonly [object, string])[] = [
      [{ ...body, genesis: text(200) }, 'account-refused'],
      [{ ...body, genesis: formatBase64url(encodeEnvelope({ ...genesis, entry: changed })) }, 'account-refused'],
      [{ ...body, genesis: formatBase64url(encodeEnvelope({ ...genesis, attachments: new Map() })) }, 'account-refused'],
      [{ ...body, genesis: formatBase64url(stranger.envelope) }, 'account-refused'],
      [{ ...body, slots: [{ type: 'recovery', ...door, slot: body.password.slot }] }, 'account-refused'],
      [{ ...body, name: 'ab' }, 'bad-request'],
      [{ ...body, name: 'Upper' }, 'bad-request'],
      [{ ...body, name: 'ﬁne' }, 'bad-request'],
      [{ ...body, name: '../x' }, 'bad-request'],
      [{ ...body, name: body.locator }, 'bad-request'],
      [{ ...body, locator: 'ilouilou' }, 'bad-request'],
      [{ ...body, record: text(191) }, 'bad-request'],
      [{ ...body, password: { ...body.password, sealed: text(slotBytes + 1) } }, 'bad-request'],
      [{ ...body, password: undefined }, 'bad-request'],
      [{ ...body, slots: [{ type: 'password', ...drawSlot() }] }, 'bad-request'],
    ];
    for (const [given, code] of bad) assert.equal((await owner.create(given)).error?.code, code, JSON.stringify(given).slice(-120));
    assert.equal((await owner.call(contract['account.get'], {})).error?.code, 'signature-refused');
    assert.equal((await owner.create(body)).status, 201);
    const other = await owner.body();
    assert.equal((await owner.create(other)).error?.code, 'already-exists');
  });
}

function describeLogins({ start }: TestEngine): void {
  test('a right password brings a ticket and its slot, under each of its names', async () => {
    await using service = await start();
    const owner = await AccountOwner.draw(service, { name: 'anna' });
    const body = await owner.body();
    await owner.create(body);
    for (const name of ['anna', owner.locator]) {
      const answer = await login(service, name, owner.password);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.json.slot, body.password);
      assert.equal(answer.json.userId, owner.userId);
      assert.equal(answer.json.homeSpace, owner.homeSpace);
      assert.equal(answer.json.locator, owner.locator);
      assert.ok(answer.json.expiresAt <= service.clock.now() + ticketLifeMs);
    }
    const { slots } = (await owner.call(contract['account.slots'], {})).json;
    assert.deepEqual(
      slots.map(({ type, sealed, usedAt }) => ({ type, sealed, used: usedAt !== null })),
      [{ type: 'password', sealed: body.password.sealed, used: true }],
    );
  });

  test('a wrong password and a name that nobody has are answered alike', async () => {
    await using service = await start();
    await AccountOwner.open(service, { name: 'anna' });
    const wrong = await beginLogin(service, 'anna', 'another');
    const nobody = await beginLogin(service, 'nobody', 'another');
    for (const { begun, proof } of [wrong, nobody]) {
      assert.equal(begun.status, 200);
      assert.equal(proof, null);
      assert.deepEqual(Object.keys(begun.json).toSorted(), ['expiresAt', 'login', 'response', 'userId']);
    }
    assert.deepEqual([...wrong.begun.headers.keys()].toSorted(), [...nobody.begun.headers.keys()].toSorted());
    assert.equal(wrong.begun.bytes.length, nobody.begun.bytes.length);
    const again = await beginLogin(service, 'nobody', 'a third');
    assert.equal(again.begun.json.userId, nobody.begun.json.userId);
    const answers = await Promise.all(
      [wrong, nobody].map(({ begun }) => send(service.url, contract['logins.finish'], { login: begun.json.login }, { proof: text(64) })),
    );
    for (const answer of answers) {
      assert.equal(answer.status, 401);
      assert.deepEqual(answer.json, { error: { code: 'login-refused', facts: {} } });
    }
  });

  test('a login is judged once, in time, and only here', async () => {
    await using service = await start();
    await AccountOwner.open(service, { name: 'anna' });
    const finish = (id: string, proof: string | null) =>
      send(service.url, contract['logins.finish'], { login: id }, { proof: proof ?? text(64) });
    const first = await beginLogin(service, 'anna', 'a password');
    assert.equal((await finish(first.begun.json.login, text(64))).error?.code, 'login-refused');
    assert.equal((await finish(first.begun.json.login, first.proof)).error?.code, 'login-refused');
    const second = await beginLogin(service, 'anna', 'a password');
    const both = await Promise.all([1, 2].map(() => finish(second.begun.json.login, second.proof)));
    assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 401]);
    const third = await beginLogin(service, 'anna', 'a password');
    service.clock.move(loginLifeMs);
    assert.equal((await finish(third.begun.json.login, third.proof)).error?.code, 'login-refused');
    const { startLoginRequest } = client.startLogin({ password: 'x' });
    const elsewhere = { name: 'anna', origin: 'https://other.example', request: startLoginRequest };
    assert.equal((await send(service.url, contract['logins.begin'], {}, elsewhere)).error?.code, 'bad-request');
    const malformed = { name: 'anna', origin: service.url, request: formatBase64url(new Uint8Array(96).fill(255)) };
    assert.equal((await send(service.url, contract['logins.begin'], {}, malformed)).error?.code, 'bad-request');
    assert.deepEqual(service.faults, []);
  });

  test('guesses are limited for an account from a network, whichever request they hide in; other accounts and devices go on', async () => {
    const rate = { perMinute: 1, burst: 3 };
    await using service = await start({
      settings: { rates: { requests: null, spaces: null, reports: null, accounts: null, logins: rate, pairings: null } },
    });
    const owner = await AccountOwner.open(service, { name: 'anna' });
    await AccountOwner.open(service, { name: 'other' });
    for (let i = 0; i < 2; i++) assert.equal((await beginLogin(service, 'anna', `guess ${i}`)).begun.status, 200);
    const limited = await beginLogin(service, 'anna', 'a password');
    assert.equal(limited.begun.error?.code, 'rate-limited');
    assert.ok(Number(limited.begun.error?.facts['retryAfterMs']) > 0);
    await assert.rejects(owner.record('a password'), /rate-limited/);
    assert.equal((await login(service, 'other', 'a password')).status, 200);
    assert.equal((await owner.call(contract['account.get'], {})).status, 200);
    for (let i = 0; i < 3; i++) assert.equal((await beginLogin(service, 'nobody', 'guess')).begun.status, 200);
    assert.equal((await beginLogin(service, 'nobody', 'guess')).begun.error?.code, 'rate-limited');
    service.clock.move(60_000);
    assert.equal((await login(service, 'anna', 'a password')).status, 200);
  });
}

function describeWays({ start }: TestEngine): void {
  test('a kit and a passkey bring their slots to who proves them, and nobody else learns that they exist', async () => {
    await using service = await start();
    const owner = await AccountOwner.draw(service);
    const kit = await drawDoor();
    const passkey = await drawDoor();
    const body = await owner.body();
    await owner.create({ ...body, slots: [{ type: 'recovery', ...withoutToken(kit) }] });
    assert.equal((await owner.call(contract['account.putSlot'], {}, { type: 'passkey', ...withoutToken(passkey) })).status, 204);
    for (const door of [kit, passkey]) {
      const answer = await openDoor(service, door.finder, door.token);
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.json.slot, { slot: door.slot, version: 1, sealed: door.sealed });
    }
    const refused = await Promise.all([openDoor(service, kit.finder, text(32)), openDoor(service, text(16), kit.token)]);
    for (const answer of refused) assert.deepEqual(answer.json, { error: { code: 'login-refused', facts: {} } });
    assert.equal((await owner.call(contract['account.deleteSlot'], { slot: kit.slot })).status, 204);
    assert.equal((await openDoor(service, kit.finder, kit.token)).error?.code, 'login-refused');
    assert.equal((await owner.call(contract['account.deleteSlot'], { slot: kit.slot })).error?.code, 'not-found');
    assert.equal((await owner.call(contract['account.deleteSlot'], { slot: body.password.slot })).error?.code, 'last-slot');
  });

  test('versions of slots only rise, and a finder belongs to one slot', async () => {
    await using service = await start();
    const [anna, ben] = [await AccountOwner.open(service), await AccountOwner.open(service)];
    const kit = { type: 'recovery', ...withoutToken(await drawDoor()) };
    const put = (owner: AccountOwner, slot: object) => owner.call(contract['account.putSlot'], {}, slot);
    assert.equal((await put(anna, { ...kit, version: 2 })).status, 204);
    assert.equal((await put(anna, { ...kit, version: 2 })).status, 204, 'sent twice');
    assert.equal((await put(anna, { ...kit, version: 1 })).error?.code, 'version-conflict');
    assert.equal((await put(anna, { ...kit, version: 2, sealed: text(slotBytes) })).error?.code, 'version-conflict');
    assert.equal((await put(anna, { ...kit, version: 3, sealed: text(slotBytes) })).status, 204);
    assert.equal((await put(ben, { ...kit, slot: formatHex(systemRandom(16)) })).error?.code, 'already-exists');
    assert.equal((await put(anna, { ...kit, type: 'passkey', version: 9 })).error?.code, 'already-exists');
  });

  test('a slot is sealed anew under what opens it already, and versions only rise', async () => {
    await using service = await start();
    const [anna, ben] = [await AccountOwner.open(service, { name: 'anna' }), await AccountOwner.open(service)];
    const { slots } = (await anna.call(contract['account.slots'], {})).json;
    const [{ slot }] = slots as [(typeof slots)[number]];
    const sealed = text(slotBytes);
    const renew = (owner: AccountOwner, version: number, content = sealed) =>
      owner.call(contract['account.renewSlot'], { slot }, { version, sealed: content });
    assert.equal((await renew(ben, 2)).error?.code, 'not-found');
    assert.equal((await renew(anna, 1)).error?.code, 'version-conflict');
    assert.equal((await renew(anna, 2)).status, 204);
    assert.equal((await renew(anna, 2)).status, 204, 'sent twice');
    assert.equal((await renew(anna, 2, text(slotBytes))).error?.code, 'version-conflict');
    const opened = await login(service, 'anna', 'a password');
    assert.deepEqual(opened.json.slot, { slot, version: 2, sealed }, 'the password is the same');
  });

  test('a changed password ends the former one, and what was under way with it', async () => {
    await using service = await start();
    const owner = await AccountOwner.open(service, { name: 'anna' });
    const before = await login(service, 'anna', 'a password');
    const underWay = await beginLogin(service, 'anna', 'a password');
    const change = { record: await owner.record('the next'), password: { ...drawSlot(), version: 2 }, slots: [] };
    assert.equal(
      (await owner.call(contract['account.password'], {}, { ...change, password: { ...change.password, version: 1 } })).error?.code,
      'version-conflict',
    );
    assert.equal((await owner.call(contract['account.password'], {}, change)).status, 204);
    assert.equal((await owner.call(contract['account.password'], {}, change)).status, 204, 'sent twice');
    assert.equal((await beginLogin(service, 'anna', 'a password')).proof, null);
    const late = await send(service.url, contract['logins.finish'], { login: underWay.begun.json.login }, { proof: underWay.proof ?? '' });
    assert.equal(late.error?.code, 'login-refused');
    assert.equal(await ticketStatus(service, owner, before.json.ticket), 401);
    const after = await login(service, 'anna', 'the next');
    assert.deepEqual(after.json.slot, change.password);
  });

  test('new keys end every way into the account as the new epoch begins, or change nothing', async () => {
    await using service = await start();
    const owner = await AccountOwner.open(service, { name: 'anna' });
    const [kit, newKit] = [await drawDoor(), await drawDoor()];
    await owner.call(contract['account.putSlot'], {}, { type: 'recovery', ...withoutToken(kit) });
    const before = await login(service, 'anna', 'a password');
    const state = await startLog(owner.genesis, 'all');
    const entry = await homeRekey(owner, state);
    const body = {
      entry: formatBase64url(encodeEnvelope(entry)),
      record: await owner.record('the next'),
      password: { ...drawSlot(), version: 2 },
      slots: [{ type: 'recovery' as const, ...withoutToken(newKit) }],
    };
    const secure = (change: object = {}) => owner.call(contract['account.secure'], {}, { ...body, ...change });
    const commit = formatBase64url(encodeEnvelope(owner.genesis));
    for (const [change, code] of [
      [{ entry: commit }, 'log-refused'],
      [{ entry: text(200) }, 'log-refused'],
      [{ password: { ...body.password, version: 1 } }, 'version-conflict'],
      [{ slots: [{ ...body.slots[0], slot: body.password.slot }] }, 'account-refused'],
      [{ entry: formatBase64url(encodeEnvelope(await homeRekey(owner, { ...state, seq: 5 }))) }, 'head-conflict'],
    ] as const) {
      assert.equal((await secure(change)).error?.code, code);
      const { json } = await owner.call(contract['spaces.head'], { space: owner.homeSpace });
      assert.deepEqual([json.seq, json.epoch], [0, 1], 'no epoch without its ways in');
      assert.equal((await openDoor(service, kit.finder, kit.token)).status, 200, 'and no way in is lost');
    }

    const secured = await secure();
    assert.equal(secured.status, 200);
    assert.deepEqual((await secure()).json, secured.json, 'sent twice');
    const { json: head } = await owner.call(contract['spaces.head'], { space: owner.homeSpace });
    assert.deepEqual([head.seq, head.head, head.epoch], [1, secured.json.head, 2]);
    assert.equal((await beginLogin(service, 'anna', 'a password')).proof, null);
    assert.equal((await openDoor(service, kit.finder, kit.token)).error?.code, 'login-refused');
    assert.equal(await ticketStatus(service, owner, before.json.ticket), 401);
    assert.deepEqual((await login(service, 'anna', 'the next')).json.slot, body.password);
    assert.equal((await openDoor(service, newKit.finder, newKit.token)).status, 200);
    const { slots } = (await owner.call(contract['account.slots'], {})).json;
    assert.deepEqual(slots.map(({ type }) => type).toSorted(), ['password', 'recovery']);
  });

  test('a device that may act for the account draws a ticket for another', async () => {
    await using service = await start();
    const owner = await AccountOwner.open(service);
    const drawn = await owner.call(contract['account.ticket'], {});
    assert.equal(drawn.status, 201);
    assert.equal(await ticketStatus(service, owner, drawn.json.ticket), 200);
    const { slots } = (await owner.call(contract['account.slots'], {})).json;
    assert.deepEqual(
      slots.map(({ usedAt }) => usedAt),
      [null],
      'no slot was used for it',
    );
  });

  test('a deleted slot ends the tickets and logins under way', async () => {
    await using service = await start();
    const owner = await AccountOwner.open(service, { name: 'anna' });
    const kit = await drawDoor();
    await owner.call(contract['account.putSlot'], {}, { type: 'recovery', ...withoutToken(kit) });
    const { ticket } = (await openDoor(service, kit.finder, kit.token)).json;
    const underWay = await beginLogin(service, 'anna', 'a password');
    assert.equal(await ticketStatus(service, owner, ticket), 200);
    assert.equal((await owner.call(contract['account.deleteSlot'], { slot: kit.slot })).status, 204);
    assert.equal(await ticketStatus(service, owner, ticket), 401);
    const late = await send(service.url, contract['logins.finish'], { login: underWay.begun.json.login }, { proof: underWay.proof ?? '' });
    assert.equal(late.error?.code, 'login-refused');
    assert.equal((await login(service, 'anna', 'a password')).status, 200, 'what is left opens the account still');
  });

  test('a ticket is written only while what it is drawn by stands', async () => {
    await using service = await start();
    const owner = await AccountOwner.open(service);
    const ticket = { hash: text(32), user_id: owner.userId as UserId, expires_at: service.clock.now() + ticketLifeMs };
    const issue = (ground: TicketGround) => issueTicket(service.database, ticket, ground, service.clock.now());
    await assert.rejects(issue({ slot: formatHex(systemRandom(16)) }), { code: 'login-refused' });
    const device = formatHex(owner.device.deviceId) as DeviceId;
    await service.database.db
      .updateTable('account_devices')
      .set({ revoked_at: 1, revoked_seq: 7 })
      .where('device_id', '=', device)
      .execute();
    await assert.rejects(issue({ device }), { code: 'device-revoked', facts: { seq: 7 } });
    assert.deepEqual(await service.database.db.selectFrom('tickets').selectAll().execute(), []);
  });

  test('a device is heard to the hour', async () => {
    await using service = await start();
    const owner = await AccountOwner.open(service);
    const seen = async () => (await owner.call(contract['account.devices'], {})).json.devices[0]?.seenAt ?? 0;
    const first = await seen();
    service.clock.move(1_000_000);
    assert.equal(await seen(), first);
    service.clock.move(3_600_000);
    const next = await seen();
    assert.ok(next >= first + 4_600_000);
  });

  test('a sign-in name can be changed and given up, and is free again then', async () => {
    await using service = await start();
    const [anna, ben] = [await AccountOwner.open(service, { name: 'anna' }), await AccountOwner.open(service)];
    const rename = (owner: AccountOwner, name: string | null) => owner.call(contract['account.rename'], {}, { name });
    assert.equal((await rename(ben, 'anna')).error?.code, 'name-taken');
    assert.equal((await rename(ben, anna.locator)).error?.code, 'name-taken');
    assert.equal((await rename(anna, 'anna')).status, 204);
    assert.equal((await rename(anna, null)).status, 204);
    assert.equal((await rename(ben, 'anna')).status, 204);
    assert.equal((await login(service, 'anna', 'a password')).json.userId, ben.userId);
    assert.equal((await login(service, anna.locator, 'a password')).json.userId, anna.userId);
  });

  test('a ticket reads the home space for ten minutes, and no other space', async () => {
    await using service = await start();
    const [anna, ben] = [await AccountOwner.open(service, { name: 'anna' }), await AccountOwner.open(service)];
    const { ticket } = (await login(service, 'anna', 'a password')).json;
    assert.equal(await ticketStatus(service, anna, ticket), 200);
    assert.equal(await ticketStatus(service, ben, ticket), 404);
    assert.equal(await ticketStatus(service, anna, text(32)), 401);
    service.clock.move(ticketLifeMs);
    assert.equal(await ticketStatus(service, anna, ticket), 401);
    const kept = await service.database.db.selectFrom('tickets').select('hash').execute();
    assert.ok(!kept.some(({ hash }) => hash === formatHex(bytesOfText(ticket))), 'a ticket is kept as its hash only');
  });

  test('replayed, late, foreign and unsigned requests change nothing', async () => {
    await using service = await start();
    const owner = await AccountOwner.open(service);
    const nonce = systemRandom(16);
    assert.equal((await owner.call(contract['account.rename'], {}, { name: 'anna' }, { nonce })).status, 204);
    assert.equal((await owner.call(contract['account.rename'], {}, { name: 'anna' }, { nonce })).error?.code, 'replayed');
    const late = { timeMs: service.clock.now() - 300_001 };
    const skewed = await owner.call(contract['account.rename'], {}, { name: 'ben' }, late);
    assert.equal(skewed.error?.code, 'clock-skew');
    assert.equal(typeof skewed.error?.facts['serverTime'], 'number');
    const stranger = await drawDevice();
    const body = { proof: { by: 'door', finder: text(16), token: text(32) } };
    assert.equal((await owner.callAs(stranger, contract['account.delete'], {}, body)).error?.code, 'signature-refused');
    assert.equal((await send(service.url, contract['account.delete'], {}, body)).error?.code, 'signature-refused');
    const authorization = await signRequestProof(
      owner.device,
      { origin: service.url, method: 'POST', path: '/api/v1/account/end', bodyHash: await sha256(systemRandom(1)) },
      { timeMs: service.clock.now(), nonce: systemRandom(16) },
    );
    assert.equal((await send(service.url, contract['account.delete'], {}, body, { authorization })).error?.code, 'signature-refused');
    assert.equal((await owner.call(contract['account.get'], {})).json.endsAt, null);
  });
}

function describeEnds({ start }: TestEngine): void {
  test('what lives for minutes is forgotten by the collector', async () => {
    await using service = await start();
    await AccountOwner.open(service, { name: 'anna' });
    await login(service, 'anna', 'a password');
    await beginLogin(service, 'anna', 'a password');
    service.clock.move(ticketLifeMs);
    await service.drive.sweep();
    for (const table of ['tickets', 'login_states', 'pairings'] as const)
      assert.deepEqual(await service.database.db.selectFrom(table).selectAll().execute(), [], table);
  });
}

function describePairings({ start }: TestEngine): void {
  test('letters are written once, read by who knows the pairing, and forgotten', async () => {
    await using service = await start();
    const pairing = formatHex(systemRandom(16));
    const put = (step: number, message: Uint8Array) =>
      send(service.url, contract['pairings.put'], { pairing, step: String(step) }, message);
    const get = (step: number, of = pairing) => send(service.url, contract['pairings.get'], { pairing: of, step: String(step) });
    const letter = systemRandom(1_000);
    const first = await put(0, letter);
    assert.equal(first.status, 200);
    assert.deepEqual(Buffer.from((await get(0)).bytes), Buffer.from(letter));
    assert.equal((await put(0, letter)).status, 200, 'sent twice');
    assert.equal((await put(0, systemRandom(1_000))).error?.code, 'already-exists');
    assert.equal((await get(1)).error?.code, 'not-found');
    assert.equal((await get(0, formatHex(systemRandom(16)))).error?.code, 'not-found');
    assert.equal((await put(1, systemRandom(pairingMessageBytesMax + 1))).error?.code, 'body-too-large');
    assert.equal((await send(service.url, contract['pairings.get'], { pairing, step: '8' })).error?.code, 'bad-request');
    service.clock.move(pairingLifeMs / 2);
    assert.equal((await put(1, letter)).json.expiresAt, first.json.expiresAt, 'the first letter says for how long');
    service.clock.move(pairingLifeMs / 2);
    assert.equal((await get(0)).error?.code, 'not-found');
    assert.equal((await get(1)).error?.code, 'not-found');
  });
}
