// needs: chromium
// The server is assumed to be curious: secrets placed in a name, a content, a password, a label and the link's key must be nowhere in what clients sent
// it, nor in anything it wrote.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { parcelOf, startApp, type App } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { findCanary, makeCanary } from '../support/canary.ts';
import { wordsOf } from '../support/words.ts';
import { copyLink, patienceMs, save, send, sentHeading, visitLanding } from './steps.ts';

const words = wordsOf('fr');
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

test('no secret of a browser’s upload and download reaches the server', async () => {
  const secrets = makeSecrets();
  const file = join(app.folder, `${secrets.name}.txt`);
  writeFileSync(file, contentsWith(secrets.content));
  await using sender = await openPage(browser, { origin: app.url });
  await visitLanding(sender.page, app.url, words);
  await sender.page.getByRole('button', { name: words.text('options_before') }).click();
  const sheet = sender.page.getByRole('dialog');
  await sheet.getByRole('checkbox', { name: words.text('opt_password') }).check();
  await sheet.getByRole('textbox', { name: words.text('opt_password') }).fill(secrets.password);
  await sheet.getByLabel(words.text('opt_label')).fill(secrets.label);
  await sheet.getByRole('button', { name: words.text('opt_save') }).click();
  await send(sender.page, 'desktop', words, [file]);
  const link = await copyLink(sender.page, words);
  await sentHeading(sender.page, words).waitFor({ timeout: patienceMs });
  const [manage] = await Promise.all([
    sender.context.waitForEvent('page'),
    sender.page.getByRole('link', { name: words.text('manage_open') }).click(),
  ]);
  await manage.getByText(secrets.label).first().waitFor({ timeout: patienceMs });

  await using visitor = await openPage(browser, { origin: app.url });
  await visitor.page.goto(link);
  await visitor.page.getByLabel(words.text('password_label')).fill(secrets.password);
  await visitor.page.getByLabel(words.text('password_label')).press('Enter');
  await visitor.page.getByText(secrets.content).first().waitFor({ timeout: patienceMs });
  await save(visitor.page, words);
  await assertUnheard({ ...secrets, ...keysOf(link) });
});

test('no secret of the command line’s put, get and rm reaches the server', async () => {
  const secrets = makeSecrets();
  const file = join(app.folder, `${secrets.name}.txt`);
  writeFileSync(file, contentsWith(secrets.content));
  const { link, ownerKey } = parcelOf(await app.reprise('put', file, '--server', app.url, '--json', '--password', secrets.password));
  const got = await app.reprise('get', link, '-o', join(app.folder, 'got.txt'), '--password', secrets.password);
  assert.equal(got.code, 0, got.stderr);
  await assertUnheard({ ...secrets, ...keysOf(link) });
  const removed = await app.reprise('rm', ownerKey);
  assert.equal(removed.code, 0, removed.stderr);
  await assertUnheard({ ...secrets, ...keysOf(link), ownerKey: ownerKey.slice(ownerKey.indexOf('#') + 1) });
});

function makeSecrets() {
  return { name: makeCanary('name'), content: makeCanary('content'), password: makeCanary('password'), label: makeCanary('label') };
}

/** Large enough to fill several segments, with the secret at both ends. */
function contentsWith(secret: string): string {
  return `${secret}\n${'All work and no play.\n'.repeat(30_000)}${secret}\n`;
}

/** The fragment as text, and the bytes its parts stand for. */
function keysOf(link: string): Readonly<Record<string, string | Uint8Array>> {
  const fragment = link.slice(link.indexOf('#') + 1);
  const parts = fragment.split('.').filter((part) => part.length >= 22);
  return { fragment, ...Object.fromEntries(parts.map((part, n) => [`key ${n}`, new Uint8Array(Buffer.from(part, 'base64url'))])) };
}

async function assertUnheard(secrets: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const places = [app.recordFile, app.host.dataFolder, app.host.logFile];
  // The search itself must be able to find what is there: the record holds every request line.
  assert.notDeepEqual(await findCanary('GET /api/v1/', [app.recordFile]), []);
  for (const [name, secret] of Object.entries(secrets)) assert.deepEqual(await findCanary(secret, places), [], `${name} was heard`);
}
