// needs: chromium
// A new version of the app: told while something runs, which goes on to its end, and taken by a reload. spec/web.md "Offline shell".
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { startMutator } from '../evil/mutator.ts';
import { parcelOf, runCli } from '../support/app.ts';
import { dropOnPage, launchChromium, openPage } from '../support/browser.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { freePort, root, startHost } from '../support/server.ts';
import { startWire } from '../support/wire.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs, save, saveButton, sentHeading } from './steps.ts';

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

test('whoever only opened links and sent files is given the newest build after a change, with all that it loads late', async () => {
  const [port, dataFolder] = [await freePort(), join(folder, 'data')];
  const file = writeRandom(join(folder, 'noise.bin'), 300_000);
  const url = `http://127.0.0.1:${port}`;
  await using visitor = await openPage(browser, { origin: url });
  const { page, context } = visitor;
  let link: string;
  {
    await using _ = await startHost({ port, dataFolder });
    link = parcelOf(await runCli(join(folder, 'home'), ['put', file, '--server', url, '--json'])).link;
    await page.goto(link);
    await saveButton(page, french).waitFor({ timeout: patienceMs });
    await page.evaluate(async () => void (await navigator.serviceWorker.ready));
    assert.equal((await shellsOf(page)).length, 1);
    await page.goto('about:blank');
  }
  await using _ = await startHost({ port, dataFolder, env: { REPRISE_WEB: renamedBuild(join(folder, 'renamed')) } });
  await page.goto(link);
  const { path } = await save(page, french);
  assert.equal(await digestOf(path), await digestOf(file));
  const beside = await context.newPage();
  await beside.goto(`${url}/fr`);
  await dropOnPage(beside, [file]);
  await sentHeading(beside, french).waitFor({ timeout: patienceMs });
  assert.deepEqual(await visitor.findings(), []);
});

/** Copies the build as if every script, style and font in it had changed: none has its former name. @returns `to` */
function renamedBuild(to: string): string {
  cpSync(join(root, 'apps/web/dist'), to, { recursive: true });
  const files = readdirSync(to, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const hashed = /-([\w-]{8})(?=\.(?:js|css|woff2)$)/;
  const hashes = new Set(files.flatMap(({ name }) => hashed.exec(name)?.[1] ?? []));
  const renamed = (text: string): string =>
    text.replaceAll(/[\w-]{8}(?=\.(?:js|css|woff2))/g, (hash) => (hashes.has(hash) ? `${hash}2` : hash));
  const { build } = JSON.parse(readFileSync(join(to, 'release.json'), 'utf8')) as { readonly build: string };
  for (const { parentPath, name } of files) {
    const from = join(parentPath, name);
    if (/\.(?:js|css|html|json)$/.test(name)) writeFileSync(from, renamed(readFileSync(from, 'utf8')).replaceAll(build, '00000003'));
    if (hashed.test(name)) renameSync(from, join(parentPath, renamed(name)));
  }
  return to;
}

/** The builds whose shell this browser keeps. */
function shellsOf(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('shell-')));
}
