// R1 to R3 on logs of real entries, from a server that shows what it likes.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Bytes, equalBytes, formatHex, systemClock } from '@reprise/kit';
import { decodeEnvelope, encodeEnvelope, entryId, type Envelope } from '@reprise/protocol/formats';
import type { SpaceId } from '@reprise/protocol';
import { commitDraft, makeSpace, makeUser, TestLog, type TestUser } from '@reprise/protocol/testing';
import { FollowedLog, type LogFeed } from './followed-log.ts';
import { type HeadStore, memoryHeadStore } from './head-store.ts';

/** Shows a list of envelopes as the log, a few a page. */
class Feed implements LogFeed {
  envelopes: readonly Envelope[];
  reads = 0;
  constructor(envelopes: readonly Envelope[]) {
    this.envelopes = envelopes;
  }
  async read(from: number): Promise<Bytes[]> {
    this.reads++;
    return this.envelopes.slice(from, from + 4).map(encodeEnvelope);
  }
  async head() {
    const newest = this.envelopes.at(-1) as Envelope;
    return { seq: this.envelopes.length - 1, head: await entryId(newest.entry) };
  }
}

async function grow(log: TestLog, user: TestUser, entries: number): Promise<TestLog> {
  for (let n = 0; n < entries; n++) await log.add(user.device, commitDraft());
  return log;
}

function copyOf(log: TestLog, entries: number): TestLog {
  const copy = new TestLog(log.envelopes[0] as Envelope, log.states[0] as TestLog['state']);
  copy.envelopes.splice(0, 1, ...log.envelopes.slice(0, entries));
  copy.states.splice(0, 1, ...log.states.slice(0, entries));
  return copy;
}

async function setUp(entries: number) {
  const user = await makeUser();
  const log = await grow(await makeSpace(user), user, entries);
  const feed = new Feed(log.envelopes);
  const store = memoryHeadStore();
  const space = formatHex(log.state.space) as SpaceId;
  const open = (more: { store?: HeadStore; start?: { seq: number; head: Bytes } } = {}) =>
    FollowedLog.open({ space, store: more.store ?? store, feed, start: more.start ?? null, clock: systemClock });
  return { user, log, feed, store, space, open };
}

