/** The set-up decides rightly on checkouts made for it: complete, stale, half installed, and on machines with an old Node. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { differences, findNode, isInstalled, isNewEnough, setUp } from '../../tools/setup.cjs';
import { root } from './repository.ts';

const scratch = mkdtempSync(join(tmpdir(), 'setup-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

describe('a checkout', () => {
  test('is installed when npm’s record has what the lock file asks for', () =>
    assert.equal(isInstalled(checkout({ a: '1.0.0' }, { a: '1.0.0' })), true));
  test('is not installed without node_modules', () => assert.equal(isInstalled(checkout({ a: '1.0.0' }, undefined)), false));
  test('is not installed when a package is missing', () =>
    assert.equal(isInstalled(checkout({ a: '1.0.0', b: '1.0.0' }, { a: '1.0.0' })), false));
  test('is not installed when a package has another version', () =>
    assert.equal(isInstalled(checkout({ a: '1.0.1' }, { a: '1.0.0' })), false));
  test('becomes stale when the lock file changes after a look', () => {
    const place = checkout({ a: '1.0.0' }, { a: '1.0.0' });
    assert.equal(isInstalled(place), true);
    assert.equal(existsSync(join(place, 'node_modules/.reprise-stamp')), true);
    writeLock(place, 'package-lock.json', { a: '2.0.0' });
    assert.equal(isInstalled(place), false);
  });
  test('is looked at again when a stamp is wrong', () => {
    const place = checkout({ a: '1.0.0' }, { a: '2.0.0' });
    writeFileSync(join(place, 'node_modules/.reprise-stamp'), 'wrong');
    assert.equal(isInstalled(place), false);
  });
  test('with a damaged record is installed again', () => {
    const place = checkout({ a: '1.0.0' }, { a: '1.0.0' });
    writeFileSync(join(place, 'node_modules/.package-lock.json'), '{"packages": {');
    assert.equal(isInstalled(place), false);
  });
  test('may lack the packages of other platforms', () => {
    const wanted = {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b-win': { version: '1.0.0', optional: true },
      'apps/x': { version: '1.0.0' },
    };
    assert.deepEqual(differences(wanted, { 'node_modules/a': { version: '1.0.0' } }), []);
    assert.deepEqual(differences(wanted, { 'node_modules/b-win': { version: '2.0.0' } }), ['node_modules/a', 'node_modules/b-win']);
  });
});

describe('Node', () => {
  const verdicts: readonly (readonly [string, boolean])[] = [
    ['v18.20.4', false],
    ['v20.20.2', false],
    ['v22.22.0', false],
    ['v24.11.1', false],
    ['v24.12.0', true],
    ['v25.0.0', true],
    ['v26.10.0', true],
    ['v100.0.0', true],
    ['nonsense', false],
  ];
  for (const [version, expected] of verdicts)
    test(`${version} is ${expected ? '' : 'not '}new enough`, () => assert.equal(isNewEnough(version), expected));
  test('comes from the packages when they bring one that runs', () => {
    const place = checkout({}, {});
    const pinned = fakeNode(place, 'v26.10.0');
    assert.equal(findNode(place), pinned);
  });
  test('is the running one when the packages’ own does not start here', () => {
    const place = checkout({}, {});
    writeFileSync(fakeNode(place, 'v26.10.0'), '#!/bin/sh\nexit 127\n');
    assert.equal(findNode(place), process.execPath);
  });
  test('is used at once when nothing is to be installed', () => {
    const place = checkout({}, {});
    const pinned = fakeNode(place, 'v26.10.0');
    assert.equal(setUp(place), pinned);
  });
});

describe('the first step', () => {
  test('keeps arguments, exit code and output', () => {
    const script = join(scratch, 'script.ts');
    writeFileSync(script, "const n: number = 7;\nconsole.log(process.argv.slice(2).join('|'));\nprocess.exit(n);\n");
    const result = spawnSync(process.execPath, [join(root, 'tools/run.cjs'), script, 'a b', '--c'], { encoding: 'utf8', cwd: tmpdir() });
    assert.deepEqual([result.status, result.stdout], [7, 'a b|--c\n']);
  });
  test('passes signals on, both ways of handing over', async () => {
    const script = join(scratch, 'waits.ts');
    writeFileSync(script, "process.on('SIGTERM', () => process.exit(9));\nconsole.log('ready');\nsetInterval(() => {}, 1000);\n");
    for (const withoutExecve of [false, true]) {
      const preload = join(scratch, 'no-execve.cjs');
      writeFileSync(preload, withoutExecve ? 'process.execve = undefined;\n' : '');
      const child = spawn(process.execPath, ['--require', preload, join(root, 'tools/run.cjs'), script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      child.kill('SIGTERM');
      const code = await new Promise((resolve) => child.on('exit', resolve));
      assert.equal(code, 9);
    }
  });
  for (const [who, wrap] of [
    ['the shell between npm and it', (command: string) => command],
    ['npm, above that shell,', (command: string) => `sh -c '${command}; true'`],
  ] as const) {
    test(`ends the server when ${who} is killed`, { timeout: 300_000 }, async (t) => {
      if (who.startsWith('npm') && !existsSync('/proc/self/stat')) return t.skip('this system has no /proc to see it by');
      const script = join(scratch, 'serves.ts');
      writeFileSync(script, "process.on('SIGTERM', () => process.exit(0));\nconsole.log(process.pid);\nsetInterval(() => {}, 1000);\n");
      const command = `"${process.execPath}" --import "${join(root, 'tools/follow-parent.ts')}" "${script}"`;
      // The second command keeps the shell from becoming the first one.
      const outer = spawn('sh', ['-c', `${wrap(command)}; true`], {
        argv0: who.startsWith('npm') ? 'npm' : 'sh',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise((resolve) => outer.stdout.once('close', resolve));
      const pid = Number(await new Promise((resolve) => outer.stdout.once('data', resolve)));
      assert.ok(pid > 0 && pid !== outer.pid);
      outer.kill('SIGKILL');
      // The pipe closes when the last process that holds it is gone.
      await ended;
    });
  }
  test('is written so that an old Node can read it', () => {
    for (const file of ['tools/run.cjs', 'tools/setup.cjs', 'tools/become.cjs', 'apps/cli/bin/reprise.cjs']) {
      const text = readFileSync(join(root, file), 'utf8');
      assert.doesNotMatch(text, /^import |\bawait |groupBy|\.toSorted|using /m, file);
      assert.equal(spawnSync(process.execPath, ['--check', join(root, file)]).status, 0, file);
    }
  });
  test('runs on the Node of the distribution where there is one', (t) => {
    const old = ['/usr/bin/node', '/usr/local/bin/node'].find((file) => existsSync(file));
    if (old === undefined) return t.skip('no other Node is installed on this machine');
    const script = join(scratch, 'version.ts');
    writeFileSync(script, 'const version: string = process.version;\nconsole.log(version);\n');
    const result = spawnSync(old, [join(root, 'tools/run.cjs'), script], { encoding: 'utf8' });
    assert.equal(result.stderr, '');
    assert.equal(isNewEnough(result.stdout.trim()), true);
  });
});

type Versions = Readonly<Record<string, string>>;
let serial = 0;

function checkout(wanted: Versions, present: Versions | undefined): string {
  const place = join(scratch, String(serial++));
  mkdirSync(place);
  writeLock(place, 'package-lock.json', wanted);
  if (present !== undefined) {
    mkdirSync(join(place, 'node_modules'));
    writeLock(place, 'node_modules/.package-lock.json', present);
  }
  return place;
}

function writeLock(place: string, file: string, versions: Versions): void {
  const entries = Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]);
  writeFileSync(join(place, file), JSON.stringify({ packages: Object.fromEntries(entries) }));
}

function fakeNode(place: string, version: string): string {
  const folder = join(place, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'node');
  writeFileSync(file, `#!/bin/sh\necho ${version}\n`);
  chmodSync(file, 0o755);
  return file;
}
