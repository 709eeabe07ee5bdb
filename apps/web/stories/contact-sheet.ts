// Pictures of every state at three widths, two themes and two languages, into a temporary folder; with --axe, the accessibility
// check of each instead. `node apps/web/stories/contact-sheet.ts [--axe] [--only part-of-a-name] [--quick] [--width 820]`
import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions } from 'playwright-core';
import { bundleStories, storyNames } from './bundle.ts';
import { now } from './given.ts';

export { storyNames };

const { values: wanted } = parseArgs({
  args: import.meta.main ? process.argv.slice(2) : [],
  options: {
    axe: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    width: { type: 'string', default: '' },
  },
});
const browser = '/usr/bin/chromium';
/** Its engine alone, where it is there, takes a quarter of the processor time for a page. */
const engineAlone = '/usr/bin/chromium-headless-shell';
export const browserPath = process.env['CHROMIUM'] ?? (existsSync(engineAlone) ? engineAlone : browser);
const sizes = [
  { width: 390, height: 844 },
  { width: 820, height: 1180 },
  { width: 1440, height: 900 },
] as const;

/** What is pressed before the picture, for states behind a button. */
const presses: Readonly<Record<string, string>> = {
  'link-broken': '.save button',
  'link-saving': '.save button',
  'link-saved': '.save button',
  'link-report': '.report button',
  'tip-offered': 'aside .row-of .btn:last-child',
  'tip-given': 'aside .row-of .btn:last-child',
  'tip-none': 'aside .row-of .btn:last-child',
  'link-layer': 'li:nth-child(6) .entry',
  'paid-token': '.panel .textlink',
  'paid-outside-connect': '.panel .textlink:last-of-type && .panel input && type:nostr+walletconnect://x && .panel form .btn.ink',
  'paid-outside-refused': '.panel > .btn:not(.yellow)',
  'parcel-dock': '[data-toggle]',
  'parcel-options': '.below .row-of .btn',
  'parcel-qr': '.link + .acts .btn:last-child',
  'landing-options': '.allowance .textlink',
  'landing-keys': 'key:?',
  'manage-revoke': 'li .btn.danger',
  'app-files-chosen': '[data-position="2"] .name',
  'app-files-menu': '[data-position="2"] .more button',
  'app-new-folder': 'key:n',
  'app-move': '[data-position="2"] .more button && [role="menu"] [role="menuitem"]:nth-child(4)',
  'app-cut': 'keys:ArrowDown Control+x',
  'app-clash': 'keys:ArrowDown Control+x Control+v',
  'app-unread-ask': '[aria-labelledby="unread-title"] .btn',
  'app-settings-password': '.setting:nth-of-type(3) .btn',
  'app-settings-passkey': '.setting:nth-of-type(5) li .btn',
  'app-settings-tool': '.setting:nth-of-type(6) > p .btn',
  'app-settings-delete': '.setting:last-of-type .btn.danger',
  'app-settings-plan-sold': 'li:last-child .row-of .btn',
  'app-settings-plan-paying': 'li:last-child .row-of .btn && li:last-child .row-of .btn',
  'app-share': 'keys:ArrowDown s',
  'app-share-sold': 'keys:ArrowDown ArrowDown s',
  'app-share-price': 'keys:ArrowDown ArrowDown s && dialog .row-of .btn:last-child && type:2500',
  'app-versions': 'keys:ArrowDown ArrowDown h',
  'app-search': 'type:f',
  'app-search-none': 'type:zzz',
  'app-search-many': 'type:contrat',
  'app-rewind-plan': 'ol li button',
  'app-wallet-connect': '[aria-labelledby=own-wallet] .btn',
  'app-wallet-receive': '.balance .btn.yellow',
  'app-wallet-invoice': '.balance .btn.yellow && dialog input && type:2100 && dialog form .btn.ink',
  'app-wallet-refused':
    '.balance .btn.yellow && dialog .row-of button:nth-child(2) && dialog textarea && type:cashuB && dialog form .btn.ink',
  'app-wallet-token': '.balance .row-of .btn:nth-child(2) && dialog input && type:500 && dialog form .btn.ink',
  'app-wallet-pay': '.balance .row-of .btn:nth-child(3) && dialog textarea && type:lnbc && dialog form .btn.ink',
  'app-links-unread-ask': '.page-body .note .btn',
  'app-devices-add': '.page-head .btn',
  'app-devices-compare': '.page-head .btn && dialog form input && type:K7QM && dialog form .btn.ink',
  'app-dock': '[data-toggle]',
  'app-kit-rehearsal': '.page-body .btn.yellow && .page-body .btn.yellow',
  'app-kit-made': '.page-body .btn.yellow',
  'app-secure-kit': '.phrase .tick input && .page-body form .btn.ink',
  'app-sign-up-own': 'input[value="own"]',
  'app-keys': 'key:?',
};

