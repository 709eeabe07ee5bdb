// `reprise wallet` against a real host, whose mint stands on two real Lightning nodes: a machine without an account, and two of an account.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Cli, openCli } from '../support/cli.ts';
import { type Host, startHost } from '../support/server.ts';

type Json = Readonly<Record<string, unknown>>;

describe('the wallet of the command line', { concurrency: false }, () => {
  let host: Host;
  let visitor: Cli;
  let marta: Cli;
  let martasOther: Cli;
  before(async () => {
    host = await startHost({ env: { REPRISE_BITCACHE_RATES: 'EUR=50000' } });
    [visitor, marta, martasOther] = [openCli(host.url), openCli(host.url), openCli(host.url)];
  });
  after(async () => {
    for (const cli of [visitor, marta, martasOther]) cli?.[Symbol.dispose]();
    await host?.[Symbol.asyncDispose]();
  });

  const json = async (cli: Cli, ...args: readonly string[]): Promise<Json> => (await cli.json(['wallet', ...args])) as unknown as Json;
  const sandbox = async (path: string, body: object): Promise<Json> => {
    const answer = await fetch(`${host.url}/sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as Json;
  };

  /** Mints by an invoice that the sandbox pays. */
  async function fill(cli: Cli, sats: number): Promise<void> {
    let isPaid = false;
    const ran = await cli.run(['wallet', 'invoice', `${sats}`, '--json'], {
      onOutput: (text) => {
        const invoice = /"request":"(\w+)"/.exec(text)?.[1];
        if (!invoice || isPaid) return;
        isPaid = true;
        void sandbox('pay', { invoice });
      },
    });
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stderr, /worthless/);
    assert.equal((JSON.parse(ran.lastLine) as Json)['state'], 'arrived');
  }

  test('makes coins of a Lightning payment, sends some as a token, and pays an invoice', async () => {
    await fill(visitor, 5_000);
    const { invoice } = await sandbox('invoice', { amount: '700' });
    const paid = await json(visitor, 'pay', String(invoice), '--yes');
    assert.deepEqual([paid['state'], paid['amount']], ['arrived', 700]);
    const { free, sandbox: isSandbox, settled, rate } = await json(visitor);
    assert.deepEqual([isSandbox, settled], [true, true]);
    assert.equal(free, 4_300 - Number(paid['fee']));
    const { currency, perBitcoin } = rate as Json;
    assert.deepEqual([currency, perBitcoin], ['EUR', 50_000]);
    const worth = (Number(free) / 2_000).toFixed(2);
    assert.match((await visitor.run(['wallet'])).stderr, new RegExp(`^≈ €${worth.replace('.', '\\.')}, at the rate of \\d{4}-.* \\(`, 'm'));
    const sent = await visitor.run(['wallet', 'send', '300']);
    assert.match(sent.stdout, /^cashuB\S+\n$/);
    assert.match(sent.stderr, /300 sat/);
    const history = await visitor.run(['wallet', 'history', '--csv']);
    assert.deepEqual(
      history.stdout.split('\r\n').map((line) => line.split(',').slice(1, 4).join(' ')),
      ['kind state sat', 'send waiting -300', 'pay arrived -700', 'invoice arrived 5000'],
    );
  });

  test('pays nothing that nobody has agreed to', async () => {
    const { free } = await json(visitor);
    const { invoice } = await sandbox('invoice', { amount: '90' });
    const unasked = await visitor.run(['wallet', 'pay', String(invoice), '--json']);
    assert.equal(unasked.code, 2, unasked.stderr);
    const dear = await visitor.run(['wallet', 'pay', String(invoice), '--max', '90']);
    assert.deepEqual([dear.code, /It costs 100 sat/.test(dear.stderr)], [9, true], dear.stderr);
    assert.equal((await json(visitor))['free'], free);
    const paid = await json(visitor, 'pay', String(invoice), '--max', '100');
    assert.match(String(paid['endedAt']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.equal((await json(visitor))['free'], Number(free) - 90 - Number(paid['fee']));
  });

  test('says that coins are worthless, quietly and of a mint that was named too', async () => {
    for (const args of [['--quiet'], ['--mint', `${host.url}/mint`]])
      assert.match((await visitor.run(['wallet', ...args])).stderr, /worthless/);
    const other = await visitor.run(['wallet', '--mint', 'http://127.0.0.1:1/mint', '--json']);
    assert.equal((JSON.parse(other.lastLine) as Json)['sandbox'], null, other.stderr);
  });

  test('says in words what it does not do', async () => {
    for (const [args, code, words] of [
      [['receive', 'cashuBxxxx'], 1, /no whole token/],
      [['send', '1.5'], 2, /whole satoshis/],
      [['send', '99999999'], 1, /are missing/],
      [['pay', 'lnbc1nothing', '--yes'], 1, /no invoice/],
      [['back', 'feedfeed'], 1, /no such entry/],
      [['dance'], 2, /dance/],
    ] as const) {
      const ran = await visitor.run(['wallet', ...args]);
      assert.equal(ran.code, code, ran.stderr);
      assert.match(ran.stderr, words);
    }
  });

  test('brings everything back from twelve words on another machine', async () => {
    const { words } = await json(visitor, 'words');
    using elsewhere = openCli(host.url);
    writeFileSync(join(elsewhere.folder, 'words.txt'), (words as string[]).join('\n'));
    const back = await json(elsewhere, 'restore', '--words', 'words.txt');
    const { free, out } = await json(visitor);
    // A token that nobody took is found by whoever restores.
    assert.equal(back['restored'], Number(free) + Number(out));
    const again = await elsewhere.run(['wallet', 'restore', '--words', 'words.txt']);
    assert.equal(again.code, 0, again.stderr);
    const other = await visitor.run(['wallet', 'restore', '--words', '-'], { input: `${'abandon '.repeat(11)}about\n` });
    assert.equal(other.code, 2);
    assert.equal((await json(visitor, 'rehearse'))['missing'], 0);
  });

  test('is one wallet on all machines of an account, and its kit brings it back', async () => {
    const made = (await marta.json(['signup', '--user', 'marta', '--kit', join(marta.folder, 'kit.txt')])) as unknown as Json;
    const env = { REPRISE_PASSWORD: String(made['phrase']) };
    assert.equal((await martasOther.run(['login', '--user', 'marta'], { env })).code, 0);
    const { token } = await json(visitor, 'send', '1000');
    assert.equal((await json(marta, 'receive', String(token)))['state'], 'arrived');
    assert.equal((await json(martasOther))['free'], 1_000);
    // Both at the same time.
    const tokens = await Promise.all([json(marta, 'send', '120'), json(martasOther, 'send', '130')]);
    for (const one of tokens) assert.equal((await json(visitor, 'receive', String(one['token'])))['state'], 'arrived');
    assert.deepEqual([(await json(marta))['free'], (await json(martasOther))['free']], [750, 750]);
    assert.deepEqual(await json(marta, 'words'), { words: null });
    const report = await json(martasOther, 'rehearse');
    assert.deepEqual([report['found'], report['missing']], [750, 0]);
  });

  test('shows its last figure without a server, and says why it is no news', async () => {
    const before = await json(visitor);
    await host.stop();
    const ran = await visitor.run(['wallet', '--json']);
    assert.equal(ran.code, 7);
    const shown = JSON.parse(ran.lastLine) as Json;
    assert.deepEqual([shown['free'], shown['settled'], (shown['error'] as Json)['code']], [before['free'], false, 'network']);
  });
});
