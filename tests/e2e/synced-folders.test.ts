// needs: chromium
// A machine that keeps a folder in sync is seen in the browser: in step, ended, and last heard of where its words are old, so that a server that
// keeps them back never makes it look in step.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type App, startApp } from '../support/app.ts';
import { launchChromium, openPage } from '../support/browser.ts';
import { type Cli, openCli } from '../support/cli.ts';
import { inspectScreen } from '../support/inspect.ts';
import { until } from '../support/until.ts';
import { wordsOf } from '../support/words.ts';
import * as steps from './drive-steps.ts';
import { patienceMs } from './steps.ts';
import { Machine } from './sync-machine.ts';

const words = wordsOf('en');
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

type Told = { device: string; isThis: boolean; sync: { folder: string; state: string; isFresh: boolean; holds: Record<string, number> }[] };
const told = async (cli: Cli): Promise<Told> => {
  const ran = await cli.run(['devices', '--json']);
  const { devices } = JSON.parse(ran.lastLine) as { devices: Told[] };
  const mine = devices.find(({ isThis }) => isThis);
  assert.ok(mine);
  return mine;
};
const says = (cli: Cli, state: string) =>
  until(
    `the machine says ${state}`,
    async () => (await told(cli)).sync.some((one) => one.state === state),
    async () => JSON.stringify(await told(cli)),
  );
/** What comes is looked for every half minute. */
const sees = (page: Page, key: string) =>
  page
    .getByText(words.pattern(key))
    .first()
    .waitFor({ timeout: patienceMs + 40_000 });

test('the browser shows how a machine’s folders stand, and last heard of where its words are old', async (t) => {
  await using owner = await openPage(browser, { origin: app.url, locale: 'en' });
  owner.expectRefusal(404);
  const account = await steps.openAccount(owner.page, app.url, words, 'Marta');
  using cli = openCli(app.url);
  const entered = await cli.run(['login', '--user', account.identifier], { env: { REPRISE_PASSWORD: account.phrase } });
  assert.equal(entered.code, 0, entered.stderr);
  const machine = new Machine(cli, '/Photos');
  for (let i = 0; i < 12; i++) machine.write(`${i}.txt`, String(i));
  await machine.start();
  // Also where the story breaks off, nothing is left running.
  t.after(() => machine.stop());
  await says(cli, 'in-step');
  await owner.page.goto(`${app.url}/app/devices`);
  await sees(owner.page, 'synced_in_step');
  await owner.page.getByText(machine.folder).waitFor();
  assert.deepEqual(await inspectScreen(owner.page, 'en'), []);

  assert.equal(await machine.stop(), 0);
  await says(cli, 'ended');
  await sees(owner.page, 'synced_ended');
  const plain = await cli.run(['devices']);
  assert.match(plain.stdout, /↔ {2}\/Photos {2}not running since \d{4}-\d\d-\d\d \d\d:\d\d UTC/);

  // What nobody hears of for longer is not what it was.
  await owner.page.clock.setFixedTime(Date.now() + 8 * 3_600_000);
  await owner.page.reload();
  await sees(owner.page, 'synced_silent');
  assert.equal(await owner.page.getByText(words.pattern('synced_ended')).count(), 0);
  rmSync(machine.folder, { recursive: true });
});
