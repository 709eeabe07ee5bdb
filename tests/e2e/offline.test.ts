// needs: chromium
// The drive without a network: the app opens, what this device has seen can be read, what is changed waits and is carried out, what needs the server
// says so, and all goes on by itself.
// Of what is kept here, nothing can be read while the account is locked. spec/web.md "Offline".
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { dropOnPage, launchChromium, openPage } from '../support/browser.ts';
import { makeCanary } from '../support/canary.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('fr');
const secretName = makeCanary('name');
let app: App;
let browser: Browser;
let account: drive.NewAccount;
before(async () => {
  app = await startApp();
  browser = await launchChromium();
  const place = join(app.folder, 'desk');
  for (const folder of ['Vu', 'Jamais vu']) {
    mkdirSync(join(place, folder), { recursive: true });
    writeFileSync(join(place, folder, `dans ${folder}.txt`), folder);
  }
  writeFileSync(join(place, secretName), 'x');
  await using owner = await openPage(browser, { origin: app.url });
  account = await drive.openAccount(owner.page, app.url, words, 'Marta');
  await dropOnPage(owner.page, [join(place, 'Vu'), join(place, 'Jamais vu'), join(place, secretName)]);
  await drive.appears(owner.page, 'Vu', 'Jamais vu', secretName);
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

/** A second device, which has opened the root and one folder. */
async function enter(page: Page): Promise<void> {
  await drive.signIn(page, app.url, words, account);
  await drive.appears(page, 'Vu', 'Jamais vu', secretName);
  await drive.openFolder(page, 'Vu');
  await drive.appears(page, 'dans Vu.txt');
  await drive.keptOffline(page);
}

test('whoever only opens a link is sent nothing of the drive, and its page is there without a network', async () => {
  const note = join(app.folder, 'note.txt');
  writeFileSync(note, 'un mot');
  const { link } = parcelOf(await app.reprise('put', note, '--server', app.url, '--json'));
  await using visitor = await openPage(browser, { origin: app.url });
  const { page, context } = visitor;
  const asked: string[] = [];
  context.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(link);
  await page.getByText('un mot').waitFor({ timeout: patienceMs });
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });
  assert.ok(kept.includes('/s') && kept.some((path) => path.startsWith('/w/seal-engine-')), kept.join(' '));
  const ofDrive = /^\/app$|^\/assets\/app-|^\/w\/(?:drive-engine|wallet|kdf-account|name-index)/;
  assert.deepEqual(
    [...kept, ...asked].filter((path) => ofDrive.test(path)),
    [],
  );
  app.wire.cut();
  await page.reload();
  await page.getByText(words.text('offline_title')).waitFor({ timeout: patienceMs });
  app.wire.restore();
});

test('without a network the app opens, shows what was seen, says what it cannot do, and comes back by itself', async () => {
  await using device = await openPage(browser, { origin: app.url });
  const { page } = device;
  await enter(page);
  const folder = page.url();
  app.wire.cut();
  const mark = page.getByText(words.text('drive_offline'));
  await mark.waitFor({ timeout: patienceMs });

  await page.reload();
  await drive.appears(page, 'dans Vu.txt');
  assert.equal(page.url(), folder, 'a deep address opens without the network too');
  await page.goto(`${app.url}/app`);
  await drive.appears(page, 'Vu', 'Jamais vu', secretName);
  await mark.waitFor({ timeout: patienceMs });
  await drive.openFolderUnread(page, 'Jamais vu');
  await page.getByText(words.text('folder_offline')).waitFor({ timeout: patienceMs });

  app.wire.restore();
  await drive.appears(page, 'dans Jamais vu.txt');
  await mark.waitFor({ state: 'detached', timeout: patienceMs });
  await drive.makeFolder(page, words, 'fait après');
});

test('of the tree kept here nothing can be read while the account is locked, and it opens again without the network', async () => {
  await using device = await openPage(browser, { origin: app.url });
  const { page } = device;
  await enter(page);
  app.wire.cut();
  try {
    await page.goto(`${app.url}/app/settings/privacy`);
    await page.getByRole('button', { name: words.text('lock'), exact: true }).click();
    await page.getByRole('button', { name: words.text('unlock'), exact: true }).waitFor({ timeout: patienceMs });
    assert.equal(await page.getByText(secretName).count(), 0);
    const kept = await readAllRows(page);
    assert.ok(kept.includes(app.url), 'the search finds what lies open: where the account is');
    for (const name of [secretName, 'dans Vu.txt', 'Jamais vu']) assert.ok(!kept.includes(name), `${name} lies open in the browser`);
    await page.getByRole('button', { name: words.text('unlock'), exact: true }).click();
    await page.goto(`${app.url}/app`);
    await drive.appears(page, 'Vu', 'Jamais vu', secretName);
  } finally {
    app.wire.restore();
  }
});

