// needs: chromium
// A link is sold from a drive and bought by a stranger with a phone: over Lightning of the sandbox, with the page closed after paying, and with coins
// pasted as text. The server, curious as ever, hears neither the end of the link nor what opens it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { getEncodedToken, type Proof, Wallet } from '@cashu/cashu-ts';
import { systemRandom } from '@reprise/kit';
import type { Browser, Locator, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage, type WatchedPage } from '../support/browser.ts';
import { findCanary, makeCanary } from '../support/canary.ts';
import { root } from '../support/server.ts';
import { inspectScreen } from '../support/inspect.ts';
import { until } from '../support/until.ts';
import { wordsOf } from '../support/words.ts';
import { choose, openAccount, rowOf, visit } from './drive-steps.ts';
import { handsOn } from './hands.ts';
import { patienceMs, save } from './steps.ts';

const words = wordsOf('fr');
const price = 210;

describe('links that are sold', { concurrency: false }, () => {
  let app: App;
  let browser: Browser;
  let seller: WatchedPage;
  const secrets = { name: makeCanary('name'), content: makeCanary('content') };
  const file = `${secrets.name}.txt`;
  let link = '';
  let receipt = '';
  /** Everything that buyers asked of anybody: addresses, headers, bodies. */
  const asked: string[] = [];

  before(async () => {
    app = await startApp();
    browser = await launchChromium();
    seller = await openPage(browser, { origin: app.url });
    writeFileSync(join(app.folder, file), `${secrets.content}\n${'Tout travail mérite salaire.\n'.repeat(40_000)}${secrets.content}\n`);
  });
  after(async () => {
    await seller?.[Symbol.asyncDispose]();
    await browser?.close();
    await app?.[Symbol.asyncDispose]();
  });

  async function phone(): Promise<WatchedPage> {
    const visitor = await openPage(browser, { shape: 'phone', origin: app.url });
    visitor.context.on('request', (request) =>
      asked.push(`${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ''}`),
    );
    return visitor;
  }
  const payButton = (page: Page, sats = price): Locator =>
    page.getByRole('button', { name: plain(words.text('pay_button', { sats: `${sats} sat` })) });
  const sandboxButton = (page: Page): Locator => page.getByRole('button', { name: words.text('pay_sandbox_pay') });
  const isBought = (page: Page) => page.getByRole('region', { name: words.text('bought_label') }).waitFor({ timeout: patienceMs });

  async function assertSaved(page: Page): Promise<void> {
    const { path, name } = await save(page, words);
    assert.equal(name, file);
    assert.ok(readFileSync(path).equals(readFileSync(join(app.folder, file))), 'what was saved is what was sold');
  }

  test('a seller puts a file of the drive on sale, and says what it costs', async () => {
    const { page } = seller;
    await openAccount(page, app.url, words, 'Lola');
    await handsOn(page, 'desktop', words).bringFiles([join(app.folder, file)]);
    await rowOf(page, file).waitFor({ timeout: patienceMs });
    await choose(page, words, file, 'share');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: words.text('sale_new') }).click();
    await dialog.getByText(words.text('pay_sandbox')).waitFor({ timeout: patienceMs });
    await dialog.getByRole('button', { name: words.text('sale_make') }).click();
    await dialog.getByText(words.text('sale_price_odd')).waitFor({ timeout: patienceMs });
    await dialog.getByLabel(words.text('sale_price'), { exact: true }).fill(String(price));
    await dialog.getByRole('button', { name: words.text('sale_make') }).click();
    link = (await dialog.locator('.url').textContent({ timeout: patienceMs })) ?? '';
    assert.match(link, /\/s#1\./);
    await dialog.getByText(`${price} sat`).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await page.keyboard.press('Escape');
    await visit(page, words, 'nav_earnings');
    await page.getByText(words.text('earn_unsold')).waitFor({ timeout: patienceMs });
    await page.getByText(words.text('earn_unsold_text', { titles: file })).waitFor();
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await visit(page, words, 'nav_files');
    assert.deepEqual(await seller.findings(), []);
  });

  test('a stranger pays with the wallet of the sandbox and has the file, byte for byte', async () => {
    await using visitor = await phone();
    const { page } = visitor;
    await page.goto(link);
    await page.getByText(words.text('pay_sandbox')).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await payButton(page).tap();
    await sandboxButton(page).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    visitor.expectRefusal(402);
    await sandboxButton(page).tap();
    await isBought(page);
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await assertSaved(page);
    await page.getByRole('button', { name: words.text('receipt_copy') }).tap();
    await until('the receipt is copied', async () => (receipt = await visitor.copied()).startsWith(`${link}.`));
    // What was bought here stays bought.
    await page.reload();
    await isBought(page);
    await page.getByText(secrets.content).first().waitFor({ timeout: patienceMs });
    assert.deepEqual(await visitor.findings(), []);
  });

  test('a receipt opens on another machine what was bought, without a payment, and is not passed on with the link', async () => {
    await using visitor = await phone();
    const { page } = visitor;
    await page.goto(receipt);
    await page.getByText(words.text('bought_receipt')).waitFor({ timeout: patienceMs });
    await assertSaved(page);
    await page.getByRole('button', { name: words.text('copy_link') }).tap();
    await until('the link is copied', async () => (await visitor.copied()) === link);
    await using other = await phone();
    await other.page.goto(`${receipt.slice(0, -43)}${'A'.repeat(43)}`);
    await other.page.getByText(words.text('forged_title')).waitFor({ timeout: patienceMs });
    assert.deepEqual([await visitor.findings(), await other.findings()], [[], []]);
  });

  test('who closes the page after paying finds the file when it is opened again, and in a tab that was open beside it', async () => {
    await using visitor = await phone();
    visitor.expectRefusal(402);
    const [first, beside] = [visitor.page, await visitor.context.newPage()];
    const invoiceOf = async (page: Page) => {
      const wallet = page.getByRole('link', { name: words.text('pay_open_wallet') });
      return ((await wallet.getAttribute('href', { timeout: patienceMs })) ?? '').replace('lightning:', '');
    };
    for (const page of [first, beside]) {
      await page.goto(link);
      await payButton(page).waitFor({ timeout: patienceMs });
    }
    // Neither knew of the other when it was opened: they buy with one key, and ask for one invoice.
    for (const page of [first, beside]) await payButton(page).tap();
    const invoice = await invoiceOf(first);
    assert.match(invoice, /^lnbcrt2100n1/);
    assert.equal(await invoiceOf(beside), invoice);
    await first.close();
    await paySandbox(invoice);
    await isBought(beside);
    const page = await visitor.context.newPage();
    await page.goto(link);
    await isBought(page);
    await assertSaved(page);
    assert.deepEqual(await visitor.findings(), []);
  });

  test('coins that are pasted buy as well, and too few of them buy nothing', async (t) => {
    const { wallet, proofs } = await wallets.token(price + 90);
    const { send: enough, keep } = await wallet.ops.send(price, proofs).run();
    const { tokenOf } = wallets;
    await using visitor = await phone();
    const { page } = visitor;
    visitor.expectRefusal(400);
    await page.goto(link);
    await page.getByRole('button', { name: words.text('pay_token') }).tap();
    const field = page.getByLabel(words.text('pay_token_label'));
    const pay = page.getByRole('button', { name: words.text('pay_token_pay') });
    await field.fill('bonjour');
    await pay.tap();
    await page.getByText(words.text('pay_token_odd')).waitFor({ timeout: patienceMs });
    await field.fill(tokenOf(keep));
    await pay.tap();
    await page.getByText(plain(words.text('pay_fail_little', { sats: `${price - 90} sat` }))).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await field.fill(tokenOf(enough));
    await timed(t, 'from the press to the first bytes in clear, with coins', page, () => pay.tap());
    await isBought(page);
    await assertSaved(page);
    assert.ok((await wallet.checkProofsStates(keep)).every(({ state }) => state === 'UNSPENT'));
    assert.deepEqual(await visitor.findings(), []);
  });

  test('an extension that pays for the browser does so with one press', async () => {
    await using visitor = await phone();
    const { page } = visitor;
    visitor.expectRefusal(402);
    // As extensions do it: an object of the page, which asks its person by itself.
    await page.exposeFunction('payOutside', paySandbox);
    await page.addInitScript(`window.webln = { enable: async () => {}, sendPayment: (invoice) => window.payOutside(invoice) };`);
    await page.goto(link);
    await page.getByRole('button', { name: words.text('pay_webln') }).tap({ timeout: patienceMs });
    await isBought(page);
    await assertSaved(page);
    assert.deepEqual(await visitor.findings(), []);
  });

  test('a token that is worth more gives change, which stays in the browser and leaves it as a token', async () => {
    const { token } = await wallets.token(price + 90);
    await using visitor = await phone();
    const { page } = visitor;
    visitor.expectRefusal(400);
    await page.goto(link);
    await page.getByRole('button', { name: words.text('pay_token') }).tap();
    await page.getByLabel(words.text('pay_token_label')).fill(token);
    await page.getByRole('button', { name: words.text('pay_token_pay') }).tap();
    await isBought(page);
    await assertSaved(page);
    const coins = page.getByRole('region', { name: words.text('coins_label') });
    await coins.getByText(plain(words.text('coins_here', { sats: '90 sat' }))).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await page.reload();
    await coins.getByRole('button', { name: words.text('coins_out') }).tap({ timeout: patienceMs });
    const taken = coins.getByRole('textbox', { name: plain(words.text('coins_token', { sats: '90 sat' })) });
    assert.equal(await wallets.worth(await taken.inputValue({ timeout: patienceMs })), 90);
    assert.deepEqual(await visitor.findings(), []);
  });

  test('somebody whose account is open in the browser pays from its wallet, and sees first what is left', async (t) => {
    await using buyer = await openPage(browser, { origin: app.url });
    const { page } = buyer;
    await openAccount(page, app.url, words, 'Nora');
    await page.goto(link);
    await page.getByText(plain(words.text('pocket_little', { sats: '0 sat' }))).waitFor({ timeout: patienceMs });
    await page.goto(`${app.url}/app/wallet`);
    await page.getByRole('button', { name: words.text('wallet_receive'), exact: true }).click({ timeout: patienceMs });
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: words.text('wallet_by_token') }).click();
    await dialog.getByRole('textbox').fill((await wallets.token(500)).token);
    await dialog.getByRole('button', { name: words.text('wallet_take') }).click();
    await dialog.waitFor({ state: 'detached', timeout: patienceMs });
    await page.goto(link);
    const opener = page.getByRole('button', { name: words.text('pay_wallet') });
    await opener.press('Enter', { timeout: patienceMs });
    await page.getByText(plain(words.text('pocket_balance', { now: '500 sat', left: '290 sat' }))).waitFor({ timeout: patienceMs });
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'pocket-ask', 'no key that is held down pays');
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await page.getByRole('button', { name: words.text('cancel') }).press('Enter');
    await until('the focus is back', () => opener.evaluate((node) => node === document.activeElement));

    const isLent = () => page.workers().some((worker) => worker.url().includes('/w/wallet-'));
    assert.ok(isLent());
    const beside = await buyer.context.newPage();
    await beside.goto(`${app.url}/app/settings/privacy`);
    await beside.getByRole('button', { name: words.text('lock'), exact: true }).click({ timeout: patienceMs });
    await until('what was lent is gone with the lock', () => !isLent());
    await beside.getByRole('button', { name: words.text('unlock'), exact: true }).click({ timeout: patienceMs });
    await beside.getByRole('button', { name: words.text('lock'), exact: true }).waitFor({ timeout: patienceMs });
    await beside.close();

    await page.reload();
    await opener.press('Enter', { timeout: patienceMs });
    await page.getByText(plain(words.text('pocket_balance', { now: '500 sat', left: '290 sat' }))).waitFor({ timeout: patienceMs });
    const confirm = page.getByRole('button', { name: plain(words.text('pocket_confirm', { sats: `${price} sat` })) });
    await timed(t, 'from the press to the first bytes in clear, from the wallet of the account', page, () => confirm.click());
    await isBought(page);
    await assertSaved(page);
    await page.goto(`${app.url}/app/wallet`);
    await page.locator('.figure').filter({ hasText: '290' }).first().waitFor({ timeout: patienceMs });
    assert.deepEqual(await buyer.findings(), []);
  });

  test('a token of the older form that is worth too little stays in the browser, and only what was not given away moves into the wallet', async () => {
    await using buyer = await openPage(browser, { origin: app.url });
    const { page } = buyer;
    buyer.expectRefusal(400);
    await openAccount(page, app.url, words, 'Sami');
    await page.goto(link);
    await page.getByRole('button', { name: words.text('pay_token') }).click({ timeout: patienceMs });
    const coins = page.getByRole('region', { name: words.text('coins_label') });
    const hand = async (sats: number): Promise<void> => {
      await page.getByLabel(words.text('pay_token_label')).fill(wallets.olderTokenOf((await wallets.token(sats)).proofs));
      await page.getByRole('button', { name: words.text('pay_token_pay') }).click();
      const missing = words.text('pocket_fail_little', { sats: `${price - sats} sat` });
      await page.getByText(plain(`${missing} ${words.text('pay_token_kept')}`)).waitFor({ timeout: patienceMs });
      await coins.getByText(plain(words.text('coins_here', { sats: `${sats} sat` }))).waitFor({ timeout: patienceMs });
    };
    await hand(120);
    await coins.getByRole('button', { name: words.text('coins_out') }).click();
    const given = coins.getByRole('textbox', { name: plain(words.text('coins_token', { sats: '120 sat' })) });
    await given.waitFor({ timeout: patienceMs });
    await hand(30);
    await coins.getByRole('button', { name: words.text('coins_move') }).click();
    await page.getByText(plain(words.text('pocket_little', { sats: '30 sat' }))).waitFor({ timeout: patienceMs });
    assert.equal(await wallets.worth(await given.inputValue()), 120);
    assert.deepEqual(await buyer.findings(), []);
  });

  test('a price that changes is asked again, and a link that is withdrawn sells nothing and keeps what it sold', async (t) => {
    await using visitor = await phone();
    const { page } = visitor;
    visitor.expectRefusal(402);
    await page.goto(link);
    await payButton(page).waitFor({ timeout: patienceMs });
    const dialog = seller.page.getByRole('dialog');
    await choose(seller.page, words, file, 'share');
    await dialog.getByRole('button', { name: words.text('sale_change') }).click();
    await dialog.getByLabel(words.text('sale_price'), { exact: true }).fill('340');
    await dialog.getByRole('button', { name: words.text('opt_save') }).click();
    await dialog.getByText('340 sat').waitFor({ timeout: patienceMs });
    await payButton(page).tap();
    await page.getByText(plain(words.text('pay_changed', { before: `${price} sat`, now: '340 sat' }))).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await payButton(page, 340).tap();
    await timed(t, 'from the press to the first bytes in clear, over Lightning', page, () => sandboxButton(page).tap());
    await isBought(page);
    await using slow = await phone();
    slow.expectRefusal(402);
    slow.expectRefusal(410);
    await slow.page.goto(link);
    await payButton(slow.page, 340).tap();
    const wallet = slow.page.getByRole('link', { name: words.text('pay_open_wallet') });
    const invoice = ((await wallet.getAttribute('href', { timeout: patienceMs })) ?? '').replace('lightning:', '');
    await dialog.getByRole('button', { name: words.text('sale_withdraw') }).click();
    await dialog.getByText(words.text('sale_withdrawn_said')).waitFor({ timeout: patienceMs });
    await seller.page.keyboard.press('Escape');
    await page.reload();
    await isBought(page);
    await using late = await phone();
    late.expectRefusal(410);
    await late.page.goto(link);
    await late.page.getByText(words.text('pay_ended')).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(late.page, 'fr'), []);
    // What was on its way when the sale ended comes back, without an account, as coins of the browser.
    await paySandbox(invoice);
    await slow.page.getByRole('button', { name: plain(words.text('pay_owed_claim', { sats: '340 sat' })) }).tap({ timeout: patienceMs });
    await slow.page.getByText(plain(words.text('pay_owed_taken', { sats: '340 sat' }))).waitFor({ timeout: patienceMs });
    const coins = slow.page.getByRole('region', { name: words.text('coins_label') });
    await coins.getByText(plain(words.text('coins_here', { sats: '340 sat' }))).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(slow.page, 'fr'), []);
    await coins.getByRole('button', { name: words.text('coins_out') }).tap();
    const taken = coins.getByRole('textbox', { name: plain(words.text('coins_token', { sats: '340 sat' })) });
    assert.equal(await wallets.worth(await taken.inputValue({ timeout: patienceMs })), 340);
    for (const one of [visitor, late, slow]) assert.deepEqual(await one.findings(), []);
  });

  test('the seller reads what was earned, and that it waits', async () => {
    const { page } = seller;
    await visit(page, words, 'nav_links');
    await page.getByText(words.text('sale_withdrawn')).first().waitFor({ timeout: patienceMs });
    await visit(page, words, 'nav_earnings');
    const total = String(6 * price + 340);
    await page
      .getByText(plain(`${Number(total).toLocaleString('fr')} sat`))
      .first()
      .waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: words.text('earn_csv') }).click(),
    ]);
    assert.match(readFileSync(await download.path(), 'utf8'), new RegExp(`^network,offer,.*\r\nregtest,[0-9a-f]{32},.*,7,${total}\\.000,`));
    assert.deepEqual(await seller.findings(), []);
  });

  test('an order to pay out whose answer was lost is the same order after a reload, until the page tells that it was made', async () => {
    const { page, context } = seller;
    seller.expectRefusal(500);
    const requests: string[] = [];
    const made = { to: 'lola@example.org', amount: '900000', held: '910000', state: 'paid', fee: '2000', preimage: null, reason: null };
    const payout = { ...made, payout: 'ab'.repeat(16), createdAt: Date.now(), network: 'regtest' };
    let listed: object[] = [];
    await saysBalance(context, 900);
    await context.route('**/api/pay/payouts', async (route) => {
      if (route.request().method() !== 'POST') return route.fulfill({ json: { network: 'regtest', payouts: listed } });
      requests.push((JSON.parse(route.request().postData() ?? '') as { request: string }).request);
      await route.fulfill({ status: 500, body: 'no answer of ours' });
    });
    const target = page.getByLabel(words.text('payout_to'));
    const order = async (): Promise<void> => {
      await target.fill('Lola@example.org', { timeout: patienceMs });
      await page.getByRole('button', { name: words.text('payout_order') }).click();
    };
    await visit(page, words, 'nav_earnings');
    for (let visits = 1; visits <= 2; visits++) {
      await page.reload();
      await order();
      await page.getByRole('alert').waitFor({ timeout: patienceMs });
    }
    assert.equal(requests.length, 4, 'sent once more, each time');
    assert.equal(new Set(requests).size, 1, requests.join(' '));
    listed = [payout];
    await order();
    await until('the form lets go of what was made', async () => (await target.inputValue()) === '');
    await page.getByText(words.text('payout_paid'), { exact: true }).first().waitFor({ timeout: patienceMs });
    assert.equal(await page.getByRole('alert').count(), 0);
    assert.equal(new Set(requests).size, 1);
    await order();
    await page.getByRole('alert').waitFor({ timeout: patienceMs });
    assert.equal(new Set(requests).size, 2, 'the same once more is another');
    await context.unrouteAll({ behavior: 'wait' });
    assert.deepEqual(await seller.findings(), []);
  });

  test('a price that is a floor takes what a buyer gives, and the last one is sold once', async () => {
    const { page } = seller;
    await visit(page, words, 'nav_files');
    await choose(page, words, file, 'share');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: words.text('sale_again') }).click();
    await dialog.getByLabel(words.text('sale_price'), { exact: true }).fill('100');
    await dialog.getByRole('checkbox', { name: words.text('sale_floor') }).check();
    await dialog.getByLabel(words.text('sale_limit')).fill('0');
    await dialog.getByRole('button', { name: words.text('opt_save') }).click();
    await dialog.getByText(words.text('sale_limit_odd')).waitFor({ timeout: patienceMs });
    await dialog.getByLabel(words.text('sale_limit')).fill('8');
    await dialog.getByRole('button', { name: words.text('opt_save') }).click();
    await dialog.getByText(plain(words.text('price_or_more', { price: '100 sat' }))).waitFor({ timeout: patienceMs });
    await dialog.getByText(plain(words.text('sale_left', { n: '1' }))).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await page.keyboard.press('Escape');
    await using visitor = await phone();
    visitor.expectRefusal(402);
    await visitor.page.goto(link);
    await payButton(visitor.page, 100).waitFor({ timeout: patienceMs });
    await visitor.page.getByText('Le dernier').waitFor({ timeout: patienceMs });
    const amount = visitor.page.getByLabel(words.text('pay_amount'));
    await amount.fill('99');
    await amount.press('Enter');
    assert.equal(await amount.getAttribute('aria-invalid'), 'true');
    await amount.fill('150');
    await amount.press('Enter');
    assert.deepEqual(await inspectScreen(visitor.page, 'fr'), []);
    await payButton(visitor.page, 150).tap({ timeout: patienceMs });
    await sandboxButton(visitor.page).tap({ timeout: patienceMs });
    await isBought(visitor.page);
    await using late = await phone();
    late.expectRefusal(410);
    await late.page.goto(link);
    await late.page.getByText(words.text('pay_sold_out'), { exact: true }).waitFor({ timeout: patienceMs });
    for (const one of [visitor, late]) assert.deepEqual(await one.findings(), []);
  });

  test('the page of the plan sells more space, and what was paid buys it', async () => {
    const { page } = seller;
    const operator = (...given: string[]) =>
      promisify(execFile)(process.execPath, [join(root, 'apps/host/src/admin.ts'), ...given], {
        env: { ...process.env, REPRISE_DATA: app.host.dataFolder },
      });
    await operator('plan', 'large', '1TB', '--history', '90');
    await operator('sell-plan', 'large', '500sat', '30');
    await visit(page, words, 'nav_settings');
    await page.getByRole('link', { name: words.text('set_plan') }).click();
    await page.getByRole('button', { name: words.text('plan_buy') }).click({ timeout: patienceMs });
    await page.getByRole('button', { name: plain(words.text('plan_pay_lightning', { sats: '500 sat' })) }).click();
    const wallet = page.getByRole('link', { name: words.text('pay_open_wallet') });
    const invoice = ((await wallet.getAttribute('href', { timeout: patienceMs })) ?? '').replace('lightning:', '');
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await paySandbox(invoice);
    await page.getByText(words.text('plan_bought')).waitFor({ timeout: patienceMs });
    await page.getByText(/large.* jusqu’au/).waitFor({ timeout: patienceMs });
    await page.getByRole('button', { name: words.text('plan_extend') }).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    assert.deepEqual(await seller.findings(), []);
  });

  test('a plan whose answer was lost is bought once, by whichever way it is paid afterwards', async () => {
    const { page, context } = seller;
    seller.expectRefusal(500);
    const bodies: string[] = [];
    let isHeard = false;
    await saysBalance(context, 900);
    await context.route('**/api/pay/plans/large/order', () => assert.fail('nothing else is paid before that'));
    await context.route('**/api/pay/plans/large/buy', async (route) => {
      bodies.push(route.request().postData() ?? '');
      const bought = { network: 'regtest', plan: 'large', price: '500', from: Date.now(), until: Date.now() + 1_000 };
      await route.fulfill(isHeard ? { json: bought } : { status: 500, body: 'no answer of ours' });
    });
    await page.reload();
    const extend = page.getByRole('button', { name: words.text('plan_extend') });
    await extend.click({ timeout: patienceMs });
    await page.getByRole('button', { name: plain(words.text('plan_pay_balance', { sats: '500 sat' })) }).click({ timeout: patienceMs });
    await page.getByRole('alert').waitFor({ timeout: patienceMs });
    await page.reload();
    isHeard = true;
    await extend.click({ timeout: patienceMs });
    await page.getByRole('button', { name: plain(words.text('plan_pay_lightning', { sats: '500 sat' })) }).click({ timeout: patienceMs });
    await page.getByText(words.text('plan_bought_before')).waitFor({ timeout: patienceMs });
    assert.equal(bodies.length, 3);
    assert.equal(new Set(bodies).size, 1, bodies.join(' '));
    await context.unrouteAll({ behavior: 'wait' });
    assert.deepEqual(await seller.findings(), []);
  });

  test('the server heard neither the link’s end nor the half that was sold', async () => {
    const places = [app.recordFile, app.host.logFile];
    assert.notDeepEqual(await findCanary('reprise-buyer-key', [app.recordFile]), []);
    const fragment = link.slice(link.indexOf('#') + 1);
    const parts = fragment.split('.').filter((part) => part.length >= 22);
    const heard = {
      ...secrets,
      fragment,
      ...Object.fromEntries(parts.map((part, n) => [`key ${n}`, new Uint8Array(Buffer.from(part, 'base64url'))])),
    };
    for (const [name, secret] of Object.entries(heard)) assert.deepEqual(await findCanary(secret, places), [], `${name} was heard`);
    // The seller hands the half to the operator; no buyer ever sends it back.
    const half = receipt.slice(-43);
    assert.ok(asked.some((text) => text.includes('/release')));
    for (const secret of [half, Buffer.from(half, 'base64url').toString('hex'), ...parts])
      assert.ok(!asked.some((text) => text.includes(secret)));
  });

  async function saysBalance(context: WatchedPage['context'], sats: number): Promise<void> {
    await context.route('**/api/pay/balance', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), available: String(sats) } });
    });
  }
  /** Told, and not judged: the first bytes in clear are the beginning of the text. */
  async function timed(t: TestContext, what: string, page: Page, press: () => Promise<void>): Promise<void> {
    const start = performance.now();
    await press();
    await page.getByText(secrets.content).first().waitFor({ timeout: patienceMs });
    t.diagnostic(`${Math.round(performance.now() - start)} ms ${what}`);
  }
  /** Wallets of others: of the library that most stand on. */
  const wallets = {
    tokenOf: (proofs: Proof[]) => getEncodedToken({ mint: `${app.url}/mint`, proofs, unit: 'sat' }),
    olderTokenOf(proofs: Proof[]) {
      const plainly = proofs.map(({ id, amount, secret, C, dleq }) => ({ id, amount: Number(amount), secret, C, dleq }));
      return `cashuA${Buffer.from(JSON.stringify({ token: [{ mint: `${app.url}/mint`, proofs: plainly }], unit: 'sat' })).toString('base64url')}`;
    },
    async open() {
      const wallet = new Wallet(`${app.url}/mint`, { unit: 'sat', bip39seed: systemRandom(64) });
      await wallet.loadMint();
      return wallet;
    },
    async token(sats: number) {
      const wallet = await wallets.open();
      const quote = await wallet.createMintQuoteBolt11(sats);
      await paySandbox(quote.request);
      let paid = await wallet.checkMintQuoteBolt11(quote.quote);
      await until('the coins are paid', async () => {
        paid = await wallet.checkMintQuoteBolt11(quote.quote);
        return paid.state === 'PAID';
      });
      const proofs = await wallet.ops.mintBolt11(sats, paid).run();
      return { wallet, proofs, token: wallets.tokenOf(proofs) };
    },
    async worth(token: string) {
      const received = await (await wallets.open()).receive(token);
      return received.reduce((sum, { amount }) => sum + Number(amount), 0);
    },
  };
  async function paySandbox(invoice: string): Promise<void> {
    const response = await fetch(`${app.url}/sandbox/pay`, { method: 'POST', body: JSON.stringify({ invoice }) });
    assert.equal(((await response.json()) as { state: string }).state, 'succeeded');
  }
});

/** Screens put narrow spaces into figures. */
function plain(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
}
