// needs: chromium
// Small pictures and the photos page, as people meet them: made in the browser that sends, upright, shown in the folder, by day and in the viewer;
// made later of what came without; never of what would cost too much.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { dropOnPage, launchChromium, openPage } from '../support/browser.ts';
import { writeRandom } from '../support/inputs.ts';
import { shotsOf } from '../support/shots.ts';
import { wordsOf } from '../support/words.ts';
import { recordVideo } from '../web/harness/record-video.ts';
import * as drive from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('en');
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

const look = shotsOf('pictures');

/** 800 × 400, the left half of one colour, the right half of another. */
async function jpegOf(left: string, right: string): Promise<Buffer> {
  const page = await browser.newPage();
  const base64 = await page.evaluate(
    ([a, b]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 800, height: 400 });
      const paint = canvas.getContext('2d') as CanvasRenderingContext2D;
      for (const [i, colour] of [a, b].entries()) {
        paint.fillStyle = colour ?? '';
        paint.fillRect(400 * i, 0, 400, 400);
      }
      return canvas.toDataURL('image/jpeg', 0.9).split(',')[1] ?? '';
    },
    [left, right],
  );
  await page.close();
  return Buffer.from(base64, 'base64');
}

/** Puts an EXIF block behind the first marker: how the camera was held, and what its clock showed. */
function withExif(jpeg: Buffer, orientation: number, date: string): Buffer {
  const tiff = Buffer.alloc(26 + 12 + 18 + 20);
  tiff.write('MM\0*', 'latin1');
  tiff.writeUInt32BE(8, 4);
  tiff.writeUInt16BE(2, 8);
  for (const [i, [tag, type, count, value]] of [
    [0x0112, 3, 1, orientation << 16],
    [0x8769, 4, 1, 38],
  ].entries())
    writeEntry(tiff, 10 + 12 * i, [tag ?? 0, type ?? 0, count ?? 0, value ?? 0]);
  tiff.writeUInt16BE(1, 38);
  writeEntry(tiff, 40, [0x9003, 2, 20, 56]);
  tiff.write(`${date}\0`, 56, 'latin1');
  const block = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const head = Buffer.from([0xff, 0xe1, (block.length + 2) >> 8, (block.length + 2) & 0xff]);
  return Buffer.concat([jpeg.subarray(0, 2), head, block, jpeg.subarray(2)]);
}

function writeEntry(into: Buffer, at: number, [tag, type, count, value]: readonly [number, number, number, number]): void {
  into.writeUInt16BE(tag, at);
  into.writeUInt16BE(type, at + 2);
  into.writeUInt32BE(count, at + 4);
  into.writeUInt32BE(value >>> 0, at + 8);
}

/** A PNG of a few bytes that says it has 60 000 × 60 000 pixels. */
function bomb(): Buffer {
  const head = Buffer.from('89504e470d0a1a0a0000000d494844520000ea600000ea600802000000', 'hex');
  return Buffer.concat([head, Buffer.alloc(400)]);
}

/** What the small picture of an entry shows: its size, and the colours near its first and its last corner. */
async function seen(page: Page, name: string): Promise<{ portrait: boolean; side: number; first: string; last: string }> {
  const picture = drive.rowOf(page, name).locator('img');
  await picture.waitFor({ timeout: patienceMs });
  return picture.evaluate(async (image) => {
    const shown = image as HTMLImageElement;
    await shown.decode();
    const { naturalWidth: width, naturalHeight: height } = shown;
    const paint = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d') as CanvasRenderingContext2D;
    paint.drawImage(shown, 0, 0);
    const at = (x: number, y: number): string => {
      const [red = 0, green = 0, blue = 0] = paint.getImageData(x, y, 1, 1).data;
      return red > 150 && green < 110
        ? 'red'
        : blue > 150 && green < 110
          ? 'blue'
          : green > 90 && red < 110
            ? 'green'
            : `${red} ${green} ${blue}`;
    };
    return { portrait: height > width, side: Math.max(width, height), first: at(4, 4), last: at(width - 5, height - 5) };
  });
}

async function switchPictures(page: Page, on: boolean): Promise<void> {
  await page.goto(`${app.url}/app/settings/transfers`);
  await page.getByLabel(words.text('set_thumbnails')).setChecked(on, { timeout: patienceMs });
  await page.goto(`${app.url}/app`);
  await drive.inDrive(page, words);
}

