// needs: chromium
// Seeing and hearing without saving: text, PDF, sound and film straight from encrypted segments, and nothing of them downloaded to the person's folder.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { writePdf, writeTone } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import { drawsPdf, playAndSeek, recordFilm } from './preview-steps.ts';
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

test('text is shown with its accents', async () => {
  const file = join(app.folder, 'poème.txt');
  writeFileSync(file, 'Là-bas, à l’orée du bois\nœuvre nº 3\n');
  await withOpened(file, async (page) => {
    await page.getByText('Là-bas, à l’orée du bois').waitFor({ timeout: patienceMs });
  });
});

test('a PDF is drawn in its frame', async () => {
  await withOpened(writePdf(join(app.folder, 'facture.pdf'), 'Facture 2026'), async (page) => {
    await drawsPdf(page);
  });
});

test('sound plays and seeks', async () => {
  await withOpened(writeTone(join(app.folder, 'note.wav'), 600), async (page) => playAndSeek(page, words, 'audio', 600));
});

test('a film plays and seeks', async () => {
  const film = join(app.folder, 'film.webm');
  writeFileSync(film, await recordFilm(browser, app.url));
  await withOpened(film, async (page) => playAndSeek(page, words, 'video', null));
});

test('where the part that shows a kind does not come, the page says so and still offers the file', async () => {
  const file = join(app.folder, 'sans-lecteur.txt');
  writeFileSync(file, 'Rien ne le montre.\n');
  const { link } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  // A service worker would have kept the part.
  const context = await browser.newContext({ locale: 'fr-FR', serviceWorkers: 'block' });
  try {
    const page = await context.newPage();
    await page.route(/\/assets\/TextView-[^/]+\.js$/, (route) => route.abort());
    await page.goto(link);
    await page.getByText(words.text('preview_failed')).waitFor({ timeout: patienceMs });
    await page.locator('.save').first().waitFor({ timeout: patienceMs });
  } finally {
    await context.close();
  }
});

async function withOpened(file: string, act: (page: Page) => Promise<void>): Promise<void> {
  const { link } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  await using visitor = await openPage(browser, { origin: app.url });
  let downloads = 0;
  let openings = 0;
  visitor.page.on('download', () => downloads++);
  visitor.page.on('request', (request) => (openings += request.url().endsWith('/open') ? 1 : 0));
  await visitor.page.goto(link);
  await act(visitor.page);
  assert.equal(downloads, 0);
  assert.equal(openings, 1, 'the link was opened once, and nothing behind it fetched twice');
  assert.deepEqual(await visitor.findings(), []);
}