export interface Shot {
  readonly story: string;
  readonly locale: 'fr' | 'en';
  readonly theme: 'light' | 'dark';
  readonly size: { readonly width: number; readonly height: number };
}

function shots(names: readonly string[], quick: boolean): readonly Shot[] {
  const all = names.flatMap((story) =>
    (['fr', 'en'] as const).flatMap((locale) =>
      (['light', 'dark'] as const).flatMap((theme) => sizes.map((size) => ({ story, locale, theme, size }))),
    ),
  );
  if (!quick) return all;
  return all.filter(
    ({ locale, theme, size }) => locale === 'fr' && ((theme === 'light' && size.width !== 820) || (theme === 'dark' && size.width === 390)),
  );
}

export async function serveStories(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { folder, html, remove } = await bundleStories();
  const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' };
  const server = createServer(async (request, response) => {
    const where = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (where === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
      return;
    }
    try {
      const bytes = await readFile(path.join(folder, path.normalize(where)));
      // Kept by the browser with what it compiled: each state is a page that loads all of it again.
      response.setHeader('cache-control', 'max-age=3600, immutable');
      response.setHeader('content-type', types[path.extname(where)] ?? 'application/octet-stream').end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      await remove();
    },
  };
}

/** For whatever a busy machine does slowly; nothing here measures time. */
const patienceMs = 180_000;

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'], timeout: patienceMs });
}

async function takeAll(): Promise<void> {
  const served = await serveStories();
  const browser = await openBrowser();
  try {
    const list = shots(
      storyNames.filter((name) => new RegExp(wanted.only).test(name)),
      wanted.quick,
    ).filter(({ size }) => wanted.width === '' || size.width === Number(wanted.width));
    if (wanted.axe) await checkAll(browser, served.url, list);
    else await pictureAll(browser, served.url, list);
  } finally {
    await browser.close();
    await served.close();
  }
}

async function pictureAll(browser: Browser, url: string, list: readonly Shot[]): Promise<void> {
  const folder = wanted.out || (await mkdtemp(path.join(tmpdir(), 'reprise-contact-sheet-')));
  for (const shot of list) {
    const page = await openShot(browser, url, shot);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const file = path.join(folder, `${shot.story}.${shot.size.width}.${shot.theme}.${shot.locale}.png`);
    await page.screenshot({
      path: file,
      fullPage: shot.size.width < 500 && (await page.evaluate(() => document.documentElement.scrollHeight)) < 4000,
    });
    if (overflow > 0) console.log(`${path.basename(file)}: ${overflow} px wider than the window`);
    await page.close();
  }
  console.log(`${list.length} pictures in ${folder}`);
}

export async function openShot(browser: Browser, url: string, shot: Shot): Promise<import('playwright-core').Page> {
  const context = await contextFor(browser, shot);
  const page = await context.newPage();
  await bringTo(page, url, shot);
  return page;
}

