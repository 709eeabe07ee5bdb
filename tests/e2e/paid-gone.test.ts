// needs: chromium
// What a visitor paid for outlives its link: the page that opens a link which has ended, or is free by now, first says what is owed and gives it back.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { systemRandom } from '@reprise/kit';
import { caseContract } from '@reprise/protocol/cases';
import { connect, inlinePool } from '@reprise/sdk';
import { type Drive, type DriveLink, memoryHeadStore, openDrive } from '@reprise/sdk/drive';
import { type NodeTransport, nodeTransport } from '@reprise/sdk/node';
import { nodeEngine } from '@reprise/vault/node';
import type { Browser, Page } from 'playwright-core';
import { memoryFile } from '../drive/content.ts';
import { startApp, type App } from '../support/app.ts';
import { launchChromium, openPage, type WatchedPage } from '../support/browser.ts';
import { DriveAccount } from '../support/drive-account.ts';
import { inspectScreen } from '../support/inspect.ts';
import { assertSandboxPays } from '../support/sandbox-host.ts';
import { root } from '../support/server.ts';
import { wordsOf } from '../support/words.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('fr');
const sats = '210 sat';
const plain = (text: string) => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));

describe('a link that is gone when its payment arrives', { concurrency: false }, () => {
  let app: App;
  let browser: Browser;
  let transport: NodeTransport;
  let drive: Drive;
  before(async () => {
    app = await startApp();
    browser = await launchChromium();
    transport = nodeTransport();
    const account = await DriveAccount.open(connect({ server: app.url, transport, attemptsMax: 1 }));
    drive = await openDrive(account.first, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads: memoryHeadStore() });
  });
  after(async () => {
    transport?.[Symbol.dispose]();
    await browser?.close();
    await app?.[Symbol.asyncDispose]();
  });

  async function sold(name: string): Promise<DriveLink> {
    await (await drive.put('/', [memoryFile(name, systemRandom(90_000))])).finished;
    return drive.links.create(`/${name}`, { price: { amount: 210, currency: 'SAT' } });
  }

  const payButton = (page: Page) => page.getByRole('button', { name: plain(words.text('pay_button', { sats })) });

  /** Asked for, and not paid yet; then the page is closed. */
  async function invoiceOn({ page, context }: WatchedPage, link: string): Promise<{ readonly invoice: string; readonly next: Page }> {
    await page.goto(link);
    await payButton(page).tap({ timeout: patienceMs });
    const wallet = page.getByRole('link', { name: words.text('pay_open_wallet') });
    const invoice = ((await wallet.getAttribute('href', { timeout: patienceMs })) ?? '').replace('lightning:', '');
    const next = await context.newPage();
    await page.close();
    return { invoice, next };
  }

  async function takeBack(page: Page): Promise<void> {
    await page.getByText(words.text('pay_owed_ended')).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await page.getByRole('button', { name: plain(words.text('pay_owed_claim', { sats })) }).tap();
    await page.getByText(plain(words.text('pay_owed_taken', { sats }))).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(page, 'fr'), []);
    await page.getByRole('button', { name: words.text('pay_reload') }).tap();
  }

  test('ended by its seller: whoever comes back after paying is told, and has the money back', async () => {
    const link = await sold('fini.bin');
    await using visitor = await openPage(browser, { shape: 'phone', origin: app.url });
    for (const status of [402, 404, 410]) visitor.expectRefusal(status);
    const { invoice, next } = await invoiceOn(visitor, link.url);
    await drive.links.revoke([link.id]);
    await next.goto(link.url);
    await next.getByText(words.text('revoked_title')).waitFor({ timeout: patienceMs });
    assert.equal(await next.getByText(words.text('pay_owed_ended')).count(), 0, 'nothing was paid yet');
    await assertSandboxPays(app.url, invoice);
    await next.reload();
    await takeBack(next);
    await next.getByText(words.text('revoked_title')).waitFor({ timeout: patienceMs });
    assert.deepEqual(await visitor.findings(), []);
  });

  test('given away by its seller: the money comes first, then the file that is free', async () => {
    const link = await sold('offert.bin');
    await using visitor = await openPage(browser, { shape: 'phone', origin: app.url });
    for (const status of [402, 410]) visitor.expectRefusal(status);
    const { invoice, next } = await invoiceOn(visitor, link.url);
    await drive.links.giveAway(link.id);
    await assertSandboxPays(app.url, invoice);
    await next.goto(link.url);
    await takeBack(next);
    await next.getByRole('heading', { name: 'offert.bin' }).waitFor({ timeout: patienceMs });
    assert.equal(await payButton(next).count(), 0);
    assert.deepEqual(await visitor.findings(), []);
  });

  test('bought and ended since: the page says that it was bought, and what can be done', async () => {
    const link = await sold('achete.bin');
    await using visitor = await openPage(browser, { shape: 'phone', origin: app.url });
    for (const status of [402, 404, 410, 451]) visitor.expectRefusal(status);
    const { invoice, next } = await invoiceOn(visitor, link.url);
    await assertSandboxPays(app.url, invoice);
    await next.goto(link.url);
    await next.getByRole('region', { name: words.text('bought_label') }).waitFor({ timeout: patienceMs });
    await drive.links.revoke([link.id]);
    await next.reload();
    await next.getByText(words.text('revoked_title')).waitFor({ timeout: patienceMs });
    await next.getByText(words.text('gone_bought_text')).waitFor({ timeout: patienceMs });
    await next.getByRole('link', { name: words.text('gone_unsaved_link') }).waitFor({ timeout: patienceMs });
    assert.deepEqual(await inspectScreen(next, 'fr'), []);
    await takenDown(link);
    await next.reload();
    await next.getByText(words.text('pay_owed_removed')).waitFor({ timeout: patienceMs });
    await next.getByRole('button', { name: plain(words.text('pay_owed_claim', { sats })) }).tap();
    await next.getByText(plain(words.text('pay_owed_taken', { sats }))).waitFor({ timeout: patienceMs });
    await next.getByRole('button', { name: words.text('pay_reload') }).tap();
    await next.getByText(words.text('gone_returned')).waitFor({ timeout: patienceMs });
    assert.deepEqual(await visitor.findings(), []);
  });

  async function takenDown({ id }: DriveLink): Promise<void> {
    const connection = connect({ server: app.url, transport, attemptsMax: 1 });
    const body = { holder: 'Holder', contact: 'holder@example.org', words: 'Mine.', statement: true } as const;
    const filed = await connection.ask(caseContract['cases.file'], { params: { link: id }, body });
    const script = ['uphold', filed.case, '--to', 'buyers', '--ground', 'copyright', '--now'];
    await promisify(execFile)(process.execPath, [join(root, 'apps/host/src/admin.ts'), ...script], {
      env: { ...process.env, REPRISE_DATA: app.host.dataFolder },
    });
  }
});
