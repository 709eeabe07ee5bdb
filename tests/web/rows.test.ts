// Accepted heads in a real browser's database: of two tabs that replace the same head one is told no, and nothing that was kept is lost.
// spec/log.md "Rules of a client", R3. needs: chromium
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { findChromium, launchChromium } from '../support/browser.ts';
import { bundleScript } from './harness/bundle.ts';
import { serveSite, type Site } from './harness/serve.ts';

const skip = findChromium() === null && 'no Chromium on this machine';
const entry = join(import.meta.dirname, '../../apps/web/src/workers/drive/device-rows.ts');

describe('heads in a browser', { skip }, () => {
  let site: Site | undefined;
  let browser: Browser | undefined;

  before(async () => {
    site = await serveSite(
      new Map([
        ['/', { type: 'text/html', body: '<!doctype html><title>heads</title>' }],
        ['/rows.js', { type: 'text/javascript', body: await bundleScript({ entry, format: 'module' }) }],
      ]),
    );
    browser = await launchChromium(['--disable-gpu', '--disable-background-networking']);
  });
  after(async () => {
    await browser?.close();
    await site?.[Symbol.asyncDispose]();
  });

  test('are replaced by one tab at a time, by the one that has read them', { timeout: 240_000 }, async () => {
    const context = await (browser as Browser).newContext();
    const tabs = await Promise.all(
      Array.from({ length: 2 }, async () => {
        const tab = await context.newPage();
        await tab.goto((site as Site).origin);
        return tab;
      }),
    );
    const times = 60;
    const refused = await Promise.all(
      tabs.map((tab) =>
        tab.evaluate(
          async ([path, count]) => {
            const { headStore } = await import(path as string);
            let told = 0;
            for (let added = 0; added < (count as number); ) {
              const record: Uint8Array | undefined = await headStore.load('space');
              const next = new Uint8Array((record?.length ?? 0) + 1);
              if (await headStore.save('space', next, record)) added++;
              else told++;
            }
            return told;
          },
          ['/rows.js', times],
        ),
      ),
    );
    const length = await tabs[0]?.evaluate(async (path) => (await (await import(path)).headStore.load('space')).length, '/rows.js');
    assert.equal(length, 2 * times, `${refused.join(' and ')} times told no`);
    const late = await tabs[1]?.evaluate(
      async (path) => (await import(path)).headStore.save('space', new Uint8Array(1), new Uint8Array(1)),
      '/rows.js',
    );
    assert.equal(late, false);
  });
});
