// needs: electrum
// Electrum, a Lightning node that shares no code with LDK's, before a node of the sandbox: it takes a channel, pays for a link that is sold, and is
// paid out to. Over TCP, with an Electrum server on the sandbox's chain. docs/decisions/lightning.md.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Database, migrate, openDatabase } from '@reprise/database';
import { formatBase64url, systemClock, systemRandom } from '@reprise/kit';
import { Ledger, msat, readTrialBalance, sat } from '@reprise/ledger';
import { type LightningBackend, type PaymentHash, PaymentJournal, parseInvoice, reconcile } from '@reprise/lightning';
import { sandboxCapabilities } from '@reprise/lightning/sandbox';
import { defaultMintSettings, openMint, openSigner } from '@reprise/mint';
import { defaultPayoutSettings, openPayouts, openService } from '@reprise/service';
import type { RegtestChain } from '../../bitcache/lightning/src/sandbox/chain.ts';
import type { LdkNode } from '../../bitcache/lightning/src/sandbox/ldk-node.ts';
import { staticRates } from '../../bitcache/service/src/rates.ts';
import { operatorAgent } from '../../bitcache/service/src/release.ts';
import { defaultServiceSettings } from '../../bitcache/service/src/settings.ts';
import { Buyer, dayMs, draw, seller } from '../../bitcache/service/src/testing/shop.ts';
import { Electrum, findElectrum } from '../support/electrum.ts';
import { type ElectrumServer, startElectrumServer } from '../support/electrum-server.ts';
import { type LightningPort, openLightningPort } from '../support/lightning-port.ts';
import { until } from '../support/until.ts';

// As the thread of the sandbox has it: bcoin reads it when it is loaded.
process.env['NODE_BACKEND'] = 'js';

const program = findElectrum();
const skip = program === undefined && 'no Electrum: apt-get install electrum';
const channelSats = 2_000_000n;
const pushed = msat(1_000_000_000n);
const price = 2_100n;

