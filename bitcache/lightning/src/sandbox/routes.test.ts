// Three real nodes, the middle one greedy: what a way costs is paid up to the limit and never above it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { equalBytes } from '@reprise/kit';
import { msat, type Msat } from '@reprise/ledger';
import { parseInvoice } from '../bolt11/parse.ts';
import type { Outcome } from '../port.ts';
import { RegtestChain } from './chain.ts';
import { LdkNode } from './ldk-node.ts';
import { loadLdk } from './pair.ts';
import { connect } from './wire.ts';

// As the thread of the sandbox has it: bcoin reads it when it is loaded.
process.env['NODE_BACKEND'] = 'js';

const tries = process.env['REPRISE_LONG'] === '1' ? 100 : 5;
const amount = msat(1_000_000n);
/** As a payout and a melt set aside: 1 %, at least 10 sat. */
const reserve = msat(10_000n);

for (const percent of [5, 100]) {
  describe(`a payment whose only way costs ${percent} percent`, () => {
    let folder: string;
    let world: Awaited<ReturnType<typeof openRoute>> | undefined;
    const nodes = () => world as NonNullable<typeof world>;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'reprise-routes-'));
      world = await openRoute(folder, percent * 10_000);
    });
    after(async () => {
      await world?.close();
      await rm(folder, { recursive: true, force: true });
    });
    const pay = (maxFee: Msat): Promise<Outcome> => {
      const { bolt11 } = nodes().payee.invoice({ label: `route-${labels++}`, amount, description: { text: '' }, expirySeconds: 600 });
      return nodes().payer.pay({ bolt11, maxFee, timeoutSeconds: 60, attempt: 1 });
    };

    it('is not made for less, and nothing is lost by trying', async () => {
      const start = nodes().payer.balance().spendable;
      for (let i = 0; i < tries; i++) assert.equal((await pay(reserve)).state, 'failed');
      assert.equal((await pay(msat(BigInt(percent) * 10_000n - 1n))).state, 'failed');
      assert.equal(nodes().payer.balance().spendable, start);
    });
    it('is made for exactly that, and shows it', async () => {
      const fee = BigInt(percent) * 10_000n;
      const start = nodes().payer.balance().spendable;
      const outcome = await pay(msat(fee));
      assert.equal(outcome.state === 'succeeded' && outcome.fee, fee);
      await until(() => nodes().payer.balance().spendable === start - amount - fee);
    });
  });
}
let labels = 0;

/** payer — middle — payee, each with a channel to the next; `millionths` is what the middle asks. */
async function openRoute(folder: string, millionths: number) {
  await loadLdk();
  const chain = await RegtestChain.open(folder);
  const node = (name: string) => LdkNode.open({ file: join(folder, name), chain, forwarding: { baseMsat: 0, millionths } });
  const [payer, middle, payee] = [node('payer'), node('middle'), node('payee')];
  const close = async (): Promise<void> => {
    for (const one of [payer, middle, payee]) one.close();
    await chain.close();
  };
  try {
    await channel(payer, middle);
    await channel(middle, payee);
    // The payee knows its way in, and what it costs, once the middle has said so.
    const probe = () => payee.invoice({ label: `probe-${labels++}`, amount, description: { text: '' }, expirySeconds: 600 });
    await until(() => parseInvoice(probe().bolt11).routes.length > 0);
    return { payer, payee, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Both have greeted: a node that has other peers may not have greeted this one yet. */
function knows(node: LdkNode, other: LdkNode): boolean {
  return node.peers.list_peers().some((peer) => equalBytes(peer.get_counterparty_node_id(), other.id));
}

async function channel(from: LdkNode, to: LdkNode): Promise<void> {
  connect(from, to);
  await until(() => knows(from, to) && knows(to, from));
  const before = from.usableChannels();
  from.openChannel(to.id, 2_000_000n, msat(500_000_000n));
  await until(() => from.usableChannels() === before + 1 && to.usableChannels() >= 1);
}

async function until(isSo: () => boolean): Promise<void> {
  for (const endsAt = Date.now() + 60_000; !isSo(); await new Promise((resolve) => setTimeout(resolve, 10)))
    assert.ok(Date.now() < endsAt, 'it did not happen in time');
}
