// needs: chromium
// A part of the page that does not come: it is asked for once more, then the person is told, and the reload that is offered helps. spec/web.md "Offline shell".
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { startMutator } from '../evil/mutator.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { freePort, root, startHost } from '../support/server.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('fr');
let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

/** A host behind a server that no longer has some of its files. */
async function startFront(): Promise<AsyncDisposable & { readonly url: string; readonly front: Awaited<ReturnType<typeof startMutator>> }> {
  const port = await freePort();
  const front = await startMutator(`http://127.0.0.1:${port}`);
  const host = await startHost({ port, publicUrl: front.url });
  return {
    url: front.url,
    front,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await front[Symbol.asyncDispose]();
    },
  };
}

const gone = { status: 404, body: Buffer.from('') };
const isWorker = (path: string) => path.startsWith('/w/drive-engine-');
const isTrashPage = (path: string) => path.startsWith('/assets/TrashPage') && path.endsWith('.js');

test("the script of the drive's worker is asked for again when it does not come, and the account opens", async () => {
  await using host = await startFront();
  await using visitor = await openPage(browser, { origin: host.url });
  visitor.expectRefusal(404);
  const asked: string[] = [];
  host.front.mutate(({ path, body }) => (isWorker(path) && asked.push(path) === 1 ? gone : body));
  await visitor.page.goto(`${host.url}/app/sign-in`);
  await visitor.page.getByRole('button', { name: words.text('sign_in'), exact: true }).waitFor({ timeout: patienceMs });
  assert.equal(asked.length, 2);
  assert.deepEqual(await visitor.findings(), []);
});

test('a script that never comes is told, and once the server has it the reload that is offered opens the account', async () => {
  await using host = await startFront();
  await using visitor = await openPage(browser, { origin: host.url });
  visitor.expectRefusal(404);
  const { page } = visitor;
  host.front.mutate(({ path, body }) => (isWorker(path) ? gone : body));
  await page.goto(`${host.url}/app/sign-in`);
  await page.getByText(words.text('part_missing')).waitFor({ timeout: patienceMs });
  host.front.mutate(null);
  await page.getByRole('button', { name: words.text('version_take') }).click();
  await page.getByRole('button', { name: words.text('sign_in'), exact: true }).waitFor({ timeout: patienceMs });
  assert.deepEqual(await visitor.findings(), []);
});

test('a page of the drive that does not come is told, and the reload shows it while a service worker of another build waits', async () => {
  await using host = await startFront();
  await using owner = await openPage(browser, { origin: host.url });
  owner.expectRefusal(404);
  const { page } = owner;
  const { build } = JSON.parse(readFileSync(join(root, 'apps/web/dist/release.json'), 'utf8')) as { readonly build: string };
  let isThere = false;
  host.front.mutate(({ path, status, body }) => {
    if (isTrashPage(path) && !isThere) return gone;
    return path === '/sw.js' && status === 200 && isThere
      ? brotliCompressSync(brotliDecompressSync(body).toString().replaceAll(build, '00000004'))
      : body;
  });
  await drive.openAccount(page, host.url, words, 'Ida');
  await page
    .locator('nav.rail')
    .getByRole('link')
    .filter({ hasText: words.text('nav_trash') })
    .click();
  const told = page.getByRole('dialog', { name: words.text('part_missing_title') });
  await told.waitFor({ timeout: patienceMs });
  isThere = true;
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    while (registration.waiting === null) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await told.getByRole('button', { name: words.text('version_take') }).click();
  await page.getByRole('heading', { name: words.text('nav_trash'), level: 1 }).waitFor({ timeout: patienceMs });
  await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration())?.waiting === null);
  assert.equal(await told.count(), 0);
  assert.deepEqual(await owner.findings(), []);
});
