// A wallet behind Nostr Wallet Connect: the library's own wallet service, over a relay of the test, in front of a world in memory.
import { NWCWalletService, NWCWalletServiceKeyPair, type Nip47Transaction } from '@getalby/sdk/nwc';
import { msat } from '@reprise/ledger';
import { parseInvoice } from '../bolt11/parse.ts';
import type { PaymentHash } from '../port.ts';
import type { PayFault } from './backend.suite.ts';
import { startRelay } from '../../../../tests/support/relay.ts';
import { type OurInvoice, type OurPayment, World } from './world.ts';

export type NwcWallet = {
  readonly url: string;
  readonly world: World;
  breakNextPayment: (fault: PayFault) => void;
  readonly close: () => Promise<void>;
};

const walletSecret = '11'.repeat(32);
const clientSecret = '22'.repeat(32);
/** The public half of `clientSecret`, x only. */
const clientPubkey = '466d7fcae563e5cb09a0d1870bb580344804617879a14949cf22285f1bae3f27';
const methods = ['get_info', 'get_balance', 'make_invoice', 'pay_invoice', 'lookup_invoice', 'list_transactions'] as const;

const fine = <Result>(result: Result) => ({ result, error: undefined });
const error = (code: string) => ({ result: undefined, error: { code, message: code } });

export async function startNwcWallet(): Promise<NwcWallet> {
  const relay = await startRelay();
  const world = new World();
  let fault: PayFault | null = null;
  const service = new NWCWalletService({ relayUrls: [relay.url] });
  const keys = new NWCWalletServiceKeyPair(walletSecret, clientPubkey);
  await service.publishWalletServiceInfoEvent(walletSecret, [...methods], []);
  const unsubscribe = await service.subscribe(keys, {
    getInfo: async () =>
      fine({ alias: '', color: '', pubkey: '', network: world.network, block_height: 1, block_hash: '', methods: [...methods] }),
    getBalance: async () => fine({ balance: Number(world.spendable) }),
    makeInvoice: async ({ amount, description, description_hash, expiry }) => {
      const about = description_hash ? { hash: description_hash } : { text: description ?? '' };
      return fine(
        invoiceJson(
          world.create({ label: `nwc-${world.ours.size}`, amount: msat(BigInt(amount)), description: about, expirySeconds: expiry ?? 600 }),
        ),
      );
    },
    payInvoice: async ({ invoice }) => {
      const broken = fault;
      fault = null;
      if (broken === 'lost-before') return error('INTERNAL');
      const known = world.payments.length;
      const payment = world.send(invoice, 1_000_000_000n);
      if (broken === 'lost-after' || broken === 'garbage-after') return error('INTERNAL');
      if (world.payments.length === known) return error('OTHER');
      while (payment.state === 'in-flight') await world.changed();
      if (payment.state !== 'succeeded') return error('PAYMENT_FAILED');
      return fine({
        preimage: broken === 'zero-preimage' ? '00'.repeat(32) : (payment.preimage as string),
        fees_paid: Number(payment.fee),
      });
    },
    lookupInvoice: async ({ payment_hash }) => {
      const invoice = world.ours.get(payment_hash as PaymentHash);
      const payment = world.payment(payment_hash as PaymentHash);
      if (invoice) return fine(invoiceJson(invoice));
      return payment ? fine(paymentJson(payment)) : error('NOT_FOUND');
    },
    listTransactions: async ({ limit = 10, offset = 0, from = 0 }) => {
      const found = [...world.ours.values()].filter(({ state, madeAt }) => state === 'settled' && madeAt / 1_000 >= from);
      return fine({ transactions: found.slice(offset, offset + limit).map(invoiceJson), total_count: found.length });
    },
  });
  return {
    url: `nostr+walletconnect://${keys.walletPubkey}?relay=${encodeURIComponent(relay.url)}&secret=${clientSecret}`,
    world,
    breakNextPayment: (next) => {
      fault = next;
    },
    close: async () => {
      unsubscribe();
      service.close();
      await relay.close();
    },
  };
}

const none = { description: '', description_hash: '', settled_at: 0, fees_paid: 0, preimage: '' };
const seconds = (ms: number) => Math.floor(ms / 1_000);

function invoiceJson({ hash, bolt11, amount, received, state, madeAt, expiresAt, settledAt }: OurInvoice): Nip47Transaction {
  const settled =
    state === 'settled'
      ? { state: 'settled' as const, amount: Number(received), settled_at: seconds(settledAt) }
      : { state: 'pending' as const };
  const times = { created_at: seconds(madeAt), expires_at: seconds(expiresAt) };
  return { ...none, ...times, type: 'incoming', invoice: bolt11, payment_hash: hash, amount: Number(amount), ...settled };
}

function paymentJson({ hash, bolt11, amount, fee, state, preimage, startedAt }: OurPayment): Nip47Transaction {
  const states = { 'in-flight': 'pending', succeeded: 'settled', failed: 'failed' } as const;
  const times = { created_at: seconds(startedAt), expires_at: seconds(parseInvoice(bolt11).expiresAt) };
  const paid = state === 'succeeded' ? { preimage: preimage as string, fees_paid: Number(fee), settled_at: seconds(startedAt) } : {};
  return {
    ...none,
    ...times,
    type: 'outgoing',
    state: states[state],
    invoice: bolt11,
    payment_hash: hash,
    amount: Number(amount),
    ...paid,
  };
}
