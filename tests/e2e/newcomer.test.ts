// needs: chromium
// What a newcomer gets wrong, and what they see first: each is answered in words, where it happened, with the next step.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { deviceName } from '../../apps/web/src/workers/drive/device-name.ts';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { writeRandom } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs, send, sentHeading, visitLanding } from './steps.ts';

const words = wordsOf('fr');
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

test('who signs in by a name and a password of their own is told what else it takes, and a code with a mistake where the mistake is', async () => {
  await using visitor = await openPage(browser, { origin: app.url });
  const { page } = visitor;
  await page.goto(`${app.url}/app/sign-in`);
  const said = page.getByRole('alert');
  const told = async (identifier: string, expected: string) => {
    await drive.typeSignIn(page, words, identifier, 'marée haute');
    await said.getByText(expected).waitFor({ timeout: patienceMs });
  };
  await told('ines', words.text('fail_code_needed'));
  await told('ABCD-EFGH-JKMN', words.text('fail_code_whole'));
  await told('ABCD-EUGH-JKMN', words.text('fail_code_group', { n: '2' }));
  assert.deepEqual(await visitor.findings(), []);
});

test('the button of a sign-up says what it waits for; the account then shows this device by its name', async () => {
  await using visitor = await openPage(browser, { origin: app.url });
  const { page } = visitor;
  await page.goto(`${app.url}/app/sign-up`);
  await page.getByLabel(words.text('sign_up_name'), { exact: false }).first().fill('Inès');
  await page.locator('.phrase p b').nth(6).waitFor({ timeout: patienceMs });
  await page.getByRole('button', { name: words.text('sign_up') }).click();
  assert.equal(await page.locator(':focus').getAttribute('type'), 'checkbox', 'the box to tick has the focus');
  await page.getByText(words.text('password_own'), { exact: true }).click();
  const own = page.locator('#own-password');
  await own.fill('marée');
  await page.getByRole('button', { name: words.text('sign_up') }).click();
  assert.equal(await own.evaluate((node) => (node as HTMLInputElement).validationMessage), words.text('fault_short'));
  await drive.openAccount(page, app.url, words, 'Inès');
  await drive.visit(page, words, 'nav_devices');
  const name = deviceName(await page.evaluate(() => navigator.userAgent));
  await page.locator('main li').getByText(name, { exact: true }).waitFor({ timeout: patienceMs });
  assert.deepEqual(await visitor.findings(), []);
});

test('of a parcel that was deleted nothing is offered any more, neither on its page nor in the list', async () => {
  await using sender = await openPage(browser, { origin: app.url });
  const { page } = sender;
  await visitLanding(page, app.url, words);
  await send(page, 'desktop', words, [writeRandom(join(app.folder, 'un.bin'), 40_000), writeRandom(join(app.folder, 'deux.bin'), 40_000)]);
  await sentHeading(page, words).waitFor({ timeout: patienceMs });
  await page.getByRole('button', { name: words.text('parcel_delete') }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: words.text('cancel_yes') })
    .click();
  const main = page.getByRole('main');
  await main.getByText(words.text('deleted_text')).waitFor({ timeout: patienceMs });
  for (const gone of ['opt_change', 'manage_copy', 'copy_link']) assert.equal(await main.getByText(words.text(gone)).count(), 0, gone);
  await main.getByRole('button', { name: words.text('another') }).click();
  const row = main.locator('li').filter({ hasText: words.text('parcel_ended') });
  await row.getByText('un.bin et 1 autre fichier').waitFor({ timeout: patienceMs });
  assert.deepEqual(await row.locator('.acts').allInnerTexts(), [words.text('forget')]);
  assert.deepEqual(await sender.findings(), []);
});