describe('Electrum', { skip, concurrency: false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-electrum-'));
  let chain: RegtestChain;
  let node: LdkNode;
  let server: ElectrumServer;
  let port: LightningPort;
  let electrum: Electrum;
  let database: Database;

  before(async () => {
    const { RegtestChain: OurChain } = await import('../../bitcache/lightning/src/sandbox/chain.ts');
    const { LdkNode: OurNode } = await import('../../bitcache/lightning/src/sandbox/ldk-node.ts');
    const { loadLdk } = await import('../../bitcache/lightning/src/sandbox/pair.ts');
    await loadLdk();
    chain = await OurChain.open(folder);
    node = OurNode.open({ file: join(folder, 'ours'), chain });
    server = await startElectrumServer(chain);
    port = await openLightningPort(node);
    electrum = await Electrum.start(program as string, join(folder, 'electrum'), server.port);
    database = await openDatabase({ path: join(folder, 'shop.sqlite') });
    await migrate(database);
  });
  after(async () => {
    await electrum?.[Symbol.asyncDispose]();
    port?.close();
    server?.close();
    node?.close();
    await chain?.close();
    await database?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const channels = async () =>
    (await electrum.ask('list_channels')) as readonly { readonly state: string; readonly local_balance: number }[];
  const held = async () => (await channels())[0]?.local_balance ?? 0;

  it('finds the chain by its server, meets the node, and takes a channel from it', async () => {
    const told = () => electrum.ask('getinfo') as Promise<{ blockchain_height: number }>;
    await until('it knows the chain', async () => (await told()).blockchain_height === chain.height, told);
    await electrum.ask('add_peer', { connection_string: port.address });
    const [id = ''] = String(await electrum.ask('nodeid')).split('@');
    const peer = new Uint8Array(Buffer.from(id, 'hex'));
    await until('they have met', () => node.peers.list_peers().some((one) => Buffer.from(one.get_counterparty_node_id()).equals(peer)));
    node.openChannel(peer, channelSats, pushed);
    const seen = async () => ({ log: electrum.log.slice(-4_000), channels: await channels() });
    await until(
      'the channel is open on both sides',
      async () => node.usableChannels() === 1 && (await channels())[0]?.state === 'OPEN',
      seen,
    );
    assert.equal(await held(), Number(pushed / 1_000n));
    for (const method of ['blockchain.scripthash.get_history', 'blockchain.transaction.get_merkle'])
      assert.ok(server.asked.has(method), `the channel’s transaction was looked for: ${method}`);
  });

  it('pays for a link that is sold, and what it earned is paid out to it', async () => {
    const stop = new AbortController();
    const troubles: unknown[] = [];
    const backend = backendOf(node, chain);
    let offset = 0;
    const clock = { now: () => systemClock.now() + offset };
    const network = 'regtest' as const;
    const journal = new PaymentJournal({ backend, database, network, clock: systemClock, onAlarm: (alarm) => troubles.push(alarm) });
    await using signer = await openSigner({ seed: systemRandom(32), points: 'best' });
    const ledger = new Ledger(database);
    const ports = { database, ledger, network, clock, random: systemRandom };
    const mint = await openMint({ ...ports, signer, backend: journal.for('melt') }, defaultMintSettings);
    const fileKey = systemRandom(32);
    const agent = operatorAgent({ database, fileKey, seed: systemRandom(32) });
    const rates = staticRates({}, clock);
    const service = openService({ ...ports, backend: journal.for('sale'), mint, agent, rates, fileKey }, defaultServiceSettings);
    const outgoing = { ...ports, clock: systemClock, backend: journal.for('payout'), isOwnInvoice: mint.isOwnInvoice };
    const payouts = openPayouts({ ...outgoing, fetch: () => assert.fail('no address is asked') }, defaultPayoutSettings);
    const reading = reconcile(
      {
        ...{ journal, database, clock: systemClock, everyMs: 200 },
        onReceived: async ({ hash, received }) => void (await service.received(hash, received)),
        onEnded: async () => void (await payouts.resume()),
        onTrouble: (error) => troubles.push(error),
      },
      stop.signal,
    );
    try {
      const listing = draw({ price: Number(price) });
      await service.listOffer(seller, listing, 0);
      const buyer = new Buyer();
      const invoice = await service.makeInvoice({ offer: listing.offer, buyerKey: buyer.key, quote: null });
      const before = await held();
      const paid = (await electrum.ask('lnpay', { invoice: invoice.bolt11 })) as { readonly success: boolean; readonly preimage: string };
      assert.ok(paid.success, JSON.stringify(paid));
      await until('the sale is made', async () => service.collect(listing.offer, invoice.paymentHash).then(() => true, isUnpaid));
      const bought = await service.collect(listing.offer, invoice.paymentHash);
      assert.deepEqual(await buyer.open(listing.hash, bought.release), listing.secret);
      assert.equal(before - (await held()), Number(price), 'nobody stands in between who could ask for a fee');

      offset += 15 * dayMs;
      assert.equal(await service.releaseMatured(), 1);
      const wanted = (await electrum.ask('add_request', { amount: 0.00002 })) as { readonly lightning_invoice: string };
      const { hash, amount } = parseInvoice(wanted.lightning_invoice);
      assert.equal(amount, 2_000_000n);
      const rest = await held();
      const order = {
        account: seller,
        request: formatBase64url(systemRandom(16)),
        to: wanted.lightning_invoice,
        amount: null,
        feeMax: null,
      };
      const left = await payouts.order(order);
      assert.deepEqual([left.state, left.fee], ['paid', 0n]);
      assert.equal((await payouts.order(order)).id, left.id, 'the same order is paid once');
      assert.equal((await node.outcome(hash)).state, 'succeeded');
      await until('it has what was paid out', async () => (await held()) === rest + 2_000);
      assert.equal((await service.readBalance(seller)).available, sat(price - 2_000n));
    } finally {
      stop.abort();
      await reading;
      await payouts.close();
      await mint.close();
    }
    const { difference, wrong } = await readTrialBalance(database);
    assert.deepEqual([difference, wrong, troubles], [0n, [], []]);
  });

  it('refuses an invoice that it has paid, and is refused by one that is not met: nothing is lost on either side', async () => {
    const { bolt11, hash } = node.invoice({ label: 'once', amount: msat(50_000n), description: { text: 'once' }, expirySeconds: 600 });
    const [before, ours] = [await held(), node.balance().spendable];
    const pay = () => electrum.ask('lnpay', { invoice: bolt11 }) as Promise<{ readonly success: boolean }>;
    assert.equal((await pay()).success, true);
    assert.equal(node.invoiceState(hash).state, 'settled');
    await assert.rejects(pay(), /paid/i);
    const cancelled = node.invoice({ label: 'gone', amount: msat(60_000n), description: { text: 'gone' }, expirySeconds: 600 });
    node.cancelInvoice(cancelled.hash);
    assert.equal(((await electrum.ask('lnpay', { invoice: cancelled.bolt11 })) as { readonly success: boolean }).success, false);
    assert.equal(node.invoiceState(cancelled.hash).state, 'cancelled');
    await until('what failed is free again', async () => (await held()) === before - 50 && node.balance().spendable === ours + 50_000n);
  });
});

/** As the sandbox makes one of the node in its thread. */
function backendOf(node: LdkNode, chain: RegtestChain): LightningBackend {
  return {
    name: 'sandbox',
    capabilities: sandboxCapabilities,
    info: async () => ({ network: 'regtest', synced: true }),
    balance: async () => node.balance(),
    createInvoice: async (request) => {
      await chain.tellTime();
      return node.invoice(request);
    },
    lookupInvoice: async (hash: PaymentHash) => node.invoiceState(hash),
    cancelInvoice: async (hash: PaymentHash) => node.cancelInvoice(hash),
    pay: (request) => node.pay(request),
    lookupPayment: async (hash: PaymentHash) => node.outcome(hash),
    async *events(from, signal) {
      for (let at = Number(from || 0); !signal.aborted; ) {
        const told = node.changed(signal);
        for (const entry of node.logAfter(at)) {
          at = entry.at;
          yield { cursor: String(at), event: entry.event };
        }
        await told;
      }
    },
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function isUnpaid(error: { readonly code?: unknown }): boolean {
  if (error.code === 'unpaid') return false;
  throw error;
}