/** A page that showed another state before may be brought to the next: a new one is a new process, which compiles every script again. */
async function bringTo(page: import('playwright-core').Page, url: string, shot: Shot): Promise<void> {
  page.setDefaultTimeout(patienceMs);
  page.removeAllListeners('pageerror');
  page.on('pageerror', (error) => console.log(`${shot.story}: ${error.message}`));
  await page.goto(`${url}?story=${shot.story}&locale=${shot.locale}`, { waitUntil: 'load' });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(shot.story === 'link-video' ? 1600 : 450);
  const press = presses[shot.story];
  if (press) {
    for (const step of press.split(' && ')) await take(page, step);
    await page.waitForTimeout(300);
  }
  await untilStill(page);
}

async function take(page: import('playwright-core').Page, step: string): Promise<void> {
  if (step.startsWith('key:')) return page.keyboard.press(step.slice(4));
  if (step.startsWith('type:')) return page.keyboard.type(step.slice(5));
  if (!step.startsWith('keys:')) return page.locator(step).first().click();
  await page.locator('[data-position="0"]').focus();
  for (const key of step.slice(5).split(' ')) await page.keyboard.press(key);
}

/** What moves is looked at when it has arrived. */
async function untilStill(page: import('playwright-core').Page): Promise<void> {
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every((each) => each.playState !== 'running' || each.effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY),
  );
}

const contexts = new Map<string, Promise<BrowserContext>>();
/** One page a context, for states that are only looked at. */
const judged = new Map<BrowserContext, Promise<import('playwright-core').Page>>();

/** One context a look: making one costs more than drawing a state. They end with their browser. */
function contextFor(browser: Browser, { theme, locale, size }: Shot): Promise<BrowserContext> {
  const key = `${theme} ${locale} ${size.width}`;
  const kept = contexts.get(key);
  if (kept) return kept;
  const made = newContextAtNow(browser, {
    viewport: size,
    colorScheme: theme,
    locale: locale === 'fr' ? 'fr-FR' : 'en-GB',
    timezoneId: 'Europe/Paris',
    hasTouch: size.width === 390,
    isMobile: size.width === 390,
    reducedMotion: 'reduce',
  });
  contexts.set(key, made);
  return made;
}

/** The day on which the states are told: what is old there is old in every picture, whenever it is taken. */
async function newContextAtNow(browser: Browser, options: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  await context.clock.setFixedTime(now);
  return context;
}

interface Found {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly target: readonly string[]; readonly failureSummary?: string }[];
}

async function makeJudged(context: BrowserContext): Promise<import('playwright-core').Page> {
  const page = await context.newPage();
  // A state that is being sent asks whether to leave it.
  page.on('dialog', (dialog) => void dialog.accept());
  return page;
}

/** Violations of WCAG 2.2 AA in one state, by axe-core. Not twice at a time for one look. */
export async function violationsOf(browser: Browser, url: string, shot: Shot): Promise<readonly Found[]> {
  const context = await contextFor(browser, shot);
  if (!judged.has(context)) judged.set(context, makeJudged(context));
  const page = await (judged.get(context) as Promise<import('playwright-core').Page>);
  await bringTo(page, url, shot);
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(options: object): Promise<{ violations: Found[] }> } }).axe;
    return (await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })).violations;
  });
  return found;
}

async function checkAll(browser: Browser, url: string, list: readonly Shot[]): Promise<void> {
  let count = 0;
  for (const shot of list.filter((each) => each.locale === 'fr' && each.size.width !== 820)) {
    for (const found of await violationsOf(browser, url, shot)) {
      count += 1;
      console.log(
        `${shot.story} ${shot.theme} ${shot.size.width}: ${found.id}: ${found.nodes
          .slice(0, 3)
          .map((node) => `${node.target.join(' ')} ${node.failureSummary?.split('\n').slice(1, 2).join(' ') ?? ''}`)
          .join(' | ')}`,
      );
    }
  }
  console.log(`${count} violations`);
  if (count > 0) process.exitCode = 1;
}

if (import.meta.main) await takeAll();
