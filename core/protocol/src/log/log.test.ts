import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatHex } from '@reprise/kit';
import { signRevocation } from '../certificate.ts';
import { commitDraft, makeDevice, makeSpace, makeUser, rekeyDraft, type TestLog } from '../testing/spaces.ts';
import { advanceLog } from './advance.ts';
import { roles, spaceKinds } from './body.ts';
import { decodeEnvelope, encodeEnvelope, joinEnvelopes, splitEnvelopes } from './envelope.ts';
import { startLog } from './start.ts';
import { decodeLogState, encodeLogState } from './state.ts';

describe('a log', () => {
  test('is followed from its bytes to the state its writer had', async () => {
    const { log } = await everyType();
    const page = joinEnvelopes(log.envelopes.map(encodeEnvelope));
    const [genesis, ...rest] = splitEnvelopes(page).map(decodeEnvelope);
    assert.ok(genesis);
    let state = await startLog(genesis, 'all');
    for (const envelope of rest) ({ state } = await advanceLog(state, envelope, 'all'));
    assert.deepEqual(state, log.state);
  });

  test('has a snapshot for every state, with one encoding, from which it goes on', async () => {
    const { log } = await everyType();
    for (const [i, state] of log.states.entries()) {
      const snapshot = encodeLogState(state);
      const again = decodeLogState(snapshot);
      assert.deepEqual(again, state);
      assert.deepEqual(encodeLogState(again), snapshot);
      const next = log.envelopes[i + 1];
      if (next) assert.deepEqual((await advanceLog(again, next)).state, log.states[i + 1]);
    }
  });

  test('may come without the attachments of its entries, and reaches the same state', async () => {
    const { log } = await everyType();
    let state = await startLog({ ...log.envelopes[0]!, attachments: new Map() });
    for (const envelope of log.envelopes.slice(1)) ({ state } = await advanceLog(state, { ...envelope, attachments: new Map() }));
    assert.deepEqual(state, log.state);
  });

  test('tells who is in, which devices count, and which epoch holds', async () => {
    const { log, owner, writer, phone } = await everyType();
    assert.equal(log.state.epoch, 3);
    assert.deepEqual(
      [...log.state.members.values()].map(({ role }) => role),
      [roles.owner],
    );
    assert.equal(log.state.devices.get(formatHex(phone.deviceId) as never)?.revokedAtSeq, 6);
    assert.equal(log.state.devices.get(formatHex(owner.device.deviceId) as never)?.revokedAtSeq, null);
    assert.ok(log.state.devices.has(formatHex(writer.device.deviceId) as never));
  });
});

async function everyType() {
  const [owner, writer] = [await makeUser(), await makeUser()];
  const phone = await makeDevice(owner.identity, 3);
  const log: TestLog = await makeSpace(owner, spaceKinds.drive);
  await log.add(owner.device, commitDraft(3));
  await log.add(phone, { type: 'device', certificate: phone.certificate });
  await log.add(phone, await rekeyDraft(log.state, [[writer, roles.writer]]));
  await log.add(writer.device, { type: 'device', certificate: writer.device.certificate });
  await log.add(writer.device, commitDraft(0));
  await log.add(owner.device, {
    type: 'device',
    revocation: await signRevocation(owner.identity, { deviceId: phone.deviceId, timeMs: 5 }),
  });
  await log.add(owner.device, { type: 'policy', policy: { versionMin: 1, suiteMin: 1, retentionDays: 7, paddingMode: 0 } });
  await log.add(writer.device, { type: 'checkpoint' });
  const { liveTable } = await import('./live-table.ts');
  await log.add(owner.device, { type: 'sweep', seq: 8, id: log.state.head, ids: new Uint8Array(32), table: await liveTable([]) });
  await log.add(owner.device, { type: 'purge', ids: new Uint8Array(32) });
  await log.add(owner.device, await rekeyDraft(log.state, [[writer, roles.removed]]));
  return { log, owner, writer, phone };
}
