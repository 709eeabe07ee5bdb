// What people do on the screens, in their words: stories are told with these steps.
import { afterEach } from 'node:test';
import type { Download, Locator, Page } from 'playwright-core';
import { copiedOn, dropOnPage, lastSeen, type Shape } from '../support/browser.ts';
import type { Words } from '../support/words.ts';

/** For whatever a busy machine does slowly; nothing here measures time. */
export const patienceMs = Number(process.env['REPRISE_PATIENCE_MS'] ?? 120_000);

// A story that fails tells what its pages showed.
afterEach((t) => {
  const seen = lastSeen.splice(0);
  if ('passed' in t && !t.passed) for (const each of seen) console.log(each);
});

/** Opens the landing page and waits until it answers to hands. */
export async function visitLanding(page: Page, url: string, words: Words): Promise<void> {
  await page.goto(`${url}/${words.locale}`);
  await page.getByRole('button', { name: words.text('choose_files') }).waitFor({ timeout: patienceMs });
  await page.waitForFunction(() => document.querySelector('footer select') !== null, undefined, { timeout: patienceMs });
}

/** With a mouse the files are dropped on the page; on a phone the button opens the picker. */
export async function send(page: Page, shape: Shape, words: Words, paths: readonly string[]): Promise<void> {
  if (shape !== 'phone') return dropOnPage(page, paths);
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser', { timeout: patienceMs }),
    page.getByRole('button', { name: words.text('choose_files') }).tap(),
  ]);
  return chooser.setFiles([...paths]);
}

/** Presses the copy button of the link, and answers what the clipboard then holds. */
export async function copyLink(page: Page, words: Words): Promise<string> {
  await page.bringToFront();
  await page
    .getByRole('button', { name: words.text('copy_link') })
    .first()
    .click();
  const text = await copiedOn(page);
  if (!/^https?:\/\/[^/]+\/s#./.test(text)) throw new Error('the clipboard holds no link');
  return text;
}

export function sentHeading(page: Page, words: Words): Locator {
  return page.getByRole('heading', { level: 1, name: words.text('parcel_done') });
}

export function saveButton(page: Page, words: Words, kind: 'file' | 'zip' = 'file'): Locator {
  return page.getByRole('button', { name: new RegExp(`^${words.pattern(kind === 'zip' ? 'save_zip' : 'save').source}`) }).first();
}

/** Saves what the page shows and waits until the page itself says that every byte was checked. */
export async function save(
  page: Page,
  words: Words,
  kind: 'file' | 'zip' = 'file',
): Promise<{ readonly path: string; readonly name: string }> {
  const button = saveButton(page, words, kind);
  await page.waitForFunction((node) => !(node as HTMLButtonElement).disabled, await button.elementHandle({ timeout: patienceMs }), {
    timeout: patienceMs,
  });
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: patienceMs }), button.click()]);
  await page.getByText(words.text('save_done')).first().waitFor({ timeout: 120_000 });
  return { path: await pathOf(download), name: download.suggestedFilename() };
}

async function pathOf(download: Download): Promise<string> {
  const failure = await download.failure();
  if (failure !== null) throw new Error(`the browser reports a failed download: ${failure}`);
  return download.path();
}
