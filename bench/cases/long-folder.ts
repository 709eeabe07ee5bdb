// A folder of 100 000 entries in the browser: how soon its first rows stand there, how it scrolls, selects and searches, and the heap it takes.
import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { us, type Series, type Unit } from '../results.ts';
import type { BenchCase } from './case.ts';

const caseName = 'folder of 100 000 entries';
/** The screens have a compiler of their own: imported by a name that this one does not follow. */
const storiesModule: string = '../../apps/web/stories/contact-sheet.ts';
type Stories = {
  readonly browserPath: string;
  openBrowser(): Promise<Browser>;
  serveStories(): Promise<{ readonly url: string; close(): Promise<void> }>;
};
const desk = { width: 1440, height: 900 };

export const longFolder: BenchCase = {
  name: 'long-folder',
  about: caseName,
  long: false,
  async run({ options, say }) {
    const { browserPath, openBrowser, serveStories } = await loadStories();
    if (!existsSync(browserPath))
      return { series: [], absences: [{ caseName, subject: us, reason: 'no Chromium on this machine' }], remarks: [] };
    const served = await serveStories();
    const browser = await openBrowser();
    const found = new Map<string, { readonly unit: Unit; readonly values: number[] }>();
    const add = (measure: string, unit: Unit, value: number): void => {
      found.set(measure, { unit, values: [...(found.get(measure)?.values ?? []), value] });
      say(`${caseName}, ${measure}: ${value.toFixed(1)} ${unit}`);
    };
    try {
      for (let run = 0; run < options.runs; run++) {
        const context = await browser.newContext({ viewport: desk, locale: 'fr-FR' });
        const page = await context.newPage();
        await page.goto(`${served.url}?story=app-files-many`);
        await page.locator('[data-position="0"]').waitFor();
        await measureRows(page, add);
        await measureSearch(page, served.url, add);
        await context.close();
      }
    } finally {
      await browser.close();
      await served.close();
    }
    const series = [...found].map(
      ([measure, { unit, values }]): Series => ({ caseName, measure, subject: us, unit, better: 'less', values }),
    );
    return { series, absences: [], remarks: ['The screens over given entries: what an engine takes to fetch and open them is not in it.'] };
  },
};

export async function loadStories(): Promise<Stories> {
  return (await import(storiesModule)) as Stories;
}

async function measureRows(page: Page, add: (measure: string, unit: Unit, value: number) => void): Promise<void> {
  const figures = await page.evaluate(async () => {
    const frame = (): Promise<number> =>
      new Promise((resolve) => {
        requestAnimationFrame(resolve);
      });
    const grid = document.querySelector('[role="grid"]')!;
    const frames: number[] = [];
    let last = await frame();
    for (let i = 1; i <= 180; i++) {
      grid.scrollTop = i * 331;
      const now = await frame();
      frames.push(now - last);
      last = now;
    }
    grid.scrollTop = 0;
    await frame();
    (document.querySelector('[data-position="0"]') as HTMLElement).focus();
    const selectAt = performance.now();
    document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', ctrlKey: true, bubbles: true, cancelable: true }));
    await frame();
    const selected = performance.now() - selectAt;
    const sortAt = performance.now();
    (document.querySelector('[role="columnheader"].size button') as HTMLElement).click();
    await frame();
    const sorted = performance.now() - sortAt;
    frames.sort((a, b) => a - b);
    return { median: frames[90]!, worst: frames.at(-1)!, selected, sorted };
  });
  add('frame while scrolling, median', 'ms', figures.median);
  add('frame while scrolling, longest', 'ms', figures.worst);
  add('select all', 'ms', figures.selected);
  add('sort by size', 'ms', figures.sorted);
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  add('heap of the page', 'MiB', usedSize / 2 ** 20);
  // Drawn again while warm: leave for another page of the drive and come back.
  const drawn = await page.evaluate(async () => {
    const once = (selector: string): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (document.querySelector(selector)) resolve();
          else requestAnimationFrame(look);
        };
        look();
      });
    const press = (key: string): boolean =>
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    press('g');
    press('t');
    await once('.item');
    const from = performance.now();
    press('g');
    press('f');
    await once('[data-position="0"]');
    return performance.now() - from;
  });
  add('first rows, warm', 'ms', drawn);
}

async function measureSearch(page: Page, url: string, add: (measure: string, unit: Unit, value: number) => void): Promise<void> {
  await page.goto(`${url}?story=app-search-many`);
  const field = page.locator('input[type="search"]');
  await field.fill('zz');
  await page.waitForFunction(() => /\d/.test(document.querySelector('.state')?.textContent ?? ''));
  for (const word of ['a', 'contrat', 'photo 77']) {
    const took = await page.evaluate(async (text) => {
      const input = document.querySelector('input[type="search"]') as HTMLInputElement;
      const state = document.querySelector('.state')!;
      const changed = new Promise<void>((resolve) => {
        new MutationObserver((_, observer) => {
          observer.disconnect();
          resolve();
        }).observe(state, { subtree: true, characterData: true, childList: true });
      });
      input.value = text;
      const from = performance.now();
      input.dispatchEvent(new Event('input', { bubbles: true }));
      await changed;
      return performance.now() - from;
    }, word);
    add(`search for "${word}"`, 'ms', took);
  }
}
