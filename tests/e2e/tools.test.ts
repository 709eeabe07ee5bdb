// needs: chromium
// Access for a tool, given and taken back on the settings page; the tool is the command line on a machine without an account.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { openCli } from '../support/cli.ts';
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

test('a tool gets a credential that is shown once, reads with it, and ends with a click', async () => {
  await using owner = await openPage(browser, { origin: app.url, locale: 'en' });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Nora');
  await drive.makeFolder(page, words, 'For the tool');
  await page.goto(`${app.url}/app/settings/account`);
  await page.getByRole('button', { name: words.text('set_app_add') }).click();
  await page.getByLabel(words.text('app_label')).fill('nightly backup');
  await page.getByRole('button', { name: words.text('make'), exact: true }).click();
  const credential = (await page.locator('.secret').textContent({ timeout: patienceMs })) ?? '';
  assert.match(credential, /^rp1_app_/);
  await page
    .getByRole('dialog')
    .getByRole('button', { name: words.text('close') })
    .last()
    .click();
  const row = page.getByRole('listitem').filter({ hasText: 'nightly backup' });
  await row.getByText(words.text('scope_read')).waitFor({ timeout: patienceMs });

  using tool = openCli('http://nowhere.example');
  const env = { REPRISE_CREDENTIAL: credential };
  assert.match((await tool.run(['ls', '/'], { env })).stdout, /For the tool/);
  assert.match((await tool.run(['mkdir', '/x'], { env })).stderr, /may not do that/);
  // Devices of people and of tools are told apart.
  await page.goto(`${app.url}/app/devices`);
  await page.locator('.page-body li').first().waitFor({ timeout: patienceMs });
  assert.equal(await page.locator('.page-body li').count(), 1);

  await page.goto(`${app.url}/app/settings/account`);
  await row.getByRole('button').click({ timeout: patienceMs });
  await row.waitFor({ state: 'detached', timeout: patienceMs });
  assert.equal((await tool.run(['ls', '/'], { env })).code, 5);
  assert.deepEqual(await owner.findings(), []);
});
