// From "sign in" to the first rows of a drive with a million files, in a browser that has never been here: how long, how many requests, and
// how much of it is the password's stretching, which takes the time that it is meant to take.
import type { Drive } from '@reprise/sdk/drive';
import { systemRandom } from '@reprise/kit';
import { drawPhrase } from '@reprise/vault/account';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { findChromium, launchChromium, openPage } from '../../tests/support/browser.ts';
import { root, startHost } from '../../tests/support/server.ts';
import { wordsOf } from '../../tests/support/words.ts';
import { benchName, fillDrive, putSmallFiles } from '../harness/bench-drive.ts';
import { makeScratch } from '../harness/scratch.ts';
import { us, type Series, type Unit } from '../results.ts';
import type { BenchCase } from './case.ts';

const caseName = 'sign-in to first rows';
const words = wordsOf('fr');
const filesPut = 10_000;

type Found = { readonly unit: Unit; readonly values: number[] };

export const driveOpen: BenchCase = {
  name: 'drive-open',
  about: 'sign in with a fresh Chromium profile to a drive of 1,000,000 files, until its first rows',
  long: false,
  async run({ options, say }) {
    const reason =
      findChromium() === null ? 'no Chromium on this machine' : existsSync(join(root, 'apps/web/dist')) ? null : 'the web app is not built';
    if (reason !== null) return { series: [], absences: [{ caseName, subject: us, reason }], remarks: [] };
    using scratch = makeScratch(options.folder, 'drive-open');
    const rates = Object.fromEntries(['REQUESTS', 'SPACES', 'ACCOUNTS', 'LOGINS'].map((rate) => [`REPRISE_RATE_${rate}`, 'off']));
    await using host = await startHost({ dataFolder: join(scratch.folder, 'store'), env: rates });
    const phrase = drawPhrase(systemRandom);
    const files = await fillDrive(host.url, phrase, (drive) => fillWithCopies(drive, options.quick ? 1 : 10, say));
    const found = new Map<string, Found>();
    const browser = await launchChromium([], findChromium());
    try {
      for (let run = 0; run < options.runs; run++) {
        for (const [measure, { unit, value }] of Object.entries(await signInOnce(browser, host.url, phrase))) {
          found.set(measure, { unit, values: [...(found.get(measure)?.values ?? []), value] });
          say(`${caseName} of ${files.toLocaleString('en')} files, run ${run + 1}, ${measure}: ${value.toFixed(0)} ${unit}`);
        }
      }
    } finally {
      await browser.close();
    }
    const named = `${caseName} of ${files.toLocaleString('en')} files`;
    return {
      series: [...found].map(
        ([measure, { unit, values }]): Series => ({ caseName: named, measure, subject: us, unit, better: 'less', values }),
      ),
      absences: [],
      remarks: [
        'Each run in a new profile, server and browser on one machine; requests are those begun before the rows stood there. The stretching is Argon2id with 64 MiB, three passes, in WebAssembly.',
      ],
    };
  },
};

/** A million files without a million uploads: ten thousand are sent, and copied as a person would copy folders. @returns how many there are */
async function fillWithCopies(drive: Drive, copies: number, say: (line: string) => void): Promise<number> {
  await drive.makeFolder('/archive 00/box 00', { parents: true });
  await putSmallFiles(drive, '/archive 00/box 00', filesPut);
  for (let n = 1; n < 10; n++) await drive.copy('/archive 00/box 00', `/archive 00/box 0${n}`);
  for (let n = 1; n < copies; n++) {
    await drive.copy('/archive 00', `/archive 0${n}`);
    say(`${caseName}: ${(n + 1) * 10 * filesPut} files made`);
  }
  return copies * 10 * filesPut;
}

async function signInOnce(
  browser: Browser,
  url: string,
  phrase: string,
): Promise<Record<string, { readonly unit: Unit; readonly value: number }>> {
  await using visit = await openPage(browser, { origin: url });
  const { page, context } = visit;
  const openedAt = performance.now();
  await page.goto(`${url}/app/sign-in`);
  await page.getByLabel(words.text('identifier')).waitFor();
  const ready = performance.now() - openedAt;
  const requests: { readonly path: string; readonly atMs: number }[] = [];
  // What passes through the service worker is told twice, once as its own request.
  context.on('request', (request) => {
    if (request.serviceWorker() === null) requests.push({ path: new URL(request.url()).pathname, atMs: performance.now() });
  });
  await page.getByLabel(words.text('identifier')).fill(benchName);
  await page.getByLabel(words.text('account_password'), { exact: true }).fill(phrase);
  const startedAt = performance.now();
  await page.getByRole('button', { name: words.text('sign_in'), exact: true }).click();
  await page.locator('[data-id]').filter({ hasText: 'archive 00' }).waitFor();
  const shown = performance.now() - startedAt;
  const asked = requests.filter(({ path }) => path.startsWith('/api/'));
  // Between the request that begins the login and the one that ends it, the browser stretches the password.
  const [began, proved] = asked.filter(({ path }) => path.startsWith('/api/v1/logins'));
  return {
    'page of sign-in, until it can be used': { unit: 'ms', value: ready },
    'until the first rows': { unit: 'ms', value: shown },
    'of that, stretching the password': { unit: 'ms', value: (proved?.atMs ?? Number.NaN) - (began?.atMs ?? Number.NaN) },
    'requests to the server': { unit: 'requests', value: asked.length },
    'requests for files of the app': { unit: 'requests', value: requests.length - asked.length },
  };
}
