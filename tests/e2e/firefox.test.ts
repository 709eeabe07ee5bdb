// needs: firefox
// Firefox ESR: the same job through another engine, which has no file system access and ends quiet workers.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { launchFirefox } from '../support/browser.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';

const words = wordsOf('fr');
const waitMs = 180_000;
let app: App;
let firefox: Browser;
let downloads: string;
before(async () => {
  app = await startApp();
  downloads = join(app.folder, 'downloads');
  firefox = await launchFirefox(downloads);
});
after(async () => {
  await firefox?.close();
  await app?.[Symbol.asyncDispose]();
});

test('Firefox sends a file that the command line gets back equal', async () => {
  const file = writeRandom(join(app.folder, 'envoi.bin'), 30_000_001);
  const page = await firefox.newPage();
  const errors = watchErrors(page);
  await page.goto(`${app.url}/fr`);
  await page.waitForSelector('footer select', { timeout: waitMs });
  const input = (await page.$('input[type="file"]:not([webkitdirectory])')) as ElementHandle<HTMLInputElement>;
  await input.uploadFile(file);
  await waitForText(page, words.text('parcel_done'));
  const link = await page.$eval('.link', (node) => node.getAttribute('title') ?? '');
  const got = await app.reprise('get', link, '-o', join(app.folder, 'envoi-2.bin'));
  assert.equal(got.code, 0, got.stderr);
  assert.equal(await digestOf(join(app.folder, 'envoi-2.bin')), await digestOf(file));
  assert.deepEqual(errors, []);
  await page.close();
});

for (const bytes of [1_000_000, 90_000_000]) {
  test(`Firefox saves a file of ${bytes / 1_000_000} MB equal to what was put`, async () => {
    const name = `retour-${bytes}.bin`;
    const file = writeRandom(join(app.folder, name), bytes);
    const { link } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
    const page = await firefox.newPage();
    const errors = watchErrors(page);
    await page.goto(link);
    const button = await page.waitForSelector('.save.main button.big:not([disabled])', { timeout: waitMs });
    await button?.click();
    await waitForText(page, words.text('save_done'));
    const saved = await savedFile(name, bytes);
    assert.equal(await digestOf(saved), await digestOf(file));
    assert.deepEqual(errors, []);
    await page.close();
  });
}

function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}

async function waitForText(page: Page, text: string): Promise<void> {
  const isThere = page.waitForFunction((sought: string) => document.body.innerText.includes(sought), { timeout: waitMs }, text);
  await isThere.catch(async (error: unknown) => {
    const shown = await page.evaluate(() => document.body.innerText);
    throw new Error(`the page never said “${text}”, but: ${shown.slice(0, 1_500)}`, { cause: error });
  });
}

/** The browser moves a finished download to its name; the page may know a moment earlier. */
async function savedFile(name: string, bytes: number): Promise<string> {
  const path = join(downloads, name);
  for (const until = Date.now() + waitMs; Date.now() < until; await sleep(100)) {
    const unfinished = readdirSync(downloads).some((each) => each.endsWith('.part'));
    if (!unfinished && existsSync(path) && statSync(path).size === bytes) return path;
  }
  throw new Error(`the download did not end; the folder holds ${readdirSync(downloads).join(', ')}`);
}
