import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, describe, it } from 'node:test';
import { equalBytes, formatHex, systemRandom } from '@reprise/kit';
import { type ObjectId, sha256 } from '@reprise/protocol';
import { openFilesystemStore } from './filesystem.ts';
import { type ChunkStore, type PackName, isPackName } from './store.ts';

const child = join(import.meta.dirname, 'writer.child.ts');

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-chunks-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function pathOf(folder: string, pack: PackName): string {
  const [packClass, hex] = pack.split('-') as [string, string];
  return join(folder, 'packs', packClass, hex.slice(0, 2), pack);
}

async function packsOf(store: ChunkStore): Promise<PackName[]> {
  return Array.fromAsync(store.listPacks(), ({ pack }) => pack);
}

/** Of packs that writer.child.ts wrote. */
async function isWhole(folder: string, pack: PackName): Promise<boolean> {
  const bytes = new Uint8Array(await readFile(pathOf(folder, pack)));
  return equalBytes(await sha256(bytes.subarray(32)), bytes.subarray(0, 32));
}

describe('the folder of a file system store', () => {
  it('is made when missing, readable by nobody else, and opens again', async (t) => {
    const folder = join(await temporaryFolder(t), 'not', 'yet');
    for (let time = 0; time < 2; time++) {
      await using store = await openFilesystemStore({ folder });
      assert.deepEqual(await packsOf(store), []);
    }
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.deepEqual((await readdir(folder)).toSorted(), ['packs', 'tmp']);
    assert.deepEqual((await readdir(join(folder, 'packs'))).toSorted(), ['bulk', 'hot']);
  });

  it('is cleared of what was not committed, at start', async (t) => {
    const folder = await temporaryFolder(t);
    await using first = await openFilesystemStore({ folder, reserveBytes: 0 });
    const writer = await first.beginPack('bulk');
    await writer.write(systemRandom(500_000));
    assert.deepEqual(await readdir(join(folder, 'tmp')), [writer.pack]);
    await using _second = await openFilesystemStore({ folder, reserveBytes: 0 });
    assert.deepEqual(await readdir(join(folder, 'tmp')), []);
    // Its writer learns that the pack is gone; it does not answer that the bytes are safe.
    await assert.rejects(writer.commit());
    assert.deepEqual(await packsOf(first), []);
  });

  it('may hold files of others, which are neither listed nor touched', async (t) => {
    const folder = await temporaryFolder(t);
    await using store = await openFilesystemStore({ folder, reserveBytes: 0 });
    const { at } = await onePack(store, 10);
    const strangers = [join(folder, 'packs', 'bulk', 'lost+found'), join(pathOf(folder, at.pack), '..', 'notes.txt')];
    for (const stranger of strangers) await writeFile(stranger, 'not a pack');
    assert.deepEqual(await packsOf(store), [at.pack]);
    for (const stranger of strangers) assert.equal(await readFile(stranger, 'utf8'), 'not a pack');
  });

  it('is refused with a message for the operator when it is a file', async (t) => {
    const folder = join(await temporaryFolder(t), 'file');
    await writeFile(folder, '');
    await assert.rejects(openFilesystemStore({ folder }), {
      name: 'StoreRefused',
      message: /^The folder .*\/file cannot hold the stored bytes: /,
    });
  });

  it('is refused where no folder can be made, even for root, and at once', async () => {
    await assert.rejects(openFilesystemStore({ folder: '/proc/nowhere' }), {
      name: 'StoreRefused',
      message: /^The folder \/proc\/nowhere cannot hold/,
    });
  });

  it('is refused when it cannot be written', async (t) => {
    if (process.getuid?.() === 0) return t.skip('root passes every permission; the test before covers it');
    const folder = await temporaryFolder(t);
    await using _store = await openFilesystemStore({ folder });
    await chmod(join(folder, 'tmp'), 0o500);
    await assert.rejects(openFilesystemStore({ folder }), { name: 'StoreRefused', message: /permission denied/ });
  });

  it('is guarded against names that are no pack’s', async (t) => {
    await using store = await openFilesystemStore({ folder: await temporaryFolder(t) });
    for (const name of [
      '../../etc/passwd',
      'bulk-',
      'bulk-../../../../../../etc/passwd',
      `cold-${'0'.repeat(32)}`,
      `bulk-${'0'.repeat(31)}G`,
    ]) {
      assert.equal(isPackName(name), false);
      const at = { pack: name as PackName, offset: 0, length: 1 };
      await assert.rejects(store.read('00' as ObjectId, at), { name: 'AssertionFailure' });
      await assert.rejects(store.deletePack(at.pack), { name: 'AssertionFailure' });
    }
  });
});

describe('open files', () => {
  it('stay few however many packs are read, and none stays open for a deleted pack', async (t) => {
    if (process.platform !== 'linux') return t.skip('open files are counted in /proc');
    const folder = await temporaryFolder(t);
    await using store = await openFilesystemStore({ folder, reserveBytes: 0, openFilesMax: 8 });
    const packs = await Promise.all(Array.from({ length: 40 }, () => onePack(store, 1_000)));
    await Promise.all([...packs, ...packs].map(({ id, at }) => store.read(id, at)));
    const open = () => openPacks(folder);
    await settled(() => open() <= 8);
    assert.ok(open() > 0);
    for (const { at } of packs) await store.deletePack(at.pack);
    await settled(() => open() === 0);
  });
});

