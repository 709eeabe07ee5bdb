// The whole of it on a real host with its sandbox: a seller lists an offer, wallets that others wrote mint and pay, a visitor pays an invoice
// from the second node, and what goes wrong stops payments and never the drive.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as open } from 'node:http';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { getEncodedToken, type Proof, Wallet } from '@cashu/cashu-ts';
import { openDatabase } from '@reprise/database';
import { formatBase64url, parseBase64url, systemRandom } from '@reprise/kit';
import { contract, type Endpoint } from '@reprise/protocol';
import { payContract } from '@reprise/protocol/pay';
import { lndMacaroon, startLnd } from '../../bitcache/lightning/src/testing/lnd-daemon.ts';
import { Buyer } from '../../bitcache/service/src/testing/shop.ts';
import { AccountOwner } from '../../server/drive/src/testing/account.ts';
import { send } from '../../server/drive/src/testing/owner.ts';
import { accountAt, drawOffer, sandboxInvoice, sandboxInvoiceState, sandboxPays } from '../support/sandbox-host.ts';
import { type Host, plainEnvironment, root, startHost } from '../support/server.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'reprise-payments-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const drawRequest = () => formatBase64url(systemRandom(16));

async function mintCoins(url: string, wallet: Wallet, amount: number): Promise<Proof[]> {
  const quote = await wallet.createMintQuoteBolt11(amount);
  assert.equal((await sandboxPays(url, quote.request)).state, 'succeeded');
  let paid = await wallet.checkMintQuoteBolt11(quote.quote);
  await until('the quote is paid', async () => {
    paid = await wallet.checkMintQuoteBolt11(quote.quote);
    return paid.state === 'PAID';
  });
  return wallet.ops.mintBolt11(amount, paid).run();
}

async function walletAt(mintUrl: string): Promise<Wallet> {
  const wallet = new Wallet(mintUrl, { unit: 'sat', bip39seed: systemRandom(64) });
  await wallet.loadMint();
  return wallet;
}

async function admin(host: Host, ...words: string[]): Promise<string> {
  const script = join(root, 'apps/host/src/admin.ts');
  const child = spawn(process.execPath, [script, ...words], { env: { ...plainEnvironment(), REPRISE_DATA: host.dataFolder } });
  const [printed, told] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return printed || told;
}

/** As the path is written: `fetch` would fold its dots. @returns the status */
async function rawPost({ url }: Host, path: string, body: object): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  const asked = open({ hostname, port, path, method: 'POST', headers: { 'Content-Type': 'application/json' } });
  asked.end(JSON.stringify(body));
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

const stateOf = async (host: Host) => ((await (await fetch(`${host.url}/health`)).json()) as { bitcache: string }).bitcache;

