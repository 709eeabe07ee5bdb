// The command line with an account against a real host: what a person does on two machines, and what it is told when it cannot be.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { connect } from '@reprise/sdk';
import { AccountChanges, memoryDeviceStore, signIn } from '@reprise/sdk/account';
import { memoryHeadStore } from '@reprise/sdk/drive';
import { nodeTransport } from '@reprise/sdk/node';
import { opaqueClient } from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import { type Cli, openCli } from '../support/cli.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { digestOf, writeFolder, writeRandom } from '../support/inputs.ts';
import { type Host, startHost } from '../support/server.ts';

let host: Host;
let first: Cli;
let second: Cli;
before(async () => {
  host = await startHost();
  first = openCli(host.url);
  second = openCli(host.url);
});
after(async () => {
  first?.[Symbol.dispose]();
  second?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

type Json = Readonly<Record<string, unknown>>;
async function json(cli: Cli, ...args: readonly string[]): Promise<Json> {
  return (await cli.json(args)) as unknown as Json;
}
async function pathsIn(cli: Cli): Promise<string[]> {
  const { entries } = (await json(cli, 'tree')) as { entries: { path: string; kind: string }[] };
  return entries.map(({ path, kind }) => (kind === 'folder' ? `${path}/` : path)).sort();
}

describe('an account on the command line', { concurrency: false }, () => {
  test('commands for a drive say what to do first', async () => {
    const ran = await first.run(['ls', '/']);
    assert.equal(ran.code, 5);
    assert.match(ran.stderr, /reprise login/);
    const french = await first.run(['mkdir', '/x'], { env: { LC_ALL: 'fr_FR.UTF-8' } });
    assert.match(french.stderr, /reprise signup/);
  });

  test('opens with seven words and a kit, and comes back on another machine by each of them', async () => {
    const made = await json(first, 'signup', '--user', 'marta', '--kit', join(first.folder, 'kit.txt'));
    assert.equal(String(made['phrase']).split(' ').length, 7);
    assert.equal((made['words'] as string[]).length, 24);
    assert.equal(statSync(join(first.folder, 'kit.txt')).mode & 0o077, 0);
    assert.equal((await first.run(['signup', '--user', 'other'])).code, 1);
    const wrong = await second.run(['login', '--user', 'marta'], { env: { REPRISE_PASSWORD: 'wrong words these are not the seven' } });
    assert.equal(wrong.code, 5);
    assert.equal((await second.run(['login', '--user', 'marta'])).code, 2);
    const entered = await second.run(['login', '--user', 'marta', '--json'], { env: { REPRISE_PASSWORD: String(made['phrase']) } });
    assert.equal(entered.code, 0, entered.stderr);
    assert.deepEqual((JSON.parse(entered.lastLine) as Json)['userId'], made['userId']);
    using third = openCli(host.url);
    writeFileSync(join(third.folder, 'kit.txt'), readFileSync(join(first.folder, 'kit.txt')));
    assert.equal((await third.run(['login', '--kit', 'kit.txt'])).code, 0);
    const { devices } = (await json(first, 'devices')) as { devices: { isThis: boolean; isRevoked: boolean }[] };
    assert.equal(devices.length, 3);
    assert.equal((await third.run(['logout'])).code, 0);
    assert.equal((await third.run(['whoami'])).code, 5);
    assert.equal((await json(second, 'whoami'))['user'], 'marta');
  });

  test('no account is opened for a kit that has no place, and one whose kit fails still tells its seven words', async () => {
    using cli = openCli(host.url);
    writeFileSync(join(cli.folder, 'taken.txt'), 'mine');
    assert.equal((await cli.run(['signup', '--user', 'paula', '--kit', 'taken.txt'])).code, 8);
    assert.equal(readFileSync(join(cli.folder, 'taken.txt'), 'utf8'), 'mine');
    assert.equal((await cli.run(['signup', '--user', 'paula', '--kit', join('nowhere', 'kit.txt')])).code, 8);
    assert.equal((await cli.run(['whoami'])).code, 5);

    await using proxy = await startFaultProxy();
    proxy.target(host.url);
    proxy.rule(({ method, path }) => (method !== 'GET' && path === '/api/v1/account/slots' ? { kind: 'status', status: 400 } : null));
    const ran = await cli.run(['signup', '--server', proxy.url, '--user', 'paula', '--kit', 'kit.txt']);
    assert.equal(ran.code, 3, ran.stderr);
    assert.equal(ran.stdout.trim().split(' ').length, 7);
    assert.match(ran.stderr, /recovery kit is not done/);
    assert.equal(existsSync(join(cli.folder, 'kit.txt')), false);
  });

  test('a folder goes in on one machine and comes out on the other, byte for byte', async () => {
    const folder = writeFolder(join(first.folder, 'trip'));
    writeRandom(join(first.folder, 'big.bin'), 9_000_000);
    const put = await json(first, 'put', folder, join(first.folder, 'big.bin'), '/2026/summer');
    assert.equal(put['files'], 7);
    mkdirSync(join(second.folder, 'out'));
    const got = await second.run(['get', '/2026/summer', '-o', 'out']);
    assert.equal(got.code, 0, got.stderr);
    assert.equal(await digestOf(join(second.folder, 'out/summer/big.bin')), await digestOf(join(first.folder, 'big.bin')));
    assert.equal(
      await digestOf(join(second.folder, 'out/summer/trip/été à Sète/été à Sète/encore.bin')),
      await digestOf(join(folder, 'été à Sète/été à Sète/encore.bin')),
    );
    const shown = await second.run(['cat', '/2026/summer/trip/vide.txt']);
    assert.deepEqual([shown.code, shown.stdout], [0, '']);
    const one = await second.run(['get', '/2026/summer/big.bin', '-o', 'one.bin']);
    assert.equal(one.code, 0, one.stderr);
    assert.equal(await digestOf(join(second.folder, 'one.bin')), await digestOf(join(first.folder, 'big.bin')));
    const again = await second.run(['get', '/2026/summer', '-o', 'out', '--force']);
    assert.match(again.stderr, /were here already/);
  });

  test('what is changed on one machine is what the other sees', async () => {
    writeFileSync(join(first.folder, 'a.txt'), 'one');
    await json(first, 'put', 'a.txt', '/docs');
    assert.equal((await second.run(['mv', '/docs/a.txt', '/docs/b.txt'])).code, 0);
    writeFileSync(join(first.folder, 'b.txt'), 'two');
    assert.equal((await json(first, 'put', 'b.txt', '/docs'))['versions'], 1);
    assert.equal((await first.run(['mkdir', '-p', '/papers/old'])).code, 0);
    assert.equal((await second.run(['cp', '/docs/b.txt', '/papers'])).code, 0);
    assert.equal((await second.run(['rm', '/2026', '/papers/old'])).code, 0);
    assert.deepEqual(await pathsIn(first), ['/docs/', '/docs/b.txt', '/papers/', '/papers/b.txt']);
    assert.equal((await second.run(['cat', '/docs/b.txt'])).stdout, 'two');
    const { versions } = (await json(second, 'versions', '/docs/b.txt')) as { versions: { version: number }[] };
    assert.equal(versions.length, 2);
    assert.equal((await first.run(['restore', '/docs/b.txt', '--version', String(versions[1]!.version)])).code, 0);
    assert.equal((await second.run(['cat', '/docs/b.txt', '/papers/b.txt'])).stdout, 'onetwo');
    assert.equal((await first.run(['restore', '/2026'])).code, 0);
    assert.ok((await pathsIn(second)).includes('/2026/summer/big.bin'));
    const found = (await json(second, 'find', 'ETE', 'plage')) as { entries: unknown[] };
    assert.equal(found.entries.length, 0);
    const plage = (await json(second, 'find', 'PLAGE')) as { entries: { path: string }[] };
    assert.deepEqual(
      plage.entries.map(({ path }) => path),
      ['/2026/summer/trip/été à Sète/plage n° 1.jpg'],
    );
    const sizes = (await json(second, 'du')) as { bytes: number; account: { maxBytes: number } };
    assert.ok(sizes.bytes > 9_000_000 && sizes.account.maxBytes > sizes.bytes);
  });

  test('the drive goes back to a moment, after a look', async () => {
    const before_ = await pathsIn(first);
    const { moments } = (await json(first, 'rewind')) as { moments: { moment: number }[] };
    const moment = String(moments[0]!.moment);
    assert.equal((await first.run(['rm', '/docs'])).code, 0);
    const looked = (await json(first, 'rewind', moment)) as { returning: number; applied: boolean };
    assert.deepEqual([looked.returning > 0, looked.applied], [true, false]);
    assert.ok(!(await pathsIn(second)).includes('/docs/'));
    assert.equal((await first.run(['rewind', moment, '--apply'])).code, 0);
    assert.deepEqual(await pathsIn(second), before_);
    const { items } = (await json(second, 'trash')) as { items: { paths: string[] }[] };
    assert.ok(!items.flatMap(({ paths }) => paths).includes('/docs'));
  });

  test('a link from the drive opens without an account, and ends from the other machine', async () => {
    const { link } = (await json(first, 'link', '/docs', '--label', 'for Ana')) as { link: string };
    using visitor = openCli(host.url);
    const { files } = (await json(visitor, 'ls', link)) as { files: { path: string }[] };
    assert.deepEqual(
      files.map(({ path }) => path),
      ['b.txt'],
    );
    const { links } = (await json(second, 'link')) as { links: { link: string; label: string }[] };
    assert.deepEqual(
      links.map(({ label }) => label),
      ['for Ana'],
    );
    assert.equal((await second.run(['link', '--end', link])).code, 0);
    assert.equal((await visitor.run(['ls', link])).code, 4);
  });

  test('what cannot be is said, with its own exit code', async () => {
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['cat', '/none'], 4, /no \/none/],
      [['mkdir', '/docs'], 1, /is there already/],
      [['mv', '/docs', '/docs/in'], 1, /into itself/],
      [['cat', '/docs'], 1, /not a file/],
      [['mkdir', 'docs'], 2, /slash/],
      [['mv', '/docs'], 2, /slash/],
      [['rewind', 'soon'], 2, /no moment/],
      [['rewind', '2d'], 4, /held nothing yet/],
      [['put', 'a.txt', '/docs', '--expires', '7d'], 2, /--link/],
      [['restore', '/never-removed'], 4, /never-removed/],
      [['find'], 2, /look for/],
      [['ls', '/.reprise'], 6, /reserved/],
    ];
    for (const [args, code, said] of cases) {
      const ran = await first.run(args);
      assert.equal(ran.code, code, `${args.join(' ')}: ${ran.stderr}`);
      assert.match(ran.stderr, said);
    }
    const asJson = await first.run(['cat', '/none', '--json']);
    assert.equal((JSON.parse(asJson.lastLine) as { error: { code: string } }).error.code, 'path-not-found');
  });

  test('put and get keep their meaning for links', async () => {
    const { link } = await first.json(['put', join(first.folder, 'a.txt')]);
    assert.match(link, /\/s#1\./);
    assert.match((await first.json(['put', 'a.txt', join(first.folder, 'b.txt'), '--link'])).link, /\/s#1\./);
    using stranger = openCli(host.url);
    writeFileSync(join(stranger.folder, 'x'), 'x');
    assert.match((await stranger.json(['put', 'x', join(stranger.folder, 'x')])).link, /\/s#1\./);
    assert.equal((await first.run(['get', link, '-o', 'back.txt'])).code, 0);
    assert.equal(readFileSync(join(first.folder, 'back.txt'), 'utf8'), 'one');
  });
});

test('an account that demands a passkey is not entered by password; the program says what does', async () => {
  using machine = openCli(host.url);
  const made = await json(machine, 'signup', '--user', 'twofold', '--kit', join(machine.folder, 'kit.txt'));
  using transport = nodeTransport();
  const ports = {
    connection: connect({ server: host.url, transport }),
    engine: nodeEngine,
    store: memoryDeviceStore(),
    heads: memoryHeadStore(),
    opaque: opaqueClient,
  };
  const changes = new AccountChanges(ports, await signIn(ports, { identifier: 'twofold', password: String(made['phrase']) }));
  await changes.tryKit((made['words'] as string[]).join(' '));
  const passkey = { prf: systemRandom(32), credentialId: systemRandom(20) };
  await changes.addPasskey(passkey);
  await changes.demandPasskey(passkey);
  using other = openCli(host.url);
  const password = { REPRISE_PASSWORD: String(made['phrase']) };
  const refused = await other.run(['login', '--user', 'twofold'], { env: password });
  assert.equal(refused.code, 5);
  assert.match(refused.stderr, /passkey.*--pair.*--kit/);
  const french = await other.run(['login', '--user', 'twofold'], { env: { ...password, LC_ALL: 'fr_FR.UTF-8' } });
  assert.match(french.stderr, /clé d’accès.*--pair.*--kit/);
  writeFileSync(join(other.folder, 'kit.txt'), readFileSync(join(machine.folder, 'kit.txt')));
  assert.equal((await other.run(['login', '--kit', 'kit.txt'])).code, 0);
});
