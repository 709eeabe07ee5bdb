// needs: chromium
// Files on their way into the drive survive a reload, a tab that ends and files that changed; tabs of one browser show one queue and each other's commits.
import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { until } from '../support/until.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('fr');
/** The most that may be sent twice: a part of 8 MiB in each of four lanes, and what the requests say besides. */
const againBytesMax = 4 * 8 * 2 ** 20 + 2 ** 21;
const slowly = 200_000;
let app: App;
let browser: Browser;
before(async () => {
  app = await startApp();
  browser = await launchChromium();
});
// A test that fails leaves no slow line to the next.
afterEach(() => app.wire.limitUpload(null));
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

test('after a reload in mid-upload the dock asks for the file again and goes on where it was', async () => {
  const file = fileNamed('mixage final.wav', 60_000_001);
  await using owner = await openPage(browser, { shape: 'phone', origin: app.url });
  const { page } = owner;
  leaveWithoutAsking(page);
  await drive.openAccount(page, app.url, words, 'Rosa');
  const sentBefore = app.wire.sentBytes();
  await reloadAfter(page, file, 40_000_000);
  await openDock(page);
  await phaseOf(page, 'phase_again');
  await choosing(page, () => repickButton(page).tap(), file);
  await drive.appears(page, 'mixage final.wav');
  const bytes = app.wire.sentBytes() - sentBefore;
  assert.ok(bytes < statSync(file).size + againBytesMax, `${bytes} bytes were sent for a file of ${statSync(file).size}`);
  await savesAs(page, 'mixage final.wav', file);
  await page.reload();
  await drive.appears(page, 'mixage final.wav');
  assert.equal(await page.locator('section.dock').count(), 0, 'what is done does not come back');
  assert.deepEqual(await owner.findings(), []);
});

test('a file with a handle that may be read goes on after a reload without a click', async () => {
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  leaveWithoutAsking(page);
  // A file of the browser's own file system stands for one on the disk: its handle is real, and permission for it is never asked.
  await page.addInitScript(`
    window.showOpenFilePicker = async () => {
      const folder = await navigator.storage.getDirectory();
      const handle = await folder.getFileHandle('bande.bin', { create: true });
      if ((await handle.getFile()).size === 0) {
        const writing = await handle.createWritable();
        for (let n = 0; n < 60; n++) await writing.write(new Uint8Array(1_000_000).fill(n));
        await writing.close();
      }
      return [handle];
    };`);
  await drive.openAccount(page, app.url, words, 'Ugo');
  const sentBefore = app.wire.sentBytes();
  app.wire.limitUpload(12_000_000);
  await page.keyboard.press('u');
  await sent(sentBefore + 30_000_000);
  await page.reload();
  app.wire.limitUpload(null);
  await drive.appears(page, 'bande.bin');
  assert.ok(app.wire.sentBytes() - sentBefore < 60_000_000 + againBytesMax);
  assert.deepEqual(await owner.findings(), []);
});

test('a file that changed while the page was away is noticed, and sent as it is now', async () => {
  const file = fileNamed('plan.bin', 40_000_000);
  await using owner = await openPage(browser, { shape: 'phone', origin: app.url });
  const { page } = owner;
  leaveWithoutAsking(page);
  await drive.openAccount(page, app.url, words, 'Eva');
  await reloadAfter(page, file, 25_000_000);
  writeRandom(file, 40_000_123);
  await openDock(page);
  await choosing(page, () => repickButton(page).tap(), file);
  await page.locator('.toaster').getByText(words.pattern('repick_changed')).waitFor({ timeout: patienceMs });
  await drive.appears(page, 'plan.bin');
  await savesAs(page, 'plan.bin', file);
  assert.deepEqual(await owner.findings(), []);
});

