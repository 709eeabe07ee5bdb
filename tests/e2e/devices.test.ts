// needs: chromium
// Ways into an account from another device: by a code that is typed, or one that a camera reads; and who is kept out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage, type WatchedPage } from '../support/browser.ts';
import { openCli } from '../support/cli.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('en');
let app: App;
let browser: Browser;
before(async () => {
  app = await startApp();
  browser = await launchChromium(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

/** Letters that are not there yet are asked for again: to a browser that is an error of the server. */
async function visitor(): Promise<WatchedPage> {
  const opened = await openPage(browser, { origin: app.url, locale: 'en' });
  opened.expectRefusal(404);
  return opened;
}

/** Opens the page that shows codes. @returns the one to be typed */
async function showCode(page: Page): Promise<string> {
  await page.goto(`${app.url}/app/join`);
  return (await page.locator('.code').textContent({ timeout: patienceMs })) ?? '';
}

async function typeCode(page: Page, code: string): Promise<void> {
  await page.goto(`${app.url}/app/devices`);
  await page.getByRole('button', { name: words.text('device_add') }).click();
  await page.getByLabel(words.text('device_code')).fill(code);
  await page.getByRole('button', { name: words.text('go_on') }).click();
}

async function sameWords(host: Page, guest: Page): Promise<void> {
  const shown = guest.locator('.words b');
  await shown.nth(3).waitFor({ timeout: patienceMs });
  const onGuest = await shown.allTextContents();
  const onHost = await host.getByRole('dialog').locator('.code').textContent({ timeout: patienceMs });
  assert.deepEqual(onHost?.split(/\s+/), onGuest);
}

const letIn = (host: Page) => host.getByRole('button', { name: words.text('device_let_in') }).click();
const confirm = (guest: Page) => guest.getByRole('button', { name: words.text('join_same') }).click();

test('a device comes in by a typed code once both persons confirm the words; the code then serves nobody', async () => {
  await using owner = await visitor();
  const account = await drive.openAccount(owner.page, app.url, words, 'Marta');
  await drive.makeFolder(owner.page, words, 'Shared by all');
  await using second = await visitor();
  const code = await showCode(second.page);
  await typeCode(owner.page, 'ABCD-EFGH');
  await owner.page.getByText(words.text('fail_code')).waitFor({ timeout: patienceMs });
  await owner.page.getByLabel(words.text('device_code')).fill(code.toLowerCase().replace('-', ' '));
  await owner.page.getByRole('button', { name: words.text('go_on') }).click();
  await sameWords(owner.page, second.page);
  await owner.page.getByText(words.pattern('device_wants')).waitFor();
  await letIn(owner.page);
  // Let in is not enough: nothing is taken before the person at the new device agrees.
  await owner.page.getByText(words.pattern('done_device')).first().waitFor({ timeout: patienceMs });
  await second.page.getByRole('button', { name: words.text('join_same') }).waitFor();
  await confirm(second.page);
  await drive.inDrive(second.page, words);
  await drive.appears(second.page, 'Shared by all');
  // Both rows show on both, and the same account code opens from the new one.
  await second.page.goto(`${app.url}/app/settings/account`);
  await second.page.getByText(account.identifier).first().waitFor({ timeout: patienceMs });
  await owner.page.reload();
  await owner.page.locator('.page-body li').nth(1).waitFor({ timeout: patienceMs });
  await using third = await visitor();
  await third.page.goto(`${app.url}/app/join`);
  await third.page.locator('.code').waitFor({ timeout: patienceMs });
  owner.expectRefusal(409);
  await typeCode(owner.page, code);
  await owner.page.getByText(words.text('fail_pairing')).waitFor({ timeout: patienceMs });
  assert.deepEqual([...(await owner.findings()), ...(await second.findings()), ...(await third.findings())], []);
});

test('words that differ, and a refusal, end the meeting on the device that hears of it; nobody comes in', async () => {
  await using owner = await visitor();
  await drive.openAccount(owner.page, app.url, words, 'Ana');
  await using guest = await visitor();
  await typeCode(owner.page, await showCode(guest.page));
  await sameWords(owner.page, guest.page);
  await owner.page.getByRole('button', { name: words.text('device_refuse') }).click();
  await confirm(guest.page);
  await guest.page.getByText(words.text('fail_pairing')).waitFor({ timeout: patienceMs });
  await guest.page.getByRole('button', { name: words.text('retry') }).click();
  await typeCode(owner.page, (await guest.page.locator('.code').textContent({ timeout: patienceMs })) ?? '');
  await sameWords(owner.page, guest.page);
  await letIn(owner.page);
  await guest.page.getByRole('button', { name: words.text('join_differ') }).click();
  await guest.page.getByText(words.text('fail_pairing')).waitFor({ timeout: patienceMs });
  await guest.page.goto(`${app.url}/app`);
  await guest.page.getByLabel(words.text('identifier')).waitFor({ timeout: patienceMs });
  assert.deepEqual([...(await owner.findings()), ...(await guest.findings())], []);
});

test('a camera reads the code where the browser can', async () => {
  await using guest = await visitor();
  await using owner = await visitor();
  // This browser has the camera, and its system no reader of codes: the reader is given, and sees what the other device shows.
  let seen = '';
  await owner.context.exposeFunction('readCode', () => seen);
  await owner.context.addInitScript(`
    globalThis.BarcodeDetector = class { async detect() { const rawValue = await readCode(); return rawValue ? [{ rawValue }] : []; } };
  `);
  await drive.openAccount(owner.page, app.url, words, 'Lola');
  await owner.page.goto(`${app.url}/app/devices`);
  await owner.page.getByRole('button', { name: words.text('device_add') }).click();
  await owner.page.getByRole('button', { name: words.text('scan_begin') }).click();
  await owner.page.waitForFunction(() => (document.querySelector('video')?.videoWidth ?? 0) > 0, undefined, { timeout: patienceMs });
  await showCode(guest.page);
  seen = (await guest.page.locator('[data-qr]').getAttribute('data-qr')) ?? '';
  assert.ok(seen.length > 100);
  await sameWords(owner.page, guest.page);
  await letIn(owner.page);
  await confirm(guest.page);
  await drive.inDrive(guest.page, words);
  assert.deepEqual([...(await owner.findings()), ...(await guest.findings())], []);
});

test('a machine of the command line comes in by a browser, and lets the next browser in', async () => {
  await using owner = await visitor();
  await drive.openAccount(owner.page, app.url, words, 'Ines');
  using machine = openCli(app.url);
  const shown = Promise.withResolvers<string>();
  const joining = machine.run(['login', '--pair', '--quiet'], {
    input: 'y\n',
    onOutput: (text) => text.includes('\n') && shown.resolve(text.split('\n')[0] as string),
  });
  await typeCode(owner.page, await shown.promise);
  const onHost = await owner.page.getByRole('dialog').locator('.code').textContent({ timeout: patienceMs });
  await letIn(owner.page);
  const joined = await joining;
  assert.equal(joined.code, 0, joined.stderr);
  assert.equal(joined.stdout.split('\n')[1], onHost?.split(/\s+/).join(' '));
  assert.equal((await machine.run(['mkdir', '/From the machine'])).code, 0);

  await using guest = await visitor();
  const adding = machine.run(['devices', 'add', await showCode(guest.page)], { input: 'y\n' });
  await guest.page.locator('.words b').nth(3).waitFor({ timeout: patienceMs });
  const onGuest = await guest.page.locator('.words b').allTextContents();
  const added = await adding;
  assert.equal(added.code, 0, added.stderr);
  assert.equal(added.stdout.trim(), onGuest.join(' '));
  await confirm(guest.page);
  await drive.inDrive(guest.page, words);
  await drive.appears(guest.page, 'From the machine');
  assert.deepEqual([...(await owner.findings()), ...(await guest.findings())], []);
});
