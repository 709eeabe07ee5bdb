// Folders that are followed: changes cross by themselves, a lost network is waited for, and a person decides what is held, ignored and paused.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import type { Cli } from '../support/cli.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Host, startHost } from '../support/server.ts';
import { until } from '../support/until.ts';
import { Machine, openTwo } from './sync-machine.ts';

let host: Host;
let proxy: FaultProxy;
let anna: Cli;
let ben: Cli;
before(async () => {
  proxy = await startFaultProxy();
  host = await startHost({ publicUrl: proxy.url });
  proxy.target(host.url);
  [anna, ben] = await openTwo(proxy);
});
after(async () => {
  anna?.[Symbol.dispose]();
  ben?.[Symbol.dispose]();
  await proxy?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

describe('a folder that is followed', { concurrency: false }, () => {
  test('changes cross by themselves in both directions, also after the network was gone', async () => {
    const [a, b] = [new Machine(anna, '/live'), new Machine(ben, '/live')];
    a.write('first.txt', 'before anybody followed');
    await a.start();
    await b.start();
    try {
      await until('the first file is there', () => b.read('first.txt') === 'before anybody followed');
      a.write('new/deep.txt', 'from a');
      await until('a new file crosses', () => b.read('new/deep.txt') === 'from a');
      b.write('new/deep.txt', 'edited on b');
      await until('an edit comes back', () => a.read('new/deep.txt') === 'edited on b');
      renameSync(b.at('new'), b.at('renamed'));
      await until('a rename crosses', () => a.read('renamed/deep.txt') === 'edited on b' && !a.has('new'));
      rmSync(a.at('first.txt'));
      await until('a deletion crosses', () => !b.has('first.txt'));

      proxy.rule(() => ({ kind: 'status', status: 503 }));
      a.write('while it was gone.txt', 'kept');
      await until('that it is offline is said', async () => {
        const { roots } = (await a.json('status')) as { roots: { folder: string; state: string }[] };
        return roots.some(({ folder, state }) => folder === a.folder && state === 'offline');
      });
      proxy.rule(null);
      await until('what was written meanwhile crosses', () => b.read('while it was gone.txt') === 'kept');
      assert.deepEqual(a.tree(), b.tree());
    } finally {
      proxy.rule(null);
      assert.equal(await a.stop(), 0);
      assert.equal(await b.stop(), 0);
    }
  });

  test('start follows what was added, a second one is refused, and stop ends it', async () => {
    const a = new Machine(anna, '/live');
    await a.start(['sync', 'start']);
    const twice = await anna.run(['sync', a.folder, '--once']);
    assert.equal(twice.code, 2);
    assert.match(twice.stderr, /another run/);
    const { roots } = (await a.json('status')) as { roots: { running: boolean; state: string }[] };
    assert.deepEqual(
      roots.map(({ running, state }) => [running, state]),
      [[true, 'in-sync']],
    );
    assert.deepEqual(await a.json('stop'), { v: 1, stopped: 1, elsewhere: [] });
    assert.equal(await a.ended(), 0);
    assert.equal((await anna.run(['sync', 'status'])).code, 1);
  });

  test('what is ignored is not watched, and is once it is ignored no more', {
    skip: process.platform !== 'linux' && 'watches are counted in /proc',
  }, async () => {
    const a = new Machine(anna, '/built');
    a.write('.repriseignore', 'out/\n');
    a.write('out/deep/made.bin', 'made');
    a.write('src/made.txt', 'by hand');
    await a.start();
    try {
      assert.deepEqual([a.isWatched('src'), a.isWatched('out'), a.isWatched('out/deep')], [true, false, false]);
      a.write('.repriseignore', '# nothing\n');
      await until('it is watched', () => a.isWatched('out/deep'));
    } finally {
      assert.equal(await a.stop(), 0);
    }
  });

  test('a folder that is not there when it starts is told of, and followed once it is back', async () => {
    const a = new Machine(anna, '/live');
    renameSync(a.folder, `${a.folder}.away`);
    const started = a.start(['sync', 'start']);
    await until('that it is missing is said', async () => {
      const { roots } = (await a.json('status')) as { roots: { folder: string; running: boolean; state: string }[] };
      return roots.some(({ folder, running, state }) => folder === a.folder && running && state === 'stopped');
    });
    renameSync(`${a.folder}.away`, a.folder);
    await until('it is followed', async () => {
      const { roots } = (await a.json('status')) as { roots: { folder: string; state: string }[] };
      return roots.some(({ folder, state }) => folder === a.folder && state === 'in-sync');
    });
    await started;
    assert.deepEqual(await a.json('stop'), { v: 1, stopped: 1, elsewhere: [] });
    assert.equal(await a.ended(), 0);
  });

  test('a pause keeps everything as it is until it ends', async () => {
    const [a, b] = [new Machine(anna, '/live'), new Machine(ben, '/live')];
    await a.json('pause');
    const run = a.cli.run(['sync', 'start', '--json']);
    await until('it is paused', async () => JSON.stringify(await a.json('status')).includes('"paused"'));
    a.write('during the pause.txt', 'later');
    await b.sync();
    assert.equal(b.has('during the pause.txt'), false);
    await a.json('resume');
    await until('it went on', async () => {
      await b.sync();
      return b.read('during the pause.txt') === 'later';
    });
    await a.json('stop');
    assert.equal((await run).code, 0);
  });

  test('removals that are too many are shown, undone or let through', async () => {
    const [a, b] = [new Machine(anna, '/many'), new Machine(ben, '/many')];
    for (let i = 0; i < 50; i++) a.write(`${i}.txt`, `file ${i}`);
    await a.sync();
    await b.sync();
    for (let i = 0; i < 30; i++) rmSync(a.at(`${i}.txt`));
    await a.sync(3);
    const { held } = (await a.json('held')) as { held: { path: string; removedIn: string }[] };
    assert.equal(held.length, 30);
    assert.ok(held.every(({ removedIn }) => removedIn === 'folder'));
    await a.json('held', a.folder, '--restore');
    assert.equal((await a.sync()).received, 30);
    assert.deepEqual(a.tree(), b.tree());
    for (let i = 0; i < 30; i++) rmSync(a.at(`${i}.txt`));
    await a.sync(3);
    await a.json('held', a.folder, '--allow');
    assert.equal((await a.sync()).removedThere, 30);
    assert.equal((await b.sync(3)).stalls.length, 30);
    await b.json('held', b.folder, '--allow');
    assert.equal((await b.sync()).removedHere, 30);
    assert.deepEqual(a.tree(), b.tree());
  });

  test('a pattern takes things out on both sides and deletes none of them; why and log say what happened', async () => {
    const [a, b] = [new Machine(anna, '/rules'), new Machine(ben, '/rules')];
    a.write('keep.txt', 'kept');
    a.write('build/out.bin', 'made by a');
    await a.sync();
    await b.sync();
    a.write('.repriseignore', 'build/\n');
    await a.sync();
    rmSync(a.at('build'), { recursive: true });
    await a.sync();
    await b.sync();
    b.write('build/out.bin', 'made by b');
    await b.sync();
    assert.equal(b.read('build/out.bin'), 'made by b');
    assert.equal(a.has('build'), false);
    const listed = (await anna.json(['ls', '/rules/build'])) as unknown as { entries: { path: string }[] };
    assert.equal(listed.entries.length, 1);
    assert.equal((await b.json('why', b.at('build'))).reason, 'ignored');
    assert.deepEqual((await a.json('ignore', a.folder, '*.log')).patterns, ['*.log']);
    a.write('x.log', 'here only');
    await a.sync();
    await b.sync();
    assert.equal(b.has('x.log'), false);
    const { events } = (await a.json('log', a.at('keep.txt'))) as { events: { row: string; what: string }[] };
    assert.deepEqual(
      events.map(({ row, what }) => [row, what]),
      [['N1', 'up']],
    );
    a.write('both.txt', 'of a');
    b.write('both.txt', 'of b');
    await a.sync();
    await b.sync(3);
    const { conflicts } = (await b.json('conflicts', b.folder)) as { conflicts: { path: string; of: string; mine: string }[] };
    const copy = conflicts[0]?.path as string;
    assert.deepEqual(conflicts.length, 1);
    assert.equal(readFileSync(copy, 'utf8'), 'of b');
    const { settled } = (await b.json('conflicts', '--keep', 'both', copy)) as { settled: { kept: string[]; gone: unknown }[] };
    assert.deepEqual(settled, [{ kept: [b.at('both.txt'), b.at('both 2.txt')], gone: null }]);
    assert.equal(b.read('both 2.txt'), 'of b');
    b.write('both.txt', 'of b again');
    a.write('both.txt', 'of a again');
    await a.sync();
    await b.sync(3);
    const twice = await b.json('conflicts', '--keep', 'mine', b.at('both.txt'));
    assert.deepEqual(twice['settled'], [{ kept: [b.at('both.txt')], gone: { path: b.at('both.txt'), in: 'versions', at: null } }]);
    await b.sync();
    await a.sync();
    assert.deepEqual([a.read('both.txt'), a.read('both 2.txt')], ['of b again', 'of b']);
    const none = await b.cli.run(['sync', 'conflicts', '--keep', 'mine', b.at('both.txt')]);
    assert.deepEqual([none.code, /no conflict/.test(none.stderr)], [2, true]);
    assert.equal((await b.cli.run(['sync', 'conflicts', '--keep', 'all', b.at('both.txt')])).code, 2);
    assert.equal((await b.json('remove', b.folder))['v'], 1);
    assert.equal(b.read('keep.txt'), 'kept');
  });

  test('a folder that is left out leaves this machine alone, and comes back with what was not sent', async () => {
    const [a, b] = [new Machine(anna, '/some'), new Machine(ben, '/some')];
    a.write('films/long.mkv', 'a film');
    for (let i = 0; i < 50; i++) a.write(`texts/${i}.txt`, `text ${i}`);
    await a.sync();
    await b.sync();
    const many = await b.cli.run(['sync', 'select', '--remove', b.at('texts'), '--json']);
    assert.deepEqual([many.code, JSON.parse(many.lastLine).removed[0].isDone], [3, false]);
    b.write('films/notes.txt', 'only on b');
    const { removed } = (await b.json('select', '--remove', '/some/films')) as { removed: { files: number }[] };
    assert.deepEqual(removed, [{ folder: b.folder, path: 'films', isDone: true, files: 1, unsent: 0 }]);
    const left = await b.sync();
    assert.deepEqual([left.removedThere, b.has('films'), b.has('texts/1.txt')], [0, false, true]);
    assert.equal((await b.json('why', b.at('films/long.mkv')))['reason'], 'not-selected');
    const { roots } = (await b.json('select', b.folder)) as { roots: { folders: unknown }[] };
    assert.deepEqual(roots[0]?.folders, [
      { path: 'films', selected: false },
      { path: 'texts', selected: true },
    ]);
    await a.sync();
    assert.deepEqual([a.read('films/long.mkv'), a.has('films/notes.txt')], ['a film', false]);
    await b.json('select', '--add', b.at('films'));
    await b.sync();
    assert.deepEqual([b.read('films/long.mkv'), b.read('films/notes.txt')], ['a film', 'only on b']);
    await a.sync();
    assert.equal(a.read('films/notes.txt'), 'only on b');
  });

  test('what a disk changed by itself is named, sent nowhere, and fetched again', async () => {
    const a = new Machine(anna, '/worn');
    a.write('old.txt', 'as it was');
    a.write('other.txt', 'sound');
    for (const name of ['old.txt', 'other.txt']) utimesSync(a.at(name), 1_000_000_000, 1_000_000_000);
    await a.sync();
    assert.deepEqual((await a.json('check', a.folder))['damaged'], []);
    a.write('old.txt', 'as it is.');
    utimesSync(a.at('old.txt'), 1_000_000_000, 1_000_000_000);
    forgetChange(a, 'old.txt');
    const { damaged, files } = (await a.json('check', a.folder)) as { damaged: unknown; files: number };
    assert.deepEqual([damaged, files], [[{ path: a.at('old.txt'), isInDrive: true }], 2]);
    assert.deepEqual((await a.json('why', a.at('old.txt')))['reason'], 'disk-damaged');
    const { sent, stalls } = await a.sync(3);
    assert.deepEqual([sent, stalls], [0, [{ path: 'old.txt', reason: 'disk-damaged' }]]);
    const repaired = await a.json('check', a.folder, '--repair');
    assert.deepEqual([repaired['damaged'], repaired['repaired']], [[], [a.at('old.txt')]]);
    assert.equal(a.read('old.txt'), 'as it was');
    assert.equal((await a.sync()).sent, 0);
  });

  test('a folder in another one that is synced is refused, here and in the drive', async () => {
    const outer = new Machine(anna, '/outer');
    outer.write('inner/f', 'f');
    await outer.sync();
    const refused = async (cli: typeof anna, folder: string, to: string): Promise<string> => {
      const ran = await cli.run(['sync', folder, '--to', to, '--once']);
      assert.equal(ran.code, 2, ran.stderr);
      return ran.stderr;
    };
    assert.match(await refused(anna, outer.at('inner'), '/elsewhere'), /one is inside the other/);
    assert.match(await refused(ben, outer.at('inner'), '/elsewhere'), /one is inside the other/);
    const beside = new Machine(anna, '/beside');
    assert.match(await refused(anna, beside.folder, '/outer/inner'), /Choose a part of the drive/);
    assert.match(await refused(anna, beside.folder, '/'), /Choose a part of the drive/);
  });

  test('a program that starts while the server is down says that it waits, and begins when it answers', async () => {
    const [known, fresh] = [new Machine(ben, '/live'), new Machine(ben, '/begun offline')];
    known.write('before.txt', 'written while nobody listened');
    fresh.write('first.txt', 'of a folder that the drive does not know');
    proxy.rule(() => ({ kind: 'cut', atByte: 0 }));
    const following: Promise<{ code: number | null; stdout: string; stderr: string }>[] = [];
    try {
      assert.equal((await ben.run(['sync', known.folder, '--once'])).code, 7);
      const said: string[] = [];
      const children: ChildProcess[] = [];
      for (const [index, machine] of [known, fresh].entries())
        following.push(
          ben.run(['sync', machine.folder, '--to', machine.to, '--json'], {
            onStart: (_, child) => children.push(child),
            onOutput: (text) => (said[index] = text),
          }),
        );
      await until(
        'both say that they wait',
        () => [0, 1].every((index) => said[index]?.includes('"offline"')),
        () => said.join(),
      );
      proxy.rule(null);
      await until(
        'both began',
        () => [0, 1].every((index) => said[index]?.includes('"in-sync"')),
        () => said.join(),
      );
      for (const child of children) child.kill('SIGTERM');
      for (const { code } of await Promise.all(following)) assert.equal(code, 0);
      assert.match((await anna.run(['ls', '/live'])).stdout, /before\.txt/);
      assert.match((await anna.run(['ls', '/begun offline'])).stdout, /first\.txt/);
    } finally {
      proxy.rule(null);
    }
  });

  test('a unit for the service manager starts this very program', async () => {
    const ran = await anna.run(['sync', 'install', '--print'], { env: { XDG_STATE_HOME: join(anna.folder, 'a "state"') } });
    if (process.platform !== 'linux') return assert.equal(ran.code, process.platform === 'darwin' ? 0 : 2);
    assert.match(ran.stdout, /^ExecStart="[^"]*node[^"]*" "[^"]+main\.ts" "sync" "start" "--quiet"$/m);
    assert.match(ran.stdout, /^Environment="XDG_STATE_HOME=[^\n]*a \\"state\\""$/m);
  });
});

/** No file system lets bytes change under the times they had, as a worn disk does: so the journal is told the time of the change. */
function forgetChange(machine: Machine, name: string): void {
  const { ctimeNs } = statSync(machine.at(name), { bigint: true });
  const roots = join(machine.cli.stateFolder, 'sync');
  for (const file of readdirSync(roots).map((root) => join(roots, root, 'journal.db'))) {
    if (!existsSync(file)) continue;
    const journal = new DatabaseSync(file);
    journal.prepare('UPDATE local SET ctime = ? WHERE name = ?').run(ctimeNs, name);
    journal.close();
  }
}
