// The watcher of real disks: whatever changes, some hint leads to it. Hints come when they come, so each is waited for.
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeDisk } from './disk.ts';
import { watchFolders, type WatchOptions } from './watch.ts';

class Watched implements AsyncDisposable {
  readonly root: string;
  readonly hints = new Set<string | null>();
  watching: Awaited<ReturnType<typeof watchFolders>> | undefined;

  constructor(root: string) {
    this.root = root;
  }

  static async on(make: (root: string) => void, options: WatchOptions = {}): Promise<Watched> {
    const watched = new Watched(await mkdtemp(join(tmpdir(), 'reprise-watch-')));
    make(watched.root);
    watched.watching = await watchFolders(watched.root, nodeDisk(watched.root), (folder) => watched.hints.add(folder), options);
    return watched;
  }

  /** @returns once a hint for the folder, or for all, came */
  async hinted(folder: string): Promise<void> {
    for (let tries = 0; tries < 3_000; tries++) {
      if (this.hints.has(folder) || this.hints.has(null)) return;
      await sleep(10);
    }
    assert.fail(`no hint for ${folder || 'the root'}; there were ${[...this.hints].join()}`);
  }

  at(path: string): string {
    return join(this.root, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watching?.close();
    await rm(this.root, { recursive: true, force: true });
  }
}

describe('a watched folder', () => {
  test('gives a hint for what is written, renamed and removed in it and below', async () => {
    await using watched = await Watched.on((root) => {
      mkdirSync(join(root, 'a'));
      mkdirSync(join(root, 'a/b'));
      writeFileSync(join(root, 'a/b/f'), 'f');
    });
    writeFileSync(watched.at('a/b/f'), 'changed');
    await watched.hinted('a/b');
    renameSync(watched.at('a/b/f'), watched.at('a/f'));
    await watched.hinted('a');
    writeFileSync(watched.at('new'), 'new');
    await watched.hinted('');
    watched.hints.clear();
    rmSync(watched.at('a/f'));
    await watched.hinted('a');
  });

  test('watches a folder that is made, with what was put in it before its watch was set', async () => {
    await using watched = await Watched.on(() => {});
    mkdirSync(watched.at('x/y/z'), { recursive: true });
    writeFileSync(watched.at('x/y/z/f'), 'f');
    for (const folder of ['', 'x', 'x/y', 'x/y/z']) await watched.hinted(folder);
    watched.hints.clear();
    writeFileSync(watched.at('x/y/z/later'), 'later');
    await watched.hinted('x/y/z');
  });

  test('follows a folder that moves, and one that takes its name', async () => {
    await using watched = await Watched.on((root) => mkdirSync(join(root, 'a/in'), { recursive: true }));
    renameSync(watched.at('a'), watched.at('b'));
    await watched.hinted('b/in');
    mkdirSync(watched.at('a'));
    await watched.hinted('a');
    watched.hints.clear();
    writeFileSync(watched.at('b/in/f'), 'f');
    await watched.hinted('b/in');
    assert.ok(!watched.hints.has('a/in'), 'nothing is told of where it was');
    writeFileSync(watched.at('a/f'), 'f');
    await watched.hinted('a');
  });

  test('counts a burst as a change anywhere or in its folder, and goes on after it', async () => {
    await using watched = await Watched.on((root) => mkdirSync(join(root, 'a')));
    for (let n = 0; n < 12_000; n++) writeFileSync(watched.at(`a/${n}`), '');
    await watched.hinted('a');
    watched.hints.clear();
    mkdirSync(watched.at('a/late'));
    await watched.hinted('a/late');
  });

  test('says that it is partial where there are more folders than it may watch', async () => {
    await using watched = await Watched.on((root) => ['a', 'b', 'c'].forEach((name) => mkdirSync(join(root, name))), { watchesMax: 2 });
    assert.equal(watched.watching?.isPartial, true);
  });

  test('never enters what is skipped', async () => {
    const asked: string[] = [];
    await using watched = await Watched.on((root) => mkdirSync(join(root, 'skip/below'), { recursive: true }), {
      isSkipped: (folder) => {
        asked.push(folder);
        return folder === 'skip';
      },
    });
    assert.deepEqual(asked, ['', 'skip']);
    assert.equal(watched.watching?.isPartial, false);
  });

  test('tells nothing once it is closed', async () => {
    await using watched = await Watched.on(() => {});
    await watched.watching?.close();
    const witness = new Watched(watched.root);
    witness.watching = await watchFolders(watched.root, nodeDisk(watched.root), (folder) => witness.hints.add(folder));
    writeFileSync(watched.at('f'), 'f');
    await witness.hinted('');
    await witness.watching.close();
    assert.deepEqual([...watched.hints], []);
  });
});
