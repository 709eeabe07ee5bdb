// What a hostile server, or a member who steps outside his role, may try with a log; docs/security tells the attacks.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bytes, concatBytes, formatHex, systemRandom } from '@reprise/kit';
import { type DcborValue, decodeDcbor, encodeDcbor } from '../dcbor.ts';
import { attached, type Fields, forge } from '../testing/forgery.ts';
import { commitDraft, makeDevice, makeSpace, makeUser, rekeyDraft, TestLog } from '../testing/spaces.ts';
import { advanceLog, followLog } from './advance.ts';
import { encodeWraps, joinSortedIds } from './attachments.ts';
import { roles, spaceKinds } from './body.ts';
import { decodeEntry, encodeEntry } from './entry.ts';
import { decodeEnvelope, encodeEnvelope, entryId, type Envelope } from './envelope.ts';
import { emptyLiveTable } from './live-table.ts';
import { descentPath, skipSeqs } from './skips.ts';
import { startLog } from './start.ts';
import type { LogState } from './state.ts';
import { writeEntry } from './write.ts';

const random = systemRandom;
const refuses = (name: string, work: Promise<unknown>): Promise<void> =>
  assert.rejects(work, (error: { code?: string; facts?: { step?: string } }) => {
    assert.deepEqual([error.code, error.facts?.step], ['log-refused', name]);
    return true;
  });

async function shared() {
  const [owner, writer, reader] = [await makeUser(), await makeUser(), await makeUser()];
  const log = await makeSpace(owner, spaceKinds.drive);
  await log.add(owner.device, commitDraft());
  await log.add(
    owner.device,
    await rekeyDraft(log.state, [
      [writer, roles.writer],
      [reader, roles.reader],
    ]),
  );
  for (const user of [writer, reader]) await log.add(user.device, { type: 'device', certificate: user.device.certificate });
  return { log, owner, writer, reader };
}

/** A second log with the same beginning. */
function branch(log: TestLog, entries: number): TestLog {
  const fork = new TestLog(log.envelopes[0] as Envelope, log.states[0] as LogState);
  fork.envelopes.push(...log.envelopes.slice(1, entries));
  fork.states.push(...log.states.slice(1, entries));
  return fork;
}

describe('planting: a root that is right in all but its signature', () => {
  test('is refused, whoever could have sealed it', async () => {
    const { log, owner, reader } = await shared();
    const good = await writeEntry(log.state, owner.device, commitDraft(), 1);
    await refuses('signature', advanceLog(log.state, { ...good, signature: new Uint8Array(64) }));
    await refuses('signature', advanceLog(log.state, { ...good, signature: random(64) as Bytes }));
    await refuses('role', advanceLog(log.state, await writeEntry(log.state, reader.device, commitDraft(), 1)));
    const place = { space: log.state.space, ids: log.states.map(({ head }) => head), epoch: log.state.epoch };
    const body = new Map<number, DcborValue>([
      [1, random(340)],
      [3, 0],
    ]);
    await refuses(
      'signature',
      advanceLog(log.state, await forge(place, reader.device, { type: 1, body, deviceId: owner.device.deviceId })),
    );
  });
});

describe('downgrade', () => {
  test('of version or suite, in an entry or a policy, is refused', async () => {
    const { log, owner } = await shared();
    const place = { space: log.state.space, ids: log.states.map(({ head }) => head), epoch: log.state.epoch };
    for (const key of [1, 2])
      for (const value of [0, 2, null])
        await refuses(
          'version',
          advanceLog(
            log.state,
            await forge(place, owner.device, { type: 5, body: new Map(), edit: (fields) => void fields.set(key, value) }),
          ),
        );
    for (const missing of [1, 2, 3, 4]) {
      const policy: Fields = new Map<number, DcborValue>([
        [1, 1],
        [2, 1],
        [3, 30],
        [4, 0],
      ]);
      policy.delete(missing);
      await refuses('body', advanceLog(log.state, await forge(place, owner.device, { type: 4, body: policy })));
    }
    for (const version of [0, 2])
      await refuses(
        'body',
        advanceLog(
          log.state,
          await forge(place, owner.device, {
            type: 4,
            body: new Map([
              [1, version],
              [2, 1],
              [3, 30],
              [4, 0],
            ]),
          }),
        ),
      );
  });
});