/** How many packs of this store the process has open. */
function openPacks(folder: string): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The descriptor that listed the folder is closed again.
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(join(folder, 'packs'))).length;
}

async function settled(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'the condition never came true');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function onePack(store: ChunkStore, length: number) {
  const bytes = systemRandom(length);
  const writer = await store.beginPack('bulk');
  await writer.write(bytes);
  return { id: formatHex(await sha256(bytes)) as ObjectId, bytes, at: { pack: await writer.commit(), offset: 0, length } };
}

describe('a full disk', () => {
  it('is said before it is full: no pack begins when less than the reserve is free', async (t) => {
    const folder = await temporaryFolder(t);
    await using store = await openFilesystemStore({ folder, reserveBytes: Number.MAX_SAFE_INTEGER });
    await assert.rejects(store.beginPack('bulk'), { code: 'disk-full' });
    assert.deepEqual(await readdir(join(folder, 'tmp')), []);
  });

  it('refuses the pack that no longer fits, leaves nothing of it, keeps the others, and takes packs again when there is room', async (t) => {
    const folder = await temporaryFolder(t);
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { encoding: 'utf8' });
    if (mount.status !== 0) return t.skip(`no small file system can be mounted here: ${mount.stderr.trim()}`);
    try {
      await fillToTheBrim(folder);
    } finally {
      execFileSync('umount', ['-l', folder]);
    }
  });

  it('is also a limit on the size of files', async (t) => {
    const folder = await temporaryFolder(t);
    // 512 or 1,024 bytes a block, as the shell likes: at most 100 KiB a file.
    const run = spawnSync('sh', ['-c', 'ulimit -f 100; exec "$0" "$@"', process.execPath, child, folder, '2', '4'], { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    const outcomes = run.stdout.trim().split('\n').slice(1);
    assert.equal(outcomes.length, 8);
    assert.ok(outcomes.includes('refused disk-full'), run.stdout);
    assert.ok(outcomes.every((line) => line === 'refused disk-full' || line.startsWith('committed ')));
    assert.deepEqual(await readdir(join(folder, 'tmp')), []);
    await using store = await openFilesystemStore({ folder });
    for (const pack of await packsOf(store)) assert.ok(await isWhole(folder, pack));
  });
});

/** On a file system of 8 MiB. */
async function fillToTheBrim(folder: string): Promise<void> {
  await using store = await openFilesystemStore({ folder, reserveBytes: 0 });
  const kept = [await onePack(store, 3_000_000), await onePack(store, 3_000_000)];
  for (const length of [4_000_000, 2_500_000]) await assert.rejects(onePack(store, length), { code: 'disk-full' });
  const small = await store.beginPack('hot');
  const drip = async () => {
    for (let i = 0; i < 4_000; i++) await small.write(systemRandom(1_000));
    await small.commit();
  };
  await assert.rejects(drip(), { code: 'disk-full' });
  await small.abort();
  assert.deepEqual(await readdir(join(folder, 'tmp')), []);
  assert.deepEqual((await packsOf(store)).toSorted(), kept.map(({ at }) => at.pack).toSorted());
  for (const { id, at, bytes } of kept) assert.deepEqual(await store.read(id, at), bytes);
  await store.deletePack(kept[0]?.at.pack as PackName);
  const after = await onePack(store, 2_500_000);
  assert.deepEqual(await store.read(after.id, after.at), after.bytes);
}

describe('a process killed while it writes packs', () => {
  const kills = 50;

  it(`loses no committed pack, leaves none half written and nothing in tmp, ${kills} times`, async (t) => {
    const folder = await temporaryFolder(t);
    for (let kill = 0; kill < kills; kill++) {
      const acknowledged = await writeUntilKilled(folder, 1 + Math.floor(3 * Math.random()), Math.random() * 20);
      await using store = await openFilesystemStore({ folder });
      assert.deepEqual(await readdir(join(folder, 'tmp')), []);
      const packs = await packsOf(store);
      for (const pack of acknowledged) assert.ok(packs.includes(pack), `${pack} was committed before kill ${kill}`);
      for (const pack of packs) assert.ok(await isWhole(folder, pack), `${pack} after kill ${kill}`);
      for (const pack of packs) await store.deletePack(pack);
    }
  });
});

/** SIGKILL comes `afterMs` after so many commits. @returns the packs whose commit was acknowledged before */
async function writeUntilKilled(folder: string, commits: number, afterMs: number): Promise<PackName[]> {
  const writer = spawn(process.execPath, [child, folder, '3', '1000000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: PackName[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    const [, pack] = /^committed (\S+) \d+$/.exec(line) ?? [];
    if (pack && acknowledged.push(pack as PackName) === commits) setTimeout(() => writer.kill('SIGKILL'), afterMs);
  }
  return acknowledged;
}
