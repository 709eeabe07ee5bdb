// A hostile server shows a drive what it likes: older, other and withheld histories, planted entries, changed roots, nodes and chunks.
// Whatever it does, the client's state is one it had accepted or a signed successor, nothing wrong is shown, and once the server is
// honest again all content is there. spec/log.md, spec/drive.md.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import {
  decodeEntry,
  decodeEnvelope,
  encodeEnvelope,
  entryId,
  importSigningKey,
  joinEnvelopes,
  signatureLabels,
  sign,
  splitEnvelopes,
} from '@reprise/protocol/formats';
import { connect, inlinePool } from '@reprise/sdk';
import {
  type Drive,
  type HeadStore,
  memoryHeadStore,
  memoryWaitingStore,
  openDrive,
  type OpenDriveOptions,
  readSyncStates,
  saySyncState,
  syncHeartbeatMs,
  WaitingChanges,
} from '@reprise/sdk/drive';
import { nodeTransport, type NodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { contentOf, memoryFile } from '../drive/content.ts';
import { openCli } from '../support/cli.ts';
import { DriveAccount } from '../support/drive-account.ts';
import { type Host, startHost } from '../support/server.ts';
import { type Mutation, type Mutator, startMutator } from './mutator.ts';

let host: Host;
let evil: Mutator;
let transport: NodeTransport;
let scratch: string;
before(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'reprise-evil-drive-'));
  host = await startHost({ dataFolder: join(scratch, 'data') });
  evil = await startMutator(host.url);
  transport = nodeTransport();
});
after(async () => {
  transport?.[Symbol.dispose]();
  await evil?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});
beforeEach(() => evil.mutate(null));

const connection = (url = evil.url) => connect({ server: url, transport, attemptsMax: 1 });
const options = (heads: HeadStore): OpenDriveOptions => ({ engine: nodeEngine, pool: inlinePool(nodeEngine), heads });

const isLog = (path: string) => path.endsWith('/log/read');
const isAppend = (path: string) => path.endsWith('/log');
const isHead = (path: string) => path.endsWith('/head');
const isObject = (path: string) => path.startsWith('/api/v1/places/');

type Story = { account: DriveAccount; heads: HeadStore; drive: Drive; seq: number; content: Record<string, string | null> };

async function begin(): Promise<Story> {
  const account = await DriveAccount.open(connection());
  const heads = memoryHeadStore();
  const drive = await openDrive(account.first, options(heads));
  await (await drive.put('/', [memoryFile('a.txt', 'a'), memoryFile('docs/b.txt', 'b')])).finished;
  await drive.makeFolder('/later');
  return { account, heads, drive, seq: drive.seq, content: await contentOf(drive) };
}

/** The server is honest again: the same device and a new one see all that was there. */
async function assertWhole({ account, heads, content }: Story): Promise<void> {
  evil.mutate(null);
  const again = await openDrive(account.first, options(heads));
  assert.equal(again.disagreement, null);
  assert.deepEqual(await contentOf(again), content);
  const other = await openDrive(await account.addDevice(connection()), options(memoryHeadStore()));
  assert.deepEqual(await contentOf(other), content);
}

const onPath =
  (wants: (path: string) => boolean, change: (body: Buffer) => Buffer): Mutation =>
  ({ path, status, body }) =>
    wants(path) && status === 200 ? change(body) : body;

