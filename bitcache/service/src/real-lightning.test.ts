// A link sold for a payment between two real Lightning nodes, put together as a host does it: one reader of events, which tells the mint
// and the shop what came.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { migrate, openDatabase } from '@reprise/database';
import { systemClock, systemRandom } from '@reprise/kit';
import { Ledger, msat, readTrialBalance } from '@reprise/ledger';
import { claimNetwork, PaymentJournal, reconcile } from '@reprise/lightning';
import { Sandbox } from '@reprise/lightning/sandbox';
import { defaultMintSettings, openMint, openSigner } from '@reprise/mint';
import { until } from '../../../tests/support/until.ts';
import { staticRates } from './rates.ts';
import { operatorAgent } from './release.ts';
import type { Granted } from './sales.ts';
import { openService } from './service.ts';
import { defaultServiceSettings } from './settings.ts';
import { Buyer, draw, seller } from './testing/shop.ts';

it('a visitor pays an invoice from another node, and opens what was bought; what earned is the seller’s after the window', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-service-lightning-'));
  const stop = new AbortController();
  const troubles: unknown[] = [];
  try {
    await using database = await openDatabase({ path: join(folder, 'shop.sqlite') });
    await migrate(database);
    await using sandbox = new Sandbox({
      folder: join(folder, 'nodes'),
      place: { production: false, publicUrl: 'http://localhost', demo: false },
    });
    const network = await claimNetwork(database, sandbox.backend);
    let offset = 0;
    const clock = { now: () => systemClock.now() + offset };
    const journal = new PaymentJournal({ backend: sandbox.backend, database, network, clock, onAlarm: (alarm) => troubles.push(alarm) });
    await using signer = await openSigner({ seed: systemRandom(32), points: 'best' });
    const ledger = new Ledger(database);
    const ports = { database, ledger, network, clock, random: systemRandom };
    const mint = await openMint({ ...ports, signer, backend: journal.for('melt') }, defaultMintSettings);
    const fileKey = systemRandom(32);
    const agent = operatorAgent({ database, fileKey, seed: systemRandom(32) });
    const rates = staticRates({ EUR: 80_000n * 10n ** 8n }, clock);
    const service = openService({ ...ports, backend: journal.for('sale'), mint, agent, rates, fileKey }, defaultServiceSettings);
    const reading = reconcile(
      {
        journal,
        database,
        clock,
        everyMs: 200,
        onReceived: async ({ hash, received }) => {
          if (!(await mint.received(hash, received))) await service.received(hash, received);
        },
        onEnded: async () => void (await mint.resume()),
        onTrouble: (error) => troubles.push(error),
      },
      stop.signal,
    );
    const listing = draw({ price: 40, currency: 'EUR' });
    await service.listOffer(seller, listing, 0);
    const buyer = new Buyer();
    const quote = await service.quotePrice(listing.offer);
    const invoice = await service.makeInvoice({ offer: listing.offer, buyerKey: buyer.key, quote: quote.text });
    assert.deepEqual([invoice.sats, invoice.bolt11.startsWith('lnbcrt5u1')], [500n, true]);
    await assert.rejects(service.collect(listing.offer, invoice.paymentHash), { code: 'unpaid' });
    const outcome = await sandbox.wallet.pay({ bolt11: invoice.bolt11, maxFee: msat(10_000n), timeoutSeconds: 60, attempt: 1 });
    assert.equal(outcome.state, 'succeeded');
    let bought: Granted | undefined;
    await until('the sale is made', async () => {
      bought = await service.collect(listing.offer, invoice.paymentHash).catch((error: { code?: unknown }) => {
        if (error.code === 'unpaid') return undefined;
        throw error;
      });
      return bought !== undefined;
    });
    stop.abort();
    await reading;
    assert.ok(bought);
    assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
    buyer.checkReceipt(listing, bought.receipt, service.agentKey);
    offset += 14 * 86_400_000;
    assert.equal(await service.releaseMatured(), 1);
    await mint.close();
    const { lines, difference, wrong } = await readTrialBalance(database);
    assert.deepEqual([lines.find(({ code }) => code === `account:${seller}`)?.posted, difference, wrong], [500_000n, 0n, []]);
    assert.deepEqual(troubles, []);
  } finally {
    stop.abort();
    await rm(folder, { recursive: true, force: true });
  }
});
