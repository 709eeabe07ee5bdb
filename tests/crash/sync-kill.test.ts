// Two machines follow one folder while people edit on both; the programs and the server are killed again and again, the network is cut, and the disks
// of the folders, of what the programs keep, and of the server fill up and are emptied. What was written last is there in the end, on both, and nothing else is. A few kills by default; REPRISE_LONG=1 makes it an hour, and 120 kills at least.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CliRun } from '../support/cli.ts';
import { Machine, openTwo, type Report } from '../e2e/sync-machine.ts';
import { type Host, startHost } from '../support/server.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { startWire } from '../support/wire.ts';

const isLong = process.env['REPRISE_LONG'] === '1';
const killsMin = Number(process.env['REPRISE_KILLS'] ?? (isLong ? 120 : 6));
const longMs = process.env['REPRISE_KILLS'] === undefined && isLong ? 3_600_000 : 0;
const files = 200;
/** Fewer than what is asked about before it is done. */
const removalsMax = 20;
const removalsMs = 600_000;

const below = (bound: number): number => Math.floor(Math.random() * bound);

/** A machine whose program follows the folder, or is dead. */
class Follower {
  readonly machine: Machine;
  /** What it ended with where nobody ended it: a disk may be too full to begin. */
  readonly gaveUp: string[] = [];
  #running: { readonly child: ChildProcess; readonly ended: Promise<CliRun> } | undefined;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      const ended: Promise<CliRun> = this.machine.cli.run(['sync', this.machine.folder, '--to', this.machine.to], {
        onStart: (_, child) => {
          void Promise.resolve().then(() => (this.#running = { child, ended }));
          resolve();
        },
      });
    });
    await Promise.resolve();
  }

  /** @returns whether it was at work until then */
  async end(signal: NodeJS.Signals): Promise<boolean> {
    const { child, ended } = this.#running ?? {};
    this.#running = undefined;
    const isAtWork = child !== undefined && child.exitCode === null && child.signalCode === null;
    child?.kill(signal);
    const ran = await ended;
    if (ran && !isAtWork) this.gaveUp.push(`${ran.code}: ${ran.stderr.trimEnd().split('\n').at(-1)}`);
    return isAtWork;
  }
}

/** What each path holds in the end: one machine alone changes a file, so nobody has to ask which came last. */
class People {
  readonly wanted = new Map<string, string>();
  readonly #removed: number[] = [];
  #words = 0;

  fill(machine: Machine): void {
    for (let i = 0; i < files; i++) this.#write(machine, `${i % 4}/${i}.txt`);
  }

  act(machine: Machine, owner: number): void {
    const own = [...this.wanted.keys()].filter((path) => numberOf(path) % 2 === owner && existsSync(machine.at(path)));
    const path = own[below(own.length)] as string;
    const recently = this.#removed.filter((atMs) => atMs > Date.now() - removalsMs).length;
    const to = `${below(4)}/${numberOf(path)}.${this.#words++}`;
    switch (below(10)) {
      case 0:
        if (recently >= removalsMax) return;
        this.#removed.push(Date.now());
        rmSync(machine.at(path));
        this.wanted.delete(path);
        return;
      case 1:
      case 2:
        if (!isThereRoom(() => mkdirSync(dirname(machine.at(to)), { recursive: true }))) return;
        renameSync(machine.at(path), machine.at(to));
        this.wanted.set(to, this.wanted.get(path) as string);
        this.wanted.delete(path);
        return;
      case 3:
        return this.#write(machine, `${below(4)}/${(1_000 + this.#words) * 2 + owner}.new`);
      default:
        return this.#write(machine, path);
    }
  }

  #write(machine: Machine, path: string): void {
    const text = `word ${this.#words++} ${'.'.repeat(below(20) === 0 ? 300_000 : below(2_000))}`;
    // As an editor does it: where there is no room, what was there stays. Names that end so are not synced.
    const draft = `${path}.part`;
    if (isThereRoom(() => machine.write(draft, text))) {
      renameSync(machine.at(draft), machine.at(path));
      this.wanted.set(path, text);
    } else rmSync(machine.at(draft), { force: true });
  }
}

function isThereRoom(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    return false;
  }
}

function numberOf(path: string): number {
  return Number(path.slice(path.lastIndexOf('/') + 1).split('.')[0]);
}

