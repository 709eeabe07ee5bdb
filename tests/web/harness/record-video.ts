// A small film made on the spot by Chromium's own recorder, so that no film has to be kept in the repository. A recorder writes no
// duration and no index; both are added here, as muxers do, because players seek by them.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startBrowser } from './browsers.ts';

const seconds = 8;

/** @returns a WebM file, 320 × 180, of eight seconds with a duration */
export async function recordVideo(): Promise<Buffer> {
  // A page of its own: the recorder needs a secure context, which localhost is.
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>film</title>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await using browser = await startBrowser('chromium');
    const page = await browser.newPage();
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    const base64 = await page.run(async (length) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
      const context = canvas.getContext('2d') as CanvasRenderingContext2D;
      const stream = canvas.captureStream(25);
      const recorder = new MediaRecorder(stream, { mimeType: 'video/webm;codecs=vp8', videoBitsPerSecond: 4_000_000 });
      const parts: Blob[] = [];
      recorder.ondataavailable = ({ data }) => parts.push(data);
      const stopped = new Promise((resolve) => {
        recorder.onstop = resolve;
      });
      recorder.start(500);
      const startedAt = performance.now();
      while (performance.now() - startedAt < length * 1000) {
        for (let i = 0; i < 60; i++) {
          context.fillStyle = `hsl(${Math.random() * 360} 80% 50%)`;
          context.fillRect(Math.random() * 320, Math.random() * 180, 40, 30);
        }
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
      recorder.stop();
      await stopped;
      const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
      let text = '';
      for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
      return btoa(text);
    }, seconds);
    return withDuration(Buffer.from(base64, 'base64'), seconds * 1000);
  } finally {
    server.close();
  }
}

/** Adds the Duration element (44 89, a double) to the Info element (15 49 A9 66), whose size Chromium writes in eight or fewer bytes. */
function withDuration(film: Buffer, ms: number): Buffer {
  const info = film.indexOf(Buffer.from([0x15, 0x49, 0xa9, 0x66]));
  if (info < 0) throw new Error('not a WebM file');
  const duration = Buffer.from([0x44, 0x89, 0x88, 0, 0, 0, 0, 0, 0, 0, 0]);
  duration.writeDoubleBE(ms, 3);
  const sizeAt = info + 4;
  const width = Math.clz32(film[sizeAt] as number) - 23;
  const contentAt = sizeAt + width;
  let length = (film[sizeAt] as number) & (0xff >> width);
  for (let i = 1; i < width; i++) length = length * 256 + (film[sizeAt + i] as number);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(length + duration.length));
  size[0] = (size[0] as number) | 0x01;
  return Buffer.concat([
    film.subarray(0, sizeAt),
    size,
    film.subarray(contentAt, contentAt + length),
    duration,
    film.subarray(contentAt + length),
  ]);
}
