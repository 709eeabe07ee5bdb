// needs: chromium
// A new version of the app: told while something runs, which goes on to its end, and taken by a reload. spec/web.md "Offline shell".
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { startMutator } from '../evil/mutator.ts';
import { dropOnPage, launchChromium, openPage } from '../support/browser.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { freePort, root, startHost } from '../support/server.ts';
import { startWire } from '../support/wire.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const french = wordsOf('fr');
let browser: Browser;
let folder: string;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reprise-version-'));
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a new version is told while a transfer runs, which goes on to its end; a reload takes it', async () => {
  const port = await freePort();
  await using front = await startMutator(`http://127.0.0.1:${port}`);
  await using wire = await startWire(Number(new URL(front.url).port));
  await using _ = await startHost({ port, publicUrl: wire.url });
  await using owner = await openPage(browser, { origin: wire.url });
  const { page } = owner;
  await drive.openAccount(page, wire.url, french, 'Ida');
  await drive.keptOffline(page);
  const { build } = JSON.parse(readFileSync(join(root, 'apps/web/dist/release.json'), 'utf8')) as { readonly build: string };
  assert.deepEqual(await shellsOf(page), [`shell-${build}`]);

  const file = writeRandom(join(folder, 'long.bin'), 30_000_000);
  wire.limitUpload(3_000_000);
  const sentBefore = wire.sentBytes();
  await dropOnPage(page, [file]);
  while (wire.sentBytes() - sentBefore < 3_000_000) await sleep(50);
  // Chromium is sent brotli wherever it may take it.
  front.mutate(({ path, status, body }) =>
    path === '/sw.js' && status === 200 ? brotliCompressSync(brotliDecompressSync(body).toString().replaceAll(build, '00000002')) : body,
  );
  await page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.update()));
  await page.getByText(french.text('version_ready')).waitFor({ timeout: patienceMs });
  wire.limitUpload(null);
  await drive.appears(page, 'long.bin');
  // The transfer may have its last words with the server still to come.
  page.on('dialog', (dialog) => void dialog.accept());
  await page.getByRole('button', { name: french.text('version_take') }).click();
  await page.getByText(french.text('version_ready')).waitFor({ state: 'detached', timeout: patienceMs });
  await drive.appears(page, 'long.bin');
  assert.ok((await shellsOf(page)).includes('shell-00000002'));
  assert.ok(
    await page.evaluate(async () => (await (await caches.open('shell-00000002')).match('/app')) !== undefined),
    'the drive was kept before it took over',
  );
  const download = await drive.saveEntry(page, french, 'long.bin');
  assert.equal(await digestOf(await download.path()), await digestOf(file));
  assert.deepEqual(await owner.findings(), []);
});

/** The builds whose shell this browser keeps. */
function shellsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('shell-')));
}