test('what is changed without a network is shown as waiting, survives a closed tab, is seen by another tab, and is carried out', async () => {
  await using device = await openPage(browser, { origin: app.url });
  const { page, context } = device;
  await enter(page);
  await page.goto(`${app.url}/app`);
  await drive.appears(page, 'Vu', 'Jamais vu', secretName);
  app.wire.cut();
  const counted = (n: number) =>
    page
      .locator('summary')
      .filter({ hasText: words.pattern('wait_title') })
      .filter({ hasText: String(n) });
  try {
    await page.getByText(words.text('drive_offline')).waitFor({ timeout: patienceMs });
    await drive.rename(page, words, 'Vu', 'Relu');
    await counted(1).waitFor({ timeout: patienceMs });
    await drive.makeFolder(page, words, 'Fait sans réseau');
    await drive.choose(page, words, secretName, 'to_trash');
    await counted(3).waitFor({ timeout: patienceMs });
    await drive.goes(page, secretName);

    const second = await context.newPage();
    await second.goto(`${app.url}/app`);
    await drive.appears(second, 'Relu', 'Fait sans réseau');
    await drive.rename(second, words, 'Fait sans réseau', 'Fait à deux');
    await counted(4).waitFor({ timeout: patienceMs });
    await drive.appears(page, 'Fait à deux');
    await page.reload();
    await counted(4).waitFor({ timeout: patienceMs });
    await second.close();
    const kept = await readAllRows(page);
    for (const name of ['Fait à deux', 'Relu', secretName]) assert.ok(!kept.includes(name), `${name} lies open in the browser`);

    await drive.makeFolder(page, words, 'Abîmé');
    await counted(5).waitFor({ timeout: patienceMs });
    await damageLastChange(page);
    await page.reload();
    await counted(4).waitFor({ timeout: patienceMs });
    await page.getByText(words.pattern('unread_title')).waitFor({ timeout: patienceMs });
    await drive.goes(page, 'Abîmé');
    const told = page.getByRole('alert').filter({ hasText: words.pattern('unread_title') });
    await told.getByRole('button', { name: words.text('wait_drop') }).click();
    await told.getByText(words.text('unread_ask')).waitFor({ timeout: patienceMs });
    await told.getByRole('button', { name: words.text('unread_drop') }).click();
    await told.waitFor({ state: 'detached', timeout: patienceMs });
    await counted(4).waitFor({ timeout: patienceMs });
    await page.goto('about:blank');
  } finally {
    app.wire.restore();
  }
  await page.goto(`${app.url}/app`);
  await drive.appears(page, 'Relu', 'Fait à deux', 'Jamais vu');
  await page.getByText(words.pattern('wait_title')).waitFor({ state: 'detached', timeout: patienceMs });
  await using other = await openPage(browser, { origin: app.url });
  await drive.signIn(other.page, app.url, words, account);
  await drive.appears(other.page, 'Relu', 'Fait à deux', 'Jamais vu');
  await drive.goes(other.page, secretName);
});

test('a line that goes while everything is open is told at once, and a folder made meanwhile is in the drive when it comes back', async () => {
  await using device = await openPage(browser, { origin: app.url });
  const { page } = device;
  await drive.signIn(page, app.url, words, account);
  await drive.makeFolder(page, words, 'Avec ligne');
  await drive.keptOffline(page);
  // Nothing that is open breaks: the browser says that its line has gone.
  await device.context.setOffline(true);
  await page.getByText(words.text('drive_offline')).waitFor({ timeout: 2_500 });
  await drive.makeFolder(page, words, 'Sans ligne');
  await drive.appears(page, 'Sans ligne');
  await device.context.setOffline(false);
  await page.getByText(words.text('drive_offline')).waitFor({ state: 'detached', timeout: patienceMs });
  await using other = await openPage(browser, { origin: app.url });
  await drive.signIn(other.page, app.url, words, account);
  await drive.appears(other.page, 'Avec ligne', 'Sans ligne');
});

test('what another device did meanwhile is told where a change cannot be made any more, and the change can be dropped', async () => {
  await using device = await openPage(browser, { origin: app.url });
  const { page } = device;
  await drive.signIn(page, app.url, words, account);
  await drive.makeFolder(page, words, 'Disputé');
  await drive.keptOffline(page);
  await using other = await openPage(browser, { origin: app.url });
  await drive.signIn(other.page, app.url, words, account);
  await drive.appears(other.page, 'Disputé');
  // What is open breaks, and of the two devices one stays away.
  app.wire.cut();
  await device.context.setOffline(true);
  await page.getByText(words.text('drive_offline')).waitFor({ timeout: patienceMs });
  app.wire.restore();
  await drive.rename(page, words, 'Disputé', 'À moi');
  await drive.appears(page, 'À moi');
  await drive.rename(other.page, words, 'Disputé', 'À elle');
  await drive.appears(other.page, 'À elle');
  await device.context.setOffline(false);
  await page.getByText(words.text('held_moved')).waitFor({ timeout: patienceMs });
  await drive.appears(page, 'À elle');
  await page.getByRole('button', { name: words.pattern('wait_drop_of') }).click();
  await page.getByText(words.text('held_moved')).waitFor({ state: 'detached', timeout: patienceMs });
  await drive.appears(page, 'À elle');
});

/** One byte of the newest change that waits in this browser is another one. */
function damageLastChange(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const settle = <Result>(request: IDBRequest<Result>): Promise<Result> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await settle(indexedDB.open('reprise-waiting'));
    const rows = database.transaction('rows', 'readwrite').objectStore('rows');
    const last = (await settle(rows.getAllKeys(IDBKeyRange.bound(['change'], ['change', []])))).at(-1) as IDBValidKey;
    const row = await settle(rows.get(last));
    row.sealed[60] ^= 1;
    await settle(rows.put(row, last));
    database.close();
  });
}

/** Every text and byte in every database of the page's origin, bytes as they are. */
function readAllRows(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const settle = <Result>(request: IDBRequest<Result>): Promise<Result> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const texts: string[] = [];
    const collect = (value: unknown): void => {
      if (typeof value === 'string') texts.push(value);
      else if (value instanceof ArrayBuffer) collect(new Uint8Array(value));
      else if (value instanceof Uint8Array) texts.push(new TextDecoder('utf-8').decode(value));
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
    };
    for (const { name } of await indexedDB.databases()) {
      const database = await settle(indexedDB.open(name as string));
      for (const store of database.objectStoreNames) collect(await settle(database.transaction(store).objectStore(store).getAll()));
      database.close();
    }
    return texts.join('\n');
  });
}
