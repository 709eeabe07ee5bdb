// From the press that pays for a sold link to its first byte in clear, by each way to pay: in Chromium, until the text is on the page, and with the
// SDK as the command line uses it. On one machine with the server and its sandbox. spec/paid-links.md, spec/wallet.md.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { retry, systemClock, systemRandom } from '@reprise/kit';
import { Failure } from '@reprise/protocol/formats';
import { connect, inlinePool } from '@reprise/sdk';
import { memoryDeviceStore, signUp } from '@reprise/sdk/account';
import { type Drive, memoryHeadStore, openDrive, walletFile } from '@reprise/sdk/drive';
import { nodeTransport, purchaseFolder, recordFiles } from '@reprise/sdk/node';
import { type OfferedLink, openOfferedLink, Purchases, type Quote } from '@reprise/sdk/paid';
import { drawPhrase, opaqueClient } from '@reprise/vault/account';
import { nodeEngine } from '@reprise/vault/node';
import { accountWalletSeed, walletBranch } from '@reprise/vault/wallet';
import { Wallet, type WalletStore } from '@reprise/wallet';
import type { Browser, Page } from 'playwright-core';
import { memoryFile } from '../../tests/drive/content.ts';
import { findChromium, launchChromium, openPage } from '../../tests/support/browser.ts';
import { root, startHost } from '../../tests/support/server.ts';
import { wordsOf } from '../../tests/support/words.ts';
import { benchName } from '../harness/bench-drive.ts';
import { makeScratch } from '../harness/scratch.ts';
import { type Absence, us, type Series } from '../results.ts';
import type { BenchCase, CaseContext } from './case.ts';

const caseName = 'purchase, from the press to the first byte in clear';
const words = wordsOf('fr');
const price = 210;
const firstWords = 'Tout travail mérite salaire.';
const text = `${firstWords}\n${'La la la.\n'.repeat(2_000)}`;

type Note = (measure: string, ms: number) => void;
type Market = { readonly url: string; readonly drive: Drive; readonly links: readonly string[]; readonly accountWallet: () => Wallet };

export const purchase: BenchCase = {
  name: 'purchase',
  about: 'from the press that pays for a link to its first byte in clear, in Chromium and with the SDK, by each way to pay',
  long: false,
  async run({ options, say }) {
    using scratch = makeScratch(options.folder, 'purchase');
    const rates = Object.fromEntries(['REQUESTS', 'SPACES', 'ACCOUNTS', 'LOGINS'].map((rate) => [`REPRISE_RATE_${rate}`, 'off']));
    await using host = await startHost({ dataFolder: join(scratch.folder, 'store'), env: rates });
    using transport = nodeTransport();
    const phrase = drawPhrase(systemRandom);
    const heads = memoryHeadStore();
    const connection = connect({ server: host.url, transport });
    const account = await signUp(
      { connection, engine: nodeEngine, store: memoryDeviceStore(), heads, opaque: opaqueClient },
      { name: benchName, password: phrase },
    );
    const drive = await openDrive(account.session, { engine: nodeEngine, pool: inlinePool(nodeEngine), heads });
    const seed = await accountWalletSeed(nodeEngine, account.keys.amk);
    const links: string[] = [];
    // One more than is measured: the first makes the change that the others are paid with.
    for (let n = 0; n <= options.runs; n++) {
      await (await drive.put('/', [memoryFile(`${n}.txt`, text)])).finished;
      links.push((await drive.links.create(`/${n}.txt`, { price: { amount: price, currency: 'SAT' } })).url);
    }
    const accountWallet = () =>
      walletAt(host.url, walletFile(drive), (branch) => walletBranch(nodeEngine, seed, branch), account.session.deviceId);
    const values = new Map<string, number[]>();
    const note: Note = (measure, ms) => {
      values.set(measure, [...(values.get(measure) ?? []), ms]);
      say(`${caseName}, ${measure}: ${ms.toFixed(0)} ms`);
    };
    const market = { url: host.url, drive, links, accountWallet };
    await fill(host.url, accountWallet(), 2 * price * (options.runs + 2));
    for (let run = 0; run < options.runs; run++) await buyWithSdk(market, join(scratch.folder, `buyer-${run}`), note);
    const absences = await inBrowser({ options, say }, market, phrase, note);
    const series = [...values].map(
      ([measure, all]): Series => ({ caseName, measure, subject: us, unit: 'ms', better: 'less', values: all }),
    );
    return {
      series,
      absences,
      remarks: [
        'The price is on the screen and what is sold was checked before the press; over Lightning the press is that of the sandbox’s wallet, whose payment is part of it. Coins never fit exactly, save those of a pasted token.',
      ],
    };
  },
};

