// needs: chromium
// The drive in the browser, as people live in it: an account is made, filled, shared, lost and found again, used in two places at once, and set back.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { dropOnPage, launchChromium, openPage } from '../support/browser.ts';
import { findCanary, makeCanary } from '../support/canary.ts';
import { digestOf, writeFolder, writeRandom } from '../support/inputs.ts';
import { shotsOf } from '../support/shots.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs, save } from './steps.ts';

const french = wordsOf('fr');
const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
let app: App;
let browser: Browser;
before(async () => {
  app = await startApp();
  browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

const look = shotsOf('drive');

test('a person makes an account, keeps a kit, fills a drive, puts it in order, shares, locks and leaves', async () => {
  const words = french;
  const place = join(app.folder, 'desk');
  mkdirSync(place);
  const big = writeRandom(join(place, 'film.bin'), 6_000_001);
  const note = join(place, 'note.txt');
  writeFileSync(note, 'les mots de la note\n');
  writeFileSync(join(place, 'point.png'), Buffer.from(dot, 'base64'));
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Marta');
  await look(page, 'empty');

  await dropOnPage(page, [big, note, join(place, 'point.png'), writeFolder(join(place, 'Sète'))]);
  await drive.appears(page, 'film.bin', 'note.txt', 'point.png', 'Sète');
  await look(page, 'dropped');
  await drive.makeFolder(page, words, 'Archives');
  await drive.rename(page, words, 'film.bin', 'film du soir.bin');
  await drive.appears(page, 'film du soir.bin');
  await drive.choose(page, words, 'film du soir.bin', 'move_to');
  await page.getByRole('dialog').getByRole('button', { name: 'Archives' }).click();
  await look(page, 'moving');
  await page.getByRole('button', { name: words.pattern('place_here') }).click();
  await drive.goes(page, 'film du soir.bin');

  await drive.choose(page, words, 'Sète', 'to_trash');
  await drive.goes(page, 'Sète');
  // The list may change before the toast stands there, and the last one may still be of the act before.
  await page.getByText(words.pattern('done_removed')).first().waitFor({ timeout: patienceMs });
  await page
    .locator('.toaster')
    .getByRole('button', { name: words.text('undo') })
    .last()
    .click();
  await drive.appears(page, 'Sète');
  await drive.choose(page, words, 'Sète', 'to_trash');
  await drive.goes(page, 'Sète');
  await drive.visit(page, words, 'nav_trash');
  await look(page, 'trash');
  await page.getByRole('button', { name: words.text('restore_of', { name: 'Sète' }) }).click();
  await page.getByText(words.text('trash_none')).waitFor({ timeout: patienceMs });
  await drive.visit(page, words, 'nav_files');
  await drive.appears(page, 'Sète', 'Archives');

  await drive.rowOf(page, 'note.txt').dblclick();
  await page.getByRole('dialog').getByText('les mots de la note').waitFor({ timeout: patienceMs });
  await look(page, 'text');
  await page.keyboard.press('Escape');
  await drive.rowOf(page, 'point.png').dblclick();
  await page.waitForFunction(() => (document.querySelector<HTMLImageElement>('dialog img')?.naturalWidth ?? 0) === 1, undefined, {
    timeout: patienceMs,
  });
  await page.keyboard.press('Escape');

  await drive.openFolder(page, 'Archives');
  const download = await drive.saveEntry(page, words, 'film du soir.bin');
  assert.equal(await digestOf(await download.path()), await digestOf(big));
  const [again] = await Promise.all([
    page.waitForEvent('download', { timeout: patienceMs }),
    page.getByRole('button', { name: words.text('save_again') }).click(),
  ]);
  assert.equal(await digestOf(await again.path()), await digestOf(big));
  const link = await drive.shareEntry(page, words, 'film du soir.bin');
  await using visitor = await openPage(browser, { origin: app.url });
  await visitor.page.goto(link);
  const saved = await save(visitor.page, words);
  assert.deepEqual([saved.name, await digestOf(saved.path)], ['film du soir.bin', await digestOf(big)]);
  assert.deepEqual(await visitor.findings(), []);

  await page.reload();
  await drive.appears(page, 'film du soir.bin');
  await look(page, 'reloaded');
  await page.goto(`${app.url}/app/settings/privacy`);
  await page.getByRole('button', { name: words.text('lock'), exact: true }).click();
  await look(page, 'locked');
  await page.getByRole('button', { name: words.text('unlock'), exact: true }).click();
  await page.goto(`${app.url}/app/settings/privacy`);
  await page.getByRole('button', { name: words.text('sign_out'), exact: true }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: words.text('sign_out'), exact: true })
    .click();
  await page.getByLabel(words.text('identifier')).waitFor({ timeout: patienceMs });
  await look(page, 'left');
  assert.deepEqual(await owner.findings(), []);
});

test('a lost device: the kit opens the account with a new password, which opens it elsewhere; wrong ones read alike', async () => {
  const words = french;
  const place = join(app.folder, 'lost');
  mkdirSync(place);
  const file = writeRandom(join(place, 'livre.bin'), 300_000);
  let account: drive.NewAccount;
  {
    await using owner = await openPage(browser, { origin: app.url });
    account = await drive.openAccount(owner.page, app.url, words, 'Ana');
    await dropOnPage(owner.page, [file]);
    await drive.appears(owner.page, 'livre.bin');
    assert.deepEqual(await owner.findings(), []);
  }
  await using found = await openPage(browser, { origin: app.url });
  await found.page.goto(`${app.url}/app/recover`);
  const typed = found.page.locator('#kit-words');
  await typed.fill(account.kit.with(4, 'reprisee').join(' '));
  await found.page.getByText('5. reprisee').waitFor({ timeout: patienceMs });
  await look(found.page, 'wrong-word');
  await typed.fill(account.kit.join(' '));
  await found.page.getByText(words.pattern('kit_words_ok')).waitFor({ timeout: patienceMs });
  const phrase = await drive.takePhrase(found.page, words);
  await found.page.getByRole('button', { name: words.text('recover'), exact: true }).click();
  await found.page.locator('nav.rail').waitFor({ timeout: patienceMs });
  await look(found.page, 'recovered');
  await drive.visit(found.page, words, 'nav_files');
  const download = await drive.saveEntry(found.page, words, 'livre.bin');
  assert.equal(await digestOf(await download.path()), await digestOf(file));
  assert.deepEqual(await found.findings(), []);

  await using elsewhere = await openPage(browser, { origin: app.url });
  for (const status of [401, 403]) elsewhere.expectRefusal(status);
  const { page } = elsewhere;
  await page.goto(`${app.url}/app/sign-in`);
  const said: string[] = [];
  for (const [identifier, password] of [
    [account.identifier, account.phrase],
    ['nobody-of-that-name', phrase],
  ] as const) {
    await drive.typeSignIn(page, words, identifier, password);
    said.push((await page.locator('#sign-in-problem').textContent({ timeout: patienceMs })) ?? '');
  }
  await look(page, 'refused');
  assert.deepEqual(said, [words.text('fail_password'), words.text('fail_password')]);
  await drive.typeSignIn(page, words, account.identifier, phrase);
  await drive.inDrive(page, words);
  await drive.appears(page, 'livre.bin');
  assert.deepEqual(await elsewhere.findings(), []);
});

test('two browsers of one account see each other’s changes, and lose nothing when both rename one file', async () => {
  const words = french;
  const place = join(app.folder, 'two');
  mkdirSync(place);
  const file = writeRandom(join(place, 'plan.bin'), 100_000);
  await using one = await openPage(browser, { origin: app.url });
  await using two = await openPage(browser, { origin: app.url });
  one.expectRefusal(409);
  two.expectRefusal(409);
  const account = await drive.openAccount(one.page, app.url, words, 'Luis');
  await drive.signIn(two.page, app.url, words, account);
  await dropOnPage(one.page, [file]);
  await drive.appears(one.page, 'plan.bin');
  await drive.appears(two.page, 'plan.bin');
  await drive.makeFolder(two.page, words, 'de deux');
  await drive.appears(one.page, 'de deux');
  await look(one.page, 'seen-from-one');
  await Promise.all([
    drive.rename(one.page, words, 'plan.bin', 'plan d’un.bin'),
    drive.rename(two.page, words, 'plan.bin', 'plan de deux.bin'),
  ]);
  for (const { page } of [one, two]) await drive.goes(page, 'plan.bin');
  // Whichever name stays, it is one file, under the same name for both, with its content.
  const namesOn = (page: Page) => page.locator('[data-id] b.truncate').allTextContents();
  await one.page.waitForFunction(() => document.querySelectorAll('[data-id]').length === 2, undefined, { timeout: patienceMs });
  await two.page.waitForFunction(
    (names) => [...document.querySelectorAll('[data-id] b.truncate')].map((b) => b.textContent).join() === names,
    (await namesOn(one.page)).join(),
    { timeout: patienceMs },
  );
  await look(two.page, 'renamed-by-both');
  const name = (await namesOn(two.page)).find((each) => each.startsWith('plan')) ?? '';
  const download = await drive.saveEntry(two.page, words, name);
  assert.equal(await digestOf(await download.path()), await digestOf(file));
  for (const each of [one, two]) assert.deepEqual(await each.findings(), []);
});

test('on a phone, in English and dark: sign in, open a folder, upload, share, delete', async () => {
  const place = join(app.folder, 'phone');
  mkdirSync(place);
  const file = writeRandom(join(place, 'photo.bin'), 700_000);
  await using desk = await openPage(browser, { origin: app.url });
  const account = await drive.openAccount(desk.page, app.url, french, 'Noor');
  await drive.makeFolder(desk.page, french, 'Trip');
  const words = wordsOf('en');
  await using phone = await openPage(browser, { shape: 'phone', locale: 'en', theme: 'dark', origin: app.url });
  const { page } = phone;
  await drive.signIn(page, app.url, words, account);
  await look(page, 'phone');
  await drive.rowOf(page, 'Trip').locator('.name').tap();
  await page.locator('.crumbs').getByRole('heading', { name: 'Trip' }).waitFor({ timeout: patienceMs });
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser', { timeout: patienceMs }),
    page
      .locator('nav.tabs')
      .getByRole('button', { name: words.text('add') })
      .tap(),
  ]);
  await chooser.setFiles([file]);
  await drive.appears(page, 'photo.bin');
  await look(page, 'phone-folder');
  const link = await drive.shareEntry(page, words, 'photo.bin');
  await using visitor = await openPage(browser, { origin: app.url });
  await visitor.page.goto(link);
  assert.equal(await digestOf((await save(visitor.page, french)).path), await digestOf(file));
  await drive.choose(page, words, 'photo.bin', 'to_trash');
  await page.getByText(words.text('folder_empty')).waitFor({ timeout: patienceMs });
  await look(page, 'phone-deleted');
  for (const each of [desk, phone, visitor]) assert.deepEqual(await each.findings(), []);
});

