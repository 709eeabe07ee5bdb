// needs: chromium
// What somebody wrote into the lists of an account and nobody can read: told where each list is shown, taken out after a question, and all else stays.
// spec/drive.md "What the account keeps for itself".
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemRandom } from '@reprise/kit';
import { connect, inlinePool } from '@reprise/sdk';
import { memoryDeviceStore, signUp } from '@reprise/sdk/account';
import { countUnread, type Drive, memoryHeadStore, nameDevice, openDrive } from '@reprise/sdk/drive';
import { type NodeTransport, nodeTransport } from '@reprise/sdk/node';
import { drawPhrase, opaqueClient } from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import type { Browser, Locator, Page } from 'playwright-core';
import { memoryFile } from '../drive/content.ts';
import { type App, startApp } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { overwrite, plant, rubbish } from '../support/rubbish.ts';
import { wordsOf } from '../support/words.ts';
import * as steps from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('fr');
let app: App;
let browser: Browser;
let transport: NodeTransport;
before(async () => {
  app = await startApp();
  browser = await launchChromium();
  transport = nodeTransport();
});
after(async () => {
  transport?.[Symbol.dispose]();
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

/** An account with one file and a link to it, as another program of the same person has it. */
async function openAccount(name: string): Promise<{ readonly drive: Drive; readonly phrase: string }> {
  const [phrase, heads] = [drawPhrase(systemRandom), memoryHeadStore()];
  const connection = connect({ server: app.url, transport });
  const { session } = await signUp(
    { connection, engine: nodeEngine, store: memoryDeviceStore(), heads, opaque: opaqueClient },
    { name, password: phrase },
  );
  const drive = await openDrive(session, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads });
  await (await drive.put('/', [memoryFile('a.txt', 'a')])).finished;
  await drive.links.create('/a.txt');
  await nameDevice(drive, session.deviceId, 'Ordinateur');
  return { drive, phrase };
}

/** The line that counts what nobody can read of a list. */
const said = (page: Page | Locator, list: string, count: number) =>
  page
    .getByText(words.pattern('list_unread'))
    .filter({ hasText: words.text(list) })
    .filter({ hasText: String(count) });

test('what nobody can read is counted beside its list, and taken out of all of them after a question that names each', async () => {
  const { drive, phrase } = await openAccount('ines');
  for (const name of ['links', 'names']) await plant(drive, name);
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await steps.signIn(page, app.url, words, { identifier: 'ines', phrase });
  await steps.visit(page, words, 'nav_devices');
  await said(page, 'list_names', rubbish.length).waitFor({ timeout: patienceMs });
  await steps.visit(page, words, 'nav_links');
  await page.getByText('a.txt').first().waitFor({ timeout: patienceMs });
  await said(page, 'list_links', rubbish.length).waitFor({ timeout: patienceMs });
  await page.getByRole('button', { name: words.text('lists_drop') }).click();
  const question = page.getByRole('dialog', { name: words.text('lists_ask') });
  for (const list of ['list_links', 'list_names']) await said(question, list, rubbish.length).waitFor();
  assert.equal(await question.getByRole('listitem').count(), 2);
  await question.getByRole('button', { name: words.text('lists_drop_yes') }).click();
  await question.waitFor({ state: 'detached', timeout: patienceMs });
  await said(page, 'list_links', rubbish.length).waitFor({ state: 'detached', timeout: patienceMs });
  await page.getByText('a.txt').first().waitFor();
  await drive.refresh();
  assert.deepEqual(await countUnread(drive), { links: 0, offers: 0, names: 0, parcels: 0 });
  assert.deepEqual(await owner.findings(), []);
});

test('a list of links that is rubbish as a whole is told, is not shown as empty, and the drive goes on', async () => {
  const { drive, phrase } = await openAccount('jules');
  await overwrite(drive, 'links', systemRandom(40));
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await steps.signIn(page, app.url, words, { identifier: 'jules', phrase });
  await steps.appears(page, 'a.txt');
  await steps.visit(page, words, 'nav_links');
  await page
    .getByRole('alert')
    .filter({ hasText: words.text('list_blocked', { list: words.text('list_links') }) })
    .waitFor({ timeout: patienceMs });
  assert.equal(await page.getByText(words.text('links_none')).count(), 0);
  assert.deepEqual(await owner.findings(), []);
});
