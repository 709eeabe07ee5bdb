// R1 to R3 on logs of real entries, from a server that shows what it likes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { type Bytes, equalBytes, formatHex, systemClock } from '@reprise/kit';
import { decodeEnvelope, encodeEnvelope, entryId, type Envelope, joinEnvelopes } from '@reprise/protocol/formats';
import type { SpaceId } from '@reprise/protocol';
import { commitDraft, makeSpace, makeUser, TestLog, type TestUser } from '@reprise/protocol/testing';
import { headFiles } from '../node/head-files.ts';
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
      save: (space, record, expected) => {
        saved.push(record.length);
        return kept.save(space, record, expected);
      },
    };
    const followed = await open({ store });
    await followed.refresh();
    assert.equal(saved.length, 1);
    assert.equal((await open({ store })).state.seq, 2);
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

  describe('that two programs of one device follow', () => {
    test('freezes when the server shows each another entry after the same head, durably and for both', async () => {
      for (const longer of [0, 3]) {
        const { user, log, feed, open } = await setUp(5);
        const [one, other] = [await open(), await open()];
        await one.refresh();
        await other.refresh();
        const fork = await grow(copyOf(log, 6), user, 1 + longer);
        await grow(log, user, 1);
        await one.refresh();
        feed.envelopes = fork.envelopes;
        // This program has not read what the first has kept: what it goes on from is the common entry.
        await assert.rejects(other.refresh(), { code: 'drive-frozen', facts: { reason: 'fork', ours: 6, theirs: 6 } });
        const { disagreement } = await open();
        assert.ok(disagreement?.theirs && equalBytes(disagreement.ours.envelope, bareOf(log, 6)));
        assert.ok(equalBytes(disagreement.theirs.envelope, bareOf(fork, 6)));
        await one.hear();
        assert.throws(() => one.assertWritable(), { code: 'drive-frozen' });
        assert.equal((await open()).state.seq, 6);
      }
    });

    test('lets neither write over a disagreement that the other has kept', async () => {
      const { user, log, feed, open } = await setUp(5);
      const [one, other] = [await open(), await open()];
      await one.refresh();
      await other.refresh();
      feed.envelopes = log.envelopes.slice(0, 3);
      await assert.rejects(one.refresh(), { code: 'drive-frozen', facts: { reason: 'rollback', ours: 5, theirs: 2 } });
      await grow(log, user, 1);
      await assert.rejects(other.accept(log.state, log.envelopes.at(-1) as Envelope), { code: 'drive-frozen' });
      assert.throws(() => other.assertWritable(), { code: 'drive-frozen' });
      const kept = (await open()).disagreement;
      feed.envelopes = log.envelopes.slice(0, 1);
      await assert.rejects((await open()).refresh(), { code: 'drive-frozen', facts: { reason: 'rollback', ours: 5, theirs: 2 } });
      assert.deepEqual((await open()).disagreement, kept, 'the first evidence stays');
    });

    test('goes on with both where the one is ahead of the other, whichever keeps its head first', async () => {
      const { user, log, feed, open } = await setUp(3);
      const [one, other] = [await open(), await open()];
      await one.refresh();
      await other.refresh();
      await grow(log, user, 6);
      await one.refresh();
      feed.envelopes = log.envelopes.slice(0, 6);
      await assert.rejects(other.refresh(), { code: 'drive-frozen', facts: { reason: 'rollback', ours: 9, theirs: 5 } });
      feed.envelopes = log.envelopes;
      await other.refresh();
      other.assertWritable();
      await grow(log, user, 1);
      assert.equal((await one.refresh()).length, 1);
      assert.equal((await other.refresh()).length, 1);
      await grow(log, user, 1);
      await other.accept(log.state, log.envelopes.at(-1) as Envelope);
      await one.refresh();
      one.assertWritable();
      assert.equal((await open()).state.seq, 11);
    });

    test('finds its own entry accepted by the other', async () => {
      const { user, log, open } = await setUp(2);
      const [one, other] = [await open(), await open()];
      await one.refresh();
      await other.refresh();
      await grow(log, user, 2);
      await other.refresh();
      await one.accept(log.states[3] as TestLog['state'], log.envelopes[3] as Envelope);
      assert.equal(one.state.seq, 4, 'and goes on to what the other kept');
      one.assertWritable();
    });

    test('takes the history that a person chose in the other', async () => {
      const { user, log, feed, open } = await setUp(7);
      const [one, other] = [await open(), await open()];
      await one.refresh();
      await other.refresh();
      feed.envelopes = (await grow(copyOf(log, 3), user, 1)).envelopes;
      await assert.rejects(one.refresh(), { code: 'drive-frozen' });
      await one.adoptServers();
      await other.refresh();
      other.assertWritable();
      assert.deepEqual([other.state.seq, other.disagreement], [3, null]);
    });

    test('freezes processes alike: each has read the common head before it is shown its own history', async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reprise-followed-'));
      const { user, log, space } = await setUp(5);
      const fork = await grow(copyOf(log, 6), user, 1);
      const file = (name: string, envelopes: readonly Envelope[]) => {
        fs.writeFileSync(path.join(folder, name), joinEnvelopes(envelopes.map(encodeEnvelope)));
        return path.join(folder, name);
      };
      const common = file('common', log.envelopes);
      await grow(log, user, 1);
      const heads = path.join(folder, 'heads');
      await using one = startProgram(heads, space);
      await using other = startProgram(heads, space);
      assert.deepEqual([await one.follow(common), await other.follow(common)], [{ seq: 5 }, { seq: 5 }]);
      const [here, there] = [file('here', log.envelopes), file('there', fork.envelopes)];
      const outcomes = await Promise.all([one.follow(here), other.follow(there)]);
      assert.deepEqual(outcomes.map(({ code }) => code).toSorted(), ['drive-frozen', undefined]);
      const kept = await FollowedLog.open({ space, store: headFiles(heads), feed: new Feed([]), start: null, clock: systemClock });
      assert.equal(kept.disagreement?.reason, 'fork');
      assert.notDeepEqual(kept.disagreement?.ours.envelope, kept.disagreement?.theirs?.envelope);
      fs.rmSync(folder, { recursive: true });
    });

    test('ends in one head when many follow at once', async () => {
      const { user, log, open } = await setUp(4);
      const many = await Promise.all(Array.from({ length: 12 }, () => open()));
      for (let n = 0; n < 5; n++) {
        await Promise.all(many.map((followed) => followed.refresh()));
        await grow(log, user, 1);
      }
      await Promise.all(many.map((followed) => followed.refresh()));
      for (const followed of [...many, await open()]) assert.deepEqual([followed.state.seq, followed.disagreement], [9, null]);
    });
  });
});

function bareOf(log: TestLog, seq: number): Bytes {
  const { entry, signature } = log.envelopes[seq] as Envelope;
  return encodeEnvelope({ entry, signature, attachments: new Map() });
}

/** A real process that follows a log, file by file. */
function startProgram(heads: string, space: SpaceId) {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'followed-log.child.ts'), heads, space], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async follow(file: string): Promise<{ readonly seq?: number; readonly code?: string }> {
      child.stdin.write(`${file}\n`);
      return JSON.parse((await lines.next()).value ?? `{"code":"ended"}`);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
