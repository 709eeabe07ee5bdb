// Real browsers: Chromium through Playwright, Firefox ESR through WebDriver BiDi, both those of the distribution. Every page is watched: console
// errors, exceptions, refused policies and requests to other origins are collected, and a story ends by asking that there were none.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import puppeteer, { type Browser as Firefox } from 'puppeteer-core';
import type { Locale } from './words.ts';

export type Shape = 'phone' | 'tablet' | 'desktop';
export type Theme = 'light' | 'dark';

export const viewports = {
  phone: { width: 390, height: 844 },
  tablet: { width: 768, height: 1024 },
  desktop: { width: 1440, height: 900 },
} as const;

/** For a busy machine; no story measures how long a browser takes to start. */
const launchMsMax = 180_000;

export function findChromium(): string | null {
  return firstThatRuns([process.env['REPRISE_CHROMIUM'], 'chromium', 'chromium-browser', 'google-chrome']);
}

/** The same engine without the windows around it, at a quarter of the processor time for a page; else the browser itself. */
function findHeadlessChromium(): string | null {
  return firstThatRuns([process.env['REPRISE_CHROMIUM'], 'chromium-headless-shell']) ?? findChromium();
}

export function findFirefox(): string | null {
  return firstThatRuns([process.env['REPRISE_FIREFOX'], 'firefox-esr', 'firefox']);
}

/** @param program for a story that a person's whole browser is to judge, and for whatever is timed: `findChromium()` */
export async function launchChromium(args: readonly string[] = [], program?: string | null): Promise<Browser> {
  const executablePath = program ?? findHeadlessChromium();
  if (executablePath === null) throw new Error('no Chromium on this machine');
  return chromium.launch({ executablePath, args: [...chromiumArgs(), ...args], env: utf8Environment(), timeout: launchMsMax });
}

/** Without a locale, as in many containers, Chromium does not find files whose names are not ASCII. */
function utf8Environment(): Record<string, string> {
  const { LC_ALL: _, ...env } = process.env as Record<string, string>;
  return { ...env, LANG: 'C.UTF-8', LC_CTYPE: 'C.UTF-8' };
}

/** What an automated Chromium needs on a machine without a screen. */
export function chromiumArgs(): readonly string[] {
  // Its sandbox refuses to run as root, which containers are.
  return [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-dev-shm-usage',
    '--mute-audio',
    '--autoplay-policy=no-user-gesture-required',
  ];
}

export async function launchFirefox(downloadFolder: string, preferences: Readonly<Record<string, unknown>> = {}): Promise<Firefox> {
  const executablePath = findFirefox();
  if (executablePath === null) throw new Error('no Firefox on this machine');
  mkdirSync(downloadFolder, { recursive: true });
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    timeout: launchMsMax,
    protocolTimeout: 600_000,
    extraPrefsFirefox: {
      'browser.download.folderList': 2,
      'browser.download.dir': downloadFolder,
      'browser.download.useDownloadDir': true,
      'browser.download.always_ask_before_handling_new_types': false,
      'browser.helperApps.neverAsk.saveToDisk': 'application/octet-stream,application/zip',
      'intl.accept_languages': 'fr-FR,fr',
      ...preferences,
    },
  });
}

export type PageOptions = {
  readonly shape?: Shape;
  readonly locale?: Locale;
  readonly theme?: Theme;
  /** Requests to any other origin are findings. */
  readonly origin: string;
};

export interface WatchedPage extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong so far, in words; empty when all is well. */
  findings(): Promise<readonly string[]>;
  /** What the page put into the clipboard last. */
  copied(): Promise<string>;
  /** Answers of the server that this story provokes on purpose, which Chromium writes to the console as errors. */
  expectRefusal(status: number): void;
}

