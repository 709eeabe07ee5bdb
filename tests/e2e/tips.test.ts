// needs: chromium
// A link that opens for everybody takes tips: switched on by its maker, given by a stranger with a phone, told once, and off again.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage, type WatchedPage } from '../support/browser.ts';
import { inspectScreen } from '../support/inspect.ts';
import { wordsOf } from '../support/words.ts';
import { choose, openAccount, rowOf, visit } from './drive-steps.ts';
import { handsOn } from './hands.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('fr');
const file = 'Chanson.txt';

describe('a link that takes tips', { concurrency: false }, () => {
  let app: App;
  let browser: Browser;
  let maker: WatchedPage;
  let link = '';

  before(async () => {
    app = await startApp();
    browser = await launchChromium();
    maker = await openPage(browser, { origin: app.url });
    writeFileSync(join(app.folder, file), 'La la la.\n');
  });
  after(async () => {
    await maker?.[Symbol.asyncDispose]();
    await browser?.close();
    await app?.[Symbol.asyncDispose]();
  });

  const tipSwitch = () => maker.page.getByRole('switch', { name: words.text('share_tips') });

  test('its maker switches it on beside the link, and the page says so', async () => {
    const { page } = maker;
    await openAccount(page, app.url, words, 'Lola');
    await handsOn(page, 'desktop', words).bringFiles([join(app.folder, file)]);
    await rowOf(page, file).waitFor({ timeout: patienceMs });
    await choose(page, words, file, 'share');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: words.text('link_make') }).click();
    link = (await dialog.locator('.url').textContent({ timeout: patienceMs })) ?? '';
    await tipSwitch().click({ timeout: patienceMs });
    await dialog.getByText(words.text('share_tips_on')).waitFor({ timeout: patienceMs });
    assert.equal(await tipSwitch().isChecked(), true);
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await page.keyboard.press('Escape');
    assert.deepEqual(await maker.findings(), []);
  });

  test('a stranger opens it at once, gives what they like, is thanked, and gives again', async () => {
    await using visitor = await openPage(browser, { shape: 'phone', origin: app.url });
    visitor.expectRefusal(402);
    const { page } = visitor;
    await page.goto(link);
    await page.getByText('La la la.').first().waitFor({ timeout: patienceMs });
    const give = async (sats: number): Promise<void> => {
      const amount = page.getByLabel(words.text('pay_amount'));
      await amount.fill(String(sats), { timeout: patienceMs });
      await amount.press('Enter');
      await page.getByRole('button', { name: plain(words.text('pay_button', { sats: `${sats} sat` })) }).tap({ timeout: patienceMs });
      await page.getByRole('button', { name: words.text('pay_sandbox_pay') }).tap({ timeout: patienceMs });
      await page.getByText(words.text('tip_thanks')).waitFor({ timeout: patienceMs });
    };
    const open = () => page.getByRole('button', { name: words.text('tip_button') }).tap({ timeout: patienceMs });
    await open();
    await page.getByLabel(words.text('pay_amount')).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await give(34);
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await page.getByRole('button', { name: words.text('tip_again') }).tap();
    await give(8);
    // What was given and told of is not told again.
    await page.reload();
    await open();
    await page.getByLabel(words.text('pay_amount')).waitFor({ timeout: patienceMs });
    assert.deepEqual(await visitor.findings(), []);
  });

  test('its maker reads what came, switches it off, and a page that was open says so', async () => {
    await using visitor = await openPage(browser, { shape: 'phone', origin: app.url });
    await visitor.page.goto(link);
    await visitor.page.getByRole('button', { name: words.text('tip_button') }).waitFor({ timeout: patienceMs });
    const { page } = maker;
    await visit(page, words, 'nav_earnings');
    await page.getByText(words.text('earn_tips', { title: file })).waitFor({ timeout: patienceMs });
    await page.getByText(plain('42 sat')).first().waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await visit(page, words, 'nav_links');
    await page.getByText(words.text('link_takes_tips')).waitFor({ timeout: patienceMs });
    await page.getByRole('button', { name: words.text('change_of', { name: file }) }).click();
    await tipSwitch().click({ timeout: patienceMs });
    await page.getByText(words.text('share_tips_off')).waitFor({ timeout: patienceMs });
    await visitor.page.getByRole('button', { name: words.text('tip_button') }).tap();
    await visitor.page.getByText(words.text('tip_closed')).waitFor({ timeout: patienceMs });
    await visitor.page.reload();
    await visitor.page.getByText('La la la.').first().waitFor({ timeout: patienceMs });
    assert.equal(await visitor.page.getByRole('button', { name: words.text('tip_button') }).count(), 0);
    assert.deepEqual([await visitor.findings(), await maker.findings()], [[], []]);
  });
});

/** Amounts have narrow spaces. */
function plain(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\s+/g, '\\s+'));
}
