// Lighthouse on a Chromium of its own, as its command line would run it: mobile, in a fresh profile.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import lighthouse from 'lighthouse';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { chromiumArgs, findChromium } from './browser.ts';
import { freePort } from './server.ts';

export type Category = 'performance' | 'accessibility' | 'best-practices' | 'seo';
export type LighthouseResult = {
  /** 0 to 100. */
  readonly scores: Readonly<Partial<Record<Category, number>>>;
  readonly failedAudits: readonly string[];
  /** Milliseconds, but for the layout shift. */
  readonly metrics: Readonly<Record<string, number>>;
};

const metricNames = [
  'first-contentful-paint',
  'largest-contentful-paint',
  'total-blocking-time',
  'cumulative-layout-shift',
  'interactive',
  'speed-index',
];

/** On a busy machine the browser now and then loses the start of its own trace; Lighthouse then asks to be run again. */
const attemptsMax = 3;

export async function runLighthouse(
  url: string,
  categories: readonly Category[],
  throttling: 'devtools' | 'simulate' = 'simulate',
  /** What a person did in this browser before, on a page of it; what the site then stores there stays for the run. */
  prepare?: (page: Page) => Promise<void>,
): Promise<LighthouseResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(url, categories, throttling, prepare);
    } catch (error) {
      if (attempt === attemptsMax) throw error;
    }
  }
}

async function runOnce(
  url: string,
  categories: readonly Category[],
  throttling: 'devtools' | 'simulate',
  prepare: ((page: Page) => Promise<void>) | undefined,
): Promise<LighthouseResult> {
  const profile = mkdtempSync(join(tmpdir(), 'reprise-lighthouse-'));
  const port = await freePort();
  const executable = findChromium();
  if (executable === null) throw new Error('no Chromium on this machine');
  const args = [
    ...chromiumArgs(),
    '--headless=new',
    `--remote-debugging-port=${port}`,
    `--user-data-dir=${profile}`,
    '--no-first-run',
    'about:blank',
  ];
  const child = spawn(executable, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  try {
    await untilListening(port);
    if (prepare) await prepareProfile(port, prepare);
    const result = await lighthouse(url, {
      port,
      output: 'json',
      logLevel: 'error',
      onlyCategories: [...categories],
      formFactor: 'mobile',
      throttlingMethod: throttling,
      disableStorageReset: prepare !== undefined,
    });
    if (result === undefined) throw new Error('Lighthouse gave no result');
    const { lhr } = result;
    if (lhr.runtimeError !== undefined) throw new Error(`Lighthouse could not load the page: ${lhr.runtimeError.message}`);
    return {
      scores: Object.fromEntries(Object.entries(lhr.categories).map(([name, { score }]) => [name, Math.round(100 * (score ?? 0))])),
      failedAudits: failuresOf(lhr),
      metrics: Object.fromEntries(
        metricNames.flatMap((name) => (lhr.audits[name]?.numericValue === undefined ? [] : [[name, lhr.audits[name].numericValue]])),
      ),
    };
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

type Report = NonNullable<Awaited<ReturnType<typeof lighthouse>>>['lhr'];

function failuresOf(lhr: Report): readonly string[] {
  return Object.values(lhr.audits)
    .filter(({ scoreDisplayMode, score }) => scoreDisplayMode === 'binary' && score !== null && score < 1)
    .map(({ id, title, details }) => `${id}: ${title} ${elementsOf(details)}`);
}

function elementsOf(details: unknown): string {
  const items = (details as { readonly items?: readonly { readonly node?: { readonly snippet?: string } }[] } | undefined)?.items ?? [];
  return items
    .map(({ node }) => node?.snippet ?? '')
    .filter(Boolean)
    .join(' ');
}

async function prepareProfile(port: number, prepare: (page: Page) => Promise<void>): Promise<void> {
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
  try {
    const page = await (browser.contexts()[0] as BrowserContext).newPage();
    await prepare(page);
    await page.close();
  } finally {
    await browser.close();
  }
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++, await sleep(100)) {
    const answer = await fetch(`http://127.0.0.1:${port}/json/version`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
  }
  throw new Error('Chromium did not open its debugging port');
}
