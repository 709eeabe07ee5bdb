import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { runLockHolder, takeRunLock } from './run-lock.ts';

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-lock-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const notLinux = process.platform === 'linux' ? false : 'only Linux tells machines and containers apart';

/** Takes the lock, says what came of it, and keeps it until it is killed. */
const taker = `
const { takeRunLock } = await import(process.argv[1]);
process.stdout.write(takeRunLock(process.argv[2]) ? 'held' : 'refused');
setInterval(() => undefined, 1_000);
`;

async function startTaker(name: string) {
  const script = new URL('./run-lock.ts', import.meta.url).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', taker, script, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
  const kill = () =>
    new Promise<void>((resolve) => {
      child.once('close', () => resolve());
      child.kill('SIGKILL');
    });
  return { said, kill, pid: child.pid };
}

describe('a lock of a run', () => {
  test('is held by one, within a process and among several, and free again when it is given back', async (t) => {
    const name = join(scratch(t), 'n');
    const first = takeRunLock(name);
    assert.ok(first);
    assert.equal(takeRunLock(name), undefined);
    const other = await startTaker(name);
    await other.kill();
    assert.equal(other.said, 'refused');
    first[Symbol.dispose]();
    assert.ok(takeRunLock(name));
  });

  test('ends with a run that was killed, and with one whose number another process has now', async (t) => {
    const folder = scratch(t);
    const name = join(folder, 'n');
    const killed = await startTaker(name);
    assert.equal(killed.said, 'held');
    assert.equal(takeRunLock(name), undefined);
    await killed.kill();
    if (process.platform === 'linux') writeFileSync(`${name}.${process.ppid}-1.lock`, '');
    const lock = takeRunLock(name);
    assert.ok(lock);
    assert.equal(readdirSync(folder).length, 1);
    lock[Symbol.dispose]();
    assert.deepEqual(readdirSync(folder), []);
  });

  test('is seen without being taken, and gone with who held it', async (t) => {
    const folder = scratch(t);
    const name = join(folder, 'n');
    assert.equal(runLockHolder(name), undefined);
    const holder = await startTaker(name);
    assert.equal(runLockHolder(name)?.pid, holder.pid);
    await holder.kill();
    assert.equal(runLockHolder(name), undefined);
    assert.equal(readdirSync(folder).length, 1, 'who only looks removes nothing');
  });

  test('of another machine or container is never taken away, one of an earlier start of this machine is', { skip: notLinux }, (t) => {
    const folder = scratch(t);
    const name = join(folder, 'n');
    using own = takeRunLock(name);
    assert.ok(own);
    const [file = ''] = readdirSync(folder);
    own[Symbol.dispose]();
    const [, host = '', boot = '', space = ''] = /^n\.(\w+)-(\w+)-(\w+)\./.exec(file) ?? assert.fail(file);
    for (const other of [`other-${boot}-${space}`, `${host}-${boot}-1`]) {
      writeFileSync(`${name}.${other}.999999999-1.lock`, '');
      assert.equal(takeRunLock(name), undefined);
      assert.deepEqual(runLockHolder(name), { pid: null, file: `${name}.${other}.999999999-1.lock` });
      rmSync(`${name}.${other}.999999999-1.lock`);
    }
    writeFileSync(`${name}.${host}-before-${space}.${process.pid}-1.lock`, '');
    assert.equal(runLockHolder(name), undefined);
    assert.ok(takeRunLock(name));
  });

  test('is never held by two of many that come together, over one that is gone', async (t) => {
    const name = join(scratch(t), 'n');
    for (let round = 0; round < 3; round++) {
      await (await startTaker(name)).kill();
      const takers = await Promise.all(Array.from({ length: 6 }, () => startTaker(name)));
      assert.ok(takers.filter(({ said }) => said === 'held').length <= 1);
      await Promise.all(takers.map((one) => one.kill()));
    }
  });
});
