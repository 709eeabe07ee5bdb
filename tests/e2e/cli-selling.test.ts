// One process sells, another buys, on the command line and over a real host with its sandbox.
import assert from 'node:assert/strict';
import { type ChildProcess, execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { getDecodedToken } from '@cashu/cashu-ts';
import { systemRandom } from '@reprise/kit';
import { type Cli, openCli } from '../support/cli.ts';
import { type Host, root, startHost } from '../support/server.ts';

let host: Host;
let seller: Cli;
const content = systemRandom(400_000);

before(async () => {
  host = await startHost({ env: { REPRISE_BITCACHE_RATES: 'EUR=50000' } });
  seller = openCli(host.url);
  writeFileSync(join(seller.folder, 'film.bin'), content);
  const opened = await seller.run(['signup', '--user', 'marta', '--kit', 'kit.txt'], {
    env: { REPRISE_PASSWORD: 'what marta chose, long enough' },
  });
  assert.equal(opened.code, 0, opened.stderr);
});
after(async () => {
  seller?.[Symbol.dispose]();
  await host?.[Symbol.asyncDispose]();
});

const saved = (cli: Cli, name: string) => Buffer.from(content).equals(readFileSync(join(cli.folder, name)));
const reason = (run: { readonly lastLine: string }) => (JSON.parse(run.lastLine) as { error: { code: string } }).error.code;

async function sandboxPays(invoice: string): Promise<void> {
  const response = await fetch(`${host.url}/sandbox/pay`, { method: 'POST', body: JSON.stringify({ invoice }) });
  assert.equal(((await response.json()) as { state: string }).state, 'succeeded');
}

describe('links that are sold, on the command line', { concurrency: false }, () => {
  test('a file is put up for sale, shown with its price, and bought by a stranger once', async () => {
    using buyer = openCli(host.url);
    const put = await seller.json(['put', 'film.bin', '--price', '21sat']);
    const { link } = put;
    assert.deepEqual((put as { price?: { amount: number } }).price?.amount, 21);
    const shown = await buyer.run(['get', link]);
    assert.equal(shown.code, 9);
    assert.match(shown.stderr, /"film\.bin" costs 21 sat/);
    assert.equal((await buyer.run(['get', link, '--pay', 'sandbox'])).code, 2);
    const dear = await buyer.run(['get', link, '--pay', 'sandbox', '--max-price', '20sat', '--json']);
    assert.deepEqual([dear.code, reason(dear)], [9, 'price-differs']);
    const bought = await buyer.run(['get', link, '--pay', 'sandbox', '--max-price', '30sat']);
    assert.equal(bought.code, 0, bought.stderr);
    assert.ok(saved(buyer, 'film.bin'));
    await buyer.json(['get', link, '-o', 'again.bin']);
    assert.ok(saved(buyer, 'again.bin'));
    const earned = (await seller.json(['earnings'])) as unknown as { lines: { title: string; sales: number; net: string }[] };
    assert.deepEqual(
      earned.lines.map(({ title, sales, net }) => [title, sales, net]),
      [['film.bin', 1, '21000']],
    );
    const { rate } = earned as unknown as { rate: { currency: string; perBitcoin: number; source: string } };
    assert.deepEqual([rate.currency, rate.perBitcoin], ['EUR', 50_000]);
    const priced = (await seller.json(['price', link])) as unknown as { rate: { perBitcoin: number } };
    assert.equal(priced.rate.perBitcoin, 50_000);
    // 21 sat at 50,000 euros for 100,000,000 of them.
    const inEuros = /^≈ €0\.01, at the rate of \d{4}-.* \(/m;
    for (const command of [['price', link], ['price', link, '21sat'], ['earnings']])
      assert.match((await seller.run(command)).stderr, inEuros);
    for (const command of [['price', link], ['earnings']]) assert.doesNotMatch((await seller.run([...command, '-q'])).stderr, /≈/);
    assert.match((await seller.run(['earnings', '--csv'])).stdout, /^network,offer,kind,day,sales,.*\r?\nregtest,[0-9a-f]{32},/);
  });

  test('a link takes tips, which are given once for each run that says so', async () => {
    using visitor = openCli(host.url);
    await seller.run(['put', 'film.bin', '/free']);
    const { link } = await seller.json(['link', '/free/film.bin', '--tips']);
    assert.equal((await seller.run(['price', link])).stdout.trim(), 'free, tips welcome');
    assert.equal((await visitor.run(['get', link])).code, 0);
    assert.ok(saved(visitor, 'film.bin'));
    const plain = (await seller.json(['link', '/free/film.bin'])) as unknown as { link: string };
    const priced = await seller.run(['price', plain.link, '5sat']);
    assert.match(priced.stderr, /It was free until now: whoever opened it before may have its files/);
    assert.equal((await visitor.run(['get', plain.link])).code, 9, 'the URL that was given out asks for the price');
    assert.doesNotMatch((await seller.run(['price', plain.link, '6sat'])).stderr, /free until now/);
    assert.equal(((await seller.json(['price', plain.link, 'free'])) as unknown as { wasFree: boolean }).wasFree, false);
    assert.equal(((await seller.json(['price', plain.link, '7sat'])) as unknown as { wasFree: boolean }).wasFree, true);
    for (const [sats, tips] of [
      [34, 1],
      [8, 2],
    ] as const) {
      const given = (await visitor.json(['tip', link, `${sats}sat`, '--pay', 'sandbox'])) as unknown as { tip: number; isEarlier: boolean };
      assert.deepEqual([given.tip, given.isEarlier], [sats, false]);
      const earned = (await seller.json(['earnings'])) as unknown as { lines: { kind: string; title: string; sales: number }[] };
      assert.deepEqual(
        earned.lines.filter(({ kind }) => kind === 'tip').map(({ title, sales }) => [title, sales]),
        [['film.bin', tips]],
      );
    }
    assert.match((await seller.run(['earnings'])).stdout, /42 sat .*film\.bin \(tips\)/);
    const cents = await visitor.run(['tip', link, '1eur', '--pay', 'sandbox']);
    assert.deepEqual([cents.code, /reprise tip LINK 21sat/.test(cents.stderr)], [2, true]);
    assert.equal((await seller.run(['price', link, 'free'])).code, 0);
    const late = await visitor.run(['tip', link, '5sat', '--pay', 'sandbox', '--json']);
    assert.deepEqual([late.code, reason(late)], [9, 'payment-refused']);
    assert.match(late.stderr, /takes no tips\. Nothing was paid/);
  });

  test('a link that takes more than its price, sold twice at most, takes what a buyer gives, and no third buyer', async () => {
    const { link } = await seller.json(['put', 'film.bin', '--price', '4sat+', '--sales', '2', '--name', 'Few']);
    using buyer = openCli(host.url);
    assert.match((await buyer.run(['get', link])).stderr, /costs 4 sat or more \(2 left\)/);
    const little = await buyer.run(['get', link, '--pay', 'sandbox', '--amount', '3sat']);
    assert.match(little.stderr, /It costs 4 sat at least/);
    const given = await buyer.run(['get', link, '--pay', 'sandbox', '--amount', '9sat']);
    assert.equal(given.code, 0, given.stderr);
    using second = openCli(host.url);
    assert.equal((await second.run(['get', link, '--pay', 'sandbox', '--max-price', '4sat'])).code, 0);
    using third = openCli(host.url);
    assert.match((await third.run(['get', link, '--pay', 'sandbox', '--max-price', '4sat'])).stderr, /sold out/);
    assert.equal((await seller.run(['price', link, '-q'])).lastLine, '4 sat or more, 2 times at most');
    await seller.json(['price', link, '6sat', '--sales', 'none']);
    assert.equal((await seller.run(['price', link, '-q'])).lastLine, '6 sat');
    assert.equal((await seller.run(['price', link, '--sales', '3'])).code, 2);
  });

  test('an invoice is shown with a code that wallets read, and a buyer who is killed after paying has the file next time', async () => {
    using buyer = openCli(host.url);
    const { link } = await seller.json(['put', 'film.bin', '--price', '5sat', '--name', 'Second']);
    const wishes = ['get', link, '--pay', 'lightning'];
    let invoice = '';
    const killed = await buyer.run([...wishes, '--json'], {
      onOutput: (text) => {
        invoice ||= /"invoice":"([^"]+)"/.exec(text)?.[1] ?? '';
      },
      onStart: (_, child) => {
        child.stdout?.once('data', () => child.kill('SIGKILL'));
      },
    });
    assert.equal(killed.code, null);
    await sandboxPays(invoice);
    const back = await buyer.run(['get', link]);
    assert.equal(back.code, 0, back.stderr);
    assert.ok(saved(buyer, 'film.bin'));
    // A person at a terminal sees the invoice and half blocks, and Ctrl+C leaves all as it is.
    using other = openCli(host.url);
    const seen = await other.run(wishes, {
      onStart: (_, child) => child.stderr?.on('data', (text: string) => /lnbcrt/.test(text) && child.kill('SIGINT')),
    });
    assert.equal(seen.code, 130, seen.stderr);
    assert.match(seen.stderr, /▀|▄|█/);
    assert.match(seen.stderr, /\nlnbcrt\d/);
  });

  test('it is bought with coins from the wallet, and with a token that somebody gave', async () => {
    using buyer = openCli(host.url);
    const { link, price } = (await seller.json(['put', 'film.bin', '--price', '7sat', '--name', 'Third'])) as unknown as Sold;
    const poor = await buyer.run(['get', link, '--pay', 'wallet', '--max-price', '1eur', '--json']);
    assert.deepEqual([poor.code, reason(poor)], [2, 'usage']);
    await fill(buyer, 30);
    // What a run that was killed had taken out is what the next one pays with.
    await buyer.json(['wallet', 'send', '7', '--memo', `Third · ${price.offer}`]);
    const bought = await buyer.run(['get', link, '--pay', 'wallet', '--max-price', '10sat', '--quiet']);
    assert.equal(bought.code, 0, bought.stderr);
    assert.match(bought.stderr, /worthless/);
    assert.ok(saved(buyer, 'film.bin'));
    assert.deepEqual(await balanceOf(buyer), [23, 0]);
    const token = (await buyer.run(['wallet', 'send', '7'])).lastLine;
    using friend = openCli(host.url);
    assert.equal((await friend.run(['get', link, '--pay', '-'], { input: `${token}\n` })).code, 0);
    assert.ok(saved(friend, 'film.bin'));
    // A token that is worth more: what is left stays with who paid.
    using third = openCli(host.url);
    const large = (await buyer.run(['wallet', 'send', '12'])).lastLine;
    const changed = await third.run(['get', link, '--pay', large]);
    assert.equal(changed.code, 0, changed.stderr);
    assert.ok(saved(third, 'film.bin'));
    assert.equal((await third.run(['wallet', '-q'])).lastLine, '5 sat');
    // One that is worth less takes nothing else along, in whichever way it is written.
    await fill(third, 20);
    const little = (await buyer.run(['wallet', 'send', '3'])).lastLine;
    const dearer = (await seller.json(['put', 'film.bin', '--price', '9sat', '--name', 'Dearer'])).link;
    for (const text of [little, await inOldForm(little)]) {
      const refused = await third.run(['get', dearer, '--pay', text, '--json']);
      assert.deepEqual([refused.code, reason(refused)], [9, 'payment-refused'], refused.stderr);
      assert.match(refused.stderr, /6 sat too little/);
    }
    assert.deepEqual(await balanceOf(third), [25, 0]);
    const spent = await openCliAndGet(link, token);
    assert.deepEqual([spent.code, reason(spent)], [9, 'payment-refused']);
  });

  test('a buyer who is killed while coins are paid loses none of them', async () => {
    const { link } = await seller.json(['put', 'film.bin', '--price', '5sat', '--name', 'Killed']);
    using buyer = openCli(host.url);
    await fill(buyer, 30);
    const wishes = ['get', link, '--pay', 'wallet', '--max-price', '5sat'];
    let child: ChildProcess | undefined;
    await using torn = await openProxy(host.url, (path) => {
      if (!path.endsWith('/release')) return true;
      child?.kill('SIGKILL');
      return false;
    });
    const killed = await buyer.run([...wishes, '-s', torn.url], { onStart: (_, started) => void (child = started) });
    assert.equal(killed.code, null, killed.stderr);
    assert.deepEqual(await balanceOf(buyer), [25, 5]);
    const bought = await buyer.run(wishes);
    assert.equal(bought.code, 0, bought.stderr);
    assert.ok(saved(buyer, 'film.bin'));
    assert.deepEqual(await balanceOf(buyer), [25, 0]);
  });

  test('what was paid after the sale had ended comes back as coins, to a buyer without an account, and the link can be bought anew', async () => {
    using buyer = openCli(host.url);
    const { link } = await seller.json(['put', 'film.bin', '--price', '8sat', '--name', 'Late']);
    let invoice = '';
    await buyer.run(['get', link, '--pay', 'lightning', '--json'], {
      onOutput: (text) => void (invoice ||= /"invoice":"([^"]+)"/.exec(text)?.[1] ?? ''),
      onStart: (_, child) => void child.stdout?.once('data', () => child.kill('SIGKILL')),
    });
    await seller.json(['price', link, 'off']);
    await sandboxPays(invoice);
    const owed = await buyer.run(['get', link]);
    assert.deepEqual([owed.code, /8 sat are owed back/.test(owed.stderr)], [9, true], owed.stderr);
    assert.equal((await buyer.run(['get', link, '--refund', '--pay', 'lightning'])).code, 2);
    assert.deepEqual(await buyer.json(['get', link, '--refund']), { refunded: 8, to: 'wallet' });
    assert.deepEqual(await buyer.json(['get', link, '--refund']), { refunded: 0, to: 'wallet' });
    assert.equal((await buyer.run(['wallet', '-q'])).lastLine, '8 sat');
    // Whoever is shown the token of a payment can draw: nobody is asked who was not named.
    assert.equal((await buyer.run(['wallet', 'refund', 'nonsense'])).code, 2);
    assert.equal((await buyer.run(['wallet', 'refund', '-s', host.url], { input: 'nonsense\n' })).code, 1);
    await seller.json(['price', link, '8sat']);
    const bought = await buyer.run(['get', link, '--pay', 'wallet', '--max-price', '8sat']);
    assert.equal(bought.code, 0, bought.stderr);
    assert.ok(saved(buyer, 'film.bin'));
  });

  test('what was paid for a link that has ended since is told of and comes back; one that was bought before it ended is said to be gone', async () => {
    using buyer = openCli(host.url);
    using owner = openCli(host.url);
    const { link } = await seller.json(['put', 'film.bin', '--price', '8sat', '--name', 'Ended']);
    assert.equal((await owner.run(['get', link, '--pay', 'sandbox', '--max-price', '8sat'])).code, 0);
    let invoice = '';
    await buyer.run(['get', link, '--pay', 'lightning', '--json'], {
      onOutput: (text) => void (invoice ||= /"invoice":"([^"]+)"/.exec(text)?.[1] ?? ''),
      onStart: (_, child) => void child.stdout?.once('data', () => child.kill('SIGKILL')),
    });
    assert.equal((await seller.run(['link', '--end', link])).code, 0);
    assert.equal((await buyer.run(['get', link])).code, 4, 'nothing was paid yet');
    await sandboxPays(invoice);
    const owed = await buyer.run(['get', link]);
    assert.deepEqual([owed.code, /8 sat are owed back/.test(owed.stderr)], [9, true], owed.stderr);
    assert.deepEqual(await buyer.json(['get', link, '--refund']), { refunded: 8, to: 'wallet' });
    assert.deepEqual(await buyer.json(['get', link, '--refund']), { refunded: 0, to: 'wallet' });
    assert.equal((await buyer.run(['get', link])).code, 4);
    const gone = await owner.run(['get', link]);
    assert.deepEqual([gone.code, /had bought this link for 8 sat/.test(gone.stderr)], [4, true], gone.stderr);
    using stranger = openCli(host.url);
    const none = await stranger.run(['get', link, '--refund', '--json']);
    assert.deepEqual([none.code, reason(none)], [4, 'link-unavailable']);
  });

  test('a price changes, goes and comes back under the same link', async () => {
    const { link } = await seller.json(['put', 'film.bin', '--price', '9sat', '--name', 'Fourth']);
    assert.equal((await seller.run(['price', link])).lastLine, '9 sat');
    assert.equal((await seller.json(['price', link, '12sat'])).link, link);
    assert.equal((await seller.run(['price', link])).lastLine, '12 sat');
    await seller.json(['price', link, 'off']);
    assert.equal((await seller.run(['price', link])).lastLine, 'not for sale');
    const late = await openCliAndGet(link, 'sandbox', '--max-price', '20sat');
    assert.deepEqual([late.code, reason(late)], [9, 'payment-refused']);
    await seller.json(['price', link, 'free']);
    using visitor = openCli(host.url);
    assert.equal((await visitor.run(['get', link])).code, 0);
    for (const wrong of ['0sat', '21', 'cheap']) assert.equal((await seller.run(['price', link, wrong])).code, 2);
  });

  test('an account buys more space, from its balance and with an invoice, and a plan that is bought again lasts longer', async () => {
    await operator('plan', 'large', '1TB', '--history', '90');
    assert.match((await seller.run(['plan'])).stdout, /^default: .* of 100 GB\n$/);
    await operator('sell-plan', 'large', '15sat', '30');
    assert.match(
      (await seller.run(['plan'])).stdout,
      /\n {2}large {2}1\.00 TB, history of 90 days {2}15 sat for 30 days {2}reprise plan buy large\n$/,
    );
    assert.equal((await seller.run(['plan', 'buy', 'large'])).code, 2);
    const dear = await seller.run(['plan', 'buy', 'large', '--max-price', '14sat', '--json']);
    assert.deepEqual([dear.code, reason(dear)], [9, 'plan-dearer']);
    const poor = await seller.run(['plan', 'buy', 'large', '--max-price', '15sat', '--json']);
    assert.deepEqual([poor.code, reason(poor)], [9, 'balance-too-low']);
    const first = (await seller.json(['plan', 'buy', 'large', '--pay', 'sandbox', '--max-price', '15sat'])) as unknown as Planned;
    assert.deepEqual([first.plan, first.bytesMax], ['large', 1e12]);
    await fill(seller, 40);
    const second = (await seller.json(['plan', 'buy', 'large', '--pay', 'wallet', '--max-price', '15sat'])) as unknown as Planned;
    assert.equal(second.until - first.until, 30 * 86_400_000);
    assert.deepEqual(await balanceOf(seller), [25, 0]);
    await operator('sell-plan', 'large', 'off');
    assert.equal((await seller.run(['plan', 'buy', 'large', '--max-price', '15sat'])).code, 4);
    assert.match((await operator('books')).stdout, /30\.000 sat {2}premium#\d+\n[^]*The books balance\./);
  });

  test('an operator freezes what a seller has and earns: it stays, the seller reads why, and it goes on when it is lifted', async () => {
    using maker = openCli(host.url);
    using buyer = openCli(host.url);
    writeFileSync(join(maker.folder, 'song.bin'), content);
    const opened = await maker.run(['signup', '--user', 'lola', '--kit', 'kit.txt'], {
      env: { REPRISE_PASSWORD: 'what lola chose, long enough' },
    });
    assert.equal(opened.code, 0, opened.stderr);
    const { link } = await maker.json(['put', 'song.bin', '--price', '21sat']);
    const buy = ['get', link, '--pay', 'sandbox', '--max-price', '21sat', '-o'];
    assert.equal((await buyer.run([...buy, 'one.bin'])).code, 0);
    await fill(maker, 10);
    await assert.rejects(operator('freeze', 'lola'), /freeze needs --ground TEXT/);
    await assert.rejects(operator('freeze', 'nobody', '--ground', 'x'), /No such account/);
    const [id = ''] = /F-[2-9A-Z]{10}/.exec((await operator('freeze', 'lola', '--ground', 'a bank asked')).stdout) ?? [];
    assert.match((await operator('freeze', 'lola', '--ground', 'again')).stdout, new RegExp(`frozen already, as ${id}`));
    const listed = JSON.parse((await operator('frozen', '--json')).stdout) as {
      frozen: { freeze: string; ground: string; held: string }[];
    };
    assert.deepEqual(
      listed.frozen.map(({ freeze, ground, held }) => [freeze, ground, held]),
      [[id, 'a bank asked', '21000']],
    );
    assert.equal((await maker.run(['cases'])).code, 0);
    const told = await maker.run(['earnings']);
    assert.match(told.stdout, /^day +sales +yours +waiting +of that held +title\n\d{4}-\d\d-\d\d +1 +21 sat +21 sat +21 sat +song\.bin$/m);
    assert.match(
      told.stderr,
      new RegExp(`frozen your money since \\d{4}-\\d\\d-\\d\\d, under ${id}: a bank asked\n[^]*Write to the operator and name ${id}`),
    );
    assert.doesNotMatch(told.stderr, /reprise cases/);
    type Held = { held: { case: string; title: string; held: string }[]; frozen: { freeze: string; ground: string } | null };
    const json = (await maker.json(['earnings'])) as unknown as Held;
    assert.deepEqual([json.frozen?.freeze, json.frozen?.ground], [id, 'a bank asked']);
    assert.deepEqual(
      json.held.map((one) => [one.case, one.title, one.held]),
      [[id, 'song.bin', '21000']],
    );
    const { link: other } = await seller.json(['put', 'film.bin', '/frozen', '--price', '5sat']);
    const spent = await maker.run(['get', other, '--pay', 'balance', '--max-price', '5sat', '--json']);
    assert.notEqual(spent.code, 0);
    using second = openCli(host.url);
    assert.equal((await second.run([...buy, 'two.bin'])).code, 0, 'the link goes on selling');
    assert.match((await operator('unfreeze', id)).stdout, /^Lifted/);
    await assert.rejects(operator('unfreeze', id), /No such freeze stands/);
    assert.equal((await operator('frozen')).stdout.trim(), 'Nothing is frozen.');
    const after = await maker.run(['earnings']);
    assert.doesNotMatch(after.stderr + after.stdout, /frozen|held/);
    assert.equal(((await maker.json(['earnings'])) as unknown as Held).frozen, null);
  });

  test('a plan is paid for once, and coins are taken out once, when answers are lost', async () => {
    await operator('plan', 'large', '1TB', '--history', '90');
    await operator('sell-plan', 'large', '15sat', '30');
    let losing = 'none';
    await using torn = await openProxy(host.url, (path) => (path.endsWith(losing) ? 'lost' : true));
    using buyer = openCli(torn.url);
    const opened = await buyer.run(['signup', '--user', 'nora', '--kit', 'kit.txt'], {
      env: { REPRISE_PASSWORD: 'what nora chose, long enough' },
    });
    assert.equal(opened.code, 0, opened.stderr);
    await fill(buyer, 40);
    const wishes = ['plan', 'buy', 'large', '--pay', 'wallet', '--max-price', '15sat'];
    losing = '/ecash/in';
    const first = (await buyer.json(wishes)) as unknown as Planned;
    assert.deepEqual(await balanceOf(buyer), [25, 0], 'the coins had arrived');
    losing = '/plans/large/buy';
    const lost = await buyer.run([...wishes, '--json']);
    assert.deepEqual([lost.code === 0, await balanceOf(buyer)], [false, [10, 0]], lost.stderr);
    losing = 'none';
    const second = (await buyer.json(wishes)) as unknown as Planned;
    assert.deepEqual([second.until - first.until, await balanceOf(buyer)], [30 * 86_400_000, [10, 0]]);
    // What a run that was killed had taken out is what the next one brings.
    await fill(buyer, 5);
    await buyer.json(['wallet', 'send', '15', '--memo', '· plan large']);
    const third = (await buyer.json(wishes)) as unknown as Planned;
    assert.deepEqual([third.until - second.until, await balanceOf(buyer)], [30 * 86_400_000, [0, 0]]);
  });

  test('anybody audits the server, and what an account has is found in its reports', async () => {
    using stranger = openCli(host.url);
    const said = (await stranger.json(['audit', host.url])) as unknown as Audited;
    assert.deepEqual([said.findings, said.latest?.network, said.unchecked.includes('no-account')], [[], 'regtest', true]);
    const own = (await seller.json(['audit'])) as unknown as Audited;
    assert.deepEqual([own.findings, own.unchecked.includes('no-account')], [[], false]);
    const told = await seller.run(['audit']);
    assert.equal(told.code, 0, told.stderr);
    assert.match(told.stdout, /^Report \d+ of /);
    assert.match(told.stderr, /Not checked: whether the node has what it says/);
  });
});

