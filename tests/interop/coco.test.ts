// coco, a wallet that others wrote and that goes over a store of its own, unmodified, against a host with its sandbox: coins bought with an
// invoice of the second node, sent, received, paid out, and restored from nothing but the seed. spec/mint.md "Which NUTs".
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { initializeCoco, type Manager, MemoryRepositories } from '@cashu/coco-core';
import { systemRandom } from '@reprise/kit';
import { sandboxInvoice, sandboxInvoiceState, sandboxPays } from '../support/sandbox-host.ts';
import { type Host, startHost } from '../support/server.ts';
import { until } from '../support/until.ts';

type Purse = { readonly coco: Manager; readonly seed: Uint8Array };

describe('coco', { concurrency: false }, () => {
  let host: Host;
  const opened: Manager[] = [];
  before(async () => {
    host = await startHost();
  });
  after(async () => {
    for (const coco of opened) {
      await coco.pauseSubscriptions();
      await coco.dispose();
    }
    await host[Symbol.asyncDispose]();
  });

  const mintUrl = () => `${host.url}/mint`;
  async function open(seed: Uint8Array = systemRandom(64)): Promise<Purse> {
    const coco = await initializeCoco({
      repo: new MemoryRepositories(),
      seedGetter: async () => seed,
      // What it does is what the test asks for, step by step.
      watchers: { mintOperationWatcher: { disabled: true }, proofStateWatcher: { disabled: true } },
      processors: { mintOperationProcessor: { disabled: true } },
    });
    opened.push(coco);
    await coco.mint.addMint(mintUrl(), { trusted: true });
    return { coco, seed };
  }
  const balance = async ({ coco }: Purse) => (await coco.wallet.balances.byMint())[mintUrl()]?.spendable ?? 0;
  async function buy({ coco }: Purse, amount: number): Promise<void> {
    const pending = await coco.ops.mint.prepare({ mintUrl: mintUrl(), amount, method: 'bolt11', methodData: {} });
    assert.equal((await sandboxPays(host.url, pending.request)).state, 'succeeded');
    const done = await coco.ops.mint.execute(pending.id);
    assert.equal(done.state, 'finalized');
  }

  it('mints by an invoice, sends, receives, pays an invoice, and restores what is left from its seed', async () => {
    const [alice, bob] = [await open(), await open()];
    await buy(alice, 300);
    assert.equal(await balance(alice), 300);

    const sending = await alice.coco.ops.send.prepare({ mintUrl: mintUrl(), amount: 77 });
    const { token } = await alice.coco.ops.send.execute(sending);
    await bob.coco.wallet.receive(token);
    assert.deepEqual([await balance(alice), await balance(bob)], [223, 77]);

    const { invoice, hash } = await sandboxInvoice(host.url, '100');
    const melting = await alice.coco.ops.melt.prepare({ mintUrl: mintUrl(), method: 'bolt11', methodData: { invoice } });
    const melted = await alice.coco.ops.melt.execute(melting);
    assert.equal(melted.state, 'finalized');
    assert.equal(await sandboxInvoiceState(host.url, hash), 'settled');
    // What was set aside for the way and not needed came back (NUT-08).
    assert.equal(await balance(alice), 123);

    const again = await open(alice.seed);
    assert.equal(await balance(again), 0);
    await again.coco.wallet.restore(mintUrl());
    assert.equal(await balance(again), 123);
    const spending = await again.coco.ops.send.prepare({ mintUrl: mintUrl(), amount: 123 });
    await bob.coco.wallet.receive((await again.coco.ops.send.execute(spending)).token);
    assert.equal(await balance(bob), 200);
  });

  it('hears over the websocket that its invoice was paid, and mints by itself', async () => {
    const heard: string[] = [];
    const coco = await initializeCoco({
      repo: new MemoryRepositories(),
      seedGetter: async () => systemRandom(64),
      webSocketFactory: (url) => {
        const socket = new WebSocket(url);
        socket.addEventListener('message', ({ data }) => heard.push(String(data)));
        return socket;
      },
      // It asks beside as well; its last timer keeps the process that long.
      subscriptions: { slowPollingIntervalMs: 2_000 },
    });
    opened.push(coco);
    await coco.mint.addMint(mintUrl(), { trusted: true });
    const minted = new Promise((resolve) => coco.on('mint-op:finalized', resolve));
    const { request, quoteId } = await coco.ops.mint.prepare({ mintUrl: mintUrl(), amount: 21, method: 'bolt11', methodData: {} });
    const isTold = (state: string) => heard.some((text) => text.includes(`"quote":"${quoteId}"`) && text.includes(`"state":"${state}"`));
    await until('it is told that nothing was paid', async () => isTold('UNPAID'));
    assert.equal((await sandboxPays(host.url, request)).state, 'succeeded');
    await until('it is told of the payment', async () => isTold('PAID') || isTold('ISSUED'));
    await minted;
    assert.equal((await coco.wallet.balances.byMint())[mintUrl()]?.spendable, 21);
  });
});
