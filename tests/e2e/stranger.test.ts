// needs: chromium
// Half an hour of somebody who has never seen this: an account, a kit kept as a file, pictures and a folder brought in, found, shared, lost and had
// again, and all of it back on a wiped profile, byte for byte. Once with a finger on a phone, once with a mouse on a desk.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { findChromium, launchChromium, openPage, type Shape } from '../support/browser.ts';
import { writeFolder, writeNoisePicture } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { type Hands, handsOn } from './hands.ts';
import { patienceMs, save } from './steps.ts';

const words = wordsOf('fr');
const secret = 'pour Ana seulement';
let app: App;
let browser: Browser;
before(async () => {
  app = await startApp();
  browser = await launchChromium([], findChromium());
});
after(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

for (const shape of ['phone', 'desktop'] as const) {
  test(`a stranger lives in the drive on a ${shape}, loses the device, and has everything back`, async () => {
    const folder = join(app.folder, shape);
    const brought = bring(join(folder, 'brought'));
    const kit = join(folder, 'reprise-kit.pdf');
    const expected = join(folder, 'expected');
    {
      await using owner = await openPage(browser, { shape, origin: app.url });
      const hands = handsOn(owner.page, shape, words);
      await openAccount(hands, kit);
      await hands.bringFiles([brought.beach, brought.harbour, brought.letter]);
      await hands.bringFolder(brought.diary);
      await drive.appears(owner.page, 'plage.png', 'port.png', 'lettre.txt', 'Carnet');
      await putInOrder(hands);
      await findAgain(hands);
      await shareWithPassword(hands, shape, brought);
      await loseAndRestore(hands);
      await changeAndGoBack(hands, brought);
      await lockAndLeave(hands);
      assert.deepEqual(await owner.findings(), []);
    }
    mkdirSync(join(expected, 'Voyage'), { recursive: true });
    cpSync(brought.beach, join(expected, 'Voyage', 'plage au soir.png'));
    cpSync(brought.harbour, join(expected, 'port.png'));
    cpSync(brought.second, join(expected, 'lettre.txt'));
    cpSync(brought.diary, join(expected, 'Carnet'), { recursive: true });

    await using found = await openPage(browser, { shape, origin: app.url });
    const hands = handsOn(found.page, shape, words);
    await recover(hands, kit);
    await drive.appears(found.page, 'Voyage', 'port.png', 'lettre.txt', 'Carnet');
    await hands.chooseAll('port.png');
    const unpacked = unpack(await hands.saveChosen(), join(folder, 'unpacked'));
    execFileSync('diff', ['-r', expected, unpacked]);
    assert.deepEqual(await found.findings(), []);
  });
}

type Brought = Readonly<Record<'beach' | 'harbour' | 'letter' | 'second' | 'diary', string>>;

function bring(folder: string): Brought {
  mkdirSync(join(folder, 'later'), { recursive: true });
  const text = (path: string, content: string) => (writeFileSync(join(folder, path), content), join(folder, path));
  const diary = writeFolder(join(folder, 'Carnet'));
  // A picker of folders, other than a drop, tells nothing of folders in which no file lies.
  rmSync(join(diary, 'dossier vide'), { recursive: true });
  return {
    beach: writeNoisePicture(join(folder, 'plage.png'), 90),
    harbour: writeNoisePicture(join(folder, 'port.png'), 110),
    letter: text('lettre.txt', 'Chère Ana, première version.\n'),
    second: text('later/lettre.txt', 'Chère Ana, une seconde version, un peu plus longue.\n'),
    diary,
  };
}

async function openAccount(hands: Hands, kit: string): Promise<void> {
  const { page } = hands;
  await page.goto(`${app.url}/app/sign-up`);
  await page.getByLabel(words.text('sign_up_name'), { exact: false }).first().fill('Inès');
  await drive.takePhrase(page, words);
  await hands.press(page.getByRole('button', { name: words.text('sign_up') }));
  await hands.press(page.getByRole('button', { name: words.text('kit_make'), exact: true }));
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: patienceMs }),
    hands.press(page.getByRole('button', { name: words.text('kit_pdf') })),
  ]);
  await download.saveAs(kit);
  await hands.press(page.getByRole('button', { name: words.text('kit_next') }));
  await hands.pick(page.getByRole('button', { name: words.text('kit_open_file') }), [kit]);
  await page.getByText(words.pattern('kit_opens')).first().waitFor({ timeout: patienceMs });
  await hands.press(page.getByRole('button', { name: words.text('kit_finish') }));
  await drive.inDrive(page, words);
}