const operator = (...words: string[]) =>
  promisify(execFile)(process.execPath, [join(root, 'apps/host/src/admin.ts'), ...words], {
    env: { ...process.env, REPRISE_DATA: host.dataFolder },
  });

type Planned = { readonly plan: string; readonly until: number; readonly bytesMax: number };
type Sold = { readonly link: string; readonly price: { readonly offer: string } };

async function fill(cli: Cli, sats: number): Promise<void> {
  let isPaid = false;
  const filled = await cli.run(['wallet', 'invoice', `${sats}`], {
    onOutput: (text) => {
      const [request] = /lnbcrt[a-z0-9]+/.exec(text) ?? [];
      if (!request || isPaid) return;
      isPaid = true;
      void sandboxPays(request);
    },
  });
  assert.equal(filled.code, 0, filled.stderr);
}

/** As programs before `cashuB` wrote tokens: NUT-00. */
async function inOldForm(token: string): Promise<string> {
  const { keysets } = (await (await fetch(`${host.url}/mint/v1/keysets`)).json()) as { keysets: { id: string }[] };
  const { mint, proofs } = getDecodedToken(
    token,
    keysets.map(({ id }) => id),
  );
  const wire = proofs.map(({ id, amount, secret, C }) => ({ id, amount: Number(amount.toBigInt()), secret, C }));
  return `cashuA${Buffer.from(JSON.stringify({ token: [{ mint, proofs: wire }], unit: 'sat' })).toString('base64url')}`;
}

/** Free, and in tokens that nobody has taken. */
type Audited = { readonly findings: unknown[]; readonly unchecked: string[]; readonly latest: { network: string } | null };

async function balanceOf(cli: Cli): Promise<readonly [number, number]> {
  const { free, out } = (await cli.json(['wallet'])) as unknown as { free: number; out: number };
  return [free, out];
}

/** Hands on what it may; the rest ends without an answer, and so does what is done and lost. */
async function openProxy(to: string, may: (path: string) => boolean | 'lost'): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((incoming, outgoing) => {
    const verdict = may(incoming.url ?? '');
    if (!verdict) return void incoming.destroy();
    const { method = 'GET', url = '/', headers } = incoming;
    const onward = request(`${to}${url}`, { method, headers }, (answer) => {
      if (verdict === 'lost' && answer.statusCode === 200) return void answer.resume().on('end', () => outgoing.destroy());
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close };
}

async function openCliAndGet(link: string, pay: string, ...rest: string[]) {
  using buyer = openCli(host.url);
  return buyer.run(['get', link, '--pay', pay, ...rest, '--json']);
}