describe('a host with its sandbox', { concurrency: false }, () => {
  it('sells, is paid, keeps what was paid through a restart, and says everywhere that the coins are worthless', async () => {
    const dataFolder = join(folder, 'sells');
    const offer = drawOffer(70);
    let [account, wallet] = [undefined as AccountOwner | undefined, undefined as Wallet | undefined];
    {
      await using host = await startHost({ dataFolder });
      assert.equal(await stateOf(host), 'idle');
      account = await accountAt(host.url);
      const listed = await account.call(payContract['pay.putOffer'], { offer: offer.offer }, offer.listing);
      assert.deepEqual([listed.status, listed.json], [200, { version: 1, network: 'regtest' }]);
      assert.deepEqual((await account.call(payContract['pay.putOffer'], { offer: offer.offer }, offer.listing)).json.version, 1);
      assert.ok(!existsSync(join(dataFolder, 'bitcache', 'sandbox')), 'a listing does not start the nodes');
      const { payments } = (await send(host.url, contract['server.get'], {})).json;
      assert.deepEqual([payments?.network, payments?.sandbox, payments?.mint], ['regtest', true, `${host.url}/mint`]);
      // An unmodified wallet, under both names of the mint.
      wallet = await walletAt(`${host.url}/mint`);
      assert.match(JSON.stringify(await wallet.getMintInfo()), /worthless/);
      const bare = await walletAt(host.url);
      const buyer = new Buyer();
      const keyOf = { 'Reprise-Buyer-Key': formatBase64url(buyer.key) };
      const path = `${host.url}/pay/${offer.offer}/release`;
      const { send: coins } = await wallet.ops.send(70, await mintCoins(host.url, wallet, 100)).run();
      const paid = await fetch(path, {
        headers: { ...keyOf, 'X-Cashu': getEncodedToken({ mint: `${host.url}/mint`, proofs: coins, unit: 'sat' }) },
      });
      assert.deepEqual([paid.status, paid.headers.get('Reprise-Network')], [200, 'regtest']);
      const { release } = (await paid.json()) as { release: string };
      assert.deepEqual(await buyer.open(offer.listing.hash, parseBase64url(release) as Uint8Array<ArrayBuffer>), offer.half);
      const others = await mintCoins(host.url, bare, 70);
      const again = await fetch(path, {
        headers: { ...keyOf, 'X-Cashu': getEncodedToken({ mint: host.url, proofs: others, unit: 'sat' }) },
      });
      assert.equal(again.status, 200);
      assert.equal(await stateOf(host), 'ok');
      const figures = (await (await fetch(`${host.url}/metrics`)).text()).split('\n').filter((line) => line.startsWith('reprise_bitcache'));
      const wanted = [
        'state{state="ok"} 1',
        'books_difference_msat 0',
        'books_msat{account="pending"} 140000',
        'payouts_waiting 0',
        'accounts_frozen 0',
      ];
      for (const figure of [...wanted, 'payments_overdue 0']) assert.ok(figures.includes(`reprise_bitcache_${figure}`), figures.join('\n'));
      assert.match(figures.join('\n'), /report_age_seconds \d/);
      assert.equal(await host.stop(), 0);
    }
    await using host = await startHost({ dataFolder });
    // Another port is another origin to sign for; the account is the same.
    const seller = Object.assign(Object.create(AccountOwner.prototype), account, {
      service: { url: host.url, clock: { now: () => Date.now() } },
    }) as AccountOwner;
    await until('what was used goes on', async () => (await stateOf(host)) === 'ok');
    const earnings = await seller.call(payContract['pay.earnings'], {});
    assert.deepEqual(
      earnings.json.lines.map(({ sales, gross, waiting }) => [sales, gross, waiting]),
      [[2, '140000', '140000']],
    );
    const csv = await seller.call(payContract['pay.earningsCsv'], {});
    assert.match(Buffer.from(csv.bytes).toString(), /^network,offer,.*\r\nregtest,/);
    const { json: own } = await seller.call(payContract['pay.offers'], {});
    assert.deepEqual([own.offers[0]?.sold, own.offers[0]?.state], [2, 'open']);
    // A visitor with a Lightning wallet; the nodes start again from their files.
    const buyer = new Buyer();
    const path = `${host.url}/pay/${offer.offer}/release`;
    const challenge = await fetch(`${path}?pay=lightning`, { headers: { 'Reprise-Buyer-Key': formatBase64url(buyer.key) } });
    assert.equal(challenge.status, 402);
    const [, token] = /token="([^"]+)"/.exec(challenge.headers.get('WWW-Authenticate') ?? '') ?? [];
    assert.equal((await sandboxPays(host.url, challenge.headers.get('X-Lightning') ?? '')).state, 'succeeded');
    let answer: Response | undefined;
    await until('the release is there', async () => {
      answer = await fetch(path, { headers: { Authorization: `L402 ${token}` } });
      return answer.status === 200;
    });
    assert.ok(answer);
    const { release } = (await answer.json()) as { release: string };
    assert.deepEqual(await buyer.open(offer.listing.hash, parseBase64url(release) as Uint8Array<ArrayBuffer>), offer.half);
  });

  it('fills a balance over Lightning, pays it out to another node, and asks its operator above the limits', async () => {
    await using host = await startHost();
    const account = await accountAt(host.url);
    const order = { request: drawRequest(), amount: '250000' };
    const deposit = await account.call(payContract['pay.deposit'], {}, order);
    assert.deepEqual([deposit.status, deposit.json.state, deposit.json.network], [201, 'open', 'regtest']);
    assert.equal((await sandboxPays(host.url, deposit.json.invoice)).state, 'succeeded');
    await until('the deposit has come', async () => {
      const read = await account.call(payContract['pay.readDeposit'], { hash: deposit.json.paymentHash });
      return read.json.state === 'settled';
    });
    assert.deepEqual((await account.call(payContract['pay.deposit'], {}, order)).json.state, 'settled');
    assert.equal((await account.call(payContract['pay.deposit'], {}, { ...order, amount: '9' })).error?.code, 'key-reused');
    const invoiceOf = (amount: string) => sandboxInvoice(host.url, amount);
    const payOut = (to: string, request = drawRequest()) =>
      account.call(payContract['pay.orderPayout'], {}, { request, to, amount: null, feeMax: null });
    const { invoice, hash } = await invoiceOf('1000');
    const request = drawRequest();
    const paid = await payOut(invoice.toUpperCase(), request);
    assert.deepEqual([paid.status, paid.json.state, paid.json.amount], [201, 'paid', '1000000']);
    assert.deepEqual((await payOut(invoice, request)).json, paid.json);
    assert.equal(await sandboxInvoiceState(host.url, hash), 'settled');
    const refused = await payOut('https://drive.example');
    assert.deepEqual([refused.status, refused.error?.code, refused.error?.facts['reason']], [422, 'payout-refused', 'invoice-malformed']);
    assert.equal((await payOut((await invoiceOf('9')).invoice)).error?.code, 'amount-refused');
    const nowhere = await account.call(
      payContract['pay.orderPayout'],
      {},
      { request: drawRequest(), to: 'zoe@nobody.invalid', amount: '10', feeMax: null },
    );
    assert.deepEqual([nowhere.json.state, nowhere.json.reason], ['failed', 'address-unreachable']);
    const large = await payOut((await invoiceOf('200001')).invoice);
    assert.equal(large.json.state, 'waiting');
    assert.match(await admin(host, 'payouts'), new RegExp(`^${large.json.payout}.* 200001 sat`));
    assert.match(await admin(host, 'approve', large.json.payout), /Let .* go/);
    await until('the host pays what was approved', async () => {
      return (await account.call(payContract['pay.readPayout'], { payout: large.json.payout })).json.state === 'paid';
    });
    const other = await payOut((await invoiceOf('40000')).invoice);
    assert.equal(other.json.state, 'paid');
    assert.equal((await account.call(payContract['pay.cancelPayout'], { payout: other.json.payout })).error?.code, 'too-late');
    assert.equal((await account.call(payContract['pay.payouts'], {})).json.payouts.length, 4);
    assert.match(await admin(host, 'books'), /The books balance\./);
    assert.equal(await admin(host, 'alarms'), 'No alarms.\n');
    assert.match(
      await admin(host, 'money'),
      /^Nothing is stopped, the books balance\.\n[^]*\d\.\d{3} sat {2}balances of accounts[^]*number 1, /,
    );
    assert.equal(await admin(host, 'sweep', 'nobody'), 'No such account.\n');
    assert.equal(await admin(host, 'approve', large.json.payout), 'No payout with this id waits.\n');
    const held = BigInt((await account.call(payContract['pay.balance'], {})).json.balance);
    assert.ok(held > 8_000_000n && held <= 8_999_000n, `${held}`);
    assert.match(await admin(host, 'money'), /\nFrozen accounts: [^\n]*\n {2}none\n/);
    const { invoice: wanted } = await invoiceOf('1000');
    const once = drawRequest();
    const [freeze = ''] = /F-[2-9A-Z]{10}/.exec(await admin(host, 'freeze', account.userId, '--ground', 'a court asked')) ?? [];
    const frozen = await payOut(wanted, once);
    assert.deepEqual([frozen.status, frozen.error?.code, frozen.error?.facts], [403, 'account-frozen', { freeze }]);
    assert.match(
      await admin(host, 'money'),
      new RegExp(`Frozen accounts[^\\n]*\\n +1 {2}in all\\n +${held / 1_000n}\\.\\d{3} sat {2}on their balances\\n`),
    );
    const figures = await (await fetch(`${host.url}/metrics`)).text();
    for (const figure of ['accounts_frozen 1', `frozen_msat ${held}`]) assert.ok(figures.includes(`reprise_bitcache_${figure}\n`), figure);
    assert.match(await admin(host, 'unfreeze', freeze), /^Lifted/);
    assert.equal((await payOut(wanted, once)).json.state, 'paid', 'the same order, once it may leave');
  });

  it('issues and pays out nothing while its books are not whole, and goes on when its operator says so', async () => {
    const dataFolder = join(folder, 'stopped');
    const paths = ['/mint/v1/mint/quote/bolt11', '/v1/melt/quote/bolt11'];
    const post = (host: Host, path: string) => fetch(host.url + path, { method: 'POST', body: JSON.stringify({ amount: 5, unit: 'sat' }) });
    {
      await using host = await startHost({ dataFolder });
      assert.equal((await post(host, paths[0] ?? '')).status, 200);
    }
    {
      // As no code of ours would: a quote that nobody paid.
      await using database = await openDatabase({ path: join(dataFolder, 'reprise.sqlite') });
      await database.db.updateTable('mint_quotes').set({ amount_paid: 5 }).execute();
    }
    await using host = await startHost({ dataFolder });
    await until('the host has compared', async () => (await stateOf(host)) === 'stopped');
    for (const path of [...paths, '/mint/v1/%6dint/quote/bolt11']) assert.equal((await post(host, path)).status, 503, path);
    assert.equal(await rawPost(host, '/v1/./mint/quote/bolt11', { amount: 5, unit: 'sat' }), 503);
    assert.equal((await fetch(`${host.url}/mint/v1/keysets`)).status, 200);
    const account = await accountAt(host.url);
    const refused = await account.call(
      payContract['pay.orderPayout'],
      {},
      { request: drawRequest(), to: 'zoe@pay.example', amount: '10', feeMax: null },
    );
    assert.deepEqual([refused.status, refused.error?.facts['reason']], [503, 'stopped']);
    const deposit = await account.call(payContract['pay.deposit'], {}, { request: drawRequest(), amount: '5' });
    assert.deepEqual([deposit.status, deposit.error?.facts['reason']], [503, 'stopped']);
    assert.match(await admin(host, 'lift'), /Money goes on .*minting# 0 in the books, 5000 in rows/);
    await until('money goes on', async () => (await post(host, paths[0] ?? '')).status === 200);
    assert.equal(await admin(host, 'lift'), 'Nothing was stopped.\n');
  });

  it('takes coins into a balance, pays from it, gives coins out of it, and refuses what is not the account’s to do', async () => {
    await using host = await startHost();
    const [seller, buyer] = [await accountAt(host.url), await accountAt(host.url)];
    const offer = drawOffer(30);
    await seller.call(payContract['pay.putOffer'], { offer: offer.offer }, offer.listing);
    const wallet = await walletAt(`${host.url}/mint`);
    const proofs = await mintCoins(host.url, wallet, 50);
    const token = getEncodedToken({ mint: `${host.url}/mint`, proofs, unit: 'sat' });
    const call = <E extends Endpoint>(who: AccountOwner, endpoint: E, params: Parameters<typeof who.call<E>>[1], body?: object) =>
      who.call(endpoint, params, body);
    assert.deepEqual((await call(buyer, payContract['pay.coinsIn'], {}, { token })).json, { network: 'regtest', amount: '50' });
    assert.deepEqual((await call(buyer, payContract['pay.coinsIn'], {}, { token })).json, { network: 'regtest', amount: '50' });
    assert.equal((await call(seller, payContract['pay.coinsIn'], {}, { token })).error?.code, 'key-reused');
    assert.equal((await call(buyer, payContract['pay.balance'], {})).json.available, '50');
    const key = new Buyer();
    const purchase = { request: drawRequest(), buyerKey: formatBase64url(key.key), quote: null };
    const bought = await call(buyer, payContract['pay.buy'], { offer: offer.offer }, purchase);
    assert.deepEqual(await key.open(offer.listing.hash, parseBase64url(bought.json.release) as Uint8Array<ArrayBuffer>), offer.half);
    assert.equal((await call(buyer, payContract['pay.buy'], { offer: offer.offer }, purchase)).json.receipt, bought.json.receipt);
    const lacking = await call(buyer, payContract['pay.buy'], { offer: offer.offer }, { ...purchase, request: drawRequest() });
    assert.deepEqual([lacking.status, lacking.error?.code, lacking.error?.facts['missing']], [422, 'balance-too-low', '10']);
    // Coins out, twice with the same command: the same signatures.
    const keyset = wallet.getKeyset();
    const outputs = [16, 4].map((amount) => ({ amount, id: keyset.id, B_: blinded() }));
    const out = { request: drawRequest(), outputs };
    const first = await call(buyer, payContract['pay.coinsOut'], {}, out);
    assert.deepEqual([first.status, first.json.amount, first.json.signatures.length], [200, '20', 2]);
    assert.deepEqual((await call(buyer, payContract['pay.coinsOut'], {}, out)).json, first.json);
    const tooMuch = { request: drawRequest(), outputs: [{ amount: 1, id: keyset.id, B_: blinded() }] };
    assert.equal((await call(buyer, payContract['pay.coinsOut'], {}, tooMuch)).error?.code, 'balance-too-low');
    assert.equal((await call(buyer, payContract['pay.balance'], {})).json.available, '0');
    // Another account's offer, an offer that is none, a body that is none.
    const taken = drawOffer(5);
    assert.equal(
      (await call(buyer, payContract['pay.putOffer'], { offer: offer.offer }, { ...taken.listing })).error?.code,
      'offer-refused',
    );
    assert.equal((await call(buyer, payContract['pay.deleteOffer'], { offer: offer.offer })).error?.code, 'already-exists');
    assert.equal((await call(seller, payContract['pay.deleteOffer'], { offer: '00'.repeat(16) })).error?.code, 'not-found');
    assert.equal(
      (await call(seller, payContract['pay.putOffer'], { offer: taken.offer }, { ...taken.listing, price: 0 })).error?.code,
      'bad-request',
    );
    assert.equal((await call(seller, payContract['pay.deleteOffer'], { offer: offer.offer })).status, 204);
    const closed = await call(buyer, payContract['pay.buy'], { offer: offer.offer }, { ...purchase, request: drawRequest() });
    assert.deepEqual([closed.status, closed.error?.code, closed.error?.facts['reason']], [410, 'offer-closed', 'ended']);
    assert.equal((await send(host.url, payContract['pay.balance'], {})).status, 401);
  });
});

