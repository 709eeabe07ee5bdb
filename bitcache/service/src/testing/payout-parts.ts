// What tests of payouts hand in: the server of a Lightning address that has one invoice for whoever asks, and payouts of a shop as it stands.
// For tests only.
import assert from 'node:assert/strict';
import { PaymentJournal } from '@reprise/lightning';
import type { Sandbox } from '../../../mint/src/testing/sandbox.ts';
import type { AddressFetch } from '../lightning-address.ts';
import { defaultPayoutSettings } from '../payout-ports.ts';
import { openPayouts, type Payouts } from '../payouts.ts';

export function answersWith(invoice: string): AddressFetch {
  return async (url) =>
    url.includes('amount=')
      ? { pr: invoice, routes: [] }
      : { tag: 'payRequest', callback: 'https://pay.example/cb', minSendable: 1_000, maxSendable: 1_000_000_000 };
}

/** Nothing is alarming here, and no address is asked. */
export function payoutsOf({ database, ledger, backend, clock, mint }: Sandbox): Payouts {
  const { network } = backend.world;
  const journal = new PaymentJournal({ backend, database, network, clock, onAlarm: ({ kind }) => assert.fail(kind) });
  const fetch: AddressFetch = () => assert.fail('no address is asked');
  const ports = { database, ledger, network, clock, backend: journal.for('payout'), fetch, isOwnInvoice: mint.isOwnInvoice };
  return openPayouts(ports, { ...defaultPayoutSettings, shards: 3 });
}
