// The world in memory as the suite of backends sees it.
import { msat } from '@reprise/ledger';
import type { Outside } from './backend.suite.ts';
import type { World } from './world.ts';

export function outsideOf(world: World): Outside {
  return {
    invoice: async (amount, { end, fee = 0n }) => world.invoice(amount, { end, fee: msat(fee) }),
    pay: async (bolt11) => void world.receive(bolt11),
    settle: async (hash) => world.settle(hash),
    fail: async (hash) => world.fail(hash),
    paid: (hash) => world.paid(hash),
  };
}