/** A point of the curve that is good for one output; nobody unblinds it here. */
function blinded(): string {
  const wallet = createHash('sha256');
  for (;;) {
    const x = wallet.copy().update(systemRandom(32)).digest();
    const point = `02${x.toString('hex')}`;
    if (isOnCurve(x)) return point;
  }
}

const p = 2n ** 256n - 2n ** 32n - 977n;

/** Whether x³ + 7 is a square modulo the field of secp256k1. */
function isOnCurve(x: Buffer): boolean {
  const value = BigInt(`0x${x.toString('hex')}`);
  if (value >= p) return false;
  const y2 = (value ** 3n + 7n) % p;
  let [result, base, exponent] = [1n, y2, (p - 1n) / 2n];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % p;
    base = (base * base) % p;
  }
  return result === 1n;
}

it('a host with a Lightning node that is named by its URL mints what the node says was paid, and has no wallet of a sandbox', async () => {
  const node = await startLnd();
  try {
    const env = { REPRISE_BITCACHE: `lnd+${node.url}`, REPRISE_BITCACHE_SECRET: lndMacaroon, REPRISE_BITCACHE_CUSTODY: 'accepted' };
    await using host = await startHost({ env });
    await until('the node has answered', async () => (await stateOf(host)) === 'ok');
    const { payments } = (await send(host.url, contract['server.get'], {})).json;
    assert.deepEqual([payments?.sandbox, payments?.network], [false, 'regtest']);
    assert.equal((await fetch(`${host.url}/sandbox/balance`)).status, 404);
    const wallet = await walletAt(`${host.url}/mint`);
    assert.doesNotMatch(JSON.stringify(await wallet.getMintInfo()), /SANDBOX/);
    const quote = await wallet.createMintQuoteBolt11(21);
    assert.ok(node.world.receive(quote.request));
    let paid = quote;
    await until('the quote is paid', async () => {
      paid = await wallet.checkMintQuoteBolt11(quote.quote);
      return paid.state === 'PAID';
    });
    const coins = await wallet.ops.mintBolt11(21, paid).run();
    const account = await accountAt(host.url);
    const token = getEncodedToken({ mint: `${host.url}/mint`, proofs: coins, unit: 'sat' });
    assert.equal((await account.call(payContract['pay.coinsIn'], {}, { token })).json.amount, '21');
    const order = { request: drawRequest(), to: node.world.invoice(11_000n), amount: null, feeMax: '0' };
    const out = await account.call(payContract['pay.orderPayout'], {}, order);
    assert.deepEqual([out.json.state, out.json.fee, node.world.payments.length], ['paid', '0', 1]);
    assert.equal((await account.call(payContract['pay.balance'], {})).json.available, '10');
    assert.equal(await host.stop(), 0);
    // What the node is called, and what opens it, is in no log.
    assert.ok(!host.logs().includes(lndMacaroon));
  } finally {
    await node.close();
  }
});

