// needs: chromium
// The management link: counts, a second link with a label and a password of its own, changed settings, and the end of everything.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { copiedOn, launchChromium, openPage } from '../support/browser.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import { patienceMs, save } from './steps.ts';

const words = wordsOf('en');
let app: App;
let browser: Browser;
let file: string;
before(async () => {
  app = await startApp();
  browser = await launchChromium();
  file = writeRandom(join(app.folder, 'score.bin'), 500_000);
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

test('finished downloads are counted, opened pages are not taken for downloads', async () => {
  const { link, ownerKey } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  await visitAndSave(link);
  const got = await app.reprise('get', link, '-o', join(app.folder, 'counted.bin'));
  assert.equal(got.code, 0, got.stderr);
  await using looker = await openPage(browser, { locale: 'en', origin: app.url });
  await looker.page.goto(link);
  await looker.page.getByRole('heading', { level: 1, name: 'score.bin' }).waitFor({ timeout: patienceMs });
  await using owner = await openPage(browser, { locale: 'en', origin: app.url });
  await openManagement(owner.page, ownerKey);
  assert.equal(await figure(owner.page.getByRole('main'), words.text('managed_downloads')), '2');
  assert.deepEqual(await owner.findings(), []);
});

test('a second link with a label and a password opens the same file, and outlives the first', async () => {
  const { link, ownerKey } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  await using owner = await openPage(browser, { locale: 'en', origin: app.url });
  const { page } = owner;
  await openManagement(page, ownerKey);
  await page.getByRole('button', { name: words.text('create_link') }).click();
  const sheet = page.getByRole('dialog');
  await sheet.getByRole('checkbox', { name: words.text('opt_password') }).check();
  await sheet.getByRole('textbox', { name: words.text('opt_password') }).fill('seven silent swans');
  await sheet.getByLabel(words.text('opt_label')).fill('For Karim');
  await sheet.getByRole('button', { name: words.text('opt_save') }).click();
  await sheet.waitFor({ state: 'detached', timeout: patienceMs });
  const row = page.getByRole('listitem').filter({ hasText: 'For Karim' });
  await row.getByRole('button', { name: words.text('copy_link') }).click();
  const second = await copiedOn(page);
  assert.notEqual(second, link);

  const first = page
    .getByRole('listitem')
    .filter({ hasNotText: 'For Karim' })
    .filter({ has: page.getByRole('button', { name: words.text('revoke'), exact: true }) });
  await first.getByRole('button', { name: words.text('revoke'), exact: true }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: words.text('revoke_yes') })
    .click();
  await page.getByRole('dialog').waitFor({ state: 'detached', timeout: patienceMs });

  await using visitor = await openPage(browser, { locale: 'en', origin: app.url });
  visitor.expectRefusal(401);
  visitor.expectRefusal(403);
  await visitor.page.goto(second);
  await visitor.page.getByLabel(words.text('password_label')).fill('seven silent swans');
  await visitor.page.getByLabel(words.text('password_label')).press('Enter');
  assert.equal(await digestOf((await save(visitor.page, words)).path), await digestOf(file));
  assert.notEqual((await app.reprise('get', link, '-o', join(app.folder, 'ended.bin'))).code, 0, 'the first link has ended');
  assert.deepEqual(await owner.findings(), []);
  assert.deepEqual(await visitor.findings(), []);
});

test('a password set later is asked for from then on, at the same address', async () => {
  const { link, ownerKey } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  await using owner = await openPage(browser, { locale: 'en', origin: app.url });
  await openManagement(owner.page, ownerKey);
  await owner.page.getByRole('button', { name: words.text('opt_change') }).click();
  const sheet = owner.page.getByRole('dialog');
  await sheet.getByRole('checkbox', { name: words.text('opt_password') }).check();
  await sheet.getByRole('textbox', { name: words.text('opt_password') }).fill('late lock');
  await sheet.getByRole('button', { name: words.text('opt_save') }).click();
  await sheet.waitFor({ state: 'detached', timeout: patienceMs });
  await using visitor = await openPage(browser, { locale: 'en', origin: app.url });
  visitor.expectRefusal(401);
  visitor.expectRefusal(403);
  await visitor.page.goto(link);
  await visitor.page.getByRole('heading', { name: words.text('password_title') }).waitFor({ timeout: patienceMs });
  await visitor.page.getByLabel(words.text('password_label')).fill('late lock');
  await visitor.page.getByLabel(words.text('password_label')).press('Enter');
  await visitor.page.getByRole('heading', { level: 1, name: 'score.bin' }).waitFor({ timeout: patienceMs });
  assert.deepEqual(await owner.findings(), []);
  assert.deepEqual(await visitor.findings(), []);
});

test('deleting everything ends every link of it', async () => {
  const { link, ownerKey } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  await using owner = await openPage(browser, { locale: 'en', origin: app.url });
  await openManagement(owner.page, ownerKey);
  await owner.page.getByRole('button', { name: words.text('delete_all') }).click();
  await owner.page
    .getByRole('dialog')
    .getByRole('button', { name: words.text('delete_yes') })
    .click();
  await owner.page.getByRole('heading', { name: words.text('deleted_title') }).waitFor({ timeout: patienceMs });
  assert.notEqual((await app.reprise('get', link, '-o', join(app.folder, 'deleted.bin'))).code, 0);
  assert.deepEqual(await owner.findings(), []);
});

async function openManagement(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('heading', { level: 1, name: words.text('manage_page_title') }).waitFor({ timeout: patienceMs });
}

/** What a list of facts says of one of them. */
async function figure(within: Locator, term: string): Promise<string> {
  return (await within.locator('dl > div').filter({ hasText: term }).first().locator('dd').innerText()).trim();
}

async function visitAndSave(link: string): Promise<void> {
  await using visitor = await openPage(browser, { locale: 'en', origin: app.url });
  await visitor.page.goto(link);
  assert.equal(await digestOf((await save(visitor.page, words)).path), await digestOf(file));
  assert.deepEqual(await visitor.findings(), []);
}
