// A drive against a real host: every act of a person, from two devices, with all content compared at the end.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatHex, systemRandom } from '@reprise/kit';
import { connect, inlinePool, openLink } from '@reprise/sdk';
import { type Drive, memoryHeadStore, openDrive, type OpenDriveOptions, pushReplica, Replica } from '@reprise/sdk/drive';
import { collectFiles, journalFile, nodeTransport, type NodeTransport } from '@reprise/sdk/node';
import { rootFid } from '@reprise/vault';
import { nodeEngine } from '@reprise/vault/node';
import { DriveAccount } from '../support/drive-account.ts';
import { writeRandom } from '../support/inputs.ts';
import { type Host, startHost } from '../support/server.ts';
import { contentOf, memoryFile } from './content.ts';
import { countingTransport } from './counting.ts';

let host: Host;
let transport: NodeTransport;
let scratch: string;
before(async () => {
  host = await startHost();
  transport = nodeTransport();
  scratch = mkdtempSync(join(tmpdir(), 'reprise-drive-'));
});
after(async () => {
  transport?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

const connection = () => connect({ server: host.url, transport });
const options = (): OpenDriveOptions => ({ engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });
async function openNew(): Promise<{ account: DriveAccount; drive: Drive }> {
  const account = await DriveAccount.open(connection());
  return { account, drive: await openDrive(account.first, options()) };
}
async function put(drive: Drive, folder: string, files: Readonly<Record<string, string>>, onTaken?: 'version' | 'both' | 'skip') {
  const upload = await drive.put(
    folder,
    Object.entries(files).map(([path, text]) => memoryFile(path, text)),
    onTaken ? { onTaken } : {},
  );
  return upload.finished;
}

describe('a drive', () => {
  test('keeps what a folder that is followed has sent when another commit comes first', async () => {
    const account = await DriveAccount.open(connection());
    const counting = countingTransport(transport);
    const session = account.through(account.first, connect({ server: host.url, transport: counting.transport }));
    const drive = await openDrive(session, options());
    const other = await openDrive(await account.addDevice(connection()), options());
    const replica = await Replica.at(drive, '/');
    const bytes = systemRandom(9_000_000);
    const [item, fid] = [memoryFile('large.bin', bytes), formatHex(systemRandom(16))];
    using store = journalFile(join(scratch, 'push.journal'));
    const journal = { store, key: systemRandom(32) };
    const push = async (isUnchanged: () => Promise<void>) => {
      const from = { parent: formatHex(rootFid), from: null, isExecutable: false } as const;
      const edit = { kind: 'put', fid, name: 'large.bin', content: { kind: 'sent', file: 'large.bin' }, ...from } as const;
      const files = [{ ...item, digest: null }];
      const before = counting.sentBytes;
      const head = await replica.head();
      const wish = { head, edits: [edit], files, revived: new Set<string>(), placeOf: () => undefined, isUnchanged, journal };
      return { committed: await pushReplica(replica, wish), sentBytes: counting.sentBytes - before };
    };
    const lost = await push(() => other.makeFolder('/first').then(() => undefined));
    assert.equal(lost.committed, null);
    assert.ok(lost.sentBytes > bytes.length);
    await drive.refresh();
    const won = await push(async () => undefined);
    assert.ok(won.committed);
    assert.ok(won.sentBytes < 100_000, `${won.sentBytes} bytes were sent again`);
    await other.refresh();
    assert.deepEqual(await contentOf(other), { '/first/': null, '/large.bin': Buffer.from(bytes).toString('base64') });
  });

  test('begins empty, takes files and folders, and gives them back on another device', async () => {
    const { account, drive } = await openNew();
    assert.deepEqual(await contentOf(drive), {});
    writeRandom(join(scratch, 'trip', 'a.bin'), 5_000_000);
    writeRandom(join(scratch, 'trip', 'deep', 'b.bin'), 300_000);
    const upload = await drive.put('/photos', collectFiles([join(scratch, 'trip')]).items);
    const outcome = await upload.finished;
    assert.equal(outcome.files, 2);
    const other = await openDrive(await account.addDevice(connection()), options());
    assert.deepEqual(await contentOf(other), {
      '/photos/': null,
      '/photos/trip/': null,
      '/photos/trip/a.bin': readFileSync(join(scratch, 'trip', 'a.bin')).toString('base64'),
      '/photos/trip/deep/': null,
      '/photos/trip/deep/b.bin': readFileSync(join(scratch, 'trip', 'deep', 'b.bin')).toString('base64'),
    });
    const link = await other.links.create('/photos/trip', { title: 'Trip' });
    const opened = await openLink({ connection: connection(), link: link.url, engine: nodeEngine });
    const paths = [];
    for await (const { path } of opened.walk(null)) paths.push(path);
    assert.deepEqual(paths, ['a.bin', 'deep', 'deep/b.bin']);
  });

  test('makes, moves, copies, removes and restores', async () => {
    const { drive } = await openNew();
    await drive.makeFolder('/docs/old', { parents: true });
    await put(drive, '/docs', { 'a.txt': 'one', 'b.txt': 'two' });
    await drive.move('/docs/a.txt', '/docs/old/c.txt');
    await drive.copy('/docs', '/copy');
    await drive.remove(['/docs/b.txt', '/docs/old']);
    const trash = [];
    for await (const item of drive.trash()) trash.push(item.entries.map((entry) => entry.name));
    assert.deepEqual(trash, [['b.txt', 'old']]);
    const [item] = await Array.fromAsync(drive.trash());
    await drive.restore([item!.id]);
    assert.deepEqual(await contentOf(drive), {
      '/copy/': null,
      '/copy/b.txt': 'two',
      '/copy/old/': null,
      '/copy/old/c.txt': 'one',
      '/docs/': null,
      '/docs/b.txt': 'two',
      '/docs/old/': null,
      '/docs/old/c.txt': 'one',
    });
  });

  test('answers for names that are taken as it was told', async () => {
    const { drive } = await openNew();
    await put(drive, '/', { 'a.txt': 'one', 'd/x.txt': 'x' });
    assert.deepEqual((await put(drive, '/', { 'a.txt': 'two' })).renamed, [{ from: '/a.txt', to: '/a (2).txt' }]);
    assert.equal((await put(drive, '/', { 'a.txt': 'three', 'd/y.txt': 'y' }, 'version')).versions, 1);
    assert.equal((await put(drive, '/', { 'a.txt': 'four' }, 'skip')).skipped, 1);
    // A folder where a file stands gets another name; a file where a folder stands too.
    assert.deepEqual((await put(drive, '/', { 'a.txt/in.txt': 'in', d: 'file' }, 'version')).renamed.length, 2);
    assert.deepEqual(await contentOf(drive), {
      '/a (2).txt': 'two',
      '/a (3).txt/': null,
      '/a (3).txt/in.txt': 'in',
      '/a.txt': 'three',
      '/d (2)': 'file',
      '/d/': null,
      '/d/x.txt': 'x',
      '/d/y.txt': 'y',
    });
  });

  test('reads part of a file as it is now, after part of it was read as it was', async () => {
    const { drive } = await openNew();
    const read = async () => new TextDecoder().decode(await drive.readRange('/a.txt', 1, 3));
    await put(drive, '/', { 'a.txt': 'first' });
    assert.equal(await read(), 'irs');
    await put(drive, '/', { 'a.txt': 'second' }, 'version');
    assert.equal(await read(), 'eco');
  });

  test('knows the versions of a file, through renames, and brings one back', async () => {
    const { drive } = await openNew();
    await put(drive, '/', { 'a.txt': 'one' });
    await put(drive, '/', { 'a.txt': 'two' }, 'version');
    await drive.move('/a.txt', '/b.txt');
    await drive.mark(['/b.txt'], { starred: true, colour: 3 });
    await put(drive, '/', { 'b.txt': 'three' }, 'version');
    const versions = await drive.versions('/b.txt');
    const texts = await Promise.all(
      versions.map(async (version) => Buffer.from(await drive.readWhole(drive.versionEntry('/b.txt', version))).toString()),
    );
    assert.deepEqual(texts, ['three', 'two', 'one']);
    assert.deepEqual(
      versions.map((version) => version.isCurrent),
      [true, false, false],
    );
    await drive.restoreVersion('/b.txt', versions[2]!.seq);
    assert.equal(await drive.copyVersion('/b.txt', versions[1]!.seq), '/b (2).txt');
    const { starred, colour } = await drive.stat('/b.txt');
    assert.deepEqual({ starred, colour }, { starred: true, colour: 3 });
    assert.deepEqual(await contentOf(drive), { '/b.txt': 'one', '/b (2).txt': 'two' });
    assert.equal((await drive.versions('/b.txt')).length, 4);
  });

  test('goes back to any moment, and back again', async () => {
    const { drive } = await openNew();
    await put(drive, '/', { 'keep.txt': 'k', 'docs/a.txt': 'a', 'docs/b.txt': 'b', 'docs/c.txt': 'c' });
    const before = await contentOf(drive);
    const { seq } = drive;
    await put(drive, '/docs', { 'a.txt': 'newer' }, 'version');
    await drive.remove(['/docs/b.txt']);
    await drive.move('/docs/c.txt', '/c.txt');
    await put(drive, '/', { 'late.txt': 'l' });
    const after_ = await contentOf(drive);
    const now = drive.seq;
    const { samples, returning, leaving, older, moved } = await drive.rewindPlan(seq);
    assert.deepEqual({ returning, leaving, older, moved }, { returning: 1, leaving: 1, older: 1, moved: 1 });
    assert.deepEqual(samples.map(({ what, path }) => `${what} ${path}`).sort(), [
      'leaving /late.txt',
      'moved /docs/c.txt',
      'older /docs/a.txt',
      'returning /docs/b.txt',
    ]);
    await drive.rewind(seq);
    assert.deepEqual(await contentOf(drive), before);
    assert.deepEqual(await Array.fromAsync(drive.trash()), []);
    assert.equal(await drive.rewind(seq), null);
    await drive.rewind(now);
    assert.deepEqual(await contentOf(drive), after_);
    const moments = await Array.fromAsync(drive.moments());
    assert.equal(moments[0]?.seq, drive.seq);
    assert.ok(moments.length >= 7);
  });

  test('names what a deletion and a copy made, so that exactly these are taken back', async () => {
    const { drive } = await openNew();
    await put(drive, '/', { 'a/x.txt': 'x', 'b/y.txt': 'y', 'z.txt': 'z' });
    await drive.remove(['/z.txt']);
    const made = await drive.remove(['/a/x.txt', '/b/y.txt']);
    assert.equal(made.length, 2, 'one for each folder');
    const [copied] = await drive.copyAll([{ from: '/b', to: '/a/b' }]);
    assert.equal((await drive.stat('/a/b')).fid, copied);
    await drive.restore(made);
    assert.deepEqual(await contentOf(drive), { '/a/': null, '/a/b/': null, '/a/x.txt': 'x', '/b/': null, '/b/y.txt': 'y' });
    assert.deepEqual(
      (await Array.fromAsync(drive.trash())).map((item) => item.entries[0]?.name),
      ['z.txt'],
    );
  });

  test('puts files once though the run that committed them ended before it knew', async () => {
    const { drive } = await openNew();
    const records: Uint8Array<ArrayBuffer>[] = [];
    // What a program leaves that is killed after its commit and before it removes its journal.
    const store = {
      name: 'killed',
      append: (record: Uint8Array<ArrayBuffer>) => void records.push(record),
      records: () => records,
      remove: () => undefined,
    };
    const journal = { store, key: crypto.getRandomValues(new Uint8Array(32)) };
    const items = [memoryFile('a.txt', 'one'), memoryFile('b.txt', 'two')];
    for (const onTaken of ['both', 'both', 'version'] as const) await (await drive.put('/docs', items, { journal, onTaken })).finished;
    assert.deepEqual(await contentOf(drive), { '/docs/': null, '/docs/a.txt': 'one', '/docs/b.txt': 'two' });
    assert.equal((await drive.versions('/docs/a.txt')).length, 1);
  });

  test('counts what each moment added, removed and changed, the trash being a removal', async () => {
    const { drive } = await openNew();
    await put(drive, '/docs', { 'a.txt': 'one', 'b.txt': 'two' });
    await put(drive, '/docs', { 'a.txt': 'three' }, 'version');
    await drive.move('/docs/b.txt', '/b.txt');
    const made = await drive.remove(['/b.txt']);
    await drive.restore(made);
    const seqs = (await Array.fromAsync(drive.moments())).map(({ seq }) => seq).reverse();
    const counts = await drive.momentCounts(seqs);
    const told = seqs.map((seq) => counts.get(seq)).filter((each) => each && each.added + each.removed + each.changed > 0);
    assert.deepEqual(told, [
      { added: 3, removed: 0, changed: 0, first: 'docs' },
      { added: 0, removed: 0, changed: 1, first: 'a.txt' },
      { added: 0, removed: 0, changed: 1, first: 'b.txt' },
      { added: 0, removed: 1, changed: 0, first: 'b.txt' },
      { added: 1, removed: 0, changed: 0, first: 'b.txt' },
    ]);
  });

  test('tells what became of a tree since it was looked at: with a folder that comes out of the trash all that is in it', async () => {
    const { drive } = await openNew();
    await put(drive, '/', { 'a/deep/one.txt': '1', 'a/two.txt': '2', 'three.txt': '3' });
    let look = await drive.look();
    const news = async () => {
      const { put: came, removed, look: now } = await drive.newsSince(look);
      look = now;
      const names = new Map(came.map(({ entry, parent }) => [entry.name, parent]));
      return { names, removed };
    };
    const fid = async (path: string) => (await drive.stat(path)).fid;
    const [folder, deep] = [await fid('/a'), await fid('/a/deep')];
    assert.deepEqual(await news(), { names: new Map(), removed: [] });
    await drive.move('/three.txt', '/a/drei.txt');
    const moved = await news();
    assert.deepEqual([...moved.names.keys()].sort(), ['a', 'drei.txt']);
    assert.equal(moved.names.get('drei.txt'), folder);
    const [trashed] = await drive.remove(['/a']);
    assert.deepEqual(await news(), { names: new Map(), removed: [folder] });
    await drive.restore([trashed as string]);
    const back = await news();
    assert.deepEqual([...back.names.keys()].sort(), ['a', 'deep', 'drei.txt', 'one.txt', 'two.txt']);
    assert.deepEqual([back.names.get('a'), back.names.get('one.txt'), back.removed], [formatHex(rootFid), deep, []]);
    await put(drive, '/', { 'a/two.txt': 'two', 'new/four.txt': '4' }, 'version');
    const added = await news();
    assert.deepEqual([...added.names.keys()].sort(), ['a', 'four.txt', 'new', 'two.txt']);
  });

  test('restores to where a folder is now, and makes a folder again that is gone', async () => {
    const { drive } = await openNew();
    await put(drive, '/', { 'a/x.txt': 'x', 'b/y.txt': 'y', 'b/z.txt': 'z' });
    await drive.remove(['/a/x.txt']);
    await drive.move('/a', '/deep');
    await drive.remove(['/b/y.txt']);
    await drive.remove(['/b']);
    const items = await Array.fromAsync(drive.trash());
    const y = items.find((item) => item.entries[0]?.name === 'y.txt');
    const x = items.find((item) => item.entries[0]?.name === 'x.txt');
    await drive.restore([x!.id, y!.id]);
    assert.deepEqual(await contentOf(drive), { '/deep/': null, '/deep/x.txt': 'x', '/b/': null, '/b/y.txt': 'y' });
    await drive.emptyTrash();
    assert.deepEqual(await Array.fromAsync(drive.trash()), []);
    await assert.rejects(drive.restore([x!.id]), { code: 'path-not-found' });
  });

  test('refuses what cannot be, and changes nothing', async () => {
    const { drive } = await openNew();
    await put(drive, '/', { 'a.txt': 'a', 'd/e/f.txt': 'f' });
    const before = await contentOf(drive);
    const cases: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['path-not-found', () => drive.stat('/none')],
      ['path-not-found', () => drive.stat('/none/deeper')],
      ['path-not-found', () => drive.move('/none', '/x')],
      ['path-not-found', () => drive.move('/a.txt', '/none/x')],
      ['path-not-found', () => drive.remove(['/a.txt', '/none'])],
      ['path-not-found', () => drive.makeFolder('/none/x')],
      ['path-not-found', () => drive.versions('/none')],
      ['path-not-found', () => drive.links.create('/none')],
      ['not-a-folder', () => drive.makeFolder('/a.txt/x')],
      ['not-a-folder', () => drive.move('/d', '/a.txt/d')],
      ['not-a-folder', () => Array.fromAsync(drive.list('/a.txt'))],
      ['not-a-folder', async () => (await drive.put('/a.txt', [memoryFile('x', 'x')])).finished],
      ['not-a-file', () => drive.readWhole('/d')],
      ['not-a-file', () => drive.versions('/d')],
      ['path-taken', () => drive.makeFolder('/d')],
      ['path-taken', () => drive.move('/a.txt', '/d')],
      ['path-taken', () => drive.copy('/a.txt', '/d/e')],
      ['into-itself', () => drive.move('/d', '/d/e/d')],
      ['into-itself', () => drive.copy('/d', '/d/d')],
      ['bad-name', () => drive.move('/', '/x')],
      ['bad-name', () => drive.remove(['/'])],
      ['bad-name', () => drive.makeFolder('/.reprise')],
      ['bad-name', () => drive.makeFolder('relative')],
      ['bad-name', () => drive.stat('/.reprise/trash')],
      ['bad-name', () => drive.put('/', [memoryFile('.reprise/x', 'x')])],
      ['bad-name', () => drive.put('/', [memoryFile('a/../b', 'x')])],
      ['nothing-to-send', () => drive.put('/', [])],
      ['path-not-found', () => drive.restore(['0'.repeat(32)])],
      ['path-not-found', () => drive.rewindPlan(99_999)],
    ];
    for (const [code, act] of cases) await assert.rejects(act(), { code }, `${code}: ${act.toString()}`);
    assert.deepEqual(await contentOf(drive), before);
  });

  test('finds by name and tells its usage', async () => {
    const { drive } = await openNew();
    await put(drive, '/', { 'Été/Plage 1.jpg': 'p', 'Été/notes.txt': 'n', 'plage.txt': 'x' });
    const found = (await Array.fromAsync(drive.find('PLAGE'))).map((entry) => entry.path);
    assert.deepEqual(found.sort(), ['/plage.txt', '/Été/Plage 1.jpg']);
    assert.deepEqual(
      (await Array.fromAsync(drive.find('1 plage', '/Été'))).map((entry) => entry.path),
      ['/Été/Plage 1.jpg'],
    );
    const usage = await drive.usage();
    assert.ok(usage.maxBytes >= 100_000_000_000);
    assert.ok(usage.liveBytes > 3 * 4_096 && usage.storedBytes >= usage.liveBytes);
  });

  test('makes, changes and ends links that every device knows', async () => {
    const { account, drive } = await openNew();
    await put(drive, '/', { 'album/a.txt': 'a', 'album/sub/b.txt': 'b', 'note.txt': 'n' });
    const first = await drive.links.create('/album', { label: 'for Ana', password: 'sesame' });
    const second = await drive.links.create('/note.txt', { downloadsMax: 3 });
    const other = await openDrive(await account.addDevice(connection()), options());
    const listed = await other.links.list();
    assert.deepEqual(
      listed.map(({ title, label, hasPassword, downloadsMax, isLive }) => ({ title, label, hasPassword, downloadsMax, isLive })),
      [
        { title: 'note.txt', label: '', hasPassword: false, downloadsMax: 3, isLive: true },
        { title: 'album', label: 'for Ana', hasPassword: true, downloadsMax: null, isLive: true },
      ],
    );
    await assert.rejects(openLink({ connection: connection(), link: first.url, engine: nodeEngine }), { code: 'password-required' });
    await other.links.change(first.id, { password: null, title: 'Album' });
    const opened = await openLink({ connection: connection(), link: first.url, engine: nodeEngine });
    assert.equal(opened.facts.title, 'Album');
    // What is edited later does not show behind the link, nor do fids or marks of the drive.
    await drive.refresh();
    await put(drive, '/album', { 'a.txt': 'changed' }, 'version');
    const entries = await Array.fromAsync(opened.walk(null));
    const a = entries.find(({ path }) => path === 'a.txt');
    assert.equal(Buffer.from((await opened.readSmallFiles([a!.entry]))[0]!).toString(), 'a');
    assert.notDeepEqual(a!.entry.fid, (await drive.stat('/album/a.txt')).entry.fid);
    await drive.links.revoke([first.id, second.id]);
    await assert.rejects(openLink({ connection: connection(), link: first.url, engine: nodeEngine }), { code: 'link-unavailable' });
    await other.refresh();
    assert.deepEqual(await other.links.list(), []);
  });

  test('tells another device what changed, as it happens', async () => {
    const { account, drive } = await openNew();
    const other = await openDrive(await account.addDevice(connection()), options());
    const controller = new AbortController();
    let changes = 0;
    const changed = new Promise<void>((resolve) => {
      void other.watch(() => ++changes && resolve(), { signal: controller.signal });
    });
    await put(drive, '/', { 'a.txt': 'a' });
    await changed;
    controller.abort();
    assert.deepEqual(await contentOf(other), { '/a.txt': 'a' });
  });

  test('tells what another call of the drive has taken in before the news of it came, and no commit of its own', async (t) => {
    const { account, drive } = await openNew();
    const other = await openDrive(await account.addDevice(connection()), options());
    await put(drive, '/', { 'a.txt': 'a' });
    // As `links.settle` and others do by the way.
    assert.equal(await other.refresh(), true);
    const controller = new AbortController();
    t.after(() => controller.abort());
    let changes = 0;
    const agreed: (() => void)[] = [];
    const nextHead = () => new Promise<void>((resolve) => agreed.push(resolve));
    const first = nextHead();
    const watching = other.watch(() => changes++, { signal: controller.signal, onAgreed: () => agreed.shift()?.() });
    await first;
    assert.equal(changes, 1);
    const second = nextHead();
    await other.makeFolder('/mine');
    await second;
    assert.equal(changes, 1, 'its own commit is no news to it');
    controller.abort();
    await watching;
  });

  test('frees what was deleted for good, and nothing else', async () => {
    const { drive } = await openNew();
    await put(drive, '/', { 'a.txt': 'a', 'b/c.txt': 'c' });
    await put(drive, '/', { 'a.txt': 'newer' }, 'version');
    await drive.remove(['/b']);
    await drive.emptyTrash();
    const link = await drive.links.create('/a.txt');
    const before = await drive.usage();
    const report = await drive.sweep();
    assert.ok(report.ended >= 3, `${report.ended} ended`);
    assert.deepEqual(report.lost, []);
    assert.equal((await drive.sweep()).ended, 0);
    const after_ = await drive.usage();
    assert.ok(after_.liveBytes < before.liveBytes && after_.historyBytes > 0);
    // History reaches back beyond the sweep: what ended comes back.
    const versions = await drive.versions('/a.txt');
    await drive.restoreVersion('/a.txt', versions.at(-1)!.seq);
    const moments = await Array.fromAsync(drive.moments());
    await drive.rewind(moments.at(-1)!.seq);
    assert.deepEqual(await contentOf(drive), { '/a.txt': 'a', '/b/': null, '/b/c.txt': 'c' });
    const opened = await openLink({ connection: connection(), link: link.url, engine: nodeEngine });
    const [only] = await Array.fromAsync(opened.walk(null));
    assert.equal(Buffer.from((await opened.readSmallFiles([only!.entry]))[0]!).toString(), 'newer');
    assert.equal((await drive.sweep()).lost.length, 0);
  });

  test('takes more objects at once than one entry of the log names, from its first upload on', async () => {
    const account = await DriveAccount.open(connection());
    const drive = await openDrive(account.first, { ...options(), entryIdsMax: 3 });
    const files = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`d${i}/f.txt`, `content ${i}`]));
    await put(drive, '/', files);
    await drive.move('/d0', '/d1/d2');
    const { '/d0/f.txt': _moved, ...rest } = Object.fromEntries(Object.entries(files).map(([path, text]) => [`/${path}`, text]));
    const other = await openDrive(await account.addDevice(connection()), options());
    const content = Object.entries(await contentOf(other)).filter(([, text]) => text !== null);
    assert.deepEqual(Object.fromEntries(content), { ...rest, '/d1/d2/f.txt': 'content 0' });
    assert.deepEqual((await other.sweep()).lost, []);
  });

  test('sweeps more objects than one entry of the log names in several entries', async () => {
    const account = await DriveAccount.open(connection());
    const drive = await openDrive(account.first, { ...options(), entryIdsMax: 4 });
    await put(drive, '/', Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`f${i}`, `content ${i}`])));
    await drive.remove(Array.from({ length: 8 }, (_, i) => `/f${i}`));
    await drive.emptyTrash();
    const { seq } = drive;
    const { ended, lost } = await drive.sweep();
    assert.ok(ended > 8, `${ended} ended`);
    assert.deepEqual([lost, drive.seq], [[], seq + Math.ceil(ended / 4)]);
    assert.deepEqual(await drive.sweep().then((again) => [again.ended, again.lost]), [0, []]);
    assert.deepEqual(await contentOf(drive), { '/f8': 'content 8' });
  });

  test('works on a device whose clock is a month off, whose times are then the server’s', async () => {
    const monthMs = 31 * 24 * 3_600_000;
    const { account, drive } = await openNew();
    await put(drive, '/', { 'a.txt': 'a', 'b.txt': 'b' });
    for (const [name, offsetMs] of [
      ['slow', -monthMs],
      ['fast', monthMs],
    ] as const) {
      const off = connect({ server: host.url, transport, clock: { now: () => Date.now() + offsetMs } });
      const device = await openDrive({ ...account.first, connection: off }, options());
      await put(device, '/', { [`${name}.txt`]: name, 'gone.txt': 'g' });
      await device.remove(['/gone.txt']);
      assert.equal(await device.expireTrash(), 0);
    }
    await drive.refresh();
    assert.equal(await drive.expireTrash(), 0);
    assert.equal((await Array.fromAsync(drive.trash())).length, 2);
    for (const { atMs } of await Array.fromAsync(drive.moments())) assert.ok(Math.abs(Date.now() - atMs) < 600_000);
    assert.deepEqual(await contentOf(drive), { '/a.txt': 'a', '/b.txt': 'b', '/fast.txt': 'fast', '/slow.txt': 'slow' });
  });

  test('reaches back beyond a commit whose device believed in another time', async () => {
    const { account, drive } = await openNew();
    await put(drive, '/', { 'a.txt': 'one' });
    const { seq } = drive;
    const past = { ...connection(), serverNow: () => Date.now() - 40 * 24 * 3_600_000 };
    await (await openDrive({ ...account.first, connection: past }, options())).makeFolder('/old');
    await put(drive, '/', { 'a.txt': 'two' }, 'version');
    assert.deepEqual(
      (await Array.fromAsync(drive.moments())).map((moment) => moment.seq),
      [drive.seq, seq],
    );
    assert.equal((await drive.versions('/a.txt')).length, 2);
    assert.equal((await drive.rewindPlan(seq)).older, 1);
  });

  test('lets go of what has been in the trash for 30 days, and of nothing else', async () => {
    const monthMs = 31 * 24 * 3_600_000;
    const { account, drive } = await openNew();
    await put(drive, '/', { 'a.txt': 'a', 'b.txt': 'b', 'c.txt': 'c' });
    const monthAgo = () => Date.now() - monthMs;
    const past = { ...connection(), clock: { now: monthAgo }, serverNow: monthAgo };
    const before_ = await openDrive({ ...account.first, connection: past }, options());
    await before_.remove(['/a.txt']);
    // What only the server calls long ago stays.
    const misled = await openDrive({ ...account.first, connection: { ...connection(), serverNow: monthAgo } }, options());
    await misled.remove(['/c.txt']);
    await drive.refresh();
    await drive.remove(['/b.txt']);
    assert.equal(await drive.expireTrash(), 1);
    const names = (await Array.fromAsync(drive.trash())).flatMap(({ entries }) => entries.map(({ name }) => name));
    assert.deepEqual(names.sort(), ['b.txt', 'c.txt']);
    assert.deepEqual(await contentOf(drive), {});
  });
});
