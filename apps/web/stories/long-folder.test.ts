// A folder of 100 000 entries in a real browser: what is drawn, where the focus goes, what is selected and found. Speed is measured
// in bench/, never asserted here.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { browserPath } from './contact-sheet.ts';
import { startStories, type StoryBrowser } from './story-browser.ts';

const absent = existsSync(browserPath) ? false : `no Chromium at ${browserPath}; set CHROMIUM`;
const desk = { locale: 'fr', theme: 'light', size: { width: 1440, height: 900 } } as const;

describe('a folder of 100 000 entries', { skip: absent, timeout: 540_000 }, () => {
  let stories: StoryBrowser;
  let page: Page;
  before(async () => {
    stories = await startStories();
    page = await stories.show({ story: 'app-files-many', ...desk });
    await page.locator('[role="grid"] [data-position="0"]').waitFor();
  });
  after(() => stories?.[Symbol.asyncDispose]());
  const drawn = (): Promise<readonly number[]> =>
    page
      .locator('[role="grid"] [data-position]')
      .evaluateAll((rows) => rows.map((row) => Number((row as HTMLElement).dataset['position'])));
  const focused = (): Promise<number> => page.evaluate(() => Number((document.activeElement as HTMLElement).dataset['position'] ?? -1));

  test('has as many rows for a reader, and a few dozen in the page', async () => {
    assert.equal(await page.locator('[role="grid"]').getAttribute('aria-rowcount'), '100001');
    const positions = await drawn();
    assert.ok(positions.length > 15 && positions.length < 60, `${positions.length} rows`);
    assert.equal(await page.locator('[data-position="0"]').getAttribute('aria-rowindex'), '2');
  });

  test('draws the rows one scrolled to, and keeps the one that has the focus', async () => {
    await page.locator('[data-position="0"]').focus();
    await page.locator('[role="grid"]').evaluate((grid) => {
      grid.scrollTop = 44 * 50_000;
    });
    await page.locator('[data-position="50005"]').waitFor();
    assert.equal(await focused(), 0);
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => (document.activeElement as HTMLElement).dataset['position'] === '1');
  });

  test('goes to its ends by key, and back to a name by typing it', async () => {
    await page.keyboard.press('End');
    await page.waitForFunction(() => (document.activeElement as HTMLElement).dataset['position'] === '99999');
    const box = await page.locator('[data-position="99999"]').boundingBox();
    assert.ok(box && box.y + box.height <= 900);
    await page.keyboard.press('PageUp');
    await page.waitForFunction(() => Number((document.activeElement as HTMLElement).dataset['position']) < 99_999);
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+V');
    await page.keyboard.type('oix');
    await page.waitForFunction(() => document.activeElement?.textContent?.includes('Voix') === true);
  });

  test('is selected as a whole, and by ranges', async () => {
    await page.keyboard.press('Control+a');
    const bar = page.locator('[role="toolbar"]');
    await bar.filter({ hasText: /100\s000/ }).waitFor();
    await page.keyboard.press('Escape');
    await bar.waitFor({ state: 'detached' });
    await page.keyboard.press('Home');
    for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowDown');
    await bar.filter({ hasText: /^\W*4\s/ }).waitFor();
    assert.equal(await page.locator('[role="row"][aria-selected="true"]').count(), 4);
  });

  test('has the focus where a key led before the next picture is drawn: no key that follows is lost', async () => {
    await page.keyboard.press('End');
    await page.waitForFunction(() => (document.activeElement as HTMLElement).dataset['position'] === '99999');
    const led = await page.evaluate(async () => {
      const positions: (string | undefined)[] = [];
      for (const key of ['Home', 'PageDown', 'End']) {
        document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
        // Turns of the microtask queue alone: no picture comes in between.
        for (let turn = 0; turn < 100; turn++) await undefined;
        positions.push((document.activeElement as HTMLElement).dataset['position']);
      }
      return positions;
    });
    assert.deepEqual([led[0], led[2]], ['0', '99999']);
    assert.ok(Number(led[1]) > 0, `PageDown led to ${led[1]}`);
  });

  test('sorts by a column and says so', async () => {
    const size = page.locator('[role="columnheader"].size');
    await size.locator('button').click();
    await page.locator('[role="columnheader"].size[aria-sort="descending"]').waitFor();
  });

  test('is searched while one types', async () => {
    const search = await stories.show({ story: 'app-search-many', ...desk });
    await search.locator('[role="option"]').first().waitFor();
    await search
      .locator('.state')
      .filter({ hasText: /12\s500/ })
      .waitFor();
    assert.equal(await search.locator('[role="option"]').count(), 40);
    assert.equal(await search.locator('[role="option"]').first().getAttribute('aria-setsize'), '500');
    await search.keyboard.press('ArrowDown');
    await search.locator('#hit-1[aria-selected="true"]').waitFor();
    await search.locator('.results').evaluate((results) => {
      results.scrollTop = 900;
    });
    await search.locator('[role="option"]').nth(499).waitFor({ state: 'attached' });
    await search.close();
  });
});