describe('a followed log', () => {
  test('is read to its end over several pages, and goes on from there after a restart', async () => {
    const { user, log, feed, open } = await setUp(9);
    const first = await open();
    assert.equal(first.isStarted, false);
    assert.equal((await first.refresh()).length, 10);
    assert.deepEqual(first.state.head, log.state.head);
    await grow(log, user, 3);
    const again = await open();
    assert.equal(again.state.seq, 9);
    feed.reads = 0;
    assert.deepEqual(
      (await again.refresh()).map(({ entry }) => entry.seq),
      [10, 11, 12],
    );
    feed.reads = 0;
    assert.deepEqual(await again.refresh(), []);
    assert.equal(feed.reads, 1);
  });

  test('keeps its head durably before it says what is new', async () => {
    const { log, open } = await setUp(2);
    const saved: number[] = [];
    const kept = memoryHeadStore();
    const store: HeadStore = {
      ...kept,
      save: (space, seq, record) => {
        saved.push(seq);
        return kept.save(space, seq, record);
      },
    };
    const followed = await open({ store });
    await followed.refresh();
    assert.deepEqual(saved, [2]);
    const failing = await open({ store: { ...kept, load: () => undefined, save: () => Promise.reject(new Error('disk')) } });
    await assert.rejects(failing.refresh(), /disk/);
    assert.equal(failing.isStarted, false);
    assert.equal(log.state.seq, 2);
  });

  test('refuses another space, and what is not signed as it must be; what came before stays', async () => {
    const { log, feed, open } = await setUp(6);
    const other = await setUp(1);
    feed.envelopes = other.log.envelopes;
    await assert.rejects((await open()).refresh(), { code: 'bad-answer' });
    const damaged = [...log.envelopes];
    const last = damaged[5] as Envelope;
    damaged[5] = { ...last, signature: last.signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte)) };
    feed.envelopes = damaged;
    const followed = await open();
    await assert.rejects(followed.refresh(), { code: 'log-refused' });
    assert.equal(followed.state.seq, 4);
    assert.equal(followed.disagreement, null);
    feed.envelopes = log.envelopes;
    await followed.refresh();
    assert.equal(followed.state.seq, 6);
  });

  test('is frozen by an older head, keeps both as evidence over a restart, and thaws when the server shows the newer one again', async () => {
    const { log, feed, open } = await setUp(8);
    const followed = await open();
    await followed.refresh();
    feed.envelopes = log.envelopes.slice(0, 4);
    await assert.rejects(followed.refresh(), { code: 'drive-frozen', facts: { reason: 'rollback', ours: 8, theirs: 3 } });
    assert.throws(() => followed.assertWritable(), { code: 'drive-frozen' });
    assert.equal(followed.state.seq, 8);
    const again = await open();
    assert.throws(() => again.assertWritable(), { code: 'drive-frozen' });
    const { ours, theirs } = again.disagreement ?? {};
    assert.ok(ours && theirs && equalBytes(await entryId(decodeEnvelope(ours.envelope).entry), log.state.head));
    assert.ok(equalBytes(await entryId(decodeEnvelope(theirs.envelope).entry), (log.states[3] as TestLog['state']).head));
    feed.envelopes = log.envelopes;
    await again.refresh();
    again.assertWritable();
    (await open()).assertWritable();
  });

  test('is frozen by a fork at the same number and by one that is longer, and thaws neither by waiting nor by a restart', async () => {
    for (const longer of [0, 5]) {
      const { user, log, feed, open } = await setUp(5);
      const fork = copyOf(log, 5);
      const followed = await open();
      await followed.refresh();
      feed.envelopes = (await grow(fork, user, 1 + longer)).envelopes;
      await assert.rejects(followed.refresh(), { code: 'drive-frozen', facts: { reason: 'fork', ours: 5, theirs: 5 } });
      await assert.rejects((await open()).refresh(), { code: 'drive-frozen' });
      assert.equal((await open()).state.seq, 5);
    }
  });

  test('takes no noise for a history', async () => {
    const { log, feed, open } = await setUp(5);
    const stranger = await setUp(5);
    const followed = await open();
    await followed.refresh();
    feed.envelopes = [...log.envelopes.slice(0, 5), stranger.log.envelopes[5] as Envelope];
    await assert.rejects(followed.refresh(), { code: 'log-refused' });
    followed.assertWritable();
  });

  test('of a new device must hold what the account knows', async () => {
    const { user, log, feed, open, space } = await setUp(6);
    const known = { seq: 5, head: (log.states[5] as TestLog['state']).head };
    feed.envelopes = log.envelopes.slice(0, 4);
    const store = memoryHeadStore();
    const early = await open({ start: known, store });
    await assert.rejects(early.refresh(), { code: 'drive-frozen', facts: { reason: 'rollback', ours: 3, theirs: null } });
    assert.equal(await store.load(space), undefined);
    feed.envelopes = (await grow(copyOf(log, 5), user, 4)).envelopes;
    await assert.rejects((await open({ start: known, store })).refresh(), { code: 'drive-frozen' });
    assert.equal(await store.load(space), undefined);
    feed.envelopes = log.envelopes;
    const followed = await open({ start: known, store });
    await followed.refresh();
    assert.equal(followed.state.seq, 6);
  });

  test('takes the server’s history when a person says so, and goes on from there', async () => {
    const { user, log, feed, open } = await setUp(7);
    const followed = await open();
    await followed.refresh();
    const restored = await grow(copyOf(log, 3), user, 1);
    feed.envelopes = restored.envelopes;
    await assert.rejects(followed.refresh(), { code: 'drive-frozen' });
    await followed.adoptServers();
    followed.assertWritable();
    assert.equal(followed.state.seq, 3);
    await grow(restored, user, 2);
    assert.equal((await followed.refresh()).length, 2);
    assert.equal((await open()).state.seq, 5);
  });

  test('takes one’s own entry as the head', async () => {
    const { user, log, open } = await setUp(2);
    const followed = await open();
    await followed.refresh();
    await grow(log, user, 1);
    await followed.accept(log.state, log.envelopes.at(-1) as Envelope);
    assert.deepEqual(await followed.refresh(), []);
    assert.equal((await open()).state.seq, 3);
  });
});
