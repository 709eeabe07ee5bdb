// needs: chromium
// A passkey opens the account: on the device where it was made once that is locked, in a profile that knows nothing, and no more once it was removed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, CDPSession, Locator, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { dropOnPage, findChromium, launchChromium, openPage, type WatchedPage } from '../support/browser.ts';
import { digestOf, writeRandom } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('en');
let app: App;
let browser: Browser;
/** Passkeys belong to a name, never to an address of numbers. */
let origin: string;
before(async () => {
  app = await startApp();
  origin = app.url.replace('127.0.0.1', 'localhost');
  browser = await launchChromium([], findChromium());
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

type Authenticator = { readonly cdp: CDPSession; readonly id: string };

async function visitor(refusals: readonly number[] = []): Promise<WatchedPage> {
  const opened = await openPage(browser, { origin, locale: 'en' });
  for (const status of refusals) opened.expectRefusal(status);
  return opened;
}

/** What keeps passkeys, as a phone or a computer has it. */
async function giveAuthenticator(page: Page, hasPrf = true): Promise<Authenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf,
    },
  });
  return { cdp, id: authenticatorId };
}

async function credentialsOf({ cdp, id }: Authenticator) {
  return (await cdp.send('WebAuthn.getCredentials', { authenticatorId: id })).credentials;
}

const settings = (page: Page) => page.goto(`${origin}/app/settings/account`);
const add = (page: Page) => page.getByRole('button', { name: words.text('set_passkey_add') });
const remove = (page: Page) => page.getByRole('button', { name: words.pattern('remove_of') });
const says = (page: Page, key: string) => page.getByText(words.text(key)).first().waitFor({ timeout: patienceMs });

/** It is asked for its name at once; later that can be changed. */
async function addPasskey(page: Page, name?: string): Promise<void> {
  await settings(page);
  await add(page).click();
  await says(page, 'done_passkey');
  await callIt(page, name);
  await remove(page).first().waitFor({ timeout: patienceMs });
}

async function callIt(page: Page, name: string | undefined): Promise<void> {
  const sheet = page.getByRole('dialog');
  if (name === undefined) return sheet.getByRole('button', { name: words.text('cancel') }).click();
  await sheet.getByLabel(words.text('set_passkey_name')).fill(name);
  await sheet.getByRole('button', { name: words.text('opt_save') }).click();
  await page.getByRole('button', { name: words.text('remove_of', { name }) }).waitFor({ timeout: patienceMs });
}

async function lock(page: Page): Promise<void> {
  await page.goto(`${origin}/app/settings/privacy`);
  await page.getByRole('button', { name: words.text('lock'), exact: true }).click();
  await page.getByRole('heading', { name: words.pattern('unlock_title') }).waitFor({ timeout: patienceMs });
}

const unlock = (page: Page) => page.getByRole('button', { name: words.text('unlock_passkey') });

/** The profile forgets everything; what keeps passkeys is still there. */
async function wipe(page: Page, { cdp }: Authenticator): Promise<void> {
  // Of a page that still fetches its icon through the service worker, that would fail.
  await page.goto('about:blank');
  await cdp.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
  await page.goto(`${origin}/app/sign-in`);
  await page.getByLabel(words.text('identifier')).waitFor({ timeout: patienceMs });
}

const enter = (page: Page) => page.getByRole('button', { name: words.text('door_passkey'), exact: true }).click();

