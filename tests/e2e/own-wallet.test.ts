// needs: chromium
// A stranger pays with a wallet of their own, over Nostr Wallet Connect: pasted once, paid from at one press, asked once whatever is reloaded. Its secret
// stays in the browser, and no page reaches a relay that the operator has not named.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { connect, inlinePool } from '@reprise/sdk';
import { type Drive, memoryHeadStore, openDrive } from '@reprise/sdk/drive';
import { type NodeTransport, nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import type { Browser, Page } from 'playwright-core';
import { memoryFile } from '../drive/content.ts';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage, type WatchedPage } from '../support/browser.ts';
import { DriveAccount } from '../support/drive-account.ts';
import { inspectScreen } from '../support/inspect.ts';
import { type Asked, type OwnWallet, refusal, startOwnWallet } from '../support/own-wallet.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { sandboxPays } from '../support/sandbox-host.ts';
import { wordsOf } from '../support/words.ts';
import { openAccount } from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('fr');

describe('a wallet of one’s own', { concurrency: false }, () => {
  let app: App;
  let browser: Browser;
  let relay: Relay;
  let transport: NodeTransport;
  let drive: Drive;
  let wallet: OwnWallet;
  before(async () => {
    relay = await startRelay();
    app = await startApp({ REPRISE_WALLET_RELAYS: relay.url });
    browser = await launchChromium();
    transport = nodeTransport();
    const account = await DriveAccount.open(connect({ server: app.url, transport, attemptsMax: 1 }));
    drive = await openDrive(account.first, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });
    wallet = await startOwnWallet({ relay });
  });
  after(async () => {
    transport?.[Symbol.dispose]();
    await wallet?.[Symbol.asyncDispose]();
    await browser?.close();
    await app?.[Symbol.asyncDispose]();
    await relay?.close();
  });

  let files = 0;
  async function sold(): Promise<string> {
    const name = `film-${++files}.bin`;
    await (await drive.put('/', [memoryFile(name, systemRandom(90_000))])).finished;
    return (await drive.links.create(`/${name}`, { price: { amount: 210, currency: 'SAT' } })).url;
  }
  /** As a wallet that has what it takes; it pays with the second node of the sandbox. */
  const honest = async ({ method, params }: Asked) => {
    if (method !== 'pay_invoice') return { result: { total_budget: 5_000_000, used_budget: 1_000_000, renews_at: 1_900_000_000 } };
    return { result: { preimage: (await sandboxPays(app.url, String(params['invoice']))).preimage } };
  };
  const payments = () => wallet.asked.filter(({ method }) => method === 'pay_invoice').length;
  const button = (page: Page, key: Parameters<typeof words.text>[0]) => page.getByRole('button', { name: words.text(key), exact: true });
  const isBought = (page: Page) => page.getByRole('region', { name: words.text('bought_label') }).waitFor({ timeout: patienceMs });

  async function pasteInto(page: Page, url = wallet.url): Promise<void> {
    await button(page, 'outside_connect').click({ timeout: patienceMs });
    await page.getByLabel(words.text('outside_string')).fill(url);
    await button(page, 'outside_connect_now').click();
  }
  async function buyer(link: string): Promise<WatchedPage> {
    const visitor = await openPage(browser, { shape: 'phone', origin: app.url });
    visitor.expectRefusal(402);
    await visitor.page.goto(link);
    return visitor;
  }

  test('is connected at a link that is sold, pays at one press, and again at the next link', async () => {
    wallet.answer = honest;
    await using visitor = await buyer(await sold());
    const { page } = visitor;
    await button(page, 'outside_connect').click({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await page.getByLabel(words.text('outside_string')).fill(wallet.url);
    await button(page, 'outside_connect_now').click();
    await button(page, 'outside_pay').waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    const before = payments();
    await button(page, 'outside_pay').click();
    await isBought(page);
    await page.reload();
    await isBought(page);
    await page.goto(await sold());
    await button(page, 'outside_pay').click({ timeout: patienceMs });
    await isBought(page);
    assert.equal(payments(), before + 2);
    assert.deepEqual(await visitor.findings(), []);
  });

  test('what it refuses is said, nothing was paid, and it can be asked again', async () => {
    wallet.answer = honest;
    await using visitor = await buyer(await sold());
    const { page } = visitor;
    await pasteInto(page);
    wallet.answer = () => refusal('QUOTA_EXCEEDED');
    await button(page, 'outside_pay').click({ timeout: patienceMs });
    await page.getByText(words.text('outside_fail_budget')).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    wallet.answer = honest;
    await button(page, 'outside_pay').click();
    await isBought(page);
    assert.deepEqual(await visitor.findings(), []);
  });

  test('one that says nothing is not asked twice, not after a reload either; what was paid opens when it comes', async () => {
    wallet.answer = honest;
    await using visitor = await buyer(await sold());
    const { page } = visitor;
    await pasteInto(page);
    const before = payments();
    let invoice = '';
    wallet.answer = ({ method, params }) => {
      if (method === 'pay_invoice') invoice = String(params['invoice']);
      return method === 'get_budget' ? { result: {} } : refusal('INTERNAL');
    };
    await button(page, 'outside_pay').click({ timeout: patienceMs });
    const open = page.getByText(words.pattern('outside_unknown'));
    await open.waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await page.reload();
    await open.waitFor({ timeout: patienceMs });
    assert.equal(await button(page, 'outside_pay').count(), 0);
    await button(page, 'pay_other_way').click();
    await button(page, 'outside_pay').click({ timeout: patienceMs });
    await open.waitFor({ timeout: patienceMs });
    assert.equal(payments(), before + 1);
    await sandboxPays(app.url, invoice);
    await isBought(page);
    assert.deepEqual(await visitor.findings(), []);
  });

  test('a proof of something else pays nothing', async () => {
    wallet.answer = honest;
    await using visitor = await buyer(await sold());
    const { page } = visitor;
    await pasteInto(page);
    wallet.answer = () => ({ result: { preimage: '0'.repeat(64) } });
    await button(page, 'outside_pay').click({ timeout: patienceMs });
    await page.getByText(words.pattern('outside_unknown')).waitFor({ timeout: patienceMs });
    assert.equal(await page.getByRole('region', { name: words.text('bought_label') }).count(), 0);
    assert.deepEqual(await visitor.findings(), []);
  });

  test('in an account it shows its budget, fills the wallet at one press, and is forgotten when it is disconnected', async () => {
    wallet.answer = honest;
    await using visitor = await openPage(browser, { origin: app.url });
    const { page } = visitor;
    await openAccount(page, app.url, words, 'Nora');
    await page.goto(`${app.url}/app/wallet`);
    await pasteInto(page);
    const section = page.getByRole('region', { name: words.text('outside_title') });
    await section
      .getByText(plain(words.text('outside_budget', { left: '4 000 sat', total: '5 000 sat' })))
      .waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await button(page, 'wallet_receive').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(words.text('wallet_amount')).fill('300');
    await dialog.getByRole('button', { name: words.text('wallet_make_invoice') }).click();
    await dialog.getByRole('button', { name: words.text('outside_pay') }).click({ timeout: patienceMs });
    await dialog.waitFor({ state: 'detached', timeout: patienceMs });
    await section.getByRole('button', { name: words.text('outside_disconnect') }).click();
    await button(page, 'outside_connect').waitFor({ timeout: patienceMs });
    await page.reload();
    await button(page, 'outside_connect').waitFor({ timeout: patienceMs });
    assert.deepEqual(await visitor.findings(), []);
  });

  test('a relay that the operator has not named is refused before it is asked, and no policy lets a page reach it', async () => {
    await using other = await startOwnWallet();
    await using visitor = await buyer(await sold());
    const { page } = visitor;
    await pasteInto(page, other.url);
    const [host, named] = [new URL(other.relay.url).host, new URL(relay.url).host];
    await page.getByText(words.text('outside_fail_relay', { relay: host, relays: named })).waitFor({ timeout: patienceMs });
    assert.deepEqual(await visitor.findings(), []);
    const policyOf = async (path: string) => (await fetch(new URL(path, app.url))).headers.get('content-security-policy') ?? '';
    const script = page
      .workers()
      .map((worker) => new URL(worker.url()).pathname)
      .find((path) => path.startsWith('/w/outside-'));
    assert.ok(script, 'it has a worker of its own');
    assert.match(await policyOf(script), new RegExp(`connect-src ${relay.url};`));
    for (const path of ['/s', '/app', '/fr', '/sw.js']) assert.ok(!(await policyOf(path)).includes(named), path);
    const reached = await page.evaluate(
      (url) => new Promise((resolve) => Object.assign(new WebSocket(url), { onopen: () => resolve(true), onerror: () => resolve(false) })),
      relay.url,
    );
    assert.equal(reached, false, 'the page itself reaches no relay');
  });

  test('the server never heard the secret of a connection', () => {
    const secret = /secret=(\w+)/.exec(wallet.url)?.[1] ?? '';
    assert.equal(secret.length, 64);
    assert.ok(!readFileSync(app.recordFile).includes(secret));
  });
});

function plain(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
}
