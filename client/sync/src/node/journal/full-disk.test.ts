// A journal whose disk fills: what was written is there, what was not is as it was, and the person is told that the disk is full.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { Failure } from '@reprise/protocol/formats';
import { Journal, type JournalEvent } from './journal.ts';

const of = { root: 'r1', space: 's1', folder: '0'.repeat(32) };
const event = (atMs: number): JournalEvent => ({ atMs, node: null, path: 'a', row: null, what: 'w'.repeat(20_000) });
const isFull = (error: unknown): boolean => error instanceof Failure && error.code === 'target-full';

/** @returns null, and says why, where no small disk can be had */
function smallDisk(t: TestContext, options = 'size=1m'): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-full-'));
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { encoding: 'utf8' });
  if (mount.status !== 0) {
    rmSync(folder, { recursive: true });
    t.skip(`no small file system can be mounted here: ${String(mount.stderr ?? mount.error).trim()}`);
    return null;
  }
  t.after(() => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

describe('a journal on a full disk', () => {
  test('refuses a write as full, keeps what was there, and goes on once there is room', (t) => {
    const folder = smallDisk(t);
    if (folder === null) return;
    const file = join(folder, 'journal');
    using journal = Journal.open(file, of);
    const fill = (): void => {
      for (let atMs = 0; atMs < 100; atMs++) journal.tell([event(atMs)]);
    };
    assert.throws(fill, isFull);
    const kept = journal.events(1_000).length;
    assert.ok(kept > 0);
    assert.throws(
      () =>
        journal.write(() => {
          for (let atMs = 0; atMs < 100; atMs++) journal.tell([event(atMs)]);
        }),
      isFull,
    );
    assert.equal(journal.events(1_000).length, kept, 'nothing of what was refused is there');
    execFileSync('mount', ['-o', 'remount,size=8m', folder]);
    journal.tell([event(1)]);
    assert.equal(journal.events(1_000).length, kept + 1);
  });

  test('is not called damaged where it cannot be opened for want of room', (t) => {
    for (const had of [true, false]) {
      const folder = smallDisk(t);
      if (folder === null) return;
      const file = join(folder, 'journal');
      if (had) {
        using journal = Journal.open(file, of);
        journal.tell([event(1)]);
      }
      assert.throws(() => writeFileSync(join(folder, 'ballast'), Buffer.alloc(2 ** 21)), { code: 'ENOSPC' });
      assert.throws(() => Journal.open(file, of).tell([event(2)]), isFull, had ? 'one that was there' : 'a new one');
      rmSync(join(folder, 'ballast'));
      using journal = Journal.open(file, of);
      assert.equal(journal.events(10).length, Number(had));
    }
  });

  test('is not called damaged where the disk takes no further file', (t) => {
    const folder = smallDisk(t, 'size=8m,nr_inodes=12');
    if (folder === null) return;
    const file = join(folder, 'journal');
    Journal.open(file, of)[Symbol.dispose]();
    let files = 0;
    assert.throws(
      () => {
        for (; ; files++) writeFileSync(join(folder, `ballast ${files}`), '');
      },
      { code: 'ENOSPC' },
    );
    assert.throws(() => Journal.open(file, of), isFull);
    assert.throws(() => Journal.open(join(folder, 'another'), of), isFull);
    for (let n = 0; n < files; n++) rmSync(join(folder, `ballast ${n}`));
    Journal.open(file, of)[Symbol.dispose]();
  });
});
