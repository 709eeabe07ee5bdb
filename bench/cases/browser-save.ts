// Saving through a browser: from the press on the button until the file lies finished in the download folder, equal to the last byte.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { settleDisk } from '../harness/disk.ts';
import { makeRandomFile } from '../harness/inputs.ts';
import { processTree, sampleResident } from '../harness/resident.ts';
import { inRounds } from '../harness/rounds.ts';
import { assertSameBytes } from '../harness/same-bytes.ts';
import { makeScratch } from '../harness/scratch.ts';
import { us, type Absence, type CaseResult, type Series } from '../results.ts';
import { findChromium, findFirefox, launchChromium, launchFirefox, openPage } from '../../tests/support/browser.ts';
import { wordsOf } from '../../tests/support/words.ts';
import type { BenchCase, CaseContext } from './case.ts';
import { startLinkHost } from './link-host.ts';

const words = wordsOf('fr');
const doneMsMax = 20 * 60_000;
const mainButton = '.save.main button.big:not([disabled])';

export const browserSave: BenchCase = {
  name: 'browser-save',
  about: 'a file of 1 GiB saved through Chromium and Firefox (quick: 256 MiB)',
  long: false,
  run: (context) => measureSaves(context.options.quick ? 2 ** 28 : 2 ** 30, context.options.runs, context),
};

export const browserSaveLarge: BenchCase = {
  name: 'browser-save-5g',
  about: 'a file of 5 GiB saved through Chromium and Firefox, once',
  long: true,
  run: (context) => measureSaves(5 * 2 ** 30, 1, context),
};

export const browserSaveHuge: BenchCase = {
  name: 'browser-save-20g',
  about: 'the heap of a page that saves a file of 20 GiB through Chromium, once; takes 60 GiB of disk',
  long: true,
  run: (context) => measureSaves(20 * 2 ** 30, 1, context, ['Chromium']),
};

type Saved = { readonly ms: number; readonly heapBytes: number | null; readonly residentGrowthBytes: number };
type Saver = { readonly name: string; readonly save: (link: string, folder: string, name: string, bytes: number) => Promise<Saved> };

async function measureSaves(
  bytes: number,
  runs: number,
  { options, say }: CaseContext,
  browsers: readonly string[] = ['Chromium', 'Firefox'],
): Promise<CaseResult> {
  const caseName = `save of ${bytes >= 2 ** 30 ? `${bytes / 2 ** 30} GiB` : `${bytes / 2 ** 20} MiB`} in a browser`;
  using scratch = makeScratch(options.folder, 'save');
  const absences: Absence[] = [];
  const savers: Saver[] = [];
  const isAsked = (browser: string): boolean => browsers.includes(browser);
  if (isAsked('Chromium') && findChromium() === null) absences.push({ caseName, subject: us, reason: 'no Chromium on this machine' });
  else if (isAsked('Chromium')) savers.push({ name: 'Chromium', save: saveInChromium });
  if (isAsked('Firefox') && findFirefox() === null) absences.push({ caseName, subject: us, reason: 'no Firefox on this machine' });
  else if (isAsked('Firefox')) savers.push({ name: 'Firefox', save: saveInFirefox });
  const name = 'recording.bin';
  const source = makeRandomFile(join(scratch.folder, name), bytes);
  await using server = await startLinkHost(scratch.folder);
  const link = await server.put(source);
  const found = new Map<string, Saved[]>(savers.map((saver) => [saver.name, []]));
  await inRounds(savers, runs, async (saver, run) => {
    const folder = join(scratch.folder, `saved-${saver.name}-${run}`);
    mkdirSync(folder);
    await settleDisk(scratch.folder);
    try {
      const saved = await saver.save(link, folder, name, bytes);
      await assertSameBytes(source, join(folder, name));
      found.get(saver.name)?.push(saved);
      say(`${caseName} run ${run + 1} ${saver.name}: ${speedOf(bytes, saved).toFixed(0)} MiB/s`);
    } catch (error) {
      absences.push({ caseName, subject: saver.name, reason: `run ${run + 1}: ${(error as Error).message.slice(0, 400)}` });
      say(`${caseName} run ${run + 1} ${saver.name} FAILED: ${(error as Error).message}`);
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  });
  const series: Series[] = [];
  const add = (measure: string, unit: Series['unit'], better: Series['better'], values: readonly number[]) => {
    if (values.length > 0) series.push({ caseName, measure, subject: us, unit, better, values });
  };
  for (const [browser, all] of found) {
    add(
      browser,
      'MiB/s',
      'more',
      all.map((saved) => speedOf(bytes, saved)),
    );
    add(
      `heap, ${browser}`,
      'MiB',
      'less',
      all.flatMap(({ heapBytes }) => (heapBytes === null ? [] : [heapBytes / 2 ** 20])),
    );
    add(
      `all processes above idle, ${browser}`,
      'MiB',
      'less',
      all.map(({ residentGrowthBytes }) => residentGrowthBytes / 2 ** 20),
    );
  }
  return {
    series,
    absences,
    remarks: [
      'From the press on the button until the finished file lay in the download folder; compared byte for byte. Heap: scripts of the page and its workers, the most seen at once. Resident memory of a browser counts pages shared between its processes more than once.',
    ],
  };
}

async function saveInChromium(link: string, folder: string, name: string, bytes: number): Promise<Saved> {
  const browser = await launchChromium([], findChromium());
  try {
    await using visit = await openPage(browser, { origin: new URL(link).origin });
    const session = await browser.newBrowserCDPSession();
    await visit.page.goto(link);
    await visit.page.waitForSelector(mainButton);
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'allow',
      downloadPath: folder,
      browserContextId: await contextIdOf(visit.page),
    });
    const idle = await watchMemory('chrom');
    let heapBytes = 0;
    const heap = setInterval(
      () =>
        void heapOf(visit.page).then(
          (size) => (heapBytes = Math.max(heapBytes, size)),
          () => undefined,
        ),
      500,
    );
    const startedAt = performance.now();
    await visit.page.click(mainButton);
    await untilSaved(join(folder, name), bytes, async () => (await visit.page.getByText(words.text('save_done')).count()) > 0);
    const ms = performance.now() - startedAt;
    clearInterval(heap);
    return { ms, heapBytes, residentGrowthBytes: idle.growth() };
  } finally {
    await browser.close();
  }
}

