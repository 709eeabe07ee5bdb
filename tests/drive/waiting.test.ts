// Changes that a person makes while the server is away, against a real host: shown at once, kept, carried out, joined with what others did, and told
// where that cannot be any more. spec/drive.md "Changes that wait".
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { connect, inlinePool } from '@reprise/sdk';
import {
  type Drive,
  memoryHeadStore,
  memoryNodeCache,
  memoryWaitingStore,
  openDrive,
  type WaitingAct,
  WaitingChanges,
  type WaitingStore,
} from '@reprise/sdk/drive';
import { nodeTransport, type NodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import { DriveAccount } from '../support/drive-account.ts';
import { type Host, startHost } from '../support/server.ts';
import { contentOf, memoryFile } from './content.ts';

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
/** Nothing listens there. */
const nowhere = () => connect({ server: 'http://127.0.0.1:9', transport, attemptsMax: 1 });
const inMemory = { engine: nodeEngine, pool: inlinePool(nodeEngine) };

/** What a device keeps between two programs. */
function newDevice() {
  return { heads: memoryHeadStore(), nodes: memoryNodeCache(), store: memoryWaitingStore(), key: systemRandom(32) };
}
type Kept = ReturnType<typeof newDevice>;

async function start(account: DriveAccount, kept: Kept, isAway: boolean): Promise<{ drive: Drive; waiting: WaitingChanges }> {
  const session = isAway ? { ...account.first, connection: nowhere() } : account.first;
  const drive = await openDrive(session, { ...inMemory, heads: kept.heads, nodes: kept.nodes, asKept: isAway });
  return { drive, waiting: await WaitingChanges.open(drive, kept) };
}

/** A drive with some files that this device has read, another device of it, and this one without a network. */
async function begin(files: Readonly<Record<string, string>> = { 'a.txt': 'a', 'b.txt': 'b', 'docs/c.txt': 'c' }) {
  const account = await DriveAccount.open(connection());
  const kept = newDevice();
  const { drive } = await start(account, kept, false);
  await (
    await drive.put(
      '/',
      Object.entries(files).map(([path, text]) => memoryFile(path, text)),
    )
  ).finished;
  await contentOf(drive);
  const other = await openDrive(await account.addDevice(connection()), { ...inMemory, heads: memoryHeadStore() });
  await drive.refresh();
  return { account, kept, other, ...(await start(account, kept, true)) };
}

function namesOf(act: WaitingAct): readonly string[] {
  if (act.kind === 'move') return act.transfers.map(({ from }) => from);
  return act.kind === 'mark' || act.kind === 'remove' ? act.paths : [];
}

const names = async (drive: Drive, folder = '/') => (await Array.fromAsync(drive.list(folder))).map(({ name }) => name);

describe('without the server', () => {
  test('every act is shown at once, survives the end of the program, and is carried out when the server is there', async () => {
    const { account, kept, other, drive, waiting } = await begin();
    await waiting.makeFolder('/new');
    await waiting.move('/a.txt', '/new/z.txt');
    await waiting.move('/docs', '/papers');
    await waiting.mark(['/papers/c.txt'], { starred: true, colour: 3 });
    const [wrapper] = await waiting.remove(['/b.txt']);
    assert.deepEqual(await names(drive), ['new', 'papers']);
    assert.deepEqual(await names(drive, '/new'), ['z.txt']);
    const again = await start(account, kept, true);
    assert.deepEqual(await names(again.drive), ['new', 'papers'], 'another program of this device shows the same');
    assert.equal((await again.drive.stat('/papers/c.txt')).starred, true);
    assert.deepEqual(
      again.waiting.list.map(({ act }) => act.kind),
      ['folder', 'move', 'move', 'mark', 'remove'],
    );
    await again.waiting.restore([wrapper as string]);
    assert.deepEqual(await names(again.drive), ['b.txt', 'new', 'papers']);
    await assert.rejects(again.waiting.carryOut(), { code: 'network' });
    assert.equal(again.waiting.list.length, 6, 'what could not be sent waits on');
    assert.deepEqual(await contentOf(other), { '/a.txt': 'a', '/b.txt': 'b', '/docs/': null, '/docs/c.txt': 'c' });

    const online = await start(account, kept, false);
    assert.deepEqual(await online.waiting.carryOut(), { landed: 6, held: 0 });
    assert.deepEqual(online.waiting.list, []);
    await other.refresh();
    const now = { '/b.txt': 'b', '/new/': null, '/new/z.txt': 'a', '/papers/': null, '/papers/c.txt': 'c' };
    assert.deepEqual(await contentOf(other), now);
    assert.deepEqual(await contentOf(online.drive), now);
    assert.equal((await other.stat('/papers/c.txt')).colour, 3);
    assert.deepEqual(await Array.fromAsync(other.trash()), []);
    const bare = await openDrive(await account.addDevice(connection()), { ...inMemory, heads: memoryHeadStore() });
    assert.deepEqual(await contentOf(bare), now, 'everything the tree needs is at the server');
  });

  test('a record that cannot be read is counted and stays until the person drops it', async () => {
    const { account, kept, waiting } = await begin();
    await waiting.makeFolder('/one');
    await waiting.makeFolder('/two');
    const [{ id } = { id: '' }] = waiting.list;
    let isDamaged = true;
    const damaged: WaitingStore = {
      ...kept.store,
      records: async (space) =>
        (await kept.store.records(space)).map((row) =>
          isDamaged && row.id === id ? { ...row, sealed: row.sealed.map((byte, i) => (i === 60 ? byte ^ 1 : byte)) } : row,
        ),
    };
    const { waiting: later } = await start(account, { ...kept, store: damaged }, true);
    assert.deepEqual([later.list.length, later.unreadable], [1, [id]]);
    isDamaged = false;
    await later.reload();
    assert.deepEqual([later.list.length, later.unreadable], [2, []], 'nothing was thrown away');
    isDamaged = true;
    await later.reload();
    await later.drop(later.unreadable);
    isDamaged = false;
    await later.reload();
    assert.equal(later.list.length, 1);
  });

  test('changes that cannot be read take the room of others, until they are dropped', async () => {
    const { account, kept } = await begin();
    const unreadable = Array.from({ length: 1_000 }, (_, i) => ({ id: String(i).padStart(6, '0'), sealed: systemRandom(300) }));
    let full = unreadable;
    const store: WaitingStore = {
      ...kept.store,
      records: async (space) => [...full, ...(await kept.store.records(space))],
      drop: async () => void (full = []),
    };
    const { waiting } = await start(account, { ...kept, store }, true);
    assert.equal(waiting.unreadable.length, 1_000);
    await assert.rejects(waiting.makeFolder('/one more'), { code: 'limit-exceeded' });
    await waiting.drop(waiting.unreadable);
    await waiting.makeFolder('/one more');
    assert.equal(waiting.list.length, 1);
  });

  test('what is read while a change is being kept stays readable', async () => {
    const { account, kept, other, waiting } = await begin();
    await waiting.makeFolder('/mine');
    await other.makeFolder('/theirs');
    let seen: Awaited<ReturnType<WaitingChanges['view']>> | undefined;
    const slow: WaitingStore = {
      ...kept.store,
      save: async (...record) => {
        await kept.store.save(...record);
        await online.waiting.reload();
        seen = await online.waiting.view();
      },
    };
    const online = await start(account, { ...kept, store: slow }, false);
    await online.drive.refresh();
    await online.waiting.makeFolder('/more');
    assert.ok(seen);
    const shown = await Array.fromAsync(seen.entries(seen.rootEntry()), ({ name }) => name);
    assert.ok(shown.includes('mine') && shown.includes('theirs'), shown.join(' '));
  });

  test('names that are taken and paths that are not there are refused at once, as ever', async () => {
    const { waiting } = await begin();
    await assert.rejects(waiting.makeFolder('/docs'), { code: 'path-taken' });
    await assert.rejects(waiting.move('/a.txt', '/b.txt'), { code: 'path-taken' });
    await assert.rejects(waiting.remove(['/nothing']), { code: 'path-not-found' });
    await assert.rejects(waiting.move('/docs', '/docs/in/itself'), { code: /into-itself|path-not-found/ });
    assert.deepEqual(waiting.list, []);
  });

  test('a record opens under the key of its device alone; another one leaves it', async () => {
    const { account, kept, waiting } = await begin();
    await waiting.makeFolder('/mine');
    for (const { sealed } of await kept.store.records(account.homeSpace)) assert.ok(!Buffer.from(sealed).includes('mine'));
    const stranger = await start(account, { ...kept, key: systemRandom(32) }, true);
    assert.deepEqual([stranger.waiting.list.length, stranger.waiting.unreadable.length], [0, 1]);
    assert.equal((await kept.store.records(account.homeSpace)).length, 1, 'it is not thrown away unread');
  });
});

describe('what waited is joined with what others did', () => {
  test('both changes stand', async () => {
    const { account, kept, other, waiting } = await begin();
    await waiting.move('/docs', '/papers');
    await waiting.makeFolder('/papers/deep');
    await waiting.move('/b.txt', '/papers/deep/b.txt');
    await (await other.put('/docs', [memoryFile('d.txt', 'd')])).finished;
    await (await other.put('/', [memoryFile('b.txt', 'b2')], { onTaken: 'version' })).finished;
    await other.move('/a.txt', '/e.txt');
    const online = await start(account, kept, false);
    assert.deepEqual(await online.waiting.carryOut(), { landed: 3, held: 0 });
    await other.refresh();
    assert.deepEqual(await contentOf(other), {
      '/e.txt': 'a',
      '/papers/': null,
      '/papers/c.txt': 'c',
      '/papers/d.txt': 'd',
      '/papers/deep/': null,
      '/papers/deep/b.txt': 'b2',
    });
  });

  test('what is gone, moved or edited elsewhere is held and told, changes nothing, and can be dropped; the rest is carried out', async () => {
    const { account, kept, other, waiting } = await begin({
      'gone.txt': '1',
      'renamed.txt': '2',
      'edited.txt': '3',
      'far/x.txt': '4',
      'ok.txt': '5',
    });
    await waiting.mark(['/gone.txt'], { starred: true });
    await waiting.move('/renamed.txt', '/mine.txt');
    await waiting.remove(['/edited.txt']);
    await waiting.move('/ok.txt', '/far/ok.txt');
    await waiting.makeFolder('/good');
    await other.remove(['/gone.txt', '/far']);
    await other.move('/renamed.txt', '/theirs.txt');
    await (await other.put('/', [memoryFile('edited.txt', '3+')], { onTaken: 'version' })).finished;
    const online = await start(account, kept, false);
    assert.deepEqual(await online.waiting.carryOut(), { landed: 1, held: 4 });
    assert.deepEqual(
      online.waiting.list.map(({ act, held }) => [act.kind, held]),
      [
        ['mark', 'gone'],
        ['move', 'moved'],
        ['remove', 'changed'],
        ['move', 'gone'],
      ],
    );
    const now = { '/edited.txt': '3+', '/good/': null, '/ok.txt': '5', '/theirs.txt': '2' };
    assert.deepEqual(await contentOf(online.drive), now, 'what is held is not shown as done');
    await other.refresh();
    assert.deepEqual(await contentOf(other), now);
    const seq = online.drive.seq;
    assert.deepEqual(await online.waiting.carryOut(), { landed: 0, held: 0 }, 'it is not tried again by itself');
    await online.waiting.drop(online.waiting.list.map(({ id }) => id));
    assert.deepEqual([online.waiting.list, online.drive.seq], [[], seq]);
    assert.deepEqual(await kept.store.records(account.homeSpace), []);
  });

  test('of several entries acted on at once each that can goes on, and the others are held by their reasons', async () => {
    const { account, kept, other, waiting } = await begin({
      'gone.txt': '1',
      'renamed.txt': '2',
      'edited.txt': '3',
      'fine.txt': '4',
      'docs/also.txt': '5',
      'thrown.txt': '6',
    });
    await waiting.mark(['/gone.txt', '/fine.txt'], { starred: true });
    await waiting.remove(['/renamed.txt', '/edited.txt', '/docs/also.txt', '/thrown.txt']);
    await waiting.moveAll([
      { from: '/gone.txt', to: '/docs/gone.txt' },
      { from: '/fine.txt', to: '/docs/fine.txt' },
    ]);
    await other.remove(['/gone.txt', '/thrown.txt']);
    await other.move('/renamed.txt', '/theirs.txt');
    await (await other.put('/', [memoryFile('edited.txt', '3+')], { onTaken: 'version' })).finished;
    const online = await start(account, kept, false);
    assert.deepEqual(await online.waiting.carryOut(), { landed: 3, held: 4 });
    const told = () => online.waiting.list.map(({ act, held }) => [held, ...namesOf(act)]);
    assert.deepEqual(told().toSorted(), [
      ['changed', '/edited.txt'],
      ['gone', '/gone.txt'],
      ['gone', '/gone.txt'],
      ['moved', '/renamed.txt'],
    ]);
    const now = { '/docs/': null, '/docs/fine.txt': '4', '/edited.txt': '3+', '/theirs.txt': '2' };
    assert.deepEqual(await contentOf(online.drive), now);
    assert.equal((await online.drive.stat('/docs/fine.txt')).starred, true);
    await other.refresh();
    assert.deepEqual(await contentOf(other), now);
    assert.deepEqual(await online.waiting.carryOut(), { landed: 0, held: 0 });
    await online.waiting.makeFolder('/later');
    assert.deepEqual(online.waiting.list.at(-1)?.act, { kind: 'folder', path: '/later' }, 'what comes later stands behind all of it');
    assert.equal(told().length, 5);
  });

  test('what others did already is not done twice', async () => {
    const { account, kept, other, waiting } = await begin();
    await waiting.remove(['/a.txt']);
    await waiting.move('/b.txt', '/docs/b.txt');
    await other.remove(['/a.txt']);
    await other.move('/b.txt', '/docs/b.txt');
    const online = await start(account, kept, false);
    await online.drive.refresh();
    const seq = online.drive.seq;
    assert.deepEqual(await online.waiting.carryOut(), { landed: 2, held: 0 });
    assert.equal(online.drive.seq, seq);
    assert.equal((await Array.fromAsync(online.drive.trash())).length, 1);
  });

  test('one that is dropped leaves those after it as they can stand', async () => {
    const { account, kept, waiting } = await begin();
    await waiting.move('/a.txt', '/first.txt');
    await waiting.move('/b.txt', '/second.txt');
    await waiting.drop([waiting.list[0]!.id]);
    const online = await start(account, kept, false);
    assert.deepEqual(await names(online.drive), ['a.txt', 'docs', 'second.txt']);
    await online.waiting.carryOut();
    assert.deepEqual(await names(online.drive), ['a.txt', 'docs', 'second.txt']);
  });
});

describe('a program that ends, and two of them', () => {
  test('a commit that landed before its record was dropped is not made again', async () => {
    const { account, kept, waiting } = await begin();
    await waiting.makeFolder('/new');
    await waiting.remove(['/a.txt']);
    await waiting.move('/b.txt', '/new/b.txt');
    const dying: WaitingStore = { ...kept.store, drop: () => Promise.reject(new Error('the program ended')) };
    for (let i = 0; i < 3; i++) {
      const online = await start(account, { ...kept, store: dying }, false);
      await assert.rejects(online.waiting.carryOut(), /the program ended/);
    }
    const online = await start(account, kept, false);
    await online.drive.refresh();
    const seq = online.drive.seq;
    assert.deepEqual(await online.waiting.carryOut(), { landed: 3, held: 0 });
    assert.equal(online.drive.seq, seq + 2, 'the first of the three had landed');
    assert.deepEqual(await contentOf(online.drive), { '/docs/': null, '/docs/c.txt': 'c', '/new/': null, '/new/b.txt': 'b' });
    assert.equal((await Array.fromAsync(online.drive.trash())).length, 1);
  });

  test('two programs of one device add to one list, and each change is carried out once', async () => {
    const { account, kept, waiting } = await begin();
    const second = await start(account, kept, true);
    await Promise.all([waiting.makeFolder('/one'), second.waiting.makeFolder('/two'), waiting.makeFolder('/three')]);
    await second.waiting.move('/one', '/three/one');
    await waiting.reload();
    assert.equal(waiting.list.length, 4);
    const [a, b] = [await start(account, kept, false), await start(account, kept, false)];
    const before = a.drive.seq;
    const outcomes = await Promise.all([a.waiting.carryOut(), b.waiting.carryOut()]);
    assert.equal(outcomes[0].landed + outcomes[1].landed, 4);
    await Promise.all([a.drive.refresh(), b.drive.refresh()]);
    assert.equal(a.drive.seq, before + 4);
    assert.deepEqual(await contentOf(a.drive), await contentOf(b.drive));
    assert.deepEqual(await names(a.drive, '/three'), ['one']);
  });
});
