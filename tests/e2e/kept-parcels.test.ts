// needs: chromium
// What somebody sent before they had an account: offered a place in it, listed on every device of it, managed there, and as it was for those who have the link.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { until } from '../support/until.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { copyLink, patienceMs, save, send, sentHeading, visitLanding } from './steps.ts';

const words = wordsOf('fr');
/** The most that may be sent twice: a part of 8 MiB in each of four lanes, and what the requests say besides. */
const againBytesMax = 4 * 8 * 2 ** 20 + 2 ** 21;
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

test('a parcel of before is kept by the account, managed from another device, and forgotten without ending it', async () => {
  const file = writeRandom(join(app.folder, 'avant.bin'), 60_000_001);
  await using owner = await openPage(browser, { origin: app.url });
  await visitLanding(owner.page, app.url, words);
  await send(owner.page, 'desktop', words, [file]);
  const link = await copyLink(owner.page, words);
  await sentHeading(owner.page, words).waitFor({ timeout: patienceMs });
  await owner.page.getByRole('link', { name: words.text('keep_files') }).click();
  const account = await drive.openAccount(owner.page, app.url, words, 'Nadia');
  await owner.page.getByRole('button', { name: words.text('strays_keep') }).click();
  await owner.page.getByText(words.text('strays_kept', { n: '1' })).waitFor({ timeout: patienceMs });
  assert.equal(await owner.page.getByRole('button', { name: words.text('strays_keep') }).count(), 0);

  await using other = await openPage(browser, { origin: app.url });
  const { page } = other;
  await drive.signIn(page, app.url, words, account);
  await drive.visit(page, words, 'nav_links');
  const kept = page.locator('main li').filter({ hasText: 'avant.bin' });
  await kept.getByRole('button', { name: words.text('copy_link') }).click();
  assert.equal(await other.copied(), link);
  const [managed] = await Promise.all([
    other.context.waitForEvent('page', { timeout: patienceMs }),
    kept.getByRole('link', { name: words.text('manage_of', { name: 'avant.bin' }) }).click(),
  ]);
  await managed.getByRole('heading', { level: 1, name: words.text('manage_page_title') }).waitFor({ timeout: patienceMs });
  await managed.getByText(words.text('managed_downloads')).first().waitFor({ timeout: patienceMs });
  const copy = kept.getByRole('button', { name: words.text('kept_copy_of', { name: 'avant.bin' }) });
  const stop = kept.getByRole('button', { name: words.text('kept_copy_stop', { name: 'avant.bin' }) });
  app.wire.limitUpload(12_000_000);
  await copy.click();
  await stop.click({ timeout: patienceMs });
  await copy.click({ timeout: patienceMs });
  const sentBefore = app.wire.sentBytes();
  await until('most of it is copied', () => app.wire.sentBytes() - sentBefore > 40_000_000, app.wire.sentBytes);
  await kept.getByText(/[1-9]\d\s*%/).waitFor({ timeout: patienceMs });
  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  await stop.waitFor({ timeout: patienceMs });
  app.wire.limitUpload(null);
  await stop.waitFor({ state: 'detached', timeout: patienceMs });
  assert.ok(app.wire.sentBytes() - sentBefore < 60_000_001 + againBytesMax, 'what was copied is not sent again');
  await kept.getByRole('button', { name: words.text('kept_forget_of', { name: 'avant.bin' }) }).click();
  await kept.waitFor({ state: 'detached', timeout: patienceMs });

  await drive.visit(page, words, 'nav_files');
  await drive.appears(page, 'avant.bin');
  assert.equal(await page.locator('[data-id]').filter({ hasText: 'avant' }).count(), 1, 'the copy that was stopped left nothing');
  const download = await drive.saveEntry(page, words, 'avant.bin');
  assert.equal(await digestOf(await download.path()), await digestOf(file));

  await using visitor = await openPage(browser, { origin: app.url });
  await visitor.page.goto(link);
  assert.equal(await digestOf((await save(visitor.page, words)).path), await digestOf(file));
  for (const each of [owner, other, visitor]) assert.deepEqual(await each.findings(), []);
});