test('pictures are made where files are sent, shown upright, found by day, and made later of what came without', async () => {
  const place = join(app.folder, 'camera');
  mkdirSync(place);
  const write = (name: string, bytes: Buffer | string): string => {
    writeFileSync(join(place, name), bytes);
    return join(place, name);
  };
  const turned = write('turned.jpg', withExif(await jpegOf('rgb(220 0 0)', 'rgb(0 0 220)'), 6, '2024:07:14 23:30:00'));
  const plain = write('plain.jpg', withExif(await jpegOf('rgb(0 160 0)', 'rgb(220 0 0)'), 1, '2019:02:03 08:00:00'));
  const film = write('film.webm', await recordVideo());
  const odd = [
    write('bomb.png', bomb()),
    write('broken.jpg', (await jpegOf('red', 'blue')).subarray(0, 300)),
    write('page.png', '<html><script>document.title = "owned"</script></html>'),
  ];
  await using owner = await openPage(browser, { origin: app.url, locale: 'en' });
  const { page } = owner;
  const account = await drive.openAccount(page, app.url, words, 'Ines');
  await dropOnPage(page, [turned, film, ...odd]);
  await drive.appears(page, 'turned.jpg', 'film.webm', 'bomb.png', 'broken.jpg', 'page.png');
  assert.deepEqual(await seen(page, 'turned.jpg'), { portrait: true, side: 384, first: 'red', last: 'blue' });
  assert.equal((await seen(page, 'film.webm')).side, 320);
  await look(page, 'list');

  // Sent with the choice switched off, it comes without; who looks at it once it is on makes it, and then it stays.
  await switchPictures(page, false);
  await dropOnPage(page, [plain]);
  await drive.appears(page, 'plain.jpg');
  assert.equal((await seen(page, 'turned.jpg')).side, 384);
  assert.equal(await drive.rowOf(page, 'plain.jpg').locator('img').count(), 0);
  const keeping = page.waitForResponse((response) => response.url().endsWith('/log') && response.request().method() === 'POST', {
    timeout: patienceMs,
  });
  await switchPictures(page, true);
  assert.deepEqual(await seen(page, 'plain.jpg'), { portrait: false, side: 384, first: 'green', last: 'red' });
  assert.equal((await keeping).status(), 201);
  await switchPictures(page, false);
  assert.equal((await seen(page, 'plain.jpg')).side, 384);

  // By the camera's clock: eleven at night stands under that day.
  await drive.visit(page, words, 'nav_photos');
  await page.getByRole('heading', { level: 2, name: 'July 2024' }).waitFor({ timeout: patienceMs });
  await page.getByRole('heading', { level: 3, name: /Sunday.* July 14|Sunday.* 14 July/ }).waitFor();
  await page.getByRole('heading', { level: 2, name: 'February 2019' }).waitFor();
  assert.equal(await page.locator('[data-index]').count(), 6);
  assert.match((await page.locator('[data-index="4"]').getAttribute('aria-label')) ?? '', /^turned\.jpg, .*2024/);
  await look(page, 'photos');
  await page.locator('[data-index="4"]').focus();
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => (document.activeElement as HTMLElement).dataset['index'] === '5');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'plain.jpg' }).locator('img').waitFor({ timeout: patienceMs });
  await look(page, 'viewer');
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('dialog', { name: 'turned.jpg' }).locator('img').waitFor({ timeout: patienceMs });
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => (document.activeElement as HTMLElement).dataset['index'] === '4');
  await page.keyboard.press('Space');
  await page
    .getByRole('toolbar')
    .getByRole('button', { name: words.text('share') })
    .waitFor();
  await page.keyboard.press('Delete');
  await page.waitForFunction(() => document.querySelectorAll('[data-index]').length === 5, undefined, { timeout: patienceMs });
  await page.waitForFunction(() => document.querySelectorAll('[data-index] img').length === 2, undefined, { timeout: patienceMs });

  // What would unfold to gigabytes, is broken, or is no picture, has its mark and no picture, here and on another device.
  await using second = await openPage(browser, { origin: app.url, locale: 'en' });
  await drive.signIn(second.page, app.url, words, account);
  assert.equal((await seen(second.page, 'plain.jpg')).side, 384);
  for (const name of ['bomb.png', 'broken.jpg', 'page.png'])
    assert.equal(await drive.rowOf(second.page, name).locator('img').count(), 0, name);
  await second.page.close();
});

test('an upload keeps to the speed that was chosen, and goes on at once when the choice is taken back', async () => {
  const place = join(app.folder, 'slow');
  mkdirSync(place);
  await using owner = await openPage(browser, { origin: app.url, locale: 'en' });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Ada');
  await page.evaluate(() => localStorage.setItem('reprise-device', JSON.stringify({ uploadBytesPerSecondMax: 1000 })));
  await page.reload();
  await drive.inDrive(page, words);
  // Two chunks: the second waits more than an hour for the first.
  const firstChunk = page.waitForResponse((response) => response.request().method() === 'PUT', { timeout: patienceMs });
  await dropOnPage(page, [writeRandom(join(place, 'slow.bin'), 12_000_000)]);
  const dock = page.locator('section.dock');
  await dock.waitFor({ timeout: patienceMs });
  await firstChunk;
  await dock.locator('button[data-toggle]').click();
  await dock.getByRole('link', { name: words.text('set_limit') }).click();
  await page.getByRole('combobox', { name: words.text('set_limit') }).selectOption({ label: words.text('set_limit_none') });
  await page
    .locator('nav.rail')
    .getByRole('link')
    .filter({ hasText: words.text('nav_files') })
    .click();
  await drive.appears(page, 'slow.bin');
});
