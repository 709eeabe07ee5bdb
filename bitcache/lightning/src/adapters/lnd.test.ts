import assert from 'node:assert/strict';
import { it } from 'node:test';
import { msat } from '@reprise/ledger';
import { parseInvoice } from '../bolt11/parse.ts';
import { describeBackend } from '../testing/backend.suite.ts';
import { Daemon } from '../testing/daemon.ts';
import { lndMacaroon, startLnd } from '../testing/lnd-daemon.ts';
import { outsideOf } from '../testing/outside.ts';
import { World } from '../testing/world.ts';
import { LndBackend, lndCapabilities } from './lnd.ts';

const open = (url: string) => new LndBackend({ name: 'lnd', url, macaroon: lndMacaroon, http: fetch });

describeBackend(
  'LND, by answers written from its documentation',
  { capabilities: lndCapabilities, routesCost: true, remote: true },
  async () => {
    const daemon = await startLnd();
    return {
      backend: open(daemon.url),
      outside: outsideOf(daemon.world),
      breakNextPayment: (fault) => daemon.breakNextPayment(fault),
      vanish: () => daemon.close(),
      close: () => daemon.close(),
    };
  },
);

it('LND that calls a payment in flight without a part of it is not believed', async () => {
  const world = new World();
  const line = { result: { status: 'IN_FLIGHT', htlcs: [] } };
  const lines = async function* () {
    yield line;
  };
  const daemon = await Daemon.start(world, { answer: async () => ({ lines: lines() }), isPayment: () => false });
  try {
    const bolt11 = world.invoice(1_000n);
    assert.equal((await open(daemon.url).lookupPayment(parseInvoice(bolt11).hash)).state, 'unknown');
    assert.equal((await open(daemon.url).pay({ bolt11, maxFee: msat(0n), timeoutSeconds: 1, attempt: 1 })).state, 'unknown');
  } finally {
    await daemon.close();
  }
});