test(`two machines that follow a folder lose nothing in ${killsMin} kills of programs and server`, {
  timeout: longMs + 3_000_000,
}, async (t) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'reprise-data-'));
  using disks = new DisposableStack();
  disks.defer(() => rmSync(dataFolder, { recursive: true, force: true }));
  const serverDisk = SmallDisk.mount(dataFolder);
  if (serverDisk instanceof SmallDisk) disks.use(serverDisk);
  else t.diagnostic(`no disk that fills can be had here, so none did: ${serverDisk}`);
  let host: Host = await startHost({ dataFolder, env: { REPRISE_RATE_REQUESTS: 'off' } });
  const { port } = host;
  const first = host;
  await using wire = await startWire(port);
  const [anna, ben] = await openTwo({ url: wire.url });
  using _anna = anna;
  using _ben = ben;
  const followers = [new Follower(new Machine(anna, '/followed')), new Follower(new Machine(ben, '/followed'))] as const;
  const machines = followers.map(({ machine }) => machine);
  const small = serverDisk instanceof SmallDisk ? [serverDisk] : [];
  using clientDisks = new DisposableStack();
  for (const folder of small.length > 0 ? machines.flatMap(({ folder: at, cli }) => [at, cli.stateFolder]) : []) {
    const disk = SmallDisk.mount(folder);
    assert.ok(disk instanceof SmallDisk, String(disk));
    small.push(clientDisks.use(disk));
  }
  const people = new People();
  const count = { programs: 0, server: 0, cuts: 0, acts: 0, fullOfBytes: 0, fullOfEntries: 0 };
  try {
    people.fill(machines[0] as Machine);
    for (const machine of machines) await machine.sync();
    for (const follower of followers) await follower.start();
    for (const endsAt = Date.now() + longMs; count.programs + count.server < killsMin || Date.now() < endsAt; ) {
      const disk = below(2) === 0 ? small[below(small.length)] : undefined;
      if (disk) {
        const isBytes = below(3) !== 0;
        disk.fill(isBytes ? 'bytes' : 'entries');
        count[isBytes ? 'fullOfBytes' : 'fullOfEntries']++;
      }
      for (let act = 0; act < 6; act++) {
        for (const [owner, machine] of machines.entries()) people.act(machine, owner);
        count.acts += 2;
        await sleep(below(250));
      }
      const chosen = below(3);
      if (chosen === 2) {
        await host.kill();
        count.server++;
        // An operator makes room before the start.
        if (small[0]?.isFull) small[0].makeRoom();
        host = await startHost({ dataFolder, port, publicUrl: host.url, env: { REPRISE_RATE_REQUESTS: 'off' } });
      } else {
        const follower = followers[chosen] as Follower;
        if (await follower.end('SIGKILL')) count.programs++;
        await follower.start();
        // Long enough to be in the middle of something the next time.
        await sleep(500 + below(2_500));
      }
      if (below(5) === 0) {
        count.cuts++;
        wire.cut();
        await sleep(below(1_500));
        wire.restore();
      }
      disk?.makeRoom();
    }
    for (const follower of followers) await follower.end('SIGTERM');
    t.diagnostic(JSON.stringify(count));
    for (const { gaveUp } of followers) for (const said of gaveUp) t.diagnostic(`a program ended by itself with ${said}`);
    await settle(machines);
    const expected = Object.fromEntries([...people.wanted].sort());
    for (const machine of machines) {
      const found = Object.entries(machine.tree()).filter(([, content]) => content !== 'folder');
      assert.deepEqual(Object.fromEntries(found.sort()), expected);
      assert.deepEqual(readdirSync(machine.at('.reprise/tmp')), []);
    }
    assert.deepEqual(await filesInDrive(machines[0] as Machine), expected, 'the drive holds every byte of it, and nothing else');
  } finally {
    for (const follower of followers) await follower.end('SIGKILL');
    await host[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  }
});

/** What the drive holds below the folder, fetched by a program that keeps no folder. */
async function filesInDrive({ cli, to }: Machine): Promise<Record<string, string>> {
  const into = join(cli.folder, 'fetched');
  mkdirSync(into);
  const ran = await cli.run(['get', to], { cwd: into });
  assert.equal(ran.code, 0, ran.stderr);
  const found = readdirSync(into, { recursive: true, withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() ? [[relative(join(into, to), path), readFileSync(path, 'latin1')]] : [];
  });
  return Object.fromEntries(found.sort());
}

/** Until neither has anything to do. */
async function settle(machines: readonly Machine[]): Promise<void> {
  for (let quiet = 0, round = 0; quiet < machines.length; round++) {
    assert.ok(round < 20, 'two machines come to rest');
    const machine = machines[round % machines.length] as Machine;
    const ran = await machine.cli.run(['sync', machine.folder, '--to', machine.to, '--once', '--json']);
    assert.equal(ran.code, 0, `${ran.stdout}\n${ran.stderr}`);
    const { sent, received, removedHere, removedThere } = JSON.parse(ran.lastLine) as Report;
    quiet = sent + received + removedHere + removedThere === 0 ? quiet + 1 : 0;
  }
}
