// needs: chromium
// The inspection itself must see what it is there to see.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchChromium, viewports } from './browser.ts';
import { inspectScreen } from './inspect.ts';
import { wordsOf } from './words.ts';

let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

async function inspectHtml(main: string, lang = 'fr'): Promise<readonly string[]> {
  const page = await browser.newPage({ viewport: viewports.desktop });
  await page.setContent(
    `<!doctype html><html lang="${lang}"><head><title>Essai</title></head><body><main><h1>Essai</h1>${main}</main></body></html>`,
  );
  const found = await inspectScreen(page, 'fr');
  await page.close();
  return found;
}

test('a page in order has no findings', async () => {
  assert.deepEqual(await inspectHtml(`<p>${wordsOf('fr').text('choose_files')}</p>`), []);
});

test('a picture without words is found', async () => {
  assert.match((await inspectHtml('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">')).join(), /axe image-alt/);
});

test('text too pale to read is found', async () => {
  assert.match((await inspectHtml('<p style="color:#bbb;background:#fff">Pâle</p>')).join(), /axe color-contrast/);
});

test('what is wider than a small phone is found', async () => {
  assert.match((await inspectHtml('<div style="width:350px">Large</div>')).join(), /at 320 pixels/);
});

test('words of the other language are found, in the text and in labels', async () => {
  const english = wordsOf('en').text('choose_files');
  assert.match((await inspectHtml(`<p>${english}</p>`)).join(), /another language/);
  assert.match((await inspectHtml(`<button aria-label="${english}">x</button>`)).join(), /another language/);
  assert.deepEqual(
    await inspectHtml(`<p lang="en">${english}</p>`).then((found) => found.filter((each) => each.includes('another language'))),
    [],
  );
});

test('a document in the wrong language is found', async () => {
  assert.match((await inspectHtml('<p>Bonjour</p>', 'en')).join(), /says its language is "en"/);
});
