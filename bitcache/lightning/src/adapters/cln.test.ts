import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseInvoice } from '../bolt11/parse.ts';
import { clnRune, startCln } from '../testing/cln-daemon.ts';
import { describeBackend } from '../testing/backend.suite.ts';
import { Daemon } from '../testing/daemon.ts';
import { outsideOf } from '../testing/outside.ts';
import { World } from '../testing/world.ts';
import { ClnBackend, clnCapabilities } from './cln.ts';

const open = (url: string) => new ClnBackend({ name: 'cln', url, rune: clnRune, http: fetch });

describeBackend(
  'Core Lightning, by answers written from its documentation',
  { capabilities: clnCapabilities, routesCost: true, remote: true },
  async () => {
    const daemon = await startCln();
    return {
      backend: open(daemon.url),
      outside: outsideOf(daemon.world),
      breakNextPayment: (fault) => daemon.breakNextPayment(fault),
      vanish: () => daemon.close(),
      close: () => daemon.close(),
    };
  },
);

it('Core Lightning that sent less than the amount is not owed a fee below zero', async () => {
  const world = new World();
  const { hash } = parseInvoice(world.invoice(1_000n));
  const { preimage } = world.create({ label: 'a', amount: 1_000n as never, description: { text: '' }, expirySeconds: 60 });
  const pays = [{ status: 'complete', preimage, amount_msat: 1_000, amount_sent_msat: 999 }];
  const daemon = await Daemon.start(world, { answer: async () => ({ status: 201, json: { pays } }), isPayment: () => false });
  try {
    const ours = [...world.ours.keys()][0] ?? hash;
    assert.deepEqual(await open(daemon.url).lookupPayment(ours), { state: 'succeeded', preimage, fee: 0n });
  } finally {
    await daemon.close();
  }
});
