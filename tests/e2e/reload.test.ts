// needs: chromium
// An upload survives a reload and a lost network: the same link, and only what was not yet there is sent again.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { until } from '../support/until.ts';
import { wordsOf } from '../support/words.ts';
import { copyLink, patienceMs, save, send, sentHeading, visitLanding } from './steps.ts';

const words = wordsOf('fr');
/** The most that may be sent twice: a part of 8 MiB in each of six lanes, and what the requests say besides. */
const againBytesMax = 6 * 8 * 2 ** 20 + 2 ** 20;
let app: App;
let browser: Browser;
before(async () => {
  app = await startApp();
  browser = await launchChromium();
});
// A test that fails leaves no slow or cut line to the next.
afterEach(() => {
  app.wire.limitUpload(null);
  app.wire.restore();
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

test('after a reload in mid-upload the file is chosen again and the upload goes on where it was', async () => {
  const file = writeRandom(join(app.folder, 'mixage final.wav'), 96_000_000);
  const bytes = statSync(file).size;
  await using sender = await openPage(browser, { shape: 'phone', origin: app.url });
  await visitLanding(sender.page, app.url, words);
  const sentBefore = app.wire.sentBytes();
  app.wire.limitUpload(12_000_000);
  await send(sender.page, 'phone', words, [file]);
  const link = await copyLink(sender.page, words);
  await untilSent(sentBefore + bytes * 0.75);
  // The rest would take as long as any machine needs to reload a page.
  app.wire.limitUpload(200_000);
  sender.page.on('dialog', (dialog) => void dialog.accept());
  await sender.page.reload();
  app.wire.limitUpload(null);
  await visitAgain(sender.page);
  await sender.page.getByRole('button', { name: 'mixage final.wav', exact: true }).click();
  await sender.page.getByRole('heading', { level: 1, name: words.text('parcel_again') }).waitFor({ timeout: patienceMs });
  assert.equal(await copyLink(sender.page, words), link, 'the link is the same');
  const [chooser] = await Promise.all([
    sender.page.waitForEvent('filechooser', { timeout: patienceMs }),
    sender.page
      .getByRole('main')
      .getByRole('button', { name: words.text('repick_button') })
      .first()
      .click(),
  ]);
  await chooser.setFiles([file]);
  await sentHeading(sender.page, words).waitFor({ timeout: patienceMs });
  const sent = app.wire.sentBytes() - sentBefore;
  assert.ok(sent < bytes + againBytesMax, `${sent} bytes were sent for a file of ${bytes}`);

  await using visitor = await openPage(browser, { origin: app.url });
  await visitor.page.goto(link);
  assert.equal(await digestOf((await save(visitor.page, words)).path), await digestOf(file));
  assert.deepEqual(await sender.findings(), []);
  assert.deepEqual(await visitor.findings(), []);
});

test('an upload waits while the server cannot be reached and finishes by itself when it can', async () => {
  const file = writeRandom(join(app.folder, 'bande.bin'), 40_000_000);
  await using sender = await openPage(browser, { origin: app.url });
  await visitLanding(sender.page, app.url, words);
  app.wire.limitUpload(8_000_000);
  const sentBefore = app.wire.sentBytes();
  await send(sender.page, 'desktop', words, [file]);
  const link = await copyLink(sender.page, words);
  await untilSent(sentBefore + 15_000_000);
  app.wire.cut();
  await sender.page.getByText(words.text('parcel_offline')).first().waitFor({ timeout: patienceMs });
  assert.ok(await sentHeading(sender.page, words).isHidden());
  app.wire.limitUpload(null);
  app.wire.restore();
  await sentHeading(sender.page, words).waitFor({ timeout: patienceMs });
  await using visitor = await openPage(browser, { origin: app.url });
  await visitor.page.goto(link);
  assert.equal(await digestOf((await save(visitor.page, words)).path), await digestOf(file));
});

function untilSent(bytes: number): Promise<void> {
  return until(`${bytes} bytes are sent`, () => app.wire.sentBytes() >= bytes, app.wire.sentBytes);
}

async function visitAgain(page: Page): Promise<void> {
  await page.getByRole('heading', { name: words.text('returned_title') }).waitFor({ timeout: patienceMs });
}
