// needs: chromium
// "Secure my account" in the browser: new keys from the settings, a new kit, and what the other devices are told.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage, type WatchedPage } from '../support/browser.ts';
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

const visitor = (): Promise<WatchedPage> => openPage(browser, { origin: app.url, locale: 'en' });

test('new keys from the settings: the kit is made anew, the other device signs in again, what was there is there, and all of it can be taken along', async () => {
  await using owner = await visitor();
  await using other = await visitor();
  const account = await drive.openAccount(owner.page, app.url, words, 'Marta');
  await drive.makeFolder(owner.page, words, 'From before');
  await drive.signIn(other.page, app.url, words, account);
  await drive.appears(other.page, 'From before');
  other.expectRefusal(403);
  other.expectRefusal(401);

  await owner.page.goto(`${app.url}/app/settings/account`);
  await owner.page.getByRole('button', { name: words.text('set_secure'), exact: true }).click();
  const phrase = await drive.takePhrase(owner.page, words);
  await owner.page.getByRole('button', { name: words.text('go_on'), exact: true }).click();
  const sheet = owner.page.locator('section.sheet');
  await sheet.waitFor({ timeout: patienceMs });
  const kit = await sheet.locator('ol li').allTextContents();
  const now = owner.page.getByRole('button', { name: words.text('secure_now'), exact: true });
  assert.ok(await now.isDisabled(), 'nothing changes before the kit is kept');
  await drive.makeFolder(other.page, words, 'Meanwhile');
  await owner.page.getByLabel(words.text('secure_kept')).check();
  await now.click();
  const title = owner.page.getByRole('heading', { level: 1, name: words.text('set_secure') });
  await owner.page.getByText(words.text('rehearsal_title')).first().waitFor({ timeout: patienceMs });
  assert.ok(await title.evaluate((node) => node === document.activeElement), 'a keyboard goes on from the title');
  await drive.tryTwoWords(owner.page, words, kit);

  await other.page.getByText(words.text('ended_revoked')).waitFor({ timeout: patienceMs });
  await other.page.getByRole('link', { name: words.text('sign_in') }).click();
  await drive.typeSignIn(other.page, words, account.identifier, account.phrase);
  await other.page.getByRole('alert').waitFor({ timeout: patienceMs });
  await drive.typeSignIn(other.page, words, account.identifier, phrase);
  await drive.inDrive(other.page, words);
  await drive.appears(other.page, 'From before');

  await owner.page.goto(`${app.url}/app`);
  await drive.makeFolder(owner.page, words, 'From after');
  await drive.appears(other.page, 'From after');
  await owner.page.reload();
  await drive.appears(owner.page, 'From before', 'From after');

  await owner.page.goto(`${app.url}/app/settings/account`);
  const [download] = await Promise.all([
    owner.page.waitForEvent('download', { timeout: patienceMs }),
    owner.page.getByRole('button', { name: words.text('set_export'), exact: true }).click(),
  ]);
  const data = JSON.parse(readFileSync(await download.path(), 'utf8')) as {
    slots: { type: string }[];
    log: { type: string }[];
    settings: { name: string };
  };
  assert.deepEqual(
    data.slots.map(({ type }) => type).toSorted(),
    ['password', 'recovery'],
    'the former kit has ended, the new one is there',
  );
  assert.ok(data.log.some(({ type }) => type === 'rekey'));
  assert.equal(data.settings.name, 'Marta');
  assert.deepEqual([...(await owner.findings()), ...(await other.findings())], []);
});
