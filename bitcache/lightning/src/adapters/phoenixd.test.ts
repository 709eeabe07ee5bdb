import assert from 'node:assert/strict';
import { it } from 'node:test';
import { msat } from '@reprise/ledger';
import { LightningFailure } from '../failures.ts';
import { describeBackend } from '../testing/backend.suite.ts';
import { outsideOf } from '../testing/outside.ts';
import { phoenixdPassword, startPhoenixd } from '../testing/phoenixd-daemon.ts';
import { World } from '../testing/world.ts';
import { assertCapital, PhoenixdBackend, phoenixdCapabilities } from './phoenixd.ts';

const open = (url: string) => new PhoenixdBackend({ name: 'phoenixd', url, password: phoenixdPassword, http: fetch, everyMs: 5 });

describeBackend(
  'phoenixd, by answers written from its documentation',
  { capabilities: phoenixdCapabilities, routesCost: true, remote: true },
  async () => {
    const daemon = await startPhoenixd();
    return {
      backend: open(daemon.url),
      outside: outsideOf(daemon.world),
      breakNextPayment: (fault) => daemon.breakNextPayment(fault),
      vanish: () => daemon.close(),
      close: () => daemon.close(),
    };
  },
);

it('phoenixd that takes liquidity from a receipt is shown to have received all, and kept a part', async () => {
  const world = new World();
  const daemon = await startPhoenixd(world, { kept: 2_500n });
  try {
    const backend = open(daemon.url);
    const { bolt11, hash } = await backend.createInvoice({
      label: 'a',
      amount: msat(10_000n),
      description: { text: '' },
      expirySeconds: 600,
    });
    world.receive(bolt11, 10_500n);
    assert.deepEqual(await backend.lookupInvoice(hash), { state: 'settled', amount: 10_500n, kept: 2_500n });
  } finally {
    await daemon.close();
  }
});

it('phoenixd without money of its own is not used', async () => {
  const world = new World();
  const daemon = await startPhoenixd(world);
  try {
    await assertCapital(open(daemon.url));
    world.spendable = 999n;
    await assert.rejects(
      () => assertCapital(open(daemon.url)),
      (error: unknown) => error instanceof LightningFailure && error.code === 'refused',
    );
  } finally {
    await daemon.close();
  }
});
