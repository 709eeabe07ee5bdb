// needs: chromium
// Damage on the server's disk and a network that goes away for good: the person sees that the file is not whole, and no short file passes for one.
import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Download } from 'playwright-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { writeRandom } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import { patienceMs, saveButton } from './steps.ts';

const words = wordsOf('fr');
let browser: Browser;
before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

for (const bytes of [3_000_000, 90_000_000]) {
  test(`one flipped bit in a stored file of ${bytes / 1_000_000} MB is told, and the save is not called finished`, async () => {
    await using app = await startApp();
    const { link } = parcelOf(await app.reprise('put', writeRandom(join(app.folder, 'plan.bin'), bytes), '--server', app.url, '--json'));
    flipLargestFile(app);
    await expectBroken(app, link);
    const target = join(app.folder, 'got');
    const got = await app.reprise('get', link, '-o', target);
    assert.notEqual(got.code, 0, 'the command line refuses it too');
    assert.ok(!readdirSync(app.folder).includes('got'), 'no file stands under the name that was asked for');
  });
}

/** Presses the button; the page must end by saying that what was saved is incomplete, whatever it managed to hand out. */
async function expectBroken(app: App, link: string): Promise<void> {
  await using visitor = await openPage(browser, { origin: app.url });
  for (const status of [500, 502, 503]) visitor.expectRefusal(status);
  const downloads: Download[] = [];
  visitor.page.on('download', (download) => downloads.push(download));
  await visitor.page.goto(link);
  await saveButton(visitor.page, words).click();
  await visitor.page
    .getByText(words.text('save_broken'))
    .first()
    .waitFor({ timeout: 2 * patienceMs });
  assert.equal(await visitor.page.getByText(words.text('save_done')).count(), 0);
  for (const download of downloads) assert.notEqual(await download.failure(), null, 'the browser lists no finished download');
}

function flipLargestFile(app: App): void {
  const files = readdirSync(app.host.dataFolder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !/\.(sqlite|db)/.test(entry.name),
  );
  const [largest] = files.map((entry) => join(entry.parentPath, entry.name)).sort((a, b) => statSync(b).size - statSync(a).size);
  const file = openSync(largest as string, 'r+');
  // Not the middle, where one object may end and the next begin.
  const at = Math.floor(0.4 * statSync(largest as string).size);
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  byte[0] = (byte[0] as number) ^ 1;
  writeSync(file, byte, 0, 1, at);
  closeSync(file);
}
