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
import { until } from '../support/until.ts';
import { wordsOf } from '../support/words.ts';
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
    const canvas = page.locator('iframe').first().contentFrame().locator('canvas').first();
    await canvas.waitFor({ timeout: patienceMs });
    // The page is white; what is not white was drawn.
    const drawn = () =>
      canvas.evaluate((node) => {
        const { data } = (node as HTMLCanvasElement)
          .getContext('2d')!
          .getImageData(0, 0, (node as HTMLCanvasElement).width, (node as HTMLCanvasElement).height);
        return data.some((value, n) => n % 4 === 0 && value < 100 && (data[n + 3] as number) > 200);
      });
    await until('something is drawn', drawn);
  });
});

test('sound plays and seeks', async () => {
  await withOpened(writeTone(join(app.folder, 'note.wav'), 600), async (page) => playAndSeek(page, 'audio', 600));
});

test('a film plays and seeks', async () => {
  const film = join(app.folder, 'film.webm');
  writeFileSync(film, await recordFilm(browser));
  await withOpened(film, async (page) => playAndSeek(page, 'video', null));
});

async function withOpened(file: string, act: (page: Page) => Promise<void>): Promise<void> {
  const { link } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  await using visitor = await openPage(browser, { origin: app.url });
  let downloads = 0;
  visitor.page.on('download', () => downloads++);
  await visitor.page.goto(link);
  await act(visitor.page);
  assert.equal(downloads, 0);
  assert.deepEqual(await visitor.findings(), []);
}

async function playAndSeek(page: Page, kind: 'audio' | 'video', seconds: number | null): Promise<void> {
  await page.waitForFunction((name) => ((document.querySelector(name) as HTMLMediaElement | null)?.readyState ?? 0) >= 1, kind, {
    timeout: patienceMs,
  });
  await page.getByRole('button', { name: words.text('play'), exact: true }).click();
  await page.waitForFunction((name) => (document.querySelector(name) as HTMLMediaElement).currentTime > 0.2, kind, { timeout: patienceMs });
  const ended = await page.evaluate(
    ([name, last]) =>
      new Promise<number>((resolve, reject) => {
        const media = document.querySelector(name) as HTMLMediaElement;
        media.pause();
        media.addEventListener('seeked', () => resolve(media.currentTime), { once: true });
        media.addEventListener('error', () => reject(new Error(media.error?.message ?? 'media error')), { once: true });
        media.currentTime = last ?? 1;
      }),
    [kind, seconds === null ? null : seconds - 5] as const,
  );
  assert.ok(Math.abs(ended - (seconds === null ? 1 : seconds - 5)) < 0.5);
}

/** Two seconds of a moving picture, recorded by the browser itself. */
async function recordFilm(recorder: Browser): Promise<Buffer> {
  const page = await recorder.newPage();
  await page.goto(`${app.url}/robots.txt`);
  const base64 = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
    const paint = canvas.getContext('2d') as CanvasRenderingContext2D;
    const recording = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm;codecs=vp8', videoBitsPerSecond: 4_000_000 });
    const parts: Blob[] = [];
    recording.ondataavailable = ({ data }) => parts.push(data);
    recording.start(200);
    for (let n = 0; n < 75; n++) {
      paint.fillStyle = `hsl(${n * 5} 80% 50%)`;
      paint.fillRect(0, 0, 640, 360);
      paint.fillStyle = 'black';
      paint.fillRect(n * 8, 100, 60, 60);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await new Promise((resolve) => {
      recording.onstop = resolve;
      recording.stop();
    });
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  });
  await page.close();
  return Buffer.from(base64, 'base64');
}
