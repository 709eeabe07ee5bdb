// How long the screen takes to answer what a person does in a drive with a folder of 100 000 entries: Event Timing over the acts of a first visit, with
// the real engine and a real server. What web.dev calls INP, act by act.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemRandom } from '@reprise/kit';
import { drawPhrase } from '@reprise/vault/account';
import type { Browser, Locator, Page } from 'playwright-core';
import * as steps from '../../tests/e2e/drive-steps.ts';
import { findChromium, launchChromium, openPage } from '../../tests/support/browser.ts';
import { root, startHost } from '../../tests/support/server.ts';
import { until } from '../../tests/support/until.ts';
import { wordsOf } from '../../tests/support/words.ts';
import { percentile } from '../harness/median.ts';
import { benchName, fillDrive, putSmallFiles, smallName } from '../harness/bench-drive.ts';
import { makeScratch } from '../harness/scratch.ts';
import { timesOf, us } from '../results.ts';
import type { BenchCase } from './case.ts';

const words = wordsOf('fr');
const folder = 'archive';
const filesPut = 10_000;
const roundsOfRun = 3;
/** Event Timing reports nothing shorter; what it does not report counts as this. */
const shortestMs = 16;

export const interactions: BenchCase = {
  name: 'inp',
  about: 'how long the screen takes to answer, in a drive with a folder of 100 000 entries',
  long: false,
  async run({ options, say }) {
    const files = options.quick ? filesPut : 10 * filesPut;
    const caseName = `acts in a folder of ${files.toLocaleString('en')} entries`;
    const reason =
      findChromium() === null ? 'no Chromium on this machine' : existsSync(join(root, 'apps/web/dist')) ? null : 'the web app is not built';
    if (reason !== null) return { series: [], absences: [{ caseName, subject: us, reason }], remarks: [] };
    using scratch = makeScratch(options.folder, 'inp');
    const rates = Object.fromEntries(['REQUESTS', 'SPACES', 'ACCOUNTS', 'LOGINS'].map((rate) => [`REPRISE_RATE_${rate}`, 'off']));
    await using host = await startHost({ dataFolder: join(scratch.folder, 'store'), env: rates });
    const phrase = drawPhrase(systemRandom);
    await fillDrive(host.url, phrase, async (drive) => {
      await drive.makeFolder(`/${folder}`);
      await putSmallFiles(drive, `/${folder}`, filesPut);
      for (let n = filesPut; n < files; n += filesPut) {
        const copies = Array.from({ length: filesPut }, (_, i) => ({
          from: `/${folder}/${smallName(i)}`,
          to: `/${folder}/${smallName(n + i)}`,
        }));
        await drive.copyAll(copies);
        say(`${caseName}: ${n + filesPut} made`);
      }
    });
    const found = new Map<string, number[]>();
    const browser = await launchChromium([], findChromium());
    try {
      for (let run = 0; run < options.runs; run++) {
        const acts = await visit(browser, host.url, phrase);
        for (const [act, values] of acts) found.set(act, [...(found.get(act) ?? []), ...values]);
        say(`${caseName}, run ${run + 1}: 75 of 100 acts within ${percentile([...acts.values()].flat(), 0.75)} ms`);
      }
    } finally {
      await browser.close();
    }
    const series = timesOf(caseName);
    return {
      series: [
        series('all acts, 75th percentile', [percentile([...found.values()].flat(), 0.75)]),
        ...[...found].map(([act, values]) => series(`${act}, 75th percentile`, [percentile(values, 0.75)])),
        ...[...found].map(([act, values]) => series(`${act}, longest`, [Math.max(...values)])),
      ],
      absences: [],
      remarks: [
        `Event Timing in Chromium, from the input to the next frame painted, in steps of 8 ms; what takes less than ${shortestMs} ms counts as ${shortestMs} ms. Each run in a new profile, ${roundsOfRun} rounds of acts, server and browser on one machine.`,
      ],
    };
  },
};

