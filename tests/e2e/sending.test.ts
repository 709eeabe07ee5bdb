// needs: chromium
// The main job, as a stranger does it: a file becomes a link, the link is handed on while bytes still go up, and what is saved is what was sent.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage, type Shape } from '../support/browser.ts';
import { digestOf, writeNoisePicture } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import { copyLink, patienceMs, save, send, sentHeading, visitLanding } from './steps.ts';

let app: App;
let browser: Browser;
before(async () => {
  app = await startApp();
  browser = await launchChromium();
});
// A test that fails leaves no slow line to the next.
afterEach(() => app.wire.limitUpload(null));
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

for (const shape of ['phone', 'desktop'] satisfies Shape[]) {
  test(`a picture sent from a ${shape} is opened elsewhere while it goes up, then seen and saved, equal to the last byte`, async () => {
    const words = wordsOf('fr');
    const picture = writeNoisePicture(join(app.folder, `Plage ${shape}.png`), 2000);
    const bytes = statSync(picture).size;
    await using sender = await openPage(browser, { shape, origin: app.url });
    await visitLanding(sender.page, app.url, words);
    const sentBefore = app.wire.sentBytes();
    // Slow enough for a slow machine to open another page meanwhile.
    app.wire.limitUpload(200_000);
    await send(sender.page, shape, words, [picture]);
    const link = await copyLink(sender.page, words);
    assert.ok(app.wire.sentBytes() - sentBefore < bytes, 'the link is there before the bytes are');

    await using visitor = await openPage(browser, { shape, origin: app.url });
    await visitor.page.goto(link);
    await visitor.page
      .getByRole('heading', { name: words.pattern('growing') })
      .or(visitor.page.getByRole('heading', { name: words.pattern('growing_plain') }))
      .first()
      .waitFor({ timeout: patienceMs });
    assert.ok(!visitor.page.url().includes('#'), 'the key left the address bar');
    assert.ok(await sentHeading(sender.page, words).isHidden(), 'the sender is not told that it is done before it is');

    app.wire.limitUpload(null);
    await sentHeading(sender.page, words).waitFor({ timeout: patienceMs });
    assert.ok(app.wire.sentBytes() - sentBefore > bytes, 'done is said after the last byte went out');
    await visitor.page.getByRole('heading', { level: 1, name: `Plage ${shape}.png` }).waitFor({ timeout: patienceMs });
    await visitor.page.waitForFunction(() => [...document.images].some((image) => image.naturalWidth === 2000), undefined, {
      timeout: patienceMs,
    });
    const saved = await save(visitor.page, words);
    assert.equal(saved.name, `Plage ${shape}.png`);
    assert.equal(await digestOf(saved.path), await digestOf(picture));
    assert.deepEqual(await sender.findings(), []);
    assert.deepEqual(await visitor.findings(), []);
  });
}
