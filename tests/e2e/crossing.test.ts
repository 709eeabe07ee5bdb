// needs: chromium
// Browser and command line read each other's links: one format, two programs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { digestOf, writeFolder, writeRandom } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import { copyLink, patienceMs, save, send, sentHeading, visitLanding } from './steps.ts';

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

for (const bytes of [0, 1, 262_143, 262_145, 4_194_303, 4_194_305, 20_000_000]) {
  test(`a file of ${bytes} bytes put by the command line is saved equal by the browser`, async () => {
    const file = writeRandom(join(app.folder, `lot-${bytes}.bin`), bytes);
    const { link } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
    await using visitor = await openPage(browser, { origin: app.url });
    await visitor.page.goto(link);
    const saved = await save(visitor.page, words);
    assert.equal(saved.name, `lot-${bytes}.bin`);
    assert.equal(await digestOf(saved.path), await digestOf(file));
    assert.deepEqual(await visitor.findings(), []);
  });
}

test('a file and a folder sent by the browser are got equal by the command line', async () => {
  const folder = writeFolder(join(app.folder, 'Archives'));
  const file = writeRandom(join(app.folder, 'à côté.bin'), 9_000_001);
  for (const source of [file, folder]) {
    await using sender = await openPage(browser, { origin: app.url });
    await visitLanding(sender.page, app.url, words);
    await send(sender.page, 'desktop', words, [source]);
    const link = await copyLink(sender.page, words);
    await sentHeading(sender.page, words).waitFor({ timeout: patienceMs });
    const target = join(app.folder, 'got', source === file ? 'file.bin' : 'folder');
    const ran = await app.reprise('get', link, '-o', target);
    assert.equal(ran.code, 0, ran.stderr);
    execFileSync('diff', ['-r', source, target]);
    assert.deepEqual(await sender.findings(), []);
  }
});
