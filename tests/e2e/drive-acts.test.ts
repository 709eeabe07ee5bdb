// needs: chromium
// What is done in a drive is taken back exactly, and what stands open beside the list tells the truth while others change it.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { dropOnPage, launchChromium, openPage } from '../support/browser.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs } from './steps.ts';

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

test('undoing a deletion brings back what it took, not what another tab deleted meanwhile', async () => {
  await using owner = await openPage(browser, { origin: app.url });
  const first = owner.page;
  await drive.openAccount(first, app.url, words, 'Rita');
  await dropOnPage(first, filesIn('undo', { 'un.txt': '1', 'deux.txt': '2' }));
  await drive.appears(first, 'un.txt', 'deux.txt');
  const second = await owner.context.newPage();
  await second.goto(`${app.url}/app`);
  await drive.appears(second, 'un.txt', 'deux.txt');
  await drive.choose(first, words, 'un.txt', 'to_trash');
  await drive.goes(second, 'un.txt');
  // The toast that offers to take it back stands for as long as it is pointed at.
  await first.locator('.toaster p').first().hover();
  await drive.choose(second, words, 'deux.txt', 'to_trash');
  await drive.goes(first, 'deux.txt');
  await first
    .locator('.toaster')
    .getByRole('button', { name: words.text('undo') })
    .last()
    .click();
  for (const page of [first, second]) await drive.appears(page, 'un.txt');
  await drive.visit(second, words, 'nav_trash');
  await second.getByRole('button', { name: words.text('restore_of', { name: 'deux.txt' }) }).waitFor({ timeout: patienceMs });
  assert.equal(await second.getByRole('button', { name: words.text('restore_of', { name: 'un.txt' }) }).count(), 0);
  assert.deepEqual(await owner.findings(), []);
});

test('details take a new name and the list of versions a new version while they are open; moments say what they did', async () => {
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Jean');
  await dropOnPage(page, filesIn('one', { 'lettre.txt': 'une' }));
  await drive.appears(page, 'lettre.txt');
  await drive.rowOf(page, 'lettre.txt').click();
  if ((await page.locator('aside.inspector').count()) === 0) await page.keyboard.press('i');
  const pane = page.locator('aside.inspector h2');
  await pane.getByText('lettre.txt').waitFor({ timeout: patienceMs });
  await drive.rename(page, words, 'lettre.txt', 'courrier.txt');
  await pane.getByText('courrier.txt').waitFor({ timeout: patienceMs });

  const other = await owner.context.newPage();
  await other.goto(`${app.url}/app`);
  await drive.appears(other, 'courrier.txt');
  await drive.choose(page, words, 'courrier.txt', 'versions');
  const versions = page.getByRole('dialog').locator('ol li');
  await versions.first().getByText(words.text('version_current')).waitFor({ timeout: patienceMs });
  await dropOnPage(other, filesIn('two', { 'courrier.txt': 'une autre' }));
  await other.getByRole('button', { name: words.text('clash_version') }).click({ timeout: patienceMs });
  await page
    .getByRole('dialog')
    .getByRole('button', { name: words.text('version_restore') })
    .waitFor({ timeout: patienceMs });
  await page.keyboard.press('Escape');
  await drive.visit(page, words, 'nav_rewind');
  await page.locator('main ol').getByText(words.pattern('moment_added')).first().waitFor({ timeout: patienceMs });
  await page.locator('main ol').getByText(words.pattern('moment_changed')).first().waitFor({ timeout: patienceMs });
  assert.deepEqual(await owner.findings(), []);
});

test('a name that is taken is told where it was typed, and no longer once another one is', async () => {
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Ana');
  await dropOnPage(page, filesIn('taken', { 'un.txt': '1', 'deux.txt': '2' }));
  await drive.appears(page, 'un.txt', 'deux.txt');
  await drive.rename(page, words, 'deux.txt', 'un.txt');
  const told = page.locator('.toaster').getByText(words.text('fail_taken'));
  await told.waitFor({ timeout: patienceMs });
  // As long as it is pointed at, it does not go by itself.
  await told.hover();
  const field = page.getByLabel(words.text('rename_label', { name: 'deux.txt' }));
  assert.equal(await field.inputValue(), 'un.txt');
  await field.fill('trois.txt');
  await field.press('Enter');
  await drive.appears(page, 'trois.txt');
  await told.waitFor({ state: 'detached', timeout: patienceMs });
  assert.deepEqual(await owner.findings(), []);
});

test('every row of a long queue can be reached, and all of it cancelled', async () => {
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Paul');
  const many = Object.fromEntries(Array.from({ length: 320 }, (_, i) => [`note ${String(i).padStart(3, '0')}.txt`, 'x'.repeat(40_000)]));
  const folder = filesIn('many/Carnets', many);
  app.wire.limitUpload(200_000);
  await dropOnPage(page, [join(app.folder, 'many', 'Carnets')]);
  await page.getByRole('button', { name: words.text('dock_open') }).click({ timeout: patienceMs });
  const panel = page.locator('#dock-panel');
  await panel.locator('li').first().waitFor({ timeout: patienceMs });
  assert.ok((await panel.locator('li').count()) < 60, 'only the rows in view exist');
  await panel.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  const last = panel.locator(`li[aria-posinset="${folder.length}"]`);
  await last.waitFor({ timeout: patienceMs });
  await last.focus();
  await page.keyboard.press('ArrowUp');
  await page.waitForFunction((at) => document.activeElement?.getAttribute('aria-posinset') === String(at), folder.length - 1, {
    timeout: patienceMs,
  });
  await panel.getByRole('button', { name: words.text('cancel_all') }).click();
  await page.locator('section.dock').waitFor({ state: 'detached', timeout: patienceMs });
  app.wire.limitUpload(null);
  await page.reload();
  await drive.inDrive(page, words);
  await drive.makeFolder(page, words, 'Après');
  assert.equal(await drive.rowOf(page, 'Carnets').count(), 0);
  assert.equal(await page.locator('section.dock').count(), 0);
  assert.deepEqual(await owner.findings(), []);
});

function filesIn(name: string, contents: Readonly<Record<string, string>>): string[] {
  const folder = join(app.folder, name);
  mkdirSync(folder, { recursive: true });
  return Object.entries(contents).map(([file, text]) => {
    writeFileSync(join(folder, file), text);
    return join(folder, file);
  });
}
