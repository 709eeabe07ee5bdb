// Two devices of one account at the same time: whoever comes second makes its change again on what came first, and nothing is lost.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, inlinePool } from '@reprise/sdk';
import { type Drive, memoryHeadStore, openDrive, type OpenDriveOptions } from '@reprise/sdk/drive';
import { nodeTransport, type NodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { DriveAccount } from '../support/drive-account.ts';
import { type Host, startHost } from '../support/server.ts';
import { contentOf, memoryFile } from './content.ts';

const rounds = process.env['REPRISE_LONG'] === '1' ? 1_000 : 60;

let host: Host;
let transport: NodeTransport;
before(async () => {
  host = await startHost();
  transport = nodeTransport();
});
after(async () => {
  transport?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

const connection = () => connect({ server: host.url, transport });
const options = (): OpenDriveOptions => ({ engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });

async function openTwo(): Promise<{ account: DriveAccount; a: Drive; b: Drive }> {
  const account = await DriveAccount.open(connection());
  const a = await openDrive(account.first, options());
  const b = await openDrive(await account.addDevice(connection()), options());
  return { account, a, b };
}

async function put(drive: Drive, folder: string, files: Readonly<Record<string, string>>, onTaken: 'version' | 'both' = 'version') {
  const items = Object.entries(files).map(([path, text]) => memoryFile(path, text));
  return (await drive.put(folder, items, { onTaken })).finished;
}

/** Both devices, and one that is new, see the same. */
async function settled(account: DriveAccount, ...drives: Drive[]): Promise<Record<string, string | null>> {
  const fresh = await openDrive(await account.addDevice(connection()), options());
  const content = await contentOf(fresh);
  for (const drive of drives) {
    await drive.refresh();
    assert.deepEqual(await contentOf(drive), content);
  }
  return content;
}

describe('two devices at once', () => {
  test(`commit ${rounds} times each, and every change stays`, async () => {
    const { account, a, b } = await openTwo();
    await a.makeFolder('/shared');
    await b.refresh();
    const expected: Record<string, string | null> = { '/shared/': null };
    for (let n = 0; n < rounds; n++) {
      const act = async (drive: Drive, who: string): Promise<void> => {
        const path = `/shared/${who}${n}`;
        if (n % 5 === 4) {
          await drive.move(`/shared/${who}${n - 1}`, path);
          delete expected[`/shared/${who}${n - 1}`];
          expected[path] = `${who} ${n - 1}`;
        } else if (n % 5 === 3) {
          await put(drive, '/shared', { [`${who}${n}`]: `${who} ${n}` });
          expected[path] = `${who} ${n}`;
        } else {
          await drive.makeFolder(path);
          expected[`${path}/`] = null;
        }
      };
      await Promise.all([act(a, 'a'), act(b, 'b')]);
    }
    const content = await settled(account, a, b);
    assert.deepEqual(content, Object.fromEntries(Object.entries(expected).sort(([x], [y]) => (x < y ? -1 : 1))));
  });

  test('write one file at once: both contents stay', async () => {
    const { account, a, b } = await openTwo();
    await put(a, '/', { 'a.txt': 'first' });
    await b.refresh();
    await Promise.all([put(a, '/', { 'a.txt': 'from a' }), put(b, '/', { 'a.txt': 'from b' })]);
    const content = await settled(account, a, b);
    assert.deepEqual(Object.values(content).sort(), ['from a', 'from b']);
    assert.ok('/a.txt' in content);
  });

  test('make one new name at once: both stay', async () => {
    const { account, a, b } = await openTwo();
    await Promise.all([put(a, '/new', { 'a.txt': 'from a' }, 'both'), put(b, '/new', { 'a.txt': 'from b' }, 'both')]);
    const content = await settled(account, a, b);
    assert.deepEqual(
      Object.values(content)
        .filter((text) => text !== null)
        .sort(),
      ['from a', 'from b'],
    );
  });

  test('an edit beats a deletion', async () => {
    const { account, a, b } = await openTwo();
    await put(a, '/', { 'a.txt': 'first', 'b.txt': 'b' });
    await b.refresh();
    await put(a, '/', { 'a.txt': 'edited' });
    await b.remove(['/a.txt', '/b.txt']);
    assert.deepEqual(await settled(account, a, b), { '/a.txt': 'edited' });
  });

  test('a rename beats a deletion whose bytes were swept: the server keeps them', async () => {
    const { account, a, b } = await openTwo();
    await put(a, '/', { 'a.txt': 'first', 'docs/deep/b.txt': 'b', 'keep.txt': 'k' });
    await b.refresh();
    await b.remove(['/a.txt', '/docs']);
    await b.emptyTrash();
    const swept = await b.sweep();
    assert.ok(swept.ended >= 4, `${swept.ended} ended`);
    await a.moveAll([
      { from: '/a.txt', to: '/renamed.txt' },
      { from: '/docs', to: '/papers' },
    ]);
    assert.deepEqual(await settled(account, a, b), {
      '/keep.txt': 'k',
      '/papers/': null,
      '/papers/deep/': null,
      '/papers/deep/b.txt': 'b',
      '/renamed.txt': 'first',
    });
    assert.deepEqual((await b.sweep()).lost, []);
    assert.deepEqual((await b.sweep()).lost, []);
  });

  test('move a folder and put into it at once: what is put follows the folder', async () => {
    const { account, a, b } = await openTwo();
    await put(a, '/', { 'docs/a.txt': 'a' });
    await b.refresh();
    await a.move('/docs', '/papers');
    await put(b, '/docs', { 'b.txt': 'b' });
    assert.deepEqual(await settled(account, a, b), { '/papers/': null, '/papers/a.txt': 'a', '/papers/b.txt': 'b' });
  });

  test('rename what the other edits, and move into what the other moves: both happen', async () => {
    const { account, a, b } = await openTwo();
    await put(a, '/', { 'x.txt': 'x', 'in/y.txt': 'y', 'z.txt': 'z' });
    await b.refresh();
    await put(a, '/', { 'x.txt': 'edited' });
    await b.move('/x.txt', '/renamed.txt');
    await b.refresh();
    await a.refresh();
    await a.move('/in', '/inside');
    await b.move('/z.txt', '/in/z.txt');
    await a.mark(['/inside/y.txt'], { starred: true });
    assert.deepEqual(await settled(account, a, b), {
      '/inside/': null,
      '/inside/y.txt': 'y',
      '/inside/z.txt': 'z',
      '/renamed.txt': 'edited',
    });
    assert.equal((await b.stat('/inside/y.txt')).starred, true);
  });

  test('throw away for the first time at once: one trash holds both', async () => {
    const { account, a, b } = await openTwo();
    await put(a, '/', { 'x.txt': 'x', 'y.txt': 'y', 'z.txt': 'z' });
    await b.refresh();
    await Promise.all([a.remove(['/x.txt']), b.remove(['/y.txt'])]);
    assert.deepEqual(await settled(account, a, b), { '/z.txt': 'z' });
    const items = await Array.fromAsync(a.trash());
    assert.deepEqual(items.flatMap(({ entries }) => entries.map(({ name }) => name)).sort(), ['x.txt', 'y.txt']);
  });

  test('make links at once: the list holds all of them', async () => {
    const { account, a, b } = await openTwo();
    await put(a, '/', { 'a.txt': 'a', 'b.txt': 'b' });
    await b.refresh();
    for (let n = 0; n < 3; n++)
      await Promise.all([a.links.create('/a.txt', { label: `a${n}` }), b.links.create('/b.txt', { label: `b${n}` })]);
    await settled(account, a, b);
    const labels = (await a.links.list()).map(({ label }) => label).sort();
    assert.deepEqual(labels, ['a0', 'a1', 'a2', 'b0', 'b1', 'b2']);
    assert.deepEqual((await b.links.list()).map(({ label }) => label).sort(), labels);
  });
});
