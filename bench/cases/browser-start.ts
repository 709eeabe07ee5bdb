// The first seconds: how much script a page needs before it answers, what Lighthouse makes of it, and how soon a dropped file is a finished link.
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { makeRandomFile } from '../harness/inputs.ts';
import { inRounds } from '../harness/rounds.ts';
import { makeScratch } from '../harness/scratch.ts';
import { timesOf, us, type Series } from '../results.ts';
import { openAccount, signIn } from '../../tests/e2e/drive-steps.ts';
import { dropOnPage, findChromium, launchChromium, openPage } from '../../tests/support/browser.ts';
import { writeNoisePicture } from '../../tests/support/inputs.ts';
import { runLighthouse } from '../../tests/support/lighthouse.ts';
import { root } from '../../tests/support/server.ts';
import { wordsOf } from '../../tests/support/words.ts';
import type { BenchCase } from './case.ts';
import { startLinkHost } from './link-host.ts';

const dist = join(root, 'apps/web/dist');

export const startScript: BenchCase = {
  name: 'start-script',
  about: 'script that a page loads before it answers, from the build',
  long: false,
  async run({ say }) {
    const caseName = 'start-up script, gzip';
    if (!existsSync(dist)) return { series: [], absences: [{ caseName, subject: us, reason: 'the web app is not built' }], remarks: [] };
    const pages = { landing: '/fr', link: '/s', app: '/app' };
    const series: Series[] = [];
    for (const [name, path] of Object.entries(pages)) {
      const kilobytes =
        startFiles(htmlOf(path)).reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file)), { level: 9 }).length, 0) / 1000;
      say(`${caseName}, ${name}: ${kilobytes.toFixed(1)} kB`);
      series.push({ caseName, measure: `${name} page`, subject: us, unit: 'kB', better: 'less', values: [kilobytes] });
    }
    return { series, absences: [], remarks: ['Scripts named by the page and all they import at once, each gzipped at level 9.'] };
  },
};

export const dropToLink: BenchCase = {
  name: 'drop-to-link',
  about: 'a dropped file of 10 MB until its link is shown, and until it is complete',
  long: false,
  async run({ options, say }) {
    const caseName = 'drop of 10 MB';
    if (findChromium() === null)
      return { series: [], absences: [{ caseName, subject: us, reason: 'no Chromium on this machine' }], remarks: [] };
    using scratch = makeScratch(options.folder, 'drop');
    const words = wordsOf('fr');
    const file = makeRandomFile(join(scratch.folder, 'photos.bin'), 10_000_000);
    await using server = await startLinkHost(scratch.folder);
    const browser = await launchChromium([], findChromium());
    const [shown, complete]: [number[], number[]] = [[], []];
    try {
      for (let run = 0; run < options.runs; run++) {
        await using visit = await openPage(browser, { origin: server.host.url });
        await visit.page.goto(`${server.host.url}/fr`);
        await visit.page.waitForSelector('footer select');
        const startedAt = performance.now();
        await dropOnPage(visit.page, [file]);
        await visit.page
          .getByRole('button', { name: words.text('copy_link') })
          .first()
          .waitFor();
        shown.push(performance.now() - startedAt);
        await visit.page.getByRole('heading', { name: words.text('parcel_done') }).waitFor();
        complete.push(performance.now() - startedAt);
        say(`${caseName} run ${run + 1}: link after ${shown.at(-1)?.toFixed(0)} ms, complete after ${complete.at(-1)?.toFixed(0)} ms`);
      }
    } finally {
      await browser.close();
    }
    const one = timesOf(caseName);
    return {
      series: [one('link can be copied', shown), one('complete and durable', complete)],
      absences: [],
      remarks: ['Chromium; every run in a fresh profile on a page that stands.'],
    };
  },
};

