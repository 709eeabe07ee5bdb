// needs: chromium
// A folder: dropped whole, listed, previewed, and saved as a ZIP that a program no one here wrote unpacks to the same files.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { writeFolder } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import { copyLink, patienceMs, save, send, sentHeading, visitLanding } from './steps.ts';

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

test('a dropped folder is listed with its names and comes back as a ZIP with the same files, empty ones included', async () => {
  const words = wordsOf('en');
  const folder = writeFolder(join(app.folder, 'Vacances 2026'));
  await using sender = await openPage(browser, { locale: 'en', origin: app.url });
  await visitLanding(sender.page, app.url, words);
  await send(sender.page, 'desktop', words, [folder]);
  const link = await copyLink(sender.page, words);
  await sentHeading(sender.page, words).waitFor({ timeout: patienceMs });

  await using visitor = await openPage(browser, { locale: 'en', origin: app.url });
  await visitor.page.goto(link);
  await visitor.page.getByRole('heading', { level: 1, name: 'Vacances 2026' }).waitFor({ timeout: patienceMs });
  const saved = await save(visitor.page, words, 'zip');
  assert.match(saved.name, /\.zip$/);
  const unpacked = join(app.folder, 'unpacked');
  mkdirSync(unpacked);
  unpackWithPython(saved.path, unpacked);
  execFileSync('diff', ['-r', folder, join(unpacked, 'Vacances 2026')]);
  await openFolderIfListed(visitor.page, 'Vacances 2026');
  for (const name of ['été à Sète', '音楽', 'emoji 🎈', 'dossier vide', 'notes.txt', 'vide.txt']) {
    await visitor.page.getByRole('button', { name }).first().waitFor({ timeout: patienceMs });
  }
  assert.deepEqual(await sender.findings(), []);
  assert.deepEqual(await visitor.findings(), []);
});

/** A link to one folder may open on the folder itself or on the list that holds it. */
async function openFolderIfListed(page: Page, name: string): Promise<void> {
  const row = page.locator('button.entry', { hasText: name });
  await page.locator('button.entry').first().waitFor({ timeout: patienceMs });
  if (await row.count()) await row.first().click();
}

function unpackWithPython(archive: string, into: string): void {
  const script =
    'import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1]) as z:\n    assert z.testzip() is None\n    z.extractall(sys.argv[2])\n';
  execFileSync('python3', ['-c', script, archive, into]);
}