function walletAt(url: string, store: WalletStore, seedOf: ConstructorParameters<typeof Wallet>[0]['seedOf'], device: string): Wallet {
  const ports = { fetch: globalThis.fetch, clock: systemClock, random: systemRandom };
  return new Wallet({ ...ports, mint: `${url}/mint`, store, seedOf, isSeedNew: true, device });
}

/** A wallet of a machine without an account, in a folder. */
function ownWallet(url: string, folder: string): Wallet {
  const records = recordFiles(folder);
  const seed = systemRandom(32);
  const store: WalletStore = {
    load: async () => records.load('coins'),
    save: async (bytes, expected) => records.save('coins', bytes, expected),
  };
  return walletAt(url, store, (branch) => walletBranch(nodeEngine, seed, branch), 'bench');
}

async function paySandbox(url: string, invoice: string): Promise<void> {
  const response = await fetch(`${url}/sandbox/pay`, { method: 'POST', body: JSON.stringify({ invoice }) });
  const { state } = (await response.json()) as { readonly state: string };
  if (state !== 'succeeded') throw new Error(`the sandbox did not pay: ${state}`);
}

async function fill(url: string, wallet: Wallet, sats: number): Promise<void> {
  const { id, request } = await retry({ attemptsMax: 20, firstDelayMs: 250, delayMsMax: 2_000, again: isStarting }, () =>
    wallet.invoice(BigInt(sats)),
  );
  await paySandbox(url, request);
  const { state } = await wallet.wait(id, 30_000);
  if (state !== 'arrived') throw new Error(`no coins came: ${state}`);
}

/** The nodes of a sandbox take a while. */
function isStarting(error: unknown): boolean {
  return error instanceof Failure && error.code === 'unavailable';
}

async function buyWithSdk({ url, links, accountWallet }: Market, folder: string, note: Note): Promise<void> {
  const own = ownWallet(url, join(folder, 'wallet'));
  await fill(url, own, 3 * price);
  const { token: exact } = await own.send(BigInt(price));
  const ways: Readonly<Record<string, (offered: OfferedLink, agreed: Quote) => Promise<void>>> = {
    'account wallet': await fromWallet(accountWallet()),
    'wallet of the machine': await fromWallet(own),
    'pasted token': (offered, agreed) => offered.payWithCoins(agreed, exact),
    Lightning: async (offered) => {
      await paySandbox(url, offered.invoice?.bolt11 ?? '');
      await offered.settled();
    },
  };
  for (const [way, pay] of Object.entries(ways)) {
    using transport = nodeTransport();
    const store = purchaseFolder(join(folder, way));
    const purchases = new Purchases({ store, key: systemRandom(32), engine: nodeEngine, random: systemRandom });
    const connection = connect({ server: url, transport });
    const offered = await openOfferedLink({
      connection,
      link: links[0] ?? '',
      engine: nodeEngine,
      pool: inlinePool(nodeEngine),
      purchases,
    });
    if (!offered) throw new Error('the link is not sold');
    const [agreed] = await Promise.all([offered.quote(), offered.check()]);
    if (way === 'Lightning') await offered.payByLightning(agreed);
    const startedAt = performance.now();
    await pay(offered, agreed);
    await firstByte(offered);
    note(`SDK, ${way}`, performance.now() - startedAt);
  }
}

/** Prepared, as where the price is on the screen. */
async function fromWallet(wallet: Wallet): Promise<(offered: OfferedLink, agreed: Quote) => Promise<void>> {
  await wallet.prepare();
  return async (offered, agreed) => {
    const { token } = await wallet.handOut(BigInt(agreed.sats));
    await offered.payWithCoins(agreed, token);
  };
}

async function firstByte(offered: OfferedLink): Promise<void> {
  const opened = await offered.open();
  for await (const entry of opened.list(null)) for await (const piece of opened.readFile(entry)) if (piece.bytes.length > 0) return;
  throw new Error('nothing was bought');
}

async function inBrowser({ options }: CaseContext, market: Market, phrase: string, note: Note): Promise<readonly Absence[]> {
  const reason =
    findChromium() === null ? 'no Chromium on this machine' : existsSync(join(root, 'apps/web/dist')) ? null : 'the web app is not built';
  if (reason !== null) return [{ caseName: `${caseName}, Chromium`, subject: us, reason }];
  const browser = await launchChromium([], findChromium());
  try {
    await fromAccount(browser, market, phrase, note);
    await fromCoinsHere(browser, market, note);
    for (let run = 0; run < options.runs; run++) {
      await byToken(browser, market, note);
      await byLightning(browser, market, note);
    }
  } finally {
    await browser.close();
  }
  return [];
}

