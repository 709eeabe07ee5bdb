// Every state of every screen, in both themes, against WCAG 2.2 AA as far as axe-core can tell.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { browserPath, openBrowser, serveStories, storyNames, violationsOf, type Shot } from './contact-sheet.ts';

const absent = existsSync(browserPath) ? false : `no Chromium at ${browserPath}; set CHROMIUM`;

describe('every state of the web screens is free of axe violations', { skip: absent, timeout: 600_000 }, () => {
  let served: Awaited<ReturnType<typeof serveStories>>;
  let browser: Browser;
  before(async () => {
    served = await serveStories();
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await served?.close();
  });

  for (const story of storyNames) {
    test(`${story}, light on a desk and dark on a phone`, async () => {
      const looks: readonly Shot[] = [
        { story, locale: 'fr', theme: 'light', size: { width: 1440, height: 900 } },
        { story, locale: 'en', theme: 'dark', size: { width: 390, height: 844 } },
      ];
      for (const look of looks) {
        const found = await violationsOf(browser, served.url, look);
        assert.deepEqual(
          found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`),
          [],
          `${look.theme} ${look.size.width}`,
        );
      }
    });
  }
});
