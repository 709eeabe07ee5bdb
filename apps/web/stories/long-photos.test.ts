// The photos page with 20 000 pictures in a real browser: what is drawn, where the focus goes, what the ruler of years does. Speed is never asserted here.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { browserPath } from './contact-sheet.ts';
import { startStories, type StoryBrowser } from './story-browser.ts';

const absent = existsSync(browserPath) ? false : `no Chromium at ${browserPath}; set CHROMIUM`;
const desk = { locale: 'en', theme: 'light', size: { width: 1440, height: 900 } } as const;

describe('a drive of 20 000 photos', { skip: absent, timeout: 300_000 }, () => {
  let stories: StoryBrowser;
  let page: Page;
  before(async () => {
    stories = await startStories();
    page = await stories.show({ story: 'app-photos-many', ...desk });
    await page.locator('[data-index="0"]').waitFor();
  });
  after(() => stories?.[Symbol.asyncDispose]());
  const drawn = (): Promise<number> => page.locator('[data-index]').count();
  const focused = (index: number) =>
    page.waitForFunction((wanted) => (document.activeElement as HTMLElement).dataset['index'] === String(wanted), index);

  test('draws a few dozen of them, wherever one is', async () => {
    const atStart = await drawn();
    assert.ok(atStart > 10 && atStart < 120, `${atStart} pictures`);
    await page.locator('.scroll').evaluate((list) => {
      list.scrollTop = list.scrollHeight / 2;
    });
    await page.waitForFunction(() =>
      Array.from(document.querySelectorAll<HTMLElement>('[data-index]')).some(({ dataset }) => Number(dataset['index']) > 9_000),
    );
    assert.ok((await drawn()) < 120);
  });

  test('is walked by keys from end to end, and keeps the focus with its picture', async () => {
    await page.locator('[data-index="0"]').focus();
    await page.keyboard.press('End');
    await focused(19_999);
    await page.keyboard.press('ArrowLeft');
    await focused(19_998);
    await page.keyboard.press('Home');
    await focused(0);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await focused(0);
  });

  test('is selected by a range and as a whole', async () => {
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    const bar = page.locator('[role="toolbar"]');
    await bar.filter({ hasText: /^\W*3\s/ }).waitFor();
    await page.keyboard.press('Control+a');
    await bar.filter({ hasText: '20,000' }).waitFor();
    await page.keyboard.press('Escape');
    await bar.waitFor({ state: 'detached' });
  });

  test('jumps by the ruler of years, with a pointer and with keys', async () => {
    const ruler = page.getByRole('slider');
    const before = await ruler.getAttribute('aria-valuetext');
    await ruler.focus();
    await page.keyboard.press('PageDown');
    await page.waitForFunction((words) => document.querySelector('[role="slider"]')?.getAttribute('aria-valuetext') !== words, before);
    await page.keyboard.press('End');
    await page.waitForFunction(() => document.querySelector('[role="slider"]')?.getAttribute('aria-valuenow') === '100');
    const box = await ruler.boundingBox();
    assert.ok(box);
    await page.mouse.click(box.x + box.width / 2, box.y + 1);
    await page.waitForFunction(() => document.querySelector('[role="slider"]')?.getAttribute('aria-valuenow') === '0');
  });
});