describe('a hostile server of a drive', () => {
  test('that shows an older head is found out, writes nothing, and is forgiven when it shows the newer one', async () => {
    const story = await begin();
    const { drive, seq } = story;
    const [genesis] = splitEnvelopes(await readLog(story, 0));
    const older = await entryId(decodeEnvelope(genesis as Uint8Array).entry);
    evil.mutate(({ path, status, body }) => {
      if (status !== 200) return body;
      if (isHead(path)) return Buffer.from(JSON.stringify({ seq: 0, head: Buffer.from(older).toString('hex'), epoch: 1, largeSweeps: [] }));
      if (!isLog(path)) return body;
      const kept = splitEnvelopes(body).filter((bytes) => bytes.every((byte, i) => byte === genesis?.[i]));
      return Buffer.from(joinEnvelopes(kept));
    });
    await assert.rejects(drive.refresh(), { code: 'drive-frozen', facts: { reason: 'rollback', ours: seq, theirs: 0 } });
    await assert.rejects(drive.makeFolder('/x'), { code: 'drive-frozen' });
    await assert.rejects(drive.put('/', [memoryFile('x', 'x')]), { code: 'drive-frozen' });
    assert.deepEqual(await contentOf(drive), story.content);
    const restarted = await openDrive(story.account.first, options(story.heads));
    assert.equal(restarted.seq, seq);
    assert.equal(restarted.disagreement?.reason, 'rollback');
    await assertWhole(story);
  });

  test('that shows an older head while changes wait on a device changes nothing: they wait on, and land when it is honest', async () => {
    const story = await begin();
    const kept = { store: memoryWaitingStore(), key: systemRandom(32) };
    const waiting = await WaitingChanges.open(story.drive, kept);
    await waiting.move('/a.txt', '/docs/a.txt');
    await waiting.remove(['/later']);
    const shown = { '/docs/': null, '/docs/a.txt': 'a', '/docs/b.txt': 'b' };
    const [genesis] = splitEnvelopes(await readLog(story, 0));
    const older = await entryId(decodeEnvelope(genesis as Uint8Array).entry);
    let appends = 0;
    evil.mutate(({ path, status, body }) => {
      if (isAppend(path)) appends++;
      if (status !== 200) return body;
      if (isHead(path)) return Buffer.from(JSON.stringify({ seq: 0, head: Buffer.from(older).toString('hex'), epoch: 1, largeSweeps: [] }));
      return isLog(path) ? Buffer.from(joinEnvelopes([genesis as Uint8Array])) : body;
    });
    for (let i = 0; i < 2; i++) await assert.rejects(waiting.carryOut(), { code: 'drive-frozen' });
    await assert.rejects(waiting.makeFolder('/x'), { code: 'drive-frozen' });
    assert.equal(appends, 0, 'nothing is written on what it shows');
    assert.equal(waiting.list.length, 2);
    assert.deepEqual(await contentOf(story.drive), shown);
    assert.equal(story.drive.seq, story.seq);
    evil.mutate(null);
    const again = await openDrive(story.account.first, options(story.heads));
    assert.deepEqual(await contentOf(again), story.content);
    const after = await WaitingChanges.open(again, kept);
    assert.deepEqual(await after.carryOut(), { landed: 2, held: 0 });
    await assertWhole({ ...story, content: shown });
  });

  test('that shows another history is found out, and what both signed is kept as evidence', async () => {
    const story = await begin();
    await host.stop();
    cpSync(join(scratch, 'data'), join(scratch, 'fork'), { recursive: true });
    host = await startHost({ dataFolder: join(scratch, 'data'), port: host.port });
    const forked = await startHost({ dataFolder: join(scratch, 'fork') });
    try {
      // The other history is signed by the account's own device: the server kept it from the first.
      const there = await openDrive({ ...story.account.first, connection: connection(forked.url) }, options(memoryHeadStore()));
      await there.makeFolder('/elsewhere');
      await story.drive.makeFolder('/here');
      const content = await contentOf(story.drive);
      const led = await openDrive({ ...story.account.first, connection: connection(forked.url) }, options(story.heads));
      const { disagreement } = led;
      assert.equal(disagreement?.reason, 'fork');
      assert.equal(disagreement?.ours.seq, disagreement?.theirs?.seq);
      assert.notDeepEqual(disagreement?.ours.envelope, disagreement?.theirs?.envelope);
      await assert.rejects(led.makeFolder('/x'), { code: 'drive-frozen' });
      assert.deepEqual(await contentOf(story.drive), content);
      await assertWhole({ ...story, content });
    } finally {
      await forked[Symbol.asyncDispose]();
    }
  });

  test('that keeps back what a device says now, or shows what it said before, never makes it look in step', async () => {
    const story = await begin();
    const { drive, account } = story;
    const session = await account.addDevice(connection());
    const speaker = await openDrive(session, options(memoryHeadStore()));
    const none = { removals: 0, conflicts: 0, fullDisk: 0, others: 0 };
    const said = { root: '11'.repeat(16), folder: '/a', drivePath: '/', state: 'in-step', holds: none } as const;
    const nowMs = Date.now();
    await saySyncState(speaker, said, nowMs);
    await drive.refresh();
    const stands = async (of: Drive, atMs: number) => (await readSyncStates(of, atMs)).map(({ state, isFresh }) => [state, isFresh]);
    assert.deepEqual(await stands(drive, nowMs), [['in-step', true]]);
    const seen = drive.seq;

    // Withheld: the word that it stopped never comes, and the one before grows old by the reader's own clock.
    await saySyncState(
      await openDrive(account.through(session, connection(host.url)), options(memoryHeadStore())),
      { ...said, state: 'stopped' },
      nowMs + 60_000,
    );
    const until =
      (last: number): Mutation =>
      ({ path, status, body }) => {
        if (status !== 200 || !isLog(path)) return body;
        return Buffer.from(joinEnvelopes(splitEnvelopes(body).filter((bytes) => decodeEntry(decodeEnvelope(bytes).entry).seq <= last)));
      };
    evil.mutate(until(seen));
    await drive.refresh().catch(() => undefined);
    assert.equal(drive.seq, seen);
    assert.deepEqual(await stands(drive, nowMs + syncHeartbeatMs + 30 * 60_000 + 1), [['in-step', false]]);

    // Shown again: who has heard the newer word keeps it.
    evil.mutate(null);
    await drive.refresh();
    assert.deepEqual(await stands(drive, nowMs), [['stopped', true]]);
    evil.mutate(until(seen));
    await drive.refresh().catch(() => undefined);
    assert.deepEqual(await stands(drive, nowMs), [['stopped', true]]);

    // A device that was revoked says nothing any more, whatever stands in the list.
    evil.mutate(null);
    await account.revoke(session.deviceId, connection());
    await drive.refresh();
    assert.deepEqual(await stands(drive, nowMs), []);
  });

  test('that keeps newer entries back cannot make anybody write over them', async () => {
    const story = await begin();
    const other = await openDrive(await story.account.addDevice(connection()), options(memoryHeadStore()));
    await other.makeFolder('/from-the-other');
    const known = story.drive.seq;
    evil.mutate(({ path, status, body }) => {
      if (!isLog(path) || status !== 200) return body;
      return Buffer.from(joinEnvelopes(splitEnvelopes(body).slice(0, 1)));
    });
    await story.drive.refresh();
    assert.equal(story.drive.seq, known);
    await assert.rejects(story.drive.makeFolder('/mine'), { code: 'bad-answer' });
    evil.mutate(null);
    await story.drive.makeFolder('/mine');
    await assertWhole({ ...story, content: { ...story.content, '/from-the-other/': null, '/mine/': null } });
  });

  const plants: readonly (readonly [string, (newest: Buffer) => Promise<Uint8Array>])[] = [
    ['noise', async () => systemRandom(700)],
    ['the newest entry once more', async (newest) => newest],
    [
      'an entry signed by a device that the account does not know',
      async (newest) => {
        const { entry, attachments } = decodeEnvelope(newest);
        const stranger = await importSigningKey(systemRandom(32));
        return encodeEnvelope({ entry, attachments, signature: await sign(signatureLabels.log, stranger, entry) });
      },
    ],
  ];
  for (const [what, make] of plants) {
    test(`that plants ${what} is refused`, async () => {
      const story = await begin();
      const newest = Buffer.from(splitEnvelopes(await readLog(story, story.seq))[0] as Uint8Array);
      const planted = await make(newest);
      evil.mutate(onPath(isLog, (body) => Buffer.concat([body, Buffer.from(joinEnvelopes([planted]))])));
      await assert.rejects(story.drive.refresh(), { code: 'log-refused' });
      assert.equal(story.drive.seq, story.seq);
      assert.equal(story.drive.disagreement, null);
      assert.deepEqual(await contentOf(story.drive), story.content);
      await assertWhole(story);
    });
  }

  test('that changes any byte of an entry is refused, and the state before stays', async () => {
    const story = await begin();
    const { account } = story;
    const [body] = [Buffer.from(await readLog(story, story.seq))];
    for (let at = 4; at < body.length; at += 37) {
      evil.mutate(onPath(isLog, (page) => flip(page, page.length - body.length + at)));
      await assert.rejects(openDrive(account.first, options(memoryHeadStore())), (error: { code?: string }) => {
        assert.ok(['log-refused', 'drive-frozen', 'bad-answer', 'bad-object'].includes(error.code ?? ''), `byte ${at}: ${error.code}`);
        return true;
      });
    }
    await assertWhole(story);
  });

  test('that changes, cuts, swaps or withholds nodes and chunks shows nothing of them', async () => {
    const story = await begin();
    const seen: Buffer[] = [];
    const changes: readonly (readonly [string, (body: Buffer) => Buffer])[] = [
      ['a flipped bit', (body) => flip(body, body.length - 20)],
      ['a byte cut off', (body) => body.subarray(0, -1)],
      ['nothing at all', () => Buffer.alloc(0)],
      ['a byte too many', (body) => Buffer.concat([body, Buffer.of(0)])],
      [
        'another object of the drive',
        (body) => {
          seen.push(body);
          return seen.find((other) => other.length === body.length && !other.equals(body)) ?? flip(body, 50);
        },
      ],
    ];
    for (const [what, change] of changes) {
      const drive = await openDrive(story.account.first, options(memoryHeadStore()));
      evil.mutate(onPath(isObject, change));
      await assert.rejects(contentOf(drive), (error: { code?: string }) => {
        assert.ok(['reject', 'object-missing', 'bad-answer', 'stalled', 'network'].includes(error.code ?? ''), `${what}: ${error.code}`);
        return true;
      });
      await assert.rejects(drive.move('/a.txt', '/moved.txt'), `${what}: nothing is written on a tree that cannot be read`);
      evil.mutate(null);
    }
    await assertWhole(story);
  });

  test('that hands out the entries of another account is refused', async () => {
    const story = await begin();
    const stranger = await begin();
    // Entries of another account, handed out as if they were this one's.
    const strangerPage = Buffer.from(await readLog(stranger, 0));
    evil.mutate(onPath(isLog, (body) => Buffer.concat([body, strangerPage])));
    await assert.rejects(story.drive.refresh(), { code: 'log-refused' });
    await assertWhole(story);
    await assertWhole(stranger);
  });

  test('that lies about what is live is told apart from loss, and ends nothing that is needed', async () => {
    const story = await begin();
    evil.mutate(({ path, status, body }) => {
      if (status !== 200) return body;
      if (path.endsWith('/audit'))
        return Buffer.from(JSON.stringify({ ...JSON.parse(body.toString()), buckets: Array.from({ length: 256 }, (_, i) => i) }));
      return path.endsWith('/live') ? Buffer.alloc(0) : body;
    });
    const report = await story.drive.sweep();
    assert.equal(report.ended, 0);
    assert.ok(report.lost.length >= 4, 'every object of the tree is told as lost');
    await assertWhole(story);
  });
});

