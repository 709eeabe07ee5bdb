// needs: chromium
// The app as an installed program: a browser finds it installable, and files shared by other programs land where the person says.
// spec/web.md "Installed".
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { findChromium, launchChromium, openPage } from '../support/browser.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs, sentHeading } from './steps.ts';

const french = wordsOf('fr');
let app: App;
let browser: Browser;
before(async () => {
  browser = await launchChromium([], findChromium());
  app = await startApp();
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

for (const locale of ['fr', 'en'] as const) {
  test(`the app is installable in ${locale}, with icons, shortcuts and both ways in for files`, async () => {
    await using visitor = await openPage(browser, { locale, origin: app.url });
    const { page } = visitor;
    await page.goto(`${app.url}/app`);
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    await page.getByLabel(wordsOf(locale).text('identifier')).waitFor({ timeout: patienceMs });
    const session = await page.context().newCDPSession(page);
    const { url, errors, data = '' } = await session.send('Page.getAppManifest');
    assert.equal(url, `${app.url}/${locale}.webmanifest`);
    assert.deepEqual(errors, []);
    // A window of a test is private, where no browser installs anything; that alone may stand against it.
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    assert.deepEqual(
      installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'),
      [],
    );
    const manifest = JSON.parse(data) as Manifest;
    assert.equal(manifest.lang, locale);
    assert.deepEqual([manifest.share_target.action, manifest.share_target.method], ['/recevoir', 'POST']);
    assert.ok(manifest.file_handlers.length > 0 && manifest.shortcuts.length > 0);
    for (const { src, sizes, purpose } of manifest.icons.filter(({ type }) => type === 'image/png')) {
      const { width, height, corner, difference } = await page.evaluate(lookAtIcon, src);
      assert.equal(`${width}x${height}`, sizes);
      if (purpose === 'maskable') assert.equal(corner, 255, `${src} fills its square`);
      else assert.ok(difference < 2, `${src} is ${difference} away from icon.svg`);
    }
    assert.deepEqual(await visitor.findings(), []);
  });
}

/** In the page. @returns the opacity of its corner, and how far its pixels are from those of icon.svg, both of 255, on average */
async function lookAtIcon(address: string) {
  const drawn = async (source: string, size?: number) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const side = size ?? image.naturalWidth;
    const ink = new OffscreenCanvas(side, side).getContext('2d') as OffscreenCanvasRenderingContext2D;
    ink.drawImage(image, 0, 0, side, side);
    return { width: image.naturalWidth, height: image.naturalHeight, pixels: ink.getImageData(0, 0, side, side).data };
  };
  const icon = await drawn(address);
  const { pixels } = await drawn('/icon.svg', icon.width);
  const difference = icon.pixels.reduce((sum, value, i) => sum + Math.abs(value - (pixels[i] as number)), 0) / pixels.length;
  return { width: icon.width, height: icon.height, corner: icon.pixels[3], difference };
}

type Manifest = {
  readonly lang: string;
  readonly icons: readonly { readonly src: string; readonly sizes: string; readonly type: string; readonly purpose: string }[];
  readonly shortcuts: readonly unknown[];
  readonly file_handlers: readonly unknown[];
  readonly share_target: { readonly action: string; readonly method: string };
};

/** Posts a real form, as the browser does for a share: a navigation that the service worker answers. */
async function share(page: Page, files: Readonly<Record<string, string>>): Promise<void> {
  // Whoever installed the app has opened it, and its service worker stands.
  await page.goto(`${app.url}/app`);
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.goto(`${app.url}/fr`);
  await page.evaluate(async () => {
    if (!navigator.serviceWorker.controller)
      await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
  });
  const navigated = page.waitForURL(/\/(app\/receive|fr)$/, { timeout: patienceMs });
  await page.evaluate((given) => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action: '/recevoir', enctype: 'multipart/form-data' });
    const input = Object.assign(document.createElement('input'), { type: 'file', name: 'files', multiple: true });
    const carried = new DataTransfer();
    for (const [name, text] of Object.entries(given)) carried.items.add(new File([text], name));
    input.files = carried.files;
    form.append(input);
    document.body.append(form);
    form.submit();
  }, files);
  await navigated;
}

test('files shared by another program go to the folder that the person chooses; an empty one is told and not sent', async () => {
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, french, 'Marta');
  await drive.makeFolder(page, french, 'Reçus');
  await share(page, { 'partagé.txt': 'un partage', 'vide.jpg': '' });
  await page.getByText('partagé.txt').waitFor({ timeout: patienceMs });
  await page.getByText(french.pattern('receive_some_empty')).waitFor({ timeout: patienceMs });
  await page.getByRole('button', { name: french.text('receive_choose') }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Reçus' }).click();
  await dialog.getByRole('button', { name: french.text('place_here', { name: 'Reçus' }) }).click();
  await drive.appears(page, 'partagé.txt');
  assert.equal(await drive.rowOf(page, 'vide.jpg').count(), 0);
  await page.goto(`${app.url}/app/receive`);
  await page.getByText(french.text('receive_none_text')).waitFor({ timeout: patienceMs });
  assert.deepEqual(await owner.findings(), []);
});

test('without an account here, files shared become a link on the landing page, and a share of nothing says so', async () => {
  await using visitor = await openPage(browser, { origin: app.url });
  const { page } = visitor;
  await share(page, { 'sans compte.txt': 'un partage' });
  await sentHeading(page, french).waitFor({ timeout: patienceMs });
  await share(page, { 'vide.jpg': '' });
  await page.getByText(french.text('receive_empty_only')).waitFor({ timeout: patienceMs });
  assert.deepEqual(await visitor.findings(), []);
});