/** Looks at pictures, takes a folder back, renames, moves into a folder made on the way, stars. */
async function putInOrder(hands: Hands): Promise<void> {
  const { page } = hands;
  await hands.openRow('plage.png');
  await showsPicture(hands, 'plage.png');
  await hands.nextFile();
  await showsPicture(hands, 'port.png');
  await hands.closeFile();
  await hands.makeFolder('Brouillon');
  await hands.undo('done_made');
  await drive.goes(page, 'Brouillon');
  await hands.choose('plage.png', 'rename');
  const field = page.getByLabel(words.text('rename_label', { name: 'plage.png' }));
  await field.fill('plage au soir.png');
  await field.press('Enter');
  await drive.appears(page, 'plage au soir.png');
  await hands.choose('plage au soir.png', 'move_to');
  const dialog = page.getByRole('dialog');
  await hands.press(dialog.getByRole('button', { name: words.text('new_folder') }));
  await dialog.getByLabel(words.text('folder_name')).fill('Voyage');
  await hands.press(dialog.getByRole('button', { name: words.text('make'), exact: true }));
  await hands.press(dialog.getByRole('button', { name: words.text('place_here', { name: 'Voyage' }) }));
  await drive.goes(page, 'plage au soir.png');
  await hands.choose('lettre.txt', 'star');
  await drive.rowOf(page, 'lettre.txt').getByLabel(words.text('starred')).waitFor({ timeout: patienceMs });
}

async function findAgain(hands: Hands): Promise<void> {
  const { page } = hands;
  await hands.press(page.locator('header.top a[href="/app/search"]:visible'));
  await page.getByRole('combobox').fill('PLAGE');
  const hit = page.getByRole('option').filter({ hasText: 'plage au soir.png' });
  await hit.getByText('Voyage').waitFor({ timeout: patienceMs });
  await hands.press(hit);
  await showsPicture(hands, 'plage au soir.png');
  await hands.closeFile();
  await hands.visit('nav_files');
}

/** The visitor, who has a window of another size, is asked for the password and saves what was shared. */
async function shareWithPassword(hands: Hands, shape: Shape, brought: Brought): Promise<void> {
  const { page } = hands;
  await hands.choose('Voyage', 'share');
  const dialog = page.getByRole('dialog');
  await hands.press(dialog.getByRole('button', { name: words.text('link_with_options') }));
  await dialog.getByRole('checkbox', { name: words.text('opt_password') }).check();
  await dialog.getByRole('textbox', { name: words.text('opt_password') }).fill(secret);
  await hands.press(dialog.getByRole('button', { name: words.text('link_make') }));
  const link = (await dialog.locator('.url').textContent({ timeout: patienceMs })) ?? '';
  await hands.closeSheet();
  await using visitor = await openPage(browser, { shape: shape === 'phone' ? 'desktop' : 'phone', origin: app.url });
  await visitor.page.goto(link);
  await visitor.page.locator('input[type="password"]').fill(secret);
  await visitor.page.keyboard.press('Enter');
  await visitor.page.getByText('plage au soir.png').waitFor({ timeout: patienceMs });
  const saved = await save(visitor.page, words);
  assert.equal(saved.name, 'plage au soir.png');
  execFileSync('cmp', [brought.beach, saved.path]);
  assert.deepEqual(await visitor.findings(), []);
}

