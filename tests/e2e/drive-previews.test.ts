// needs: chromium
// Seeing and hearing what is in the drive: text, PDF, sound, a film with its subtitles and the list of an archive, straight from sealed segments; from one
// to the next by key and by finger.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startApp, type App } from '../support/app.ts';
import { dropOnPage, launchChromium, openPage } from '../support/browser.ts';
import { inspectScreen } from '../support/inspect.ts';
import { writePdf, writeRandom, writeTone } from '../support/inputs.ts';
import { wordsOf } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { handsOn } from './hands.ts';
import { drawsPdf, playAndSeek, recordFilm } from './preview-steps.ts';
import { patienceMs } from './steps.ts';

const words = wordsOf('fr');
const archiveBytes = 9_000_000;
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

test('text, PDF, sound, a film with subtitles and the list of an archive are shown from the drive, and one follows the other', async () => {
  const place = join(app.folder, 'shown');
  mkdirSync(place);
  const text = (name: string, content: string) => (writeFileSync(join(place, name), content), join(place, name));
  const film = join(place, 'sortie.webm');
  writeFileSync(film, await recordFilm(browser, app.url));
  const files = [
    text('poème.txt', 'Là-bas, à l’orée du bois\nœuvre nº 3\n'),
    writePdf(join(place, 'facture.pdf'), 'Facture 2026'),
    writeTone(join(place, 'note.wav'), 300),
    film,
    text('sortie.fr.srt', '1\n00:00:00,000 --> 00:00:59,000\nLa mer monte.\n'),
    text('sortie.en.vtt', 'WEBVTT\n\n00:00.000 --> 00:59.000\nThe tide rises.\n'),
    writeArchive(place),
  ];
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  let downloads = 0;
  page.on('download', () => downloads++);
  const account = await drive.openAccount(page, app.url, words, 'Ada');
  await dropOnPage(page, files);
  await drive.appears(page, 'poème.txt', 'facture.pdf', 'note.wav', 'sortie.webm', 'sortie.fr.srt', 'sortie.en.vtt', 'presse.zip');

  await showing(page, 'facture.pdf', () => drawsPdf(page));
  await showing(page, 'sortie.webm', async () => {
    await captioned(page, 'La mer monte.');
    await page.getByLabel(words.text('subtitles')).selectOption({ label: 'anglais' });
    await captioned(page, 'The tide rises.');
    await playAndSeek(page, words, 'video', null);
  });
  const before = app.wire.receivedBytes();
  await showing(page, 'presse.zip', async () => {
    const list = page.getByRole('list', { name: 'presse.zip' });
    await list.getByText('affiche été.bin').waitFor({ timeout: patienceMs });
    await list.getByText('Presse/2026').waitFor({ timeout: patienceMs });
    assert.equal(await list.locator('li').count(), 2, 'folders are not files');
  });
  assert.ok(app.wire.receivedBytes() - before < archiveBytes / 4, 'only the end of the archive was fetched');

  await drive.rowOf(page, 'note.wav').dblclick();
  await playAndSeek(page, words, 'audio', 300);
  await page.getByRole('button', { name: words.text('close'), exact: true }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('dialog', { name: 'poème.txt' }).getByText('à l’orée du bois').waitFor({ timeout: patienceMs });
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('dialog', { name: 'note.wav' }).waitFor({ timeout: patienceMs });
  assert.equal(downloads, 0);

  const layer = page.getByRole('dialog', { name: 'note.wav' });
  await Promise.all([
    page.waitForEvent('download', { timeout: patienceMs }),
    layer.getByRole('button', { name: words.text('save'), exact: true }).click(),
  ]);
  const saving = layer.getByRole('region', { name: words.text('downloads') });
  await saving.getByText(words.text('save_done')).first().waitFor({ timeout: patienceMs });
  await saving.getByRole('button', { name: words.text('close'), exact: true }).click();
  await saving.waitFor({ state: 'detached', timeout: patienceMs });
  assert.deepEqual(await owner.findings(), []);

  await using phone = await openPage(browser, { shape: 'phone', origin: app.url });
  await drive.signIn(phone.page, app.url, words, account);
  const hands = handsOn(phone.page, 'phone', words);
  await hands.openRow('note.wav');
  await phone.page.getByRole('dialog', { name: 'note.wav' }).locator('audio').waitFor({ state: 'attached', timeout: patienceMs });
  await hands.nextFile();
  await phone.page.getByRole('dialog', { name: 'poème.txt' }).getByText('à l’orée du bois').waitFor({ timeout: patienceMs });
  await hands.closeFile();
  await drive.appears(phone.page, 'poème.txt');
  assert.deepEqual(await phone.findings(), []);
});

test('what a file holds now is shown after a new version came, also of one that is read in parts', async () => {
  const [first, second] = ['un', 'deux'].map((name) => {
    mkdirSync(join(app.folder, name));
    return writePdf(join(app.folder, name, 'facture.pdf'), name === 'un' ? 'Une' : 'Deux, plus longue que la premiere');
  }) as [string, string];
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Léo');
  await dropOnPage(page, [first]);
  await drive.appears(page, 'facture.pdf');
  await showing(page, 'facture.pdf', () => drawsPdf(page));
  await dropOnPage(page, [second]);
  await page.getByRole('button', { name: words.text('clash_version') }).click({ timeout: patienceMs });
  await drive
    .rowOf(page, 'facture.pdf')
    .getByText(/^608\s/)
    .waitFor({ timeout: patienceMs });
  await showing(page, 'facture.pdf', () => drawsPdf(page));
  assert.deepEqual(await owner.findings(), []);
});

test('an open viewer follows a new version of what it shows', async () => {
  const [first, second] = ['Il pleut.', 'Il fait beau maintenant.'].map((text, i) => {
    mkdirSync(join(app.folder, `temps-${i}`));
    writeFileSync(join(app.folder, `temps-${i}`, 'temps.txt'), text);
    return join(app.folder, `temps-${i}`, 'temps.txt');
  }) as [string, string];
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Noé');
  await dropOnPage(page, [first]);
  await drive.appears(page, 'temps.txt');
  await drive.rowOf(page, 'temps.txt').dblclick();
  const viewer = page.getByRole('dialog', { name: 'temps.txt' });
  await viewer.getByText('Il pleut.').first().waitFor({ timeout: patienceMs });
  const other = await owner.context.newPage();
  await other.goto(`${app.url}/app`);
  await drive.appears(other, 'temps.txt');
  await dropOnPage(other, [second]);
  await other.getByRole('button', { name: words.text('clash_version') }).click({ timeout: patienceMs });
  await viewer.getByText('Il fait beau maintenant.').first().waitFor({ timeout: patienceMs });
  assert.equal(await viewer.getByText('Il pleut.').count(), 0);
});

test('one file of an archive is looked at and saved by fetching only its part, and one that is not what it should be is not saved', async () => {
  const place = join(app.folder, 'archives');
  mkdirSync(place);
  const [archive, damaged] = writeArchives(place);
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Zoé');
  await dropOnPage(page, [archive, damaged]);
  await drive.appears(page, 'presse.zip', 'abîmée.zip');
  const before = app.wire.receivedBytes();
  await showing(page, 'presse.zip', async () => {
    const list = page.getByRole('list', { name: 'presse.zip' });
    await list.getByRole('button', { name: 'lisez-moi.txt', exact: true }).click({ timeout: patienceMs });
    await page.getByRole('dialog').getByText('merci bien').first().waitFor({ timeout: patienceMs });
    await page.getByRole('button', { name: words.text('archive_back') }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download', { timeout: patienceMs }),
      list.getByRole('button', { name: words.text('archive_take', { name: 'poème été.txt' }) }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'poème été.txt');
    assert.equal(readFileSync(await download.path(), 'utf8'), 'Là-bas\n'.repeat(20_000));
    assert.equal(await list.getByRole('button', { name: words.text('archive_take', { name: 'secret.txt' }) }).count(), 0);
  });
  assert.ok(app.wire.receivedBytes() - before < archiveBytes, 'the large file before them was not fetched');
  await showing(page, 'abîmée.zip', async () => {
    await page.getByRole('button', { name: words.text('archive_take', { name: 'lisez-moi.txt' }) }).click({ timeout: patienceMs });
    await page.getByText(words.text('failure_archive')).waitFor({ state: 'attached', timeout: patienceMs });
    await page.getByRole('button', { name: 'lisez-moi.txt', exact: true }).click();
    await page.getByText(words.text('preview_damaged')).waitFor({ timeout: patienceMs });
  });
  assert.deepEqual(await owner.findings(), []);
});

/** Opens a file, looks, and closes it again. */
async function showing(page: Page, name: string, look: () => Promise<void>): Promise<void> {
  await drive.rowOf(page, name).dblclick();
  const viewer = page.getByRole('dialog', { name });
  await viewer.waitFor({ timeout: patienceMs });
  await look();
  // Beside it a finished download has a button of that name.
  await viewer
    .locator('header')
    .getByRole('button', { name: words.text('close'), exact: true })
    .click();
  await page.getByRole('dialog').waitFor({ state: 'detached', timeout: patienceMs });
}

/** Waits until these words, and no others, are to be shown on the film. */
async function captioned(page: Page, text: string): Promise<void> {
  const shown = (wanted: string) => {
    const tracks = [...(document.querySelector('video')?.textTracks ?? [])].filter((track) => track.mode === 'showing');
    return tracks.flatMap((track) => [...(track.cues ?? [])].map((cue) => (cue as VTTCue).text)).join() === wanted;
  };
  await page.waitForFunction(shown, text, { timeout: patienceMs });
}

/** Two files and a folder, packed by a program that no one here wrote; not made smaller, so that its length is known. */
function writeArchive(place: string): string {
  const random = writeRandom(join(place, 'random.bin'), archiveBytes);
  const script =
    'import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], "w") as z:\n    z.write(sys.argv[2], "Presse/2026/affiche été.bin")\n    z.writestr("Presse/vide/", "")\n    z.writestr("lisez-moi.txt", "merci")\n';
  execFileSync('python3', ['-c', script, join(place, 'presse.zip'), random]);
  return join(place, 'presse.zip');
}

/** Packed files behind a large one, one of them said to be sealed with a password; and the same with a byte of a file changed. */
function writeArchives(place: string): readonly [string, string] {
  const random = writeRandom(join(place, 'random.bin'), 3 * archiveBytes);
  const script = [
    'import sys, zipfile',
    'place, random = sys.argv[1:]',
    'with zipfile.ZipFile(place + "/presse.zip", "w", zipfile.ZIP_DEFLATED) as z:',
    '    z.write(random, "grand.bin")',
    '    z.writestr("textes/poème été.txt", "Là-bas\\n" * 20000)',
    '    z.writestr("lisez-moi.txt", "merci bien " * 300)',
    '    z.writestr("secret.txt", "x")',
    '    z.filelist[-1].flag_bits |= 1',
    'with zipfile.ZipFile(place + "/abîmée.zip", "w", zipfile.ZIP_STORED) as z:',
    '    z.writestr("lisez-moi.txt", "merci bien")',
    'data = bytearray(open(place + "/abîmée.zip", "rb").read())',
    'data[data.index(b"merci")] ^= 1',
    'open(place + "/abîmée.zip", "wb").write(data)',
  ].join('\n');
  execFileSync('python3', ['-c', script, place, random]);
  return [join(place, 'presse.zip'), join(place, 'abîmée.zip')];
}

test('what cannot be shown is downloaded from where the viewer says so', async () => {
  const path = join(app.folder, 'moulage.stl');
  writeRandom(path, 40_000);
  await using owner = await openPage(browser, { origin: app.url });
  const { page } = owner;
  await drive.openAccount(page, app.url, words, 'Max');
  await dropOnPage(page, [path]);
  await drive.appears(page, 'moulage.stl');
  await drive.rowOf(page, 'moulage.stl').dblclick();
  const viewer = page.getByRole('dialog', { name: 'moulage.stl' });
  await viewer.getByText(words.text('preview_kind')).waitFor({ timeout: patienceMs });
  assert.deepEqual(await inspectScreen(page, 'fr'), []);
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: patienceMs }),
    viewer
      .locator('.none')
      .getByRole('button', { name: words.text('save') })
      .click(),
  ]);
  assert.ok(readFileSync(await download.path()).equals(readFileSync(path)));
  assert.deepEqual(await owner.findings(), []);
});
