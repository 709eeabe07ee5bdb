// What stories see and hear of a file without saving it: of one behind a link, and of one in the drive.
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { until } from '../support/until.ts';
import type { Words } from '../support/words.ts';
import { patienceMs } from './steps.ts';

export async function drawsPdf(page: Page): Promise<void> {
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
}

/** Plays what the page shows, and seeks to near its end. @param seconds its length; null for a film of a few */
export async function playAndSeek(page: Page, words: Words, kind: 'audio' | 'video', seconds: number | null): Promise<void> {
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
export async function recordFilm(recorder: Browser, url: string): Promise<Buffer> {
  const page = await recorder.newPage();
  await page.goto(`${url}/robots.txt`);
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