async function loseAndRestore(hands: Hands): Promise<void> {
  const { page } = hands;
  await hands.choose('Carnet', 'to_trash');
  await drive.goes(page, 'Carnet');
  await hands.visit('nav_trash');
  await hands.press(page.getByRole('button', { name: words.text('restore_of', { name: 'Carnet' }) }));
  await page.getByText(words.text('trash_none')).waitFor({ timeout: patienceMs });
  await hands.visit('nav_files');
  await drive.appears(page, 'Carnet');
}

/** A second version is brought, the first restored, and then the whole drive goes back to the second. */
async function changeAndGoBack(hands: Hands, brought: Brought): Promise<void> {
  const { page } = hands;
  await hands.bringFiles([brought.second]);
  await hands.press(page.getByRole('button', { name: words.text('clash_version') }));
  await drive.rowOf(page, 'lettre.txt').getByText(/^53\s/).waitFor({ timeout: patienceMs });
  await showsText(hands, 'lettre.txt', 'une seconde version');
  await hands.choose('lettre.txt', 'versions');
  const dialog = page.getByRole('dialog');
  await hands.press(dialog.getByRole('button', { name: words.text('version_restore') }));
  await page.getByText(words.pattern('done_version')).first().waitFor({ timeout: patienceMs });
  await hands.closeSheet();
  await showsText(hands, 'lettre.txt', 'première version');
  await hands.visit('nav_rewind');
  const moments = page.locator('main ol li button');
  await moments.getByText(words.pattern('moment_changed')).nth(1).waitFor({ timeout: patienceMs });
  await hands.press(moments.nth(1));
  await hands.press(page.getByRole('button', { name: words.text('rewind_apply') }));
  await page.getByText(words.pattern('done_rewound')).first().waitFor({ timeout: patienceMs });
  await hands.visit('nav_files');
  await showsText(hands, 'lettre.txt', 'une seconde version');
}

async function lockAndLeave(hands: Hands): Promise<void> {
  const { page } = hands;
  await toPrivacy(hands);
  await hands.press(page.getByRole('button', { name: words.text('lock'), exact: true }));
  await hands.press(page.getByRole('button', { name: words.text('unlock'), exact: true }));
  await hands.visit('nav_files');
  await drive.appears(page, 'Voyage');
  await toPrivacy(hands);
  await hands.press(page.getByRole('button', { name: words.text('sign_out'), exact: true }));
  await hands.press(page.getByRole('dialog').getByRole('button', { name: words.text('sign_out'), exact: true }));
  await page.getByLabel(words.text('identifier')).waitFor({ timeout: patienceMs });
}

async function toPrivacy(hands: Hands): Promise<void> {
  await hands.visit('nav_settings');
  await hands.press(hands.page.locator('main nav a').filter({ hasText: words.text('set_privacy') }));
}

async function recover(hands: Hands, kit: string): Promise<void> {
  const { page } = hands;
  await page.goto(`${app.url}/app`);
  await hands.press(page.getByRole('link', { name: words.text('door_kit') }));
  await hands.pick(page.getByRole('button', { name: words.text('kit_open_file') }), [kit]);
  await drive.takePhrase(page, words);
  await hands.press(page.getByRole('button', { name: words.text('recover'), exact: true }));
  await page.getByRole('heading', { name: words.text('kit_title') }).waitFor({ timeout: patienceMs });
  await hands.visit('nav_files');
}

async function showsPicture(hands: Hands, name: string): Promise<void> {
  const dialog = hands.page.getByRole('dialog', { name });
  await dialog.waitFor({ timeout: patienceMs });
  await hands.page.waitForFunction((node) => (node as HTMLImageElement).naturalWidth > 0, await dialog.locator('img').elementHandle(), {
    timeout: patienceMs,
  });
}

async function showsText(hands: Hands, name: string, text: string): Promise<void> {
  await hands.openRow(name);
  await hands.page.getByRole('dialog').getByText(text).waitFor({ timeout: patienceMs });
  await hands.closeFile();
}

function unpack(archive: string, into: string): string {
  mkdirSync(into, { recursive: true });
  execFileSync('python3', ['-m', 'zipfile', '-e', archive, into]);
  return into;
}
