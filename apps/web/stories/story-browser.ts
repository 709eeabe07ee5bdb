// Stories in a browser of their own, for a suite that works with them.
import type { Page } from 'playwright-core';
import { openBrowser, openShot, serveStories, type Shot } from './contact-sheet.ts';

export type StoryBrowser = AsyncDisposable & { show(shot: Shot): Promise<Page> };

export async function startStories(): Promise<StoryBrowser> {
  const served = await serveStories();
  const browser = await openBrowser().catch(async (error: unknown) => {
    await served.close();
    throw error;
  });
  return {
    show: (shot) => openShot(browser, served.url, shot),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await served.close();
    },
  };
}