async function contextIdOf(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  if (targetInfo.browserContextId === undefined) throw new Error('the page has no browser context');
  return targetInfo.browserContextId;
}

async function saveInFirefox(link: string, folder: string, name: string, bytes: number): Promise<Saved> {
  const firefox = await launchFirefox(folder);
  try {
    const page = await firefox.newPage();
    await page.goto(link);
    const button = await page.waitForSelector(mainButton);
    const idle = await watchMemory('firefox');
    const startedAt = performance.now();
    await button?.click();
    await untilSaved(join(folder, name), bytes, () =>
      page.evaluate((text: string) => document.body.innerText.includes(text), words.text('save_done')),
    );
    return { ms: performance.now() - startedAt, heapBytes: null, residentGrowthBytes: idle.growth() };
  } finally {
    await firefox.close();
  }
}

/** Until the page says so and the file has its name and length. */
async function untilSaved(path: string, bytes: number, saysDone: () => Promise<boolean>): Promise<void> {
  for (const until = Date.now() + doneMsMax; Date.now() < until; await sleep(50)) {
    const unfinished = existsSync(join(path, '..')) && readdirSync(join(path, '..')).some((each) => /\.(part|crdownload)$/.test(each));
    if (!unfinished && existsSync(path) && statSync(path).size === bytes && (await saysDone())) return;
  }
  throw new Error(`not saved after ${doneMsMax / 60_000} minutes; the folder holds ${readdirSync(join(path, '..')).join(', ')}`);
}

/** Bytes of script heaps: the page's and those of its workers. */
async function heapOf(page: Page): Promise<number> {
  const ask = 'performance.memory === undefined ? 0 : performance.memory.usedJSHeapSize';
  const sizes = await Promise.all([
    page.evaluate<number>(ask),
    ...page.workers().map((worker) => worker.evaluate<number>(ask).catch(() => 0)),
  ]);
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function watchMemory(programName: string): Promise<{ growth(): number }> {
  const pid = processTree(process.pid).find((each) => each !== process.pid && nameOf(each).includes(programName));
  if (pid === undefined) throw new Error(`no process called ${programName} below this one`);
  const sampler = sampleResident(pid, 250);
  await sleep(1000);
  const idle = sampler.stop();
  const running = sampleResident(pid, 250);
  return { growth: () => running.stop() - idle };
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function speedOf(bytes: number, { ms }: Saved): number {
  return bytes / 2 ** 20 / (ms / 1000);
}
