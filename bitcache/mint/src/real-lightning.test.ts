// A mint between a wallet that others wrote and two real Lightning nodes, put together as a host does it: the journal of attempts, the
// reader of events, and what looks after payments whose worker is gone.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { sumProofs, Wallet } from '@cashu/cashu-ts';
import { migrate, openDatabase } from '@reprise/database';
import { systemClock, systemRandom } from '@reprise/kit';
import { Ledger, msat } from '@reprise/ledger';
import { claimNetwork, PaymentJournal, reconcile } from '@reprise/lightning';
import { Sandbox } from '@reprise/lightning/sandbox';
import { until } from '../../../tests/support/until.ts';
import { openMint } from './mint.ts';
import { defaultMintSettings } from './settings.ts';
import { openSigner } from './signer/thread.ts';
import { assertWhole } from './testing/sandbox.ts';
import { serveMint } from './testing/serve.ts';

it('coins come from Lightning and go back to it, and a payment that hangs ends when the node says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-mint-lightning-'));
  const stop = new AbortController();
  const troubles: unknown[] = [];
  try {
    await using database = await openDatabase({ path: join(folder, 'mint.sqlite') });
    await migrate(database);
    await using sandbox = new Sandbox({
      folder: join(folder, 'nodes'),
      place: { production: false, publicUrl: 'http://localhost', demo: false },
    });
    const network = await claimNetwork(database, sandbox.backend);
    const clock = systemClock;
    const journal = new PaymentJournal({ backend: sandbox.backend, database, network, clock, onAlarm: (alarm) => troubles.push(alarm) });
    await using signer = await openSigner({ seed: systemRandom(32), points: 'best' });
    const ports = { database, ledger: new Ledger(database), signer, backend: journal.for('melt'), network, clock, random: systemRandom };
    const mint = await openMint(ports, { ...defaultMintSettings, payTimeoutSeconds: 5 });
    const reading = reconcile(
      {
        journal,
        database,
        clock,
        everyMs: 200,
        onReceived: async ({ hash, received }) => void (await mint.received(hash, received)),
        onEnded: async () => void (await mint.resume()),
        onTrouble: (error) => troubles.push(error),
      },
      stop.signal,
    );
    await using served = await serveMint(mint, (error) => troubles.push(error));
    const wallet = new Wallet(served.url, { unit: 'sat', bip39seed: systemRandom(64) });
    await wallet.loadMint();
    const strangerAsks = (label: string, sats: bigint) =>
      sandbox.wallet.invoice({ label, amount: msat(sats * 1_000n), description: { text: label }, expirySeconds: 600 });

    const quote = await wallet.createMintQuoteBolt11(500);
    await sandbox.wallet.pay({ bolt11: quote.request, maxFee: msat(10_000n), timeoutSeconds: 60, attempt: 1 });
    await until('the quote is paid', async () => (await wallet.checkMintQuoteBolt11(quote.quote)).state === 'PAID');
    const proofs = await wallet.ops.mintBolt11(500, quote).asDeterministic(0).run();

    const invoice = await strangerAsks('a-loaf', 200n);
    const melt = await wallet.createMeltQuoteBolt11(invoice.bolt11);
    const { keep, send } = await wallet.ops.send(210, proofs).asDeterministic(0).keepAsDeterministic(0).run();
    const paid = await wallet.ops.meltBolt11(melt, send).asDeterministic(0).run();
    assert.deepEqual([paid.quote.state, sumProofs(paid.change).toNumber()], ['PAID', 10]);

    const held = await strangerAsks('a-cow', 100n);
    await sandbox.wallet.hold(held.hash);
    const slow = await wallet.createMeltQuoteBolt11(held.bolt11);
    const pending = await wallet.ops.meltBolt11(slow, keep).asDeterministic(0).run();
    assert.equal(pending.quote.state, 'PENDING');
    assert.ok((await wallet.checkProofsStates(keep)).every(({ state }) => state === 'PENDING'));
    await sandbox.wallet.take(held.hash);
    await until(
      'the payment has ended',
      async () => (await mint.resume(), (await wallet.checkMeltQuoteBolt11(slow.quote)).state === 'PAID'),
    );
    assert.ok((await wallet.checkProofsStates(keep)).every(({ state }) => state === 'SPENT'));

    stop.abort();
    await reading;
    await mint.close();
    await assertWhole(database);
    assert.deepEqual(troubles, []);
  } finally {
    stop.abort();
    await rm(folder, { recursive: true, force: true });
  }
});
