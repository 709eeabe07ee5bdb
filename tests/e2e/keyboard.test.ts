// needs: chromium
// Without a pointer: a file is sent and another saved with the keyboard alone, and what has the focus can be seen.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import { patienceMs, saveButton, sentHeading, visitLanding } from './steps.ts';

const words = wordsOf('fr');
const tabsMax = 40;
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

test('a file is sent and its link copied with the keyboard alone', async () => {
  const file = writeRandom(join(app.folder, 'lettre.bin'), 200_000);
  // The shape of a phone, whose picker is the input's own: the other one cannot be driven by a program.
  await using sender = await openPage(browser, { shape: 'phone', origin: app.url });
  const { page } = sender;
  await visitLanding(page, app.url, words);
  await page.keyboard.press('Tab');
  assert.equal(await focusedText(page), words.text('skip'), 'the first stop leads past the head of the page');
  // Awaited before the Tabs: the browser is told to hand pickers over while they are pressed, and a picker opened before that is lost.
  const picker = page.waitForEvent('filechooser', { timeout: patienceMs });
  await tabTo(page, words.text('choose_files'));
  await page.keyboard.press('Enter');
  await (await picker).setFiles([file]);
  await sentHeading(page, words).waitFor({ timeout: patienceMs });
  await tabTo(page, words.text('copy_link'));
  await page.keyboard.press('Enter');
  const link = await sender.copied();
  const got = await app.reprise('get', link, '-o', join(app.folder, 'lettre-2.bin'));
  assert.equal(got.code, 0, got.stderr);
  assert.deepEqual(await sender.findings(), []);
});

test('Enter saves what a link page shows', async () => {
  const file = writeRandom(join(app.folder, 'reçu.bin'), 200_000);
  const { link } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  await using visitor = await openPage(browser, { origin: app.url });
  const { page } = visitor;
  await page.goto(link);
  await page.getByRole('heading', { level: 1, name: 'reçu.bin' }).waitFor({ timeout: patienceMs });
  // A button that waits for the listing takes no focus.
  await page.waitForFunction((node) => !(node as HTMLButtonElement).disabled, await saveButton(page, words).elementHandle(), {
    timeout: patienceMs,
  });
  await tabTo(page, words.text('save'));
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: patienceMs }), page.keyboard.press('Enter')]);
  await page.getByText(words.text('save_done')).first().waitFor({ timeout: patienceMs });
  assert.equal(await digestOf(await download.path()), await digestOf(file));
  assert.deepEqual(await visitor.findings(), []);
});

/** Presses Tab until the focus is on an element whose text begins so; at every stop the focus must be visible. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let tabs = 0; tabs < tabsMax; tabs++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(focusedElement);
    assert.ok(stop.visible, `the focus cannot be seen on “${stop.text}”`);
    if (stop.text.startsWith(text)) return;
  }
  assert.fail(`${tabsMax} tabs did not lead to “${text}”`);
}

async function focusedText(page: Page): Promise<string> {
  return (await page.evaluate(focusedElement)).text;
}

/** Runs in the page. Visible: it, or the label that stands for it, has an outline, a shadow or a border of its own while focused, and lies in the window. */
function focusedElement(): { text: string; visible: boolean } {
  const element = document.activeElement as HTMLElement | null;
  if (element === null || element === document.body) return { text: '', visible: true };
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const drawn = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
  const inWindow = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const text = (element.getAttribute('aria-label') ?? element.innerText ?? '').trim();
  return { text, visible: drawn && inWindow };
}