describe('an epoch key of the server’s', () => {
  test('reaches nobody: wraps are held by the owner’s signature', async () => {
    const { log, owner, writer } = await shared();
    const good = await writeEntry(log.state, owner.device, await rekeyDraft(log.state, []), 1);
    const members = [...log.state.members.keys()].map((id) => new Uint8Array(Buffer.from(id, 'hex')));
    const evil = encodeWraps(members.map((userId) => ({ userId, enc: random(1_120), ciphertext: random(48) })));
    await refuses('attachment', advanceLog(log.state, { ...good, attachments: new Map(good.attachments).set(3, evil) }));
    // Neither does a writer's own rekey, with all of it in order.
    await refuses('role', advanceLog(log.state, await writeEntry(log.state, writer.device, await rekeyDraft(log.state, []), 1)));
  });

  test('is not wrapped for more or fewer than the members', async () => {
    const { log, owner } = await shared();
    const draft = await rekeyDraft(log.state, []);
    const userIds = [...log.state.members.keys()].map((id) => new Uint8Array(Buffer.from(id, 'hex')));
    for (const list of [userIds.slice(1), [...userIds, random(32)]]) {
      const wraps = encodeWraps(list.map((userId) => ({ userId, enc: random(1_120), ciphertext: random(48) })));
      await refuses('attachment', advanceLog(log.state, await writeEntry(log.state, owner.device, { ...draft, wraps }, 1), 'all'));
    }
  });
});

describe('rollback and fork', () => {
  test('no entry of another branch follows this one, however the two are joined', async () => {
    const { log, owner, writer } = await shared();
    const fork = branch(log, 3);
    await fork.add(owner.device, { type: 'checkpoint' });
    await fork.add(owner.device, commitDraft());
    await fork.add(owner.device, commitDraft());
    await log.add(writer.device, commitDraft());
    // Withheld, then shown: what the fork holds does not continue the log at any place.
    for (const [i, envelope] of fork.envelopes.entries()) {
      if (i < 3) continue;
      for (const state of log.states.slice(i)) await assert.rejects(advanceLog(state, envelope), { code: 'log-refused' });
    }
    // An old entry again, and a skipped one.
    await refuses('seq', advanceLog(log.state, log.envelopes[2] as Envelope));
    await refuses('seq', advanceLog(log.states[1] as LogState, log.envelopes[3] as Envelope));
  });

  test('a log of the same members in another space is another log', async () => {
    const owner = await makeUser();
    const [a, b] = [await makeSpace(owner), await makeSpace(owner)];
    await refuses('space', advanceLog(b.state, await writeEntry(a.state, owner.device, commitDraft(), 1)));
    const moved = await writeEntry({ ...a.state, space: b.state.space }, owner.device, commitDraft(), 1);
    await refuses('prev', advanceLog(b.state, moved));
  });

  test('descent is shown in few steps, each of which the entry before it names', async () => {
    const owner = await makeUser();
    const log = await makeSpace(owner);
    while (log.state.seq < 70) await log.add(owner.device, { type: 'checkpoint' });
    const ids = log.states.map(({ head }) => formatHex(head));
    for (const [from, to] of [
      [0, 64],
      [0, 70],
      [3, 66],
      [69, 70],
      [5, 5],
      [31, 33],
      [1, 63],
    ] as const) {
      const path = descentPath(from, to);
      const named = path.map((seq) => decodeEntry((log.envelopes[seq] as Envelope).entry));
      const targets = [...path.slice(1), ...(path.length > 0 ? [from] : [])];
      for (const [i, entry] of named.entries())
        assert.ok([entry.prev, ...entry.skips].map(formatHex).includes(ids[targets[i] as number] as string), `${from} to ${to}, step ${i}`);
      assert.ok(path.length <= 12, `${from} to ${to}: ${path.length}`);
    }
    assert.deepEqual([skipSeqs(0), skipSeqs(7), skipSeqs(12), skipSeqs(8)], [[], [], [10, 8], [6, 4, 0]]);
  });
});

describe('a member who was removed', () => {
  test('writes nothing any more, neither after the removal nor dated back before it', async () => {
    const { log, owner, writer } = await shared();
    const before = log.state;
    const backdated = await writeEntry(before, writer.device, commitDraft(), 1);
    const removed = await log.add(owner.device, await rekeyDraft(log.state, [[writer, roles.removed]]));
    await refuses('role', advanceLog(removed, await writeEntry(removed, writer.device, commitDraft(), 1)));
    await refuses('role', advanceLog(removed, await writeEntry(removed, writer.device, { type: 'checkpoint' }, 1)));
    // Signed on the parent before the removal, when it would have been valid.
    assert.ok(await advanceLog(before, backdated));
    await refuses('seq', advanceLog(removed, backdated));
    await refuses('epoch', advanceLog(removed, await writeEntry({ ...removed, epoch: before.epoch }, owner.device, commitDraft(), 1)));
    const device = await makeDevice(writer.identity);
    await refuses('device', advanceLog(removed, await writeEntry(removed, device, { type: 'device', certificate: device.certificate }, 1)));
  });

  test('and the old epoch end in one entry', async () => {
    const { log, owner, writer } = await shared();
    const removed = await log.add(owner.device, await rekeyDraft(log.state, [[writer, roles.removed]]));
    assert.equal(removed.epoch, 3);
    assert.ok(!removed.members.has(formatHex(writer.userId) as never));
    assert.equal(removed.root?.epoch, 3);
  });
});