/** @returns ms until the screen answered, by act */
async function visit(browser: Browser, url: string, phrase: string): Promise<ReadonlyMap<string, readonly number[]>> {
  await using opened = await openPage(browser, { origin: url });
  const { page } = opened;
  await steps.signIn(page, url, words, { identifier: benchName, phrase });
  await page.evaluate(() => {
    type Heard = { readonly interactionId: number; readonly duration: number };
    const kept = ((globalThis as unknown as { heard: Heard[] }).heard = []) as Heard[];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as Heard[])
        if (entry.interactionId > 0) kept.push({ interactionId: entry.interactionId, duration: entry.duration });
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
  const found = new Map<string, number[]>();
  let heard = 0;
  const act = async (name: string, work: () => Promise<void>): Promise<void> => {
    await page.evaluate(() => void ((globalThis as unknown as { heard: unknown[] }).heard.length = 0));
    await work();
    const longestMs = await longestHeard(page);
    if (longestMs !== null) heard++;
    found.set(name, [...(found.get(name) ?? []), longestMs ?? shortestMs]);
  };
  for (let round = 0; round < roundsOfRun; round++) await actRound(page, act, round);
  if (heard === 0) throw new Error('the browser reported no act at all: nothing was measured');
  return found;
}

/** What each act leads to is waited for: an act that came to nothing would be the quickest. */
async function actRound(page: Page, act: (name: string, work: () => Promise<void>) => Promise<void>, round: number): Promise<void> {
  const row = (position: number, isOn: boolean) => page.locator(`[data-position="${position}"][aria-selected="${isOn}"]`);
  const name = `IMG_000005 ${round}.jp`;
  await act('open a folder', () => steps.openFolder(page, folder));
  await row(0, false).waitFor();
  await act('select a row', () => row(3, false).click());
  await row(3, true).waitFor();
  await act('select all', () => page.keyboard.press('Control+a'));
  await row(0, true).waitFor();
  await act('select none', () => page.keyboard.press('Escape'));
  await row(0, false).waitFor();
  await act('open the menu of a row', () => row(5, false).click({ button: 'right' }));
  const menu = page.getByRole('menu');
  await menu.waitFor();
  await act('close the menu', () => page.keyboard.press('Escape'));
  await menu.waitFor({ state: 'detached' });
  await page.locator('[data-position="5"]').click();
  await act('begin to rename', () => page.keyboard.press('F2'));
  const field = page.getByLabel(words.pattern('rename_label'));
  await field.waitFor();
  await field.fill(name);
  await act('type a letter of a name', () => page.keyboard.press('g'));
  await holds(field, `${name}g`);
  await act('rename', () => page.keyboard.press('Enter'));
  await steps.appears(page, `${name}g`);
  await act('go to the search', () => page.keyboard.press('/'));
  const search = page.locator('input[type="search"]');
  await search.waitFor();
  await search.focus();
  await act('search a letter', () => page.keyboard.press('i'));
  await holds(search, 'i');
  await act('search a second letter', () => page.keyboard.press('m'));
  await holds(search, 'im');
  await act('leave the search', () => steps.visit(page, words, 'nav_files'));
}

function holds(field: Locator, text: string): Promise<void> {
  return until(`the field holds ${text}`, async () => (await field.inputValue()) === text);
}

/** Once the frame after the act was painted, and what it took was reported. @returns null: less than is reported */
async function longestHeard(page: Page): Promise<number | null> {
  return page.evaluate(
    () =>
      new Promise<number | null>((resolve) => {
        const told = (): void => {
          const { heard } = globalThis as unknown as { heard: readonly { duration: number }[] };
          resolve(heard.length === 0 ? null : Math.max(...heard.map(({ duration }) => duration)));
        };
        // Entries are reported after the frame that they measure, when the page is idle again.
        requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(told)));
      }),
  );
}
