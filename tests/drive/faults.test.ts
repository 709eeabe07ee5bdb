// What a drive survives: programs that end between any two steps, allowances that run out, servers that come back from an old backup.
// Every story ends by comparing all content.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { connect, inlinePool, type JournalStore, type Transport } from '@reprise/sdk';
import { type Drive, type HeadStore, openDrive, type OpenDriveOptions } from '@reprise/sdk/drive';
import { headFiles, journalFile, nodeTransport, type NodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { DriveAccount } from '../support/drive-account.ts';
import { type Host, startHost } from '../support/server.ts';
import { contentOf, memoryFile } from './content.ts';
import { countingTransport } from './counting.ts';

let host: Host;
let transport: NodeTransport;
let scratch: string;
before(async () => {
  host = await startHost({ env: { REPRISE_ACCOUNT_BYTES_MAX: '3000000' } });
  transport = nodeTransport();
  scratch = mkdtempSync(join(tmpdir(), 'reprise-faults-'));
});
after(async () => {
  transport?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

const connection = (through: Transport = transport, url = host.url) => connect({ server: url, transport: through, attemptsMax: 1 });
const newHeads = (): HeadStore => headFiles(mkdtempSync(join(scratch, 'heads-')));
const options = (heads: HeadStore): OpenDriveOptions => ({ engine: nodeEngine, pool: inlinePool(nodeEngine), heads });

/** Acts that a program may be ended in; each is made again by the next run, which finds what is there. */
const acts: readonly (readonly [string, (drive: Drive) => Promise<unknown>])[] = [
  ['a new folder', (drive) => drive.makeFolder('/made', { parents: true })],
  [
    'files',
    async (drive) => (await drive.put('/in', [memoryFile('x.txt', 'x'), memoryFile('y/z.txt', 'z')], { onTaken: 'version' })).finished,
  ],
  ['a move', (drive) => unless(drive, '/to.txt', () => drive.move('/from.txt', '/to.txt'))],
  ['a removal', async (drive) => ((await isThere(drive, '/gone.txt')) ? drive.remove(['/gone.txt']) : undefined)],
  ['a mark', (drive) => drive.mark(['/marked.txt'], { starred: true })],
  ['a link', async (drive) => linkOnce(drive)],
];

async function isThere(drive: Drive, path: string): Promise<boolean> {
  return drive.stat(path).then(
    () => true,
    (error: { code?: string }) => {
      if (error.code !== 'path-not-found') throw error;
      return false;
    },
  );
}

async function unless(drive: Drive, path: string, act: () => Promise<unknown>): Promise<void> {
  if (!(await isThere(drive, path))) await act();
}

async function linkOnce(drive: Drive): Promise<void> {
  const [link] = await drive.links.list();
  if (!link) await drive.links.create('/marked.txt');
  else if (!link.isLive || link.opened >= 0) await drive.links.finish(link.id);
}

describe('a program that ends between any two requests', () => {
  for (const [name, act] of acts) {
    for (const breaks of ['before', 'after'] as const) {
      test(`in ${name}, ${breaks} each of them, leaves a drive that the next run completes`, async () => {
        const account = await DriveAccount.open(connection());
        const heads = newHeads();
        const first = await openDrive(account.first, options(heads));
        const files = ['from.txt', 'gone.txt', 'marked.txt'].map((path) => memoryFile(path, path));
        await (await first.put('/', files)).finished;
        let done = false;
        let steps = 0;
        for (; !done; steps++) {
          assert.ok(steps < 40, 'an act has an end');
          const counting = countingTransport(transport);
          const drive = await openDrive({ ...account.first, connection: connection(counting.transport) }, options(heads));
          counting.breakAfter = steps;
          counting.breaks = breaks;
          done = await act(drive).then(
            () => true,
            (error: { code?: string }) => {
              assert.equal(error.code, 'cancelled');
              return false;
            },
          );
        }
        assert.ok(steps > 1, `${steps} steps`);
        const last = await openDrive(account.first, options(heads));
        assert.equal(last.disagreement, null);
        const expected = {
          '/from.txt': 'from.txt',
          '/gone.txt': 'gone.txt',
          '/marked.txt': 'marked.txt',
          ...(name === 'a new folder' && { '/made/': null }),
          ...(name === 'files' && { '/in/': null, '/in/x.txt': 'x', '/in/y/': null, '/in/y/z.txt': 'z' }),
          ...(name === 'a move' && { '/to.txt': 'from.txt' }),
        } as Record<string, string | null>;
        if (name === 'a move') delete expected['/from.txt'];
        if (name === 'a removal') delete expected['/gone.txt'];
        assert.deepEqual(await contentOf(last), expected);
        if (name === 'a link')
          assert.deepEqual(
            (await last.links.list()).map((link) => link.isLive),
            [true],
          );
      });
    }
  }
});

describe('an allowance that runs out in the middle', () => {
  test('stops the upload with what is missing, and it goes on where it stood once there is room', async () => {
    const account = await DriveAccount.open(connection());
    const drive = await openDrive(account.first, options(newHeads()));
    const ballast = systemRandom(1_500_000);
    await (await drive.put('/', [memoryFile('ballast.bin', ballast)])).finished;
    const parts = [0, 1, 2, 3].map((n) => memoryFile(`part${n}.bin`, systemRandom(600_000), 1_700_000_000_000 + n));
    const contents = await Promise.all(parts.map(async (item) => readAll(item)));
    const file = join(scratch, 'journal');
    const key = systemRandom(32);
    const store: JournalStore = journalFile(file);
    const upload = await drive.put('/new', parts, { journal: { store, key }, lanes: 1, partBytesMax: 700_000 });
    await assert.rejects(upload.finished, (error: { code?: string; facts?: { missingBytes?: number } }) => {
      assert.equal(error.code, 'over-quota');
      assert.ok((error.facts?.missingBytes ?? 0) > 0);
      return true;
    });
    assert.equal(upload.progress().phase, 'failed');
    const sent = upload.rows.filter((row) => row.phase === 'sent').length;
    assert.ok(sent > 0 && sent < 4, `${sent} sent`);
    assert.deepEqual(Object.keys(await contentOf(drive)), ['/ballast.bin']);
    // Another run on the same machine, with fewer files: what was sent is not sent again.
    const counting = countingTransport(transport);
    const again = await openDrive({ ...account.first, connection: connection(counting.transport) }, options(newHeads()));
    counting.sentBytes = 0;
    const resumed = await again.put('/new', parts.slice(0, sent), { journal: { store: journalFile(file), key } });
    assert.equal(resumed.isResumed, true);
    await resumed.finished;
    assert.ok(counting.sentBytes < 100_000, `${counting.sentBytes} bytes`);
    const content = await contentOf(again);
    for (let n = 0; n < sent; n++) assert.equal(content[`/new/part${n}.bin`], Buffer.from(contents[n]!).toString('base64'));
    assert.equal(content['/ballast.bin'], Buffer.from(ballast).toString('base64'));
  });
});

async function readAll(item: ReturnType<typeof memoryFile>): Promise<Uint8Array> {
  const source = await item.open();
  const bytes = new Uint8Array(item.size);
  await source.read(0, bytes);
  return bytes;
}

describe('a server that is restored from a backup', () => {
  test('is told from the one before: writing stops, everything known stays readable, and a person may go on from it', async () => {
    const dataFolder = join(scratch, 'data');
    let own = await startHost({ dataFolder });
    const { port } = own;
    try {
      const account = await DriveAccount.open(connection(transport, own.url));
      const heads = newHeads();
      const drive = await openDrive(account.first, options(heads));
      await (await drive.put('/', [memoryFile('old.txt', 'old')])).finished;
      const old = await contentOf(drive);
      await own.stop();
      cpSync(dataFolder, `${dataFolder}-backup`, { recursive: true });
      own = await startHost({ dataFolder, port });
      await (await drive.put('/', [memoryFile('new.txt', 'new')])).finished;
      const seq = drive.seq;
      await own.stop();
      rmSync(dataFolder, { recursive: true });
      cpSync(`${dataFolder}-backup`, dataFolder, { recursive: true });
      own = await startHost({ dataFolder, port });

      await assert.rejects(drive.refresh(), { code: 'drive-frozen' });
      const again = await openDrive(account.first, options(heads));
      assert.equal(again.disagreement?.reason, 'rollback');
      assert.deepEqual([again.disagreement?.ours.seq, again.seq], [seq, seq]);
      assert.ok((again.disagreement?.theirs?.seq ?? seq) < seq);
      await assert.rejects(again.makeFolder('/x'), { code: 'drive-frozen' });
      await assert.rejects(again.put('/', [memoryFile('x', 'x')]), { code: 'drive-frozen' });
      await assert.rejects(again.links.create('/old.txt'), { code: 'drive-frozen' });
      // A device that is not told stays frozen over every restart.
      assert.ok((await openDrive(account.first, options(heads))).disagreement);

      await again.adoptServersHistory();
      assert.equal(again.disagreement, null);
      assert.deepEqual(await contentOf(again), old);
      await (await again.put('/', [memoryFile('new.txt', 'new')])).finished;
      const last = await openDrive(account.first, options(heads));
      assert.deepEqual(await contentOf(last), { ...old, '/new.txt': 'new' });
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });
});