export const lighthouseScores: BenchCase = {
  name: 'lighthouse',
  about: 'Lighthouse, mobile, on the landing page, a link page and the drive',
  long: false,
  async run({ options, say }) {
    const caseName = 'Lighthouse, mobile';
    if (findChromium() === null)
      return { series: [], absences: [{ caseName, subject: us, reason: 'no Chromium on this machine' }], remarks: [] };
    using scratch = makeScratch(options.folder, 'lighthouse');
    await using server = await startLinkHost(scratch.folder);
    const link = await server.put(writeNoisePicture(join(scratch.folder, 'plage.png'), 400));
    const found = new Map<string, { readonly unit: Series['unit']; readonly better: Series['better']; readonly values: number[] }>();
    const note = (measure: string, unit: Series['unit'], better: Series['better'], value: number) => {
      if (!found.has(measure)) found.set(measure, { unit, better, values: [] });
      found.get(measure)?.values.push(value);
    };
    const pages: readonly { readonly name: string; readonly url: string; readonly prepare?: (page: Page) => Promise<void> }[] = [
      { name: 'landing page', url: `${server.host.url}/fr` },
      { name: 'link page', url: link },
      { name: 'drive, signed out', url: `${server.host.url}/app` },
      { name: 'drive, signed in', url: `${server.host.url}/app`, prepare: signedIn },
    ];
    let account: Awaited<ReturnType<typeof openAccount>> | undefined;
    /** The profile that is measured has an open drive; the account is made once. */
    async function signedIn(page: Page): Promise<void> {
      // A Chromium as it comes speaks English.
      if (account) await signIn(page, server.host.url, wordsOf('en'), account);
      else account = await openAccount(page, server.host.url, wordsOf('en'), 'Marta');
    }
    for (const throttling of ['simulate', 'devtools'] as const) {
      const how = throttling === 'simulate' ? 'simulated' : 'applied';
      await inRounds(pages, Math.min(3, options.runs), async ({ name, url, prepare }) => {
        const { scores, metrics } = await runLighthouse(
          url,
          throttling === 'simulate' ? ['performance', 'accessibility', 'best-practices'] : ['performance'],
          throttling,
          prepare,
        );
        say(
          `${caseName} ${name}, throttling ${how}: ${JSON.stringify(scores)} LCP ${metrics['largest-contentful-paint']?.toFixed(0)} ms, TBT ${metrics['total-blocking-time']?.toFixed(0)} ms`,
        );
        note(`performance, ${name}, throttling ${how}`, 'points', 'more', scores.performance ?? 0);
        if (throttling === 'simulate') {
          note(`accessibility, ${name}`, 'points', 'more', scores.accessibility ?? 0);
          note(`best practices, ${name}`, 'points', 'more', scores['best-practices'] ?? 0);
        }
        note(`largest contentful paint, ${name}, throttling ${how}`, 'ms', 'less', metrics['largest-contentful-paint'] ?? 0);
        note(`time to interactive, ${name}, throttling ${how}`, 'ms', 'less', metrics['interactive'] ?? 0);
        note(`total blocking time, ${name}, throttling ${how}`, 'ms', 'less', metrics['total-blocking-time'] ?? 0);
      });
    }
    const series = [...found].map(([measure, rest]): Series => ({ caseName, measure, subject: us, ...rest }));
    return {
      series,
      absences: [],
      remarks: [
        'Median of three; slow 4G and a processor four times slower, once simulated (Lighthouse’s default) and once applied by the browser. The targets are judged by the simulated figures alone.',
      ],
    };
  },
};

function htmlOf(path: string): string {
  for (const candidate of [`${path}.html`, `${path}/index.html`, `${path.slice(1)}.html`]) {
    if (existsSync(join(dist, candidate))) return readFileSync(join(dist, candidate), 'utf8');
  }
  throw new Error(`the build has no page for ${path}`);
}

/** Scripts the page names, and everything they import without being asked to. */
function startFiles(html: string): readonly string[] {
  const named = [...html.matchAll(/<script[^>]+src="([^"]+)"|<link[^>]+rel="modulepreload"[^>]+href="([^"]+)"/g)].map(
    (match) => (match[1] ?? match[2]) as string,
  );
  const found = new Set<string>();
  const waiting = named.map((path) => posix.normalize(path));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const source = readFileSync(join(dist, file), 'utf8');
    for (const match of source.matchAll(/(?:^|[;}\s])(?:import|export)\s*(?:[\w$*{}\s,]+?from\s*)?["'](\.{1,2}\/[^"']+)["']/g)) {
      waiting.push(posix.join(posix.dirname(file), match[1] as string));
    }
  }
  if (found.size === 0) throw new Error('the page names no script');
  return [...found];
}
