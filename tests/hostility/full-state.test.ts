// The disk that holds a following program's own notes fills, to the last byte or the last name: nobody is left without the program. It waits, goes
// on once there is room, and ends well when it is told to. spec/sync.md "Following".
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Machine, openTwo } from '../e2e/sync-machine.ts';
import type { Cli } from '../support/cli.ts';
import { type Host, startHost } from '../support/server.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { until } from '../support/until.ts';

let host: Host;
let machines: readonly Cli[] = [];
before(async () => {
  host = await startHost();
  machines = await openTwo(host);
});
after(async () => {
  for (const machine of machines) machine[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

/** Longer than the first waits of a program that tries again. */
const fullMs = 4_000;

test('a program that is to follow a folder waits where the disk of its state is full from the start', async (t) => {
  const [anna, ben] = machines as readonly [Cli, Cli];
  const mounted = SmallDisk.mount(anna.stateFolder);
  if (typeof mounted === 'string') return t.skip(`no small file system can be mounted here: ${mounted}`);
  using disk = mounted;
  const [a, b] = [new Machine(anna, '/early'), new Machine(ben, '/early')];
  const [known, all] = [undefined, ['sync', 'start']] as const;
  await b.start();
  try {
    // The first time it does not know the folder yet, and is told all; afterwards it follows what it knows.
    for (const [round, args] of [known, known, all].entries())
      for (const fullness of ['bytes', 'entries'] as const) {
        const name = `${round} ${fullness}`;
        disk.fill(fullness);
        a.write(`${name} here.txt`, 'kept');
        // Nobody ever heard of this head: it is one more thing to keep.
        b.write(`${name} there.txt`, 'kept');
        await a.begin(args);
        const isSaid = (): boolean => /"state":"stopped","failure":"target-full"/.test(a.said);
        await until(
          'it says that the disk is full, or ends',
          () => isSaid() || !a.isRunning,
          () => a.said,
        );
        await sleep(fullMs);
        assert.ok(a.isRunning, `it waits, though its disk has no room for ${fullness}`);
        const code = await a.stop();
        assert.ok(code === 0 || code === 130, `it ends as it is told to while it waits: ${code}`);
        await a.begin(args);
        await sleep(fullMs);
        disk.makeRoom();
        await until(
          `what was written beside a disk full of ${fullness} crosses`,
          () => b.has(`${name} here.txt`) && a.has(`${name} there.txt`),
          () => a.said,
        );
        assert.equal(await a.stop(), 0);
      }
  } finally {
    disk.makeRoom();
    await a.stop();
    assert.equal(await b.stop(), 0);
  }
});

test('a program that follows a folder outlives a full disk of its state', async (t) => {
  const [anna, ben] = machines as readonly [Cli, Cli];
  const mounted = SmallDisk.mount(anna.stateFolder);
  if (typeof mounted === 'string') return t.skip(`no small file system can be mounted here: ${mounted}`);
  using disk = mounted;
  const [a, b] = [new Machine(anna, '/live'), new Machine(ben, '/live')];
  await b.start();
  await a.start();
  try {
    for (const fullness of ['bytes', 'entries'] as const) {
      disk.fill(fullness);
      a.write(`${fullness} here.txt`, 'kept');
      b.write(`${fullness} there.txt`, 'kept');
      await sleep(fullMs);
      assert.ok(a.isRunning, `it runs, though its disk has no room for ${fullness}`);
      disk.makeRoom();
      await until(
        `what was written beside a disk full of ${fullness} crosses`,
        () => b.has(`${fullness} here.txt`) && a.has(`${fullness} there.txt`),
      );
    }
    disk.fill('bytes');
    a.write('last.txt', 'kept');
    await sleep(fullMs);
    assert.equal(await a.stop(), 0, 'it ends well, though its last mark finds no room');
    disk.makeRoom();
    await a.start();
    await until('what it had no room for crosses after the next start', () => b.read('last.txt') === 'kept');
    assert.deepEqual(a.tree(), b.tree());
  } finally {
    disk.makeRoom();
    assert.deepEqual([await a.stop(), await b.stop()], [0, 0]);
  }
});
