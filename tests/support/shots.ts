// For the eye: pictures of the steps of a story, in the folder that REPRISE_SHOTS names, where somebody asked for them.
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** @param story begins the names of its pictures */
export function shotsOf(story: string): (page: Page, name: string) => Promise<void> {
  let taken = 0;
  return async (page, name) => {
    const folder = process.env['REPRISE_SHOTS'];
    if (folder) await page.screenshot({ path: join(folder, `${story}-${String(++taken).padStart(2, '0')}-${name}.png`) });
  };
}