test('a passkey opens the locked device and an empty profile, where a file reads as it was sent; removed, it opens nothing', async () => {
  await using owner = await visitor([401]);
  const { page } = owner;
  const file = writeRandom(join(app.folder, 'letter.bin'), 300_000);
  await drive.openAccount(page, origin, words, 'Karim');
  await dropOnPage(page, [file]);
  await drive.appears(page, 'letter.bin');
  const authenticator = await giveAuthenticator(page);
  await addPasskey(page, 'Blue key');
  await page.getByRole('button', { name: words.text('rename_of', { name: 'Blue key' }) }).click();
  await callIt(page, 'Red key, at home');
  const [kept, ...others] = await credentialsOf(authenticator);
  assert.equal(others.length, 0);
  assert.equal(kept?.userName, 'Karim', 'whoever keeps the passkey learns the name shown, not the account code');

  await lock(page);
  assert.deepEqual(await secretsHere(page), [], 'no key of the device is here while it is locked');
  await page.reload();
  assert.equal(await page.getByRole('button', { name: words.text('unlock'), exact: true }).count(), 0);
  await unlock(page).click();
  await page.getByRole('heading', { name: words.text('lock'), exact: true }).waitFor({ timeout: patienceMs });
  await page.goto(`${origin}/app`);
  await drive.appears(page, 'letter.bin');

  await wipe(page, authenticator);
  await enter(page);
  await drive.inDrive(page, words);
  await drive.appears(page, 'letter.bin');
  assert.equal(await digestOf(await (await drive.saveEntry(page, words, 'letter.bin')).path()), await digestOf(file));

  await settings(page);
  await page.getByRole('button', { name: words.text('remove_of', { name: 'Red key, at home' }) }).click();
  await remove(page).waitFor({ state: 'detached', timeout: patienceMs });
  await wipe(page, authenticator);
  await enter(page);
  await says(page, 'fail_passkey');
  assert.deepEqual(await owner.findings(), []);
});

/** Rows of this browser in which keys of the device lie. */
function secretsHere(page: Page): Promise<unknown> {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open('reprise-account');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const keys = opening.result.transaction('sealed').objectStore('sealed').getAllKeys();
          keys.onsuccess = () => {
            opening.result.close();
            resolve(keys.result);
          };
        };
      }),
  );
}

test('a device whose passkey is lost opens by password as a new device, and then locks as any other', async () => {
  await using owner = await visitor([401]);
  const { page } = owner;
  const account = await drive.openAccount(page, origin, words, 'Lena');
  await drive.makeFolder(page, words, 'Still here');
  const { cdp, id } = await giveAuthenticator(page);
  await addPasskey(page);
  await lock(page);
  await cdp.send('WebAuthn.clearCredentials', { authenticatorId: id });
  await unlock(page).click();
  await says(page, 'fail_cancelled');
  await page.getByRole('link', { name: words.text('unlock_otherwise') }).click();
  await drive.typeSignIn(page, words, account.identifier, 'not the words');
  await page.getByRole('alert').waitFor({ timeout: patienceMs });
  await page.goto(`${origin}/app`);
  await unlock(page).waitFor({ timeout: patienceMs });
  await drive.signIn(page, origin, words, account);
  await drive.appears(page, 'Still here');
  await lock(page);
  await page.getByRole('button', { name: words.text('unlock'), exact: true }).click();
  await page.goto(`${origin}/app`);
  await drive.appears(page, 'Still here');

  await settings(page);
  const sheet = await openDeletion(page);
  for (const [proof, told] of [
    ['not the words', 'fail_password'],
    [account.phrase, 'ended_deleted'],
  ] as const) {
    await sheet.getByLabel(words.text('set_delete_proof')).fill(proof);
    await sheet.getByRole('button', { name: words.text('set_delete_yes'), exact: true }).click();
    await says(page, told);
  }
  assert.deepEqual(await owner.findings(), []);
});

async function openDeletion(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: words.text('set_delete'), exact: true }).click();
  return page.getByRole('dialog');
}

test('a passkey that computes no secret, or not the same one twice, is not taken', async () => {
  await using plain = await visitor();
  await drive.openAccount(plain.page, origin, words, 'Bernard');
  await giveAuthenticator(plain.page, false);
  await settings(plain.page);
  await add(plain.page).click();
  await says(plain.page, 'fail_passkey_unfit');
  assert.equal(await remove(plain.page).count(), 0);

  await using fickle = await visitor();
  await fickle.page.addInitScript(`
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = async (asked) => Object.assign(await get(asked), {
      getClientExtensionResults: () => ({ prf: { results: { first: crypto.getRandomValues(new Uint8Array(32)).buffer } } }),
    });
  `);
  await drive.openAccount(fickle.page, origin, words, 'Nadia');
  await giveAuthenticator(fickle.page);
  await settings(fickle.page);
  await add(fickle.page).click();
  await says(fickle.page, 'fail_passkey_unfit');
  await fickle.page.reload();
  await add(fickle.page).waitFor({ timeout: patienceMs });
  assert.equal(await remove(fickle.page).count(), 0);
  for (const each of [plain, fickle]) assert.deepEqual(await each.findings(), []);
});

