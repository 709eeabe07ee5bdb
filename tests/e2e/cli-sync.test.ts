// `reprise sync` against a real host: two machines with a folder each, a drive between them, and a process that is killed again and again.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Cli } from '../support/cli.ts';
import { type Host, startHost } from '../support/server.ts';
import { Machine, openTwo, type Report } from './sync-machine.ts';

let host: Host;
let anna: Cli;
let ben: Cli;
before(async () => {
  host = await startHost();
  [anna, ben] = await openTwo(host);
});
after(async () => {
  anna?.[Symbol.dispose]();
  ben?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

/** Both, until neither has anything to do. */
async function settle(...machines: readonly Machine[]): Promise<void> {
  for (let quiet = 0, rounds = 1; quiet < machines.length; rounds++) {
    assert.ok(rounds <= 20, 'two machines come to rest');
    const machine = machines[rounds % machines.length] as Machine;
    const ran = await machine.cli.run(['sync', machine.folder, '--to', machine.to, '--once', '--json']);
    assert.ok(ran.code === 0 || ran.code === 3, `${ran.stdout}\n${ran.stderr}`);
    const { sent, received, removedHere, removedThere } = JSON.parse(ran.lastLine) as Report;
    quiet = sent + received + removedHere + removedThere === 0 ? quiet + 1 : 0;
  }
}

describe('a folder on two machines', { concurrency: false }, () => {
  test('comes to the drive and to the other machine, whatever it holds', async () => {
    const [a, b] = [new Machine(anna, '/all'), new Machine(ben, '/all')];
    a.write('été/notes.txt', 'hello');
    a.write('empty', '');
    a.write('large', Buffer.alloc(9_500_000, 'large '));
    a.write('run.sh', '#!/bin/sh\n');
    chmodSync(a.at('run.sh'), 0o755);
    symlinkSync('été/notes.txt', a.at('link'));
    mkdirSync(a.at('nothing in it'));
    utimesSync(a.at('empty'), 1_000_000_000, 1_000_000_000);
    a.write('.DS_Store', 'left alone');
    assert.equal((await a.sync()).sent, 5);
    assert.equal((await b.sync()).received, 7);
    const { '.DS_Store': ignored, ...rest } = a.tree();
    assert.equal(ignored, 'left alone');
    assert.deepEqual(b.tree(), rest);
    assert.equal(statSync(b.at('empty')).mtimeMs, 1_000_000_000_000);
    for (const machine of [a, b]) assert.deepEqual({ ...(await machine.sync()), seq: 0, folder: '' }, { ...nothing, to: '/all' });
  });

  test('edits, renames and deletions cross in both directions, and what is removed is in the trash', async () => {
    const [a, b] = [new Machine(anna, '/cross'), new Machine(ben, '/cross')];
    for (let i = 0; i < 12; i++) a.write(`papers/2026/${i}.txt`, `paper ${i}`);
    a.write('keep.txt', 'as it is');
    await a.sync();
    await b.sync();
    b.write('papers/2026/1.txt', 'edited on b');
    renameSync(b.at('papers/2026'), b.at('papers/old'));
    rmSync(b.at('papers/old/2.txt'));
    a.write('papers/2026/3.txt', 'edited on a while its folder was renamed on b');
    rmSync(a.at('papers/2026/4.txt'));
    await settle(a, b);
    assert.deepEqual(a.tree(), b.tree());
    const tree = a.tree();
    assert.equal(tree['papers/old/1.txt'], 'edited on b');
    assert.equal(tree['papers/old/3.txt'], 'edited on a while its folder was renamed on b');
    assert.equal(tree['papers/old/2.txt'], undefined);
    assert.equal(tree['papers/old/4.txt'], undefined);
    assert.equal(tree['papers/2026'], undefined);
    const { items } = (await anna.json(['trash'])) as unknown as { items: { paths: string[] }[] };
    const names = items.flatMap(({ paths }) => paths.map((path) => path.split('/').at(-1)));
    assert.deepEqual(names.sort(), ['2.txt', '4.txt']);
  });

  test('both versions stay where both machines changed a file, and an edit outlives a deletion', async () => {
    const [a, b] = [new Machine(anna, '/both'), new Machine(ben, '/both')];
    a.write('report.txt', 'first');
    a.write('gone.txt', 'first');
    await a.sync();
    await b.sync();
    a.write('report.txt', 'what a wrote');
    b.write('report.txt', 'what b wrote');
    a.write('gone.txt', 'edited');
    rmSync(b.at('gone.txt'));
    await a.sync();
    const { conflicts } = await b.sync(3);
    assert.equal(conflicts.length, 1);
    assert.match(conflicts[0] ?? '', /^report \(conflict \d{4}-\d\d-\d\d \d\d\.\d\d [A-Za-z0-9-]+\)\.txt$/);
    await settle(a, b);
    assert.deepEqual(a.tree(), b.tree());
    assert.deepEqual(a.tree(), { 'report.txt': 'what a wrote', [conflicts[0] ?? '']: 'what b wrote', 'gone.txt': 'edited' });
  });

  test('two full folders become one without a conflict where they are equal, and nothing is deleted', async () => {
    const [a, b] = [new Machine(anna, '/joined'), new Machine(ben, '/joined')];
    for (const machine of [a, b]) {
      machine.write('same.txt', 'the same');
      machine.write('large', Buffer.alloc(8_500_000, 'equal '));
    }
    a.write('a only', 'a');
    b.write('b only', 'b');
    await a.sync();
    const joined = await b.sync();
    assert.deepEqual(
      { sent: joined.sent, received: joined.received, conflicts: joined.conflicts },
      { sent: 1, received: 1, conflicts: [] },
    );
    await settle(a, b);
    assert.deepEqual(a.tree(), b.tree());
    assert.deepEqual(Object.keys(a.tree()).sort(), ['a only', 'b only', 'large', 'same.txt']);
  });

  test('a folder without its mark is not taken for an empty one, and an emptied one is asked about', async () => {
    const a = new Machine(anna, '/marked');
    for (let i = 0; i < 60; i++) a.write(`${i}.txt`, `file ${i}`);
    await a.sync();
    renameSync(a.folder, `${a.folder}.away`);
    mkdirSync(a.folder);
    const missing = await anna.run(['sync', a.folder, '--once', '--json']);
    assert.equal(missing.code, 8);
    assert.deepEqual(JSON.parse(missing.lastLine).error.facts, { reason: 'root-missing' });
    rmSync(a.folder, { recursive: true });
    renameSync(`${a.folder}.away`, a.folder);
    for (let i = 0; i < 60; i++) rmSync(a.at(`${i}.txt`));
    const { stalls, removedThere } = await a.sync(3);
    assert.equal(removedThere, 0);
    assert.equal(stalls.filter(({ reason }) => reason === 'held').length, 60);
    const { entries } = (await anna.json(['ls', '/marked'])) as unknown as { entries: unknown[] };
    assert.equal(entries.length, 60);
  });

  test('a process that is killed twenty times loses nothing and brings nothing back', { timeout: 600_000 }, async () => {
    const [a, b] = [new Machine(anna, '/killed'), new Machine(ben, '/killed')];
    const random = dice(20_261_122);
    const wanted = new Map<string, string>();
    // Enough of them that what is removed is not too much at once.
    for (let i = 0; i < 200; i++) {
      const path = `${i % 4}/${i}.txt`;
      wanted.set(path, `first ${i}`);
      a.write(path, `first ${i}`);
    }
    await a.sync();
    await b.sync();
    let kills = 0;
    for (let round = 0; round < 20; round++) {
      // Each path has one machine that changes it, so that what it holds in the end is known.
      for (const [owner, machine] of [a, b].entries()) changeSome(machine, owner, round, random, wanted);
      const [killed, other] = round % 2 === 0 ? [a, b] : [b, a];
      const [ran] = await Promise.all([
        runAndKill(killed, 100 + random(800)),
        random(2) === 0 ? other.cli.run(['sync', other.folder, '--once']) : null,
      ]);
      if (ran === null) kills++;
    }
    assert.ok(kills >= 5, `only ${kills} of 20 runs were still at work when they were killed`);
    await settle(a, b);
    const expected = Object.fromEntries([...wanted].sort());
    for (const machine of [a, b]) {
      const files = Object.entries(machine.tree()).filter(([, content]) => content !== 'folder');
      assert.deepEqual(Object.fromEntries(files.sort()), expected);
      assert.deepEqual(readdirSync(machine.at('.reprise/tmp')), []);
    }
  });
});

const nothing = { v: 1, folder: '', sent: 0, received: 0, removedHere: 0, removedThere: 0, conflicts: [], held: 0, seq: 0, stalls: [] };

function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function changeSome(machine: Machine, owner: number, round: number, random: (below: number) => number, wanted: Map<string, string>): void {
  const own = (path: string): boolean => Number(path.slice(path.lastIndexOf('/') + 1).split('.')[0]) % 2 === owner;
  for (let change = 0; change < 4; change++) {
    const paths = [...wanted.keys()].filter((path) => own(path) && existsSync(machine.at(path)));
    const path = paths[random(paths.length)] as string;
    const act = random(4);
    if (act === 0) {
      rmSync(machine.at(path));
      wanted.delete(path);
    } else if (act === 1) {
      const to = `${random(4)}/${path.slice(path.lastIndexOf('/') + 1).split('.')[0]}.${round}-${change}`;
      mkdirSync(dirname(machine.at(to)), { recursive: true });
      renameSync(machine.at(path), machine.at(to));
      wanted.set(to, wanted.get(path) as string);
      wanted.delete(path);
    } else {
      const to = act === 2 ? path : `${random(4)}/${(1_000 + round * 10 + change) * 2 + owner}.new`;
      wanted.set(to, `round ${round} change ${change} by ${owner}`);
      machine.write(to, wanted.get(to) as string);
    }
  }
}

/** @returns null if it was killed */
async function runAndKill({ cli, folder }: Machine, afterMs: number): Promise<number | null> {
  let timer: NodeJS.Timeout | undefined;
  const ran = await cli.run(['sync', folder, '--once'], {
    onStart: (_, child) => {
      timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    },
  });
  clearTimeout(timer);
  return ran.code;
}
