// needs: chromium
// The wallet of the drive: coins made of a Lightning payment of the sandbox, a token that somebody else takes, an invoice that is paid, and a
// second browser of the account that sees the same money and rehearses its return.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage, type WatchedPage } from '../support/browser.ts';
import { inspectScreen } from '../support/inspect.ts';
import { until } from '../support/until.ts';
import { wordsOf } from '../support/words.ts';
import { type NewAccount, openAccount, signIn, visit } from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('fr');

describe('the wallet of a drive', { concurrency: false }, () => {
  let app: App;
  let browser: Browser;
  let desk: WatchedPage;
  let account: NewAccount;
  before(async () => {
    app = await startApp();
    browser = await launchChromium();
    desk = await openPage(browser, { origin: app.url });
    account = await openAccount(desk.page, app.url, words, 'Lola');
  });
  after(async () => {
    await desk?.[Symbol.asyncDispose]();
    await browser?.close();
    await app?.[Symbol.asyncDispose]();
  });

  const balance = (page: Page, text: string | RegExp) =>
    page.locator('.figure').filter({ hasText: text }).first().waitFor({ timeout: patienceMs });
  const button = (page: Page, name: Parameters<typeof words.text>[0]) => page.getByRole('button', { name: words.text(name), exact: true });
  async function sandbox(path: string, body: object): Promise<Record<string, unknown>> {
    const answer = await fetch(`${app.url}/sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as Record<string, unknown>;
  }

  test('is filled by an invoice that somebody pays, and says that its coins are worthless', async () => {
    const { page } = desk;
    await page.getByRole('link', { name: words.text('nav_wallet'), exact: true }).click({ timeout: patienceMs });
    await balance(page, /^0\D/);
    await page
      .locator('.worthless')
      .filter({ hasText: words.text('wallet_sandbox') })
      .waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await button(page, 'wallet_receive').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(words.text('wallet_amount')).fill('2 100');
    await dialog.getByRole('button', { name: words.text('wallet_make_invoice') }).click();
    const link = dialog.getByRole('link', { name: words.text('wallet_open_app') });
    const invoice = ((await link.getAttribute('href', { timeout: patienceMs })) ?? '').replace('lightning:', '');
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await sandbox('pay', { invoice });
    await dialog.waitFor({ state: 'detached', timeout: patienceMs });
    await balance(page, /^2\D100\D/);
    await page.getByText(words.text('wallet_state_arrived')).first().waitFor({ timeout: patienceMs });
    assert.deepEqual(await desk.findings(), []);
  });

  test('gives a token that a command line takes, and pays an invoice after saying what it costs', async () => {
    const { page } = desk;
    await button(page, 'wallet_send').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(words.text('wallet_amount')).fill('500');
    await dialog.getByRole('button', { name: words.text('wallet_make_token') }).click();
    const token = await dialog.locator('.token').inputValue({ timeout: patienceMs });
    await page.keyboard.press('Escape');
    const taken = await app.reprise('wallet', 'receive', token, '--server', app.url, '--json');
    assert.equal(taken.code, 0, taken.stderr);

    const { invoice } = await sandbox('invoice', { amount: '300' });
    await button(page, 'wallet_pay').click();
    await dialog.getByLabel(words.text('wallet_invoice')).fill(String(invoice));
    await dialog.getByRole('button', { name: words.text('wallet_look_up') }).click();
    await dialog.getByRole('button', { name: words.text('wallet_pay_now', { n: '300' }) }).click({ timeout: patienceMs });
    // Nobody has to wait beside it: what becomes of it is told all the same.
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached', timeout: patienceMs });
    await page.getByText(words.text('wallet_done_paid', { n: '300' })).waitFor({ timeout: patienceMs });
    assert.deepEqual(await desk.findings(), []);
  });

  test('is the same on another browser of the account, which rehearses its return', async () => {
    // What was set aside for the way has come back.
    const left = /^1\D300\D/;
    await balance(desk.page, left);
    await using other = await openPage(browser, { shape: 'phone', origin: app.url });
    const { page } = other;
    await signIn(page, app.url, words, account);
    await page.goto(`${app.url}/app/wallet`);
    await balance(page, left);
    await button(page, 'wallet_rehearse').tap();
    await page.getByText(words.pattern('wallet_rehearsed')).first().waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    assert.deepEqual(await other.findings(), []);
  });

  test('ends with the account: no worker holds its seed once it is locked, and it opens again with it', async () => {
    const { page } = desk;
    const holders = () => page.workers().filter((worker) => /\/wallet\b/.test(new URL(worker.url()).pathname));
    const isGone = () => until('the wallet’s worker ended', async () => holders().length === 0);
    assert.equal(holders().length, 1);
    const openPrivacy = async () => {
      await visit(page, words, 'nav_settings');
      await page.getByRole('link', { name: words.text('set_privacy'), exact: true }).click();
    };
    await openPrivacy();
    await page.getByRole('button', { name: words.text('lock'), exact: true }).click();
    await isGone();
    await page.getByRole('button', { name: words.text('unlock'), exact: true }).click({ timeout: patienceMs });
    await page.getByRole('link', { name: words.text('nav_wallet'), exact: true }).click({ timeout: patienceMs });
    await balance(page, /^1\D300\D/);
    assert.equal(holders().length, 1);
    await openPrivacy();
    await page.getByRole('button', { name: words.text('sign_out'), exact: true }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: words.text('sign_out'), exact: true })
      .click();
    await isGone();
    assert.deepEqual(await desk.findings(), []);
  });
});
