// The engine of the web app without its screens, against the real host, in Chromium and Firefox: send, resume, open, save, refuse.
// spec/web.md.
// needs: chromium, firefox
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { finishedDownload, missingBrowser, startBrowser, type TestBrowser } from './harness/browsers.ts';
import { type EngineSite, startEngineSite } from './harness/sites.ts';
import { type EnginePage, engineOf, fileHash, madeUpHash, openEnginePage, savedHash } from './harness/steps.ts';

const mib = 2 ** 20;
/** Silent answers hold the few connections a browser has to one host; a reload must not wait for them longer than its driver does. */
const stoppedMs = 12_000;

for (const name of ['chromium', 'firefox'] as const) {
  describe(`the engine in ${name}`, { skip: missingBrowser(name), timeout: 600_000 }, () => {
    let site: EngineSite;
    let browser: TestBrowser;
    let engine: EnginePage;

    before(async () => {
      site = await startEngineSite();
      browser = await startBrowser(name);
      engine = await openEnginePage(browser, site);
    });
    afterEach(() => site.proxy.rule(null));
    after(async () => {
      const violations = await engine?.violations();
      await browser?.[Symbol.asyncDispose]();
      await site?.[Symbol.asyncDispose]();
      assert.deepEqual(violations, [], 'the content security policy refused nothing');
    });

    const send = async (files: { path: string; bytes: number; seed: number }[], options = {}) => {
      const { id, linkUrl, manageUrl } = await engine.call.sendMadeUp(files, options);
      const parcel = await engine.call.parcelEnds(id);
      assert.equal(parcel.state.phase, 'done', JSON.stringify(parcel.state));
      return { id, linkUrl, manageUrl, parcel };
    };

    for (const sink of ['memory', 'stream', 'private'] as const) {
      test(`a file comes back equal through the sink "${sink}", and the server counts one download`, async () => {
        const bytes = 9 * mib + 11;
        const { linkUrl, manageUrl } = await send([{ path: 'Été – Ω (1).bin', bytes, seed: 7 }]);
        const opened = await engine.call.open(linkUrl);
        assert.equal(opened.kind, 'ready');
        const { state, phases } = await engine.call.save('Été – Ω (1).bin', sink);
        assert.equal(state.phase, 'done', JSON.stringify(state));
        assert.equal(phases[0], 'preparing');
        assert.equal(state.bytesDone, bytes);
        assert.equal(await savedHash(browser), madeUpHash(bytes, 7));
        const managed = await engine.call.manage(manageUrl);
        assert.equal(managed.kind === 'open' && managed.space.links[0]?.downloads, 1);
      });
    }

    for (const bytes of [0, 1, 262_143, 262_144, 262_145, 4 * mib - 1, 4 * mib, 4 * mib + 1]) {
      test(`a file of ${bytes} bytes comes back equal as a stream`, async () => {
        const { linkUrl } = await send([{ path: 'edge.bin', bytes, seed: 5 }]);
        await engine.call.open(linkUrl);
        const { state } = await engine.call.save('edge.bin', 'stream');
        assert.equal(state.phase, 'done', JSON.stringify(state));
        assert.equal(await savedHash(browser), madeUpHash(bytes, 5));
      });
    }

    test('a folder comes back as a zip with every file, its name and its bytes', async () => {
      const files = Array.from({ length: 40 }, (_, i) => ({ path: `Voyage/jour ${i % 4}/photo ${i}.jpg`, bytes: 20_000 + i, seed: i }));
      const big = { path: 'Voyage/CON', bytes: 6 * mib + 3, seed: 99 };
      const { linkUrl } = await send([...files, big, { path: 'Voyage/vide.txt', bytes: 0, seed: 0 }]);
      const opened = await engine.call.open(linkUrl);
      assert.equal(opened.of, 'folder');
      const { state } = await engine.call.save(null, 'stream');
      assert.equal(state.phase, 'done', JSON.stringify(state));
      const path = await finishedDownload(browser.downloads, 180_000);
      const folder = await mkdtemp(join(tmpdir(), 'reprise-zip-'));
      const listed = unzip(path, folder);
      assert.equal(listed.length, 42);
      for (const file of files) assert.equal(await fileHash(join(folder, file.path)), madeUpHash(file.bytes, file.seed), file.path);
      assert.equal(
        await fileHash(join(folder, 'Voyage/_CON')),
        madeUpHash(big.bytes, big.seed),
        'a name Windows reserves is made harmless',
      );
      await rm(folder, { recursive: true });
      await rm(path);
    });

    test('a file with a missing chunk is named in the zip and left out, before the length is promised', async () => {
      const files = [0, 1, 2].map((i) => ({ path: `Lot/${i}.bin`, bytes: 5 * mib + i, seed: i }));
      const { linkUrl } = await send(files);
      await engine.call.open(linkUrl);
      let gone: string | undefined;
      site.proxy.rule(({ method, path, range }) => {
        if (method !== 'GET' || !path.startsWith('/api/v1/objects/')) return null;
        if (range === 'bytes=0-0') gone ??= path;
        return path === gone ? { kind: 'status', status: 404 } : null;
      });
      const { state } = await engine.call.save(null, 'stream');
      site.proxy.rule(null);
      assert.equal(state.phase, 'done', JSON.stringify(state));
      assert.deepEqual(state.leftOut, ['Lot/0.bin']);
      const path = await finishedDownload(browser.downloads, 180_000);
      const folder = await mkdtemp(join(tmpdir(), 'reprise-zip-'));
      assert.deepEqual(unzip(path, folder), ['_ERRORS.txt', 'Lot/1.bin', 'Lot/2.bin']);
      assert.equal(await readFile(join(folder, '_ERRORS.txt'), 'utf8'), 'Lot/0.bin\n');
      assert.equal(await fileHash(join(folder, 'Lot/2.bin')), madeUpHash(5 * mib + 2, 2));
      await rm(folder, { recursive: true });
      await rm(path);
    });

    test('a link with a password asks for it, refuses a wrong one and opens with the right one', async () => {
      const { linkUrl } = await send([{ path: 'secret.txt', bytes: 1000, seed: 1 }], { password: 'correct horse' });
      assert.equal((await engine.call.open(linkUrl)).kind, 'needs-password');
      const wrong = await engine.call.open(linkUrl, 'wrong horse');
      assert.equal(wrong.failure?.reason, 'wrong-password');
      assert.equal((await engine.call.open(linkUrl, 'correct horse')).kind, 'ready');
      assert.equal((await engine.call.open(linkUrl)).kind, 'ready', 'nobody is asked twice in one page');
    });

    test('a fragment that cannot be right is told apart before any request', async () => {
      const { linkUrl } = await send([{ path: 'a.txt', bytes: 10, seed: 1 }]);
      const before = site.proxy.requests.length;
      const cases = [
        [`${linkUrl}`.slice(0, -4), 'too-short'],
        [`${linkUrl}AAAA`, 'too-long'],
        [linkUrl.replace(/.$/, '!'), 'bad-character'],
        [linkUrl.replace('#1.', '#7.'), 'bad-version'],
      ] as const;
      for (const [url, fault] of cases) {
        assert.deepEqual((await engine.call.open(url)).failure, { reason: 'bad-link', fault });
      }
      assert.equal(site.proxy.requests.length, before);
    });

    test('a chunk with one wrong bit is never saved as done', async () => {
      const bytes = 12 * mib;
      const { linkUrl } = await send([{ path: 'flip.bin', bytes, seed: 3 }]);
      // A browser of its own: what it keeps of a download that broke off is in nobody's way.
      await using other = await startBrowser(name);
      const reader = await openEnginePage(other, site);
      await reader.call.open(linkUrl);
      let seen = 0;
      site.proxy.rule(({ path, method }) =>
        method === 'GET' && path.startsWith('/api/v1/objects/') && ++seen === 2 ? { kind: 'flip', atByte: 500_000 } : null,
      );
      const { state } = await reader.call.save('flip.bin', 'stream');
      site.proxy.rule(null);
      assert.equal(state.phase, 'broken');
      assert.equal(state.failure?.code, 'integrity');
      assert.ok(state.bytesDone < bytes);
    });

    test('chunks that are cut, refused or late are fetched again, and the file is equal', async () => {
      const bytes = 20 * mib + 1;
      const { linkUrl } = await send([{ path: 'storm.bin', bytes, seed: 4 }]);
      await engine.call.open(linkUrl);
      let seen = 0;
      site.proxy.rule(({ path, method }) => {
        if (method !== 'GET' || !path.startsWith('/api/v1/objects/')) return null;
        seen++;
        if (seen === 1) return { kind: 'status', status: 503 };
        if (seen === 2) return { kind: 'cut', atByte: 1_000_000 };
        if (seen === 3) return { kind: 'stall', atByte: 300_000, ms: 3_000 };
        return null;
      });
      const { state } = await engine.call.save('storm.bin', 'stream');
      site.proxy.rule(null);
      assert.equal(state.phase, 'done', JSON.stringify(state));
      assert.equal(await savedHash(browser), madeUpHash(bytes, 4));
    });

    test('after a reload the file is chosen again, what was sent is kept, and the link is the same', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'reprise-chosen-'));
      const path = join(folder, 'Mix final.wav');
      const content = randomBytes(40 * mib);
      await writeFile(path, content);
      await utimes(path, 1_700_000_000, 1_700_000_000);
      const own = await openEnginePage(browser, site);
      await own.page.choose('#choose', [path]);
      confirmBytes(site, 30 * mib);
      const { id, linkUrl } = await own.call.sendChosen();
      await own.call.parcelReaches(id, 16 * mib);
      await own.page.reload();
      site.proxy.rule(null);
      const again = engineOf(own.page);
      const restored = (await again.call.restore()).find((parcel) => parcel.id === id);
      assert.equal(restored?.linkUrl, linkUrl);
      assert.equal(restored?.state.phase, 'again');
      const kept = restored?.state.bytesDone ?? 0;
      assert.ok(kept >= 8 * mib, `${kept} bytes are known to be durable`);
      const sentBefore = putBytes(site);
      await again.page.choose('#choose', [path]);
      assert.deepEqual(await again.call.reattachChosen(id), { matched: 1, changed: [], stillMissing: 0, strangers: [] });
      const done = await again.call.parcelEnds(id, ['done', 'error', 'cancelled']);
      assert.equal(done.state.phase, 'done', JSON.stringify(done.state));
      const sentAgain = putBytes(site) - sentBefore;
      // What the journal did not know, its padding, and the nodes.
      const most = (content.length - kept) * 1.0625 + mib;
      assert.ok(sentAgain <= most, `${sentAgain} bytes were sent after the reload, ${kept} of ${content.length} were durable`);
      await again.call.open(linkUrl);
      const { state } = await again.call.save('Mix final.wav', 'stream');
      assert.equal(state.phase, 'done', JSON.stringify(state));
      assert.equal(await savedHash(browser), await fileHash(path));
      await rm(folder, { recursive: true });
      await own.page.close();
    });

    test('a file that changed before it was chosen again is named, and sent as it is now', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'reprise-chosen-'));
      const path = join(folder, 'notes.bin');
      await writeFile(path, randomBytes(30 * mib));
      const own = await openEnginePage(browser, site);
      await own.page.choose('#choose', [path]);
      confirmBytes(site, 20 * mib);
      const { id, linkUrl } = await own.call.sendChosen();
      await own.call.parcelReaches(id, 8 * mib);
      await own.page.reload();
      site.proxy.rule(null);
      const again = engineOf(own.page);
      await again.call.restore();
      await writeFile(path, randomBytes(30 * mib));
      await again.page.choose('#choose', [path]);
      assert.deepEqual(await again.call.reattachChosen(id), { matched: 1, stillMissing: 0, strangers: [], changed: ['notes.bin'] });
      const done = await again.call.parcelEnds(id, ['done', 'error', 'cancelled']);
      assert.equal(done.state.phase, 'done', JSON.stringify(done.state));
      await again.call.open(linkUrl);
      const { state } = await again.call.save('notes.bin', 'stream');
      assert.equal(state.phase, 'done', JSON.stringify(state));
      assert.equal(await savedHash(browser), await fileHash(path));
      await again.call.cancel(id);
      assert.equal((await again.call.parcel(id)).state.link, 'ended');
      await rm(folder, { recursive: true });
      await own.page.close();
    });

    test('pausing stops the bytes, resuming finishes, and cancelling ends the link', async () => {
      site.proxy.limit(null);
      const { id, linkUrl } = await engine.call.sendMadeUp([{ path: 'pause.bin', bytes: 30 * mib, seed: 2 }]);
      await engine.call.act(id, 'pause');
      const paused = await engine.call.parcelEnds(id, ['paused', 'done']);
      assert.equal(paused.state.phase, 'paused');
      assert.equal(await engine.call.wouldLose(), true);
      await engine.call.act(id, 'resume');
      assert.equal((await engine.call.parcelEnds(id)).state.phase, 'done');
      await engine.call.cancel(id);
      const answer = await engine.call.open(linkUrl);
      assert.equal(answer.failure?.reason, 'unavailable');
    });
  });
}

/** Lets clients hear of this many bytes only, so that however fast the machine is an upload stands in the middle. */
function confirmBytes(site: EngineSite, bytesMax: number): void {
  let put = 0;
  site.proxy.rule(({ method, path, bytes }) => {
    if (method !== 'PUT' || !path.startsWith('/api/v1/packs/')) return null;
    put += bytes;
    return put > bytesMax ? { kind: 'stall', atByte: 0, ms: stoppedMs } : null;
  });
}

/** Bytes of sealed content that clients put. */
function putBytes(site: EngineSite): number {
  const puts = site.proxy.requests.filter(({ method, path }) => method === 'PUT' && path.startsWith('/api/v1/packs/'));
  return puts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Unpacks with Python's zipfile, a reader that is not ours. @returns the names inside */
function unzip(path: string, folder: string): readonly string[] {
  const program =
    'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2]); print("\\n".join(z.namelist()))';
  return execFileSync('python3', ['-c', program, path, folder], { encoding: 'utf8' }).trim().split('\n');
}
