// The real disks of this machine against the suite that those in memory pass.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeUtf8 } from '@reprise/kit';
import { DiskRefusal } from '../ports.ts';
import { describeDisk, type DiskUnderTest, type Neighbour } from '../testing/disk-conformance.ts';
import { nodeDisk } from './disk.ts';

function neighbourIn(root: string): Neighbour {
  const at = (path: string): string => join(root, path);
  return {
    write: (path, text) => writeFileSync(at(path), text),
    read: (path) => readFileSync(at(path), 'utf8'),
    makeFolder: (path) => mkdirSync(at(path)),
    remove: (path) => (lstatSync(at(path)).isDirectory() ? rmdirSync(at(path)) : unlinkSync(at(path))),
    rename: (from, to) => renameSync(at(from), at(to)),
    makeLink: (path, target) => symlinkSync(target, at(path)),
    makeSpecial: (path) => void execFileSync('mkfifo', [at(path)]),
    writeRaw: (folder, name) => writeFileSync(Buffer.concat([Buffer.from(`${at(folder)}/`), name]), ''),
    roomOf: (path) => 512 * statSync(at(path)).blocks,
    deny: (folder, isDenied) => {
      chmodSync(at(folder), isDenied ? 0o000 : 0o755);
      return isDenied ? !canList(at(folder)) : true;
    },
  };
}

/** Whoever is root may read everything. */
function canList(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}

