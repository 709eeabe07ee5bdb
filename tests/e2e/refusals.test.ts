// needs: chromium
// Links that do not open: each says why in words, shows nothing, and leaves what exists intact.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { launchChromium, openPage, type WatchedPage } from '../support/browser.ts';
import { briefLife, untilExpired } from '../support/expiry.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import { copyLink, patienceMs, save, saveButton, send, sentHeading, visitLanding } from './steps.ts';

const words = wordsOf('fr');
const password = 'papillon huit épaules';
let app: App;
let browser: Browser;
let file: string;
before(async () => {
  app = await startApp();
  browser = await launchChromium();
  file = writeRandom(join(app.folder, 'contrat.bin'), 300_000);
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

test('a link with a password refuses a wrong one, and opens with the right one', async () => {
  await using sender = await openPage(browser, { origin: app.url });
  const link = await sendWith(sender, async (sheet) => {
    await sheet.getByRole('checkbox', { name: words.text('opt_password') }).check();
    await sheet.getByRole('textbox', { name: words.text('opt_password') }).fill(password);
  });
  await using visitor = await openPage(browser, { origin: app.url });
  visitor.expectRefusal(401);
  visitor.expectRefusal(403);
  await visitor.page.goto(link);
  await visitor.page.getByRole('heading', { name: words.text('password_title') }).waitFor({ timeout: patienceMs });
  const field = visitor.page.getByLabel(words.text('password_label'));
  await field.fill(`${password}s`);
  await field.press('Enter');
  const refusal = visitor.page.getByText(words.pattern('password_wrong_left')).or(visitor.page.getByText(words.pattern('password_wrong')));
  await refusal.first().waitFor({ timeout: patienceMs });
  assert.equal(await visitor.page.getByText('contrat.bin').count(), 0, 'the name is not shown before the password was right');
  await field.fill(password);
  await field.press('Enter');
  await visitor.page.getByRole('heading', { level: 1, name: 'contrat.bin' }).waitFor({ timeout: patienceMs });
  assert.equal(await digestOf((await save(visitor.page, words)).path), await digestOf(file));
  assert.deepEqual(await sender.findings(), []);
  assert.deepEqual(await visitor.findings(), []);
});

test('a link whose time is over says so', async () => {
  await using brief = await startApp({ REPRISE_LINK_LIFE_DEFAULT: briefLife });
  const { link } = parcelOf(await brief.reprise('put', file, '--server', brief.url, '--json'));
  await untilExpired(link);
  await expectNotice(link, 'expired_title');
});

test('a link revoked on the management page says so, and only that link ends', async () => {
  const other = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  const { link, ownerKey } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  await using owner = await openPage(browser, { origin: app.url });
  await owner.page.goto(ownerKey);
  await owner.page.getByRole('heading', { level: 1, name: words.text('manage_page_title') }).waitFor({ timeout: patienceMs });
  assert.ok(!owner.page.url().includes('#'), 'the owner key left the address bar');
  await owner.page.getByRole('button', { name: words.text('revoke'), exact: true }).click();
  await owner.page
    .getByRole('dialog')
    .getByRole('button', { name: words.text('revoke_yes') })
    .click();
  await owner.page.getByRole('dialog').waitFor({ state: 'detached', timeout: patienceMs });
  await expectNotice(link, 'revoked_title');
  await using visitor = await openPage(browser, { origin: app.url });
  await visitor.page.goto(other.link);
  await visitor.page.getByRole('heading', { level: 1, name: 'contrat.bin' }).waitFor({ timeout: patienceMs });
  assert.deepEqual(await owner.findings(), []);
});

test('a link for one download opens once, and counts only a finished download', async () => {
  await using sender = await openPage(browser, { origin: app.url });
  const link = await sendWith(sender, async (sheet) => {
    await sheet.getByLabel(words.text('opt_downloads')).selectOption('1');
  });
  for (const visit of ['only looks', 'saves']) {
    await using visitor = await openPage(browser, { origin: app.url });
    await visitor.page.goto(link);
    await visitor.page.getByRole('heading', { level: 1, name: 'contrat.bin' }).waitFor({ timeout: patienceMs });
    if (visit === 'saves') assert.equal(await digestOf((await save(visitor.page, words)).path), await digestOf(file));
    assert.deepEqual(await visitor.findings(), []);
  }
  await expectNotice(link, 'used_title');
});

test('a link that was cut, lengthened or mistyped is told before any request', async () => {
  const { link } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  for (const [broken, key] of [
    [`${link.slice(0, -9)}é${link.slice(-8)}`, 'bad_character'],
    [link.slice(0, -5), 'bad_short'],
    [`${link}AAAA`, 'bad_long'],
    [link.slice(0, link.indexOf('#')), 'bad_missing_text'],
  ] as const) {
    await using visitor = await openPage(browser, { origin: app.url });
    const asked: string[] = [];
    visitor.page.on('request', (request) => asked.push(request.url()));
    await visitor.page.goto(broken);
    await visitor.page.getByText(words.text(key)).first().waitFor({ timeout: patienceMs });
    assert.deepEqual(
      asked.filter((url) => url.includes('/api/v1/links')),
      [],
    );
    assert.deepEqual(await visitor.findings(), []);
  }
});

test('one letter changed in the key leads nowhere, and in the author’s fingerprint to a refusal', async () => {
  const { link } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  const changedAt = (at: number) => link.slice(0, at) + (link.at(at) === 'A' ? 'B' : 'A') + link.slice(at + 1);
  await expectNotice(changedAt(link.indexOf('#1.') + 20), 'unknown_title');
  await expectNotice(changedAt(link.length - 12), 'forged_title');
});

test('a well-formed link that nobody made gets the same page as one that was deleted', async () => {
  const { link, ownerKey } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  const removed = await app.reprise('rm', ownerKey, '--server', app.url);
  assert.equal(removed.code, 0, removed.stderr);
  await using elsewhere = await startApp();
  const foreign = parcelOf(await elsewhere.reprise('put', file, '--server', elsewhere.url, '--json')).link;
  await expectNotice(app.url + new URL(foreign).pathname + new URL(foreign).hash, 'unknown_title');
  await expectNotice(link, ['unknown_title', 'revoked_title']);
});

test('a page without a network says so, and goes on when it is back', async () => {
  const { link } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json'));
  await using visitor = await openPage(browser, { origin: app.url });
  await visitor.page.goto(link);
  await saveButton(visitor.page, words).waitFor({ timeout: patienceMs });
  await visitor.context.setOffline(true);
  await visitor.page.getByText(words.text('link_offline')).waitFor({ timeout: patienceMs });
  await visitor.context.setOffline(false);
  await visitor.page.getByText(words.text('link_offline')).waitFor({ state: 'detached', timeout: patienceMs });
  assert.equal(await digestOf((await save(visitor.page, words)).path), await digestOf(file));
});

/** Sends `file` after setting options on the landing page; answers with the link once everything is sent. */
async function sendWith(sender: WatchedPage, set: (sheet: ReturnType<Page['getByRole']>) => Promise<void>): Promise<string> {
  await visitLanding(sender.page, app.url, words);
  await sender.page.getByRole('button', { name: words.text('options_before') }).click();
  const sheet = sender.page.getByRole('dialog');
  await set(sheet);
  await sheet.getByRole('button', { name: words.text('opt_save') }).click();
  await sheet.waitFor({ state: 'detached', timeout: patienceMs });
  await send(sender.page, 'desktop', words, [file]);
  const link = await copyLink(sender.page, words);
  await sentHeading(sender.page, words).waitFor({ timeout: patienceMs });
  return link;
}

async function expectNotice(link: string, key: string | readonly string[]): Promise<void> {
  await using visitor = await openPage(browser, { origin: new URL(link).origin });
  visitor.expectRefusal(404);
  await visitor.page.goto(link);
  const keys = typeof key === 'string' ? [key] : key;
  const heading = visitor.page.getByRole('heading', {
    level: 1,
    name: new RegExp(keys.map((each) => words.pattern(each).source).join('|')),
  });
  await heading.waitFor({ timeout: patienceMs });
  assert.equal(await visitor.page.getByText('contrat.bin').count(), 0, 'nothing of the contents is shown');
  assert.deepEqual(await visitor.findings(), []);
}
