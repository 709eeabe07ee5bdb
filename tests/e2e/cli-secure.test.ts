// The command line when something went wrong: new keys for an account, what it is taken along, its end. Against a real host.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Cli, openCli } from '../support/cli.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { type Host, startHost } from '../support/server.ts';

let host: Host;
let first: Cli;
let second: Cli;
let phrase = '';
before(async () => {
  host = await startHost({ env: { REPRISE_RATE_ACCOUNTS: 'off', REPRISE_RATE_LOGINS: 'off' } });
  first = openCli(host.url);
  second = openCli(host.url);
});
after(async () => {
  first?.[Symbol.dispose]();
  second?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

type Json = Readonly<Record<string, unknown>>;
const json = async (cli: Cli, ...args: readonly string[]): Promise<Json> => (await cli.json(args)) as unknown as Json;
/** As a kit file tells them. */
const kitWordsIn = (file: string): string => readFileSync(file, 'utf8').split('words:')[1]?.trim().split(/\s+/).join(' ') ?? '';
const as = (password: string) => ({ env: { REPRISE_PASSWORD: password } });

describe('the owner of an account on the command line', { concurrency: false }, () => {
  test('gives it new keys: former kit, password and machines end, and every file is there', async () => {
    const made = await json(first, 'signup', '--user', 'marta', '--kit', join(first.folder, 'kit.txt'));
    writeFileSync(join(first.folder, 'a.txt'), 'one');
    await json(first, 'put', 'a.txt', '/docs');
    assert.equal((await second.run(['login', '--user', 'marta'], as(String(made['phrase'])))).code, 0);

    const taken = await first.run(['secure', '--kit', 'kit.txt']);
    assert.equal(taken.code, 8, 'a kit that has no place is told before anything changes');
    assert.equal((await second.run(['cat', '/docs/a.txt'])).stdout, 'one');

    const secured = await json(first, 'secure', '--kit', 'new.txt');
    phrase = String(secured['phrase']);
    assert.equal(secured['rehearsed'], true);
    assert.ok(readFileSync(join(first.folder, 'new.txt'), 'utf8').includes(String(secured['code'])));
    assert.equal((await first.run(['cat', '/docs/a.txt'])).stdout, 'one');
    writeFileSync(join(first.folder, 'b.txt'), 'after');
    await json(first, 'put', 'b.txt', '/docs');

    const shutOut = await second.run(['ls', '/docs']);
    assert.equal(shutOut.code, 5);
    assert.equal((await second.run(['login', '--user', 'marta'], as(String(made['phrase'])))).code, 5);
    using third = openCli(host.url);
    writeFileSync(join(third.folder, 'kit.txt'), readFileSync(join(first.folder, 'kit.txt')));
    assert.equal((await third.run(['login', '--kit', 'kit.txt'])).code, 5);
    writeFileSync(join(third.folder, 'new.txt'), readFileSync(join(first.folder, 'new.txt')));
    assert.equal((await third.run(['login', '--kit', 'new.txt'])).code, 0);
    assert.equal((await third.run(['cat', '/docs/a.txt', '/docs/b.txt'])).stdout, 'oneafter');

    const back = await second.run(['login', '--user', 'marta'], as(phrase));
    assert.equal(back.code, 0, back.stderr);
    assert.equal((await second.run(['cat', '/docs/a.txt', '/docs/b.txt'])).stdout, 'oneafter');
  });

  test('is told when an answer was lost, and finishes by the same command', async () => {
    await using proxy = await startFaultProxy();
    await using behind = await startHost({ publicUrl: proxy.url, env: { REPRISE_RATE_ACCOUNTS: 'off', REPRISE_RATE_LOGINS: 'off' } });
    proxy.target(behind.url);
    using cli = openCli(proxy.url);
    const made = await json(cli, 'signup', '--user', 'paula');
    writeFileSync(join(cli.folder, 'a.txt'), 'one');
    await json(cli, 'put', 'a.txt', '/docs');
    proxy.rule(({ path }) => (path === '/api/v1/account/keys' ? { kind: 'cut', atByte: 0 } : null));
    const failed = await cli.run(['secure', '--kit', 'kit.txt']);
    assert.notEqual(failed.code, 0);
    assert.ok(existsSync(join(cli.folder, 'kit.txt')), 'the kit may be the one that counts');
    assert.equal((await cli.run(['cat', '/docs/a.txt'])).stdout, 'one');
    proxy.rule(null);
    const secured = await json(cli, 'secure', '--kit', 'again.txt');
    assert.equal(secured['rehearsed'], true);
    assert.equal((await cli.run(['cat', '/docs/a.txt'])).stdout, 'one');
    using other = openCli(proxy.url);
    const login = ['login', '--user', 'paula'];
    assert.equal((await other.run(login, as(String(made['phrase'])))).code, 5);
    assert.equal((await other.run(login, as(String(secured['phrase'])))).code, 0);
  });

  test('takes along all that the account is, and nothing that opens it', async () => {
    await json(first, 'link', '/docs', '--label', 'for Paul');
    const told = await first.run(['account', 'export']);
    assert.equal(told.code, 0, told.stderr);
    const data = JSON.parse(told.stdout) as {
      account: Json;
      devices: { isThis: boolean }[];
      slots: { type: string }[];
      links: Json[];
      log: { seq: number; type: string }[];
      usage: Json;
    };
    assert.equal(data.account['name'], 'marta');
    assert.equal(data.devices.filter(({ isThis }) => isThis).length, 1);
    assert.deepEqual(data.slots.map(({ type }) => type).toSorted(), ['password', 'recovery']);
    assert.deepEqual(
      data.links.map(({ title, label }) => [title, label]),
      [['docs', 'for Paul']],
    );
    assert.deepEqual(
      data.log.map(({ seq }) => seq),
      data.log.map((_, i) => i),
    );
    const types = new Set(data.log.map(({ type }) => type));
    for (const type of ['genesis', 'commit', 'device', 'rekey']) assert.ok(types.has(type), type);
    for (const secret of ['url', 'sealed', 'secret', 'password']) assert.ok(!told.stdout.includes(`"${secret}":`), secret);
    assert.ok(!told.stdout.includes('#1.'), 'no address of a link');
  });

  test('does not end it by a password or a kit of these last days: whoever found the machine may have made them', async () => {
    for (const young of [phrase, kitWordsIn(join(first.folder, 'new.txt'))]) {
      const refused = await first.run(['account', 'delete'], as(young));
      assert.equal(refused.code, 5);
      assert.match(refused.stderr, /less than seven days ago/);
    }
    assert.equal((await json(first, 'whoami'))['user'], 'marta');
  });

  test('ends it with the password typed once more, and takes that back in time', async () => {
    using own = openCli(host.url);
    using other = openCli(host.url);
    const { phrase: words } = await json(own, 'signup', '--user', 'nora');
    writeFileSync(join(own.folder, 'a.txt'), 'one');
    await json(own, 'put', 'a.txt', '/docs');
    assert.equal((await other.run(['login', '--user', 'nora'], as(String(words)))).code, 0);
    assert.equal((await own.run(['account', 'delete'])).code, 2, 'nobody there to type it');
    assert.equal((await own.run(['account', 'delete'], as('wrong words these are not the seven'))).code, 5);
    assert.equal((await json(own, 'whoami'))['user'], 'nora');
    assert.equal((await own.run(['account', 'burn'])).code, 2);
    const ended = await own.run(['account', 'delete', '--json'], as(String(words)));
    assert.equal(ended.code, 0, ended.stderr);
    assert.ok((JSON.parse(ended.lastLine) as { endsAt: number }).endsAt > Date.now());
    assert.equal((await own.run(['whoami'])).code, 5, 'this machine has no keys any more');
    assert.equal((await other.run(['account', 'keep'])).code, 0);
    assert.equal((await other.run(['cat', '/docs/a.txt'])).stdout, 'one');
  });
});
