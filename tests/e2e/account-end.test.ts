// needs: chromium
// The end of an account, asked for and taken back: whoever signs in before it comes is told on every page, keeps the account by a press, and finds
// all that was in it; links stay ended, and the list of them says so. spec/accounts.md "The end of an account".
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('en');
let app: App;
let browser: Browser;
before(async () => {
  app = await startApp();
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

const keep = (page: Page) => page.getByRole('button', { name: words.text('end_keep') });
const ask = (page: Page) => page.getByRole('button', { name: words.text('set_delete'), exact: true });
const settings = (page: Page) => page.goto(`${app.url}/app/settings/account`);

test('an account that is to end is kept by whoever signs in before, with its files and without its links', async () => {
  await using first = await openPage(browser, { origin: app.url, locale: 'en' });
  await using second = await openPage(browser, { origin: app.url, locale: 'en' });
  const account = await drive.openAccount(first.page, app.url, words, 'Edda');
  await drive.makeFolder(first.page, words, 'Letters');
  await drive.shareEntry(first.page, words, 'Letters');
  await drive.signIn(second.page, app.url, words, account);
  await drive.appears(second.page, 'Letters');

  await settings(first.page);
  assert.equal(await keep(first.page).count(), 0);
  await ask(first.page).click();
  const sheet = first.page.getByRole('dialog');
  await sheet.getByLabel(words.text('set_delete_proof')).fill(account.phrase);
  await sheet.getByRole('button', { name: words.text('set_delete_yes'), exact: true }).click();
  await first.page.getByText(words.pattern('ended_deleted_text')).waitFor({ timeout: patienceMs });

  // A device that was in the account all the time is told as well, and offers no second end.
  await settings(second.page);
  await second.page.getByText(words.pattern('end_notice')).waitFor({ timeout: patienceMs });
  assert.equal(await ask(second.page).count(), 0);

  await first.page.getByRole('link', { name: words.text('sign_in') }).click();
  await drive.typeSignIn(first.page, words, account.identifier, account.phrase);
  await drive.inDrive(first.page, words);
  await first.page.getByText(words.pattern('end_notice')).waitFor({ timeout: patienceMs });
  await keep(first.page).click();
  await first.page.getByText(words.text('end_kept')).waitFor({ timeout: patienceMs });
  await keep(first.page).waitFor({ state: 'detached', timeout: patienceMs });
  await drive.appears(first.page, 'Letters');
  await drive.visit(first.page, words, 'nav_links');
  await first.page.getByText(words.text('managed_ended')).waitFor({ timeout: patienceMs });

  await settings(second.page);
  await ask(second.page).waitFor({ timeout: patienceMs });
  for (const each of [first, second]) assert.deepEqual(await each.findings(), []);
});