test('a second version is kept beside the first, which comes back; the whole drive goes back to before a deletion', async () => {
  const words = french;
  const text = async (page: Page) => {
    const download = await drive.saveEntry(page, words, 'lettre.txt');
    return digestOf(await download.path());
  };
  const [first, second] = ['un', 'deux'].map((version) => {
    mkdirSync(join(app.folder, version));
    const path = join(app.folder, version, 'lettre.txt');
    writeFileSync(path, `version ${version}\n`);
    return path;
  }) as [string, string];
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Ida');
  await dropOnPage(page, [first]);
  await drive.appears(page, 'lettre.txt');
  await dropOnPage(page, [second]);
  await page.getByRole('button', { name: words.text('clash_version') }).click({ timeout: patienceMs });
  await drive.rowOf(page, 'lettre.txt').getByText(/^13\s/).waitFor({ timeout: patienceMs });
  await drive.choose(page, words, 'lettre.txt', 'versions');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: words.text('version_restore') }).waitFor({ timeout: patienceMs });
  await look(page, 'versions');
  await dialog.getByRole('button', { name: words.text('version_restore') }).click();
  await page.getByText(words.pattern('done_version')).first().waitFor({ timeout: patienceMs });
  await page.keyboard.press('Escape');
  assert.equal(await text(page), await digestOf(first));
  await drive.choose(page, words, 'lettre.txt', 'to_trash');
  await drive.goes(page, 'lettre.txt');
  await drive.visit(page, words, 'nav_rewind');
  // The newest moment is the deletion; the one before has the letter.
  const moments = page.locator('main ol li button');
  await moments.nth(1).click({ timeout: patienceMs });
  await page.getByRole('button', { name: words.text('rewind_apply') }).click({ timeout: patienceMs });
  await page.getByText(words.pattern('done_rewound')).first().waitFor({ timeout: patienceMs });
  await look(page, 'rewound');
  await drive.visit(page, words, 'nav_files');
  assert.equal(await text(page), await digestOf(first));
  assert.deepEqual(await owner.findings(), []);
});

