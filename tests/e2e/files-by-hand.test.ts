// needs: chromium
// A folder under somebody's hands: an act on one entry leaves the others and the way out alone, a name that cannot be is mended where it was typed, and
// rows and tiles say what they stand for.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { dropOnPage, launchChromium, openPage } from '../support/browser.ts';
import { writeNoisePicture } from '../support/inputs.ts';
import { inspectScreen } from '../support/inspect.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { handsOn } from './hands.ts';
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

test('a finger that acts on one entry begins no selection, and a name that is refused stays to be mended', async () => {
  await using owner = await openPage(browser, { shape: 'phone', origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Nour');
  const hands = handsOn(page, 'phone', words);
  const file = join(app.folder, 'note.txt');
  writeFileSync(file, 'une note');
  await hands.bringFiles([file]);
  await drive.appears(page, 'note.txt');
  await hands.choose('note.txt', 'star');
  await drive.rowOf(page, 'note.txt').getByLabel(words.text('starred')).waitFor({ timeout: patienceMs });
  assert.equal(await page.getByRole('toolbar', { name: words.text('selection_bar') }).count(), 0);
  await hands.choose('note.txt', 'details');
  await page.getByRole('dialog').getByRole('heading', { name: 'note.txt' }).waitFor({ timeout: patienceMs });
  await hands.closeSheet();

  await hands.choose('note.txt', 'rename');
  const field = page.getByLabel(words.text('rename_label', { name: 'note.txt' }));
  await field.fill('lundi/mardi.txt');
  await field.press('Enter');
  await page.getByText(words.text('fail_name')).waitFor({ timeout: patienceMs });
  await page.locator('input[aria-invalid="true"]').waitFor({ timeout: patienceMs });
  assert.equal(await field.inputValue(), 'lundi/mardi.txt');
  await field.fill('lundi, mardi.txt');
  await field.press('Enter');
  await drive.appears(page, 'lundi, mardi.txt');
  await hands.visit('nav_links');
  assert.deepEqual(await owner.findings(), []);
});

test('a row says for how much its file is sold, tiles are of one height, and a tablet names its search', async () => {
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Lola');
  const folder = join(app.folder, 'tuiles');
  mkdirSync(folder, { recursive: true });
  const files = Array.from({ length: 9 }, (_, n) => writeNoisePicture(join(folder, `image ${n}.png`), 80 + n));
  await dropOnPage(page, files);
  await drive.appears(page, 'image 0.png', 'image 8.png');
  await drive.choose(page, words, 'image 0.png', 'share');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: words.text('sale_new') }).click();
  await dialog.getByLabel(words.text('sale_price'), { exact: true }).fill('210');
  await dialog.getByRole('button', { name: words.text('sale_make') }).click();
  await dialog.locator('.url').waitFor({ timeout: patienceMs });
  await page.keyboard.press('Escape');
  await drive
    .rowOf(page, 'image 0.png')
    .getByText(/^210\s+sat$/)
    .waitFor({ timeout: patienceMs });
  await page.setViewportSize({ width: 820, height: 1180 });
  assert.deepEqual(await inspectScreen(page, 'fr'), []);
  await page.getByRole('button', { name: words.text('view_tiles') }).click();
  const pictures = page.locator('.tile img');
  await pictures.nth(8).waitFor({ timeout: patienceMs });
  await page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('.tile img')].every((each) => each.naturalHeight > 0));
  const heights = await page.locator('.tile').evaluateAll((tiles) => tiles.map((tile) => Math.round(tile.getBoundingClientRect().height)));
  assert.equal(new Set(heights).size, 1, `tiles of ${heights.join(', ')} pixels`);
  const rowHeight = await page
    .locator('.line-of-tiles')
    .first()
    .evaluate((row) => row.getBoundingClientRect().height);
  assert.ok((heights[0] ?? 0) <= rowHeight, 'a tile fits into its row');
  assert.deepEqual(await inspectScreen(page, 'fr'), []);
  assert.deepEqual(await owner.findings(), []);
});

test('a long folder begins at its top, and is found again where it was left', async () => {
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Omar');
  const folder = join(app.folder, 'long');
  const below = join(folder, 'aussi long');
  mkdirSync(below, { recursive: true });
  for (let n = 10; n < 70; n++) for (const into of [folder, below]) writeFileSync(join(into, `note ${n}.txt`), String(n));
  await dropOnPage(page, [folder]);
  await drive.appears(page, 'long');
  await drive.openFolder(page, 'long');
  await drive.openFolder(page, 'aussi long');
  await drive.appears(page, 'note 10.txt');
  await page.keyboard.press('Alt+ArrowUp');
  await drive.appears(page, 'aussi long');
  const top = () => page.getByRole('grid').evaluate((grid) => grid.scrollTop);
  await page.getByRole('grid').evaluate((grid) => grid.scrollTo({ top: 700 }));
  await drive.appears(page, 'note 30.txt');
  await page.goBack();
  await page.locator('.crumbs').getByRole('heading', { name: 'aussi long' }).waitFor({ timeout: patienceMs });
  await drive.appears(page, 'note 10.txt');
  assert.equal(await top(), 0);
  await page.keyboard.press('Alt+ArrowUp');
  await page.locator('.crumbs').getByRole('heading', { name: 'long', exact: true }).waitFor({ timeout: patienceMs });
  await drive.appears(page, 'note 30.txt');
  assert.equal(await top(), 700);
  assert.deepEqual(await owner.findings(), []);
});