describe('what keeps payments from running', () => {
  const offered = drawOffer(10);
  /** Free things work, and nothing about money does. */
  async function isFreeOnly(host: Host, state: string): Promise<void> {
    assert.equal(await stateOf(host), state);
    assert.equal((await fetch(`${host.url}/health`)).status, 200);
    assert.equal((await send(host.url, contract['server.get'], {})).json.payments, undefined);
    const account = await accountAt(host.url);
    const refused = await account.call(payContract['pay.putOffer'], { offer: offered.offer }, offered.listing);
    assert.deepEqual([refused.status, refused.error?.code, refused.error?.facts['reason']], [503, 'payments-off', state]);
    for (const path of ['/mint/v1/info', '/v1/info', `/pay/${offered.offer}`, '/sandbox/balance'])
      assert.equal((await fetch(host.url + path)).status, 503, path);
  }

  it('is the operator, who switched them off', async () => {
    await using host = await startHost({ env: { REPRISE_BITCACHE: 'off' } });
    await isFreeOnly(host, 'off');
  });

  it('is production, also with the switch of a demonstration', async () => {
    await using host = await startHost({ env: { REPRISE_PRODUCTION: 'on', REPRISE_BITCACHE_DEMO: 'on' } });
    await isFreeOnly(host, 'refused');
    assert.match(host.logs(), /Payments are off: the sandbox does not run in production/);
  });

  it('is a public address, unless its operator wants to show the sandbox', async () => {
    await using host = await startHost({ publicUrl: 'https://drive.example' });
    assert.equal(await stateOf(host), 'refused');
    assert.equal((await fetch(`${host.url}/mint/v1/info`)).status, 503);
    await using shown = await startHost({ publicUrl: 'https://drive.example', env: { REPRISE_BITCACHE_DEMO: 'on' } });
    assert.equal(await stateOf(shown), 'idle');
    const { urls } = (await (await fetch(`${shown.url}/mint/v1/info`)).json()) as { urls: string[] };
    assert.deepEqual(urls, ['https://drive.example/mint']);
  });

  it('is a file key that is gone or another’s: nothing is signed with a new one', async () => {
    const dataFolder = join(folder, 'keys');
    const key = join(dataFolder, 'bitcache', 'file-key');
    await (await startHost({ dataFolder }))[Symbol.asyncDispose]();
    renameSync(key, `${key}.away`);
    {
      await using host = await startHost({ dataFolder });
      await isFreeOnly(host, 'refused');
      assert.match(host.logs(), /file-key is missing/);
      assert.ok(!existsSync(key));
    }
    renameSync(`${key}.away`, key);
    await using host = await startHost({ dataFolder });
    assert.equal(await stateOf(host), 'idle');
  });

  it('is a node that does not answer, until it does', async () => {
    const env = { REPRISE_BITCACHE: 'phoenixd+http://127.0.0.1:1', REPRISE_BITCACHE_SECRET: 'x', REPRISE_BITCACHE_CUSTODY: 'accepted' };
    await using host = await startHost({ env });
    await until('the node was asked', async () => (await stateOf(host)) === 'unreachable');
    await isFreeOnly(host, 'unreachable');
  });
});
