// What people do on the screens of their drive, in their words.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Download, Locator, Page } from 'playwright-core';
import type { Words } from '../support/words.ts';
import { patienceMs } from './steps.ts';

export type NewAccount = { readonly identifier: string; readonly phrase: string; readonly kit: readonly string[] };

/** Opens an account with the words drawn for it, makes its kit and tries it with the two words asked for. Ends in the empty drive. */
export async function openAccount(page: Page, url: string, words: Words, name: string): Promise<NewAccount> {
  await page.goto(`${url}/app/sign-up`);
  await page.getByLabel(words.text('sign_up_name'), { exact: false }).first().fill(name);
  const phrase = await takePhrase(page, words);
  await page.getByRole('button', { name: words.text('sign_up') }).click();
  await page.getByRole('button', { name: words.text('kit_make'), exact: true }).click({ timeout: patienceMs });
  const sheet = page.locator('section.sheet');
  await sheet.waitFor({ timeout: patienceMs });
  const kit = await sheet.locator('ol li').allTextContents();
  const identifier = (await sheet.locator('dd.mono').first().textContent()) ?? '';
  await page.getByRole('button', { name: words.text('kit_next') }).click();
  await tryTwoWords(page, words, kit);
  return { identifier, phrase, kit };
}

/** The two words asked for, of a kit that was shown. Ends in the drive. */
export async function tryTwoWords(page: Page, words: Words, kit: readonly string[]): Promise<void> {
  await page.getByRole('button', { name: words.text('rehearsal_try') }).waitFor({ timeout: patienceMs });
  for (let n = 1; n <= 24; n++) {
    const field = page.getByLabel(words.text('word_n', { n: String(n) }), { exact: true });
    if (await field.count()) await field.fill(kit[n - 1] ?? '');
  }
  await page.getByRole('button', { name: words.text('rehearsal_try') }).click();
  await page.getByText(words.pattern('kit_opens')).first().waitFor({ timeout: patienceMs });
  await page.getByRole('button', { name: words.text('kit_finish') }).click();
  await inDrive(page, words);
}

/** The words drawn at random, once the person said that they are written down. */
export async function takePhrase(page: Page, words: Words): Promise<string> {
  const shown = page.locator('.phrase p b');
  await shown.nth(5).waitFor({ timeout: patienceMs });
  const phrase = (await shown.allTextContents()).join(' ');
  await page.getByLabel(words.text('phrase_kept')).check();
  return phrase;
}

export async function typeSignIn(page: Page, words: Words, identifier: string, password: string): Promise<void> {
  await page.getByLabel(words.text('identifier')).fill(identifier);
  await page.getByLabel(words.text('account_password'), { exact: true }).fill(password);
  await page.getByRole('button', { name: words.text('sign_in'), exact: true }).click();
}

export async function signIn(page: Page, url: string, words: Words, account: Pick<NewAccount, 'identifier' | 'phrase'>): Promise<void> {
  await page.goto(`${url}/app/sign-in`);
  await typeSignIn(page, words, account.identifier, account.phrase);
  await inDrive(page, words);
}

/** Waits for the open drive, at its root. */
export async function inDrive(page: Page, words: Words): Promise<void> {
  await page
    .locator('.crumbs')
    .getByRole('heading', { name: words.text('nav_files') })
    .waitFor({ timeout: patienceMs });
}

/** Until the drive opens here without a network. */
export async function keptOffline(page: Page): Promise<void> {
  const isKept = () => page.evaluate(async () => (await caches.match('/app')) !== undefined);
  for (const end = Date.now() + patienceMs; !(await isKept()); await sleep(100))
    assert.ok(Date.now() < end, 'the drive is kept for use offline');
}

/** The row of an entry in the folder shown. */
export function rowOf(page: Page, name: string): Locator {
  return page.locator('[data-id]').filter({ has: page.getByText(name, { exact: true }) });
}

export async function appears(page: Page, ...names: readonly string[]): Promise<void> {
  for (const name of names) await rowOf(page, name).waitFor({ timeout: patienceMs });
}

export async function goes(page: Page, name: string): Promise<void> {
  await rowOf(page, name).waitFor({ state: 'detached', timeout: patienceMs });
}

/** Chooses an act from the menu of an entry. @param act key of its words */
export async function choose(page: Page, words: Words, name: string, act: string): Promise<void> {
  await rowOf(page, name)
    .getByRole('button', { name: words.text('actions_of', { name }) })
    .click();
  await page.getByRole('menuitem', { name: new RegExp(`^${words.pattern(act).source}`) }).click();
}

export async function openFolder(page: Page, name: string): Promise<void> {
  await rowOf(page, name).dblclick();
  await page.locator('.crumbs').getByRole('heading', { name }).waitFor({ timeout: patienceMs });
}

/** Opens a folder of which nothing may be known yet. */
export async function openFolderUnread(page: Page, name: string): Promise<void> {
  await rowOf(page, name).dblclick();
  await rowOf(page, name).waitFor({ state: 'detached', timeout: patienceMs });
}

export async function rename(page: Page, words: Words, name: string, next: string): Promise<void> {
  await choose(page, words, name, 'rename');
  const field = page.getByLabel(words.text('rename_label', { name }));
  await field.fill(next);
  await field.press('Enter');
}

export async function makeFolder(page: Page, words: Words, name: string): Promise<void> {
  await page
    .locator('.acts')
    .getByRole('button', { name: words.text('add') })
    .click();
  await page.getByRole('menuitem', { name: new RegExp(`^${words.pattern('new_folder').source}`) }).click();
  await page.getByLabel(words.text('folder_name')).fill(name);
  await page.getByRole('button', { name: words.text('make'), exact: true }).click();
  await appears(page, name);
}

/** Goes to one of the places of the rail. @param place key of its words */
export async function visit(page: Page, words: Words, place: string): Promise<void> {
  await page
    .locator('nav.rail')
    .getByRole('link')
    .filter({ hasText: words.text(place) })
    .click();
  await page.getByRole('heading', { level: 1, name: words.text(place) }).waitFor({ timeout: patienceMs });
}

export async function saveEntry(page: Page, words: Words, name: string): Promise<Download> {
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: patienceMs }), choose(page, words, name, 'save')]);
  await page.getByText(words.text('save_done')).first().waitFor({ timeout: patienceMs });
  return download;
}

/** Makes a link in the share dialog, and answers what the dialog shows. */
export async function shareEntry(page: Page, words: Words, name: string): Promise<string> {
  await choose(page, words, name, 'share');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: words.text('link_make') }).click();
  const url = await dialog.locator('.url').textContent({ timeout: patienceMs });
  await page.keyboard.press('Escape');
  return url ?? '';
}