/** A page in a profile of its own, as a person's first visit. */
export async function openPage(browser: Browser, options: PageOptions): Promise<WatchedPage> {
  const shape = options.shape ?? 'desktop';
  const context = await browser.newContext({
    viewport: viewports[shape],
    locale: options.locale === 'en' ? 'en-GB' : 'fr-FR',
    colorScheme: options.theme ?? 'light',
    acceptDownloads: true,
    permissions: ['clipboard-write'],
    ...(shape === 'phone' ? { hasTouch: true, isMobile: true, deviceScaleFactor: 3, userAgent: phoneAgent } : {}),
  });
  // For whatever a busy machine does slowly; no story measures time.
  context.setDefaultTimeout(Number(process.env['REPRISE_PATIENCE_MS'] ?? 120_000));
  context.setDefaultNavigationTimeout(120_000);
  // Phones have no picker that hands out writable files; the page falls back to its input, as it does there.
  if (shape === 'phone') await context.addInitScript(`delete window.showOpenFilePicker; delete window.showSaveFilePicker;`);
  // The pages may not read the clipboard, so what they write there is noted on its way.
  await context.addInitScript(`
    const write = navigator.clipboard?.writeText.bind(navigator.clipboard);
    if (write) navigator.clipboard.writeText = (text) => write(text).then(() => { globalThis.copiedText = text; });
    globalThis.refusedPolicies = [];
    addEventListener('securitypolicyviolation', (event) => refusedPolicies.push(event.effectiveDirective + ' refused ' + event.blockedURI + ' ' + event.sourceFile));
  `);
  const found: string[] = [];
  const refusals = new Set<number>();
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== options.origin) found.push(`request to another origin: ${url.origin}`);
    if (request.url().includes('#')) found.push(`a request carries a fragment: ${request.url()}`);
  });
  const watch = (page: Page) => {
    // The browser hands pickers over from now on: told so only when a story waits for one, it may be told too late.
    page.on('filechooser', () => undefined);
    page.on('console', (message) => {
      const status = Number(/Failed to load resource.* status of (\d+)/.exec(message.text())?.[1] ?? 0);
      if (message.type() === 'error' && !refusals.has(status)) found.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => found.push(`exception: ${error.stack ?? error.message}`));
  };
  context.on('page', watch);
  const page = await context.newPage();
  return {
    page,
    context,
    copied: () => copiedOn(page),
    expectRefusal: (status) => void refusals.add(status),
    async findings() {
      const refused = (
        await Promise.all(context.pages().map((each) => each.evaluate('globalThis.refusedPolicies ?? []').catch(() => [])))
      ).flat() as string[];
      return [...found, ...refused.map((text) => `policy: ${text}`)];
    },
    async [Symbol.asyncDispose]() {
      const shown = await Promise.all(context.pages().map(shownOn));
      lastSeen.push(...shown, ...found);
      lastSeen.splice(0, lastSeen.length - lastSeenMax);
      await context.close();
    },
  };
}

/** What pages showed when they were closed, and what was found on them: all that is left to tell why a story failed on a machine far away. */
export const lastSeen: string[] = [];
const lastSeenMax = 20;

async function shownOn(page: Page): Promise<string> {
  const text = page.evaluate('document.body.innerText').then(String, (error: unknown) => `unknown: ${String(error)}`);
  // A page that hangs says nothing.
  return `${page.url().split('#')[0]} showed: ${(await Promise.race([text, sleep(5_000, 'nothing: it did not answer')])).slice(0, 1_500)}`;
}

/** What the page copied last; waits until there is something. */
export async function copiedOn(page: Page): Promise<string> {
  const text = await page.waitForFunction(() => (globalThis as { copiedText?: string }).copiedText);
  return (await text.jsonValue()) as string;
}

const phoneAgent = 'Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36';

/** Drops files and folders on the middle of the page, as a hand with a mouse does. */
export async function dropOnPage(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize() ?? viewports.desktop;
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data });
  }
  // The session lives as long as the page: what was dropped is let go of with it, while the page may still be reading.
}

function firstThatRuns(names: readonly (string | undefined)[]): string | null {
  for (const name of names) {
    if (name === undefined) continue;
    const path = name.includes('/') ? name : spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    if (path !== '' && spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0) return path;
  }
  return null;
}