describe('a device or member that nobody sees', () => {
  test('does not exist: what is not in the log signs nothing', async () => {
    const { log, owner, writer } = await shared();
    const silent = await makeDevice(owner.identity);
    await refuses('device', advanceLog(log.state, await writeEntry(log.state, silent, commitDraft(), 1)));
    const stranger = await makeUser();
    await refuses(
      'device',
      advanceLog(log.state, await writeEntry(log.state, stranger.device, { type: 'device', certificate: stranger.device.certificate }, 1)),
    );
    // A certificate that another member signs for the owner's user id.
    const [x] = silent.certificate;
    const [, signature] = (await makeDevice(writer.identity)).certificate;
    await refuses('device', advanceLog(log.state, await writeEntry(log.state, silent, { type: 'device', certificate: [x, signature] }, 1)));
    await refuses(
      'role',
      advanceLog(log.state, await writeEntry(log.state, writer.device, await rekeyDraft(log.state, [[stranger, roles.owner]]), 1)),
    );
  });
});

describe('two readings of one object', () => {
  test('every entry has one encoding: it comes back as the same bytes, or is refused', async () => {
    const { log, owner } = await shared();
    await log.add(owner.device, { type: 'sweep', seq: 1, id: log.states[1]?.head as Bytes, ids: joinSortedIds([]), table: emptyLiveTable });
    await log.add(owner.device, { type: 'policy', policy: { versionMin: 1, suiteMin: 1, retentionDays: 0, paddingMode: 0 } });
    for (const envelope of log.envelopes) {
      assert.deepEqual(encodeEntry(decodeEntry(envelope.entry)), envelope.entry);
      assert.deepEqual(encodeEnvelope(decodeEnvelope(encodeEnvelope(envelope))), encodeEnvelope(envelope));
    }
    const { entry } = log.envelopes[1] as Envelope;
    // The same map, its first key written in two bytes; and the map with its keys in another order.
    const longer = concatBytes(entry.slice(0, 1), Uint8Array.of(0x18, 1), entry.slice(2));
    assert.throws(() => decodeEntry(longer), { code: 'log-refused' });
    assert.throws(() => decodeDcbor(concatBytes(Uint8Array.of(0xa2, 2, 0, 1, 0))), { code: 'bad-object' });
    assert.throws(() => decodeEntry(concatBytes(entry, Uint8Array.of(0))), { code: 'log-refused' });
  });

  test('every flipped byte of an envelope is refused', async () => {
    const owner = await makeUser();
    const log = await makeSpace(owner);
    const bytes = encodeEnvelope(await writeEntry(log.state, owner.device, commitDraft(2), 1));
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
      await assert.rejects(async () => advanceLog(log.state, decodeEnvelope(flipped), 'all'), { code: 'log-refused' }, `byte ${at}`);
    }
  });
});

test('worked on ahead, a log is refused at the same entry and for the same reason', async () => {
  const { log, writer } = await shared();
  const bad = await writeEntry(log.state, writer.device, await rekeyDraft(log.state, []), 1);
  const envelopes = [...log.envelopes.slice(1), bad, bad];
  const followed: string[] = [];
  await refuses(
    'role',
    (async () => {
      for await (const { id } of followLog(await startLog(log.envelopes[0] as Envelope), envelopes)) followed.push(formatHex(id));
    })(),
  );
  assert.deepEqual(
    followed,
    log.states.slice(1).map(({ head }) => formatHex(head)),
  );
  assert.equal(followed.at(-1), formatHex(await entryId((log.envelopes.at(-1) as Envelope).entry)));
});

test('keys from 100 up are ignored and signed', async () => {
  const { log, owner } = await shared();
  const place = { space: log.state.space, ids: log.states.map(({ head }) => head), epoch: log.state.epoch };
  const table = random(9_216);
  const body = new Map<number, DcborValue>([
    [1, 1],
    [2, random(32)],
    [4, 0],
    [5, attached(6, table)],
    [100, encodeDcbor('later')],
  ]);
  const envelope = await forge(place, owner.device, {
    type: 6,
    body,
    attachments: new Map([[6, table]]),
    edit: (fields) => void fields.set(101, 5),
  });
  assert.equal((await advanceLog(log.state, envelope, 'all')).state.sweptSeq, 1);
});
