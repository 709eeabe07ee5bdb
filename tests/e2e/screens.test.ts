// needs: chromium
// Every state of every screen, in both languages and both themes, on a phone and on a desk: accessible, within the window, in one language, without a console
// error or a refused policy.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { launchChromium, openPage, type Shape, type Theme, type WatchedPage } from '../support/browser.ts';
import { briefLife, untilExpired } from '../support/expiry.ts';
import { inspectScreen } from '../support/inspect.ts';
import { writeFolder, writeNoisePicture, writeRandom } from '../support/inputs.ts';
import { wordsOf, type Locale, type Words } from '../support/words.ts';
import { patienceMs, saveButton, send, sentHeading, visitLanding } from './steps.ts';

let app: App;
/** Its links end after a few seconds. */
let brief: App;
let browser: Browser;
let links: {
  readonly picture: string;
  readonly text: string;
  readonly folder: string;
  readonly unknown: string;
  readonly expired: string;
  readonly owner: string;
};
before(async () => {
  app = await startApp();
  brief = await startApp({ REPRISE_LINK_LIFE_DEFAULT: briefLife });
  browser = await launchChromium();
  const put = async (path: string) => parcelOf(await app.reprise('put', path, '--server', app.url, '--json'));
  const picture = await put(writeNoisePicture(join(app.folder, 'plage.png'), 200));
  const textFile = join(app.folder, 'carnet.txt');
  writeFileSync(textFile, 'un\ndeux\ntrois\n'.repeat(500));
  const folder = await put(writeFolder(join(app.folder, 'dossier')));
  const gone = await put(textFile);
  const expired = parcelOf(await brief.reprise('put', textFile, '--server', brief.url, '--json'));
  await app.reprise('rm', gone.ownerKey);
  links = {
    picture: picture.link,
    text: (await put(textFile)).link,
    folder: folder.link,
    unknown: gone.link,
    expired: expired.link,
    owner: picture.ownerKey,
  };
  await untilExpired(expired.link);
});
after(async () => {
  await browser?.close();
  await brief?.[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

type Look = { readonly locale: Locale; readonly theme: Theme; readonly shape: Shape };
const looks: readonly Look[] = [
  { locale: 'fr', theme: 'light', shape: 'phone' },
  { locale: 'en', theme: 'dark', shape: 'phone' },
  { locale: 'fr', theme: 'dark', shape: 'desktop' },
  { locale: 'en', theme: 'light', shape: 'desktop' },
];

type State = {
  readonly name: string;
  readonly refusal?: number;
  readonly origin?: () => string;
  readonly reach: (visit: WatchedPage, words: Words, look: Look) => Promise<void>;
};
const states: readonly State[] = [
  { name: 'landing', reach: ({ page }, words) => visitLanding(page, app.url, words) },
  {
    name: 'options before sending',
    async reach({ page }, words) {
      await visitLanding(page, app.url, words);
      await page.getByRole('button', { name: words.text('options_before') }).click();
      await page.getByRole('dialog').getByRole('checkbox').first().check();
    },
  },
  {
    name: 'sending, with its dock open',
    async reach({ page }, words, { shape }) {
      await visitLanding(page, app.url, words);
      app.wire.limitUpload(200_000);
      await send(page, shape, words, [
        writeRandom(join(app.folder, 'long.bin'), 6_000_000),
        writeRandom(join(app.folder, 'zwei.bin'), 3_000_000),
      ]);
      await page
        .getByRole('button', { name: words.text('copy_link') })
        .first()
        .waitFor({ timeout: patienceMs });
      await page.getByRole('button', { name: words.text('dock_open') }).click();
    },
  },
  {
    name: 'sent',
    async reach({ page }, words, { shape }) {
      await visitLanding(page, app.url, words);
      await send(page, shape, words, [writeRandom(join(app.folder, 'court.bin'), 60_000)]);
      await sentHeading(page, words).waitFor({ timeout: patienceMs });
    },
  },
  {
    name: 'QR code of a link',
    async reach({ page }, words) {
      await openLink(page, links.picture, 'plage.png');
      await page.getByRole('button', { name: words.text('qr'), exact: true }).click();
      await page.getByRole('img', { name: words.text('qr_alt') }).waitFor({ timeout: patienceMs });
    },
  },
  { name: 'picture', reach: ({ page }) => openLink(page, links.picture, 'plage.png') },
  {
    name: 'text',
    async reach({ page }) {
      await openLink(page, links.text, 'carnet.txt');
      await page.getByText('trois').first().waitFor({ timeout: patienceMs });
    },
  },
  { name: 'folder', reach: ({ page }) => openLink(page, links.folder, 'dossier') },
  {
    name: 'saved',
    async reach({ page }, words) {
      await openLink(page, links.text, 'carnet.txt');
      await saveButton(page, words).click();
      await page.getByText(words.text('save_done')).first().waitFor({ timeout: patienceMs });
    },
  },
  {
    name: 'report form',
    async reach({ page }, words) {
      await openLink(page, links.text, 'carnet.txt');
      await page.getByRole('button', { name: words.text('report') }).click();
      await page.getByRole('dialog').waitFor({ timeout: patienceMs });
    },
  },
  {
    name: 'unknown link',
    refusal: 404,
    reach: ({ page }, words) => notice(page, links.unknown, words.pattern('unknown_title'), words.pattern('revoked_title')),
  },
  {
    name: 'expired link',
    refusal: 404,
    origin: () => brief.url,
    reach: ({ page }, words) => notice(page, links.expired, words.pattern('expired_title')),
  },
  { name: 'mistyped link', reach: ({ page }, words) => notice(page, links.text.slice(0, -4), words.pattern('bad_title')) },
  { name: 'no key at all', reach: ({ page }, words) => notice(page, `${app.url}/s`, words.pattern('bad_missing_title')) },
  {
    name: 'management',
    async reach({ page }, words) {
      await page.goto(links.owner);
      await page.getByRole('heading', { level: 1, name: words.text('manage_page_title') }).waitFor({ timeout: patienceMs });
    },
  },
  {
    name: 'how it works',
    reach: async ({ page }, { locale }) => void (await page.goto(`${app.url}${locale === 'fr' ? '/fr/comment' : '/en/how'}`)),
  },
  {
    name: 'notice form',
    reach: async ({ page }, { locale }) => void (await page.goto(`${app.url}${locale === 'fr' ? '/fr/signaler' : '/en/report'}`)),
  },
];

for (const look of looks) {
  test(`every screen is in order in ${look.locale}, ${look.theme}, on a ${look.shape}`, async (t) => {
    for (const state of states) await t.test(state.name, () => visitState(state, look));
  });
}

async function visitState(state: State, look: Look): Promise<void> {
  const words = wordsOf(look.locale);
  await using visit = await openPage(browser, { ...look, origin: state.origin?.() ?? app.url });
  if (state.refusal !== undefined) visit.expectRefusal(state.refusal);
  try {
    await state.reach(visit, words, look);
    const defects = await inspectScreen(visit.page, look.locale);
    await keepPicture(visit.page, `${state.name}-${look.locale}-${look.theme}-${look.shape}`);
    assert.deepEqual([...defects, ...(await visit.findings())], []);
  } finally {
    app.wire.limitUpload(null);
  }
}

async function openLink(page: Page, link: string, title: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('heading', { level: 1, name: title }).waitFor({ timeout: patienceMs });
  // The button wakes once it is known how a file of this size can be saved; what fades in meanwhile is not what people read.
  await page.locator('.save.main button:not([disabled])').first().waitFor({ timeout: patienceMs });
}

async function notice(page: Page, link: string, ...titles: readonly RegExp[]): Promise<void> {
  await page.goto(link);
  await page
    .getByRole('heading', { level: 1, name: new RegExp(titles.map(({ source }) => source).join('|')) })
    .waitFor({ timeout: patienceMs });
}

/** `REPRISE_PICTURES=folder` keeps a picture of every state, for people to look at. */
async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = process.env['REPRISE_PICTURES'];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name.replaceAll(/[^\w-]+/g, '_')}.png`), fullPage: true });
}