test('two tabs show one queue, either commands it, and when the sending tab is closed the other goes on', async () => {
  const file = fileNamed('long.bin', 50_000_000);
  await using owner = await openPage(browser, { origin: app.url });
  // Without handles, as in browsers that give none: the file is chosen again.
  await owner.context.addInitScript(`delete window.showOpenFilePicker;`);
  const first = owner.page;
  await drive.openAccount(first, app.url, words, 'Tom');
  const second = await owner.context.newPage();
  await second.goto(`${app.url}/app`);
  await drive.inDrive(second, words);
  await drive.makeFolder(first, words, 'du premier');
  await drive.appears(second, 'du premier');
  await drive.makeFolder(second, words, 'du second');
  await drive.appears(first, 'du second');

  const sentBefore = app.wire.sentBytes();
  app.wire.limitUpload(slowly);
  await choosing(first, () => first.keyboard.press('u'), file);
  await openDock(second);
  await openDock(first);
  await second.getByRole('button', { name: words.text('pause_all') }).click();
  await phaseOf(first, 'phase_paused');
  await first.getByRole('button', { name: words.text('resume_all') }).click();
  app.wire.limitUpload(12_000_000);
  await sent(sentBefore + 30_000_000);
  await first.close({ runBeforeUnload: false });
  app.wire.limitUpload(null);
  await phaseOf(second, 'phase_again');
  await choosing(second, () => repickButton(second).click(), file);
  await drive.appears(second, 'long.bin');
  assert.ok(app.wire.sentBytes() - sentBefore < 50_000_000 + againBytesMax);
  await savesAs(second, 'long.bin', file);
  assert.deepEqual(await owner.findings(), []);
});

test('a file chosen again in a tab that does not send goes to the one that does', async () => {
  const file = fileNamed('croquis.bin', 30_000_000);
  await using owner = await openPage(browser, { origin: app.url });
  await owner.context.addInitScript(`delete window.showOpenFilePicker;`);
  const first = owner.page;
  leaveWithoutAsking(first);
  await drive.openAccount(first, app.url, words, 'Ada');
  const second = await owner.context.newPage();
  await second.goto(`${app.url}/app`);
  await drive.inDrive(second, words);
  const sentBefore = app.wire.sentBytes();
  app.wire.limitUpload(12_000_000);
  await choosing(first, () => first.keyboard.press('u'), file);
  await openDock(second);
  await sent(sentBefore + 15_000_000);
  // The second tab takes over what the first one lets go of.
  await first.reload();
  app.wire.limitUpload(null);
  await phaseOf(second, 'phase_again');
  await openDock(first);
  await phaseOf(first, 'phase_again');
  await choosing(first, () => repickButton(first).click(), file);
  for (const page of [first, second]) {
    await drive.appears(page, 'croquis.bin');
    await page.locator('section.dock').waitFor({ state: 'detached', timeout: patienceMs });
  }
  await savesAs(first, 'croquis.bin', file);
  assert.deepEqual(await owner.findings(), []);
});

function fileNamed(name: string, bytes: number): string {
  const folder = join(app.folder, String(bytes));
  mkdirSync(folder, { recursive: true });
  return writeRandom(join(folder, name), bytes);
}

function leaveWithoutAsking(page: Page): void {
  page.on('dialog', (dialog) => void dialog.accept());
}

/** Adds a file as one does on a phone, and loads the page anew once so many of its bytes have gone. */
async function reloadAfter(page: Page, file: string, bytes: number): Promise<void> {
  const sentBefore = app.wire.sentBytes();
  app.wire.limitUpload(12_000_000);
  const add = page.locator('nav.tabs').getByRole('button', { name: words.text('add') });
  await choosing(page, () => add.tap(), file);
  await sent(sentBefore + bytes);
  await page.reload();
  app.wire.limitUpload(null);
}

function repickButton(page: Page): Locator {
  return page.getByRole('button', { name: words.text('repick_button'), exact: true });
}

/** What stands in the drive is what the file holds. */
async function savesAs(page: Page, name: string, file: string): Promise<void> {
  const download = await drive.saveEntry(page, words, name);
  assert.equal(await digestOf(await download.path()), await digestOf(file));
}

async function choosing(page: Page, ask: () => Promise<void>, file: string): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser', { timeout: patienceMs }), ask()]);
  await chooser.setFiles([file]);
}

/** Until so many bytes have gone to the server; the rest would take as long as any machine needs to reload a page. */
async function sent(bytes: number): Promise<void> {
  await until(`${bytes} bytes are sent`, () => app.wire.sentBytes() >= bytes, app.wire.sentBytes);
  app.wire.limitUpload(slowly);
}

async function openDock(page: Page): Promise<void> {
  await page.getByRole('button', { name: words.text('dock_open') }).click({ timeout: patienceMs });
}

async function phaseOf(page: Page, phase: string): Promise<void> {
  await page.locator('section.dock .line').getByText(words.text(phase), { exact: true }).waitFor({ timeout: patienceMs });
}
