import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Bytes, systemRandom } from '@reprise/kit';
import { Failure, importSigningKey, userIdOf } from '@reprise/protocol/formats';
import { nodeEngine as engine } from '../node.ts';
import { decodeDeviceRecord, type DeviceRecord, encodeDeviceRecord } from './device-record.ts';
import { decodeKeyring, encodeKeyring } from './keyring.ts';
import {
  openSlot,
  passkeyDoor,
  passkeyInput,
  passkeyKek,
  passkeyLock,
  passwordKek,
  recoveryDoor,
  recoveryKek,
  sealSlot,
  type SlotContent,
  type SlotPlace,
  type SlotType,
} from './slots.ts';

const types: readonly SlotType[] = ['password', 'passkey', 'recovery', 'device'];
const isReject = (error: unknown): boolean =>
  error instanceof Failure && error.code === 'reject' && Object.keys(error.facts).length === 0 && error.message === 'reject';

async function draw(): Promise<{ content: SlotContent; place: SlotPlace; kek: Bytes }> {
  const identitySeed = systemRandom(32);
  const userId = await userIdOf((await importSigningKey(identitySeed)).publicKey);
  const content = {
    keys: { amk: systemRandom(32), identitySeed, kem: { number: 2 ** 32 - 1, seed: systemRandom(32) }, codeSecret: systemRandom(16) },
    userId,
    homeSpace: systemRandom(32),
    checkpoint: { seq: Number.MAX_SAFE_INTEGER, head: systemRandom(32) },
  };
  return { content, place: { userId, slotId: systemRandom(16), version: 3 }, kek: systemRandom(32) };
}

test('a slot of each type opens to what was sealed, and all have one length', async () => {
  for (const type of types) {
    const { content, place, kek } = await draw();
    const sealed = await sealSlot(engine, type, kek, place, content, systemRandom);
    assert.equal(sealed.length, 340);
    assert.deepEqual(await openSlot(engine, type, kek, place, sealed), content);
  }
});

test('no flipped bit of a slot goes unnoticed, and every one is refused alike', async () => {
  const { content, place, kek } = await draw();
  const sealed = await sealSlot(engine, 'password', kek, place, content, systemRandom);
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice();
    changed[at] = (changed[at] as number) ^ (1 << (at & 7));
    await assert.rejects(openSlot(engine, 'password', kek, place, changed), isReject, `byte ${at}`);
  }
  for (const length of [0, 1, 83, 84, 339])
    await assert.rejects(openSlot(engine, 'password', kek, place, sealed.slice(0, length)), isReject);
});

test('a slot opens under its own type, key, account, id and version only', async () => {
  const { content, place, kek } = await draw();
  const sealed = await sealSlot(engine, 'recovery', kek, place, content, systemRandom);
  for (const type of types.filter((one) => one !== 'recovery'))
    await assert.rejects(openSlot(engine, type, kek, place, sealed), isReject, type);
  const others: readonly (readonly [Bytes, SlotPlace])[] = [
    [systemRandom(32), place],
    [kek, { ...place, userId: systemRandom(32) }],
    [kek, { ...place, slotId: systemRandom(16) }],
    [kek, { ...place, version: 2 }],
  ];
  for (const [key, where] of others) await assert.rejects(openSlot(engine, 'recovery', key, where, sealed), isReject);
});

test('keys of another identity are refused, though the seal is whole', async () => {
  const { content, place, kek } = await draw();
  const foreign = { ...content, keys: { ...content.keys, identitySeed: systemRandom(32) } };
  const sealed = await sealSlot(engine, 'password', kek, place, foreign, systemRandom);
  await assert.rejects(openSlot(engine, 'password', kek, place, sealed), isReject);
  const other = await draw();
  const elsewhere = await sealSlot(engine, 'password', kek, place, other.content, systemRandom);
  await assert.rejects(openSlot(engine, 'password', kek, place, elsewhere), isReject);
});

test('what a door tells the server says nothing of what opens the slot', async () => {
  const entropy = systemRandom(32);
  const userId = systemRandom(32);
  const door = await recoveryDoor(engine, entropy);
  const kek = await recoveryKek(engine, entropy, userId);
  assert.equal(door.finder.length, 16);
  assert.equal(door.token.length, 32);
  assert.notDeepEqual(kek, door.token);
  const passkey = { prf: entropy, credentialId: systemRandom(20) };
  const passkeyWay = await passkeyDoor(engine, passkey);
  const ofPasskey = [passkeyWay.token, await passkeyKek(engine, passkey), await passkeyLock(engine, passkey)];
  const all = [door.token, kek, ...ofPasskey, await passwordKek(engine, systemRandom(64), userId)];
  assert.equal(new Set(all.map(String)).size, all.length);
  assert.notDeepEqual(passkeyWay.finder, door.finder);
  assert.equal((await passkeyInput(engine)).length, 32);
});

test('the record of a device and the keyring read back', () => {
  const record: DeviceRecord = {
    origin: 'https://drive.example',
    name: 'márta',
    locator: '0a1b2c3d',
    userId: systemRandom(32),
    identityKey: systemRandom(32),
    homeSpace: systemRandom(32),
    certificate: [systemRandom(80), systemRandom(64)],
    enrolled: true,
    slot: { slotId: systemRandom(16), version: 1, sealed: systemRandom(340) },
    next: null,
    door: null,
  };
  const securing = { ...record, next: { slotId: systemRandom(16), version: 1, sealed: systemRandom(340) } };
  const door = { type: 'recovery' as const, slotId: systemRandom(16), sealedKek: systemRandom(117), seq: 64 };
  for (const kept of [record, securing, { ...record, door }, { ...securing, door }])
    assert.deepEqual(decodeDeviceRecord(encodeDeviceRecord(kept)), kept);
  const [space, key] = [systemRandom(32), systemRandom(32)];
  const keyring = {
    kemSeeds: new Map([[1, systemRandom(32)]]),
    epochKeys: [
      { space, epoch: 1, key },
      { space, epoch: 2, key: systemRandom(32) },
    ],
    ext: new Map([[100, 'later']]),
  };
  assert.deepEqual(decodeKeyring(encodeKeyring(keyring)), keyring);
  assert.throws(() => decodeKeyring(Uint8Array.of(0xa0)), { code: 'bad-object' });
});
