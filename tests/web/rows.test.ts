// Rows in a real browser's database. Accepted heads: of two tabs that replace the same head one is told no, and nothing that was kept is lost. Orders to
// pay out: the same one whichever tab sends it, until it was heard of. spec/log.md "Rules of a client", R3, spec/paid-links.md "Accounts". needs: chromium
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
        ['/orders.js', await bundled('payout-orders.ts')],
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

  test('an order to pay out is the same one in another tab and after a reload, until its answer or the list tells of it', async () => {
    const context = await (browser as Browser).newContext();
    const tabs = await Promise.all([context.newPage(), context.newPage()]);
    for (const tab of tabs) await tab.goto((site as Site).origin);
    const [first, second] = tabs as [Page, Page];
    const [ours, theirs] = [1, 2];
    const paid = (id: string): Shown => ({ id, to: 'lola@example.org', amount: 500 });
    const drawn = await ordered(first, ours, { listed: [paid('a')] });
    assert.equal(await ordered(second, ours), drawn, 'another tab');
    await first.reload();
    assert.equal(await ordered(first, ours), drawn, 'after a reload');
    assert.notEqual(await ordered(first, theirs), drawn, 'another account');
    assert.notEqual(await ordered(first, ours, { sats: 501 }), drawn, 'another amount');
    // The one from before is not what was ordered.
    await shown(second, ours, [paid('a'), { ...paid('b'), to: 'ida@example.org' }]);
    assert.equal(await ordered(second, ours), drawn);
    await shown(second, ours, [paid('b'), paid('a')]);
    const again = await ordered(first, ours, { listed: [paid('b'), paid('a')] });
    assert.notEqual(again, drawn, 'it was heard of: the same once more is another');
    await first.evaluate(async () => {
      const { dropOrder } = await import('/orders.js' as string);
      await dropOrder({ account: new Uint8Array(16).fill(1), to: 'lola@example.org', sats: 500 });
    });
    assert.notEqual(await ordered(second, ours), again, 'it was answered');
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
});

type Shown = { readonly id: string; readonly to: string; readonly amount: number };

/** @returns the request under which 500 satoshis to Lola would be sent */
function ordered(tab: Page, account: number, given: { readonly sats?: number; readonly listed?: readonly Shown[] } = {}): Promise<string> {
  return tab.evaluate(
    async ([by, sats, listed]) => {
      const { keepOrder } = await import('/orders.js' as string);
      return keepOrder({ account: new Uint8Array(16).fill(by), to: 'lola@example.org', sats }, async () => listed) as Promise<string>;
    },
    [account, given.sats ?? 500, given.listed ?? []] as const,
  );
}

function shown(tab: Page, account: number, payouts: readonly Shown[]): Promise<void> {
  return tab.evaluate(
    async ([by, list]) => {
      const { dropShown } = await import('/orders.js' as string);
      await dropShown(new Uint8Array(16).fill(by), list);
    },
    [account, payouts] as const,
  );
}
