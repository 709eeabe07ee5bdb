// The two browsers of the distribution behind one small face: open a page, run a function in it, see what landed on disk.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';

export type BrowserName = 'chromium' | 'firefox';
export const browserPaths: Readonly<Record<BrowserName, string>> = { chromium: '/usr/bin/chromium', firefox: '/usr/bin/firefox-esr' };

/** For whatever a busy machine does slowly; nothing here measures time. */
const patienceMs = 180_000;

export function missingBrowser(name: BrowserName): string | false {
  return existsSync(browserPaths[name]) ? false : `${browserPaths[name]} is not installed`;
}

export interface TestPage {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Runs `work` in the page; what goes in and comes out is JSON. */
  run<In, Out>(work: (argument: In) => Out | Promise<Out>, argument: In): Promise<Out>;
  /** Gives files of the disk to an <input type=file>. */
  choose(selector: string, paths: readonly string[]): Promise<void>;
  /** Lines of the console and errors that nobody caught, so far. */
  readonly console: readonly string[];
  close(): Promise<void>;
}
export interface TestBrowser extends AsyncDisposable {
  readonly name: BrowserName;
  /** Where downloads land under their own names; a name that ends in .part or .crdownload is not finished. */
  readonly downloads: string;
  newPage(): Promise<TestPage>;
}

export async function startBrowser(name: BrowserName): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'reprise-web-'));
  const downloads = await mkdtemp(join(tmpdir(), 'reprise-saved-'));
  const browser = name === 'chromium' ? await startChromium(profile, downloads) : await startFirefox(downloads);
  return {
    name,
    downloads,
    newPage: browser.newPage,
    async [Symbol.asyncDispose]() {
      await browser.close();
      for (const folder of [profile, downloads]) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Driver = { newPage(): Promise<TestPage>; close(): Promise<void> };

async function startChromium(profile: string, downloads: string): Promise<Driver> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPaths.chromium,
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
    acceptDownloads: true,
    timeout: patienceMs,
  });
  context.setDefaultTimeout(patienceMs);
  context.setDefaultNavigationTimeout(patienceMs);
  const session = await context.browser()?.newBrowserCDPSession();
  const pageSession = session ?? (await context.newCDPSession(context.pages()[0] ?? (await context.newPage())));
  await pageSession.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads, eventsEnabled: false });
  return {
    async newPage() {
      const page = await context.newPage();
      const lines: string[] = [];
      page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => lines.push(`uncaught: ${error.message}`));
      return {
        console: lines,
        goto: async (url) => void (await page.goto(url)),
        reload: async () => void (await page.reload()),
        run: (work, argument) => page.evaluate(work as never, argument as never) as never,
        choose: (selector, paths) => page.setInputFiles(selector, [...paths]),
        close: () => page.close(),
      };
    },
    close: () => context.close(),
  };
}

async function startFirefox(downloads: string): Promise<Driver> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: browserPaths.firefox,
    headless: true,
    timeout: patienceMs,
    protocolTimeout: 1_200_000,
    extraPrefsFirefox: {
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      'browser.download.useDownloadDir': true,
      'browser.download.always_ask_before_handling_new_types': false,
      'browser.helperApps.neverAsk.saveToDisk': 'application/octet-stream',
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
    },
  });
  return {
    async newPage() {
      const page = await browser.newPage();
      page.setDefaultTimeout(patienceMs);
      const lines: string[] = [];
      page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => lines.push(`uncaught: ${error instanceof Error ? error.message : String(error)}`));
      return {
        console: lines,
        goto: async (url) => void (await page.goto(url)),
        reload: async () => void (await page.reload()),
        run: (work, argument) => page.evaluate(work as never, argument as never) as never,
        async choose(selector, paths) {
          const input = await page.$(selector);
          await (input as unknown as { uploadFile(...paths: string[]): Promise<void> }).uploadFile(...paths);
        },
        close: () => page.close(),
      };
    },
    close: () => browser.close(),
  };
}

/** Waits until a download of this folder is whole in the browser's eyes. @returns its path */
export async function finishedDownload(folder: string, waitMs: number): Promise<string> {
  const until = Date.now() + waitMs;
  for (;;) {
    const names = await readdir(folder);
    const [name] = names;
    if (name !== undefined && !names.some((it) => /\.(part|crdownload)$/.test(it))) return join(folder, name);
    if (Date.now() > until) throw new Error(`no finished download: ${names.join(', ') || 'nothing came'}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
