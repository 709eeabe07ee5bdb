// A tool without an account on the command line, and what a machine keeps so that it need not ask again.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Cli, type CliRun, openCli } from '../support/cli.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Host, startHost } from '../support/server.ts';

let host: Host;
let proxy: FaultProxy;
let owner: Cli;
before(async () => {
  proxy = await startFaultProxy();
  host = await startHost({ publicUrl: proxy.url });
  proxy.target(host.url);
  owner = openCli(proxy.url);
  await owner.json(['signup', '--user', 'marta']);
  mkdirSync(join(owner.folder, 'many'));
  for (let folder = 0; folder < 40; folder++) {
    mkdirSync(join(owner.folder, `many/f${folder}`));
    for (let file = 0; file < 3; file++) writeFileSync(join(owner.folder, `many/f${folder}/n${file}.txt`), `${folder} ${file}`);
  }
  await owner.json(['put', 'many', '/']);
});
after(async () => {
  owner?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
  await proxy?.[Symbol.asyncDispose]();
});

type Json = Readonly<Record<string, unknown>>;
const made = async (...args: string[]) =>
  (await owner.json(['devices', 'app', 'add', ...args])) as unknown as { credential: string; device: string; access: string };

/** A machine without an account, which has the credential in its environment. */
function toolOf(credential: string): { readonly cli: Cli; run(...args: string[]): Promise<CliRun> } & Disposable {
  const cli = openCli('http://nowhere.example');
  const run = (...args: string[]) => cli.run(args, { env: { REPRISE_CREDENTIAL: credential } });
  return { cli, run, [Symbol.dispose]: () => cli[Symbol.dispose]() };
}

describe('a credential in the environment', { concurrency: false }, () => {
  test('is printed alone, once, and shown by its label ever after', async () => {
    const ran = await owner.run(['devices', 'app', 'add', '--label', 'nightly backup', '--read']);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /^rp1_app_[\w-]+\n$/);
    assert.match(ran.stderr, /REPRISE_CREDENTIAL/);
    assert.match((await owner.run(['devices', 'app'])).stdout, /app, reads +nightly backup\n$/);
    assert.match((await owner.run(['devices'])).stdout, /app, reads +nightly backup/);
    assert.deepEqual(await owner.json(['devices', 'passkeys']), { passkeys: [] });
    const { credentials } = (await owner.json(['devices', 'app'])) as unknown as { credentials: Json[] };
    assert.deepEqual(
      credentials.map(({ label, access }) => [label, access]),
      [['nightly backup', 'read']],
    );
  });

  test('reads the drive on a machine that has no account, and changes nothing', async () => {
    using tool = toolOf((await made('--label', 'reader', '--read')).credential);
    assert.equal((await tool.run('cat', '/many/f7/n1.txt')).stdout, '7 1');
    const who = await tool.run('whoami', '--json');
    assert.deepEqual((({ user, credential, server }) => [user, credential, server])(JSON.parse(who.lastLine)), [
      'marta',
      'read',
      proxy.url,
    ]);
    mkdirSync(join(tool.cli.folder, 'out'));
    assert.equal((await tool.run('get', '/many/f1', '-o', 'out')).code, 0);
    assert.deepEqual(readdirSync(join(tool.cli.folder, 'out/f1')).sort(), ['n0.txt', 'n1.txt', 'n2.txt']);
    for (const args of [
      ['mkdir', '/x'],
      ['rm', '/many'],
      ['put', 'out', '/many'],
      ['link', '/many'],
    ]) {
      const ran = await tool.run(...args);
      assert.equal(ran.code, 1, `${args.join(' ')}: ${ran.stderr}`);
      assert.match(ran.stderr, /may not do that/);
    }
    const asked = await tool.run('devices');
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /nothing else of the account/);
  });

  test('writes, until its device is revoked', async () => {
    const { credential, device } = await made('--label', 'writer', '--write');
    using tool = toolOf(credential);
    writeFileSync(join(tool.cli.folder, 'a.txt'), 'by a tool');
    assert.equal((await tool.run('put', 'a.txt', '/tools')).code, 0);
    assert.equal((await owner.run(['cat', '/tools/a.txt'])).stdout, 'by a tool');
    assert.equal((await owner.run(['devices', '--revoke', device.slice(0, 12)])).code, 0);
    const ended = await tool.run('ls', '/tools');
    assert.equal(ended.code, 5);
    assert.match(ended.stderr, /revoked/);
  });

  test('that is none, or is asked to be what it cannot be, is refused in words', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['devices', 'app', 'add', '--label', 'x'], /--read or --write/],
      [['devices', 'app', 'add', '--label', 'x', '--read', '--write'], /--read or --write/],
      [['devices', 'app', 'add', '--read'], /--label/],
      [['devices', 'app', 'add', '--label', 'x', '--read', '/many'], /whole drive.*reprise link \/many/],
      [['devices', 'app', 'gone'], /more than/],
      [['put', 'many', '/', '--server', 'http://other.example'], /--link/],
    ];
    for (const [args, said] of cases) {
      const ran = await owner.run(args);
      assert.equal(ran.code, 2, `${args.join(' ')}: ${ran.stderr}`);
      assert.match(ran.stderr, said);
    }
    using stranger = toolOf('rp1_app_AAAA');
    const ran = await stranger.run('ls', '/');
    assert.equal(ran.code, 5);
    assert.match(ran.stderr, /no whole app credential/);
  });
});

describe('a second look at a drive', { concurrency: false }, () => {
  const isNode = ({ path }: { readonly path: string }) => path.includes('/objects');
  async function look(cli: { run(...args: string[]): Promise<CliRun> }, ...args: string[]) {
    const from = proxy.requests.length;
    const ran = await cli.run(...args);
    assert.equal(ran.code, 0, ran.stderr);
    const requests = proxy.requests.slice(from);
    return {
      lines: ran.stdout.split('\n').filter((line) => line.startsWith('/many/')).length,
      requests: requests.length,
      nodes: requests.filter(isNode).length,
    };
  }

  test('fetches no node twice, and the first asks for many at a time', async () => {
    using tool = toolOf((await made('--label', 'finder', '--read')).credential);
    const first = await look(tool, 'find', '.txt');
    assert.equal(first.lines, 120);
    assert.ok(first.nodes > 0 && first.requests < 15, `${first.requests} requests for 42 folders`);
    for (const args of [['find', '.txt'], ['tree'], ['ls', '/many/f3'], ['du', '/many']]) {
      const second = await look(tool, ...args);
      assert.equal(second.nodes, 0, args.join(' '));
      assert.ok(second.requests <= 3, `${args.join(' ')}: ${second.requests} requests`);
    }
    await owner.json(['mkdir', '/many/f3/new']);
    const after_ = await look(tool, 'tree');
    assert.ok(after_.nodes <= 4, `the root, two folders and a new one: ${after_.nodes}`);
  });

  test('is the same when the cache is damaged or gone', async () => {
    using tool = toolOf((await made('--label', 'damaged', '--read')).credential);
    await look(tool, 'find', '.txt');
    const nodes = join(tool.cli.stateFolder, 'nodes');
    const files = readdirSync(nodes, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.ok(files.length > 40);
    for (const file of files) writeFileSync(join(file.parentPath, file.name), 'damaged');
    assert.equal((await look(tool, 'find', '.txt')).lines, 120);
    rmSync(nodes, { recursive: true });
    writeFileSync(nodes, 'in the way');
    assert.equal((await look(tool, 'find', '.txt')).lines, 120);
  });
});
