// needs: chromium
// The search of a drive knows what was done since it was first opened: what came, what is called otherwise, what went with its folder and came back,
// here and in another tab.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
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

test('a search that was opened before finds what came since, and no more what went', async () => {
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Ada');
  const folder = join(app.folder, 'dossier');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'recette.txt'), 'sel');
  await dropOnPage(page, [folder]);
  await drive.appears(page, 'dossier');
  await search(page, 'recette');
  await finds(page, 'recette.txt');

  await drive.visit(page, words, 'nav_files');
  const letter = join(app.folder, 'lettre.txt');
  writeFileSync(letter, 'bonjour');
  await dropOnPage(page, [letter]);
  await drive.appears(page, 'lettre.txt');
  await search(page, 'lettre');
  await finds(page, 'lettre.txt');

  await drive.visit(page, words, 'nav_files');
  await drive.rename(page, words, 'lettre.txt', 'courrier.txt');
  await drive.appears(page, 'courrier.txt');
  await search(page, 'courrier');
  await finds(page, 'courrier.txt');
  await search(page, 'lettre');
  await findsNothing(page);

  await drive.visit(page, words, 'nav_files');
  await drive.choose(page, words, 'dossier', 'to_trash');
  await drive.goes(page, 'dossier');
  await search(page, 'recette');
  await findsNothing(page);

  // Another tab brings it back, and shares the letter.
  const other = await owner.context.newPage();
  await other.goto(`${app.url}/app/trash`);
  await other.getByRole('button', { name: words.text('restore_of', { name: 'dossier' }) }).click({ timeout: patienceMs });
  await finds(page, 'recette.txt');
  await drive.visit(other, words, 'nav_files');
  await drive.shareEntry(other, words, 'courrier.txt');
  await page.getByRole('combobox').fill('');
  await page.getByRole('button', { name: words.text('chip_shared') }).click();
  await finds(page, 'courrier.txt');
  assert.equal(await page.getByRole('option').count(), 1);
  assert.deepEqual(await owner.findings(), []);
});

async function search(page: Page, text: string): Promise<void> {
  await page.keyboard.press('/');
  await page.getByRole('combobox').fill(text, { timeout: patienceMs });
}

function finds(page: Page, name: string): Promise<void> {
  return page.getByRole('option').filter({ hasText: name }).waitFor({ timeout: patienceMs });
}

function findsNothing(page: Page): Promise<void> {
  return page.getByRole('heading', { name: words.text('found_none') }).waitFor({ timeout: patienceMs });
}