test('a second passkey of one device, and one that the person refuses, change nothing; a young one does not end the account; an address of numbers has no door for any', async () => {
  await using owner = await visitor([403]);
  const { page } = owner;
  await drive.openAccount(page, origin, words, 'Ruth');
  const authenticator = await giveAuthenticator(page);
  await addPasskey(page);
  await add(page).click();
  await says(page, 'fail_passkey_known');
  assert.equal((await credentialsOf(authenticator)).length, 1);
  const sheet = await openDeletion(page);
  await sheet.getByRole('button', { name: words.text('set_delete_passkey') }).click();
  await sheet.getByText(words.pattern('fail_too_new')).waitFor({ timeout: patienceMs });
  await lock(page);
  await authenticator.cdp.send('WebAuthn.setUserVerified', { authenticatorId: authenticator.id, isUserVerified: false });
  await unlock(page).click();
  await says(page, 'fail_cancelled');
  await using numbers = await openPage(browser, { origin: app.url, locale: 'en' });
  await numbers.page.goto(`${app.url}/app/sign-in`);
  await numbers.page.getByRole('link', { name: words.text('door_kit') }).waitFor({ timeout: patienceMs });
  assert.equal(await numbers.page.getByRole('button', { name: words.text('door_passkey') }).count(), 0);
  for (const each of [owner, numbers]) assert.deepEqual(await each.findings(), []);
});

test('an account that demands both says so once the password is right, opens by both, and by the kit without', async () => {
  await using owner = await visitor([401]);
  const { page } = owner;
  const account = await drive.openAccount(page, origin, words, 'Sofia');
  await drive.makeFolder(page, words, 'Behind both');
  const authenticator = await giveAuthenticator(page);
  await addPasskey(page);
  const demand = page.getByLabel(words.text('set_factor'));
  await demand.check();
  await says(page, 'saved');

  await wipe(page, authenticator);
  await drive.typeSignIn(page, words, account.identifier, account.phrase);
  await says(page, 'fail_passkey_needed');
  await page.getByRole('button', { name: words.text('sign_in_both') }).click();
  await drive.inDrive(page, words);
  await drive.appears(page, 'Behind both');

  await using elsewhere = await visitor([401]);
  await elsewhere.page.goto(`${origin}/app/recover`);
  await elsewhere.page.locator('#kit-words').fill(account.kit.join(' '));
  await elsewhere.page.getByText(words.pattern('kit_words_ok')).waitFor({ timeout: patienceMs });
  await drive.takePhrase(elsewhere.page, words);
  await elsewhere.page.getByRole('button', { name: words.text('recover'), exact: true }).click();
  await elsewhere.page.locator('nav.rail').waitFor({ timeout: patienceMs });

  await settings(page);
  // The kit alone is asked for no passkey; this one is too young to end the account.
  await authenticator.cdp.send('WebAuthn.setUserVerified', { authenticatorId: authenticator.id, isUserVerified: false });
  const sheet = await openDeletion(page);
  await sheet.getByLabel(words.text('set_delete_proof')).fill(account.kit.join(' '));
  await sheet.getByRole('button', { name: words.text('set_delete_yes'), exact: true }).click();
  await sheet.getByText(words.pattern('fail_too_new')).waitFor({ timeout: patienceMs });
  await page.keyboard.press('Escape');
  await authenticator.cdp.send('WebAuthn.setUserVerified', { authenticatorId: authenticator.id, isUserVerified: true });
  await demand.uncheck();
  await says(page, 'saved');
  for (const each of [owner, elsewhere]) assert.deepEqual(await each.findings(), []);
});
