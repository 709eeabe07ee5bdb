// Video straight from encrypted segments: it plays and seeks, each range is answered exactly, and plaintext never becomes a document.
// spec/web.md "Video and audio with seeking".
// needs: chromium, firefox
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/until.ts';
import { missingBrowser, startBrowser, type TestBrowser } from './harness/browsers.ts';
import { recordVideo } from './harness/record-video.ts';
import { type EngineSite, startEngineSite } from './harness/sites.ts';
import { type EnginePage, openEnginePage } from './harness/steps.ts';

const mib = 2 ** 20;
type Preview = { readonly kind: string; readonly url: string; readonly mediaType: string; release(): void };
type WithPreview = { harness: { preview(name: string): Promise<Preview> }; shown: Preview };

for (const name of ['chromium', 'firefox'] as const) {
  describe(`media in ${name}`, { skip: missingBrowser(name) || missingBrowser('chromium'), timeout: 540_000 }, () => {
    let site: EngineSite;
    let browser: TestBrowser;
    let engine: EnginePage;
    let folder: string;
    let film: string;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'reprise-media-'));
      film = join(folder, 'film.webm');
      await writeFile(film, await recordVideo());
      site = await startEngineSite();
      browser = await startBrowser(name);
      engine = await openEnginePage(browser, site);
    });
    after(async () => {
      const violations = await engine?.violations();
      await browser?.[Symbol.asyncDispose]();
      await site?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
      assert.deepEqual(violations, [], 'the content security policy refused nothing');
    });

    const share = async (path: string) => {
      await engine.page.choose('#choose', [path]);
      const { id, linkUrl } = await engine.call.sendChosen();
      assert.equal((await engine.call.parcelEnds(id)).state.phase, 'done');
      await engine.call.open(linkUrl);
    };
    /** Status, headers and bytes of a range of what is shown. */
    const fetchRange = (range: string | null) =>
      engine.page.run(async (wanted) => {
        const { shown } = globalThis as never as WithPreview;
        const answer = await fetch(shown.url, wanted === null ? {} : { headers: { range: wanted } });
        const bytes = new Uint8Array(await answer.arrayBuffer());
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        return {
          status: answer.status,
          length: bytes.length,
          contentRange: answer.headers.get('content-range'),
          contentLength: answer.headers.get('content-length'),
          type: answer.headers.get('content-type'),
          digest: Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''),
        };
      }, range);
    const show = (file: string) =>
      engine.page.run(async (wanted) => {
        const page = globalThis as never as WithPreview;
        page.shown = await page.harness.preview(wanted);
        return { kind: page.shown.kind, mediaType: page.shown.mediaType, url: page.shown.url };
      }, file);

    test('each range is answered exactly: first bytes, across segments and chunks, suffix, beyond the end', async () => {
      const path = join(folder, 'long.mp4');
      const content = Buffer.alloc(9 * mib + 12_345);
      for (let i = 0; i < content.length; i += 4) content.writeUInt32LE(Math.imul(i, 2_654_435_761) >>> 0, Math.min(i, content.length - 4));
      await writeFile(path, content);
      await share(path);
      const shown = await show('long.mp4');
      assert.deepEqual({ kind: shown.kind, mediaType: shown.mediaType }, { kind: 'video', mediaType: 'video/mp4' });
      const size = content.length;
      const segment = 262_144;
      const cases: [string, number, number][] = [
        ['bytes=0-1', 0, 2],
        [`bytes=${segment - 1}-${segment}`, segment - 1, segment + 1],
        [`bytes=${4 * mib - 10}-${4 * mib + 10}`, 4 * mib - 10, 4 * mib + 11],
        [`bytes=${size - 5}-`, size - 5, size],
        [`bytes=-${7}`, size - 7, size],
        [`bytes=1000-${size + 1000}`, 1000, size],
        [`bytes=${3 * segment}-${7 * mib}`, 3 * segment, 7 * mib + 1],
        ['bytes=0-', 0, size],
      ];
      for (const [range, start, end] of cases) {
        const answer = await fetchRange(range);
        const digest = await sha256(content.subarray(start, end));
        assert.deepEqual(
          { ...answer },
          {
            status: 206,
            length: end - start,
            contentRange: `bytes ${start}-${end - 1}/${size}`,
            contentLength: String(end - start),
            type: 'video/mp4',
            digest,
          },
          range,
        );
      }
      const beyond = await fetchRange(`bytes=${size}-`);
      assert.deepEqual([beyond.status, beyond.contentRange], [416, `bytes */${size}`]);
      const whole = await fetchRange(null);
      assert.deepEqual([whole.status, whole.digest], [200, await sha256(content)]);
    });

    test('a segment with one wrong bit is not shown, and the grant ends with it', async () => {
      const path = join(folder, 'forged.mp4');
      await writeFile(path, Buffer.alloc(2 * mib, 3));
      await share(path);
      await show('forged.mp4');
      site.proxy.rule(({ range, path: asked }) =>
        range !== undefined && asked.startsWith('/api/v1/objects/') ? { kind: 'flip', atByte: 100 } : null,
      );
      const failed = await engine.page.run(async () => {
        const { shown } = globalThis as never as WithPreview;
        return fetch(shown.url, { headers: { range: 'bytes=0-9999' } })
          .then((answer) => answer.arrayBuffer())
          .then(
            () => 'bytes',
            () => 'error',
          );
      }, null);
      site.proxy.rule(null);
      assert.equal(failed, 'error');
      assert.equal((await fetchRange('bytes=0-1')).status, 410);
    });

    test('the address of a stream is never a document, and is gone once it was released', async () => {
      await share(film);
      const { url } = await show('film.webm');
      assert.equal((await fetchRange('bytes=0-1')).status, 206);
      const text = await engine.page.run(async (address) => {
        const frame = document.createElement('iframe');
        frame.src = address;
        document.body.append(frame);
        await new Promise((resolve) => {
          frame.onload = resolve;
          setTimeout(resolve, 3000);
        });
        let shown = '';
        try {
          shown = frame.contentDocument?.querySelector('video') ? 'a player' : '';
        } catch {
          shown = '';
        }
        frame.remove();
        return shown;
      }, url);
      assert.equal(text, '', 'a navigation shows nothing');
      await engine.page.run(() => (globalThis as never as WithPreview).shown.release(), null);
      await until('the address is gone', async () => (await fetchRange('bytes=0-1')).status === 410);
    });

    test('a film plays, seeks to every part, and shows its pictures', async () => {
      await share(film);
      await show('film.webm');
      const result = await engine.page.run(async () => {
        const video = document.createElement('video');
        video.muted = true;
        video.crossOrigin = 'anonymous';
        document.body.append(video);
        const event = (type: string) =>
          new Promise<void>((resolve, reject) => {
            video.addEventListener(type, () => resolve(), { once: true });
            video.addEventListener('error', () => reject(new Error(`media error ${video.error?.code}`)), { once: true });
            setTimeout(() => reject(new Error(`no ${type}`)), 120_000);
          });
        const startedAt = performance.now();
        video.src = (globalThis as never as WithPreview).shown.url;
        await event('loadeddata');
        const firstMs = performance.now() - startedAt;
        const seeksMs: number[] = [];
        for (const part of [0.8, 0.2, 0.6, 0.1, 0.9]) {
          const at = performance.now();
          const seeked = event('seeked');
          video.currentTime = video.duration * part;
          await seeked;
          seeksMs.push(performance.now() - at);
        }
        video.currentTime = 0;
        await video.play();
        while (video.currentTime <= 0.2) await event('timeupdate');
        const playing = !video.paused;
        const { duration, videoWidth } = video;
        video.removeAttribute('src');
        video.load();
        video.remove();
        return { firstMs, seeksMs, playing, duration, videoWidth };
      }, null);
      assert.ok(result.playing && result.duration > 5 && result.videoWidth === 320, JSON.stringify(result));
      console.log(
        `# ${name}: first frame ${result.firstMs.toFixed(0)} ms, seeks ${result.seeksMs.map((ms) => ms.toFixed(0)).join(' ')} ms`,
      );
    });
  });
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))).toString('hex');
}
