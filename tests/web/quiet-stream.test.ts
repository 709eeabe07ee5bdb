// A download whose bytes stop coming for longer than a service worker lives. Firefox ends a worker 30 s after its last event and calls the
// file it cut short finished; what must never happen is that we call it finished too. spec/web.md "Saving decrypted files".
// needs: chromium, firefox
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { type BrowserName, finishedDownload, missingBrowser, startBrowser } from './harness/browsers.ts';
import { startEngineSite, startSinkSite } from './harness/sites.ts';
import { madeUpHash, openEnginePage, savedHash } from './harness/steps.ts';

const long = process.env['REPRISE_LONG'] === '1';
const stallMs = long ? 90_000 : 35_000;
const size = long ? 5 * 2 ** 30 : 24 * 2 ** 20 + 5;
const chunkBytes = 4_194_304;
const stallAt = chunkBytes * Math.floor(size / chunkBytes / 2);

type Outcome = { readonly ok: true; readonly ms: number } | { readonly ok: false; readonly code: string };

async function saveWithStall(name: BrowserName, pings: boolean, origin: string) {
  await using browser = await startBrowser(name);
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  assert.equal(
    await page.run(() => (globalThis as never as { harness: { ready(): Promise<boolean> } }).harness.ready(), null),
    true,
    'a service worker controls the page',
  );
  const run = { sink: 'stream', name: 'quiet.bin', size, chunkBytes, stallAt, stallMs, pings };
  const outcome = await page.run(
    (argument) => (globalThis as never as { harness: { save(run: object): Promise<Outcome> } }).harness.save(argument),
    run,
  );
  const violations = await page.run(() => (globalThis as never as { harness: { violations: string[] } }).harness.violations, null);
  assert.deepEqual(violations, []);
  const saved = await finishedDownload(browser.downloads, outcome.ok ? 60_000 : 5_000).catch(() => null);
  const savedBytes = saved === null ? null : (await stat(saved)).size;
  const equal = saved !== null && savedBytes === size && (await sameBytes(saved));
  return { outcome, savedBytes, equal };
}

/** Byte i is (i ^ (i >> 8) ^ (i >> 16)) & 255, as the worker makes them; the pattern repeats after 16 MiB. */
async function sameBytes(path: string): Promise<boolean> {
  const pattern = Buffer.alloc(2 ** 24).map((_, i) => (i ^ (i >> 8) ^ (i >> 16)) & 255) as Buffer;
  let at = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    const begin = at % pattern.length;
    const first = piece.subarray(0, pattern.length - begin);
    if (!first.equals(pattern.subarray(begin, begin + first.length))) return false;
    if (!piece.subarray(first.length).equals(pattern.subarray(0, piece.length - first.length))) return false;
    at += piece.length;
  }
  return true;
}

const fileBytes = long ? 640 * 2 ** 20 + 7 : 24 * 2 ** 20 + 7;

/** The service worker reads the file by itself, and every answer that brings a chunk falls silent in its middle. */
async function saveWithSilentNetwork(name: BrowserName) {
  await using site = await startEngineSite();
  await using browser = await startBrowser(name);
  const engine = await openEnginePage(browser, site);
  const { id, linkUrl } = await engine.call.sendMadeUp([{ path: 'quiet.bin', bytes: fileBytes, seed: 11 }]);
  await engine.call.parcelEnds(id);
  await engine.call.open(linkUrl);
  let chunks = 0;
  let silentSince = 0;
  site.proxy.rule(({ method, path }) => {
    if (method !== 'GET' || !path.startsWith('/api/v1/objects/') || ++chunks < 3) return null;
    silentSince ||= Date.now();
    const leftMs = silentSince + stallMs - Date.now();
    return leftMs > 0 ? { kind: 'stall', atByte: 100_000, ms: leftMs } : null;
  });
  const { state } = await engine.call.save('quiet.bin', 'stream');
  const equal = state.phase === 'done' && (await savedHash(browser)) === madeUpHash(fileBytes, 11);
  return { state, equal, wasSilent: silentSince > 0, violations: await engine.violations() };
}

describe('a stream that falls silent', { concurrency: true }, () => {
  for (const name of ['chromium', 'firefox'] as const) {
    test(`${name}: a network that says nothing for ${stallMs / 1000} s is waited for, and the file arrives whole`, {
      skip: missingBrowser(name),
      timeout: stallMs + 600_000,
    }, async () => {
      const { state, equal, wasSilent, violations } = await saveWithSilentNetwork(name);
      assert.deepEqual({ phase: state.phase, equal, wasSilent }, { phase: 'done', equal: true, wasSilent: true }, JSON.stringify(state));
      assert.deepEqual(violations, []);
    });
    for (const pings of [true, false]) {
      const title = pings
        ? `${name}: after ${stallMs / 1000} s of silence the file arrives whole, because pings keep its worker alive`
        : `${name}: without pings the file arrives whole or an error says that it did not`;
      test(title, { skip: missingBrowser(name), timeout: stallMs + 300_000 }, async () => {
        await using site = await startSinkSite();
        const { outcome, savedBytes, equal } = await saveWithStall(name, pings, site.origin);
        if (pings) assert.deepEqual({ ok: outcome.ok, equal }, { ok: true, equal: true }, JSON.stringify(outcome));
        else assert.ok(!outcome.ok || equal, `called saved with ${savedBytes} bytes`);
        if (!pings) console.log(`# ${name} without pings: ${outcome.ok ? 'whole' : outcome.code}, ${savedBytes} of ${size} bytes on disk`);
      });
    }
  }
});
