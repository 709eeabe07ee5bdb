// Rows in a real browser's database. Accepted heads: of two tabs that replace the same head one is told no, and nothing that was kept is lost. Orders
// that pay: the same one whichever tab sends it, until it was answered. spec/log.md "Rules of a client", R3, spec/paid-links.md "Accounts". needs: chromium
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { findChromium, launchChromium } from '../support/browser.ts';
import { bundleScript } from './harness/bundle.ts';
import { serveSite, type Site } from './harness/serve.ts';

const skip = findChromium() === null && 'no Chromium on this machine';
const bundled = async (name: string) => ({
  type: 'text/javascript',
  body: await bundleScript({ entry: join(import.meta.dirname, '../../apps/web/src/workers/drive', name), format: 'module' }),
});

describe('rows in a browser', { skip }, () => {
  let site: Site | undefined;
  let browser: Browser | undefined;

  before(async () => {
    site = await serveSite(
      new Map([
        ['/', { type: 'text/html', body: '<!doctype html><title>rows</title>' }],
        ['/rows.js', await bundled('device-rows.ts')],
        ['/orders.js', await bundled('kept-orders.ts')],
      ]),
    );
    browser = await launchChromium(['--disable-gpu', '--disable-background-networking']);
  });
  after(async () => {
    await browser?.close();
    await site?.[Symbol.asyncDispose]();
  });

  test('heads are replaced by one tab at a time, by the one that has read them', { timeout: 240_000 }, async () => {
    const context = await (browser as Browser).newContext();
    const tabs = await Promise.all(
      Array.from({ length: 2 }, async () => {
        const tab = await context.newPage();
        await tab.goto((site as Site).origin);
        return tab;
      }),
    );
    const times = 60;
    const refused = await Promise.all(
      tabs.map((tab) =>
        tab.evaluate(
          async ([path, count]) => {
            const { headStore } = await import(path as string);
            let told = 0;
            for (let added = 0; added < (count as number); ) {
              const record: Uint8Array | undefined = await headStore.load('space');
              const next = new Uint8Array((record?.length ?? 0) + 1);
              if (await headStore.save('space', next, record)) added++;
              else told++;
            }
            return told;
          },
          ['/rows.js', times],
        ),
      ),
    );
    const length = await tabs[0]?.evaluate(async (path) => (await (await import(path)).headStore.load('space')).length, '/rows.js');
    assert.equal(length, 2 * times, `${refused.join(' and ')} times told no`);
    const late = await tabs[1]?.evaluate(
      async (path) => (await import(path)).headStore.save('space', new Uint8Array(1), new Uint8Array(1)),
      '/rows.js',
    );
    assert.equal(late, false);
  });

  test('an order that pays is the same one in another tab and after a reload, until it is answered', async () => {
    const [first, second] = await twoTabs();
    const [ours, theirs] = [1, 2];
    const drawn = await ordered(first, ours, { most: '500' });
    assert.deepEqual(await ordered(second, ours, { most: '501' }), drawn, 'another tab sends what was sent');
    await first.reload();
    assert.deepEqual(await ordered(first, ours, { most: '502' }), drawn, 'after a reload');
    assert.notEqual((await ordered(first, theirs, {})).request, drawn.request, 'another account');
    assert.notEqual((await ordered(first, ours, {}, '501 lola@example.org')).request, drawn.request, 'another amount');
    await dropped(first, ours, 'another request');
    assert.equal((await ordered(second, ours, {})).request, drawn.request);
    await dropped(second, ours, drawn.request);
    const own = await ordered(first, ours, {});
    assert.equal(own.request, drawn.request, 'a tab that heard no answer itself goes on with what it sent');
    await dropped(first, ours, drawn.request);
    const again = await ordered(second, ours, {});
    assert.notEqual(again.request, drawn.request, 'it was answered: the same once more is another');
    await dropped(first, ours, drawn.request);
    await second.reload();
    assert.equal((await ordered(second, ours, {})).request, again.request, 'a late answer to the former ends no newer one');
    const plain = await first.evaluate(async () => {
      const opening = indexedDB.open('reprise-account');
      await new Promise((resolve) => (opening.onsuccess = resolve));
      const rows = opening.result.transaction('settings').objectStore('settings');
      const [keys, values] = [rows.getAllKeys(), rows.getAll()];
      await new Promise((resolve) => (rows.transaction.oncomplete = resolve));
      return JSON.stringify([keys.result, values.result]);
    });
    assert.ok(plain.includes('payout ') && !plain.includes('lola'), plain);
  });

  test('an order that any tab has under way is not ended by what another tab reads', async () => {
    const [first, second] = await twoTabs();
    await first.evaluate(async () => {
      const { underWay } = await import('/orders.js' as string);
      const order = { account: new Uint8Array(16).fill(3), kind: 'payout', what: '500 lola@example.org' };
      const page = globalThis as unknown as { answer: () => void; sent: Promise<unknown> };
      await new Promise<void>((begun) => {
        page.sent = underWay(order, () => (begun(), new Promise<void>((resolve) => (page.answer = resolve))));
      });
    });
    const isLeft = () =>
      second.evaluate(async () => {
        const { unlessUnderWay } = await import('/orders.js' as string);
        const order = { account: new Uint8Array(16).fill(3), kind: 'payout', what: '500 lola@example.org' };
        return (await unlessUnderWay(order, async () => true)) === undefined;
      });
    assert.equal(await isLeft(), true);
    await first.evaluate(() => {
      const page = globalThis as unknown as { answer: () => void; sent: Promise<unknown> };
      page.answer();
      return page.sent;
    });
    assert.equal(await isLeft(), false);
  });

  async function twoTabs(): Promise<readonly [Page, Page]> {
    const context = await (browser as Browser).newContext();
    const tabs = [await context.newPage(), await context.newPage()] as const;
    for (const tab of tabs) await tab.goto((site as Site).origin);
    return tabs;
  }
});

type Kept = { readonly request: string; readonly most?: string };

/** @returns what would be sent */
function ordered(tab: Page, account: number, facts: { readonly most?: string }, what = '500 lola@example.org'): Promise<Kept> {
  return tab.evaluate(
    async ([by, given, named]) => {
      const { keepOrder } = await import('/orders.js' as string);
      return keepOrder({ account: new Uint8Array(16).fill(by), kind: 'payout', what: named }, async () => given) as Promise<Kept>;
    },
    [account, facts, what] as const,
  );
}

function dropped(tab: Page, account: number, request: string): Promise<void> {
  return tab.evaluate(
    async ([by, sent]) => {
      const { dropOrder } = await import('/orders.js' as string);
      await dropOrder({ account: new Uint8Array(16).fill(by), kind: 'payout', what: '500 lola@example.org' }, sent);
    },
    [account, request] as const,
  );
}