async function openIn(parent: string): ReturnType<DiskUnderTest['open']> {
  const root = await mkdtemp(join(parent, 'reprise-disk-'));
  return { disk: nodeDisk(root), neighbour: neighbourIn(root), [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

/** What Linux says of the file systems that a machine of today has its files on; others are not known here beforehand. */
const expected: DiskUnderTest['expected'] = {
  foldsCase: false,
  foldsForms: false,
  spells: 'as-given',
  hasHardLinks: true,
  hasLinks: true,
  hasExecutableBit: true,
  hasRawNames: true,
  mtimeStepNs: 1n,
  refusedNames: ['日'.repeat(86), 'a'.repeat(256)],
  heldNames: ['a:b', 'end.', 'end ', 'con', 'a\\b', 'tab\tbed', 'new\nline', 'é', 'a'.repeat(255), '%2f'],
};

const isLinux = process.platform === 'linux';
const memory = '/dev/shm';
const hasMemory = isLinux && existsSync(memory) && isWritable(memory);
if (isLinux) describeDisk({ name: 'of temporary files', open: () => openIn(tmpdir()), expected });
else test('the disk of temporary files', { skip: 'what is expected of it is written down for Linux only' }, () => {});
if (hasMemory) describeDisk({ name: 'of the kernel’s memory', open: () => openIn(memory), expected });
else test('the disk of the kernel’s memory', { skip: 'there is no /dev/shm to write to' }, () => {});

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

describe('a real disk', () => {
  test('is not led outside by a folder that becomes a link between two calls, or within one', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'reprise-outside-'));
    const root = await mkdtemp(join(tmpdir(), 'reprise-disk-'));
    try {
      const disk = nodeDisk(root);
      mkdirSync(join(root, 'a'));
      writeFileSync(join(outside, 'secret'), 'secret');
      assert.deepEqual(await disk.list('a'), []);
      rmdirSync(join(root, 'a'));
      symlinkSync(outside, join(root, 'a'));
      for (const act of [
        () => disk.list('a'),
        () => disk.open('a/secret'),
        () => disk.look('a/secret'),
        () => disk.remove('a/secret'),
        () => disk.create('a/x', 0),
        () => disk.replace('a/secret', 'b'),
      ])
        await assert.rejects(act(), (error) => error instanceof DiskRefusal && error.reason === 'not-a-folder');
      assert.deepEqual(readdirSync(outside), ['secret']);
    } finally {
      await rm(root, { recursive: true });
      await rm(outside, { recursive: true });
    }
  });

  const leaving = { 'a folder': 'root/d', 'the folder above': 'root/d', 'the root': 'root' };
  for (const [what, leaves] of Object.entries(leaving))
    test(`does nothing in a folder once ${what} left its place, whatever stands there`, async () => {
      for (const comes of ['nothing', 'link', 'folder'] as const) {
        const top = await mkdtemp(join(tmpdir(), 'reprise-disk-'));
        try {
          const folder = what === 'a folder' ? 'd' : 'd/e';
          const disk = nodeDisk(join(top, 'root'));
          mkdirSync(join(top, 'root/d/e'), { recursive: true });
          // All in one turn of the loop: what the disk holds open between two calls is open still.
          const before = disk.create(`${folder}/before`, 0);
          renameSync(join(top, leaves), join(top, 'away'));
          // A root is whatever its path leads to.
          if (comes === 'link' && leaves !== 'root') symlinkSync(join(top, 'away'), join(top, leaves));
          else if (comes === 'folder') mkdirSync(join(top, 'root', folder), { recursive: true });
          const [made, moved] = [disk.create(`${folder}/after`, 0), disk.move(`${folder}/before`, `${folder}/moved`)];
          await (await before).abandon();
          await assert.rejects(moved, DiskRefusal);
          if (comes === 'folder') await (await made).abandon();
          else await assert.rejects(made, DiskRefusal);
          const there = join(top, 'away', leaves === 'root' ? folder : folder.slice(2));
          assert.deepEqual(
            readdirSync(there).filter((name) => name !== 'e'),
            ['before'],
          );
        } finally {
          await rm(top, { recursive: true });
        }
      }
    });

  test('refuses, and does not break, when its root is gone', async () => {
    const disk = nodeDisk(join(tmpdir(), 'reprise-disk-that-is-gone'));
    for (const act of [() => disk.room(), () => disk.probe(), () => disk.list('')])
      await assert.rejects(act(), (error) => error instanceof DiskRefusal && error.reason === 'absent');
  });

  test('leaves no file open behind, whatever is refused', { skip: !isLinux && 'counts in /proc' }, async () => {
    const root = await mkdtemp(join(tmpdir(), 'reprise-disk-'));
    try {
      const disk = nodeDisk(root);
      const count = (): number => readdirSync('/proc/self/fd').length;
      mkdirSync(join(root, 'a'));
      mkdirSync(join(root, 'a/b'));
      writeFileSync(join(root, 'f'), 'f');
      const before = count();
      for (const act of [
        () => disk.list('a/b'),
        () => disk.look('a/b/c'),
        () => disk.open('a/b'),
        () => disk.create('f', 1),
        () => disk.move('f', 'a/b'),
        () => disk.mark('a', true),
        () => disk.sync('a/b'),
        () => disk.sync('f'),
        async () => (await disk.open('f')).close(),
        async () => (await disk.create('g', 10)).abandon(),
        async () => (await disk.create('h', 2)).finish({ mtimeNs: 0n, isExecutable: true }),
      ])
        await act().catch((error) => assert.ok(error instanceof DiskRefusal, String(error)));
      // What it holds between two calls it gives back when the program next waits.
      await nextTurn();
      assert.equal(count(), before);
    } finally {
      await rm(root, { recursive: true });
    }
  });

  test('tells of a time that 64 bits do not hold the last that they do', {
    skip: !existsSync('/dev/shm') && 'most disks hold no such time',
  }, async () => {
    const root = await mkdtemp('/dev/shm/reprise-disk-');
    const disk = nodeDisk(root);
    try {
      writeFileSync(join(root, 'f'), 'of the year 9999');
      utimesSync(join(root, 'f'), 253_370_764_800, 253_370_764_800);
      assert.equal((await disk.look('f'))?.mtimeNs, 2n ** 63n - 1n);
      const file = await disk.open('f');
      assert.equal((await file.stat()).mtimeNs, 2n ** 63n - 1n);
      await file.close();
    } finally {
      await rm(root, { recursive: true });
    }
  });

  test('keeps who may read a file that is replaced', { skip: !isLinux && 'modes are of POSIX' }, async () => {
    await using opened = await openIn(tmpdir());
    const { disk, neighbour } = opened;
    neighbour.write('old', 'old');
    await disk.mark('old', true);
    const root = await mkdtemp(join(tmpdir(), 'reprise-disk-'));
    try {
      const own = nodeDisk(root);
      writeFileSync(join(root, 'old'), 'old', { mode: 0o600 });
      const file = await own.create('new', 3);
      await file.write(0, encodeUtf8('new'));
      await file.finish({ mtimeNs: 0n, isExecutable: true });
      await own.replace('new', 'old');
      assert.equal(statSync(join(root, 'old')).mode & 0o7777, 0o700);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