async function fromAccount(browser: Browser, { url, links }: Market, phrase: string, note: Note): Promise<void> {
  await using visit = await openPage(browser, { origin: url });
  const { page } = visit;
  await page.goto(`${url}/app/sign-in`);
  await page.getByLabel(words.text('identifier')).fill(benchName);
  await page.getByLabel(words.text('account_password'), { exact: true }).fill(phrase);
  await page.getByRole('button', { name: words.text('sign_in'), exact: true }).click();
  await page.locator('[data-id]').filter({ hasText: '0.txt' }).waitFor();
  for (const [n, link] of links.entries()) {
    await page.goto('about:blank');
    await page.goto(link);
    const ms = await payFromPocket(page, words.text('pay_wallet'));
    // The first takes the branch of a device that never drew.
    note(n === 0 ? 'Chromium, account wallet, first ever of the device' : 'Chromium, account wallet', ms);
  }
}

/** A token of more than the price leaves change in the browser, which pays the others. */
async function fromCoinsHere(browser: Browser, market: Market, note: Note): Promise<void> {
  const { url, links } = market;
  await using visit = await openPage(browser, { origin: url });
  const { page } = visit;
  for (const [n, link] of links.entries()) {
    await page.goto('about:blank');
    await page.goto(link);
    if (n > 0) note('Chromium, coins of the browser', await payFromPocket(page, words.text('pocket_here')));
    else note('Chromium, pasted token that gives change', await payByToken(page, await tokenOf(market, price * (links.length + 2))));
    await page.waitForLoadState('networkidle');
  }
}

async function tokenOf({ accountWallet, url }: Market, sats: number): Promise<string> {
  const wallet = accountWallet();
  await fill(url, wallet, sats);
  return (await wallet.send(BigInt(sats))).token;
}

async function payFromPocket(page: Page, name: string): Promise<number> {
  await page.getByRole('button', { name, exact: true }).click();
  const confirm = page.getByRole('button', { name: plain(words.text('pocket_confirm', { sats: `${price} sat` })) });
  await confirm.waitFor();
  // A person reads what is left first.
  await page.waitForLoadState('networkidle');
  return timed(page, () => confirm.click());
}

async function byToken(browser: Browser, market: Market, note: Note): Promise<void> {
  const token = await tokenOf(market, price);
  await using visit = await openPage(browser, { origin: market.url });
  await visit.page.goto(market.links[0] ?? '');
  note('Chromium, pasted token', await payByToken(visit.page, token));
}

async function payByToken(page: Page, token: string): Promise<number> {
  await page.getByRole('button', { name: words.text('pay_token') }).click();
  await page.getByLabel(words.text('pay_token_label')).fill(token);
  await page.waitForLoadState('networkidle');
  return timed(page, () => page.getByRole('button', { name: words.text('pay_token_pay') }).click());
}

async function byLightning(browser: Browser, { url, links }: Market, note: Note): Promise<void> {
  await using visit = await openPage(browser, { origin: url });
  const { page } = visit;
  await page.goto(links[0] ?? '');
  await page.getByRole('button', { name: plain(words.text('pay_button', { sats: `${price} sat` })) }).click();
  const pay = page.getByRole('button', { name: words.text('pay_sandbox_pay') });
  await pay.waitFor();
  note('Chromium, Lightning', await timed(page, () => pay.click()));
}

/** The clock is the page's: from the press to the frame that holds the first words. */
async function timed(page: Page, press: () => Promise<void>): Promise<number> {
  await page.evaluate((wanted) => {
    const clock = window as unknown as { pressedAt?: number; shownAt?: Promise<number> };
    addEventListener('click', () => (clock.pressedAt ??= performance.now()), { capture: true });
    clock.shownAt = new Promise((resolve) => {
      const look = (): void => {
        if (document.body.textContent.includes(wanted)) resolve(performance.now());
        else requestAnimationFrame(look);
      };
      look();
    });
  }, firstWords);
  await press();
  return page.evaluate(async () => {
    const clock = window as unknown as { pressedAt: number; shownAt: Promise<number> };
    return (await clock.shownAt) - clock.pressedAt;
  });
}

/** Screens put narrow spaces into figures. */
function plain(words: string): RegExp {
  return new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
}
