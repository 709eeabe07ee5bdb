// One state of the screens against WCAG 2.2 AA as far as axe-core can tell, light on a desk and dark on a phone.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { browserPath, openBrowser, serveStories, violationsOf, type Shot } from './contact-sheet.ts';

const absent = existsSync(browserPath) ? false : `no Chromium at ${browserPath}; set CHROMIUM`;

export function judgeStories(about: string, names: readonly string[]): void {
  describe(about, { skip: absent, timeout: 900_000 }, () => {
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

    for (const story of names) {
      test(`${story}, light on a desk and dark on a phone`, async () => {
        const looks: readonly Shot[] = [
          { story, locale: 'fr', theme: 'light', size: { width: 1440, height: 900 } },
          { story, locale: 'en', theme: 'dark', size: { width: 390, height: 844 } },
        ];
        // Both wait for their pages to come to rest, so they wait together.
        const found = await Promise.all(looks.map((look) => violationsOf(browser, served.url, look)));
        const told = found.map((violations) =>
          violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`),
        );
        assert.deepEqual(told, [[], []]);
      });
    }
  });
}