test('the command line says what the server shows, reads on, refuses to write with exit code 6, and goes on when a person says so', async () => {
  using cli = openCli(evil.url);
  await cli.run(['signup']);
  writeFileSync(join(cli.folder, 'a.txt'), 'a');
  assert.equal((await cli.run(['put', 'a.txt', '/docs'])).code, 0);
  const page = await cli.run(['mkdir', '/later']);
  assert.equal(page.code, 0, page.stderr);
  evil.mutate(({ path, status, body }) => {
    if (status !== 200) return body;
    if (isHead(path)) return Buffer.from(JSON.stringify({ seq: 0, head: '0'.repeat(64), epoch: 1, largeSweeps: [] }));
    // Whatever is asked for, only the genesis is shown.
    if (!isLog(path)) return body;
    const [first] = splitEnvelopes(body);
    return first && decodeEntry(decodeEnvelope(first).entry).seq === 0 ? Buffer.from(joinEnvelopes([first])) : Buffer.alloc(0);
  });
  const listed = await cli.run(['ls', '/docs', '--quiet']);
  assert.deepEqual([listed.code, listed.stdout.trim()], [0, 'a.txt']);
  assert.match(listed.stderr, /another history/);
  const refused = await cli.run(['mkdir', '/x', '--json']);
  assert.equal(refused.code, 6);
  assert.equal((JSON.parse(refused.lastLine) as { error: { code: string } }).error.code, 'drive-frozen');
  const put = await cli.run(['put', 'a.txt', '/x']);
  assert.equal(put.code, 6, put.stderr);
  evil.mutate(null);
  assert.equal((await cli.run(['mkdir', '/x'])).code, 0);
  assert.deepEqual((await cli.run(['ls', '/', '--quiet'])).stdout.trim().split('\n').sort(), ['docs', 'later', 'x']);
});

/** What the server says the log is, from an entry on. */
async function readLog(story: Story, from: number): Promise<Uint8Array<ArrayBuffer>> {
  const { tools } = story.drive.parts.space;
  const body = { from };
  return (await connection().call('spaces.log', { params: { space: tools.space }, device: tools.device, body })).slice();
}

function flip(body: Buffer, at: number): Buffer {
  const changed = Buffer.from(body);
  const index = Math.max(0, Math.min(at, changed.length - 1));
  changed[index] = (changed[index] as number) ^ 1;
  return changed;
}