test('no password, kit, name or content of a drive reaches the server', async () => {
  const words = french;
  const [name, folder, content, second] = ['name', 'folder', 'content', 'newname'].map(makeCanary) as [string, string, string, string];
  const file = join(app.folder, `${name}.txt`);
  writeFileSync(file, `${content}\n${'All work and no play.\n'.repeat(30_000)}${content}\n`);
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  const account = await drive.openAccount(page, app.url, words, 'Zoé');
  await dropOnPage(page, [file]);
  await drive.appears(page, `${name}.txt`);
  await drive.makeFolder(page, words, folder);
  await drive.rename(page, words, `${name}.txt`, second);
  await drive.appears(page, second);
  const link = await drive.shareEntry(page, words, second);
  await using elsewhere = await openPage(browser, { origin: app.url });
  await drive.signIn(elsewhere.page, app.url, words, account);
  await drive.appears(elsewhere.page, second);
  const places = [app.recordFile, app.host.dataFolder, app.host.logFile];
  assert.notDeepEqual(await findCanary('GET /api/v1/', [app.recordFile]), [], 'the search finds what is there');
  const secrets = {
    name,
    folder,
    content,
    second,
    phrase: account.phrase,
    kit: account.kit.join(' '),
    fragment: link.slice(link.indexOf('#') + 1),
  };
  for (const [what, secret] of Object.entries(secrets)) assert.deepEqual(await findCanary(secret, places), [], `${what} was heard`);
  for (const each of [owner, elsewhere]) assert.deepEqual(await each.findings(), []);
});
